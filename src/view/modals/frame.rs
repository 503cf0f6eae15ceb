//! A window: a frame with its name, drawn over what is there.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::Hits;
use crate::view::fit::{cut, put};
use crate::view::{Ctx, Role};

/// Draws a frame of at most `columns` by `lines` in the middle of `area`; what is inside of it comes back. What lies
/// below can no longer be clicked.
pub(super) fn frame(
    ctx: &Ctx<'_>,
    area: Rect,
    buf: &mut Buffer,
    hits: &mut Hits,
    title: &str,
    (columns, lines): (u16, u16),
) -> Rect {
    let width = columns.saturating_add(4).min(area.width);
    let height = lines.saturating_add(2).min(area.height);
    let window = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 3,
        width,
        height,
    };
    hits.regions.clear();
    let style = ctx.style(Role::Window);
    for y in window.top()..window.bottom() {
        put(buf, window.x, y, width, &" ".repeat(width.into()), style);
    }
    // a wide character that the edge cuts in half leaves nothing behind
    buf.set_style(window, style);
    let corners = if ctx.glyphs().ascii {
        ["+", "+", "+", "+"]
    } else {
        ["┌", "┐", "└", "┘"]
    };
    let rule = ctx.style(Role::Rule).patch(ratatui::style::Style {
        bg: style.bg,
        ..Default::default()
    });
    let bar = ctx
        .glyphs()
        .line
        .repeat(usize::from(width.saturating_sub(2)));
    for (y, left, right) in [
        (window.top(), corners[0], corners[1]),
        (window.bottom().saturating_sub(1), corners[2], corners[3]),
    ] {
        put(
            buf,
            window.x,
            y,
            width,
            &format!("{left}{bar}{right}"),
            rule,
        );
    }
    for y in window.top() + 1..window.bottom().saturating_sub(1) {
        put(buf, window.x, y, 1, ctx.glyphs().bar, rule);
        put(buf, window.right() - 1, y, 1, ctx.glyphs().bar, rule);
    }
    let title = format!(" {} ", cut(title, usize::from(width).saturating_sub(6)));
    let strong = ctx.style(Role::Strong).patch(ratatui::style::Style {
        bg: style.bg,
        ..Default::default()
    });
    put(
        buf,
        window.x + 2,
        window.y,
        width.saturating_sub(4),
        &title,
        strong,
    );
    Rect {
        x: window.x + 2,
        y: window.y + 1,
        width: width.saturating_sub(4),
        height: height.saturating_sub(2),
    }
}
