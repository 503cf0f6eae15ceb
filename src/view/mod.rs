//! The picture: model to cells. Drawing writes nothing but cells; what it found out comes back as [`Hits`].

pub mod chrome;
pub mod ctx;
pub mod fit;
#[cfg(test)]
pub mod fixture;
pub mod glyphs;
pub mod lines;
pub mod modals;
pub mod screens;
pub mod theme;
pub mod widgets;
pub mod wrap;

pub use ctx::Ctx;
pub use glyphs::Glyphs;
pub use theme::{Depth, Role, Skin, Theme};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::{Hits, Model};

/// Smallest window that is drawn in.
pub const SMALLEST: (u16, u16) = (60, 15);

/// Draws all.
///
/// ```text
/// title line                                      chrome::title
/// the screen                                      screens/<name>.rs
/// ..
/// the window over it                              modals/<name>.rs
/// tour, prompt, notice or keys                    chrome::footer
/// ```
pub fn view(model: &Model, skin: &Skin, area: Rect, buf: &mut Buffer) -> Hits {
    let ctx = Ctx::new(model, skin);
    let mut hits = Hits::default();
    buf.set_style(area, ctx.style(Role::Text));
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = ctx.say(
            "app.too_small",
            &[("width", &area.width), ("height", &area.height)],
        );
        let lines = wrap::wrap(&text, usize::from(area.width), 0);
        for (y, line) in (area.y..area.bottom()).zip(&lines) {
            fit::put(buf, area.x, y, area.width, line, ctx.style(Role::Text));
        }
        skin.glyphs.finish(buf);
        return hits;
    }
    let title = Rect { height: 1, ..area };
    let foot = chrome::footer_height(&ctx, area.width);
    let footer = Rect {
        y: area.bottom() - foot,
        height: foot,
        ..area
    };
    let body = Rect {
        y: area.y + 1,
        height: area.height - 1 - foot,
        ..area
    };
    chrome::title(&ctx, title, buf, &mut hits);
    screens::draw(&ctx, body, buf, &mut hits);
    modals::draw(&ctx, body, buf, &mut hits);
    chrome::footer(&ctx, footer, buf, &mut hits);
    skin.glyphs.finish(buf);
    hits
}
