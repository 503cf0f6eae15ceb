//! Percentages: one key a metric, its provenance under `metrics`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::metric::{Denominator, Measured, Metric};
use crate::domain::reading::{Absence, AbsentCode, Reading};
use crate::domain::text::Text;

use super::super::absent::Absent;

/// Where a percentage comes from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Provenance {
    /// What 100 % stands for: `instance` or `gpu`.
    pub of: Text,
    /// Which source said so.
    pub source: Text,
    /// End of the window it was measured over.
    pub at: Timestamp,
}

/// Activity of an instance in percent, 0..100. A metric that no source offers is `null`, with its reason in `absent`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Metrics {
    /// Share of time that a warp was resident, averaged over SMs.
    pub sm_active: Option<f64>,
    /// Share of time that the graphics or compute engine was active.
    pub gr_active: Option<f64>,
    /// Resident warps as a share of the most possible.
    pub sm_occupancy: Option<f64>,
    /// Share of time that a tensor pipe was active.
    pub tensor_active: Option<f64>,
    /// Share of time that device memory was read or written.
    pub dram_active: Option<f64>,
    /// Provenance by key.
    pub metrics: BTreeMap<Text, Provenance>,
}

impl Metrics {
    /// All absent, for one reason.
    pub(super) fn unsampled(why: &Reading<f64>, absent: &mut Absent) -> Self {
        for key in [
            "sm_active",
            "gr_active",
            "sm_occupancy",
            "tensor_active",
            "dram_active",
        ] {
            absent.take(key, why);
        }
        Self::default()
    }

    pub(super) fn from_sample(
        readings: &[(Metric, Reading<Measured>)],
        absent: &mut Absent,
    ) -> Self {
        let mut this = Self::default();
        for (metric, reading) in readings {
            let (key, place) = match metric {
                Metric::SmActive => ("sm_active", &mut this.sm_active),
                Metric::GrActive => ("gr_active", &mut this.gr_active),
                Metric::SmOccupancy => ("sm_occupancy", &mut this.sm_occupancy),
                Metric::TensorActive => ("tensor_active", &mut this.tensor_active),
                Metric::DramActive => ("dram_active", &mut this.dram_active),
                // of whole GPUs; they stand in the GPU's telemetry
                Metric::GpuUtilization | Metric::MemoryUtilization => continue,
            };
            let Some(measured) = absent.take(key, reading) else {
                continue;
            };
            *place = Some(measured.percent);
            this.metrics.insert(
                key.into(),
                Provenance {
                    of: match measured.of {
                        Denominator::Instance => "instance".into(),
                        Denominator::Gpu => "gpu".into(),
                    },
                    source: measured.source,
                    at: measured.at,
                },
            );
        }
        this.explain(absent);
        this
    }

    /// What no reading was sent for has its reason too.
    fn explain(&self, absent: &mut Absent) {
        let detail = Absence::new(AbsentCode::NotYet, "read only in detail of one GPU");
        let unsent = Absence::new(AbsentCode::NoSource, "no source here tells it");
        for (key, value, why) in [
            ("sm_active", self.sm_active, &unsent),
            ("gr_active", self.gr_active, &unsent),
            ("sm_occupancy", self.sm_occupancy, &detail),
            ("tensor_active", self.tensor_active, &detail),
            ("dram_active", self.dram_active, &detail),
        ] {
            if value.is_none() && absent.reason(key).is_none() {
                absent.put(key, why);
            }
        }
    }
}
