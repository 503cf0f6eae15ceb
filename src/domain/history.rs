//! What was measured lately: rings of samples, with gaps where nothing was.
//!
//! Time-major: a row a beat, which holds a small integer for each column (a GPU or an instance, and a measure). Rows are
//! shared between snapshots, so that one more beat costs one row and a list of pointers, whatever is kept.

mod columns;
mod row;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;

use super::fleet::Node;
use super::ids::{GiId, GpuUuid};
use super::text::Text;

use columns::Recorder;
use row::{Row, steps};

/// Beats kept of the node that is looked at: ten minutes at one a second.
pub const OPEN: usize = 600;
/// Beats kept of the others.
pub const OTHERS: usize = 60;
/// A fleet of so few nodes keeps of each what the open one has: it costs a few hundred KiB a node.
const FEW: usize = 4;

/// What a curve is of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Measure {
    /// Memory in use, per cent of the instance's or GPU's.
    Memory,
    /// SM activity, per cent.
    Sm,
    /// Graphics and compute engine activity, per cent.
    Gr,
    /// NVML's utilisation of a whole GPU, per cent.
    Utilization,
    /// Degrees Celsius.
    Temperature,
    /// Watts.
    Power,
}

/// A curve's name.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Curve {
    /// The node.
    pub node: Text,
    /// The GPU.
    pub gpu: GpuUuid,
    /// The instance that has this id now; `None`: the whole GPU.
    pub gi: Option<GiId>,
    /// What.
    pub measure: Measure,
}

/// All curves. A clone shares the samples.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct History {
    nodes: BTreeMap<Text, Ring>,
    open: Option<Text>,
}

#[derive(Clone, PartialEq, Debug, Default)]
struct Ring {
    rows: Arc<VecDeque<Arc<Row>>>,
    recorder: Recorder,
}

impl History {
    /// Keeps what a node measured in the beat that has just ended. `beat`: seconds between beats, as far as is known.
    ///
    /// A GPU whose sample is not newer than at the beat before leaves a gap; so does every reading that is absent.
    pub fn record(&mut self, node: &Node, beat: f64) {
        let ring = self.nodes.entry(node.name.clone()).or_default();
        let at = node.at.as_millisecond();
        let rows = Arc::make_mut(&mut ring.rows);
        // a clock that was set back: what lies ahead of it was measured at other times than it says
        while rows.back().is_some_and(|row| row.at >= at) {
            rows.pop_back();
        }
        let row = ring.recorder.row(node, at, beat, rows);
        rows.push_back(Arc::new(row));
        self.trim(&node.name);
    }

    /// Which node is looked at: more is kept of it. `None`: of no single one.
    pub fn open(&mut self, node: Option<&Text>) {
        if self.open.as_ref() != node {
            self.open = node.cloned();
            let names: Vec<Text> = self.nodes.keys().cloned().collect();
            for name in names {
                self.trim(&name);
            }
        }
    }

    /// Forgets nodes that are not in the fleet any more (a host that has told its own name).
    pub fn keep(&mut self, is_there: impl Fn(&Text) -> bool) {
        self.nodes.retain(|name, _| is_there(name));
    }

    /// Drops what a node has too much of. Each is looked at when something is added to it, not all of them each time.
    fn trim(&mut self, name: &Text) {
        let few = self.nodes.len() <= FEW;
        let most = if few || self.open.as_ref() == Some(name) {
            OPEN
        } else {
            OTHERS
        };
        if let Some(ring) = self.nodes.get_mut(name) {
            let over = ring.rows.len().saturating_sub(most);
            if over > 0 {
                Arc::make_mut(&mut ring.rows).drain(..over);
            }
        }
    }

    /// A curve in `columns` equal steps of `step` seconds, oldest first: the mean of a step's samples, `None` where there
    /// is none. `until`, by the host's clock ([`Node::at`]), lies in the last step.
    ///
    /// Steps begin at multiples of `step`, so that a curve moves once a step and no value changes while it moves; the last
    /// step is as full as it is. A sample stands for the beat that it ends: one that comes a little late leaves no gap,
    /// a beat that is missing does.
    pub fn curve(
        &self,
        of: &Curve,
        until: Timestamp,
        step: f64,
        columns: usize,
    ) -> Vec<Option<f64>> {
        let Some(ring) = self.nodes.get(&of.node) else {
            return vec![None; columns];
        };
        let Some(column) = ring.recorder.column(of) else {
            return vec![None; columns];
        };
        steps(&ring.rows, &column, until.as_millisecond(), step, columns)
    }

    /// The newest value of a curve and when it was measured.
    pub fn last(&self, of: &Curve) -> Option<(Timestamp, f64)> {
        let ring = self.nodes.get(&of.node)?;
        let column = ring.recorder.column(of)?;
        ring.rows.iter().rev().find_map(|row| {
            let at = Timestamp::from_millisecond(row.at).ok()?;
            Some((at, row.value(&column)?))
        })
    }

    /// Bytes that the samples take, about.
    pub fn bytes(&self) -> usize {
        let rows = self.nodes.values().flat_map(|ring| ring.rows.iter());
        rows.map(|row| row.bytes()).sum()
    }
}

#[cfg(test)]
mod tests;
