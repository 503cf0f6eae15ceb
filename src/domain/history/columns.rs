//! Which column of a row holds what.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::fleet::{Gpu, Node, Slot};
use crate::domain::gpu::GpuInstance;
use crate::domain::ids::{GiId, GpuUuid};
use crate::domain::life::Life;
use crate::domain::metric::Metric;
use crate::domain::reading::Reading;
use crate::domain::units::Bytes;

use super::row::{GAP, Row};
use super::{Curve, Measure};

/// What a column holds. An instance has a number of its own: the next one under its id has another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Column {
    gpu: GpuUuid,
    life: Option<u32>,
    measure: Measure,
}

/// Columns of a row, in order. Shared by all rows until the inventory changes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Columns(Vec<Column>);

impl Columns {
    pub(super) fn position(&self, column: &Column) -> Option<usize> {
        self.0.binary_search(column).ok()
    }
}

/// What is needed to make the next row.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Recorder {
    columns: Arc<Columns>,
    /// Which instance has an id now. Changes seldom, so that a snapshot shares it.
    lives: Arc<Lives>,
    sampled: BTreeMap<GpuUuid, Timestamp>,
}

#[derive(Clone, PartialEq, Debug, Default)]
struct Lives {
    now: BTreeMap<(GpuUuid, GiId), (Life, u32)>,
    next: u32,
}

impl Lives {
    fn has(&self, gpu: &GpuUuid, instance: &GpuInstance) -> bool {
        let life = Life::of(instance);
        let known = self.now.get(&(gpu.clone(), instance.gi));
        known.is_some_and(|(old, _)| *old == life)
    }

    fn take(&mut self, gpu: &GpuUuid, instances: &[GpuInstance]) {
        self.now
            .retain(|(of, gi), _| of != gpu || instances.iter().any(|i| i.gi == *gi));
        for instance in instances {
            let life = Life::of(instance);
            let key = (gpu.clone(), instance.gi);
            match self.now.get_mut(&key) {
                Some((old, _)) if old.goes_on_as(&life) => *old = life,
                _ => {
                    self.now.insert(key, (life, self.next));
                    self.next += 1;
                }
            }
        }
    }
}

impl Recorder {
    /// The column that a curve is in now.
    pub(super) fn column(&self, of: &Curve) -> Option<Column> {
        let life = match of.gi {
            Some(gi) => Some(self.lives.now.get(&(of.gpu.clone(), gi))?.1),
            None => None,
        };
        Some(Column {
            gpu: of.gpu.clone(),
            life,
            measure: of.measure,
        })
    }

    /// The row of a beat at `at`, milliseconds; `rows` are those before it.
    pub(super) fn row(
        &mut self,
        node: &Node,
        at: i64,
        beat: f64,
        rows: &VecDeque<Arc<Row>>,
    ) -> Row {
        self.follow(node);
        let mut cells = Vec::with_capacity(self.columns.0.len());
        // nearly in the order of columns already: to sort them is to look at them once
        let mut gpus: Vec<&Gpu> = node.gpus.iter().collect();
        gpus.sort_by_key(|gpu| gpu.uuid());
        for gpu in gpus {
            self.cells(gpu, &mut cells);
        }
        cells.sort_by(|a, b| a.0.cmp(&b.0));
        let same = cells.len() == self.columns.0.len()
            && cells.iter().zip(&self.columns.0).all(|(a, b)| a.0 == *b);
        if !same {
            let columns = cells.iter().map(|(column, _)| column.clone()).collect();
            self.columns = Arc::new(Columns(columns));
        }
        let (covers, joins) = covers(at, beat, rows);
        Row {
            at,
            covers,
            joins,
            columns: Arc::clone(&self.columns),
            values: cells.into_iter().map(|(_, value)| value).collect(),
        }
    }

    /// Finds out which instances are new. One that is listed no more is forgotten: its id may come back.
    fn follow(&mut self, node: &Node) {
        for gpu in &node.gpus {
            let (Some(uuid), Some(inventory)) = (gpu.uuid(), gpu.inventory.value()) else {
                continue;
            };
            let Some(instances) = inventory.instances.value() else {
                continue;
            };
            let listed = self.lives.now.keys().filter(|(of, _)| of == uuid);
            let same = listed.count() == instances.len()
                && instances.iter().all(|i| self.lives.has(uuid, i));
            if !same {
                Arc::make_mut(&mut self.lives).take(uuid, instances);
            }
        }
    }

