//! The selected GPU: a line that says which card it is, and a row for all that lies on its slices.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::app::activity;
use crate::app::occupant::{Occupant, Since, Who, idle_age};
use crate::app::overview::places::{self, Instance, Place};
use crate::app::overview::worst;
use crate::app::{Command, Hits, hints, on_slot, trouble, words};
use crate::domain::fleet::{Gpu, Node, SlotState};
use crate::domain::metric::Metric;
use crate::domain::reading::Reading;
use crate::domain::units::Bytes;
use crate::view::fit::{put, width};
use crate::view::widgets::strip::letter;
use crate::view::widgets::{Cell, Column, Rule, Table};
use crate::view::{Ctx, Role};

use super::Lines;
use super::findings::shown;
use super::lately;
use super::plan::Plan;

/// What an absent value looks like.
const NA: &str = "n/a";
/// Columns from which two things stand beside each other.
const SPLIT: u16 = 140;
/// Columns from which words need not be short.
const WORDY: u16 = 100;

pub(super) fn draw(
    ctx: &Ctx<'_>,
    node: &Node,
    gpu: &Gpu,
    plan: &Plan,
    lines: &mut Lines,
    buf: &mut Buffer,
) {
    let area = lines.take(plan.detail);
    if area.height < 2 {
        return;
    }
    rule(ctx, gpu, Rect { height: 1, ..area }, buf);
    let below = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    let metric = activity::column(node);
    let rows = places::of(node, gpu, metric);
    let used = if rows.is_empty() {
        0
    } else {
        table(ctx, gpu, &rows, metric, below, buf)
    };
    let rest = Rect {
        y: below.y + used,
        height: below.height - used,
        ..below
    };
    more(ctx, node, gpu, rest, buf);
}

/// What there is room for below the table: more on the GPU, and what the host's day was like.
fn more(ctx: &Ctx<'_>, node: &Node, gpu: &Gpu, area: Rect, buf: &mut Buffer) {
    if area.width >= SPLIT && area.height >= 4 {
        let half = area.width / 2;
        let area = Rect {
            y: area.y + 1,
            height: area.height - 1,
            ..area
        };
        let left = Rect {
            width: half - 1,
            ..area
        };
        sentences(ctx, node, gpu, left, buf);
        let right = Rect {
            x: area.x + half,
            width: area.width - half,
            ..area
        };
        lately::draw(ctx, node, shown(node), right, buf);
        return;
    }
    let used = sentences(ctx, node, gpu, area, buf);
    // a free line between the two
    let rest = Rect {
        y: area.y + used + 1,
        height: area.height.saturating_sub(used + 1),
        ..area
    };
    if rest.height >= 3 {
        lately::draw(ctx, node, shown(node), rest, buf);
    }
}

/// `── GPU 2  0000:4e:00.0  ..e15ae54a  sn 1565020013641  minor 2  MIG on ──────`
fn rule(ctx: &Ctx<'_>, gpu: &Gpu, line: Rect, buf: &mut Buffer) {
    let mut parts = vec![(format!("GPU {}", gpu.index), Role::Strong)];
    let mut say = |text: String| parts.push((text, Role::Text));
    if let Some(pci) = gpu.pci() {
        say(pci.to_string());
    }
    if let Some(uuid) = gpu.uuid() {
        say(format!("..{}", uuid.tail()));
    }
    let identity = gpu.inventory.value().map(|i| &i.identity);
    if let Some(serial) = identity.and_then(|i| i.serial.value()) {
        say(format!("sn {serial}"));
    }
    let minor = identity
        .and_then(|i| i.minor.value())
        .or_else(|| gpu.proc.as_ref().and_then(|p| p.minor.value()));
    if let Some(minor) = minor {
        say(format!("minor {minor}"));
    }
    if let Some(model) = crate::app::overview::headline::model(gpu) {
        say(model);
    }
    let mode = mode(ctx, gpu);
    parts.insert(parts.len().min(5), (mode.0, mode.1));
    let mut title = Cell::default();
    // a part is whole or not there; the rule goes on for two columns behind the space after them
    let mut room = usize::from(line.width).saturating_sub(6);
    for (n, (text, role)) in parts.into_iter().enumerate() {
        let gap = if n > 0 { "  " } else { "" };
        let Some(left) = room.checked_sub(gap.len() + width(&text)) else {
            break;
        };
        room = left;
        title = title.then(gap, Role::Text).then(text, role);
    }
    let rule = Rule {
        ctx,
        title: &title,
        note: "",
    };
    rule.render(line, buf);
}

