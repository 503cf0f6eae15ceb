//! What letters and marks in the strips mean.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::fleet::SlotState;
use crate::view::fit::{put, width};
use crate::view::widgets::strip::letter;
use crate::view::{Ctx, Role};

/// One line; what has no room is left out whole.
pub(in crate::view::screens) fn draw(ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
    let states = [
        (SlotState::Busy, "legend.busy"),
        (SlotState::Allocated, "legend.allocated"),
        (SlotState::Free, "legend.free"),
        (SlotState::NoCi, "legend.no_ci"),
        (SlotState::Sick, "legend.sick"),
        (SlotState::Unknown, "legend.unknown"),
    ]
    .map(|(state, key)| (letter(state), Role::of_state(state), ctx.text(key)));
    let glyphs = ctx.glyphs();
    let marks = [
        (glyphs.hole, Role::Hole, ctx.text("legend.hole")),
        (glyphs.lost, Role::Lost, ctx.text("legend.lost")),
    ];
    let mut x = area.x + 1;
    for (mark, role, word) in states.into_iter().chain(marks) {
        let wide = u16::try_from(width(mark) + 1 + width(word)).unwrap_or(u16::MAX);
        if x.saturating_add(wide) > area.right() {
            break;
        }
        x = put(buf, x, area.y, area.width, mark, ctx.style(role)) + 1;
        x = put(buf, x, area.y, area.width, word, ctx.style(Role::Dim)) + 2;
    }
}
