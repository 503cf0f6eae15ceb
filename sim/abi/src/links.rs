//! PCI Express and NVLink.

use std::ffi::c_uint;

use nvml_sim::ret::Ret;

use crate::handle::Device;
use crate::memory::Out;

exports! {
    /// Generation of the PCI Express link as it runs now; falls when the GPU is idle.
    fn nvmlDeviceGetCurrPcieLinkGeneration(device: Device, generation: Out<c_uint>) =
        |nvml| generation.set(nvml.pcie_generation(device.board(nvml)?)?);

    /// Lanes of the link now.
    fn nvmlDeviceGetCurrPcieLinkWidth(device: Device, width: Out<c_uint>) =
        |nvml| width.set(nvml.pcie_width(device.board(nvml)?)?);

    /// Highest generation that GPU and slot allow.
    fn nvmlDeviceGetMaxPcieLinkGeneration(device: Device, generation: Out<c_uint>) =
        |nvml| generation.set(nvml.pcie_generation_max(device.board(nvml)?)?);

    /// Most lanes that GPU and slot allow.
    fn nvmlDeviceGetMaxPcieLinkWidth(device: Device, width: Out<c_uint>) =
        |nvml| width.set(nvml.pcie_width_max(device.board(nvml)?)?);

    /// Traffic of the link in KiB/s: `counter` 0 sent, 1 received.
    fn nvmlDeviceGetPcieThroughput(device: Device, counter: c_uint, rate: Out<c_uint>) = |nvml| {
        let gpu = device.board(nvml)?;
        if counter > 1 {
            return Err(Ret::INVALID_ARGUMENT);
        }
        let (sent, received) = nvml.pcie_throughput(gpu)?;
        rate.set(if counter == 0 { sent } else { received })
    };

    /// Whether an NVLink is up. INVALID_ARGUMENT beyond the last link.
    fn nvmlDeviceGetNvLinkState(device: Device, link: c_uint, active: Out<c_uint>) =
        |nvml| active.set(c_uint::from(nvml.nvlink_state(device.board(nvml)?, link)?));
}
