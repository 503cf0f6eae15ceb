//! Power, performance state and persistence.

use std::ffi::c_uint;

use crate::handle::Device;
use crate::memory::Out;

exports! {
    /// Milliwatts.
    fn nvmlDeviceGetPowerUsage(device: Device, power: Out<c_uint>) = |nvml| power.set(nvml.power_mw(device.board(nvml)?)?);

    /// The limit in force, in milliwatts.
    fn nvmlDeviceGetEnforcedPowerLimit(device: Device, limit: Out<c_uint>) =
        |nvml| limit.set(nvml.power_limit_mw(device.board(nvml)?)?);

    /// The limit that was set, in milliwatts: the one in force, since nothing else limits a simulated board.
    fn nvmlDeviceGetPowerManagementLimit(device: Device, limit: Out<c_uint>) =
        |nvml| limit.set(nvml.power_limit_mw(device.board(nvml)?)?);

    /// Smallest and largest limit that can be set, in milliwatts.
    fn nvmlDeviceGetPowerManagementLimitConstraints(device: Device, least: Out<c_uint>, most: Out<c_uint>) = |nvml| {
        let (low, high) = nvml.power_limits_mw(device.board(nvml)?)?;
        most.present()?;
        least.set(low)?;
        most.set(high)
    };

    /// `NVML_PSTATE_*`.
    fn nvmlDeviceGetPerformanceState(device: Device, state: Out<c_uint>) = |nvml| state.set(nvml.pstate(device.board(nvml)?)?);

    /// `NVML_PSTATE_*` under the function's older name.
    fn nvmlDeviceGetPowerState(device: Device, state: Out<c_uint>) = |nvml| state.set(nvml.pstate(device.board(nvml)?)?);

    /// Persistence mode.
    fn nvmlDeviceGetPersistenceMode(device: Device, mode: Out<c_uint>) =
        |nvml| mode.set(c_uint::from(nvml.persistence(device.board(nvml)?)?));
}
