//! A row a GPU: its slices at their places, memory, activity, heat, use, and the most important word on it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::app::activity;
use crate::app::hits::Target;
use crate::app::list::offset;
use crate::app::overview::{notes, tally};
use crate::app::rows::Item;
use crate::app::{Command, Hits, hints, occupant, words};
use crate::domain::fleet::{Gpu, Node, Slot};
use crate::domain::gpu::FastTelemetry;
use crate::domain::history::{Curve, Measure};
use crate::domain::ids::GiId;
use crate::domain::metric::Metric;
use crate::domain::observation::CallState;
use crate::domain::placement::Placement;
use crate::domain::reading::Reading;
use crate::domain::slices;
use crate::view::fit::{cut, put, width};
use crate::view::widgets::spark::Spark;
use crate::view::widgets::strip::{self, Strip, StripContent};
use crate::view::widgets::{Cell, Column, Table};
use crate::view::{Ctx, Role};

use super::Lines;
use super::detail::wrapped;
use super::header::role;
use super::plan::Plan;

/// What an absent value looks like; the reason is told on the GPU's own screen.
const NA: &str = "n/a";

/// Columns of a curve, and the seconds that each stands for: a minute.
const CURVE: u16 = 12;
const CURVE_STEP: f64 = 5.0;
/// Position of the curve among the columns.
const CURVE_AT: usize = 8;

/// Columns that the notes have at most.
const NOTE: u16 = 90;

/// GPUs of a host as a table.
pub(in crate::view::screens) struct Gpus<'a> {
    /// The picture's needs.
    pub ctx: &'a Ctx<'a>,
    /// The host.
    pub node: &'a Node,
    /// Positions among its GPUs, those that are drawn.
    pub places: &'a [usize],
    /// Position of the first of them in the list.
    pub first: usize,
    /// The selected one, by its position in the list.
    pub selected: Option<usize>,
    /// Whether one, by its position in the list, is marked.
    pub marked: &'a dyn Fn(usize) -> bool,
    /// Lines of a row: with two, names stand under the slices.
    pub lines: u16,
    /// Columns that the table has.
    pub room: u16,
}

pub(super) fn draw(
    ctx: &Ctx<'_>,
    node: &Node,
    plan: &Plan,
    lines: &mut Lines,
    buf: &mut Buffer,
    hits: &mut Hits,
) {
    let list = &ctx.model.screens.top().list;
    let all = &list.rows.places;
    if all.is_empty() {
        let area = lines.take(plan.gpus + 2);
        none(ctx, node, area, buf);
        return;
    }
    let height = usize::from(plan.gpus);
    let first = offset(list.offset, list.at, height, all.len());
    let places: Vec<usize> = all
        .iter()
        .skip(first)
        .take(height)
        .map(|p| p.item as usize)
        .collect();
    hits.height = height;
    hits.first = first;
    let ids: Vec<_> = all
        .iter()
        .map(|p| crate::app::rows::id(&ctx.model.screen(), ctx.model.fleet(), *p))
        .collect();
    let marked = |n: usize| {
        ids.get(n)
            .and_then(Option::as_ref)
            .is_some_and(|id| list.marks.contains(id))
    };
    let area = lines.take(1 + plan.gpus * plan.lines_a_gpu);
    Gpus {
        ctx,
        node,
        places: &places,
        first,
        selected: Some(list.at),
        marked: &marked,
        lines: plan.lines_a_gpu,
        room: area.width,
    }
    .draw(area, buf, hits);
}

/// Why there is no GPU to be shown: not read yet, none there, or all filtered out.
fn none(ctx: &Ctx<'_>, node: &Node, area: Rect, buf: &mut Buffer) {
    let filtered = ctx.model.screens.top().list.rows.unfiltered;
    let text = if filtered > 0 {
        let key = hints::told(ctx.model, Command::Back);
        ctx.say("gpus.filtered", &[("n", &filtered), ("key", &key)])
    } else if node.stream.beat.is_none() && node.host.is_none() {
        ctx.text("app.waiting").to_owned()
    } else {
        let found = node.host.as_ref().map(|h| &h.gpus);
        match found {
            Some(Reading::Absent(why)) => ctx.say("gpus.none_because", &[("why", &why.text)]),
            _ => ctx.text("gpus.none").to_owned(),
        }
    };
    let top = area.y + u16::from(area.height > 1);
    let lines = wrapped(&text, area.width.saturating_sub(2).into());
    for (y, line) in (top..area.bottom()).zip(lines) {
        put(
            buf,
            area.x + 1,
            y,
            area.width,
            &line,
            ctx.style(Role::Strong),
        );
    }
}

