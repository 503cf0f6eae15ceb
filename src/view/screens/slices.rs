//! All instances as one list: where, what, in which state, how full, how busy, whose.
//!
//! ```text
//!  47 instances and GPUs
//!  NODE       GPU PLACE PROFILE STATE       MEM GiB    % SM% POD or PROCESS  SINCE
//! >dgx-dev-01 0   0:1   1g.5gb  B busy      4.2/4.8   88  93 nlp/bert-0         3d
//!  dgx-dev-01 0   2:1   1g.5gb  a allocated 0.0/4.8    0   0 jupyter/kim-0  idle 9h
//!  dgx-lab-02 1   all   whole   f free      0.1/39.4   0   0 -
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::common::{empty, node_cell, node_column, nodes, on, widest};
use super::listing::{Detail, Listing};
use crate::app::Hits;
use crate::app::activity;
use crate::app::occupant::{self, Occupant, Who};
use crate::app::on_slot;
use crate::app::rows::Item;
use crate::app::sort::memory_percent;
use crate::app::words;
use crate::domain::fleet::{Gpu, Node, PodLink, Slot, SlotState};
use crate::domain::metric::Metric;
use crate::domain::process::GpuProcess;
use crate::domain::reading::Reading;
use crate::view::widgets::{Cell, Column, strip};
use crate::view::{Ctx, Role};

const STATES: [&str; 6] = [
    "state.busy",
    "state.allocated",
    "state.free",
    "state.no_ci",
    "state.sick",
    "state.unknown",
];

/// Columns of a bar of memory.
const BAR: usize = 10;

pub(super) fn draw(ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    let metric = metric(ctx);
    let node = node_column(ctx);
    let with_node = node.is_some();
    // letter and space before the word
    let states = 2 + widest(ctx, &STATES);
    let share = widest(ctx, &["head.share"]).max(3);
    let mut columns: Vec<Column> = node.into_iter().collect();
    columns.extend([
        Column::left(ctx.text("head.gpu"), 3, 3, 0),
        Column::left(ctx.text("head.place"), 5, 5, 2).whole(),
        Column::left(ctx.text("head.gi_ci"), 5, 5, 7).whole(),
        Column::left(ctx.text("head.profile"), 7, 14, 0).whole(),
        Column::left(ctx.text("head.state"), states, states, 0),
        Column::left("", 10, 10, 5),
        Column::right(ctx.text("head.memory"), amounts(ctx), 11, 4),
        Column::right(ctx.text("head.share"), share, share, 0),
        Column::right(ctx.model.texts.get(activity::head(metric)), 3, 5, 0),
        Column::left(ctx.text("head.who"), 18, 60, 0),
        Column::left(ctx.text("head.evidence"), 10, 14, 6),
        // `idle >=12m` is not cut
        Column::right(ctx.text("head.since"), 10, 11, 3),
    ]);
    let cells = |item: &Item<'_>| {
        let mut cells: Vec<Cell> = with_node.then(|| node_cell(item)).into_iter().collect();
        match item {
            Item::Slot(node, gpu, slot) => {
                cells.extend(of_slot(ctx, item, (node, gpu, slot), metric))
            }
            Item::Gpu(node, gpu) => cells.extend(of_whole(ctx, item, node, gpu, metric)),
            _ => {}
        }
        cells
    };
    let rows = ctx.model.screens.top().list.rows.unfiltered;
    let detail = |item: &Item<'_>, out: &mut Detail| tell(ctx, item, out);
    let listing = Listing {
        columns,
        cells: &cells,
        count: ctx.say("slices.count", &[("rows", &rows)]),
        notes: notes(ctx),
        empty: empty(ctx, ctx.text("slices.none")),
        detail: Some(&detail),
    };
    listing.draw(ctx, area, buf, hits);
}