/// Whether MIG is on, and what it will be.
fn mode(ctx: &Ctx<'_>, gpu: &Gpu) -> (String, Role) {
    let Some(inventory) = gpu.inventory.value() else {
        return (ctx.text("detail.mode_unknown").to_owned(), Role::Dim);
    };
    match &inventory.mig {
        Reading::Value(mode) => {
            let key = match (mode.current, mode.pending) {
                (true, true) => ("detail.mode_on", Role::Text),
                (false, false) => ("detail.mode_off", Role::Text),
                (true, false) => ("detail.mode_on_off", Role::Caution),
                (false, true) => ("detail.mode_off_on", Role::Caution),
            };
            (ctx.text(key.0).to_owned(), key.1)
        }
        Reading::Absent(_) => (ctx.text("detail.mode_unknown").to_owned(), Role::Dim),
    }
}

/// Draws the rows there is room for; the lines used come back.
fn table(
    ctx: &Ctx<'_>,
    gpu: &Gpu,
    all: &[Place<'_>],
    metric: Metric,
    area: Rect,
    buf: &mut Buffer,
) -> u16 {
    let text = |key| ctx.text(key);
    let wordy = area.width >= WORDY;
    let columns = [
        Column::left(text("detail.place"), 5, 6, 2).whole(),
        Column::left("GI/CI", 5, 6, 3).whole(),
        Column::left(text("detail.profile"), 7, 16, 0).whole(),
        Column::left(text("detail.state"), 9, 14, 0),
        Column::right(text("gpus.memory"), 7, 11, 1),
        Column::right(text(activity::head(metric)), 3, 5, 1),
        Column::left(text("detail.who"), 14, 70, 0),
        Column::left(
            text(if wordy {
                "detail.evidence"
            } else {
                "detail.evidence_short"
            }),
            if wordy { 13 } else { 6 },
            14,
            5,
        ),
        Column::right(text("detail.since"), if wordy { 10 } else { 6 }, 12, 4),
    ];
    let height = usize::from(area.height);
    let columns = columns.map(|mut column| {
        if column.head == text("gpus.memory") {
            column.min = memory_width(gpu, all);
        }
        column
    });
    // the last line counts what has no room
    let shown = if all.len() < height {
        all.len()
    } else {
        height.saturating_sub(2)
    };
    let rows: Vec<Vec<Cell>> = all
        .iter()
        .take(shown)
        .map(|p| cells(ctx, gpu, p, metric, wordy))
        .collect();
    let table = Table {
        ctx,
        columns: &columns,
        rows: &rows,
        first: 0,
        selected: None,
        marked: &|_| false,
    };
    let lines = Table::height(rows.len()).min(area.height);
    table.draw(
        Rect {
            height: lines,
            ..area
        },
        buf,
        &mut Hits::default(),
    );
    if shown == all.len() || lines >= area.height {
        return lines;
    }
    let key = hints::told(ctx.model, Command::Open);
    let more = ctx.say("detail.more", &[("n", &(all.len() - shown)), ("key", &key)]);
    put(
        buf,
        area.x + 1,
        area.y + lines,
        area.width,
        &more,
        ctx.style(Role::Dim),
    );
    lines + 1
}

/// Columns of the widest `used/total`.
fn memory_width(gpu: &Gpu, all: &[Place<'_>]) -> u16 {
    let whole = gpu.fast.as_ref().and_then(|f| f.memory_total.value());
    let widest = all.iter().filter_map(|place| match place {
        Place::Instance(i) if i.first => i.slot.instance.memory.value(),
        Place::Whole(..) => whole,
        _ => None,
    });
    match widest.max().map_or(0.0, |b| b.to_gib()) {
        ..9.95 => 7,
        ..99.95 => 9,
        _ => 11,
    }
}

fn cells(ctx: &Ctx<'_>, gpu: &Gpu, place: &Place<'_>, metric: Metric, wordy: bool) -> Vec<Cell> {
    let dim = |text: &str| Cell::from((text, Role::Dim));
    match place {
        Place::Instance(instance) => of_instance(ctx, instance, wordy),
        Place::Whole(state, who) => vec![
            ctx.text("detail.all").into(),
            dim("-"),
            ctx.text("strip.mig_off").into(),
            state_cell(ctx, *state),
            memory_of_whole(gpu),
            {
                let activity = activity::of_gpu(gpu, metric);
                match activity.value() {
                    Some(_) => activity.cell().into(),
                    None => dim(&activity.cell()),
                }
            },
            who.cell().into(),
            evidence(who, wordy),
            since(ctx, who, wordy).into(),
        ],
        Place::Hole(at, fits) => vec![
            at.to_string().into(),
            dim("-"),
            dim("-"),
            Cell::from((format!("{} ", ctx.glyphs().hole), Role::Hole))
                .then(ctx.text("detail.room"), Role::Text),
            "".into(),
            "".into(),
            match fits {
                Some(fits) => ctx.say("detail.fits", &[("profile", fits)]).into(),
                None => "".into(),
            },
            "".into(),
            "".into(),
        ],
        Place::Lost(at) => vec![
            at.to_string().into(),
            dim("-"),
            dim("-"),
            Cell::from((format!("{} ", ctx.glyphs().lost), Role::Lost))
                .then(ctx.text("detail.lost"), Role::Dim),
            "".into(),
            "".into(),
            dim(ctx.text("detail.lost_why")),
            "".into(),
            "".into(),
        ],
    }
}

fn of_instance(ctx: &Ctx<'_>, instance: &Instance<'_>, wordy: bool) -> Vec<Cell> {
    let gi = &instance.slot.instance;
    let dim = |text: &str| Cell::from((text, Role::Dim));
    let ids = match instance.ci {
        Some(ci) => format!("{}/{}", gi.gi, ci.ci),
        None => format!("{}/-", gi.gi),
    };
    let profile = match instance.ci {
        Some(ci) => ci.name.value(),
        None => gi.profile.value(),
    };
    let [place, memory, activity] = if instance.first {
        [
            match gi.placement.value() {
                Some(at) => at.to_string().into(),
                None => dim(NA),
            },
            memory(instance),
            match instance.activity.value() {
                Some(_) => instance.activity.cell().into(),
                None => (instance.activity.cell(), Role::Dim).into(),
            },
        ]
    } else {
        ["", "", ""].map(Cell::from)
    };
    let who = &instance.occupant;
    let who_role = match who.who {
        Who::Nobody | Who::Unknown(_) => Role::Dim,
        _ => Role::Text,
    };
    vec![
        place,
        ids.into(),
        profile.map_or_else(|| dim(NA), |p| p.to_string().into()),
        state_cell(ctx, instance.state),
        memory,
        activity,
        (who.cell(), who_role).into(),
        evidence(who, wordy),
        since(ctx, who, wordy).into(),
    ]
}

fn memory(instance: &Instance<'_>) -> Cell {
    let sample = instance.slot.sample.as_ref();
    let used = sample.and_then(|s| s.memory_used.value());
    let total =
        sample
            .and_then(|s| s.memory_total.value())
            .or(instance.slot.instance.memory.value());
    used_of(used, total)
}

fn memory_of_whole(gpu: &Gpu) -> Cell {
    let fast = gpu.fast.as_ref();
    used_of(
        fast.and_then(|f| f.memory_used.value()),
        fast.and_then(|f| f.memory_total.value()),
    )
}

fn used_of(used: Option<&Bytes>, total: Option<&Bytes>) -> Cell {
    match (used, total) {
        (Some(used), Some(total)) => {
            Cell::from(words::gib(used.0)).then(format!("/{}", words::gib(total.0)), Role::Dim)
        }
        (None, Some(total)) => (format!("{NA}/{}", words::gib(total.0)), Role::Dim).into(),
        (_, None) => (NA, Role::Dim).into(),
    }
}

fn state_cell(ctx: &Ctx<'_>, state: SlotState) -> Cell {
    let role = Role::of_state(state);
    let key = match state {
        SlotState::Busy => "state.busy",
        SlotState::Allocated => "state.allocated",
        SlotState::Free => "state.free",
        SlotState::NoCi => "state.no_ci",
        SlotState::Sick => "state.sick",
        SlotState::Unknown => "state.unknown",
    };
    Cell::from((format!("{} ", letter(state)), role)).then(ctx.text(key), role)
}

/// How something is known, in six columns where there is no room for the whole word.
fn evidence(who: &Occupant, wordy: bool) -> Cell {
    let word = who.evidence.as_ref().map_or("", |e| e.as_str());
    let short = match word {
        "pod-resources" => "podres",
        "checkpoint" => "ckpt",
        "resource-claim" => "claim",
        "pod-status" => "podst",
        other => other,
    };
    (if wordy { word } else { short }, Role::Dim).into()
}

/// Since when; where there is little room the state's word tells that it is idle.
fn since(ctx: &Ctx<'_>, who: &Occupant, wordy: bool) -> String {
    match who.since {
        Some(Since::Idle(idle)) if !wordy => idle_age(idle, ctx.model.now),
        Some(since) => since.cell(&ctx.model.texts, ctx.model.now),
        None => String::new(),
    }
}

/// Where no table can tell how a GPU does, its findings do: what it is, what it rests on, what to do.
fn sentences(ctx: &Ctx<'_>, node: &Node, gpu: &Gpu, area: Rect, buf: &mut Buffer) -> u16 {
    let mut y = area.y;
    let line = |buf: &mut Buffer, y: &mut u16, text: &str, role: Role, indent: u16| {
        for part in wrapped(text, usize::from(area.width.saturating_sub(indent + 2))) {
            if *y >= area.bottom() {
                return;
            }
            let x = area.x + 1 + indent;
            put(
                buf,
                x,
                *y,
                area.right().saturating_sub(x),
                &part,
                ctx.style(role),
            );
            *y += 1;
        }
    };
    let reason = gpu.inventory.reason();
    let mut said = false;
    for finding in worst::of_gpu(node, gpu) {
        let text = worst::told(ctx.model, &finding.text);
        line(buf, &mut y, &text, Role::of_severity(finding.severity), 0);
        for evidence in &finding.evidence {
            let text = worst::told(ctx.model, evidence);
            line(buf, &mut y, &text, Role::Dim, 2);
        }
        if let Some(next) = &finding.next {
            line(
                buf,
                &mut y,
                &super::findings::next_line(ctx, next),
                Role::Text,
                2,
            );
        }
        said = true;
    }
    if !said && let Some(why) = reason {
        line(buf, &mut y, &why.text, Role::Dim, 0);
    }
    // what else an operator asks of a card, while there is room
    for xid in trouble::of_gpu(node, gpu).take(5) {
        let meaning = trouble::worded(xid);
        let age = words::age(xid.at, ctx.model.now);
        let name = trouble::name(&ctx.model.texts, xid).unwrap_or(xid.message.as_str());
        let text = format!("{} {}  {age}  {name}", meaning.family, xid.code);
        line(buf, &mut y, &text, Role::Caution, 0);
    }
    // of a GPU that is used as one piece: who works on it, as far as the row has no room for them
    let on_it = gpu.processes.value().filter(|_| gpu.whole.is_some());
    for process in on_it.into_iter().flatten() {
        let name = on_slot::process_name(node, process.pid);
        let text = match process.memory.value() {
            Some(memory) => ctx.say(
                "detail.process",
                &[("gib", &words::gib(memory.0)), ("name", &name)],
            ),
            None => name,
        };
        line(buf, &mut y, &text, Role::Text, 0);
    }
    let openers = on_slot::device_openers(node, gpu);
    // a head with nothing below it says nothing
    if !openers.is_empty() && y + 1 < area.bottom() {
        line(buf, &mut y, ctx.text("detail.opened_by"), Role::Head, 0);
        for pid in openers {
            line(buf, &mut y, &on_slot::process_name(node, pid), Role::Dim, 2);
        }
    }
    y - area.y
}

/// Text in lines of at most `columns`.
pub(super) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(last) if width(last) + 1 + width(word) <= columns => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
