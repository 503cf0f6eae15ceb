//! What sensors say: utilisation, temperature, power, clocks, links, ECC, remapped rows.

use super::{DeviceRef, Driver, of};
use crate::ret::{Result, Ret};
use crate::tables::Envelope;

/// Clock kinds of `nvmlClockType_t`: graphics, SM, memory, video.
pub(super) const MEMORY_CLOCK: u32 = 2;
const VIDEO_CLOCK: u32 = 3;

impl Driver {
    /// `nvmlDeviceGetUtilizationRates`: GPU and memory, per cent. NOT_SUPPORTED under MIG (nvml.h).
    pub fn utilization(&self, d: DeviceRef) -> Result<(u32, u32)> {
        self.enter("nvmlDeviceGetUtilizationRates", Some(d.gpu()))?;
        let state = self.state()?;
        self.mig(&state, d)?;
        self.without_mig(&state, d)?;
        let busy = self.activity(d.gpu())?;
        Ok((busy.round() as u32, (busy * 0.45).round() as u32))
    }

    /// `nvmlDeviceGetTemperature`: degrees Celsius.
    pub fn temperature(&self, gpu: u32) -> Result<u32> {
        self.enter("nvmlDeviceGetTemperature", Some(gpu))?;
        let busy = self.activity(gpu)?;
        Ok(celsius(gpu, busy))
    }

    /// `nvmlDeviceGetPowerUsage`: milliwatts.
    pub fn power_mw(&self, gpu: u32) -> Result<u32> {
        self.enter("nvmlDeviceGetPowerUsage", Some(gpu))?;
        let busy = self.activity(gpu)?;
        Ok((watts(&self.board.envelope, busy) * 1000.0) as u32)
    }

    /// `nvmlDeviceGetEnforcedPowerLimit`: milliwatts.
    pub fn power_limit_mw(&self, gpu: u32) -> Result<u32> {
        self.enter("nvmlDeviceGetEnforcedPowerLimit", Some(gpu))?;
        Ok(self.board.envelope.limit_watts * 1000)
    }

    /// `nvmlDeviceGetPowerManagementLimitConstraints`: lowest and highest, milliwatts.
    pub fn power_limits_mw(&self, gpu: u32) -> Result<(u32, u32)> {
        self.enter("nvmlDeviceGetPowerManagementLimitConstraints", Some(gpu))?;
        let envelope = &self.board.envelope;
        Ok((envelope.min_limit_watts * 1000, envelope.limit_watts * 1000))
    }

    /// `nvmlDeviceGetClockInfo`: MHz; 0 graphics, 1 SM, 2 memory, 3 video.
    pub fn clock_mhz(&self, gpu: u32, kind: u32) -> Result<u32> {
        self.enter("nvmlDeviceGetClockInfo", Some(gpu))?;
        let busy = self.activity(gpu)? > 0.0;
        self.clock(kind, busy)
    }

    /// `nvmlDeviceGetMaxClockInfo`: MHz.
    pub fn max_clock_mhz(&self, gpu: u32, kind: u32) -> Result<u32> {
        self.enter("nvmlDeviceGetMaxClockInfo", Some(gpu))?;
        self.clock(kind, true)
    }

    pub(super) fn clock(&self, kind: u32, busy: bool) -> Result<u32> {
        let envelope = &self.board.envelope;
        let sm = if busy {
            envelope.boost_mhz
        } else {
            envelope.idle_mhz
        };
        match kind {
            0 | 1 => Ok(sm),
            MEMORY_CLOCK => Ok(envelope.memory_mhz),
            VIDEO_CLOCK => Ok(sm * 9 / 10),
            _ => Err(Ret::INVALID_ARGUMENT),
        }
    }

    /// `nvmlDeviceGetPerformanceState`: data-centre boards stay in P0.
    pub fn pstate(&self, gpu: u32) -> Result<u32> {
        self.enter("nvmlDeviceGetPerformanceState", Some(gpu))?;
        Ok(0)
    }

