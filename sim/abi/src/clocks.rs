//! Clocks, and why they are lower than they could be.

use std::ffi::{c_uint, c_ulonglong};

use crate::handle::Device;
use crate::memory::Out;

exports! {
    /// A clock in MHz. `kind` is `NVML_CLOCK_*`.
    fn nvmlDeviceGetClockInfo(device: Device, kind: c_uint, clock: Out<c_uint>) =
        |nvml| clock.set(nvml.clock_mhz(device.board(nvml)?, kind)?);

    /// The highest value of a clock in MHz.
    fn nvmlDeviceGetMaxClockInfo(device: Device, kind: c_uint, clock: Out<c_uint>) =
        |nvml| clock.set(nvml.max_clock_mhz(device.board(nvml)?, kind)?);

    /// `nvmlClocksEventReason*` bits that apply now.
    fn nvmlDeviceGetCurrentClocksEventReasons(device: Device, reasons: Out<c_ulonglong>) =
        |nvml| reasons.set(nvml.throttle_reasons(device.board(nvml)?)?);

    /// The same under the name that it had before driver 535.
    fn nvmlDeviceGetCurrentClocksThrottleReasons(device: Device, reasons: Out<c_ulonglong>) =
        |nvml| reasons.set(nvml.throttle_reasons(device.board(nvml)?)?);

    /// `nvmlClocksEventReason*` bits that the device can report.
    fn nvmlDeviceGetSupportedClocksEventReasons(device: Device, reasons: Out<c_ulonglong>) =
        |nvml| reasons.set(nvml.supported_throttle_reasons(device.board(nvml)?)?);

    /// The same under the name that it had before driver 535.
    fn nvmlDeviceGetSupportedClocksThrottleReasons(device: Device, reasons: Out<c_ulonglong>) =
        |nvml| reasons.set(nvml.supported_throttle_reasons(device.board(nvml)?)?);
}
