//! A beat's samples, and many of them as one curve.

use std::collections::VecDeque;
use std::sync::Arc;

use super::columns::{Column, Columns, unpack};

/// Nothing was measured.
pub(super) const GAP: u16 = u16::MAX;

/// What one beat measured.
#[derive(PartialEq, Debug)]
pub(super) struct Row {
    /// When, milliseconds since the epoch.
    pub(super) at: i64,
    /// How long before that it stands for, milliseconds.
    pub(super) covers: i64,
    /// That reaches to the row before: no beat is missing between.
    pub(super) joins: bool,
    pub(super) columns: Arc<Columns>,
    pub(super) values: Box<[u16]>,
}

impl Row {
    pub(super) fn value(&self, column: &Column) -> Option<f64> {
        let at = self.columns.position(column)?;
        unpack(column, *self.values.get(at)?)
    }

    pub(super) fn bytes(&self) -> usize {
        // with its pointer in the ring and two counters
        size_of::<Self>() + size_of_val(&*self.values) + 24
    }
}

#[derive(Clone, Copy, Default)]
struct Step {
    sum: f64,
    weight: f64,
    /// A sample's own time lies in it.
    own: bool,
}

/// `columns` steps of `step` seconds, the last of which contains `until`.
pub(super) fn steps(
    rows: &VecDeque<Arc<Row>>,
    column: &Column,
    until: i64,
    step: f64,
    columns: usize,
) -> Vec<Option<f64>> {
    let step = (step * 1000.0).max(1.0);
    // steps are half open on the left: a sample at a boundary ends the step before it
    let number = |ms: i64| (ms as f64 / step).ceil() as i64;
    let first = number(until) - columns as i64 + 1;
    let begin = (first - 1) as f64 * step;
    let mut found = vec![Step::default(); columns];
    // rows of one inventory share their columns: look the position up once
    let mut position: Option<(&Arc<Columns>, Option<usize>)> = None;
    for row in rows.iter().rev() {
        if row.at > until {
            continue;
        }
        if (row.at as f64) <= begin {
            break;
        }
        let at = match position {
            Some((of, at)) if Arc::ptr_eq(of, &row.columns) => at,
            _ => {
                let at = row.columns.position(column);
                position = Some((&row.columns, at));
                at
            }
        };
        let value = at.and_then(|at| unpack(column, *row.values.get(at)?));
        let Some(value) = value else {
            continue;
        };
        let covers = row.covers.max(1);
        let since = (row.at - covers) as f64;
        let own = number(row.at);
        for n in number(row.at - covers).max(first)..=own {
            let Ok(index) = usize::try_from(n - first) else {
                continue;
            };
            let Some(into) = found.get_mut(index) else {
                continue;
            };
            let (from, to) = ((n - 1) as f64 * step, n as f64 * step);
            let weight = (row.at as f64).min(to) - since.max(from);
            // after a missing beat, a sample fills no step in which the missing one would have been
            let part = n != own && !row.joins && since > from;
            if weight <= 0.0 || part {
                continue;
            }
            into.sum += value * weight;
            into.weight += weight;
            into.own |= n == own;
        }
    }
    found
        .into_iter()
        .map(|s| {
            // between two samples a step is full; less than that is the end of what is known
            let filled = s.own || s.weight >= step / 2.0;
            filled.then(|| s.sum / s.weight)
        })
        .collect()
}
