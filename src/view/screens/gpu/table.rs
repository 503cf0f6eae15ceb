//! The instances as a table, with the compute instances of those that have several beneath them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::hits::Target;
use crate::app::{Hits, activity, list, occupant, telemetry, words};
use crate::domain::fleet::{Gpu, Node, Slot, SlotState};
use crate::domain::gpu::ComputeInstance;
use crate::domain::metric::Metric;
use crate::domain::reading::Reading;
use crate::view::fit::width;
use crate::view::widgets::{Cell, Column, Table, strip};
use crate::view::{Ctx, Role};

use super::facts::Reasons;

/// The instances as a table.
pub struct Instances<'a> {
    ctx: &'a Ctx<'a>,
    node: &'a Node,
    gpu: &'a Gpu,
    metric: Metric,
    /// Rows with the position in the list of what each is of.
    rows: Vec<(usize, Vec<Cell>)>,
    columns: Vec<Column>,
}

impl<'a> Instances<'a> {
    /// The instances that the list has, in its order.
    pub fn new(
        ctx: &'a Ctx<'a>,
        node: &'a Node,
        gpu: &'a Gpu,
        slots: &[&'a Slot],
        wide: bool,
        reasons: &mut Reasons,
    ) -> Self {
        let metric = activity::column(gpu);
        let mut this = Self {
            ctx,
            node,
            gpu,
            metric,
            rows: Vec::new(),
            columns: columns(ctx, metric, wide),
        };
        for (n, slot) in slots.iter().enumerate() {
            this.rows.push((n, this.slot(slot, reasons)));
            if slot.instance.cis.len() > 1 {
                for ci in &slot.instance.cis {
                    this.rows.push((n, this.ci(slot, ci)));
                }
            }
        }
        this
    }

    /// Lines that all of it takes, with the head.
    pub fn height(&self) -> u16 {
        Table::height(self.rows.len())
    }

    /// Draws as many rows as there is room for, the selected one among them.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
        let list = &self.ctx.model.screens.top().list;
        let room = usize::from(area.height.saturating_sub(1));
        let line_of = |n: usize| self.rows.iter().position(|(of, _)| *of == n).unwrap_or(0);
        let at = line_of(list.at);
        let from = line_of(list.offset);
        let first = list::offset(from, at, room, self.rows.len());
        let cells: Vec<Vec<Cell>> = self
            .rows
            .iter()
            .skip(first)
            .take(room)
            .map(|(_, cells)| cells.clone())
            .collect();
        let marked = |line: usize| {
            let head = line == 0
                || self.rows.get(line - 1).map(|r| r.0) != self.rows.get(line).map(|r| r.0);
            head && self.is_marked(line)
        };
        let before = hits.regions.len();
        Table {
            ctx: self.ctx,
            columns: &self.columns,
            rows: &cells,
            first,
            selected: Some(at),
            marked: &marked,
        }
        .draw(area, buf, hits);
        // a click on a compute instance is one on its GPU instance
        for region in hits.regions.iter_mut().skip(before) {
            if let Target::Row(line) = region.target
                && let Some((n, _)) = self.rows.get(line)
            {
                region.target = Target::Row(*n);
            }
        }
        hits.first = self.rows.get(first).map_or(0, |(n, _)| *n);
        let mut shown: Vec<usize> = self
            .rows
            .iter()
            .skip(first)
            .take(room)
            .map(|r| r.0)
            .collect();
        shown.dedup();
        hits.height = shown.len();
    }

    fn is_marked(&self, line: usize) -> bool {
        let list = &self.ctx.model.screens.top().list;
        let Some((n, _)) = self.rows.get(line) else {
            return false;
        };
        let id = list.rows.places.get(*n).and_then(|place| {
            crate::app::rows::id(&self.ctx.model.screen(), self.ctx.model.fleet(), *place)
        });
        id.is_some_and(|id| list.marks.contains(&id))
    }

