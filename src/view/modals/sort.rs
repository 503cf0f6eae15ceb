//! ```text
//! ┌ sort by ────────────────┐
//! │ ▌natural order          │
//! │  memory  largest first  │
//! └─────────────────────────┘
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::Hits;
use crate::app::hits::{Region, Target, Window as ShownWindow};
use crate::app::sort::{Column, Sort, columns};
use crate::view::fit::{left, put, width};
use crate::view::widgets::Window;
use crate::view::{Ctx, Role};

pub(super) fn draw(ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer, hits: &mut Hits, selected: usize) {
    let now = ctx.model.screens.top().list.sort;
    let natural = (ctx.text("sort.natural").to_owned(), String::new());
    let rows: Vec<(String, String)> = std::iter::once(natural)
        .chain(columns(&ctx.model.screen()).iter().map(|column| {
            let name = ctx.model.texts.get(column.key()).to_owned();
            (name, way(ctx, *column, now))
        }))
        .collect();
    let names = rows.iter().map(|(n, _)| width(n)).max().unwrap_or(0);
    let ways = rows.iter().map(|(_, w)| width(w)).max().unwrap_or(0);
    let title = ctx.text("sort.title");
    let size = (
        u16::try_from(names + ways + 4).unwrap_or(u16::MAX),
        u16::try_from(rows.len()).unwrap_or(u16::MAX),
    );
    let window = Window {
        ctx,
        title,
        width: size.0,
        height: size.1,
    };
    let inside = window.draw(area, buf, hits);
    let height = usize::from(inside.height);
    let first = (selected + 1).saturating_sub(height);
    hits.window = Some(ShownWindow { first, height });
    let shown = rows.iter().enumerate().skip(first);
    for (y, (n, (name, way))) in (inside.top()..inside.bottom()).zip(shown) {
        let chosen = n == selected;
        let pointer = if chosen { ctx.glyphs().pointer } else { " " };
        let over = |role| ctx.skin.theme.over(role, chosen);
        let text = format!("{pointer}{}  ", left(name, names));
        let x = put(buf, inside.x, y, inside.width, &text, over(Role::Text));
        let room = inside.right().saturating_sub(x);
        put(buf, x, y, room, &left(way, room.into()), over(Role::Dim));
        hits.regions.push(Region {
            x: inside.x,
            y,
            width: inside.width,
            height: 1,
            target: Target::Row(n),
        });
    }
}

/// Which end comes first if the column is chosen: the other one where rows are sorted by it already.
fn way(ctx: &Ctx<'_>, column: Column, now: Option<Sort>) -> String {
    let chosen = match now {
        Some(sort) if sort.column == column => Sort {
            reverse: !sort.reverse,
            ..sort
        },
        _ => Sort::by(column),
    };
    let key = if chosen.is_largest_first() {
        "sort.largest"
    } else {
        "sort.smallest"
    };
    ctx.model.texts.get(key).to_owned()
}