impl Gpus<'_> {
    pub(in crate::view::screens) fn draw(&self, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
        let axis = self
            .node
            .gpus
            .iter()
            .filter_map(|g| slices::axis_of(g).value().copied())
            .max()
            .unwrap_or(8);
        let cell = strip::cell_for(axis, strip_room(area.width));
        let metric = activity::column(self.node);
        let columns = self.columns(axis, cell, metric, area.width);
        let rows = |note: usize| -> Vec<Vec<Cell>> {
            let gpus = self.places.iter().filter_map(|n| self.node.gpus.get(*n));
            gpus.map(|gpu| self.cells(gpu, metric, note)).collect()
        };
        // the note has what the others leave, whatever it says: columns stay where they are when news come
        let mut wide = rows(0);
        for row in &mut wide {
            if let Some(note) = row.last_mut() {
                *note = " ".repeat(NOTE.into()).into();
            }
        }
        let mut table = Table {
            ctx: self.ctx,
            columns: &columns,
            rows: &wide,
            first: self.first,
            selected: self.selected,
            marked: self.marked,
        };
        let room = table
            .spans(area.width)
            .last()
            .copied()
            .flatten()
            .map_or(0, |s| s.width);
        let mut settled = columns.clone();
        if let Some(note) = settled.last_mut() {
            (note.min, note.max) = (room, room);
        }
        let fitting = rows(room.into());
        table.columns = &settled;
        table.rows = &fitting;
        let spans = table.spans(area.width);
        if self.lines < 2 {
            table.draw(area, buf, hits);
        } else {
            self.spread(&table, area, buf, hits);
        }
        let Some(Some(span)) = spans.get(1) else {
            return;
        };
        let content = self.content(metric);
        let ys = (area.y + 1..area.bottom()).step_by(self.lines.into());
        for (y, n) in ys.zip(self.places) {
            let Some(gpu) = self.node.gpus.get(*n) else {
                continue;
            };
            let line = Rect {
                x: area.x + span.x,
                y,
                width: span.width,
                height: 1,
            };
            Strip {
                ctx: self.ctx,
                gpu,
                cell,
                metric,
                content,
                selected: None,
                matched: &self.matched(gpu),
            }
            .render(line, buf);
            if let Some(Some(curve)) = spans.get(CURVE_AT) {
                let at = Rect {
                    x: area.x + curve.x,
                    width: curve.width,
                    ..line
                };
                self.curve(gpu, metric, at, buf);
            }
            if self.lines > 1 && y + 1 < area.bottom() {
                let below = Rect { y: y + 1, ..line };
                self.names(gpu, cell, below, buf);
            }
        }
    }

    /// Which instances a filter leaves to be seen: those that match it; all of a GPU that matches as a whole only.
    fn matched(&self, gpu: &Gpu) -> impl Fn(GiId) -> bool + use<> {
        let filter = &self.ctx.model.screens.top().list.parsed;
        let of_slot = |s: &&Slot| filter.matches_slot(self.node, gpu, s);
        let mut seen: Vec<GiId> = gpu
            .slots
            .iter()
            .filter(of_slot)
            .map(|s| s.instance.gi)
            .collect();
        if seen.is_empty()
            && (filter.matches(&Item::Gpu(self.node, gpu))
                || filter.matches(&Item::Node(self.node)))
            && !self.any_matches()
        {
            seen = gpu.slots.iter().map(|s| s.instance.gi).collect();
        }
        move |gi| seen.contains(&gi)
    }

    /// Whether the filter matches any instance of the host: then those that it does not are drawn faintly.
    fn any_matches(&self) -> bool {
        let filter = &self.ctx.model.screens.top().list.parsed;
        let gpus = self.node.gpus.iter();
        gpus.flat_map(|g| g.slots.iter().map(move |s| (g, s)))
            .any(|(gpu, slot)| filter.matches_slot(self.node, gpu, slot))
    }

    /// A table with a free line below each row.
    fn spread(&self, table: &Table<'_>, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
        let rows = table.rows;
        // heads and widths come from the whole; each row is drawn as a table of its own whose head is drawn over
        let mut at = Hits::default();
        table.draw(Rect { height: 1, ..area }, buf, &mut at);
        let mut narrow = Buffer::empty(Rect {
            x: area.x,
            y: 0,
            width: area.width,
            height: Table::height(rows.len()),
        });
        narrow.set_style(narrow.area, self.ctx.style(Role::Text));
        table.draw(narrow.area, &mut narrow, &mut Hits::default());
        for n in 0..u16::try_from(rows.len()).unwrap_or(0) {
            let y = area.y + 1 + n * self.lines;
            if y >= area.bottom() {
                break;
            }
            for x in area.x..area.right() {
                buf[(x, y)] = narrow[(x, n + 1)].clone();
            }
            hits.regions.push(crate::app::hits::Region {
                x: area.x,
                y,
                width: area.width,
                height: self.lines.min(area.bottom() - y),
                target: Target::Row(self.first + usize::from(n)),
            });
        }
    }

    fn columns(&self, axis: u32, cell: u16, metric: Metric, room: u16) -> Vec<Column> {
        let strip = strip::width(axis, cell);
        let text = |key| self.ctx.text(key);
        let curve_head = match self.measure(metric) {
            Measure::Power => text("gpus.curve_power"),
            Measure::Sm => text("gpus.curve_sm"),
            Measure::Gr => text("gpus.curve_gr"),
            _ => text("gpus.curve_utilization"),
        };
        let last = axis.saturating_sub(1);
        // `100u` of a GPU that is used as one piece: columns stay where they are when it comes
        let activity = if self.node.gpus.iter().any(|g| g.whole.is_some()) {
            4
        } else {
            3
        };
        vec![
            Column::right(text("gpus.gpu"), 1, 2, 0),
            Column::left(
                self.ctx.say(
                    match self.content(metric) {
                        StripContent::Memory => "gpus.slices_memory",
                        StripContent::Activity => "gpus.slices_activity",
                        StripContent::Profile => "gpus.slices",
                    },
                    &[("last", &last), ("of", &text(activity::head(metric)))],
                ),
                strip,
                strip,
                0,
            ),
            Column::right(text("gpus.memory"), 7, 11, 1),
            Column::right(text(activity::head(metric)), activity, 5, 1),
            Column::right("C", 2, 3, 3),
            Column::right("W", 3, if room >= 130 { 8 } else { 4 }, 4),
            Column::right(text("gpus.clock"), if room >= 130 { 4 } else { 200 }, 4, 7),
            Column::right(text("gpus.use"), 3, 5, 2),
            Column::left(curve_head, if room >= 110 { CURVE } else { 200 }, CURVE, 6),
            Column::left(text("gpus.note"), 12, NOTE, 5),
        ]
    }

    fn cells(&self, gpu: &Gpu, metric: Metric, note: usize) -> Vec<Cell> {
        let old = !matches!(gpu.calls, CallState::Answering | CallState::Slow { .. });
        let number = |text: Option<String>| -> Cell {
            match text {
                Some(text) if old => (text, Role::Stale).into(),
                Some(text) => text.into(),
                None => (NA, Role::Dim).into(),
            }
        };
        let fast = gpu.fast.as_ref();
        let of_fast = |read: fn(&FastTelemetry) -> Option<String>| number(fast.and_then(read));
        vec![
            gpu.index.to_string().into(),
            "".into(),
            self.memory(gpu, old),
            self.activity(gpu, metric, old),
            self.heat(gpu, old),
            self.power(gpu, old),
            of_fast(|f| f.sm_clock_mhz.value().map(ToString::to_string)),
            match tally::use_of(gpu) {
                Some(_) if gpu.slots.is_empty() => ("-", Role::Dim).into(),
                Some(text) => number(Some(text)),
                None if gpu.whole.is_some() => ("-", Role::Dim).into(),
                None => ("?", Role::Dim).into(),
            },
            "".into(),
            self.note(gpu, note),
        ]
    }

    /// What the curves are of: activity where it is recorded of any GPU of the host, else power, which every board tells.
    fn measure(&self, metric: Metric) -> Measure {
        let of_metric = match metric {
            Metric::SmActive => Measure::Sm,
            Metric::GrActive => Measure::Gr,
            _ => Measure::Utilization,
        };
        let recorded = |gpu: &Gpu| {
            let values = self.values(gpu, of_metric);
            values.iter().any(Option::is_some)
        };
        if self.node.gpus.iter().any(recorded) {
            of_metric
        } else {
            Measure::Power
        }
    }

    fn values(&self, gpu: &Gpu, measure: Measure) -> Vec<Option<f64>> {
        let Some(uuid) = gpu.uuid() else {
            return Vec::new();
        };
        let curve = Curve {
            node: self.node.name.clone(),
            gpu: uuid.clone(),
            gi: None,
            measure,
        };
        let model = self.ctx.model;
        let history = &model.shown.history;
        history.curve(&curve, model.now, CURVE_STEP, CURVE.into())
    }

    fn curve(&self, gpu: &Gpu, metric: Metric, at: Rect, buf: &mut Buffer) {
        let measure = self.measure(metric);
        let values = self.values(gpu, measure);
        let limit = gpu.slow.as_ref().and_then(|s| s.power_limit_mw.value());
        let max = match (measure, limit) {
            (Measure::Power, Some(limit)) => f64::from(*limit) / 1000.0,
            (Measure::Power, None) => 400.0,
            _ => 100.0,
        };
        Spark {
            ctx: self.ctx,
            values: &values,
            max,
        }
        .render(at, buf);
    }

    fn memory(&self, gpu: &Gpu, old: bool) -> Cell {
        let fast = gpu.fast.as_ref();
        let used = fast.and_then(|f| f.memory_used.value());
        let total = fast.and_then(|f| f.memory_total.value());
        let rest = |text: String| (text, if old { Role::Stale } else { Role::Dim });
        match (used, total) {
            (Some(used), Some(total)) => {
                let role = if old { Role::Stale } else { Role::Text };
                Cell::from((words::gib(used.0), role)).then(
                    rest(format!("/{}", words::gib(total.0))).0,
                    rest(String::new()).1,
                )
            }
            (None, Some(total)) => Cell::from((format!("{NA}/{}", words::gib(total.0)), Role::Dim)),
            (_, None) => (NA, Role::Dim).into(),
        }
    }

    fn activity(&self, gpu: &Gpu, metric: Metric, old: bool) -> Cell {
        let found = activity::of_gpu(gpu, metric);
        let role = match found.value() {
            None => Role::Dim,
            Some(_) if old => Role::Stale,
            Some(_) => Role::Text,
        };
        (found.cell(), role).into()
    }

    /// Warm is told by a word of the driver (throttled), not by a limit of ours.
    fn heat(&self, gpu: &Gpu, old: bool) -> Cell {
        let celsius = gpu.fast.as_ref().and_then(|f| f.temperature_c.value());
        match celsius {
            Some(c) => (c.to_string(), if old { Role::Stale } else { Role::Text }).into(),
            None => (NA, Role::Dim).into(),
        }
    }

    fn power(&self, gpu: &Gpu, old: bool) -> Cell {
        let watts = |mw: &u32| format!("{:.0}", f64::from(*mw) / 1000.0);
        let now = gpu.fast.as_ref().and_then(|f| f.power_mw.value());
        let limit = gpu.slow.as_ref().and_then(|s| s.power_limit_mw.value());
        match now {
            Some(now) => {
                let cell = Cell::from((watts(now), if old { Role::Stale } else { Role::Text }));
                match limit {
                    Some(limit) if self.room >= 130 => {
                        cell.then(format!("/{}", watts(limit)), Role::Dim)
                    }
                    _ => cell,
                }
            }
            None => (NA, Role::Dim).into(),
        }
    }

    /// What there is to say, the most important first: as many as fit whole into `room`, and the first in any case.
    fn note(&self, gpu: &Gpu, room: usize) -> Cell {
        let model = self.ctx.model;
        let notes = notes::of(
            self.node,
            gpu,
            model.now,
            &model.texts,
            model.session.offset_seconds,
            &hints::told(model, Command::Refresh),
        );
        let mut cell = Cell::default();
        let mut used = 0;
        for (n, note) in notes.into_iter().enumerate() {
            let wide = width(&note.text) + if n > 0 { 2 } else { 0 };
            // what is shorter and less important may still have room
            if n > 0 && used + wide > room {
                continue;
            }
            if n > 0 {
                cell = cell.then(", ", Role::Dim);
            }
            used += wide;
            cell = cell.then(note.text, role(note.tone));
        }
        cell
    }

    /// Activity in the boxes where any source tells it, else memory.
    fn content(&self, metric: Metric) -> StripContent {
        let told = |gpu: &Gpu| {
            gpu.slots
                .iter()
                .any(|s| activity::of(s, metric).value().is_some())
        };
        if self.node.gpus.iter().any(told) {
            StripContent::Activity
        } else {
            StripContent::Memory
        }
    }

    /// Who has each slice, under it.
    fn names(&self, gpu: &Gpu, cell: u16, line: Rect, buf: &mut Buffer) {
        let style = self.ctx.style(Role::Dim);
        if gpu.whole.is_some() {
            let who = occupant::of_whole(self.node, gpu);
            name(&who, line, style, buf);
            return;
        }
        let Reading::Value(known) = slices::slices(gpu) else {
            return;
        };
        for (at, part) in &known.stretches {
            let slices::Part::Slot(n) = part else {
                continue;
            };
            let Some(slot) = gpu.slots.get(*n) else {
                continue;
            };
            let x = line.x + u16::try_from(at.start).unwrap_or(0).saturating_mul(cell);
            let columns = u16::try_from(at.size).unwrap_or(0).saturating_mul(cell);
            let room = Rect {
                x,
                width: columns.min(line.right().saturating_sub(x)),
                ..line
            };
            name(&occupant::of_slot(self.node, gpu, slot), room, style, buf);
        }
    }
}

