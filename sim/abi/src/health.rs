//! ECC, remapped rows.

use std::ffi::{c_uint, c_ulonglong};

use nvml_sim::driver::DeviceRef;
use nvml_sim::ret::{Result, Ret};
use nvml_wrapper_sys::bindings::nvmlRowRemapperHistogramValues_t;

use crate::handle::Device;
use crate::memory::Out;

/// `NVML_MEMORY_LOCATION_DRAM`.
const DRAM: c_uint = 2;
/// `NVML_MEMORY_LOCATION_SRAM`.
const SRAM: c_uint = 7;

exports! {
    /// ECC now and after the next reset.
    fn nvmlDeviceGetEccMode(device: Device, current: Out<c_uint>, pending: Out<c_uint>) = |nvml| {
        let (now, next) = nvml.ecc_mode(device.board(nvml)?)?;
        pending.present()?;
        current.set(c_uint::from(now))?;
        pending.set(c_uint::from(next))
    };

    /// All errors of a kind: `error` corrected 0 or uncorrected 1, `counter` since the driver was loaded 0 or ever 1.
    fn nvmlDeviceGetTotalEccErrors(device: Device, error: c_uint, counter: c_uint, count: Out<c_ulonglong>) = |nvml| {
        let (uncorrected, aggregate) = (flag(error)?, flag(counter)?);
        count.set(nvml.ecc_total(device.find(nvml)?, uncorrected, aggregate)?)
    };

    /// Errors of a kind at one place. Boards with MIG tell DRAM and SRAM apart and nothing finer; simulated errors are
    /// DRAM errors, except those of a MIG device, which can only be SRAM.
    fn nvmlDeviceGetMemoryErrorCounter(
        device: Device,
        error: c_uint,
        counter: c_uint,
        location: c_uint,
        count: Out<c_ulonglong>,
    ) = |nvml| {
        let (uncorrected, aggregate) = (flag(error)?, flag(counter)?);
        let device = device.find(nvml)?;
        let total = match (device, location) {
            (_, 8..) => return Err(Ret::INVALID_ARGUMENT),
            // asked all the same, for its refusals
            (DeviceRef::Gpu(_), SRAM) => nvml.ecc_total(device, uncorrected, aggregate).map(|_| 0)?,
            (DeviceRef::Gpu(_), DRAM) => nvml.ecc_total(device, uncorrected, aggregate)?,
            (DeviceRef::Mig { .. }, SRAM) if uncorrected && !aggregate => nvml.ecc_total(device, uncorrected, aggregate)?,
            _ => return Err(Ret::NOT_SUPPORTED),
        };
        count.set(total)
    };

    /// Rows remapped after corrected and uncorrected errors, whether a remapping waits for a reset, whether one ever
    /// failed.
    fn nvmlDeviceGetRemappedRows(
        device: Device,
        corrected: Out<c_uint>,
        uncorrected: Out<c_uint>,
        pending: Out<c_uint>,
        failed: Out<c_uint>,
    ) = |nvml| {
        let (after_corrected, after_uncorrected, waits, failure) = nvml.remapped_rows(device.board(nvml)?)?;
        for place in [corrected, uncorrected, pending, failed] {
            place.present()?;
        }
        corrected.set(after_corrected)?;
        uncorrected.set(after_uncorrected)?;
        pending.set(c_uint::from(waits))?;
        failed.set(c_uint::from(failure))
    };

    /// Banks by how many spare rows they have left.
    fn nvmlDeviceGetRowRemapperHistogram(device: Device, histogram: Out<nvmlRowRemapperHistogramValues_t>) = |nvml| {
        let [max, high, partial, low, none] = nvml.remap_histogram(device.board(nvml)?)?;
        histogram.set(nvmlRowRemapperHistogramValues_t { max, high, partial, low, none })
    };
}

/// An enum of two values. INVALID_ARGUMENT beyond them.
fn flag(value: c_uint) -> Result<bool> {
    match value {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Ret::INVALID_ARGUMENT),
    }
}
