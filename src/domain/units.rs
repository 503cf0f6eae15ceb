//! Quantities with their units.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A number of bytes.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Bytes(pub u64);

impl Bytes {
    /// From mebibytes, the unit of NVML's profile tables.
    pub const fn mib(n: u64) -> Self {
        Self(n << 20)
    }

    /// Whole mebibytes, rounded down.
    pub const fn to_mib(self) -> u64 {
        self.0 >> 20
    }

    /// In gibibytes.
    pub fn to_gib(self) -> f64 {
        self.0 as f64 / (1u64 << 30) as f64
    }
}

impl fmt::Display for Bytes {
    /// Gibibytes with one digit, as in `11.2`; honours width and alignment.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:.1}", self.to_gib()))
    }
}
