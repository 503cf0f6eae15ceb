//! What is on the screen, and the bytes that make the next frame of it.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use super::changes::changes;
use super::modes::{CLEAR, SYNC_OFF, SYNC_ON};
use super::pen::Pen;

/// Bytes that a frame is given room for at once: a full screen of the largest usual window.
const ROOM: usize = 256 << 10;

/// What is on the screen.
#[derive(Debug)]
pub struct Canvas {
    shown: Buffer,
    next: Buffer,
    pen: Pen,
    bytes: Vec<u8>,
    /// Whether the terminal knows synchronized output.
    pub synchronized: bool,
    /// Whether everything is cleared before the next frame.
    clear: bool,
}

impl Canvas {
    /// A screen of which nothing is known.
    pub fn new(size: (u16, u16)) -> Self {
        Self {
            shown: unknown(size),
            next: Buffer::empty(area(size)),
            pen: Pen::default(),
            bytes: Vec::with_capacity(ROOM),
            synchronized: false,
            clear: false,
        }
    }

    /// Columns and lines.
    pub fn size(&self) -> (u16, u16) {
        (self.shown.area.width, self.shown.area.height)
    }

    /// The window has another size, or may show anything: the next frame writes every cell.
    pub fn forget(&mut self, size: (u16, u16)) {
        self.shown = unknown(size);
        self.next = Buffer::empty(area(size));
    }

    /// Clears before the next frame too: what is beyond the window's edges goes with it.
    pub fn clear(&mut self) {
        self.forget(self.size());
        self.clear = true;
    }

    /// Draws a frame. Its bytes are empty where the screen stays as it is.
    pub fn frame<T>(&mut self, draw: impl FnOnce(Rect, &mut Buffer) -> T) -> (T, &[u8]) {
        self.next.reset();
        let drawn = draw(self.next.area, &mut self.next);
        self.bytes.clear();
        if self.clear {
            self.clear = false;
            // never inside synchronized output: tmux loses what follows
            self.bytes.extend(CLEAR);
        }
        let clear = self.bytes.len();
        if self.synchronized {
            self.bytes.extend(SYNC_ON);
        }
        let head = self.bytes.len();
        let changes = changes(&self.shown, &self.next);
        self.pen
            .draw(changes, self.next.area.width, &mut self.bytes);
        if self.bytes.len() == head {
            self.bytes.truncate(clear);
        } else if self.synchronized {
            self.bytes.extend(SYNC_OFF);
        }
        std::mem::swap(&mut self.shown, &mut self.next);
        (drawn, &self.bytes)
    }

    /// What was drawn last.
    pub fn shown(&self) -> &Buffer {
        &self.shown
    }
}

fn area((width, height): (u16, u16)) -> Rect {
    Rect::new(0, 0, width, height)
}

/// A screen that differs everywhere from any that is drawn.
fn unknown(size: (u16, u16)) -> Buffer {
    let mut cell = Cell::new("?");
    cell.fg = Color::Rgb(1, 2, 3);
    cell.bg = Color::Rgb(3, 2, 1);
    cell.modifier = Modifier::all();
    Buffer::filled(area(size), cell)
}

#[cfg(test)]
mod tests;