    fn slot(&self, slot: &Slot, reasons: &mut Reasons) -> Vec<Cell> {
        let instance = &slot.instance;
        let (state, number) = self.roles(slot.state);
        let alone = match instance.cis.as_slice() {
            [one] => Some(one),
            _ => None,
        };
        let who = occupant::of_slot(self.node, self.gpu, slot);
        if let occupant::Who::Unknown(why) = &who.who {
            reasons.add(self.ctx.text("gpu.processes"), why);
        }
        let place = match &instance.placement {
            Reading::Value(at) => at.to_string(),
            Reading::Absent(why) => {
                reasons.add(self.ctx.text("gpu.place"), why);
                self.na()
            }
        };
        let cis = match (alone, instance.cis.len()) {
            (Some(ci), _) => ci.ci.to_string(),
            (None, 0) => "-".to_owned(),
            (None, n) => format!("{n} CI"),
        };
        let profile = match &instance.profile {
            Reading::Value(name) => name.to_string(),
            Reading::Absent(why) => {
                reasons.add(self.ctx.text("gpu.profile"), why);
                self.na()
            }
        };
        let mut row: Vec<Cell> = vec![
            place.into(),
            format!("{}/{cis}", instance.gi).into(),
            profile.into(),
            self.state(slot.state, state),
        ];
        row.extend(self.numbers(slot, number, reasons));
        row.push(self.who(&who, slot));
        row.push((evidence(&who), Role::Dim).into());
        row.push(self.since(&who).into());
        row.push(count(&instance.sm).into());
        row.extend(device(alone));
        row.truncate(self.columns.len());
        row
    }

    fn ci(&self, slot: &Slot, ci: &ComputeInstance) -> Vec<Cell> {
        let who = occupant::of_ci(self.node, self.gpu, slot, ci.ci);
        let name = ci
            .name
            .value()
            .map_or_else(|| self.na(), ToString::to_string);
        let compute = name.split('.').next().unwrap_or(&name).to_owned();
        let at = match &ci.placement {
            Reading::Value(at) => format!("{compute}@{}", at.start),
            Reading::Absent(_) => compute,
        };
        let mut row: Vec<Cell> = vec![
            "".into(),
            (format!("  /{}", ci.ci), Role::Dim).into(),
            (at, Role::Dim).into(),
            "".into(),
            "".into(),
            "".into(),
            "".into(),
            self.who(&who, slot),
            (evidence(&who), Role::Dim).into(),
            self.since(&who).into(),
            count(&ci.sm).into(),
        ];
        row.extend(device(Some(ci)));
        row.truncate(self.columns.len());
        row
    }

    fn na(&self) -> String {
        self.ctx.text("list.na").to_owned()
    }

    fn stale(&self) -> bool {
        telemetry::stale_since(self.gpu).is_some()
    }

    fn roles(&self, state: SlotState) -> (Role, Role) {
        if self.stale() {
            (Role::Stale, Role::Stale)
        } else {
            (Role::of_state(state), Role::Text)
        }
    }

    fn state(&self, state: SlotState, role: Role) -> Cell {
        let word = self.ctx.text(state_key(state));
        if self.stale() {
            return (self.ctx.say("gpu.was", &[("state", &word)]), role).into();
        }
        (format!("{} {word}", strip::letter(state)), role).into()
    }

    /// Memory, its share, activity.
    fn numbers(&self, slot: &Slot, role: Role, reasons: &mut Reasons) -> [Cell; 3] {
        let old = if self.stale() {
            self.ctx.glyphs().late
        } else {
            ""
        };
        let sample = slot.sample.as_ref();
        let memory = self.ctx.text("gpu.curve_memory");
        let (used, total) = match sample {
            Some(sample) => (
                sample.memory_used.clone(),
                // without a compute instance nothing is measured, and the size is known all the same
                match (&sample.memory_total, &slot.instance.memory) {
                    (Reading::Absent(_), known @ Reading::Value(_)) => known.clone(),
                    (told, _) => told.clone(),
                },
            ),
            None => (Reading::not_yet(), slot.instance.memory.clone()),
        };
        for why in [used.reason(), total.reason()].into_iter().flatten() {
            reasons.add(memory, why);
        }
        let gib = |r: &Reading<crate::domain::units::Bytes>| match r {
            Reading::Value(bytes) => words::gib(bytes.0),
            Reading::Absent(_) => self.na(),
        };
        let both: Cell = match (&used, &total) {
            (Reading::Absent(_), Reading::Absent(_)) => (self.na(), Role::Dim).into(),
            _ => (format!("{}/{}{old}", gib(&used), gib(&total)), role).into(),
        };
        let share = share(slot);
        let full = share.is_some_and(|s| s >= NEARLY_FULL) && !self.stale();
        let percent = match share {
            Some(share) => (
                format!("{share:.0}{old}"),
                if full { Role::Caution } else { role },
            ),
            None => (self.na(), Role::Dim),
        };
        let activity = activity::of(slot, self.metric);
        if let (Some(why), false) = (activity.percent.reason(), activity.idle_by_nature) {
            reasons.add(self.ctx.model.texts.get(activity::head(self.metric)), why);
        }
        let active = match activity.percent {
            Reading::Value(_) => (format!("{}{old}", activity.cell()), role),
            Reading::Absent(_) => (activity.cell(), Role::Dim),
        };
        [both, percent.into(), active.into()]
    }

