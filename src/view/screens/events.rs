//! What has changed, newest first.
//!
//! ```text
//!  9 events
//!  TIME      AGE NODE       GPU WHAT                                       KNOWN
//! >03:11:57  47s dgx-dev-01 7   a call has not come back: nvmlDeviceGet..  seen
//!  02:40:02  32m dgx-dev-01 2   MIG instance 3 (1g.5gb at 0:1) appeared    seen
//!  11-23 09:12   dgx-dev-01     the driver was loaded, version 535.161.08  host
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::common::happened;
use super::common::{empty, node_cell, node_column, when, widest};
use super::listing::Listing;
use crate::app::Hits;
use crate::app::happening::seen;
use crate::app::rows::Item;
use crate::app::words::age;
use crate::domain::event::Happening;
use crate::view::widgets::{Cell, Column};
use crate::view::{Ctx, Role};

const SEEN: [&str; 6] = [
    "head.known",
    "events.seen_watched",
    "events.seen_host",
    "events.seen_logged",
    "events.seen_cluster",
    "events.seen_between",
];

pub(super) fn draw(ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    let node = node_column(ctx);
    let with_node = node.is_some();
    let mut columns = vec![
        Column::left(ctx.text("head.time"), 8, 11, 0).whole(),
        Column::right(ctx.text("head.age"), 3, 4, 2),
    ];
    columns.extend(node);
    columns.extend([
        Column::left(ctx.text("head.gpu"), 3, 9, 0).whole(),
        Column::left(
            ctx.text("head.what"),
            if area.width < 78 { 24 } else { 40 },
            160,
            0,
        ),
        Column::left(ctx.text("head.known"), widest(ctx, &SEEN), 24, 3),
    ]);
    let cells = |item: &Item<'_>| {
        let Item::Event(_, event) = item else {
            return Vec::new();
        };
        let mut cells: Vec<Cell> = vec![
            when(ctx, event.at).into(),
            (age(event.at, ctx.model.now), Role::Dim).into(),
        ];
        cells.extend(with_node.then(|| node_cell(item)));
        // the index of then may be another GPU's now
        let gpu = match (event.index, &event.gpu) {
            (Some(index), _) => index.to_string(),
            (None, Some(uuid)) => format!("..{}", uuid.tail()),
            (None, None) => String::new(),
        };
        cells.extend([
            gpu.into(),
            (happened(ctx, &event.what), role(&event.what)).into(),
            (ctx.model.texts.get(seen(event.seen)), Role::Dim).into(),
        ]);
        cells
    };
    let rows = ctx.model.screens.top().list.rows.unfiltered;
    let listing = Listing {
        columns,
        cells: &cells,
        count: ctx.say("events.count", &[("rows", &rows)]),
        notes: Vec::new(),
        empty: empty(ctx, ctx.text("events.none")),
        detail: None,
    };
    listing.draw(ctx, area, buf, hits);
}

const fn role(what: &Happening) -> Role {
    match what {
        Happening::CallHung { .. } | Happening::GpuVanished => Role::Danger,
        Happening::CallsFail { .. }
        | Happening::SourceLost { .. }
        | Happening::InstanceVanished { .. }
        | Happening::PodWarned { .. }
        | Happening::OwnerChanged { .. } => Role::Caution,
        _ => Role::Text,
    }
}
