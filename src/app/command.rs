//! The one table of commands: palette, help, hints, keymap and docs are made from it.
//!
//! A new command is a row here, an arm in `update`, a line in `keymaps/default.toml` and one in each language.

/// What a command may do to the world.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Risk {
    /// It changes what is shown.
    None,
    /// It writes a file or the clipboard.
    Writes,
    /// It tells a probe something.
    Probe,
}

/// Where a command makes sense. Layers of the keymap have the same names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Context {
    /// Everywhere outside of text fields.
    Global,
    /// On screens with a list.
    List,
    /// While a tape is played.
    Tape,
    /// On the tour.
    Tour,
    /// In a text field: filter, palette.
    Input,
    /// In the palette and in pickers, above `Input`.
    Pick,
    /// In a window that shows something.
    Reader,
}

impl Context {
    /// All, in the order of help.
    pub const ALL: [Self; 7] = [
        Self::Global,
        Self::List,
        Self::Input,
        Self::Pick,
        Self::Reader,
        Self::Tape,
        Self::Tour,
    ];

    /// The layer of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }

    /// Name of the keymap's layer.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::List => "list",
            Self::Tape => "tape",
            Self::Tour => "tour",
            Self::Input => "input",
            Self::Pick => "pick",
            Self::Reader => "reader",
        }
    }
}

/// A row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// The command.
    pub command: Command,
    /// Its name in keymaps and in the palette.
    pub name: &'static str,
    /// One line of help, in English.
    pub doc: &'static str,
    /// What it may do.
    pub risk: Risk,
    /// Where it makes sense.
    pub contexts: &'static [Context],
}

macro_rules! commands {
    ($($command:ident $name:literal $risk:ident [$($context:ident)+] $doc:literal;)+) => {
        /// Everything a key can mean.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[allow(missing_docs)] // the table says what each does
        pub enum Command { $($command,)+ }

        /// All commands, in the order of help.
        pub const COMMANDS: &[Row] = &[$(Row {
            command: Command::$command,
            name: $name,
            doc: $doc,
            risk: Risk::$risk,
            contexts: &[$(Context::$context),+],
        },)+];
    };
}

commands! {
    Up "up" None [List Pick Reader] "one row up";
    Down "down" None [List Pick Reader] "one row down";
    PageUp "page-up" None [List Pick Reader] "a page up";
    PageDown "page-down" None [List Pick Reader] "a page down";
    First "first" None [List Pick Reader] "to the first row";
    Last "last" None [List Pick Reader] "to the last row";
    Open "open" None [List] "open what is selected";
    Back "back" None [Global Input Pick Reader] "one level back; never quits";
    Fleet "fleet" None [Global] "the start screen: the host, or all nodes";
    Slices "slices" None [Global] "all GPU instances as one list";
    Holders "holders" None [Global] "what keeps GPUs and instances in use";
    Xids "xids" None [Global] "Xid and SXid reports since boot";
    Events "events" None [Global] "what has changed since boot";
    Findings "findings" None [Global] "what is wrong, with the next command";
    Owner "owner" None [Global] "who manages MIG, and how that is known";
    Fits "fits" None [Global] "which slice runs a model, as measured, and how many are free";
    About "about" None [Global] "versions, rights, and what they hide";
    Pods "pods" None [Global] "pods that have GPUs, and those that wait for some";
    Next "next" None [Global] "the next GPU or node";
    Previous "previous" None [Global] "the GPU or node before";
    Filter "filter" None [List] "filter the list";
    ClearFilter "clear-filter" None [List] "drop the filter";
    Sort "sort" None [List] "sort by another column";
    Reverse "reverse" None [List] "reverse the order";
    Mark "mark" None [List] "mark or unmark the row";
    ClearMarks "clear-marks" None [List] "unmark all";
    Palette "palette" None [Global] "every command, by name";
    Help "help" None [Global] "this screen's keys and all others";
    ViewBack "view-back" None [Global] "the view looked at before";
    ViewForward "view-forward" None [Global] "the view looked at after";
    Pause "pause" None [Global] "freeze the screen, or let it go on";
    Refresh "refresh" Probe [Global] "ask resting GPUs again now";
    Compact "compact" None [Global] "hide or show what is above the list";
    Theme "theme" None [Global] "the next theme";
    Language "language" None [Global] "the next language";
    Copy "copy" Writes [Global] "copy what is selected or marked, as plain text";
    SaveScreen "save-screen" Writes [Global] "save the screen as text and SVG";
    Redraw "redraw" None [Global] "draw everything anew";
    Suspend "suspend" None [Global] "back to the shell; `fg` returns";
    Quit "quit" None [Global] "leave";
    TapePause "tape-pause" None [Tape] "stop the tape, or let it go on";
    TapeFaster "tape-faster" None [Tape] "play the tape twice as fast";
    TapeSlower "tape-slower" None [Tape] "play the tape half as fast";
    TourNext "tour-next" None [Tour] "the tour's next step";
    TourPrevious "tour-previous" None [Tour] "the tour's step before";
    TourEnd "tour-end" None [Tour] "end the tour and stay here";
    Accept "accept" None [Input Pick Reader] "take what is typed or selected";
}

impl Command {
    /// Its row of the table.
    pub fn row(self) -> &'static Row {
        // the enum and the table are one list
        &COMMANDS[self as usize]
    }

    /// Its name in keymaps and in the palette.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Whether a key of that layer may mean it: in one of its own contexts, and what makes sense everywhere in each.
    pub fn belongs_to(self, layer: Context) -> bool {
        let contexts = self.row().contexts;
        contexts.contains(&layer) || contexts.contains(&Context::Global)
    }

    /// The command of that name.
    pub fn named(name: &str) -> Option<Self> {
        COMMANDS.iter().find(|r| r.name == name).map(|r| r.command)
    }
}

#[cfg(test)]
mod tests {
    use super::{COMMANDS, Command};

    #[test]
    fn every_command_is_its_own_row_and_has_a_name_of_its_own() {
        for row in COMMANDS {
            assert_eq!(row.command.row(), row);
            assert_eq!(Command::named(row.name), Some(row.command));
        }
    }
}
