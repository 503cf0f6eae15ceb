//! Xid and SXid reports since boot, newest first.
//!
//! ```text
//!  14 reports since boot
//! ! the kernel log cannot be read: it needs root or group adm
//!  TIME      AGE GPU GI/CI XID MEANING              WHOSE       PROCESS       POD
//! >03:02:11   9m 5   2/0    94 contained memory err hardware    4711 python3  img/resnet
//! ── Xid 94  dgx-dev-01 GPU 5 gi 2 ───────────────────────────────────────────
//!  meaning     contained memory error (hardware): the process loses its work
//!  do          restart the process ..
//!  message     Contained: SM (0x1). RST: No, D-RST: No
//!  process     4711 python3: still runs
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::common::{
    empty, node_cell, node_column, nodes, on, severity_glyph, source_notes, when, when_and_age,
};
use super::listing::{Detail, Listing};
use crate::app::Hits;
use crate::app::occupant::pod_name;
use crate::app::rows::blame::{Fate, fate};
use crate::app::rows::{Item, gpu_of, slot_of};
use crate::app::trouble;
use crate::app::words::age;
use crate::domain::fleet::Node;
use crate::domain::observation::{Health, SourceName};
use crate::domain::xid::{XidEvent, XidFamily};
use crate::domain::xid_catalog::{Loss, Scope, meaning_of};
use crate::view::widgets::{Cell, Column};
use crate::view::{Ctx, Role};

pub(super) fn draw(ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    let node = node_column(ctx);
    let with_node = node.is_some();
    let mut columns = vec![
        Column::left(ctx.text("head.time"), 8, 11, 0).whole(),
        Column::right(ctx.text("head.age"), 3, 4, 4),
    ];
    columns.extend(node);
    columns.extend([
        Column::left(ctx.text("head.gpu"), 3, 12, 0).whole(),
        Column::left(ctx.text("head.gi_ci"), 5, 5, 3).whole(),
        Column::right(ctx.text("head.code"), 5, 6, 0),
        Column::left(ctx.text("head.meaning"), 18, 44, 0),
        Column::left(ctx.text("head.process"), 14, 28, 2),
        Column::left(ctx.text("head.pod"), 16, 36, 1),
        Column::left(ctx.text("head.fault"), 12, 22, 5),
        Column::left(ctx.text("head.action"), 24, 80, 6),
    ]);
    let cells = |item: &Item<'_>| {
        let Item::Xid(node, xid) = item else {
            return Vec::new();
        };
        let mut cells: Vec<Cell> = vec![
            when(ctx, xid.at).into(),
            (age(xid.at, ctx.model.now), Role::Dim).into(),
        ];
        cells.extend(with_node.then(|| node_cell(item)));
        cells.extend(row(ctx, node, xid));
        cells
    };
    let detail = |item: &Item<'_>, out: &mut Detail| {
        if let Item::Xid(node, xid) = item {
            tell(ctx, node, xid, out);
        }
    };
    let mut notes = source_notes(ctx, SourceName::Kernlog, "xids.unread");
    for node in nodes(ctx).filter(|n| n.xids_lost > 0) {
        let text = ctx.say("xids.lost", &[("lost", &node.xids_lost)]);
        notes.push((on(ctx, node, &text), Role::Caution));
    }
    let rows = ctx.model.screens.top().list.rows.unfiltered;
    let listing = Listing {
        columns,
        cells: &cells,
        count: ctx.say("xids.count", &[("rows", &rows)]),
        empty: empty(ctx, ctx.text(none(ctx))),
        notes,
        detail: Some(&detail),
    };
    listing.draw(ctx, area, buf, hits);
}

