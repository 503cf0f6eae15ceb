//! Readings by process and by bus that a viewer asks for beside the sampler's.

use super::load::Curve;
use super::{DeviceRef, Driver};
use crate::ret::{Result, Ret};

/// How busy one process keeps a GPU, per cent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProcLoad {
    /// Process id.
    pub pid: u32,
    /// Streaming multiprocessors.
    pub sm: u32,
    /// Memory bandwidth.
    pub memory: u32,
}

impl Driver {
    /// Processes with some utilisation now. `symbol` says which form was called. NOT_SUPPORTED under MIG (nvml.h),
    /// NOT_FOUND without one.
    pub fn process_loads(&self, d: DeviceRef, symbol: &'static str) -> Result<Vec<ProcLoad>> {
        self.enter(symbol, Some(d.gpu()))?;
        let state = self.state()?;
        self.mig(&state, d)?;
        self.without_mig(&state, d)?;
        let now = self.now();
        let mut loads: Vec<ProcLoad> = self
            .work(&state, d.gpu())
            .iter()
            .map(|work| {
                let sm = Curve::of_process(work.process).at(now).clamp(0.0, 100.0);
                ProcLoad {
                    pid: work.process.pid,
                    sm: sm.round() as u32,
                    memory: (sm * 0.45).round() as u32,
                }
            })
            .filter(|load| load.sm > 0)
            .collect();
        if loads.is_empty() {
            return Err(Ret::NOT_FOUND);
        }
        loads.sort_by_key(|load| load.pid);
        Ok(loads)
    }

    /// `nvmlDeviceGetPcieThroughput`: sent and received, KiB/s. In step with the GPM metrics of the same traffic.
    pub fn pcie_throughput(&self, gpu: u32) -> Result<(u32, u32)> {
        self.enter("nvmlDeviceGetPcieThroughput", Some(gpu))?;
        let state = self.state()?;
        let now = self.now();
        let sm = self
            .gpu_busy(&state, gpu, |curve| curve.at(now))
            .sm
            .clamp(0.0, 100.0);
        Ok(((sm * 12.0 * 1024.0) as u32, (sm * 30.0 * 1024.0) as u32))
    }
}
