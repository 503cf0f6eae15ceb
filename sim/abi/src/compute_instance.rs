//! Compute instances: create, destroy, list, look up.

use std::ffi::c_uint;

use nvml_sim::driver::CiInfo;
use nvml_sim::ret::{Result, Ret};
use nvml_wrapper_sys::bindings::{nvmlComputeInstanceInfo_t, nvmlComputeInstancePlacement_t};

use crate::compute_profile::placement;
use crate::gpu_instance::stale;
use crate::handle::{ComputeInstance, Device, GpuInstance};
use crate::layout::ComputeInstanceInfoLegacy;
use crate::memory::{Array, In, Out};
use crate::session::Session;

exports! {
    /// Creates a compute instance where the driver likes.
    fn nvmlGpuInstanceCreateComputeInstance(instance: GpuInstance, id: c_uint, compute: Out<ComputeInstance>) = |nvml| {
        compute.present()?;
        let (gpu, gi) = instance.find(nvml)?;
        let ci = nvml.create_ci(gpu, gi, id, None).map_err(stale)?;
        compute.set(ComputeInstance::of(nvml, gpu, gi, ci))
    };

    /// Creates a compute instance at a placement. INVALID_ARGUMENT for one that the profile does not offer.
    fn nvmlGpuInstanceCreateComputeInstanceWithPlacement(
        instance: GpuInstance,
        id: c_uint,
        place: In<nvmlComputeInstancePlacement_t>,
        compute: Out<ComputeInstance>,
    ) = |nvml| {
        compute.present()?;
        let nvmlComputeInstancePlacement_t { start, size } = place.get()?;
        let (gpu, gi) = instance.find(nvml)?;
        let ci = nvml.create_ci(gpu, gi, id, Some((start, size))).map_err(stale)?;
        compute.set(ComputeInstance::of(nvml, gpu, gi, ci))
    };

    /// Destroys a compute instance. IN_USE while a process has it open.
    fn nvmlComputeInstanceDestroy(compute: ComputeInstance) = |nvml| {
        let (gpu, gi, ci) = compute.find(nvml)?;
        nvml.destroy_ci(gpu, gi, ci).map_err(stale)
    };

    /// The compute instances of a profile. The array must have room for as many as the profile allows.
    fn nvmlGpuInstanceGetComputeInstances(
        instance: GpuInstance,
        id: c_uint,
        instances: Array<ComputeInstance>,
        count: Out<c_uint>,
    ) = |nvml| {
        if instances.is_null() {
            return Err(Ret::INVALID_ARGUMENT);
        }
        count.present()?;
        let (gpu, gi) = instance.find(nvml)?;
        let all = nvml.cis(gpu, gi, id).map_err(stale)?;
        count.set(all.len() as c_uint)?;
        instances.set(all.into_iter().map(|ci| ComputeInstance::of(nvml, gpu, gi, ci)))
    };

    /// The compute instance with this id. NOT_FOUND without one.
    fn nvmlGpuInstanceGetComputeInstanceById(instance: GpuInstance, ci: c_uint, compute: Out<ComputeInstance>) = |nvml| {
        let (gpu, gi) = instance.find(nvml)?;
        compute.set(ComputeInstance::of(nvml, gpu, gi, nvml.ci_by_id(gpu, gi, ci)?))
    };

    /// Id and profile of a compute instance in the first form, which has no placement.
    fn nvmlComputeInstanceGetInfo(compute: ComputeInstance, info: Out<ComputeInstanceInfoLegacy>) = |nvml| {
        let (gpu, gi, found) = look_up(nvml, compute)?;
        info.set(ComputeInstanceInfoLegacy {
            device: Device::gpu(nvml, gpu).cast(),
            gpu_instance: GpuInstance::of(nvml, gpu, gi).cast(),
            id: found.ci,
            profile_id: found.profile,
        })
    };

    /// Id, profile and placement of a compute instance. INVALID_ARGUMENT if it is gone.
    fn nvmlComputeInstanceGetInfo_v2(compute: ComputeInstance, info: Out<nvmlComputeInstanceInfo_t>) = |nvml| {
        let (gpu, gi, found) = look_up(nvml, compute)?;
        info.set(nvmlComputeInstanceInfo_t {
            device: Device::gpu(nvml, gpu).cast(),
            gpuInstance: GpuInstance::of(nvml, gpu, gi).cast(),
            id: found.ci,
            profileId: found.profile,
            placement: placement((found.start, found.size)),
        })
    };
}

fn look_up(nvml: &Session, compute: ComputeInstance) -> Result<(u32, u32, CiInfo)> {
    let (gpu, gi, ci) = compute.find(nvml)?;
    Ok((gpu, gi, nvml.ci_info(gpu, gi, ci).map_err(stale)?))
}
