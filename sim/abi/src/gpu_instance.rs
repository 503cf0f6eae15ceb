//! GPU instances: create, destroy, list, look up.

use std::ffi::c_uint;

use nvml_sim::ret::Ret;
use nvml_wrapper_sys::bindings::{nvmlGpuInstanceInfo_t, nvmlGpuInstancePlacement_t};

use crate::gpu_profile::placement;
use crate::handle::{Device, GpuInstance};
use crate::memory::{Array, In, Out};

exports! {
    /// Creates an instance where the driver likes. The result's place is checked first: nothing is created for a null
    /// pointer.
    fn nvmlDeviceCreateGpuInstance(device: Device, id: c_uint, instance: Out<GpuInstance>) = |nvml| {
        instance.present()?;
        let gpu = device.board(nvml)?;
        instance.set(GpuInstance::of(nvml, gpu, nvml.create_gi(gpu, id, None)?))
    };

    /// Creates an instance at a placement. INVALID_ARGUMENT for one that the profile does not offer.
    fn nvmlDeviceCreateGpuInstanceWithPlacement(
        device: Device,
        id: c_uint,
        place: In<nvmlGpuInstancePlacement_t>,
        instance: Out<GpuInstance>,
    ) = |nvml| {
        instance.present()?;
        let nvmlGpuInstancePlacement_t { start, size } = place.get()?;
        let gpu = device.board(nvml)?;
        instance.set(GpuInstance::of(nvml, gpu, nvml.create_gi(gpu, id, Some((start, size)))?))
    };

    /// Destroys an instance. IN_USE while it has compute instances or clients.
    fn nvmlGpuInstanceDestroy(instance: GpuInstance) = |nvml| {
        let (gpu, gi) = instance.find(nvml)?;
        nvml.destroy_gi(gpu, gi).map_err(stale)
    };

    /// The instances of a profile. The array must have room for as many as the profile allows.
    fn nvmlDeviceGetGpuInstances(device: Device, id: c_uint, instances: Array<GpuInstance>, count: Out<c_uint>) = |nvml| {
        if instances.is_null() {
            return Err(Ret::INVALID_ARGUMENT);
        }
        count.present()?;
        let gpu = device.board(nvml)?;
        let all = nvml.gis(gpu, id)?;
        count.set(all.len() as c_uint)?;
        instances.set(all.into_iter().map(|gi| GpuInstance::of(nvml, gpu, gi)))
    };

    /// The instance with this id. NOT_FOUND without one.
    fn nvmlDeviceGetGpuInstanceById(device: Device, gi: c_uint, instance: Out<GpuInstance>) = |nvml| {
        let gpu = device.board(nvml)?;
        instance.set(GpuInstance::of(nvml, gpu, nvml.gi_by_id(gpu, gi)?))
    };

    /// Id, profile and placement of an instance. INVALID_ARGUMENT if it is gone.
    fn nvmlGpuInstanceGetInfo(instance: GpuInstance, info: Out<nvmlGpuInstanceInfo_t>) = |nvml| {
        let (gpu, gi) = instance.find(nvml)?;
        let found = nvml.gi_info(gpu, gi).map_err(stale)?;
        info.set(nvmlGpuInstanceInfo_t {
            device: Device::gpu(nvml, gpu).cast(),
            id: found.gi,
            profileId: found.profile,
            placement: placement((found.start, found.size)),
        })
    };
}

/// An instance that a handle names and that is gone makes the handle an invalid argument.
pub(crate) fn stale(code: Ret) -> Ret {
    if code == Ret::NOT_FOUND {
        Ret::INVALID_ARGUMENT
    } else {
        code
    }
}
