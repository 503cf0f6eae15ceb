//! Where an instance sits on its axis.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::reading::{AbsentCode, Reading};

/// Slices that no axis is longer than. The longest known has 12 (RTX PRO 6000); a number far above is a misreading, and
/// what is drawn or counted slice by slice must not follow it.
pub const MOST_SLICES: u32 = 64;

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

    /// Whether it is a stretch of an axis that can exist: not empty, and within [`MOST_SLICES`].
    pub const fn is_plausible(self) -> bool {
        self.size > 0 && self.end() <= MOST_SLICES
    }

    /// What was read, unless it lies where no axis reaches: then it was misread.
    pub fn believed(read: &Reading<Self>) -> Reading<Self> {
        match read {
            Reading::Value(at) if !at.is_plausible() => Reading::absent(
                AbsentCode::Failed,
                format!(
                    "placement {at} was told, which is on no axis of 1 to {MOST_SLICES} slices: misread"
                ),
            ),
            other => other.clone(),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placement_that_no_axis_has_is_not_believed() {
        for (start, size, believed) in [
            (0, 8, true),
            (11, 1, true),
            (63, 1, true),
            (64, 1, false),
            (0, 0, false),
            (4_000_000_000, 1, false),
            (u32::MAX, u32::MAX, false),
        ] {
            let at = Placement { start, size };
            let reading = Placement::believed(&Reading::Value(at));
            assert_eq!(reading.value().is_some(), believed, "{at}");
        }
    }
}
