//! ```text
//! ┌ sort by ───────┐
//! │ ▌natural order │
//! │  memory        │
//! └────────────────┘
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::frame;
use crate::app::Hits;
use crate::view::fit::put;
use crate::view::{Ctx, Role};

pub(super) fn draw(ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer, hits: &mut Hits, _selected: usize) {
    let title = ctx.text("sort.title");
    let inside = frame(ctx, area, buf, hits, title, (24, 1));
    let natural = ctx.text("sort.natural");
    put(buf, inside.x, inside.y, inside.width, natural, ctx.style(Role::Window));
}
