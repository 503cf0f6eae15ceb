//! A share as a line: `━━━━━╸─────`, in ASCII `=====-----`. The number is the caller's.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::view::fit::put;
use crate::view::{Ctx, Role};

/// A share as a line.
#[derive(Clone, Copy, Debug)]
pub struct Bar<'a> {
    /// The picture's needs.
    pub ctx: &'a Ctx<'a>,
    /// 0..100; more is drawn as 100. `None`: not known, drawn as a dotted line, never as an empty bar.
    pub percent: Option<f64>,
    /// Columns.
    pub width: u16,
}

impl Widget for &Bar<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let glyphs = self.ctx.glyphs();
        let width = self.width.min(area.width);
        if area.height == 0 {
            return;
        }
        let (rest, role) = match self.percent {
            Some(_) => (glyphs.bar_rest, Role::BarRest),
            None => (glyphs.bar_unknown, Role::BarRest),
        };
        let line = rest.repeat(width.into());
        put(buf, area.x, area.y, width, &line, self.ctx.style(role));
        let Some(percent) = self.percent else {
            return;
        };
        let halves = halves(percent, width);
        let mut line = glyphs.bar_full.repeat((halves / 2).into());
        if halves % 2 == 1 {
            line.push_str(glyphs.bar_half);
        }
        put(buf, area.x, area.y, width, &line, self.ctx.style(Role::Bar));
    }
}

/// Half columns of a share; something is never nothing, and less than all never all.
fn halves(percent: f64, width: u16) -> u16 {
    let all = width.saturating_mul(2);
    let share = (percent / 100.0).clamp(0.0, 1.0);
    let halves = (share * f64::from(all)).round() as u16;
    if share > 0.0 && halves == 0 {
        1.min(all)
    } else if share < 1.0 && halves == all {
        all.saturating_sub(1)
    } else {
        halves
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::model;
    use crate::view::fixture::Drawn;

    fn drawn(percent: Option<f64>, width: u16) -> Drawn {
        Drawn::of(&model(Vec::new()), (8, 1), |ctx, area, buf, _| {
            let bar = Bar {
                ctx,
                percent,
                width,
            };
            (&bar).render(area, buf);
        })
    }

    #[test]
    fn an_unknown_share_is_no_empty_bar() {
        let lines = |percent| drawn(percent, 6).lines().concat();
        assert_eq!(lines(None), "······");
        assert_eq!(lines(Some(50.0)), "━━━───");
        assert_eq!(lines(Some(0.0)), "──────");
        let half = drawn(Some(50.0), 6);
        assert_eq!(half.look("━"), half.role(Role::Bar));
        assert_eq!(half.look("─"), half.role(Role::BarRest));
        // more than there is room for ends where the room does
        assert_eq!(drawn(Some(100.0), 20).lines().concat(), "━━━━━━━━");
    }

    #[test]
    fn something_is_never_nothing_and_less_than_all_never_all() {
        for (percent, halves_of_20) in [
            (0.0, 0),
            (0.1, 1),
            (50.0, 10),
            (99.9, 19),
            (100.0, 20),
            (130.0, 20),
            (-3.0, 0),
            (f64::NAN, 0),
        ] {
            assert_eq!(halves(percent, 10), halves_of_20, "{percent}");
        }
    }
}