/// Whether any name would stand under the slices of a host in a window of so many columns.
pub(super) fn any_name(node: &Node, columns: u16) -> bool {
    let axis = node
        .gpus
        .iter()
        .filter_map(|g| slices::axis_of(g).value().copied());
    let cell = strip::cell_for(axis.max().unwrap_or(8), strip_room(columns));
    node.gpus.iter().any(|gpu| {
        let known = slices::slices(gpu);
        let wide = |at: &Placement| u16::try_from(at.size).unwrap_or(0).saturating_mul(cell) >= 8;
        let taken = |who: occupant::Occupant| {
            matches!(
                who.who,
                occupant::Who::Pod(_) | occupant::Who::Process { .. }
            )
        };
        (gpu.whole.is_some() && taken(occupant::of_whole(node, gpu)))
            || known.value().is_some_and(|known| {
                known.stretches.iter().any(|(at, part)| match part {
                    slices::Part::Slot(n) if wide(at) => gpu
                        .slots
                        .get(*n)
                        .is_some_and(|slot| taken(occupant::of_slot(node, gpu, slot))),
                    _ => false,
                })
            })
    })
}

/// A name in a box's columns: without what is the same for all, cut in its middle by the box's end.
fn name(who: &occupant::Occupant, room: Rect, style: ratatui::style::Style, buf: &mut Buffer) {
    use occupant::Who;
    let text = match &who.who {
        Who::Pod(name) => {
            let own = name.rsplit('/').next().unwrap_or(name);
            if width(name) < usize::from(room.width) {
                name.to_string()
            } else {
                own.to_owned()
            }
        }
        Who::Process { pid, command, .. } => command
            .as_ref()
            .map_or_else(|| pid.to_string(), ToString::to_string),
        Who::Nobody | Who::Unknown(_) => return,
    };
    let columns = usize::from(room.width.saturating_sub(2));
    // three letters of a name tell nobody apart
    if columns < 6 {
        return;
    }
    put(
        buf,
        room.x + 1,
        room.y,
        room.width.saturating_sub(1),
        &cut(&text, columns),
        style,
    );
}

/// Columns that the strips may have: what a table of numbers and a note leave, and wider windows give more.
fn strip_room(width: u16) -> u16 {
    match width {
        0..72 => 25,
        72..100 => 33,
        100..150 => 49,
        150..190 => 65,
        _ => 81,
    }
}
