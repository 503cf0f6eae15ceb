//! What is on the screen, as a picture for files.

use ratatui::buffer::{self, Buffer};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use crate::formats::picture::{Cell, Grid, Rgb};
use crate::view::theme::{self, Paper};

/// Ink and paper of a terminal that is dark, and of one that is light.
const DARK: (Rgb, Rgb) = (Rgb(0xd0, 0xd4, 0xd8), Rgb(0x12, 0x14, 0x18));
const LIGHT: (Rgb, Rgb) = (Rgb(0x1e, 0x22, 0x28), Rgb(0xff, 0xff, 0xff));

/// The cells of a frame.
pub fn grid(buffer: &Buffer, paper: Paper) -> Grid {
    let area = buffer.area;
    let (ink, paper) = match paper {
        Paper::Dark => DARK,
        Paper::Light => LIGHT,
    };
    let mut cells = Vec::new();
    for line in buffer.content.chunks(usize::from(area.width.max(1))) {
        let mut before: Option<Cell> = None;
        for cell in line {
            let seen = match before.filter(|b| b.wide) {
                // a frame keeps a blank there, without the look of what reaches into it
                Some(wide) => Cell {
                    symbol: String::new(),
                    wide: false,
                    ..wide
                },
                None => of(cell),
            };
            before = Some(seen.clone());
            cells.push(seen);
        }
    }
    Grid {
        width: area.width,
        height: area.height,
        cells,
        ink,
        paper,
    }
}

fn of(cell: &buffer::Cell) -> Cell {
    let is = |modifier| cell.modifier.contains(modifier);
    Cell {
        symbol: cell.symbol().to_owned(),
        fg: light(cell.fg),
        bg: light(cell.bg),
        bold: is(Modifier::BOLD),
        dim: is(Modifier::DIM),
        italic: is(Modifier::ITALIC),
        underline: is(Modifier::UNDERLINED),
        reverse: is(Modifier::REVERSED),
        wide: cell.symbol().width() == 2,
    }
}

fn light(colour: Color) -> Option<Rgb> {
    theme::Rgb::of(colour).map(|theme::Rgb(r, g, b)| Rgb(r, g, b))
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;
    use crate::formats::picture::svg;

    #[test]
    fn a_picture_is_what_is_on_the_screen() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 2));
        buffer.set_string(0, 0, "한글 │ a", Style::new().bg(Color::Rgb(7, 8, 9)));
        buffer.set_string(0, 1, "b", Style::new().fg(Color::Rgb(1, 2, 3)).reversed());
        let grid = grid(&buffer, Paper::Dark);
        assert_eq!(grid.text(), "한글 │ a\nb\n");
        assert_eq!(grid.cells.len(), 24);
        assert!(grid.cells[0].wide && grid.cells[1].symbol.is_empty());
        assert!(grid.cells[..4].iter().all(|c| c.bg == Some(Rgb(7, 8, 9))));
        let b = &grid.line(1)[0];
        assert_eq!((b.fg, b.reverse), (Some(Rgb(1, 2, 3)), true));
        assert!(svg(&grid).contains("한"));
    }
}
