//! Field values.

use std::time::Duration;

use super::{DeviceRef, Driver, of};
use crate::ret::{Result, Ret};
use crate::state::State;

/// A field's value (`nvmlFieldValue_t`).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FieldValue {
    /// Microseconds of Unix time when it was read.
    pub timestamp_us: i64,
    /// The value.
    pub value: FieldNumber,
}

/// `nvmlValue_t` with its type.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum FieldNumber {
    /// `NVML_VALUE_TYPE_UNSIGNED_INT` (1).
    U32(u32),
    /// `NVML_VALUE_TYPE_UNSIGNED_LONG_LONG` (3).
    U64(u64),
}

/// `NVML_FI_DEV_*` (nvml.h).
mod id {
    pub(super) const MEMORY_TEMP: u32 = 82;
    pub(super) const TOTAL_ENERGY: u32 = 83;
    pub(super) const REMAPPED_COR: u32 = 142;
    pub(super) const REMAPPED_UNC: u32 = 143;
    pub(super) const REMAPPED_PENDING: u32 = 144;
    pub(super) const REMAPPED_FAILURE: u32 = 145;
    pub(super) const RESETLESS_MIG: u32 = 184;
    pub(super) const MODE_INDEPENDENT_QUERY: u32 = 199;
    pub(super) const RECOVERY_ACTION: u32 = 230;
}

impl Driver {
    /// One field of `nvmlDeviceGetFieldValues`. The caller enters that function once for all its fields; this counts
    /// nothing. NOT_SUPPORTED: a field that the simulator or this driver version does not know.
    pub fn field(&self, d: DeviceRef, id: u32, scope: u32) -> Result<FieldValue> {
        let state = self.state()?;
        self.mig(&state, d)?;
        let gpu = d.gpu();
        let host = self.gpu_of_host(gpu)?;
        if matches!(d, DeviceRef::Mig { .. }) || scope != 0 {
            return Err(Ret::NOT_SUPPORTED);
        }
        let rows = |value: u32| {
            if of(&state, gpu)?.gis.is_empty() {
                Ok(FieldNumber::U32(value))
            } else {
                Err(Ret::NOT_SUPPORTED)
            }
        };
        let since = |major: u32, value: bool| {
            if self.major >= major {
                Ok(FieldNumber::U32(u32::from(value)))
            } else {
                Err(Ret::NOT_SUPPORTED)
            }
        };
        let value = match id {
            id::MEMORY_TEMP => {
                let now = self.now();
                let busy = self.gpu_busy(&state, gpu, |curve| curve.at(now)).sm;
                FieldNumber::U32(memory_celsius(busy))
            }
            id::TOTAL_ENERGY => FieldNumber::U64(self.energy_mj(&state, gpu, self.now())),
            id::REMAPPED_COR => rows(host.remapped[0])?,
            id::REMAPPED_UNC => rows(host.remapped[1])?,
            id::REMAPPED_PENDING => rows(u32::from(host.remap_pending))?,
            id::REMAPPED_FAILURE => rows(0)?,
            id::RESETLESS_MIG => since(535, self.board.resetless())?,
            id::MODE_INDEPENDENT_QUERY => since(550, true)?,
            id::RECOVERY_ACTION => FieldNumber::U32(self.recovery(gpu)?),
            _ => return Err(Ret::NOT_SUPPORTED),
        };
        let at = self.epoch_ms as i64 * 1000 + self.now().as_micros() as i64;
        Ok(FieldValue {
            timestamp_us: at,
            value,
        })
    }

    /// Energy since boot in millijoules; before the simulation the GPU idled.
    pub(super) fn energy_mj(&self, state: &State, gpu: u32, at: Duration) -> u64 {
        let busy = self.gpu_busy(state, gpu, |curve| curve.until(at)).sm / 100.0;
        let envelope = &self.board.envelope;
        let watts = f64::from(envelope.limit_watts) - envelope.idle_watts;
        let before = self.host.uptime_seconds as f64 * envelope.idle_watts;
        let joules = before + at.as_secs_f64() * envelope.idle_watts + busy * watts;
        (joules * 1000.0) as u64
    }
}

/// Temperature of the memory of a GPU whose SMs are busy so much, 0 to 100.
pub(super) fn memory_celsius(busy: f64) -> u32 {
    (31.0 + 0.4 * busy.min(100.0)) as u32
}
