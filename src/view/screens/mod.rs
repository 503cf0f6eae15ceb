//! One file a screen.

mod about;
mod common;
mod events;
mod findings;
mod gpu;
mod help;
mod holders;
mod listing;
mod node;
mod nodes;
mod pods;
mod slices;
mod xids;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::{Hits, Screen};

use super::Ctx;

/// Draws the screen on top.
pub fn draw(ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    match ctx.model.screen() {
        Screen::Fleet => nodes::draw(ctx, area, buf, hits),
        Screen::Node(_) => node::draw(ctx, area, buf, hits),
        Screen::Gpu(at) => gpu::draw(ctx, &at, area, buf, hits),
        Screen::Slices(_) => slices::draw(ctx, area, buf, hits),
        Screen::Xids(_) => xids::draw(ctx, area, buf, hits),
        Screen::Events(_) => events::draw(ctx, area, buf, hits),
        Screen::Holders(_) => holders::draw(ctx, area, buf, hits),
        Screen::Findings(_) => findings::draw(ctx, area, buf, hits),
        Screen::Pods(_) => pods::draw(ctx, area, buf, hits),
        Screen::Help => help::draw(ctx, area, buf, hits),
        Screen::About => about::draw(ctx, area, buf, hits),
    }
}

#[cfg(test)]
mod tests;
