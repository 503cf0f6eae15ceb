//! What is drawn, as lines of text, for tests.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use crate::app::{Hits, Model};

use super::{Ctx, Glyphs, Role, Skin, Theme, view};

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

/// A part of the picture on a bare buffer, with a margin around its area that nothing may be drawn on.
pub struct Drawn {
    buf: Buffer,
    skin: Skin,
    /// What drawing has found out.
    pub hits: Hits,
}

/// The margin on each side.
const MARGIN: u16 = 2;

impl Drawn {
    /// Draws on so many columns and lines. Fails where something is drawn beside them.
    pub fn of(
        model: &Model,
        (width, height): (u16, u16),
        draw: impl FnOnce(&Ctx<'_>, Rect, &mut Buffer, &mut Hits),
    ) -> Self {
        let (skin, outside) = (skin(false), Cell::new("#"));
        let area = Rect::new(MARGIN, MARGIN, width, height);
        let all = Rect::new(0, 0, width + 2 * MARGIN, height + 2 * MARGIN);
        let mut buf = Buffer::filled(all, outside.clone());
        for at in area.positions() {
            buf[at].reset();
        }
        let mut hits = Hits::default();
        draw(&Ctx::new(model, &skin), area, &mut buf, &mut hits);
        for at in all.positions().filter(|at| !area.contains(*at)) {
            assert_eq!(buf[at], outside, "{at} lies outside {area}");
        }
        let mut inner = Buffer::empty(Rect::new(0, 0, width, height));
        for at in inner.area.positions() {
            inner[at] = buf[(at.x + MARGIN, at.y + MARGIN)].clone();
        }
        Self {
            buf: inner,
            skin,
            hits,
        }
    }

    /// Its lines.
    pub fn lines(&self) -> Vec<String> {
        text(&self.buf)
    }

    /// The first line that contains `what`.
    pub fn line(&self, what: &str) -> String {
        line(&self.lines(), what).to_owned()
    }

    /// Column and line where `what` begins first.
    pub fn place(&self, what: &str) -> (u16, u16) {
        let lines = self.lines();
        let found = (0u16..).zip(&lines).find_map(|(y, line)| {
            let x = super::fit::width(&line[..line.find(what)?]);
            Some((u16::try_from(x).unwrap_or(u16::MAX), y))
        });
        found.unwrap_or_else(|| panic!("no `{what}` in\n{}", lines.join("\n")))
    }

    /// The text of a line from a column on.
    pub fn from(&self, x: u16, y: u16) -> String {
        let area = Rect::new(x, y, self.buf.area.width.saturating_sub(x), 1);
        let mut rest = Buffer::empty(area);
        for at in area.positions() {
            rest[at] = self.buf[at].clone();
        }
        text(&rest).concat()
    }

    /// Colour and weight of the cell where `what` begins first.
    pub fn look(&self, what: &str) -> (Color, Modifier) {
        let (x, y) = self.place(what);
        self.look_at(x, y)
    }

    /// Colour and weight of a cell.
    pub fn look_at(&self, x: u16, y: u16) -> (Color, Modifier) {
        let cell = &self.buf[(x, y)];
        (cell.fg, cell.modifier)
    }

    /// Colour and weight of a role on a row that is not selected.
    pub fn role(&self, role: Role) -> (Color, Modifier) {
        let mut cell = Cell::EMPTY;
        cell.set_style(self.skin.theme.style(role));
        (cell.fg, cell.modifier)
    }
}
