//! A screen until it has its own file: ids of rows.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::list::offset;
use crate::app::{Hits, rows};
use crate::view::fit::put;
use crate::view::{Ctx, Role};

pub(super) fn draw(ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    let list = &ctx.model.screens.top().list;
    let screen = ctx.model.screen();
    let height = usize::from(area.height);
    let first = offset(list.offset, list.at, height, list.rows.places.len());
    hits.height = height;
    hits.first = first;
    for (line, (n, place)) in
        (area.y..area.bottom()).zip(list.rows.places.iter().enumerate().skip(first))
    {
        let role = if n == list.at {
            Role::Selected
        } else {
            Role::Text
        };
        let id = rows::id(&screen, ctx.model.fleet(), *place);
        put(
            buf,
            area.x,
            line,
            area.width,
            &format!("{id:?}"),
            ctx.style(role),
        );
    }
}
