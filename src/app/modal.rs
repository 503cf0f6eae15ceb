//! The one window that may lie over a screen.

use super::at::GpuAt;
use super::input::Input;
use super::palette;
use crate::domain::ids::GiId;
use crate::domain::text::Text;

/// The one window that may lie over a screen.
#[derive(Clone, PartialEq, Debug)]
pub enum Modal {
    /// The filter is being typed; the list follows.
    Filter {
        /// What is typed.
        input: Input,
        /// The filter before, which comes back when this is given up.
        before: String,
        /// What is wrong with it; the list stays as it was.
        error: Option<String>,
    },
    /// A command is being looked for.
    Palette {
        /// What is typed.
        input: Input,
        /// The selected one of those found.
        selected: usize,
        /// What was found, best first.
        found: Vec<palette::Entry>,
    },
    /// A column to sort by is being chosen.
    Sort {
        /// The selected column.
        selected: usize,
    },
    /// What the book of measurements says, and what is free now: it follows the fleet.
    Fits {
        /// The model; none: all of the book.
        model: Option<Text>,
        /// First line that is drawn, after wrapping.
        offset: usize,
    },
    /// Something to be read.
    Reader {
        /// What it is about.
        title: String,
        /// Lines, wrapped when drawn; a label stands before a tab.
        lines: Vec<String>,
        /// First line that is drawn, after wrapping.
        offset: usize,
        /// The GPU that it is about, and the instance: where accepting leads. Without one it closes the window.
        leads: Option<(GpuAt, Option<GiId>)>,
    },
}
