//! GPU instances.

use super::{Driver, of};
use crate::ret::{Result, Ret};
use crate::rules::{self, ids};
use crate::scenario::derive;
use crate::state::Gi;
use crate::tables::{self, Engines, GiRow, kind};

/// A GPU-instance profile (`nvmlGpuInstanceProfileInfo_v3_t` and its predecessors).
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)] // named as in NVML; engine counts, slices
pub struct GiProfile {
    /// `NVML_GPU_INSTANCE_PROFILE_*`.
    pub kind: u32,
    /// The board's profile id.
    pub id: u32,
    /// Compute slices.
    pub slices: u32,
    /// Most instances of it.
    pub max: u32,
    pub sm: u32,
    pub ce: u32,
    pub dec: u32,
    pub enc: u32,
    pub jpg: u32,
    pub ofa: u32,
    /// MiB.
    pub memory_mib: u64,
    /// With `MIG ` in front.
    pub name: String,
    /// Peer-to-peer; "No" in every published listing.
    pub p2p: bool,
    /// `NVML_GPU_INSTANCE_PROFILE_CAPS_*`: 1 P2P, 2 graphics.
    pub caps: u32,
}

/// A GPU instance (`nvmlGpuInstanceInfo_t`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GiInfo {
    /// Id.
    pub gi: u32,
    /// The board's profile id.
    pub profile: u32,
    /// First memory slice.
    pub start: u32,
    /// Memory slices.
    pub size: u32,
}

impl Driver {
    /// `nvmlDeviceGetGpuInstanceProfileInfoV`, before R510 without `V`. INVALID_ARGUMENT: no such kind in this driver's
    /// header; NOT_SUPPORTED: not on this board. Works with MIG off, as the unversioned form is documented to.
    pub fn gi_profile(&self, gpu: u32, kind: u32) -> Result<GiProfile> {
        let symbol = self.newest(&[
            "nvmlDeviceGetGpuInstanceProfileInfoV",
            "nvmlDeviceGetGpuInstanceProfileInfo",
        ]);
        self.enter(symbol, Some(gpu))?;
        if kind >= self.gi_kinds() {
            return Err(Ret::INVALID_ARGUMENT);
        }
        self.board
            .offered(self.major)
            .find(|row| row.kind == kind)
            .map(|row| self.describe(row))
            .ok_or(Ret::NOT_SUPPORTED)
    }

    /// `nvmlDeviceGetGpuInstanceProfileInfoByIdV`. NOT_SUPPORTED: not on this board.
    pub fn gi_profile_by_id(&self, gpu: u32, id: u32) -> Result<GiProfile> {
        self.enter("nvmlDeviceGetGpuInstanceProfileInfoByIdV", Some(gpu))?;
        rules::offered(self.board, self.major, id)
            .map(|row| self.describe(row))
            .ok_or(Ret::NOT_SUPPORTED)
    }

    /// `NVML_GPU_INSTANCE_PROFILE_COUNT` by driver branch (nvidia-ml-py 11.450 to 13.615).
    fn gi_kinds(&self) -> u32 {
        match self.major {
            ..460 => 5,
            460..470 => 7,
            470..525 => 8,
            525..570 => 10,
            570..575 => 13,
            575..610 => 17,
            610.. => 18,
        }
    }

    fn describe(&self, row: &GiRow) -> GiProfile {
        let Engines {
            dec,
            enc,
            ce,
            jpg,
            ofa,
        } = row.engines;
        GiProfile {
            kind: row.kind,
            id: row.id,
            slices: row.slices,
            max: row.max,
            sm: row.sm,
            ce,
            dec,
            enc,
            jpg,
            ofa,
            memory_mib: tables::profile_mib(self.board, row, self.major),
            name: format!("MIG {}", tables::profile_name(self.board, row, self.major)),
            p2p: false,
            caps: if kind::is_gfx(row.kind) { 2 } else { 0 },
        }
    }

    /// `nvmlDeviceGetGpuInstancePossiblePlacements_v2`, before R470 without version: all legal ones, taken or not, MIG on
    /// or off. NOT_SUPPORTED: no such profile.
    pub fn gi_placements(&self, gpu: u32, id: u32) -> Result<Vec<(u32, u32)>> {
        let symbol = self.newest(&[
            "nvmlDeviceGetGpuInstancePossiblePlacements_v2",
            "nvmlDeviceGetGpuInstancePossiblePlacements",
        ]);
        self.enter(symbol, Some(gpu))?;
        self.privileged()?;
        let row = rules::offered(self.board, self.major, id).ok_or(Ret::NOT_SUPPORTED)?;
        Ok(row.starts.iter().map(|&start| (start, row.size)).collect())
    }

    /// `nvmlDeviceGetGpuInstanceRemainingCapacity`. NOT_SUPPORTED: MIG off.
    pub fn gi_remaining(&self, gpu: u32, id: u32) -> Result<u32> {
        self.enter("nvmlDeviceGetGpuInstanceRemainingCapacity", Some(gpu))?;
        self.privileged()?;
        let state = self.state()?;
        let there = of(&state, gpu)?;
        if !there.mode {
            return Err(Ret::NOT_SUPPORTED);
        }
        let row = rules::offered(self.board, self.major, id).ok_or(Ret::INVALID_ARGUMENT)?;
        rules::remaining(self.board, &there.layout(), row.id)
    }

