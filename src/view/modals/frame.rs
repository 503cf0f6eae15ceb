//! The frame of every window here.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::Hits;
use crate::view::Ctx;
use crate::view::widgets::Window;

/// Draws a frame for `columns` by `lines` in `area`; what is inside of it comes back. What lies below can no longer be
/// clicked.
pub(super) fn frame(
    ctx: &Ctx<'_>,
    area: Rect,
    buf: &mut Buffer,
    hits: &mut Hits,
    title: &str,
    (columns, lines): (u16, u16),
) -> Rect {
    hits.regions.clear();
    let window = Window {
        ctx,
        title,
        hint: "",
        width: columns,
        height: lines,
    };
    window.draw(area, buf)
}