    /// `nvmlDeviceGetCurrentClocksEventReasons`, before R535 `..ThrottleReasons`: 1 idle, 4 at the power limit.
    pub fn throttle_reasons(&self, gpu: u32) -> Result<u64> {
        let symbol = self.newest(&[
            "nvmlDeviceGetCurrentClocksEventReasons",
            "nvmlDeviceGetCurrentClocksThrottleReasons",
        ]);
        self.enter(symbol, Some(gpu))?;
        let busy = self.activity(gpu)?;
        Ok(match busy {
            busy if busy <= 0.0 => 0x1,
            busy if busy > 95.0 => 0x4,
            _ => 0,
        })
    }

    /// `nvmlDeviceGetSupportedClocksEventReasons`, before R535 `..ThrottleReasons`.
    pub fn supported_throttle_reasons(&self, gpu: u32) -> Result<u64> {
        let symbol = self.newest(&[
            "nvmlDeviceGetSupportedClocksEventReasons",
            "nvmlDeviceGetSupportedClocksThrottleReasons",
        ]);
        self.enter(symbol, Some(gpu))?;
        Ok(0x1ff)
    }

    /// `nvmlDeviceGetCurrPcieLinkGeneration`
    pub fn pcie_generation(&self, gpu: u32) -> Result<u32> {
        self.enter("nvmlDeviceGetCurrPcieLinkGeneration", Some(gpu))?;
        Ok(self.board.pcie)
    }

    /// `nvmlDeviceGetMaxPcieLinkGeneration`
    pub fn pcie_generation_max(&self, gpu: u32) -> Result<u32> {
        self.enter("nvmlDeviceGetMaxPcieLinkGeneration", Some(gpu))?;
        Ok(self.board.pcie)
    }

    /// `nvmlDeviceGetCurrPcieLinkWidth`
    pub fn pcie_width(&self, gpu: u32) -> Result<u32> {
        self.enter("nvmlDeviceGetCurrPcieLinkWidth", Some(gpu))?;
        Ok(16)
    }

    /// `nvmlDeviceGetMaxPcieLinkWidth`
    pub fn pcie_width_max(&self, gpu: u32) -> Result<u32> {
        self.enter("nvmlDeviceGetMaxPcieLinkWidth", Some(gpu))?;
        Ok(16)
    }

    /// `nvmlDeviceGetNvLinkState`. INVALID_ARGUMENT: no such link; NOT_SUPPORTED: a board without NVLink. On Ampere links
    /// are trained off while MIG is on (Fabric Manager guide).
    pub fn nvlink_state(&self, gpu: u32, link: u32) -> Result<bool> {
        self.enter("nvmlDeviceGetNvLinkState", Some(gpu))?;
        if self.board.nvlinks == 0 {
            return Err(Ret::NOT_SUPPORTED);
        }
        if link >= self.board.nvlinks {
            return Err(Ret::INVALID_ARGUMENT);
        }
        let state = self.state()?;
        let off = of(&state, gpu)?.mode && self.board.links_off_with_mig();
        let down = self.gpu_of_host(gpu)?.links_down.contains(&link);
        Ok(!off && !down)
    }

    /// `nvmlDeviceGetEccMode`: now, and after the next reset.
    pub fn ecc_mode(&self, gpu: u32) -> Result<(bool, bool)> {
        self.enter("nvmlDeviceGetEccMode", Some(gpu))?;
        Ok((true, true))
    }

    /// `nvmlDeviceGetTotalEccErrors`. NOT_SUPPORTED under MIG for a GPU's volatile errors, and for a MIG device's but the
    /// volatile uncorrected ones (nvml.h, `nvmlDeviceGetMemoryErrorCounter`).
    pub fn ecc_total(&self, d: DeviceRef, uncorrected: bool, aggregate: bool) -> Result<u64> {
        self.enter("nvmlDeviceGetTotalEccErrors", Some(d.gpu()))?;
        let state = self.state()?;
        if self.mig(&state, d)?.is_some() {
            return if uncorrected && !aggregate {
                Ok(0)
            } else {
                Err(Ret::NOT_SUPPORTED)
            };
        }
        if of(&state, d.gpu())?.mode && !aggregate {
            return Err(Ret::NOT_SUPPORTED);
        }
        let [corrected, remapped] = self.gpu_of_host(d.gpu())?.remapped;
        Ok(match (uncorrected, aggregate) {
            (_, false) => 0,
            // each remapped row had an error that led to it
            (false, true) => u64::from(corrected),
            (true, true) => u64::from(remapped),
        })
    }