/// Columns of `17.7/19.6`, which is never cut: of GPUs with 100 GiB and more `120.3/140.1`.
fn amounts(ctx: &Ctx<'_>) -> u16 {
    let large = |gpu: &Gpu| {
        let total = gpu.fast.as_ref().and_then(|f| f.memory_total.value());
        total.is_some_and(|t| t.to_gib() >= 99.95)
    };
    if nodes(ctx).flat_map(|n| &n.gpus).any(large) {
        11
    } else {
        9
    }
}

/// SM where any host in the list has it: one column for all.
fn metric(ctx: &Ctx<'_>) -> Metric {
    [Metric::SmActive, Metric::GrActive]
        .into_iter()
        .find(|metric| {
            nodes(ctx)
                .flat_map(|n| &n.gpus)
                .flat_map(|g| &g.slots)
                .any(|slot| activity::is_told(slot, *metric))
        })
        .or_else(|| nodes(ctx).next().map(activity::column))
        .unwrap_or(Metric::SmActive)
}

/// GPUs whose instances could not be listed: the list is not whole without them.
fn notes(ctx: &Ctx<'_>) -> Vec<(String, Role)> {
    let mut notes = Vec::new();
    for node in nodes(ctx).filter(|n| n.stream.beat.is_some()) {
        for gpu in &node.gpus {
            let why = match &gpu.inventory {
                Reading::Absent(why) => Some(why),
                Reading::Value(inventory) if gpu.whole.is_none() => inventory.instances.reason(),
                Reading::Value(_) => None,
            };
            if let Some(why) = why {
                let text = ctx.say(
                    "slices.unlisted",
                    &[("gpu", &gpu.index), ("why", &why.text)],
                );
                notes.push((on(ctx, node, &text), Role::Caution));
            }
        }
    }
    // a whole host that does not answer is one matter, not eight
    if notes.len() > 3 {
        let more = ctx.say("slices.more_unlisted", &[("more", &(notes.len() - 2))]);
        notes.truncate(2);
        notes.push((more, Role::Caution));
    }
    notes
}

fn na(ctx: &Ctx<'_>) -> Cell {
    (ctx.text("list.na"), Role::Dim).into()
}

fn state(ctx: &Ctx<'_>, state: SlotState) -> Cell {
    let key = match state {
        SlotState::Busy => "state.busy",
        SlotState::Allocated => "state.allocated",
        SlotState::Free => "state.free",
        SlotState::NoCi => "state.no_ci",
        SlotState::Sick => "state.sick",
        SlotState::Unknown => "state.unknown",
    };
    let text = format!("{} {}", strip::letter(state), ctx.model.texts.get(key));
    (text, Role::of_state(state)).into()
}

/// A share as a line; of an unknown one dots.
fn bar(ctx: &Ctx<'_>, percent: Option<f64>) -> Cell {
    let glyphs = ctx.glyphs();
    match percent {
        Some(percent) => {
            // anything at all is seen, and all is only shown for all
            let filled = (percent.clamp(0.0, 100.0) / 100.0 * BAR as f64).round() as usize;
            let filled = match filled {
                0 if percent >= 1.0 => 1,
                n if n == BAR && percent < 99.0 => BAR - 1,
                n => n,
            };
            Cell::from((glyphs.bar_full.repeat(filled), Role::Bar))
                .then(glyphs.bar_rest.repeat(BAR - filled), Role::BarRest)
        }
        None => (glyphs.bar_unknown.repeat(BAR), Role::BarRest).into(),
    }
}

fn percent(ctx: &Ctx<'_>, value: Option<f64>) -> Cell {
    value.map_or_else(|| na(ctx), |p| format!("{p:.0}").into())
}

fn busy(ctx: &Ctx<'_>, activity: &activity::Activity) -> Cell {
    if activity.value().is_some() {
        activity.cell().into()
    } else if activity.idle_by_nature {
        (activity.cell(), Role::Dim).into()
    } else {
        na(ctx)
    }
}

