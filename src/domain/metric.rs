//! What a percentage means: its name, its denominator, its source and its age.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::text::Text;

/// The metrics that migdeck shows of an instance or a GPU.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Share of time that at least one warp was resident, averaged over SMs (GPM 2, DCGM 1002).
    SmActive,
    /// Resident warps as a share of the most possible (GPM 3, DCGM 1003).
    SmOccupancy,
    /// Share of time that a tensor pipe was active (GPM 5, DCGM 1004).
    TensorActive,
    /// Share of time that device memory was being read or written (GPM 10, DCGM 1005).
    DramActive,
    /// Share of time that the graphics or compute engine was active (GPM 1, DCGM 1001).
    GrActive,
    /// `nvmlUtilization_t.gpu`: share of time that a kernel ran; not available with MIG on.
    GpuUtilization,
    /// `nvmlUtilization_t.memory`: share of time that memory was read or written; not available with MIG on.
    MemoryUtilization,
}

/// What 100 % stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Denominator {
    /// The GPU instance.
    Instance,
    /// The whole GPU.
    Gpu,
}

/// A percentage with everything needed to read it honestly.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Measured {
    /// 0..100, as the source gave it; it may exceed 100 (clamp in a bar, never in the number).
    pub percent: f64,
    /// What 100 % stands for.
    pub of: Denominator,
    /// Which source said so: `nvml gpm`, `nvml`, `dcgm-exporter`.
    pub source: Text,
    /// End of the window it was measured over.
    pub at: Timestamp,
}