/// An empty list is a good sign only where everything was read.
fn none(ctx: &Ctx<'_>) -> &'static str {
    let read = |node: &Node| {
        node.xids_lost == 0
            && node
                .sources
                .iter()
                .any(|s| s.source == SourceName::Kernlog && s.health == Health::Live)
    };
    if nodes(ctx).all(read) {
        "xids.none"
    } else {
        "xids.none_known"
    }
}

fn code(xid: &XidEvent) -> String {
    match xid.family {
        XidFamily::Xid => xid.code.to_string(),
        XidFamily::Sxid => format!("S{}", xid.code),
    }
}

/// The GPU by index, else what was reported by its address.
fn device(node: &Node, xid: &XidEvent) -> String {
    match (gpu_of(node, xid), xid.pci) {
        (Some(gpu), _) => gpu.index.to_string(),
        (None, Some(pci)) => pci.to_string(),
        (None, None) => "?".to_owned(),
    }
}

/// Instances as the report names them, else the one on which its process works now; of a switch the link.
fn place(node: &Node, xid: &XidEvent) -> String {
    match (xid.gi, xid.ci, xid.link) {
        (Some(gi), Some(ci), _) => format!("{gi}/{ci}"),
        (Some(gi), None, _) => gi.to_string(),
        (None, _, Some(link)) => format!("l{link}"),
        (None, _, None) => gpu_of(node, xid)
            .and_then(|gpu| slot_of(node, gpu, xid))
            .map(|slot| format!("({})", slot.instance.gi))
            .unwrap_or_default(),
    }
}

fn process(ctx: &Ctx<'_>, node: &Node, xid: &XidEvent) -> Cell {
    let Some(pid) = xid.pid else {
        return Cell::default();
    };
    let name = xid.name.as_ref().map_or("", |n| n.as_str());
    let cell = Cell::from(format!("{pid} {name}").trim_end().to_owned());
    match fate(node, xid) {
        Some(Fate::Runs) => cell.then(ctx.text("xids.still"), Role::Busy),
        _ => cell,
    }
}

/// Pods on the instance that is meant, as of now.
fn pods(node: &Node, xid: &XidEvent) -> Vec<String> {
    let gpu = gpu_of(node, xid);
    let whole = gpu.and_then(|g| g.whole.as_ref()).map(|w| &w.pods);
    let slot = gpu.and_then(|g| slot_of(node, g, xid)).map(|s| &s.pods);
    let links = whole.or(slot).into_iter().flatten();
    links.map(|p| pod_name(p).to_string()).collect()
}

fn row(ctx: &Ctx<'_>, node: &Node, xid: &XidEvent) -> Vec<Cell> {
    let texts = &ctx.model.texts;
    let meaning = meaning_of(xid);
    let severity = meaning.map(|m| m.severity.severity());
    let role = severity.map_or(Role::Caution, Role::of_severity);
    let glyph = severity.map_or("?", |s| severity_glyph(ctx, s));
    vec![
        device(node, xid).into(),
        place(node, xid).into(),
        Cell::from((format!("{glyph} "), role)).then(code(xid), role),
        match meaning {
            Some(meaning) => trouble::name(texts, xid).unwrap_or(meaning.name).into(),
            None => (ctx.text("xids.no_meaning"), Role::Dim).into(),
        },
        process(ctx, node, xid),
        pods(node, xid).join(" ").into(),
        meaning
            .map_or("", |m| texts.get(trouble::fault_key(m.fault)))
            .into(),
        meaning
            .map_or("", |m| trouble::advice(texts, m.action))
            .into(),
    ]
}

const fn loss(loss: Loss) -> &'static str {
    match loss {
        Loss::Nothing => "xids.loss_nothing",
        Loss::Process => "xids.loss_process",
        Loss::Degraded => "xids.loss_degraded",
        Loss::Unusable => "xids.loss_unusable",
    }
}

const fn scope(scope: Scope) -> Option<&'static str> {
    match scope {
        Scope::Instance => Some("xids.scope_instance"),
        Scope::Gpu => Some("xids.scope_gpu"),
        Scope::Port => Some("xids.scope_port"),
        Scope::Fabric => Some("xids.scope_fabric"),
        Scope::None => None,
    }
}

fn tell(ctx: &Ctx<'_>, node: &Node, xid: &XidEvent, out: &mut Detail) {
    let family = match xid.family {
        XidFamily::Xid => "Xid",
        XidFamily::Sxid => "SXid",
    };
    let gpu = gpu_of(node, xid);
    let mut subject = node.name.to_string();
    if let Some(gpu) = gpu {
        subject.push_str(&format!(" GPU {}", gpu.index));
    }
    if let Some(gi) = xid.gi {
        subject.push_str(&format!(" gi {gi}"));
    }
    out.title = format!(
        "{family} {}  {subject}  {}",
        xid.code,
        when_and_age(ctx, xid.at)
    );
    match meaning_of(xid) {
        Some(meaning) => {
            let role = Role::of_severity(meaning.severity.severity());
            let lost = ctx.model.texts.get(loss(meaning.severity));
            let whom = scope(meaning.scope).map_or("", |key| ctx.model.texts.get(key));
            let texts = &ctx.model.texts;
            let name = trouble::name(texts, xid).unwrap_or(meaning.name);
            let fault = texts.get(trouble::fault_key(meaning.fault));
            let text = format!("{name} ({fault}): {lost} {whom}");
            out.line(ctx.text("xids.meaning"), text.trim_end(), role);
            let action = trouble::advice(texts, meaning.action);
            out.line(ctx.text("xids.do"), action, Role::Strong);
            if !meaning.investigate.is_empty() {
                let then = trouble::advice(texts, meaning.investigate);
                out.line(ctx.text("xids.then"), then, Role::Text);
            }
        }
        None => out.line(
            ctx.text("xids.meaning"),
            ctx.text("xids.no_catalogue"),
            Role::Caution,
        ),
    }
    if !xid.message.is_empty() {
        out.line(ctx.text("xids.message"), &xid.message, Role::Text);
    }
    if let (Some(pid), Some(fate)) = (xid.pid, fate(node, xid)) {
        let name = xid.name.as_ref().map_or("", |n| n.as_str());
        let text = format!("{pid} {name}: {}", ctx.model.texts.get(fate.key()));
        out.line(ctx.text("xids.process"), &text, Role::Text);
    }
    if xid.gi.is_none()
        && let Some(slot) = gpu.and_then(|gpu| slot_of(node, gpu, xid))
    {
        let text = ctx.say("xids.by_process", &[("gi", &slot.instance.gi)]);
        out.line(ctx.text("xids.instance"), &text, Role::Text);
    }
    let pods = pods(node, xid);
    if !pods.is_empty() {
        out.line(ctx.text("xids.pod"), &pods.join("  "), Role::Text);
    }
    if let Some(pci) = xid.pci {
        let serial = gpu
            .and_then(|g| g.inventory.value()?.identity.serial.value())
            .map_or_else(String::new, |s| format!("  sn {s}"));
        out.line(
            ctx.text("xids.device"),
            &format!("{pci}{serial}"),
            Role::Text,
        );
    }
    let next = match meaning_of(xid).map(|m| m.severity) {
        Some(Loss::Unusable) => Some("sudo nvidia-bug-report.sh"),
        _ => None,
    };
    if let Some(next) = next {
        out.line(ctx.text("findings.next"), next, Role::Strong);
    }
}
