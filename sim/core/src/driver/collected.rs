//! What a DCGM host engine on the host reads at a given time. It asks as root and is not one of the callers that faults
//! are meant for: uncounted, without faults.

use std::time::Duration;

use super::fields::memory_celsius;
use super::gpm::{Busy, graphics};
use super::load::Curve;
use super::memory::Memory;
use super::telemetry::{MEMORY_CLOCK, celsius, watts};
use super::{Driver, of};
use crate::ret::Result;

/// Readings that exist only of a GPU as a whole.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct OfGpu {
    /// MHz.
    pub(crate) sm_clock: u32,
    /// MHz.
    pub(crate) memory_clock: u32,
    /// Degrees Celsius.
    pub(crate) memory_celsius: u32,
    /// Degrees Celsius.
    pub(crate) celsius: u32,
    /// Watts.
    pub(crate) watts: f64,
    /// Millijoules since boot.
    pub(crate) energy_mj: u64,
    /// Number of the last Xid, 0 before any.
    pub(crate) xid: u64,
    /// Rows remapped for correctable and for uncorrectable errors; `None` while there are instances (nvml.h).
    pub(crate) remapped: Option<[u32; 2]>,
}

/// Readings of a GPU or of a GPU instance, activity as ratios of it, 0 to 1.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct OfPart {
    pub(crate) memory: Memory,
    pub(crate) graphics: f64,
    pub(crate) sm: f64,
    pub(crate) tensor: f64,
    pub(crate) dram: f64,
}

impl Driver {
    /// The whole GPU as it was `at` a time since the epoch.
    pub(crate) fn collected_gpu(&self, gpu: u32, at: Duration) -> Result<OfGpu> {
        let state = self.state()?;
        let host = self.gpu_of_host(gpu)?;
        let busy = self
            .gpu_busy(&state, gpu, |curve| curve.at(at))
            .sm
            .clamp(0.0, 100.0);
        let before = |(time, _): &&(f64, _)| *time <= at.as_secs_f64();
        let xid = self
            .xids()
            .iter()
            .take_while(before)
            .filter(|(_, xid)| xid.gpu == gpu)
            .last()
            .map_or(0, |(_, xid)| xid.code);
        let [corrected, uncorrected] = host.remapped;
        Ok(OfGpu {
            sm_clock: self.clock(1, busy > 0.0)?,
            memory_clock: self.clock(MEMORY_CLOCK, busy > 0.0)?,
            memory_celsius: memory_celsius(busy),
            celsius: celsius(gpu, busy),
            watts: watts(&self.board.envelope, busy),
            energy_mj: self.energy_mj(&state, gpu, at),
            xid,
            remapped: of(&state, gpu)?
                .gis
                .is_empty()
                .then_some([corrected, uncorrected]),
        })
    }

    /// A GPU, or the GPU instance of this id: memory `at` a time since the epoch, activity as its mean over `window`
    /// before. INVALID_ARGUMENT: there is no such instance.
    pub(crate) fn collected_part(
        &self,
        gpu: u32,
        gi: Option<u32>,
        at: Duration,
        window: Duration,
    ) -> Result<OfPart> {
        let state = self.state()?;
        let from = at.saturating_sub(window);
        // at the very start there is nothing behind to take a mean of
        let mean = |curve: &Curve| match at.saturating_sub(from).as_secs_f64() {
            passed if passed > 0.0 => (curve.until(at) - curve.until(from)) / passed,
            _ => curve.at(at),
        };
        let (memory, busy): (Memory, Busy) = match gi {
            Some(id) => {
                let gi = of(&state, gpu)?
                    .gi(id)
                    .ok_or(crate::ret::Ret::INVALID_ARGUMENT)?;
                let work = self.work_at(&state, gpu, at);
                (
                    self.gi_memory(gi, &work, at),
                    self.gi_busy(&state, gpu, gi, mean),
                )
            }
            None => (
                self.gpu_memory(&state, gpu, at)?,
                self.gpu_busy(&state, gpu, mean),
            ),
        };
        let ratio = |percent: f64| percent.clamp(0.0, 100.0) / 100.0;
        Ok(OfPart {
            memory,
            graphics: ratio(graphics(busy.sm)),
            sm: ratio(busy.sm),
            tensor: ratio(busy.tensor),
            dram: ratio(busy.dram),
        })
    }
}
