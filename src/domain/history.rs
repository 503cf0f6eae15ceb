//! What was measured lately: rings of samples, with gaps where nothing was.

use jiff::Timestamp;

use super::ids::{GiId, GpuUuid};
use super::text::Text;

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
    /// The instance; `None`: the whole GPU.
    pub gi: Option<GiId>,
    /// What.
    pub measure: Measure,
}

/// All curves.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct History {}

impl History {
    /// A curve in `columns` equal steps of `step` seconds that end at `until`, oldest first: the mean of a step's samples,
    /// `None` where there is none.
    pub fn curve(
        &self,
        _of: &Curve,
        _until: Timestamp,
        _step: f64,
        columns: usize,
    ) -> Vec<Option<f64>> {
        vec![None; columns]
    }
}
