//! How busy something is: which metric a column shows, and what stands in a cell of it.
//!
//! A column is of one metric: SM activity where any source has it, else the activity of the graphics and compute engine
//! (GR); of hosts that partition nothing, NVML's utilisation. A cell whose source has only another one says so.

use crate::domain::fleet::{Fleet, Gpu, Node, Slot};
use crate::domain::metric::{Denominator, Metric};
use crate::domain::reading::{AbsentCode, Reading};

/// How busy an instance or a GPU is.
#[derive(Clone, PartialEq, Debug)]
pub struct Activity {
    /// 0..100, as the source gave it: it may exceed 100 (clamp in a bar, never in the number). Or why there is none.
    pub percent: Reading<f64>,
    /// What it is of, where it has a value; else what was looked for.
    pub metric: Metric,
    /// Whether that is another metric than the column's head says: the cell is marked.
    pub other_kind: bool,
    /// Whether nothing can ever run there: a GPU instance without compute instance.
    pub idle_by_nature: bool,
}

impl Activity {
    /// The number as a cell shows it: `66`, of another kind than the head `66gr`; `-` where nothing can run, `n/a` where
    /// the reason is to be told elsewhere.
    pub fn cell(&self) -> String {
        match &self.percent {
            Reading::Value(percent) => {
                format!("{percent:.0}{}", self.mark())
            }
            Reading::Absent(_) if self.idle_by_nature => "-".to_owned(),
            Reading::Absent(_) => "n/a".to_owned(),
        }
    }

    /// What marks a cell of another kind than its head; empty where it is of the same.
    pub const fn mark(&self) -> &'static str {
        if !self.other_kind {
            return "";
        }
        match self.metric {
            Metric::SmActive => "sm",
            Metric::GrActive => "gr",
            Metric::GpuUtilization => "u",
            _ => "*",
        }
    }

    /// The percentage, if there is one.
    pub fn value(&self) -> Option<f64> {
        self.percent.value().copied()
    }
}

/// The key of a column's head in texts: `activity.sm`.
pub const fn head(metric: Metric) -> &'static str {
    match metric {
        Metric::GrActive => "activity.gr",
        Metric::GpuUtilization => "activity.utilization",
        _ => "activity.sm",
    }
}

/// The part of a fleet that a column is of.
pub trait Part {
    /// Whether `has` holds for any GPU of it.
    fn any(&self, has: &dyn Fn(&Gpu) -> bool) -> bool;
}

impl Part for Fleet {
    fn any(&self, has: &dyn Fn(&Gpu) -> bool) -> bool {
        self.nodes.iter().any(|node| node.any(has))
    }
}

impl Part for Node {
    fn any(&self, has: &dyn Fn(&Gpu) -> bool) -> bool {
        self.gpus.iter().any(has)
    }
}

impl Part for Gpu {
    fn any(&self, has: &dyn Fn(&Gpu) -> bool) -> bool {
        has(self)
    }
}

/// The metric that a column over `part` shows. Where nothing is known it is SM activity, of which the cells say why not.
pub fn column(part: &impl Part) -> Metric {
    let some =
        |metric| part.any(&|gpu: &Gpu| gpu.slots.iter().any(|slot| read(slot, metric).is_some()));
    if some(Metric::SmActive) {
        Metric::SmActive
    } else if some(Metric::GrActive) {
        Metric::GrActive
    } else if part.any(&|gpu| !gpu.slots.is_empty()) || !part.any(&|gpu| gpu.whole.is_some()) {
        Metric::SmActive
    } else {
        Metric::GpuUtilization
    }
}

/// Whether anybody tells this metric of an instance.
pub fn is_told(slot: &Slot, metric: Metric) -> bool {
    read(slot, metric).is_some()
}

