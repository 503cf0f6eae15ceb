//! Activity of GPU instances by GPM (Hopper and newer).

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use super::watched::Watched;
use crate::domain::ids::GiId;
use crate::domain::metric::{Denominator, Measured, Metric};
use crate::domain::reading::{Absence, AbsentCode, Reading};
use crate::domain::text::Text;
use crate::ports::gpu_api::{ApiError, ApiResult, Code, Gpm};

/// What would tell activity where GPM does not.
const ELSEWHERE: &str = "dcgm-exporter tells it if DCGM_FI_PROF_SM_ACTIVE or DCGM_FI_PROF_GR_ENGINE_ACTIVE is in its \
                         counters file; --dcgm URL reads it";
/// A window may span this many beats, not more: older counters are of another time.
const LONGEST_WINDOW: u32 = 2;

/// Metrics of every beat.
const ALWAYS: [Metric; 2] = [Metric::SmActive, Metric::GrActive];
/// Metrics of the GPU that is looked at closely.
const DETAIL: [Metric; 5] = [
    Metric::SmActive,
    Metric::GrActive,
    Metric::SmOccupancy,
    Metric::TensorActive,
    Metric::DramActive,
];

/// Which instances have a sample to measure from, and whether there is GPM at all.
pub(super) struct Activity {
    offered: Result<(), Absence>,
    seeded: BTreeSet<GiId>,
}

impl Default for Activity {
    fn default() -> Self {
        Self {
            offered: Err(Absence::new(AbsentCode::NotYet, "not read yet")),
            seeded: BTreeSet::new(),
        }
    }
}

impl Activity {
    /// Asks whether the GPU has GPM.
    pub(super) fn look(&mut self, api: &Watched) {
        self.offered = match api.gpm_supported() {
            Ok(true) => Ok(()),
            Ok(false) => Err(Absence::new(
                AbsentCode::NotSupported,
                format!(
                    "no GPM on this GPU, so NVML tells no activity of instances (Hopper and newer do): {ELSEWHERE}"
                ),
            )),
            Err(e) => Err(not_offered(e)),
        };
    }

    /// The instance is gone, or another has its id: the next window must not begin before it.
    pub(super) fn forget(&mut self, api: &Watched, gi: GiId) {
        if self.seeded.remove(&gi) {
            api.gpm_forget(gi);
        }
    }

    /// After a gap longer than two beats all windows begin anew.
    pub(super) fn note_interval(&mut self, api: &Watched, interval: Duration, usual: Duration) {
        if interval > usual * LONGEST_WINDOW {
            for gi in std::mem::take(&mut self.seeded) {
                api.gpm_forget(gi);
            }
        }
    }

    /// Takes the instance's sample of this beat and gives what happened since the one before.
    pub(super) fn measure(
        &mut self,
        api: &Watched,
        gi: GiId,
        now: Timestamp,
        detail: bool,
    ) -> Vec<(Metric, Reading<Measured>)> {
        let metrics: &[Metric] = if detail { &DETAIL } else { &ALWAYS };
        let window = match &self.offered {
            Ok(()) => {
                self.seeded.insert(gi);
                api.gpm(gi).map_err(Absence::from).and_then(|window| {
                    window.ok_or_else(|| {
                        Absence::new(
                            AbsentCode::NotYet,
                            "GPM measures between two samples: the next beat has it",
                        )
                    })
                })
            }
            Err(why) => Err(why.clone()),
        };
        metrics
            .iter()
            .map(|&metric| {
                let reading = match &window {
                    Ok(gpm) => measured(of(gpm, metric), now),
                    Err(why) => Reading::Absent(why.clone()),
                };
                (metric, reading)
            })
            .collect()
    }
}

fn not_offered(e: ApiError) -> Absence {
    match e.code {
        Code::NotSupported | Code::SymbolMissing | Code::FunctionNotFound => Absence::new(
            Absence::from(e).code,
            format!("{e}: NVML tells no activity of instances here; {ELSEWHERE}"),
        ),
        _ => e.into(),
    }
}

fn of(gpm: &Gpm, metric: Metric) -> ApiResult<f64> {
    match metric {
        Metric::SmActive => gpm.sm,
        Metric::SmOccupancy => gpm.occupancy,
        Metric::TensorActive => gpm.tensor,
        Metric::DramActive => gpm.dram,
        // The two utilisations are of the whole GPU and never asked for here.
        Metric::GrActive | Metric::GpuUtilization | Metric::MemoryUtilization => gpm.gr,
    }
}

fn measured(percent: ApiResult<f64>, at: Timestamp) -> Reading<Measured> {
    percent
        .map(|percent| Measured {
            percent,
            of: Denominator::Instance,
            source: Text::from("nvml gpm"),
            at,
        })
        .into()
}
