//! What keeps GPUs and instances in use: a row a process or kernel module.
//!
//! ```text
//!  6 holders, 3 of them with work
//! ! there may be more: handles of other users cannot be seen as user id 1000
//!    PID USER  HOW    HOLDS            COMMAND or MODULE     UNIT or POD    SINCE
//! >41213 1000  works  GPU 5 GI 2/0     python3 serve.py      img/resnet-x2     3d
//!   1204 root  opens  GPU 0-7          nv-hostengine         nvidia-dcgm      41d
//!   4711 kim   opens D GPU 5           python3 train.py      session-12        9m
//!              module driver           nvidia_drm
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::common::{
    empty, node_cell, node_column, nodes, on, source_notes, when_and_age, widest as widest_of,
};
use super::listing::{Detail, Listing};
use crate::app::Hits;
use crate::app::occupant::program;
use crate::app::rows::holding::{Holding, How};
use crate::app::rows::{Item, item};
use crate::app::words::age;
use crate::domain::fleet::Node;
use crate::domain::observation::SourceName;
use crate::view::fit::width;
use crate::view::widgets::{Cell, Column};
use crate::view::{Ctx, Role};

pub(super) fn draw(ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    let node = node_column(ctx);
    let with_node = node.is_some();
    let mut columns: Vec<Column> = node.into_iter().collect();
    columns.extend([
        Column::right(ctx.text("head.pid"), 6, 8, 0),
        Column::left(
            ctx.text("head.user"),
            widest_of(ctx, &["head.user"]).max(4),
            14,
            3,
        ),
        Column::left(ctx.text("head.how"), 6, 12, 0),
        Column::left(ctx.text("head.holds"), 13, 40, 0),
        Column::left(ctx.text("head.command"), 14, 80, 0),
        Column::left(ctx.text("head.unit"), units(ctx, area.width), 40, 1),
        Column::right(ctx.text("head.since"), 5, 5, 4),
    ]);
    let cells = |item: &Item<'_>| {
        let Item::Holder(node, holding) = item else {
            return Vec::new();
        };
        let mut cells: Vec<Cell> = with_node.then(|| node_cell(item)).into_iter().collect();
        cells.extend(row(ctx, node, holding));
        cells
    };
    let detail = |item: &Item<'_>, out: &mut Detail| {
        if let Item::Holder(node, holding) = item {
            tell(ctx, node, holding, out);
        }
    };
    let mut notes = source_notes(ctx, SourceName::Procfs, "holders.unread");
    for node in nodes(ctx) {
        if let Some(why) = &node.holders_hidden {
            let text = ctx.say("holders.hidden", &[("why", &why.text)]);
            notes.push((on(ctx, node, &text), Role::Caution));
        }
    }
    let listing = Listing {
        columns,
        cells: &cells,
        count: ctx.say(
            "holders.count",
            &[("rows", &ctx.model.screens.top().list.rows.unfiltered)],
        ),
        notes,
        empty: empty(ctx, ctx.text("holders.none")),
        detail: Some(&detail),
    };
    listing.draw(ctx, area, buf, hits);
}

/// Columns that units and pods have before a long command line takes the rest: whose it is tells more.
fn units(ctx: &Ctx<'_>, columns: u16) -> u16 {
    let (screen, fleet) = (ctx.model.screen(), ctx.model.fleet());
    let places = &ctx.model.screens.top().list.rows.places;
    let widest = places
        .iter()
        .filter_map(|p| match item(&screen, fleet, *p)? {
            Item::Holder(node, holding) => Some(width(&holding.unit(node))),
            _ => None,
        });
    // in a narrow window since when is worth more than the end of a name
    if columns < 100 {
        return 14;
    }
    let widest = u16::try_from(widest.max().unwrap_or(0)).unwrap_or(u16::MAX);
    widest.clamp(14, (columns / 3).clamp(14, 40))
}

fn how(ctx: &Ctx<'_>, holding: &Holding<'_>) -> Cell {
    let role = match holding.how {
        How::Works => Role::Busy,
        How::Unknown => Role::Unknown,
        How::Opens | How::Module => Role::Text,
    };
    let cell = Cell::from((ctx.model.texts.get(holding.how.key()), role));
    if stuck(holding) {
        // state D: it cannot be ended
        cell.then(" D", Role::Danger)
    } else {
        cell
    }
}

fn stuck(holding: &Holding<'_>) -> bool {
    holding.process.is_some_and(|p| p.uninterruptible)
}

fn row(ctx: &Ctx<'_>, node: &Node, holding: &Holding<'_>) -> Vec<Cell> {
    let process = holding.process;
    let command = match (process, holding.module) {
        (Some(process), _) => Cell::from(program(&process.command)),
        (None, Some(module)) => module.to_string().into(),
        (None, None) => (ctx.text("holders.not_in_proc"), Role::Dim).into(),
    };
    let user = match process.map(|p| &p.user) {
        Some(user) => match user.value() {
            Some(name) => Cell::from(name.to_string()),
            None => (ctx.text("list.na"), Role::Dim).into(),
        },
        None => Cell::default(),
    };
    let started = process.and_then(|p| p.started.value());
    vec![
        holding
            .pid
            .map(|p| p.to_string())
            .unwrap_or_default()
            .into(),
        user,
        how(ctx, holding),
        holding.places(node).into(),
        command,
        holding.unit(node).into(),
        started
            .map(|at| age(*at, ctx.model.now))
            .unwrap_or_default()
            .into(),
    ]
}

fn tell(ctx: &Ctx<'_>, node: &Node, holding: &Holding<'_>, out: &mut Detail) {
    out.title = match (holding.pid, holding.module) {
        (Some(pid), _) => format!("{}  pid {pid}", node.name),
        (None, Some(module)) => format!("{}  {module}", node.name),
        (None, None) => node.name.to_string(),
    };
    if let Some(process) = holding.process {
        out.line(ctx.text("holders.line"), &process.command, Role::Text);
        let who = match process.user.value() {
            Some(user) => user.to_string(),
            None => ctx.text("list.na").to_owned(),
        };
        let unit = holding.unit(node);
        out.line(
            ctx.text("holders.whose"),
            format!("{who}  {unit}").trim_end(),
            Role::Text,
        );
        if let Some(at) = process.started.value() {
            out.line(
                ctx.text("holders.started"),
                &when_and_age(ctx, *at),
                Role::Text,
            );
        }
    }
    out.line(ctx.text("holders.holds"), &holding.places(node), Role::Text);
    let meaning = match holding.how {
        How::Works => "holders.means_works",
        How::Unknown => "holders.means_unknown",
        How::Opens => "holders.means_opens",
        How::Module => "holders.means_module",
    };
    out.line(
        ctx.text("holders.means"),
        ctx.model.texts.get(meaning),
        Role::Text,
    );
    if stuck(holding) {
        out.line(
            ctx.text("holders.state"),
            ctx.text("holders.stuck"),
            Role::Danger,
        );
    }
    let mut paths: Vec<&str> = holding
        .records
        .iter()
        .filter_map(|h| h.path.as_ref().map(|p| p.as_str()))
        .collect();
    paths.sort_unstable();
    paths.dedup();
    if !paths.is_empty() {
        out.line(ctx.text("holders.files"), &paths.join("  "), Role::Text);
    }
}