    /// `nvmlDeviceGetRemappedRows`: corrected, uncorrected, pending, failed. NOT_SUPPORTED while instances are active
    /// (nvml.h).
    pub fn remapped_rows(&self, gpu: u32) -> Result<(u32, u32, bool, bool)> {
        self.enter("nvmlDeviceGetRemappedRows", Some(gpu))?;
        if !of(&*self.state()?, gpu)?.gis.is_empty() {
            return Err(Ret::NOT_SUPPORTED);
        }
        let there = self.gpu_of_host(gpu)?;
        let [corrected, uncorrected] = there.remapped;
        Ok((corrected, uncorrected, there.remap_pending, false))
    }

    /// `nvmlDeviceGetRowRemapperHistogram`: banks by spare rows left: all, many, some, few, none.
    pub fn remap_histogram(&self, gpu: u32) -> Result<[u32; 5]> {
        self.enter("nvmlDeviceGetRowRemapperHistogram", Some(gpu))?;
        let [corrected, uncorrected] = self.gpu_of_host(gpu)?.remapped;
        let touched = (corrected + uncorrected).min(640);
        Ok([640 - touched, touched, 0, 0, 0])
    }

    /// `NVML_FI_DEV_GET_GPU_RECOVERY_ACTION` (230) of `nvmlDeviceGetFieldValues`: 0 none, 4 drain and reset while a
    /// remapping waits. NOT_SUPPORTED before R570 (the first bindings that know it).
    pub fn recovery_action(&self, gpu: u32) -> Result<u32> {
        self.enter("nvmlDeviceGetFieldValues", Some(gpu))?;
        self.recovery(gpu)
    }

    pub(super) fn recovery(&self, gpu: u32) -> Result<u32> {
        if self.major < 570 {
            return Err(Ret::NOT_SUPPORTED);
        }
        Ok(if self.gpu_of_host(gpu)?.remap_pending {
            4
        } else {
            0
        })
    }

    /// `nvmlDeviceGetPersistenceMode`: on where the scenario runs nvidia-persistenced, or has no services at all.
    pub fn persistence(&self, gpu: u32) -> Result<bool> {
        self.enter("nvmlDeviceGetPersistenceMode", Some(gpu))?;
        let services = &self.host.services;
        let runs = services
            .iter()
            .any(|service| service.active && service.unit.starts_with("nvidia-persistenced"));
        Ok(runs || services.is_empty())
    }

    /// `nvmlDeviceGetFanSpeed`: these boards have none of their own.
    pub fn fan(&self, gpu: u32) -> Result<u32> {
        self.enter("nvmlDeviceGetFanSpeed", Some(gpu))?;
        Err(Ret::NOT_SUPPORTED)
    }

    /// SM activity of the whole GPU now, 0 to 100.
    fn activity(&self, gpu: u32) -> Result<f64> {
        let state = self.state()?;
        let now = self.now();
        Ok(self
            .gpu_busy(&state, gpu, |curve| curve.at(now))
            .sm
            .clamp(0.0, 100.0))
    }

    pub(super) fn gpu_of_host(&self, gpu: u32) -> Result<&crate::scenario::model::Gpu> {
        self.host
            .gpus
            .get(gpu as usize)
            .ok_or(Ret::INVALID_ARGUMENT)
    }
}

/// Temperature of a GPU whose SMs are busy so much, 0 to 100. Neighbours in the air stream differ by a few degrees.
pub(super) fn celsius(gpu: u32, busy: f64) -> u32 {
    (29.0 + f64::from(gpu % 4) + 0.36 * busy).round() as u32
}

/// Power in watts of a GPU whose SMs are busy so much, 0 to 100.
pub(super) fn watts(envelope: &Envelope, busy: f64) -> f64 {
    let span = 0.93 * f64::from(envelope.limit_watts) - envelope.idle_watts;
    envelope.idle_watts + span * (busy / 100.0).powf(0.8)
}
