//! What is drawn, as lines of text, for tests.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::Model;

use super::{Glyphs, Skin, Theme, view};

/// A skin with or without boxes and blocks.
pub fn skin(ascii: bool) -> Skin {
    Skin {
        theme: Theme::default(),
        glyphs: if ascii {
            Glyphs::ascii()
        } else {
            Glyphs::unicode()
        },
    }
}

/// The lines of a buffer without the spaces at their ends. The second cell of a wide character is left out.
pub fn text(buf: &Buffer) -> Vec<String> {
    let area = buf.area;
    (area.top()..area.bottom())
        .map(|y| {
            let mut line = String::new();
            let mut x = area.left();
            while x < area.right() {
                let symbol = buf[(x, y)].symbol();
                line.push_str(symbol);
                x += u16::try_from(super::fit::width(symbol)).unwrap_or(1).max(1);
            }
            line.trim_end().to_owned()
        })
        .collect()
}

/// The whole picture of a model.
pub fn lines(model: &Model, width: u16, height: u16) -> Vec<String> {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    view(model, &skin(false), area, &mut buf);
    text(&buf)
}

/// The first line that contains `what`; the test fails with the whole picture where none does.
pub fn line<'a>(lines: &'a [String], what: &str) -> &'a str {
    lines
        .iter()
        .find(|l| l.contains(what))
        .unwrap_or_else(|| panic!("no `{what}` in\n{}", lines.join("\n")))
}
