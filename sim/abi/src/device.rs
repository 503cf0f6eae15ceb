//! Finding devices: by index, UUID, PCI address and serial number.

use std::ffi::c_uint;

use nvml_sim::driver::DeviceRef;

use crate::handle::Device;
use crate::memory::{Out, TextIn};

exports! {
    /// Number of GPUs.
    fn nvmlDeviceGetCount(count: Out<c_uint>) = |nvml| count.set(nvml.count()?);

    /// Number of GPUs. (The older form left out those without permission; the simulator has none of those.)
    fn nvmlDeviceGetCount_v2(count: Out<c_uint>) = |nvml| count.set(nvml.count()?);

    /// The GPU with this index. INVALID_ARGUMENT beyond the last.
    fn nvmlDeviceGetHandleByIndex(index: c_uint, device: Out<Device>) =
        |nvml| device.set(Device::gpu(nvml, nvml.by_index(index)?));

    /// The GPU with this index. INVALID_ARGUMENT beyond the last.
    fn nvmlDeviceGetHandleByIndex_v2(index: c_uint, device: Out<Device>) =
        |nvml| device.set(Device::gpu(nvml, nvml.by_index(index)?));

    /// The GPU or MIG device with this UUID. NOT_FOUND without one.
    fn nvmlDeviceGetHandleByUUID(uuid: TextIn, device: Out<Device>) =
        |nvml| device.set(Device::of(nvml, nvml.by_uuid(&uuid.get()?)?));

    /// The GPU at this PCI address. NOT_FOUND without one.
    fn nvmlDeviceGetHandleByPciBusId(address: TextIn, device: Out<Device>) =
        |nvml| device.set(Device::gpu(nvml, nvml.by_pci(&address.get()?)?));

    /// The GPU at this PCI address, `domain:bus:device.function` in hexadecimal, function and domain optional.
    /// NOT_FOUND without one.
    fn nvmlDeviceGetHandleByPciBusId_v2(address: TextIn, device: Out<Device>) =
        |nvml| device.set(Device::gpu(nvml, nvml.by_pci(&address.get()?)?));

    /// The GPU on the board with this serial number. NOT_FOUND without one.
    fn nvmlDeviceGetHandleBySerial(serial: TextIn, device: Out<Device>) =
        |nvml| device.set(Device::gpu(nvml, nvml.by_serial(&serial.get()?)?));

    /// 1 for a MIG device, 0 for a GPU.
    fn nvmlDeviceIsMigDeviceHandle(device: Device, answer: Out<c_uint>) =
        |nvml| answer.set(c_uint::from(nvml.is_mig(device.find(nvml)?)?));

    /// Index of a GPU, or of a MIG device on its GPU.
    fn nvmlDeviceGetIndex(device: Device, index: Out<c_uint>) = |nvml| index.set(nvml.index(device.find(nvml)?)?);

    /// The GPU that a MIG device is part of.
    fn nvmlDeviceGetDeviceHandleFromMigDeviceHandle(mig_device: Device, device: Out<Device>) =
        |nvml| device.set(Device::of(nvml, DeviceRef::Gpu(nvml.parent(mig_device.find(nvml)?)?)));
}
