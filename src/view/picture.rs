//! What was drawn as a plain grid of cells, for pictures of a screen.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use super::theme::{Paper, Rgb as Light, Theme};
use crate::formats::picture::{Cell, Grid, Rgb};

/// The cells of a buffer with the colours that a terminal would give them, on the paper that the theme is made for.
pub fn grid(buf: &Buffer, theme: &Theme) -> Grid {
    let (ink, paper) = match theme.paper() {
        Paper::Dark => (Rgb(208, 208, 208), Rgb(16, 16, 20)),
        Paper::Light => (Rgb(30, 30, 30), Rgb(255, 255, 255)),
    };
    let mut cells = Vec::with_capacity(buf.content.len());
    let mut behind_wide = false;
    for (n, cell) in buf.content.iter().enumerate() {
        let column = n % usize::from(buf.area.width.max(1));
        let hidden = behind_wide && column > 0;
        let symbol = if hidden { "" } else { cell.symbol() };
        let wide = symbol.width() > 1;
        behind_wide = wide;
        let has = |modifier: Modifier| cell.modifier.contains(modifier);
        cells.push(Cell {
            symbol: symbol.to_owned(),
            fg: colour(cell.fg),
            bg: colour(cell.bg),
            bold: has(Modifier::BOLD),
            dim: has(Modifier::DIM),
            italic: has(Modifier::ITALIC),
            underline: has(Modifier::UNDERLINED),
            reverse: has(Modifier::REVERSED),
            wide,
        });
    }
    Grid {
        width: buf.area.width,
        height: buf.area.height,
        cells,
        ink,
        paper,
    }
}

fn colour(colour: Color) -> Option<Rgb> {
    Light::of(colour).map(|Light(r, g, b)| Rgb(r, g, b))
}
