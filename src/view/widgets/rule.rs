//! A line with a title in it: `── GPU 2  0000:4e:00.0  ..e15ae54a ─────────── 3 of 7 ──`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use super::table::Cell;
use crate::view::fit::{cut, put, width};
use crate::view::{Ctx, Role};

/// A line with a title in it.
#[derive(Clone, Copy, Debug)]
pub struct Rule<'a> {
    /// The picture's needs.
    pub ctx: &'a Ctx<'a>,
    /// What stands at its left end; nothing: only the line.
    pub title: &'a Cell,
    /// What stands at its right end, where there is room for it beside the title.
    pub note: &'a str,
}

impl Widget for &Rule<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let glyphs = self.ctx.glyphs();
        let rule = self.ctx.style(Role::Rule);
        let line = glyphs.line.repeat(area.width.into());
        put(buf, area.x, area.y, area.width, &line, rule);
        let mut x = area.x + 2;
        let end = area.right().saturating_sub(2);
        let titled = !self.title.0.is_empty();
        if titled {
            let wide: usize = self.title.0.iter().map(|(text, _)| width(text)).sum();
            self.clear(buf, (x, area.y), wide + 2, end);
            x = put(buf, x, area.y, end.saturating_sub(x), " ", rule);
            for (text, role) in &self.title.0 {
                // the space behind the title has its column
                let room = end.saturating_sub(x + 1);
                x = put(buf, x, area.y, room, text, self.ctx.style(*role));
            }
            x = put(buf, x, area.y, end.saturating_sub(x), " ", rule);
        }
        let columns = u16::try_from(width(self.note)).unwrap_or(u16::MAX);
        if columns > 0 && x.saturating_add(columns).saturating_add(4) <= area.right() {
            let note = format!(" {} ", cut(self.note, columns.into()));
            let from = area.right() - columns - 4;
            self.clear(buf, (from, area.y), usize::from(columns) + 2, area.right());
            put(
                buf,
                from,
                area.y,
                columns + 2,
                &note,
                self.ctx.style(Role::Dim),
            );
        }
    }
}

impl Rule<'_> {
    /// Takes the line's colour from under words: a role that says nothing of colour would be as faint as the line.
    fn clear(&self, buf: &mut Buffer, (x, y): (u16, u16), columns: usize, end: u16) {
        let columns = u16::try_from(columns).unwrap_or(u16::MAX);
        for x in x..x.saturating_add(columns).min(end) {
            if let Some(cell) = buf.cell_mut((x, y)) {
                let under = cell.symbol().to_owned();
                cell.reset();
                cell.set_symbol(&under);
                cell.set_style(self.ctx.style(Role::Text));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{model, node};
    use crate::view::fixture::{skin, text};

    #[test]
    fn the_title_is_cut_before_the_line_ends_and_the_note_goes_first() {
        let model = model(vec![node("a")]);
        let skin = skin(true);
        let ctx = Ctx::new(&model, &skin);
        let title = Cell::from(("GPU 2", Role::Strong)).then("  한글-노트북", Role::Text);
        let drawn = |columns: u16| {
            let rule = Rule {
                ctx: &ctx,
                title: &title,
                note: "3 of 7",
            };
            let area = Rect::new(0, 0, columns, 1);
            let mut buf = Buffer::empty(area);
            (&rule).render(area, &mut buf);
            text(&buf).remove(0)
        };
        assert_eq!(drawn(40), "-- GPU 2  한글-노트북 -------- 3 of 7 --");
        assert_eq!(drawn(24), "-- GPU 2  한글-노트북 --");
        assert_eq!(drawn(20), "-- GPU 2  한글-~ ---");
        for columns in 0..8 {
            let line = drawn(columns);
            assert!(width(&line) <= columns.into(), "{line}");
        }
    }
}
