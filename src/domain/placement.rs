//! Where an instance sits on its axis.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A stretch of slices: memory slices for a GPU instance, compute slices of its GPU instance for a compute instance
/// (`nvmlGpuInstancePlacement_t`, `nvmlComputeInstancePlacement_t`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Placement {
    /// First slice.
    pub start: u32,
    /// How many slices.
    pub size: u32,
}

impl Placement {
    /// One past the last slice.
    pub const fn end(self) -> u32 {
        self.start.saturating_add(self.size)
    }

    /// Whether the two share a slice.
    pub const fn overlaps(self, other: Self) -> bool {
        self.start < other.end() && other.start < self.end()
    }
}

impl fmt::Display for Placement {
    /// As `nvidia-smi` prints it: `4:2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}:{}", self.start, self.size))
    }
}
