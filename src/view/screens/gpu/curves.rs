//! How it was lately: curves with their gaps.

use crate::app::activity;
use crate::app::words::{duration, gib};
use crate::domain::fleet::{Gpu, Node, Slot};
use crate::domain::history::{Curve as Name, Measure};
use crate::domain::ids::GiId;
use crate::domain::metric::Metric;
use crate::domain::reading::Reading;
use crate::view::{Ctx, Role};

use crate::view::lines::{Curve, LABEL, Line, Lines, one};

/// Seconds that a column stands for.
const STEP: f64 = 5.0;
/// Columns that the newest value takes at most, with its space.
const NEWEST: usize = 16;

fn curve(
    ctx: &Ctx<'_>,
    node: &Node,
    gpu: &Gpu,
    gi: Option<GiId>,
    measure: Measure,
    columns: usize,
) -> Vec<Option<f64>> {
    let Some(uuid) = gpu.uuid() else {
        return vec![None; columns];
    };
    let name = Name {
        node: node.name.clone(),
        gpu: uuid.clone(),
        gi,
        measure,
    };
    ctx.model.shown.history.curve(&name, node.at, STEP, columns)
}

/// Memory and activity of an instance.
pub fn of_slot(
    ctx: &Ctx<'_>,
    node: &Node,
    gpu: &Gpu,
    slot: &Slot,
    columns: usize,
    out: &mut Lines,
) {
    let wide = columns.saturating_sub(LABEL + NEWEST);
    let gi = Some(slot.instance.gi);
    let na = || ctx.text("gpu.absent").to_owned();
    let share = super::table::share(slot).map_or_else(na, |s| format!("{s:.0} %"));
    let last = last(ctx, wide);
    out.0.push(Line::Curve(Curve {
        label: ctx.text("gpu.curve_memory").to_owned(),
        values: curve(ctx, node, gpu, gi, Measure::Memory, wide),
        most: 100.0,
        newest: format!("{share}  {last}"),
    }));
    let (measure, key) = activity_of(gpu);
    let now = activity::of(slot, activity::column(gpu));
    let newest = match now.value() {
        Some(_) => format!("{} %", now.cell()),
        None => na(),
    };
    let values = curve(ctx, node, gpu, gi, measure, wide);
    // gaps only, where nothing tells: the reason stands elsewhere
    if now.value().is_none() && values.iter().all(Option::is_none) {
        out.labelled(ctx.text(key), one(newest, Role::Dim), columns);
        return;
    }
    out.0.push(Line::Curve(Curve {
        label: ctx.text(key).to_owned(),
        values,
        most: 100.0,
        newest,
    }));
}

/// Memory and activity of every instance, a line each: which of them changed, and when.
pub fn of_all(
    ctx: &Ctx<'_>,
    node: &Node,
    gpu: &Gpu,
    slots: &[&Slot],
    columns: usize,
    out: &mut Lines,
) {
    let metric = activity::column(gpu);
    let told = slots
        .iter()
        .any(|s| activity::of(s, metric).value().is_some());
    let wide = (columns / if told { 2 } else { 1 }).saturating_sub(24);
    let title = format!("{}  {}", ctx.text("gpu.all"), last(ctx, wide));
    out.push(Vec::new());
    out.rule(ctx, one(title, Role::Dim), columns);
    let (measure, key) = activity_of(gpu);
    for slot in slots {
        let gi = Some(slot.instance.gi);
        let na = || ctx.text("gpu.absent").to_owned();
        let place = slot.instance.placement.value();
        let place = place.map_or_else(na, ToString::to_string);
        let now = activity::of(slot, metric);
        let mut both = vec![
            Curve {
                label: format!("{place:<5} {}", ctx.text("gpu.curve_memory")),
                values: curve(ctx, node, gpu, gi, Measure::Memory, wide),
                most: 100.0,
                newest: super::table::share(slot).map_or_else(na, |s| format!("{s:>3.0} %")),
            },
            Curve {
                label: ctx.text(key).to_owned(),
                values: curve(ctx, node, gpu, gi, measure, wide),
                most: 100.0,
                newest: match now.value() {
                    Some(_) => format!("{:>3} %", now.cell()),
                    None => now.cell(),
                },
            },
        ];
        if !told {
            both.truncate(1);
        }
        out.0.push(Line::Curves(both));
    }
}

fn activity_of(gpu: &Gpu) -> (Measure, &'static str) {
    match activity::column(gpu) {
        Metric::GrActive => (Measure::Gr, "gpu.curve_gr"),
        _ => (Measure::Sm, "gpu.curve_sm"),
    }
}

/// `last 5m`.
fn last(ctx: &Ctx<'_>, columns: usize) -> String {
    let seconds = i64::try_from(columns).unwrap_or(0) * STEP as i64;
    let span = duration(jiff::SignedDuration::from_secs(seconds));
    ctx.say("gpu.history", &[("age", &span)])
}

/// Memory, temperature and power of a GPU; of one that is not partitioned its utilisation too.
pub fn of_gpu(ctx: &Ctx<'_>, node: &Node, gpu: &Gpu, columns: usize) -> Vec<Curve> {
    let na = || ctx.text("gpu.absent").to_owned();
    let fast = gpu.fast.as_ref();
    let number = |r: Option<&Reading<u32>>, unit: &str| {
        r.and_then(Reading::value)
            .map_or_else(na, |n| format!("{n} {unit}"))
    };
    let memory = fast
        .and_then(|f| f.memory_used.value())
        .map_or_else(na, |b| format!("{} GiB", gib(b.0)));
    let power = fast.map(|f| f.power_mw.map(|mw| (mw + 500) / 1000));
    let limit = gpu
        .slow
        .as_ref()
        .and_then(|s| s.power_limit_mw.value())
        .map_or(400.0, |mw| f64::from(*mw) / 1000.0);
    let mut all = vec![
        ("gpu.curve_memory", Measure::Memory, 100.0, memory),
        (
            "gpu.curve_temperature",
            Measure::Temperature,
            100.0,
            number(fast.map(|f| &f.temperature_c), "C"),
        ),
        (
            "gpu.curve_power",
            Measure::Power,
            limit,
            number(power.as_ref(), "W"),
        ),
    ];
    if gpu.whole.is_some() {
        let newest = number(fast.map(|f| &f.utilization), "%");
        all.insert(
            0,
            ("gpu.curve_utilization", Measure::Utilization, 100.0, newest),
        );
    }
    all.into_iter()
        .map(|(key, measure, most, newest)| Curve {
            label: ctx.text(key).to_owned(),
            values: curve(ctx, node, gpu, None, measure, columns),
            most,
            newest,
        })
        .collect()
}

/// Curves of a GPU below all that is told, where lines are left over: as many as there are lines.
pub fn while_room(
    ctx: &Ctx<'_>,
    node: &Node,
    gpu: &Gpu,
    columns: usize,
    room: u16,
    out: &mut Lines,
) {
    let spare = usize::from(room.saturating_sub(out.height()));
    let wide = columns.saturating_sub(LABEL + NEWEST);
    let curves = of_gpu(ctx, node, gpu, wide).into_iter();
    // the memory of an instance stands above; of the GPU it comes where there is room for the others
    let mut curves: Vec<Curve> = curves.collect();
    if gpu.whole.is_none() && !curves.is_empty() {
        curves.rotate_left(1);
    }
    for curve in curves.into_iter().take(spare) {
        out.0.push(Line::Curve(curve));
    }
}
