//! Compute instances.

use super::{Driver, of};
use crate::ret::{Result, Ret};
use crate::rules::compute;
use crate::state::Ci;
use crate::tables::{CiRow, Engines, GiRow, ci_profiles, kind};

/// A compute-instance profile (`nvmlComputeInstanceProfileInfo_v3_t` and its predecessors).
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)] // named as in NVML; engine counts are those of the GPU instance, shared
pub struct CiProfile {
    /// Profile id, which is also `NVML_COMPUTE_INSTANCE_PROFILE_*`.
    pub id: u32,
    /// Compute slices.
    pub slices: u32,
    /// Most of them in the GPU instance.
    pub max: u32,
    pub sm: u32,
    pub ce: u32,
    pub dec: u32,
    pub enc: u32,
    pub jpg: u32,
    pub ofa: u32,
    /// With `MIG ` in front.
    pub name: String,
    /// `NVML_COMPUTE_INSTANCE_PROFILE_CAPS_*`: 1 graphics.
    pub caps: u32,
}

/// A compute instance (`nvmlComputeInstanceInfo_v2_t`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CiInfo {
    /// Id.
    pub ci: u32,
    /// Profile id.
    pub profile: u32,
    /// First compute slice within the GPU instance.
    pub start: u32,
    /// Compute slices.
    pub size: u32,
}

impl Driver {
    /// `nvmlGpuInstanceGetComputeInstanceProfileInfoV`, before R510 without `V`. INVALID_ARGUMENT: no such kind, an
    /// engine profile but 0 (shared), or the instance is gone; NOT_SUPPORTED: not in this instance.
    pub fn ci_profile(&self, gpu: u32, gi: u32, kind: u32, engine: u32) -> Result<CiProfile> {
        let symbol = self.newest(&[
            "nvmlGpuInstanceGetComputeInstanceProfileInfoV",
            "nvmlGpuInstanceGetComputeInstanceProfileInfo",
        ]);
        self.enter(symbol, Some(gpu))?;
        let state = self.state()?;
        let (_, row) = self.gi_row(of(&state, gpu)?, gi)?;
        if engine != 0 || kind >= self.ci_kinds() {
            return Err(Ret::INVALID_ARGUMENT);
        }
        ci_profiles(self.board, row)
            .into_iter()
            .find(|profile| profile.id == kind)
            .map(|profile| self.describe_ci(row, profile))
            .ok_or(Ret::NOT_SUPPORTED)
    }

    /// `NVML_COMPUTE_INSTANCE_PROFILE_COUNT` by driver branch (nvidia-ml-py 11.450 to 13.615).
    fn ci_kinds(&self) -> u32 {
        match self.major {
            ..460 => 5,
            460..525 => 7,
            525..610 => 8,
            610.. => 9,
        }
    }

    fn describe_ci(&self, row: &GiRow, profile: CiRow) -> CiProfile {
        let Engines {
            dec,
            enc,
            ce,
            jpg,
            ofa,
        } = row.engines;
        CiProfile {
            id: profile.id,
            slices: profile.slices,
            max: profile.max,
            sm: profile.sm,
            ce,
            dec,
            enc,
            jpg,
            ofa,
            name: format!("MIG {}", self.ci_profile_name(row, profile.id)),
            caps: u32::from(kind::is_gfx(row.kind)),
        }
    }

    /// `nvmlGpuInstanceGetComputeInstancePossiblePlacements`: all legal ones. NOT_SUPPORTED: no such profile.
    pub fn ci_placements(&self, gpu: u32, gi: u32, id: u32) -> Result<Vec<(u32, u32)>> {
        self.enter(
            "nvmlGpuInstanceGetComputeInstancePossiblePlacements",
            Some(gpu),
        )?;
        self.privileged()?;
        let state = self.state()?;
        let (_, row) = self.gi_row(of(&state, gpu)?, gi)?;
        let profile = compute::profile(self.board, row, id)?;
        Ok(profile
            .starts(row.slices)
            .map(|start| (start, profile.slices))
            .collect())
    }

    /// `nvmlGpuInstanceGetComputeInstanceRemainingCapacity`. NOT_SUPPORTED: no such profile.
    pub fn ci_remaining(&self, gpu: u32, gi: u32, id: u32) -> Result<u32> {
        self.enter(
            "nvmlGpuInstanceGetComputeInstanceRemainingCapacity",
            Some(gpu),
        )?;
        self.privileged()?;
        let state = self.state()?;
        let (gi, row) = self.gi_row(of(&state, gpu)?, gi)?;
        compute::remaining(self.board, row, &gi.placed(), id)
    }

