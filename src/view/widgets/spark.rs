//! A curve in one or more lines: a column a step, eighths of a line high; a step without a sample is a gap that is seen,
//! never a zero.
//!
//! ```text
//! ▁▂▄▆█▆···▂▁     ▁ stands on the ground and is 0 or nearly so, · was not measured
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::view::fit::put;
use crate::view::{Ctx, Role};

/// A curve. The newest step is at the right end; where there are more than columns the oldest are left out.
#[derive(Clone, Copy, Debug)]
pub struct Spark<'a> {
    /// The picture's needs.
    pub ctx: &'a Ctx<'a>,
    /// Steps, oldest first. `None`: nothing was measured.
    pub values: &'a [Option<f64>],
    /// The value that fills the whole height, said by a label beside it. Higher ones are drawn as high.
    pub max: f64,
}

impl Widget for &Spark<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let glyphs = self.ctx.glyphs();
        let curve = self.ctx.style(Role::Spark);
        let dim = self.ctx.style(Role::Dim);
        let columns = usize::from(area.width);
        let left_out = self.values.len().saturating_sub(columns);
        let steps = self.values.len() - left_out;
        let begins = area
            .right()
            .saturating_sub(u16::try_from(steps).unwrap_or(area.width));
        for (x, value) in (begins..area.right()).zip(self.values.iter().skip(left_out)) {
            let Some(value) = value else {
                put(buf, x, area.bottom() - 1, 1, glyphs.gap, dim);
                continue;
            };
            let mut eighths = eighths(*value, self.max, area.height);
            for y in (area.top()..area.bottom()).rev() {
                let here = eighths.min(8);
                eighths -= here;
                let glyph = glyphs.levels.get(usize::from(here)).unwrap_or(&" ");
                put(buf, x, y, 1, glyph, curve);
            }
        }
    }
}

/// Height in eighths of a line; what was measured is at least one high, so that nought is not a gap.
fn eighths(value: f64, max: f64, lines: u16) -> u16 {
    // on one line the topmost eighth stays free: curves below each other do not merge
    let all = if lines == 1 {
        7
    } else {
        lines.saturating_mul(8)
    };
    if max <= 0.0 || value.is_nan() {
        return 1.min(all);
    }
    let share = (value / max).clamp(0.0, 1.0);
    ((share * f64::from(all)).round() as u16).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{model, node};
    use crate::view::fixture::{skin, text};

    fn drawn(ascii: bool, values: &[Option<f64>], width: u16, height: u16) -> Vec<String> {
        let model = model(vec![node("a")]);
        let skin = skin(ascii);
        let ctx = Ctx::new(&model, &skin);
        let spark = Spark {
            ctx: &ctx,
            values,
            max: 100.0,
        };
        let area = Rect::new(0, 0, width, height);
        let mut buf = Buffer::empty(area);
        (&spark).render(area, &mut buf);
        text(&buf)
    }

    #[test]
    fn a_gap_is_neither_zero_nor_left_out() {
        let values = [Some(0.0), Some(50.0), None, Some(100.0), Some(250.0)];
        assert_eq!(drawn(false, &values, 5, 1), ["▁▄·▇▇"]);
        assert_eq!(drawn(false, &values, 7, 1), ["  ▁▄·▇▇"]);
        assert_eq!(drawn(false, &values, 2, 1), ["▇▇"]);
        assert_eq!(drawn(false, &values, 5, 2), ["   ██", "▁█·██"]);
    }

    #[test]
    fn ascii_has_a_gap_too() {
        let values = [Some(0.0), None, Some(100.0)];
        let line = drawn(true, &values, 3, 1).remove(0);
        let all: std::collections::BTreeSet<char> = line.chars().collect();
        assert_eq!(all.len(), 3, "{line}");
        assert!(line.is_ascii());
    }
}
