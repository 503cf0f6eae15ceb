//! The one window that may lie over a screen.

use super::Command;
use super::input::Input;

/// The one window that may lie over a screen.
#[derive(Clone, PartialEq, Debug)]
pub enum Modal {
    /// The filter is being typed.
    Filter {
        /// What is typed.
        input: Input,
        /// What is wrong with it; the list stays as it was.
        error: Option<String>,
    },
    /// A command is being looked for.
    Palette {
        /// What is typed.
        input: Input,
        /// The selected one of those found.
        selected: usize,
        /// Those found, best first.
        found: Vec<Command>,
    },
    /// A column to sort by is being chosen.
    Sort {
        /// The selected column.
        selected: usize,
    },
    /// Something to be read.
    Reader {
        /// What it is about.
        title: String,
        /// Lines, wrapped when drawn.
        lines: Vec<String>,
        /// First line that is drawn.
        offset: usize,
    },
}
