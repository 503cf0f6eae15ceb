//! MIG mode.

use std::ffi::c_uint;

use nvml_sim::ret::Ret;
use nvml_wrapper_sys::bindings::nvmlReturn_t;

use crate::handle::Device;
use crate::memory::Out;

exports! {
    /// MIG mode now, and after the next reset.
    fn nvmlDeviceGetMigMode(device: Device, current: Out<c_uint>, pending: Out<c_uint>) = |nvml| {
        let (now, next) = nvml.mig_mode(device.board(nvml)?)?;
        pending.present()?;
        current.set(c_uint::from(now))?;
        pending.set(c_uint::from(next))
    };

    /// Sets MIG mode. SUCCESS says that it is set, `activation` whether it took effect.
    fn nvmlDeviceSetMigMode(device: Device, mode: c_uint, activation: Out<nvmlReturn_t>) = |nvml| {
        activation.present()?;
        let on = match mode {
            0 => false,
            1 => true,
            _ => return Err(Ret::INVALID_ARGUMENT),
        };
        activation.set(nvml.set_mig_mode(device.board(nvml)?, on)?.0)
    };
}