/// How busy an instance is, in a column of `metric`.
pub fn of(slot: &Slot, metric: Metric) -> Activity {
    let idle_by_nature = slot.instance.cis.is_empty();
    let others = [Metric::SmActive, Metric::GrActive];
    let found = std::iter::once(metric)
        .chain(others)
        .find_map(|m| Some((m, read(slot, m)?)));
    match found {
        Some((of, percent)) => Activity {
            percent: Reading::Value(percent),
            metric: of,
            other_kind: of != metric,
            idle_by_nature,
        },
        None => Activity {
            percent: why_not(slot, metric),
            metric,
            other_kind: false,
            idle_by_nature,
        },
    }
}

/// How busy a GPU is as a whole, in a column of `metric`: where it is not partitioned, the column's metric if an exporter
/// tells it, else its utilisation; else what its instances do as a share of all its multiprocessors. Where one that could work tells nothing, neither does the sum.
pub fn of_gpu(gpu: &Gpu, metric: Metric) -> Activity {
    if gpu.slots.is_empty() {
        if let Some((_, measured)) = gpu.metrics.iter().find(|(m, _)| *m == metric) {
            return Activity {
                percent: Reading::Value(measured.percent),
                metric,
                other_kind: false,
                idle_by_nature: false,
            };
        }
        let percent = match &gpu.fast {
            Some(fast) => fast.utilization.map(|p| f64::from(*p)),
            None => Reading::not_yet(),
        };
        return Activity {
            other_kind: metric != Metric::GpuUtilization && percent.value().is_some(),
            percent,
            metric: Metric::GpuUtilization,
            idle_by_nature: false,
        };
    }
    let mut sum = 0.0;
    let mut multiprocessors = 0;
    let mut kind = None;
    for slot in gpu.slots.iter().filter(|s| !s.instance.cis.is_empty()) {
        let one = of(slot, metric);
        let (Reading::Value(percent), Reading::Value(sm)) = (&one.percent, &slot.instance.sm)
        else {
            let why = one.percent.reason().or(slot.instance.sm.reason());
            return Activity {
                percent: why.cloned().map_or_else(Reading::not_yet, Reading::Absent),
                ..one
            };
        };
        // two kinds do not add up
        if *kind.get_or_insert(one.metric) != one.metric {
            return Activity {
                percent: Reading::absent(
                    AbsentCode::NoSource,
                    "its instances are measured by different metrics, which do not add up",
                ),
                ..one
            };
        }
        sum += percent * f64::from(*sm);
        multiprocessors += sm;
    }
    let board = gpu.inventory.value().and_then(|i| i.profiles.value());
    let all = board
        .and_then(|profiles| profiles.iter().map(|p| p.sm).max())
        .unwrap_or(0)
        .max(multiprocessors);
    let metric_found = kind.unwrap_or(metric);
    Activity {
        percent: if all == 0 || kind.is_none() {
            Reading::absent(
                AbsentCode::NotSupported,
                "it has no compute instance: nothing can run on it",
            )
        } else {
            Reading::Value(sum / f64::from(all))
        },
        metric: metric_found,
        other_kind: kind.is_some() && metric_found != metric,
        idle_by_nature: kind.is_none(),
    }
}

/// A percentage of the instance itself: one of the whole GPU would say something else in its cell.
fn read(slot: &Slot, metric: Metric) -> Option<f64> {
    let sample = slot.sample.as_ref()?;
    let (_, reading) = sample.metrics.iter().find(|(m, _)| *m == metric)?;
    let measured = reading.value()?;
    (measured.of == Denominator::Instance).then_some(measured.percent)
}

fn why_not(slot: &Slot, metric: Metric) -> Reading<f64> {
    if slot.instance.cis.is_empty() {
        return Reading::absent(
            AbsentCode::NotSupported,
            "a GPU instance without compute instance: nothing can run on it",
        );
    }
    let Some(sample) = &slot.sample else {
        return Reading::not_yet();
    };
    let reason = sample
        .metrics
        .iter()
        .find(|(m, _)| *m == metric)
        .and_then(|(_, reading)| reading.reason());
    match reason {
        Some(why) => Reading::Absent(why.clone()),
        None => Reading::absent(AbsentCode::NoSource, "no source here measures it"),
    }
}

#[cfg(test)]
mod tests;
