//! Profiles of compute instances within a GPU instance.

use std::ffi::c_uint;

use nvml_sim::driver::CiProfile;
use nvml_sim::ret::{Result, Ret};
use nvml_wrapper_sys::bindings::{
    nvmlComputeInstancePlacement_t, nvmlComputeInstanceProfileInfo_t,
    nvmlComputeInstanceProfileInfo_v2_t, nvmlComputeInstanceProfileInfo_v3_t,
};

use crate::gpu_instance::stale;
use crate::handle::GpuInstance;
use crate::memory::{Array, InOut, Out, chars};
use crate::version;

const V2: c_uint = version::word::<nvmlComputeInstanceProfileInfo_v2_t>(2);
const V3: c_uint = version::word::<nvmlComputeInstanceProfileInfo_v3_t>(3);

exports! {
    /// A profile by its `NVML_COMPUTE_INSTANCE_PROFILE_*` and `NVML_COMPUTE_INSTANCE_ENGINE_PROFILE_*` numbers.
    fn nvmlGpuInstanceGetComputeInstanceProfileInfo(
        instance: GpuInstance,
        kind: c_uint,
        engines: c_uint,
        info: Out<nvmlComputeInstanceProfileInfo_t>,
    ) = |nvml| {
        let (gpu, gi) = instance.find(nvml)?;
        let profile = nvml.ci_profile(gpu, gi, kind, engines).map_err(stale)?;
        info.set(nvmlComputeInstanceProfileInfo_t {
            id: profile.id,
            sliceCount: profile.slices,
            instanceCount: profile.max,
            multiprocessorCount: profile.sm,
            sharedCopyEngineCount: profile.ce,
            sharedDecoderCount: profile.dec,
            sharedEncoderCount: profile.enc,
            sharedJpegCount: profile.jpg,
            sharedOfaCount: profile.ofa,
        })
    };

    /// A profile with its name; struct of version 2 or 3.
    fn nvmlGpuInstanceGetComputeInstanceProfileInfoV(
        instance: GpuInstance,
        kind: c_uint,
        engines: c_uint,
        info: InOut<nvmlComputeInstanceProfileInfo_v2_t>,
    ) = |nvml| {
        let word = version::of(info)?;
        if word != V2 && word != V3 {
            return Err(Ret::INVALID_ARGUMENT);
        }
        let (gpu, gi) = instance.find(nvml)?;
        write(&nvml.ci_profile(gpu, gi, kind, engines).map_err(stale)?, word, info)
    };

    /// Where compute instances of a profile may lie among the slices of the GPU instance. A null array asks for their
    /// number.
    fn nvmlGpuInstanceGetComputeInstancePossiblePlacements(
        instance: GpuInstance,
        id: c_uint,
        placements: Array<nvmlComputeInstancePlacement_t>,
        count: Out<c_uint>,
    ) = |nvml| {
        count.present()?;
        let (gpu, gi) = instance.find(nvml)?;
        let all = nvml.ci_placements(gpu, gi, id).map_err(stale)?;
        count.set(all.len() as c_uint)?;
        if placements.is_null() { Ok(()) } else { placements.set(all.into_iter().map(placement)) }
    };

    /// How many more compute instances of a profile could be created now.
    fn nvmlGpuInstanceGetComputeInstanceRemainingCapacity(instance: GpuInstance, id: c_uint, count: Out<c_uint>) = |nvml| {
        let (gpu, gi) = instance.find(nvml)?;
        count.set(nvml.ci_remaining(gpu, gi, id).map_err(stale)?)
    };
}

fn write(
    profile: &CiProfile,
    word: c_uint,
    info: InOut<nvmlComputeInstanceProfileInfo_v2_t>,
) -> Result<()> {
    if word == V3 {
        return info.cast().set(nvmlComputeInstanceProfileInfo_v3_t {
            version: V3,
            id: profile.id,
            sliceCount: profile.slices,
            instanceCount: profile.max,
            multiprocessorCount: profile.sm,
            sharedCopyEngineCount: profile.ce,
            sharedDecoderCount: profile.dec,
            sharedEncoderCount: profile.enc,
            sharedJpegCount: profile.jpg,
            sharedOfaCount: profile.ofa,
            name: chars(&profile.name),
            capabilities: profile.caps,
        });
    }
    info.set(nvmlComputeInstanceProfileInfo_v2_t {
        version: V2,
        id: profile.id,
        sliceCount: profile.slices,
        instanceCount: profile.max,
        multiprocessorCount: profile.sm,
        sharedCopyEngineCount: profile.ce,
        sharedDecoderCount: profile.dec,
        sharedEncoderCount: profile.enc,
        sharedJpegCount: profile.jpg,
        sharedOfaCount: profile.ofa,
        name: chars(&profile.name),
    })
}

/// As C has it.
pub(crate) fn placement((start, size): (u32, u32)) -> nvmlComputeInstancePlacement_t {
    nvmlComputeInstancePlacement_t { start, size }
}
