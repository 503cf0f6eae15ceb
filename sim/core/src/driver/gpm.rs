//! GPU performance monitoring: Hopper and later.

use std::time::Duration;

use super::load::{Curve, Manner, hash};
use super::processes::Work;
use super::{DeviceRef, Driver, of};
use crate::ret::{Result, Ret};
use crate::rules::compute;
use crate::state::{Gi, State};

/// Counters at one moment. Two samples of the same device make metrics.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct GpmSample {
    gpu: u32,
    /// Tells an instance from an earlier one of the same id; `None`: the GPU.
    instance: Option<u64>,
    at: Duration,
    busy: Busy,
}

/// Activity since the epoch, per cent times seconds.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Busy {
    pub(super) sm: f64,
    occupancy: f64,
    pub(super) tensor: f64,
    pub(super) dram: f64,
}

/// Shortest time between two samples (NVIDIA's documentation asks for more than 100 ms).
const WINDOW: Duration = Duration::from_millis(100);

impl Driver {
    /// `nvmlGpmQueryDeviceSupport`
    pub fn gpm_supported(&self, gpu: u32) -> Result<bool> {
        self.enter("nvmlGpmQueryDeviceSupport", Some(gpu))?;
        Ok(self.board.has_gpm())
    }

    /// `nvmlGpmSampleGet`: a GPU, or the GPU instance of a MIG device. NOT_SUPPORTED: before Hopper.
    pub fn gpm_sample(&self, d: DeviceRef) -> Result<GpmSample> {
        self.enter("nvmlGpmSampleGet", Some(d.gpu()))?;
        let state = self.state()?;
        match self.mig(&state, d)? {
            Some((gi, _)) => self.sample(&state, d.gpu(), Some(gi.id)),
            None => self.sample(&state, d.gpu(), None),
        }
    }

    /// `nvmlGpmMigSampleGet`. NOT_SUPPORTED: before Hopper, or MIG off; INVALID_ARGUMENT: it is gone.
    pub fn gpm_mig_sample(&self, gpu: u32, gi: u32) -> Result<GpmSample> {
        self.enter("nvmlGpmMigSampleGet", Some(gpu))?;
        let state = self.state()?;
        if !of(&state, gpu)?.mode {
            return Err(Ret::NOT_SUPPORTED);
        }
        self.sample(&state, gpu, Some(gi))
    }

    fn sample(&self, state: &State, gpu: u32, gi: Option<u32>) -> Result<GpmSample> {
        if !self.board.has_gpm() {
            return Err(Ret::NOT_SUPPORTED);
        }
        let there = of(state, gpu)?;
        let at = self.now();
        let (instance, busy) = match gi {
            Some(gi) => {
                let gi = there.gi(gi).ok_or(Ret::INVALID_ARGUMENT)?;
                (
                    Some(gi.serial),
                    self.gi_busy(state, gpu, gi, |curve| curve.until(at)),
                )
            }
            None => (None, self.gpu_busy(state, gpu, |curve| curve.until(at))),
        };
        Ok(GpmSample {
            gpu,
            instance,
            at,
            busy,
        })
    }

    /// One metric between two samples: 1 graphics, 2 SM, 3 occupancy, 5 to 13 pipes, 10 DRAM, all 0 to 100; 20, 21 PCIe
    /// and 60, 61 NVLink in MiB/s (GPU only).
    ///
    /// A part of `nvmlGpmMetricsGet`, which answers many: it counts nothing, the caller enters that function once.
    /// INVALID_ARGUMENT: samples of two devices, in the wrong order, or less than 100 ms apart (nvml.h
    /// says only "nonzero": inferred); NOT_SUPPORTED: another metric.
    pub fn gpm_metric(&self, id: u32, a: &GpmSample, b: &GpmSample) -> Result<f64> {
        let window = b.at.checked_sub(a.at).ok_or(Ret::INVALID_ARGUMENT)?;
        if (a.gpu, a.instance) != (b.gpu, b.instance) || window < WINDOW {
            return Err(Ret::INVALID_ARGUMENT);
        }
        let mean = |counter: fn(&Busy) -> f64| {
            ((counter(&b.busy) - counter(&a.busy)) / window.as_secs_f64()).clamp(0.0, 100.0)
        };
        let sm = mean(|busy| busy.sm);
        let tensor = mean(|busy| busy.tensor);
        let traffic = |share: f64| match a.instance {
            None => Ok(sm * share),
            Some(_) => Err(Ret::NOT_SUPPORTED),
        };
        Ok(match id {
            1 => graphics(sm),
            2 => sm,
            3 => mean(|busy| busy.occupancy),
            4 => 0.3 * sm,
            5 => tensor,
            6 | 8 | 11 => 0.0,
            7 => 0.8 * tensor,
            9 => 0.2 * tensor,
            10 => mean(|busy| busy.dram),
            12 => 0.25 * sm,
            13 => 0.1 * sm,
            20 => traffic(12.0)?,
            21 => traffic(30.0)?,
            60 | 61 if self.board.nvlinks > 0 => traffic(40.0)?,
            _ => return Err(Ret::NOT_SUPPORTED),
        })
    }

