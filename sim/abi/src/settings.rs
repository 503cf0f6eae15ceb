//! Settings that are the same on all simulated boards, and sensors that none of them has.

use std::ffi::c_uint;

use nvml_sim::ret::{Result, Ret};

use crate::handle::Device;
use crate::memory::Out;
use crate::session::Session;

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

    /// The Windows driver model. NOT_SUPPORTED: on Linux there is none (nvml.h).
    fn nvmlDeviceGetDriverModel(device: Device, current: Out<c_uint>, pending: Out<c_uint>) =
        |nvml| no_driver_model(nvml, device, "nvmlDeviceGetDriverModel", [current, pending]);

    /// The Windows driver model. NOT_SUPPORTED: on Linux there is none (nvml.h).
    fn nvmlDeviceGetDriverModel_v2(device: Device, current: Out<c_uint>, pending: Out<c_uint>) =
        |nvml| no_driver_model(nvml, device, "nvmlDeviceGetDriverModel_v2", [current, pending]);

    /// Fan speed. NOT_SUPPORTED: the boards are cooled by their chassis.
    fn nvmlDeviceGetFanSpeed(device: Device, speed: Out<c_uint>) = |nvml| speed.set(nvml.fan(device.board(nvml)?)?);
}

/// INVALID_ARGUMENT without a place for both answers, else NOT_SUPPORTED.
fn no_driver_model(
    nvml: &Session,
    device: Device,
    symbol: &'static str,
    places: [Out<c_uint>; 2],
) -> Result<()> {
    nvml.enter(symbol, Some(device.find(nvml)?.gpu()))?;
    for place in places {
        place.present()?;
    }
    Err(Ret::NOT_SUPPORTED)
}
