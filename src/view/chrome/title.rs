//! The title line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::Hits;
use crate::view::fit::put;
use crate::view::{Ctx, Role};

/// `migdeck  fleet > dgx-dev-01 > GPU 5                     SIMULATED  03:12:44`
pub fn title(ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer, _hits: &mut Hits) {
    buf.set_style(area, ctx.style(Role::Title));
    let screen = ctx.model.screen();
    let end = put(
        buf,
        area.x,
        area.y,
        area.width,
        " migdeck  ",
        ctx.style(Role::Title),
    );
    let key = format!("screen.{}", screen.name());
    put(
        buf,
        end,
        area.y,
        area.right().saturating_sub(end),
        ctx.model.texts.get(&key),
        ctx.style(Role::Title),
    );
    if ctx.model.session.simulated {
        let word = ctx.text("app.simulated");
        let columns = u16::try_from(crate::view::fit::width(word)).unwrap_or(0);
        put(
            buf,
            area.right().saturating_sub(columns + 1),
            area.y,
            columns,
            word,
            ctx.style(Role::Simulated),
        );
    }
}