    /// Activity of a GPU instance as a share of it; `of` reads a curve (its value, or its integral).
    pub(super) fn gi_busy(
        &self,
        state: &State,
        gpu: u32,
        gi: &Gi,
        of: impl Fn(&Curve) -> f64,
    ) -> Busy {
        let Some(row) = self.board.profile(gi.profile) else {
            return Busy::default();
        };
        let work = self.work_ever(state, gpu);
        let mut busy = Busy::default();
        for ci in &gi.cis {
            let Ok(profile) = compute::profile(self.board, row, ci.profile) else {
                continue;
            };
            let on_ci = work
                .iter()
                .filter(|work| (work.gi, work.ci) == (Some(gi.id), Some(ci.id)));
            busy.add(
                &together(on_ci, &of),
                f64::from(profile.sm) / f64::from(row.sm),
            );
        }
        busy
    }

    /// Activity of a GPU: its instances' weighed by SMs, or that of the undivided GPU.
    pub(super) fn gpu_busy(&self, state: &State, gpu: u32, of: impl Fn(&Curve) -> f64) -> Busy {
        let mut busy = Busy::default();
        let Some(there) = state.gpus.get(gpu as usize) else {
            return busy;
        };
        for gi in &there.gis {
            let sm = self.board.profile(gi.profile).map_or(0, |row| row.sm);
            let share = f64::from(sm) / f64::from(self.board.sm);
            busy.add(&self.gi_busy(state, gpu, gi, &of), share);
        }
        let work = self.work_ever(state, gpu);
        busy.add(
            &together(work.iter().filter(|work| work.gi.is_none()), &of),
            1.0,
        );
        if !there.mode {
            let mean = self.host.gpus.get(gpu as usize).map_or(0.0, |gpu| gpu.load);
            let seed = hash(u64::from(gpu), self.host.name.as_bytes());
            let sm = of(&Curve::load(mean, seed));
            busy.add(
                &Busy {
                    sm,
                    occupancy: 0.45 * sm,
                    tensor: 0.4 * sm,
                    dram: 0.5 * sm,
                },
                1.0,
            );
        }
        busy
    }
}

/// How busy the graphics engine is when its SMs are busy so much, 0 to 100: a little more.
pub(super) fn graphics(sm: f64) -> f64 {
    sm + 0.1 * sm * (100.0 - sm) / 100.0
}

impl Busy {
    fn add(&mut self, other: &Self, share: f64) {
        self.sm += other.sm * share;
        self.occupancy += other.occupancy * share;
        self.tensor += other.tensor * share;
        self.dram += other.dram * share;
    }
}

/// Processes that share a compute instance: their loads add up, scaled down if their peaks would go beyond 100.
fn together<'a>(work: impl Iterator<Item = &'a Work<'a>>, of: impl Fn(&Curve) -> f64) -> Busy {
    let mut busy = Busy::default();
    let mut peak = 0.0;
    for work in work {
        let curve = Curve::of_process(work.process);
        let manner = Manner::of(work.process);
        peak += curve.peak();
        let sm = of(&curve);
        busy.sm += sm;
        busy.occupancy += sm * manner.occupancy;
        busy.tensor += sm * manner.tensor;
        busy.dram += sm * manner.dram;
    }
    let mut scaled = Busy::default();
    scaled.add(&busy, if peak > 100.0 { 100.0 / peak } else { 1.0 });
    scaled
}
