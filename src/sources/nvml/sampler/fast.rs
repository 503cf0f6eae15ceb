//! The fast lane: what changes all the time.

use super::watched::Watched;
use crate::domain::gpu::FastTelemetry;
use crate::domain::process::{GpuProcess, ProcessKind};
use crate::domain::reading::{AbsentCode, Reading};
use crate::ports::gpu_api::{ApiResult, Clock};

/// Which half of the alternating readings a beat makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Turn {
    /// All of them: the first beat.
    Both,
    Even,
    Odd,
}

impl Turn {
    fn even(self) -> bool {
        self != Self::Odd
    }

    fn odd(self) -> bool {
        self != Self::Even
    }
}

/// Readings that are made every other beat, for the call budget: the memory clock and the P-state move together, and
/// graphics and MPS lists are mostly empty.
pub(super) struct FastLane {
    memory_clock: Reading<u32>,
    pstate: Reading<u32>,
    graphics: Vec<GpuProcess>,
    mps: Vec<GpuProcess>,
}

impl Default for FastLane {
    fn default() -> Self {
        Self {
            memory_clock: Reading::not_yet(),
            pstate: Reading::not_yet(),
            graphics: Vec::new(),
            mps: Vec::new(),
        }
    }
}

impl FastLane {
    /// Reads the GPU's telemetry. Utilisation is not asked for with MIG on, where NVML has none.
    pub(super) fn telemetry(&mut self, api: &Watched, mig: bool, turn: Turn) -> FastTelemetry {
        let memory = api.memory();
        let temperature_c = api.temperature().into();
        let power_mw = api.power().into();
        let sm_clock_mhz = api.clock(Clock::Sm).into();
        let throttle = api.throttle().into();
        let (utilization, memory_utilization) = if mig {
            (no_utilization(), no_utilization())
        } else {
            let rates = api.utilization();
            (rates.map(|r| r.0).into(), rates.map(|r| r.1).into())
        };
        // A value of the beat before must not outlive the GPU.
        let lost = api.lost().is_some();
        if turn.even() || lost {
            self.memory_clock = api.clock(Clock::Memory).into();
        }
        if turn.odd() || lost {
            self.pstate = api.pstate().into();
        }
        FastTelemetry {
            memory_total: memory.map(|m| m.total).into(),
            memory_used: memory.map(|m| m.used).into(),
            temperature_c,
            power_mw,
            sm_clock_mhz,
            memory_clock_mhz: self.memory_clock.clone(),
            pstate: self.pstate.clone(),
            throttle,
            utilization,
            memory_utilization,
        }
    }

    /// Reads the GPU's process lists. The compute list decides whether there is a reading; the two others add to it
    /// where the driver has them.
    pub(super) fn processes(&mut self, api: &Watched, turn: Turn) -> Reading<Vec<GpuProcess>> {
        let compute = api.processes(ProcessKind::Compute);
        if turn.even() {
            self.graphics = or_none(api.processes(ProcessKind::Graphics));
        }
        if turn.odd() {
            self.mps = or_none(api.processes(ProcessKind::Mps));
        }
        let mut list = match compute {
            Ok(list) => list,
            Err(e) => return Reading::Absent(e.into()),
        };
        list.extend_from_slice(&self.graphics);
        list.extend_from_slice(&self.mps);
        list.sort_by_key(|p| (p.gi, p.ci, p.pid, p.kind));
        Reading::Value(list)
    }
}

fn or_none(list: ApiResult<Vec<GpuProcess>>) -> Vec<GpuProcess> {
    list.unwrap_or_default()
}

fn no_utilization() -> Reading<u32> {
    Reading::absent(
        AbsentCode::NotSupported,
        "nvmlDeviceGetUtilizationRates: not supported while MIG is on; activity is per instance",
    )
}