    fn who(&self, who: &occupant::Occupant, slot: &Slot) -> Cell {
        let role = match &who.who {
            occupant::Who::Pod(_) | occupant::Who::Process { .. } => Role::Strong,
            occupant::Who::Nobody | occupant::Who::Unknown(_) => Role::Dim,
        };
        let role = if self.stale() { Role::Stale } else { role };
        if slot.state == SlotState::NoCi && who.who == occupant::Who::Nobody {
            return (self.ctx.text("gpu.no_ci_short"), Role::NoCi).into();
        }
        (who.cell(), role).into()
    }

    fn since(&self, who: &occupant::Occupant) -> String {
        who.since
            .map(|s| s.cell(&self.ctx.model.texts, self.ctx.model.now))
            .unwrap_or_default()
    }
}

/// From this share of its memory on an instance is nearly full.
pub const NEARLY_FULL: f64 = 95.0;

/// Per cent of an instance's memory that is in use.
pub fn share(slot: &Slot) -> Option<f64> {
    let sample = slot.sample.as_ref()?;
    let (used, total) = (sample.memory_used.value()?, sample.memory_total.value()?);
    (total.0 > 0).then(|| used.0 as f64 * 100.0 / total.0 as f64)
}

/// Key of the word of a state.
pub const fn state_key(state: SlotState) -> &'static str {
    match state {
        SlotState::Busy => "state.busy",
        SlotState::Allocated => "state.allocated",
        SlotState::Free => "state.free",
        SlotState::NoCi => "state.no_ci",
        SlotState::Sick => "state.sick",
        SlotState::Unknown => "state.unknown",
    }
}

fn evidence(who: &occupant::Occupant) -> String {
    let evidence = who.evidence.as_ref();
    evidence.map(ToString::to_string).unwrap_or_default()
}

fn count(reading: &Reading<u32>) -> String {
    reading
        .value()
        .map_or_else(|| "n/a".to_owned(), ToString::to_string)
}

/// Index and UUID of a MIG device.
fn device(ci: Option<&ComputeInstance>) -> [Cell; 2] {
    match ci {
        Some(ci) => [
            count(&ci.device_index).into(),
            match &ci.uuid {
                Reading::Value(uuid) => (uuid.to_string(), Role::Dim).into(),
                Reading::Absent(_) => ("n/a", Role::Dim).into(),
            },
        ],
        None => ["".into(), "".into()],
    }
}

fn columns(ctx: &Ctx<'_>, metric: Metric, wide: bool) -> Vec<Column> {
    let text = |key: &'static str| ctx.model.texts.get(key).to_owned();
    let (least, widest) = if wide { (32, 60) } else { (16, 48) };
    let share = text("gpu.percent");
    let share_columns = u16::try_from(width(&share)).unwrap_or(4);
    let mut columns = vec![
        Column::left(text("gpu.place"), 5, 6, 0).whole(),
        Column::left(text("gpu.gi_ci"), 5, 7, 1).whole(),
        Column::left(text("gpu.profile"), 6, 16, 0).whole(),
        Column::left(text("gpu.state"), if wide { 11 } else { 8 }, 16, 0).whole(),
        Column::right(text("gpu.mem"), 7, 14, 0),
        Column::right(share, share_columns, share_columns, 2),
        Column::right(text(activity::head(metric)), 3, 6, 0),
        Column::left(text("gpu.who"), least, widest, 0),
        Column::left(text("gpu.evidence"), 10, 14, 4),
        Column::left(text("gpu.since"), 10, 12, 3),
        Column::right(text("gpu.sm"), 3, 4, 5),
        Column::right(text("gpu.dev"), 3, 3, 6),
        Column::left(text("gpu.uuid"), 40, 40, 7),
    ];
    // what a detail below says as well is not worth a squeezed name
    if !wide {
        columns.truncate(10);
    }
    columns
}
