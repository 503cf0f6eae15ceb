//! What a device is: names, numbers, addresses.

use std::ffi::{c_int, c_uint};

use nvml_sim::driver::Pci;
use nvml_sim::ret::Result;
use nvml_wrapper_sys::bindings::nvmlPciInfo_t;

use crate::handle::Device;
use crate::layout::PciInfoLegacy;
use crate::memory::{Out, TextOut, chars};
use crate::session::Session;

exports! {
    /// Product name; of a MIG device with its profile.
    fn nvmlDeviceGetName(device: Device, name: TextOut, length: c_uint) =
        |nvml| name.set(length, &nvml.name(device.find(nvml)?)?);

    /// UUID of a GPU or MIG device, with its prefix.
    fn nvmlDeviceGetUUID(device: Device, uuid: TextOut, length: c_uint) =
        |nvml| uuid.set(length, &nvml.uuid(device.find(nvml)?)?);

    /// The number in `/dev/nvidiaN`.
    fn nvmlDeviceGetMinorNumber(device: Device, minor: Out<c_uint>) =
        |nvml| minor.set(nvml.minor(device.board(nvml)?)?);

    /// Serial number of the board.
    fn nvmlDeviceGetSerial(device: Device, serial: TextOut, length: c_uint) =
        |nvml| serial.set(length, &nvml.serial(device.board(nvml)?)?);

    /// `NVML_DEVICE_ARCH_*`.
    fn nvmlDeviceGetArchitecture(device: Device, architecture: Out<c_uint>) =
        |nvml| architecture.set(nvml.architecture(device.board(nvml)?)?);

    /// `NVML_BRAND_*`.
    fn nvmlDeviceGetBrand(device: Device, brand: Out<c_uint>) = |nvml| brand.set(nvml.brand(device.board(nvml)?)?);

    /// CUDA compute capability, that of its GPU for a MIG device.
    fn nvmlDeviceGetCudaComputeCapability(device: Device, major: Out<c_int>, minor: Out<c_int>) = |nvml| {
        let (larger, smaller) = nvml.compute_capability(gpu_of(nvml, device)?)?;
        minor.present()?;
        major.set(larger)?;
        minor.set(smaller)
    };

    /// PCI address and ids in the first form, whose caller's struct ends in reserved words that are left alone.
    fn nvmlDeviceGetPciInfo(device: Device, pci: Out<PciInfoLegacy>) =
        |nvml| pci.set(legacy(&nvml.pci(gpu_of(nvml, device)?)?));

    /// PCI address and ids in the second form, with the same layout as the first.
    fn nvmlDeviceGetPciInfo_v2(device: Device, pci: Out<PciInfoLegacy>) =
        |nvml| pci.set(legacy(&nvml.pci(gpu_of(nvml, device)?)?));

    /// PCI address and ids, that of its GPU for a MIG device.
    fn nvmlDeviceGetPciInfo_v3(device: Device, pci: Out<nvmlPciInfo_t>) = |nvml| {
        let address = nvml.pci(gpu_of(nvml, device)?)?;
        let head = legacy(&address);
        pci.set(nvmlPciInfo_t {
            busIdLegacy: head.bus_id,
            domain: head.domain,
            bus: head.bus,
            device: head.device,
            pciDeviceId: head.pci_device_id,
            pciSubSystemId: head.pci_subsystem_id,
            busId: chars(&format!("{:08X}:{:02X}:{:02X}.0", address.domain, address.bus, address.device)),
        })
    };
}

/// The GPU, for facts that a MIG device shares with it.
fn gpu_of(nvml: &Session, device: Device) -> Result<u32> {
    Ok(device.find(nvml)?.gpu())
}

fn legacy(pci: &Pci) -> PciInfoLegacy {
    PciInfoLegacy {
        bus_id: chars(&format!(
            "{:04X}:{:02X}:{:02X}.0",
            pci.domain, pci.bus, pci.device
        )),
        domain: pci.domain,
        bus: pci.bus,
        device: pci.device,
        pci_device_id: pci.device_id,
        pci_subsystem_id: pci.subsystem_id,
    }
}
