//! Settings that are the same on all simulated boards, and sensors that none of them has.

use std::ffi::c_uint;

use crate::handle::Device;
use crate::memory::Out;

/// `NVML_COMPUTEMODE_DEFAULT`: contexts of many processes.
const COMPUTE_MODE_DEFAULT: c_uint = 0;
/// `NVML_FEATURE_DISABLED`.
const DISABLED: c_uint = 0;

exports! {
    /// Who may have a context; of a MIG device too.
    fn nvmlDeviceGetComputeMode(device: Device, mode: Out<c_uint>) = |nvml| {
        nvml.enter("nvmlDeviceGetComputeMode", Some(device.find(nvml)?.gpu()))?;
        mode.set(COMPUTE_MODE_DEFAULT)
    };

    /// Whether a display is connected: never.
    fn nvmlDeviceGetDisplayMode(device: Device, display: Out<c_uint>) = |nvml| {
        nvml.enter("nvmlDeviceGetDisplayMode", Some(device.board(nvml)?))?;
        display.set(DISABLED)
    };

    /// Whether a display is in use: never.
    fn nvmlDeviceGetDisplayActive(device: Device, active: Out<c_uint>) = |nvml| {
        nvml.enter("nvmlDeviceGetDisplayActive", Some(device.board(nvml)?))?;
        active.set(DISABLED)
    };

    /// Fan speed. NOT_SUPPORTED: the boards are cooled by their chassis.
    fn nvmlDeviceGetFanSpeed(device: Device, speed: Out<c_uint>) = |nvml| speed.set(nvml.fan(device.board(nvml)?)?);
}
