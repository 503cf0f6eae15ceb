//! The fast lane: what changes all the time.

use super::watched::Watched;
use crate::domain::gpu::FastTelemetry;
use crate::domain::process::{GpuProcess, ProcessKind};
use crate::domain::reading::{AbsentCode, Reading};
use crate::ports::gpu_api::{ApiResult, Clock, Code};

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
    graphics: ApiResult<Vec<GpuProcess>>,
    mps: ApiResult<Vec<GpuProcess>>,
}

impl Default for FastLane {
    fn default() -> Self {
        Self {
            memory_clock: Reading::not_yet(),
            pstate: Reading::not_yet(),
            graphics: Ok(Vec::new()),
            mps: Ok(Vec::new()),
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

    /// Reads the GPU's process lists. If one that the driver has cannot be read there is no reading: a list with gaps would
    /// call an instance free that somebody works on.
    pub(super) fn processes(&mut self, api: &Watched, turn: Turn) -> Reading<Vec<GpuProcess>> {
        let compute = api.processes(ProcessKind::Compute);
        if turn.even() {
            self.graphics = or_none_there(api.processes(ProcessKind::Graphics));
        }
        if turn.odd() {
            self.mps = or_none_there(api.processes(ProcessKind::Mps));
        }
        let lists = [compute, self.graphics.clone(), self.mps.clone()];
        let mut list = Vec::new();
        for some in lists {
            match some {
                Ok(some) => list.extend(some),
                Err(e) => return Reading::Absent(e.into()),
            }
        }
        list.sort_by_key(|p| (p.gi, p.ci, p.pid, p.kind));
        Reading::Value(list)
    }
}

/// A list that the driver does not have is one that nobody is on.
fn or_none_there(list: ApiResult<Vec<GpuProcess>>) -> ApiResult<Vec<GpuProcess>> {
    match list {
        Err(e)
            if matches!(
                e.code,
                Code::NotSupported | Code::SymbolMissing | Code::FunctionNotFound
            ) =>
        {
            Ok(Vec::new())
        }
        list => list,
    }
}

fn no_utilization() -> Reading<u32> {
    Reading::absent(
        AbsentCode::NotSupported,
        "nvmlDeviceGetUtilizationRates: not supported while MIG is on; activity is per instance",
    )
}