fn who(ctx: &Ctx<'_>, occupant: &Occupant) -> [Cell; 3] {
    let role = match occupant.who {
        Who::Pod(_) | Who::Process { .. } => Role::Text,
        Who::Nobody | Who::Unknown(_) => Role::Dim,
    };
    let evidence = occupant.evidence.as_ref().map_or("", |e| e.as_str());
    let since = occupant
        .since
        .map(|s| s.cell(&ctx.model.texts, ctx.model.now))
        .unwrap_or_default();
    [
        (occupant.cell(), role).into(),
        (evidence, Role::Dim).into(),
        since.into(),
    ]
}

fn of_slot(
    ctx: &Ctx<'_>,
    item: &Item<'_>,
    (node, gpu, slot): (&Node, &Gpu, &Slot),
    metric: Metric,
) -> Vec<Cell> {
    let instance = &slot.instance;
    let share = memory_percent(item);
    let memory = slot
        .sample
        .as_ref()
        .map(|s| (&s.memory_used, &s.memory_total));
    let mut cells = vec![
        gpu.index.to_string().into(),
        match instance.placement.value() {
            Some(at) => format!("{}:{}", at.start, at.size).into(),
            None => na(ctx),
        },
        numbers(slot).into(),
        match instance.profile.value() {
            Some(name) => name.to_string().into(),
            None => na(ctx),
        },
        state(ctx, slot.state),
        bar(ctx, share),
        amount(ctx, memory),
        percent(ctx, share),
        busy(ctx, &activity::of(slot, metric)),
    ];
    cells.extend(who(ctx, &occupant::of_slot(node, gpu, slot)));
    cells
}

/// `3/0`, `3/0-2` of several compute instances, `3/-` without any.
fn numbers(slot: &Slot) -> String {
    let cis = slot.instance.cis.iter().map(|c| c.ci.0).collect();
    let gi = slot.instance.gi;
    match words::ranges(&cis) {
        none if none.is_empty() => format!("{gi}/-"),
        cis => format!("{gi}/{cis}"),
    }
}

fn amount(
    ctx: &Ctx<'_>,
    memory: Option<(
        &Reading<crate::domain::units::Bytes>,
        &Reading<crate::domain::units::Bytes>,
    )>,
) -> Cell {
    match memory.map(|(used, total)| (used.value(), total.value())) {
        Some((Some(used), Some(total))) => words::used_of(used.0, total.0).into(),
        Some((Some(used), None)) => words::gib(used.0).into(),
        _ => na(ctx),
    }
}

fn of_whole(ctx: &Ctx<'_>, item: &Item<'_>, node: &Node, gpu: &Gpu, metric: Metric) -> Vec<Cell> {
    let share = memory_percent(item);
    let memory = gpu.fast.as_ref().map(|f| (&f.memory_used, &f.memory_total));
    let mut cells = vec![
        gpu.index.to_string().into(),
        ctx.text("slices.all").into(),
        Cell::default(),
        ctx.text("slices.whole").into(),
        match &gpu.whole {
            Some(whole) => state(ctx, whole.state),
            None => na(ctx),
        },
        bar(ctx, share),
        amount(ctx, memory),
        percent(ctx, share),
        busy(ctx, &activity::of_gpu(gpu, metric)),
    ];
    cells.extend(who(ctx, &occupant::of_whole(node, gpu)));
    cells
}