    /// `nvmlDeviceCreateGpuInstance`, or `..WithPlacement` (start, size). NOT_SUPPORTED: MIG off; INVALID_ARGUMENT: no
    /// such profile or placement; INSUFFICIENT_RESOURCES: no room (for a legal placement that is taken inferred);
    /// IN_USE: it would be the first one, and a process works on the undivided GPU.
    pub fn create_gi(&self, gpu: u32, id: u32, placement: Option<(u32, u32)>) -> Result<u32> {
        let symbol = match placement {
            None => "nvmlDeviceCreateGpuInstance",
            Some(_) => "nvmlDeviceCreateGpuInstanceWithPlacement",
        };
        self.enter(symbol, Some(gpu))?;
        self.privileged()?;
        let mirrored = ids::mirrored(self.board, &derive::gpu_uuid(&self.host, gpu as usize));
        self.update_gpu(gpu, |state, i| {
            let there = &state.gpus[i];
            if !there.mode {
                return Err(Ret::NOT_SUPPORTED);
            }
            let row = rules::offered(self.board, self.major, id).ok_or(Ret::INVALID_ARGUMENT)?;
            let layout = there.layout();
            let start = match placement {
                None => rules::choose(self.board, self.major, &layout, id)?,
                Some((_, size)) if size != row.size => return Err(Ret::INVALID_ARGUMENT),
                Some((start, _)) => {
                    rules::can_place(self.board, &layout, (id, start))?;
                    start
                }
            };
            let undivided = self.work(state, gpu).iter().any(|work| work.gi.is_none());
            if layout.is_empty() && undivided {
                return Err(Ret::IN_USE);
            }
            let gi = ids::gi_id(self.board, row, start, mirrored);
            let serial = state.next_serial();
            let there = &mut state.gpus[i];
            there.gis.push(Gi {
                id: gi,
                profile: id,
                start,
                serial,
                original: false,
                sticky: 0,
                cis: Vec::new(),
            });
            there.change += 1;
            Ok(gi)
        })
    }

    /// `nvmlGpuInstanceDestroy`. NOT_SUPPORTED: MIG off; INVALID_ARGUMENT: it is gone; IN_USE: it has compute instances,
    /// or the fault of stickiness.
    pub fn destroy_gi(&self, gpu: u32, gi: u32) -> Result<()> {
        self.enter("nvmlGpuInstanceDestroy", Some(gpu))?;
        self.privileged()?;
        self.update_gpu(gpu, |state, i| {
            let there = &mut state.gpus[i];
            if !there.mode {
                return Err(Ret::NOT_SUPPORTED);
            }
            let found = there.gi_mut(gi).ok_or(Ret::INVALID_ARGUMENT)?;
            if !found.cis.is_empty() {
                return Err(Ret::IN_USE);
            }
            if found.sticky > 0 {
                found.sticky -= 1;
                return Err(Ret::IN_USE);
            }
            there.gis.retain(|other| other.id != gi);
            there.change += 1;
            Ok(())
        })
    }

    /// `nvmlDeviceGetGpuInstances`: ids of the instances of a profile. NOT_SUPPORTED: MIG off.
    pub fn gis(&self, gpu: u32, id: u32) -> Result<Vec<u32>> {
        self.enter("nvmlDeviceGetGpuInstances", Some(gpu))?;
        self.privileged()?;
        let state = self.state()?;
        let there = of(&state, gpu)?;
        if !there.mode {
            return Err(Ret::NOT_SUPPORTED);
        }
        rules::offered(self.board, self.major, id).ok_or(Ret::INVALID_ARGUMENT)?;
        let mut found: Vec<u32> = there
            .gis
            .iter()
            .filter(|gi| gi.profile == id)
            .map(|gi| gi.id)
            .collect();
        found.sort_unstable();
        Ok(found)
    }

    /// `nvmlDeviceGetGpuInstanceById`. NOT_SUPPORTED: MIG off; NOT_FOUND.
    pub fn gi_by_id(&self, gpu: u32, gi: u32) -> Result<u32> {
        self.enter("nvmlDeviceGetGpuInstanceById", Some(gpu))?;
        self.privileged()?;
        let state = self.state()?;
        let there = of(&state, gpu)?;
        if !there.mode {
            return Err(Ret::NOT_SUPPORTED);
        }
        there.gi(gi).map(|gi| gi.id).ok_or(Ret::NOT_FOUND)
    }

    /// `nvmlGpuInstanceGetInfo`. INVALID_ARGUMENT: it is gone.
    pub fn gi_info(&self, gpu: u32, gi: u32) -> Result<GiInfo> {
        self.enter("nvmlGpuInstanceGetInfo", Some(gpu))?;
        let state = self.state()?;
        let (gi, row) = self.gi_row(of(&state, gpu)?, gi)?;
        Ok(GiInfo {
            gi: gi.id,
            profile: row.id,
            start: gi.start,
            size: row.size,
        })
    }

    /// An instance with its profile. INVALID_ARGUMENT: it is gone.
    pub(super) fn gi_row<'a>(
        &self,
        gpu: &'a crate::state::GpuState,
        gi: u32,
    ) -> Result<(&'a Gi, &'static GiRow)> {
        let gi = gpu.gi(gi).ok_or(Ret::INVALID_ARGUMENT)?;
        let row = self.board.profile(gi.profile).ok_or(Ret::UNKNOWN)?;
        Ok((gi, row))
    }
}
