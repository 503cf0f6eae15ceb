//! Profiles of GPU instances: what a board offers, where it may lie, how much is left.

use std::ffi::c_uint;

use nvml_sim::driver::GiProfile;
use nvml_sim::ret::{Result, Ret};
use nvml_wrapper_sys::bindings::{
    nvmlGpuInstancePlacement_t, nvmlGpuInstanceProfileInfo_t, nvmlGpuInstanceProfileInfo_v2_t,
    nvmlGpuInstanceProfileInfo_v3_t,
};

use crate::handle::Device;
use crate::memory::{Array, InOut, Out, chars};
use crate::version;

const V2: c_uint = version::word::<nvmlGpuInstanceProfileInfo_v2_t>(2);
const V3: c_uint = version::word::<nvmlGpuInstanceProfileInfo_v3_t>(3);

exports! {
    /// A profile by its `NVML_GPU_INSTANCE_PROFILE_*` number. INVALID_ARGUMENT beyond the last number, NOT_SUPPORTED
    /// for one that the board does not offer.
    fn nvmlDeviceGetGpuInstanceProfileInfo(device: Device, kind: c_uint, info: Out<nvmlGpuInstanceProfileInfo_t>) = |nvml| {
        let profile = nvml.gi_profile(device.board(nvml)?, kind)?;
        info.set(nvmlGpuInstanceProfileInfo_t {
            id: profile.id,
            isP2pSupported: c_uint::from(profile.p2p),
            sliceCount: profile.slices,
            instanceCount: profile.max,
            multiprocessorCount: profile.sm,
            copyEngineCount: profile.ce,
            decoderCount: profile.dec,
            encoderCount: profile.enc,
            jpegCount: profile.jpg,
            ofaCount: profile.ofa,
            memorySizeMB: profile.memory_mib,
        })
    };

    /// A profile by its `NVML_GPU_INSTANCE_PROFILE_*` number, with its name; struct of version 2 or 3.
    fn nvmlDeviceGetGpuInstanceProfileInfoV(
        device: Device,
        kind: c_uint,
        info: InOut<nvmlGpuInstanceProfileInfo_v2_t>,
    ) = |nvml| {
        check_version(info)?;
        write(&nvml.gi_profile(device.board(nvml)?, kind)?, info)
    };

    /// A profile by its id on the board, with its name; struct of version 2 or 3.
    fn nvmlDeviceGetGpuInstanceProfileInfoByIdV(
        device: Device,
        id: c_uint,
        info: InOut<nvmlGpuInstanceProfileInfo_v2_t>,
    ) = |nvml| {
        check_version(info)?;
        write(&nvml.gi_profile_by_id(device.board(nvml)?, id)?, info)
    };

    /// Where instances of a profile may lie in the first form, which wants room for all placements at once.
    fn nvmlDeviceGetGpuInstancePossiblePlacements(
        device: Device,
        id: c_uint,
        placements: Array<nvmlGpuInstancePlacement_t>,
        count: Out<c_uint>,
    ) = |nvml| {
        if placements.is_null() {
            return Err(Ret::INVALID_ARGUMENT);
        }
        count.present()?;
        let all = nvml.gi_placements(device.board(nvml)?, id)?;
        count.set(all.len() as c_uint)?;
        placements.set(all.into_iter().map(placement))
    };

    /// Where instances of a profile may lie, occupied or not. A null array asks for their number.
    fn nvmlDeviceGetGpuInstancePossiblePlacements_v2(
        device: Device,
        id: c_uint,
        placements: Array<nvmlGpuInstancePlacement_t>,
        count: Out<c_uint>,
    ) = |nvml| {
        count.present()?;
        let all = nvml.gi_placements(device.board(nvml)?, id)?;
        count.set(all.len() as c_uint)?;
        if placements.is_null() { Ok(()) } else { placements.set(all.into_iter().map(placement)) }
    };

    /// How many more instances of a profile could be created now.
    fn nvmlDeviceGetGpuInstanceRemainingCapacity(device: Device, id: c_uint, count: Out<c_uint>) =
        |nvml| count.set(nvml.gi_remaining(device.board(nvml)?, id)?);
}

fn check_version(info: InOut<nvmlGpuInstanceProfileInfo_v2_t>) -> Result<()> {
    match version::of(info)? {
        V2 | V3 => Ok(()),
        _ => Err(Ret::INVALID_ARGUMENT),
    }
}

/// Versions 2 and 3 are of one size and different order: only the version word, already checked, tells them apart.
fn write(profile: &GiProfile, info: InOut<nvmlGpuInstanceProfileInfo_v2_t>) -> Result<()> {
    if version::of(info)? == V3 {
        return info.cast().set(nvmlGpuInstanceProfileInfo_v3_t {
            version: V3,
            id: profile.id,
            sliceCount: profile.slices,
            instanceCount: profile.max,
            multiprocessorCount: profile.sm,
            copyEngineCount: profile.ce,
            decoderCount: profile.dec,
            encoderCount: profile.enc,
            jpegCount: profile.jpg,
            ofaCount: profile.ofa,
            memorySizeMB: profile.memory_mib,
            name: chars(&profile.name),
            capabilities: profile.caps,
        });
    }
    info.set(nvmlGpuInstanceProfileInfo_v2_t {
        version: V2,
        id: profile.id,
        isP2pSupported: c_uint::from(profile.p2p),
        sliceCount: profile.slices,
        instanceCount: profile.max,
        multiprocessorCount: profile.sm,
        copyEngineCount: profile.ce,
        decoderCount: profile.dec,
        encoderCount: profile.enc,
        jpegCount: profile.jpg,
        ofaCount: profile.ofa,
        memorySizeMB: profile.memory_mib,
        name: chars(&profile.name),
    })
}

/// As C has it.
pub(crate) fn placement((start, size): (u32, u32)) -> nvmlGpuInstancePlacement_t {
    nvmlGpuInstancePlacement_t { start, size }
}
