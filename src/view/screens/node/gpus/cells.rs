//! What stands in the columns of a GPU's row.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::app::activity;
use crate::app::overview::{notes, tally};
use crate::app::{Command, hints, words};
use crate::domain::fleet::Gpu;
use crate::domain::gpu::FastTelemetry;
use crate::domain::history::{Curve, Measure};
use crate::domain::metric::Metric;
use crate::domain::observation::CallState;
use crate::view::Role;
use crate::view::fit::width;
use crate::view::widgets::spark::Spark;
use crate::view::widgets::strip::{self, StripContent};
use crate::view::widgets::{Cell, Column};

use super::super::header::role;
use super::{CURVE, CURVE_STEP, Gpus, NA, NOTE};

impl Gpus<'_> {
    pub(super) fn columns(&self, axis: u32, cell: u16, metric: Metric, room: u16) -> Vec<Column> {
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
            Column::left(self.slices_head(metric, last, strip), strip, strip, 0),
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

    /// Head of the strips: where it has no room for all of it, what the numbers are of.
    fn slices_head(&self, metric: Metric, last: u32, columns: u16) -> String {
        let of = self.ctx.text(activity::head(metric));
        let (whole, short) = match self.content(metric) {
            StripContent::Memory => ("gpus.slices_memory", "gpus.slices_memory_short"),
            StripContent::Activity => ("gpus.slices_activity", "gpus.slices_activity_short"),
            StripContent::Profile => ("gpus.slices", "gpus.slices"),
        };
        let whole = self.ctx.say(whole, &[("last", &last), ("of", &of)]);
        if width(&whole) <= usize::from(columns) {
            return whole;
        }
        self.ctx.say(short, &[("last", &last), ("of", &of)])
    }

    pub(super) fn cells(&self, gpu: &Gpu, metric: Metric, note: usize) -> Vec<Cell> {
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
    pub(super) fn measure(&self, metric: Metric) -> Measure {
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

    pub(super) fn values(&self, gpu: &Gpu, measure: Measure) -> Vec<Option<f64>> {
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

    pub(super) fn curve(&self, gpu: &Gpu, metric: Metric, at: Rect, buf: &mut Buffer) {
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

    pub(super) fn memory(&self, gpu: &Gpu, old: bool) -> Cell {
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

    pub(super) fn activity(&self, gpu: &Gpu, metric: Metric, old: bool) -> Cell {
        let found = activity::of_gpu(gpu, metric);
        let role = match found.value() {
            None => Role::Dim,
            Some(_) if old => Role::Stale,
            Some(_) => Role::Text,
        };
        (found.cell(), role).into()
    }

    /// Warm is told by a word of the driver (throttled), not by a limit of ours.
    pub(super) fn heat(&self, gpu: &Gpu, old: bool) -> Cell {
        let celsius = gpu.fast.as_ref().and_then(|f| f.temperature_c.value());
        match celsius {
            Some(c) => (c.to_string(), if old { Role::Stale } else { Role::Text }).into(),
            None => (NA, Role::Dim).into(),
        }
    }

    pub(super) fn power(&self, gpu: &Gpu, old: bool) -> Cell {
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
    pub(super) fn note(&self, gpu: &Gpu, room: usize) -> Cell {
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
    pub(super) fn content(&self, metric: Metric) -> StripContent {
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
}
