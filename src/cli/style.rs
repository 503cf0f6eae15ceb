//! How text is written for people: colour, width, and the characters that may be used.

use std::io::IsTerminal;

use anstyle::{AnsiColor, Style as Ansi};

use crate::config::Colour;

/// Width where standard output is no terminal: fits a wide pager and most tickets.
const PIPED_WIDTH: usize = 100;
/// Lines are never laid out for less, nor for more.
const WIDTHS: std::ops::RangeInclusive<usize> = 60..=200;

/// How a subcommand may write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Style {
    /// Whether colours and weights may be used. Nothing is ever told by colour alone.
    pub colour: bool,
    /// Columns that a line may take.
    pub width: usize,
}

/// What a piece of text means; the colours are chosen here and nowhere else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Names of hosts and sections.
    Heading,
    /// Column heads, units, what is there to be skipped.
    Faint,
    /// Somebody works on it.
    Busy,
    /// Given away, and idle.
    Allocated,
    /// To be had.
    Free,
    /// Somebody should look.
    Caution,
    /// Work is lost or will be.
    Danger,
}

impl Role {
    fn ansi(self) -> Ansi {
        let fg = |colour: AnsiColor| Ansi::new().fg_color(Some(colour.into()));
        match self {
            Self::Heading => Ansi::new().bold(),
            Self::Faint => Ansi::new().dimmed(),
            // blue, yellow, cyan and magenta stay apart for most colour-blind eyes; red only where a word says danger
            Self::Busy => fg(AnsiColor::Blue).bold(),
            Self::Allocated => fg(AnsiColor::Yellow),
            Self::Free => fg(AnsiColor::Cyan),
            Self::Caution => fg(AnsiColor::Magenta).bold(),
            Self::Danger => fg(AnsiColor::Red).bold(),
        }
    }
}

impl Style {
    /// From the environment, for standard output.
    pub fn detect(when: Colour) -> Self {
        let terminal = std::io::stdout().is_terminal();
        let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
        let is = |name: &str, value: &str| std::env::var_os(name).is_some_and(|v| v == value);
        let colour = match when {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto if set("NO_COLOR") => false,
            Colour::Auto if set("CLICOLOR_FORCE") && !is("CLICOLOR_FORCE", "0") => true,
            Colour::Auto => terminal && !is("TERM", "dumb") && !is("CLICOLOR", "0"),
        };
        Self {
            colour,
            width: width(terminal),
        }
    }

    /// `text` in the colours of `role`, or as it is.
    pub fn paint(self, role: Role, text: &str) -> String {
        if !self.colour || text.is_empty() {
            return text.to_owned();
        }
        let ansi = role.ansi();
        format!("{ansi}{text}{ansi:#}")
    }
}

fn width(terminal: bool) -> usize {
    let asked = std::env::var("COLUMNS")
        .ok()
        .and_then(|v| v.parse::<usize>().ok())
        .filter(|w| *w > 0);
    let of_window = || {
        rustix::termios::tcgetwinsize(std::io::stdout())
            .ok()
            .map(|size| usize::from(size.ws_col))
            .filter(|w| *w > 0)
    };
    asked
        .or_else(|| terminal.then(of_window).flatten())
        .unwrap_or(if terminal { 80 } else { PIPED_WIDTH })
        .clamp(*WIDTHS.start(), *WIDTHS.end())
}

/// Whether the locale says that the terminal reads UTF-8 (`LC_ALL`, else `LC_CTYPE`, else `LANG`).
pub fn locale_is_utf8() -> bool {
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
        .is_some_and(|value| {
            let value = value.to_ascii_lowercase();
            value.contains("utf-8") || value.contains("utf8")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays_as_it_is() {
        let plain = Style {
            colour: false,
            width: 80,
        };
        assert_eq!(plain.paint(Role::Danger, "x"), "x");
        let coloured = Style {
            colour: true,
            width: 80,
        };
        let painted = coloured.paint(Role::Danger, "x");
        assert!(
            painted.starts_with("\u{1b}[") && painted.ends_with("\u{1b}[0m"),
            "{painted:?}"
        );
    }
}