    fn cells(&mut self, gpu: &Gpu, cells: &mut Vec<(Column, u16)>) {
        let Some(uuid) = gpu.uuid() else {
            return;
        };
        let before = self.sampled.get(uuid).copied();
        let fresh = gpu.sampled.is_some_and(|at| before.is_none_or(|b| at > b));
        if let (true, Some(at)) = (fresh, gpu.sampled) {
            self.sampled.insert(uuid.clone(), at);
        }
        let mut cell = |life, measure, value: Option<f64>| {
            let column = Column {
                gpu: uuid.clone(),
                life,
                measure,
            };
            let value = value.filter(|_| fresh).map_or(GAP, |v| pack(measure, v));
            cells.push((column, value));
        };
        let fast = gpu.fast.as_ref();
        let used = |of: Option<(&Reading<Bytes>, &Reading<Bytes>)>| {
            let (used, total) = of?;
            percent(*used.value()?, *total.value()?)
        };
        let number = |reading: Option<&Reading<u32>>| Some(f64::from(*reading?.value()?));
        let memory = used(fast.map(|f| (&f.memory_used, &f.memory_total)));
        cell(None, Measure::Memory, memory);
        let utilization = number(fast.map(|f| &f.utilization));
        cell(None, Measure::Utilization, utilization);
        let temperature = number(fast.map(|f| &f.temperature_c));
        cell(None, Measure::Temperature, temperature);
        let power = number(fast.map(|f| &f.power_mw)).map(|mw| mw / 1000.0);
        cell(None, Measure::Power, power);
        for slot in &gpu.slots {
            let key = (uuid.clone(), slot.instance.gi);
            let Some((_, life)) = self.lives.now.get(&key) else {
                continue;
            };
            let life = Some(*life);
            let sample = slot.sample.as_ref();
            let memory = used(sample.map(|s| (&s.memory_used, &s.memory_total)));
            cell(life, Measure::Memory, memory);
            cell(life, Measure::Sm, activity(slot, Metric::SmActive));
            cell(life, Measure::Gr, activity(slot, Metric::GrActive));
        }
    }
}

fn activity(slot: &Slot, metric: Metric) -> Option<f64> {
    let metrics = &slot.sample.as_ref()?.metrics;
    let (_, reading) = metrics.iter().find(|(m, _)| *m == metric)?;
    reading.value().map(|measured| measured.percent)
}

fn percent(used: Bytes, total: Bytes) -> Option<f64> {
    (total.0 > 0).then(|| used.0 as f64 / total.0 as f64 * 100.0)
}

/// Hundredths of per cents and degrees, tenths of watts.
fn pack(measure: Measure, value: f64) -> u16 {
    let whole = (value * scale(measure)).round();
    // the highest number is the gap
    whole.clamp(0.0, f64::from(GAP - 1)) as u16
}

pub(super) fn unpack(column: &Column, value: u16) -> Option<f64> {
    (value != GAP).then(|| f64::from(value) / scale(column.measure))
}

const fn scale(measure: Measure) -> f64 {
    match measure {
        Measure::Power => 10.0,
        _ => 100.0,
    }
}

/// How long a sample at `at` stands for, milliseconds, and whether that reaches to the one before.
///
/// Where a probe was told another beat than its hello names, two distances that agree say so.
fn covers(at: i64, beat: f64, rows: &VecDeque<Arc<Row>>) -> (i64, bool) {
    /// A beat may come so much later than it should.
    const LATE: f64 = 1.25;
    let mut before = rows.iter().rev().map(|row| row.at);
    let told = beat.clamp(0.01, 1e6) * 1000.0;
    let Some(last) = before.next() else {
        return (told as i64, false);
    };
    let distance = (at - last) as f64;
    let earlier = before.next().map(|first| (last - first) as f64);
    let beat = match earlier {
        Some(e) if distance <= e * LATE && e <= distance * LATE => distance.min(e),
        _ => told,
    };
    if distance <= beat * LATE {
        (at - last, true)
    } else {
        (beat as i64, false)
    }
}
