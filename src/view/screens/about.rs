//! What migdeck is here, what it may do, and what it cannot see.
//!
//! ```text
//!  migdeck 0.1.0
//!   you          kim, on this terminal  console up 3h
//!   look         theme default, language en
//!   hidden       to see it, add with visudo -f /etc/sudoers.d/migdeck
//!                kim ALL=(root) NOPASSWD: /usr/bin/migdeck probe
//!   leave        q quits, also while a driver hangs; Esc goes one level back
//!  host dgx-dev-01
//!   probe rights uid 1042, not root, every 1 s
//!   driver       535.161.08
//!   hidden       open files of others: ..
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::Hits;
use crate::app::about::{self, Kind};
use crate::view::fit::width;
use crate::view::lines::Lines;
use crate::view::{Ctx, Role};

/// Columns of labels.
const LABEL: usize = 15;

/// Draws it from the list's offset on.
pub fn draw(ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    lines(ctx, area.width.into()).scrolled(ctx, area, buf, hits);
}

fn lines(ctx: &Ctx<'_>, columns: usize) -> Lines {
    let mut out = Lines::default();
    for (n, line) in about::lines(ctx.model).into_iter().enumerate() {
        let role = match line.kind {
            Kind::Head => {
                if n > 0 {
                    out.push(Vec::new());
                }
                out.push(vec![(format!(" {}", line.text), Role::Strong)]);
                continue;
            }
            Kind::Plain => Role::Text,
            Kind::Absent => Role::Dim,
            Kind::Caution => Role::Caution,
            Kind::Verbatim => Role::Strong,
        };
        let fill = LABEL.saturating_sub(width(&line.label) + 2).max(1);
        let label = format!("  {}{}", line.label, " ".repeat(fill));
        if line.kind == Kind::Verbatim {
            // a line to be copied stands from the left edge, so that it is whole in a narrow window too
            out.wrapped(vec![(format!("  {}", line.text), role)], columns, 2);
            continue;
        }
        out.wrapped(vec![(label, Role::Dim), (line.text, role)], columns, LABEL);
    }
    out
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::draw;
    use crate::app::session::Advice;
    use crate::app::{Hits, Model, Screen, fixture};
    use crate::view::Ctx;
    use crate::view::fixture::{skin, text};

    fn page(model: &Model, height: u16) -> (Vec<String>, Hits) {
        let area = Rect::new(0, 0, 80, height);
        let mut buf = Buffer::empty(area);
        let mut hits = Hits::default();
        let skin = skin(true);
        draw(&Ctx::new(model, &skin), area, &mut buf, &mut hits);
        (text(&buf), hits)
    }

    #[test]
    fn it_scrolls_and_stops_at_its_end() {
        let mut model = fixture::model(vec![fixture::node("a")]);
        model.screens.push(Screen::About);
        let (all, _) = page(&model, 60);
        let lines = all.iter().rposition(|l| !l.is_empty()).unwrap() + 1;
        model.screens.top_mut().list.offset = 1000;
        let (end, hits) = page(&model, 10);
        assert_eq!(hits.first, lines - 10);
        assert_eq!(end[9], all[lines - 1]);
    }

    #[test]
    fn a_line_to_be_copied_is_not_broken_where_it_fits() {
        let line = "kim ALL=(root) NOPASSWD: /usr/local/bin/migdeck probe";
        let mut node = fixture::node("a");
        if let Some(hello) = &mut node.hello {
            hello.uid = 1042;
        }
        let mut model = fixture::model(vec![node]);
        model.session.advice = Some(Advice {
            first: None,
            line: line.into(),
        });
        let (all, _) = page(&model, 60);
        assert!(all.iter().any(|l| l.trim() == line), "{all:#?}");
    }
}