/// What the row has no room for: names to paste, and why values are absent.
fn tell(ctx: &Ctx<'_>, item: &Item<'_>, out: &mut Detail) {
    let Some(gpu) = item.gpu() else { return };
    let node = item.node();
    let model = gpu.inventory.value().and_then(|i| i.identity.name.value());
    let model = model.map_or("", |m| m.as_str());
    out.title = format!("{}  GPU {}  {model}", node.name, gpu.index);
    let line = |out: &mut Detail, key: &'static str, text: &str| {
        out.line(ctx.text(key), text, Role::Text);
    };
    let occupant = match item {
        Item::Slot(_, _, slot) => {
            for ci in &slot.instance.cis {
                if let Some(uuid) = ci.uuid.value() {
                    let text = format!("{uuid}  CI {}", ci.ci);
                    line(out, "slices.device", &text);
                }
            }
            occupant::of_slot(node, gpu, slot)
        }
        _ => occupant::of_whole(node, gpu),
    };
    if let Some(uuid) = gpu.uuid() {
        line(out, "slices.gpu", uuid.as_str());
    }
    if let Item::Slot(_, _, slot) = item {
        pods(ctx, &slot.pods, out);
        processes(ctx, node, on_slot::processes(gpu, &slot.instance), out);
        if let Some(idle) = slot.idle {
            let text = occupant::idle_age(idle, ctx.model.now);
            line(out, "slices.idle", &text);
        }
        let activity = activity::of(slot, metric(ctx));
        if let (Some(why), false) = (activity.percent.reason(), activity.idle_by_nature) {
            let text = format!("n/a: {}", why.text);
            line(out, activity::head(metric(ctx)), &text);
        }
    }
    if let Item::Gpu(..) = item {
        pods(ctx, gpu.whole.as_ref().map_or(&[], |w| &w.pods), out);
        processes(ctx, node, gpu.processes.value().into_iter().flatten(), out);
        let activity = activity::of_gpu(gpu, metric(ctx));
        if let Some(why) = activity.percent.reason() {
            let text = format!("n/a: {}", why.text);
            line(out, activity::head(activity.metric), &text);
        }
        let openers = on_slot::device_openers(node, gpu);
        for (n, pid) in openers.into_iter().enumerate() {
            let label = if n == 0 { ctx.text("gpu.opened") } else { "" };
            out.line(label, &on_slot::process_name(node, pid), Role::Dim);
        }
    }
    if let Who::Unknown(why) = &occupant.who {
        let text = format!("n/a: {}", why.text);
        line(out, "slices.process", &text);
    }
}

fn pods(ctx: &Ctx<'_>, pods: &[PodLink], out: &mut Detail) {
    for pod in pods {
        let name = occupant::pod_name(pod);
        let container = pod.container.as_ref().map_or("", |c| c.as_str());
        let evidence: Vec<&str> = pod.evidence.iter().map(|e| e.as_str()).collect();
        let text = format!("{name}  {container}  ({})", evidence.join(", "));
        out.line(ctx.text("slices.pod"), &text, Role::Text);
    }
}

fn processes<'p>(
    ctx: &Ctx<'_>,
    node: &Node,
    on_it: impl Iterator<Item = &'p GpuProcess>,
    out: &mut Detail,
) {
    for process in on_it {
        let known = on_slot::host_process(node, process.pid);
        let command = known.map_or("", |p| p.command.as_str());
        let user = known
            .and_then(|p| p.user.value())
            .map_or("", |u| u.as_str());
        let memory = match process.memory.value() {
            Some(bytes) => format!("{} GiB  ", words::gib(bytes.0)),
            None => String::new(),
        };
        let text = format!("{memory}{} {user} {command}", process.pid);
        out.line(ctx.text("slices.process"), &text, Role::Text);
    }
}

#[cfg(test)]
mod tests {
    use crate::app::{Message, Scope, Screen, fixture, update};
    use crate::view::fixture::{line, lines};

    #[test]
    fn of_a_whole_gpu_pod_and_processes_with_their_memory_are_named() {
        let mut node = fixture::node("a");
        let mut process = fixture::gpu_process(4242, 0);
        (process.gi, process.ci) = (None, None);
        node.gpus[1].processes = fixture::value(vec![process]);
        let mut model = fixture::model(vec![node]);
        model.screens.push(Screen::Slices(Scope::Fleet));
        let news = model.shown.clone();
        update(&mut model, Message::Snapshot(news));
        let rows = model.screens.top().list.rows.places.len();
        for at in 0..rows {
            model.screens.top_mut().list.at = at;
            let page = lines(&model, 80, 24);
            if page
                .iter()
                .any(|l| l.starts_with('▌') && l.contains(" all "))
            {
                let rule = page.iter().position(|l| l.starts_with("──")).unwrap();
                let below = &page[rule..];
                line(below, "train/llm-0");
                line(below, "GiB  4242 kim ");
                return;
            }
        }
        panic!("no whole GPU is listed");
    }
}
