//! The foot line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::Hits;
use crate::view::fit::put;
use crate::view::{Ctx, Role};

/// Keys that matter here, or the prompt, or the notice.
pub fn footer(ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer, _hits: &mut Hits) {
    put(
        buf,
        area.x,
        area.y,
        area.width,
        "? help  q quit",
        ctx.style(Role::Dim),
    );
}
