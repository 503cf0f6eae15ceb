//! One file a screen.

mod gpu;
mod help;
mod plain;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::{Hits, Screen};

use super::Ctx;

/// Draws the screen on top.
pub fn draw(ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    match ctx.model.screen() {
        Screen::Gpu(at) => gpu::draw(ctx, &at, area, buf, hits),
        Screen::Fleet
        | Screen::Node(_)
        | Screen::Slices(_)
        | Screen::Xids(_)
        | Screen::Events(_)
        | Screen::Holders(_)
        | Screen::Findings(_)
        | Screen::About => plain::draw(ctx, area, buf, hits),
        Screen::Help => help::draw(ctx, area, buf, hits),
    }
}
