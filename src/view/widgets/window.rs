//! A frame over the screen: title above, and nothing shines through.
//!
//! ```text
//! ┌ Sort by ────────────────┐
//! │                         │
//! └─────────────────────────┘
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::Hits;
use crate::view::fit::{put, width};
use crate::view::{Ctx, Role};

/// A frame in the middle of the screen.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    /// The picture's needs.
    pub ctx: &'a Ctx<'a>,
    /// What it is.
    pub title: &'a str,
    /// Columns that its content would like to have.
    pub width: u16,
    /// Lines that its content would like to have.
    pub height: u16,
}

/// Columns between the frame and what is in it.
const INSIDE: u16 = 1;

impl Window<'_> {
    /// Draws it in the middle of `area`, never larger than that; where its content goes comes back. What
    /// lies below can no longer be clicked.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, hits: &mut Hits) -> Rect {
        hits.regions.clear();
        let area = area.intersection(buf.area);
        let frame = self.place(area);
        if frame.width < 4 || frame.height < 3 {
            return Rect::ZERO;
        }
        for y in frame.top()..frame.bottom() {
            // half of a wide character must not stick out from under the frame
            for x in [frame.left().checked_sub(1)].into_iter().flatten() {
                if x >= area.left()
                    && let Some(cell) = buf.cell_mut((x, y))
                    && width(cell.symbol()) > 1
                {
                    cell.set_symbol(" ");
                }
            }
            for x in frame.left()..frame.right() {
                if let Some(cell) = buf.cell_mut((x, y)) {
                    cell.reset();
                }
            }
        }
        buf.set_style(frame, self.ctx.style(Role::Text));
        buf.set_style(frame, self.ctx.style(Role::Window));
        self.frame(frame, buf);
        Rect {
            x: frame.x + 1 + INSIDE,
            y: frame.y + 1,
            width: frame.width.saturating_sub(2 + 2 * INSIDE),
            height: frame.height - 2,
        }
    }

    /// The frame's place: a third of the free lines above it, so that it stands where the eye is.
    fn place(&self, area: Rect) -> Rect {
        let wide = self.width.saturating_add(2 + 2 * INSIDE).min(area.width);
        let high = self.height.saturating_add(2).min(area.height);
        Rect {
            x: area.x + (area.width - wide) / 2,
            y: area.y + (area.height - high) / 3,
            width: wide,
            height: high,
        }
    }

    fn frame(&self, frame: Rect, buf: &mut Buffer) {
        let glyphs = self.ctx.glyphs();
        let rule = self.ctx.style(Role::WindowEdge);
        let between = usize::from(frame.width - 2);
        let [top_left, top_right, bottom_left, bottom_right] = glyphs.corners;
        let line = glyphs.line.repeat(between);
        let last = frame.bottom() - 1;
        let across = |left: &str, right: &str| [left, &line, right].concat();
        let top = across(top_left, top_right);
        let bottom = across(bottom_left, bottom_right);
        put(buf, frame.x, frame.y, frame.width, &top, rule);
        put(buf, frame.x, last, frame.width, &bottom, rule);
        for y in frame.y + 1..last {
            put(buf, frame.x, y, 1, glyphs.bar, rule);
            put(buf, frame.right() - 1, y, 1, glyphs.bar, rule);
        }
        let room = frame.width.saturating_sub(4);
        if !self.title.is_empty() {
            let title = format!(" {} ", self.title);
            put(
                buf,
                frame.x + 1,
                frame.y,
                room + 2,
                &title,
                self.ctx.style(Role::Strong),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{model, node};
    use crate::view::fixture::{skin, text};
    use ratatui::style::Style;

    fn drawn(width: u16, height: u16, wanted: (u16, u16)) -> (Vec<String>, Rect) {
        let model = model(vec![node("a")]);
        let skin = skin(true);
        let ctx = Ctx::new(&model, &skin);
        let area = Rect::new(0, 0, width, height);
        let mut buf = Buffer::empty(area);
        for y in 0..height {
            let below = "가".repeat(usize::from(width / 2));
            buf.set_stringn(0, y, &below, width.into(), Style::new());
        }
        let window = Window {
            ctx: &ctx,
            title: "Sort by",
            width: wanted.0,
            height: wanted.1,
        };
        let inside = window.draw(area, &mut buf, &mut Hits::default());
        (text(&buf), inside)
    }

    #[test]
    fn it_stands_in_the_middle_and_nothing_shines_through() {
        let (lines, inside) = drawn(30, 6, (14, 2));
        assert_eq!(inside, Rect::new(8, 1, 14, 2));
        assert_eq!(
            lines,
            [
                "가가가+ Sort by -------+가가가",
                "가가가|                |가가가",
                "가가가|                |가가가",
                "가가가+----------------+가가가",
                "가가가가가가가가가가가가가가가",
                "가가가가가가가가가가가가가가가",
            ]
        );
    }

    #[test]
    fn half_a_wide_character_does_not_stick_out() {
        let (lines, _) = drawn(30, 6, (12, 2));
        assert_eq!(lines[1], "가가가 |              | 가가가");
    }

    #[test]
    fn it_is_never_larger_than_its_room() {
        for width in 0..20 {
            for height in 0..6 {
                let (_, inside) = drawn(width, height, (100, 100));
                assert!(inside.right() <= width && inside.bottom() <= height);
            }
        }
    }
}
