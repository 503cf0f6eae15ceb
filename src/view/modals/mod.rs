//! The window over a screen.

mod palette;
mod reader;
mod sort;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::{Hits, Modal, fits};

use super::Ctx;

/// Draws the window that is open, if one is.
pub fn draw(ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    match &ctx.model.modal {
        // the filter is typed in the foot line, and the list stays in view
        None | Some(Modal::Filter { .. }) => {}
        Some(Modal::Palette {
            input,
            selected,
            found,
        }) => palette::draw(ctx, area, buf, hits, (input, *selected, found)),
        Some(Modal::Sort { selected }) => sort::draw(ctx, area, buf, hits, *selected),
        Some(Modal::Fits { model, offset }) => {
            let (title, lines) = fits::page(ctx.model, model.as_ref());
            reader::draw(ctx, area, buf, hits, (&title, &lines, *offset));
        }
        Some(Modal::Reader {
            title,
            lines,
            offset,
            ..
        }) => reader::draw(ctx, area, buf, hits, (title, lines, *offset)),
    }
}
