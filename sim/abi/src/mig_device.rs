//! MIG devices: a compute instance seen as a device.

use std::ffi::c_uint;

use nvml_sim::driver::DeviceRef;
use nvml_sim::ret::Result;
use nvml_wrapper_sys::bindings::nvmlDeviceAttributes_t;

use crate::handle::Device;
use crate::memory::Out;
use crate::session::Session;

exports! {
    /// Upper bound of the number of MIG devices; 0 with MIG off.
    fn nvmlDeviceGetMaxMigDeviceCount(device: Device, count: Out<c_uint>) =
        |nvml| count.set(nvml.max_mig_devices(device.board(nvml)?)?);

    /// The MIG device at an index. NOT_FOUND where there is none: go on to the next index.
    fn nvmlDeviceGetMigDeviceHandleByIndex(device: Device, index: c_uint, mig_device: Out<Device>) = |nvml| {
        let gpu = device.board(nvml)?;
        let (gi, ci) = nvml.mig_by_index(gpu, index)?;
        mig_device.set(Device::of(nvml, DeviceRef::Mig { gpu, gi, ci }))
    };

    /// GPU instance id of a MIG device.
    fn nvmlDeviceGetGpuInstanceId(mig_device: Device, id: Out<c_uint>) =
        |nvml| id.set(nvml.gi_id(mig_device.find(nvml)?)?);

    /// Compute instance id of a MIG device.
    fn nvmlDeviceGetComputeInstanceId(mig_device: Device, id: Out<c_uint>) =
        |nvml| id.set(nvml.ci_id(mig_device.find(nvml)?)?);

    /// Multiprocessors, engines, slices and memory of a MIG device, in the first form. NOT_SUPPORTED for a GPU.
    fn nvmlDeviceGetAttributes(mig_device: Device, attributes: Out<nvmlDeviceAttributes_t>) =
        |nvml| attributes.set(of(nvml, mig_device)?);

    /// Multiprocessors, engines, slices and memory of a MIG device. NOT_SUPPORTED for a GPU.
    fn nvmlDeviceGetAttributes_v2(mig_device: Device, attributes: Out<nvmlDeviceAttributes_t>) =
        |nvml| attributes.set(of(nvml, mig_device)?);
}

fn of(nvml: &Session, mig_device: Device) -> Result<nvmlDeviceAttributes_t> {
    let found = nvml.attributes(mig_device.find(nvml)?)?;
    Ok(nvmlDeviceAttributes_t {
        multiprocessorCount: found.sm,
        sharedCopyEngineCount: found.ce,
        sharedDecoderCount: found.dec,
        sharedEncoderCount: found.enc,
        sharedJpegCount: found.jpg,
        sharedOfaCount: found.ofa,
        gpuInstanceSliceCount: found.gi_slices,
        computeInstanceSliceCount: found.ci_slices,
        memorySizeMB: found.memory_mib,
    })
}