    /// `nvmlGpuInstanceCreateComputeInstance`, or `..WithPlacement` (start, size). NOT_SUPPORTED: no such profile;
    /// INVALID_ARGUMENT: no such placement, or the GPU instance is gone; INSUFFICIENT_RESOURCES: no room.
    pub fn create_ci(
        &self,
        gpu: u32,
        gi: u32,
        id: u32,
        placement: Option<(u32, u32)>,
    ) -> Result<u32> {
        let symbol = match placement {
            None => "nvmlGpuInstanceCreateComputeInstance",
            Some(_) => "nvmlGpuInstanceCreateComputeInstanceWithPlacement",
        };
        self.enter(symbol, Some(gpu))?;
        self.privileged()?;
        self.update_gpu(gpu, |state, i| {
            let (found, row) = self.gi_row(&state.gpus[i], gi)?;
            let placed = found.placed();
            let profile = compute::profile(self.board, row, id)?;
            let start = match placement {
                None => compute::choose(self.board, row, &placed, id)?,
                Some((_, size)) if size != profile.slices => return Err(Ret::INVALID_ARGUMENT),
                Some((start, _)) => {
                    compute::can_place(self.board, row, &placed, (id, start))?;
                    start
                }
            };
            let ci = (0..)
                .find(|&free| found.ci(free).is_none())
                .ok_or(Ret::INSUFFICIENT_RESOURCES)?;
            let there = &mut state.gpus[i];
            let found = there.gi_mut(gi).ok_or(Ret::INVALID_ARGUMENT)?;
            found.cis.push(Ci {
                id: ci,
                profile: id,
                start,
                original: None,
            });
            there.change += 1;
            Ok(ci)
        })
    }

    /// `nvmlComputeInstanceDestroy`. INVALID_ARGUMENT: it is gone; IN_USE: a process works on it.
    pub fn destroy_ci(&self, gpu: u32, gi: u32, ci: u32) -> Result<()> {
        self.enter("nvmlComputeInstanceDestroy", Some(gpu))?;
        self.privileged()?;
        self.update_gpu(gpu, |state, i| {
            let found = state.gpus[i].gi(gi).ok_or(Ret::INVALID_ARGUMENT)?;
            found.ci(ci).ok_or(Ret::INVALID_ARGUMENT)?;
            let busy = self
                .work(state, gpu)
                .iter()
                .any(|work| (work.gi, work.ci) == (Some(gi), Some(ci)));
            if busy {
                return Err(Ret::IN_USE);
            }
            let sticky = self.stickiness(state, gpu);
            let there = &mut state.gpus[i];
            let found = there.gi_mut(gi).ok_or(Ret::INVALID_ARGUMENT)?;
            found.cis.retain(|other| other.id != ci);
            if found.cis.is_empty() {
                found.sticky = sticky;
            }
            there.change += 1;
            Ok(())
        })
    }

    /// `nvmlGpuInstanceGetComputeInstances`: ids of those of a profile.
    pub fn cis(&self, gpu: u32, gi: u32, id: u32) -> Result<Vec<u32>> {
        self.enter("nvmlGpuInstanceGetComputeInstances", Some(gpu))?;
        self.privileged()?;
        let state = self.state()?;
        let (gi, row) = self.gi_row(of(&state, gpu)?, gi)?;
        compute::profile(self.board, row, id)?;
        let mut found: Vec<u32> = gi
            .cis
            .iter()
            .filter(|ci| ci.profile == id)
            .map(|ci| ci.id)
            .collect();
        found.sort_unstable();
        Ok(found)
    }

    /// `nvmlGpuInstanceGetComputeInstanceById`. NOT_FOUND.
    pub fn ci_by_id(&self, gpu: u32, gi: u32, ci: u32) -> Result<u32> {
        self.enter("nvmlGpuInstanceGetComputeInstanceById", Some(gpu))?;
        self.privileged()?;
        let state = self.state()?;
        let (gi, _) = self.gi_row(of(&state, gpu)?, gi)?;
        gi.ci(ci).map(|ci| ci.id).ok_or(Ret::NOT_FOUND)
    }

    /// `nvmlComputeInstanceGetInfo_v2`, before R460 without version. INVALID_ARGUMENT: it is gone.
    pub fn ci_info(&self, gpu: u32, gi: u32, ci: u32) -> Result<CiInfo> {
        let symbol = self.newest(&[
            "nvmlComputeInstanceGetInfo_v2",
            "nvmlComputeInstanceGetInfo",
        ]);
        self.enter(symbol, Some(gpu))?;
        let state = self.state()?;
        let (gi, row) = self.gi_row(of(&state, gpu)?, gi)?;
        let ci = gi.ci(ci).ok_or(Ret::INVALID_ARGUMENT)?;
        let profile = compute::profile(self.board, row, ci.profile)?;
        Ok(CiInfo {
            ci: ci.id,
            profile: ci.profile,
            start: ci.start,
            size: profile.slices,
        })
    }
}
