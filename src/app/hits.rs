//! What was drawn where: plain numbers that come back from `view` as a message.

use super::Command;

/// What drawing a frame has found out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hits {
    /// Rows of the list that there was room for.
    pub height: usize,
    /// First row of the list that was drawn.
    pub first: usize,
    /// The window over the screen, if one was drawn.
    pub window: Option<Window>,
    /// What a mouse can hit; what is drawn later lies above.
    pub regions: Vec<Region>,
}

/// What a window has shown of its lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// First line that was drawn.
    pub first: usize,
    /// Lines that there was room for.
    pub height: usize,
}

/// A rectangle that means something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Region {
    /// Column of its left edge, from 0.
    pub x: u16,
    /// Line of its upper edge, from 0.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Lines.
    pub height: u16,
    /// What it means.
    pub target: Target,
}

/// What a click means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// A row of the list, by its position among all rows.
    Row(usize),
    /// A command.
    Command(Command),
}
