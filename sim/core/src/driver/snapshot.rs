//! The whole state at once, for tests and for the simulated host and cluster. Uncounted, without faults.

use super::Driver;
use crate::rules::{compute, ids};
use crate::scenario::derive;
use crate::state::{Ci, Gi, State};
use crate::tables;

/// All GPUs of the host.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Snapshot {
    /// In the order of NVML indexes.
    pub gpus: Vec<GpuSnapshot>,
}

/// MIG on one GPU.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GpuSnapshot {
    /// NVML index.
    pub index: u32,
    /// Number in `/dev/nvidia<minor>`.
    pub minor: u32,
    /// UUID with `GPU-`.
    pub uuid: String,
    /// MIG mode in force.
    pub mig: bool,
    /// MIG mode after the next reset.
    pub pending: bool,
    /// Grows with every change.
    pub change: u64,
    /// GPU instances in order of id.
    pub instances: Vec<GiSnapshot>,
}

/// A GPU instance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GiSnapshot {
    /// Id.
    pub gi: u32,
    /// Board profile id.
    pub profile: u32,
    /// Profile name without `MIG `: `1g.5gb`.
    pub name: String,
    /// First memory slice.
    pub start: u32,
    /// Memory slices.
    pub size: u32,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// Streaming multiprocessors.
    pub sm: u32,
    /// Minor of its capability node.
    pub capability_minor: u32,
    /// Compute instances in order of id.
    pub cis: Vec<CiSnapshot>,
}

/// A compute instance: a MIG device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CiSnapshot {
    /// Id within its GPU instance.
    pub ci: u32,
    /// Compute-instance profile id.
    pub profile: u32,
    /// Name without `MIG `: `3g.20gb` or `1c.3g.20gb`.
    pub name: String,
    /// First compute slice.
    pub start: u32,
    /// Compute slices.
    pub size: u32,
    /// Streaming multiprocessors.
    pub sm: u32,
    /// UUID as this driver version writes it, `MIG-..`.
    pub uuid: String,
    /// MIG device index on the GPU.
    pub index: u32,
    /// Minor of its capability node.
    pub capability_minor: u32,
}

impl Driver {
    /// The whole state at once; without GPUs if the state file cannot be read.
    pub fn peek(&self) -> Snapshot {
        match self.state() {
            Ok(state) => self.snapshot(&state),
            Err(_) => Snapshot::default(),
        }
    }

    fn snapshot(&self, state: &State) -> Snapshot {
        let gpus = (0..).zip(&state.gpus);
        Snapshot {
            gpus: gpus
                .map(|(index, gpu)| {
                    let order: Vec<(u32, u32)> = gpu
                        .devices()
                        .iter()
                        .map(|(gi, ci)| (gi.id, ci.id))
                        .collect();
                    let mut instances: Vec<GiSnapshot> = gpu
                        .gis
                        .iter()
                        .filter_map(|gi| self.gi_snapshot(index, gi, &order))
                        .collect();
                    instances.sort_by_key(|gi| gi.gi);
                    GpuSnapshot {
                        index,
                        minor: derive::minor(&self.host, index as usize),
                        uuid: derive::gpu_uuid(&self.host, index as usize),
                        mig: gpu.mode,
                        pending: gpu.pending,
                        change: gpu.change,
                        instances,
                    }
                })
                .collect(),
        }
    }

    fn gi_snapshot(&self, gpu: u32, gi: &Gi, order: &[(u32, u32)]) -> Option<GiSnapshot> {
        let row = self.board.profile(gi.profile)?;
        let minor = derive::minor(&self.host, gpu as usize);
        let mut cis: Vec<CiSnapshot> = gi
            .cis
            .iter()
            .filter_map(|ci| {
                let profile = compute::profile(self.board, row, ci.profile).ok()?;
                Some(CiSnapshot {
                    ci: ci.id,
                    profile: ci.profile,
                    name: self.ci_name(gi, ci),
                    start: ci.start,
                    size: profile.slices,
                    sm: profile.sm,
                    uuid: self.mig_uuid(gpu, gi, ci),
                    index: order.iter().position(|&at| at == (gi.id, ci.id))? as u32,
                    capability_minor: ids::capability_minor(minor, gi.id, Some(ci.id)),
                })
            })
            .collect();
        cis.sort_by_key(|ci| ci.ci);
        Some(GiSnapshot {
            gi: gi.id,
            profile: gi.profile,
            name: tables::profile_name(self.board, row, self.major).to_owned(),
            start: gi.start,
            size: row.size,
            memory_mib: tables::instance_mib(self.board, row, gi.start, self.major),
            sm: row.sm,
            capability_minor: ids::capability_minor(minor, gi.id, None),
            cis,
        })
    }

    /// Name of a MIG device without `MIG `: the GPU instance's, with `<n>c.` in front if it is a part of it.
    pub(super) fn ci_name(&self, gi: &Gi, ci: &Ci) -> String {
        let Some(row) = self.board.profile(gi.profile) else {
            return String::new();
        };
        self.ci_profile_name(row, ci.profile)
    }

    pub(super) fn ci_profile_name(&self, row: &tables::GiRow, id: u32) -> String {
        let name = tables::profile_name(self.board, row, self.major);
        match compute::profile(self.board, row, id) {
            Ok(profile) if profile.slices < row.slices => format!("{}c.{name}", profile.slices),
            _ => name.to_owned(),
        }
    }

    /// UUID of a MIG device as this driver version writes it: `MIG-GPU-<uuid>/<gi>/<ci>` before R470.
    pub(super) fn mig_uuid(&self, gpu: u32, gi: &Gi, ci: &Ci) -> String {
        let parent = derive::gpu_uuid(&self.host, gpu as usize);
        if self.major < 470 {
            return format!("MIG-{parent}/{}/{}", gi.id, ci.id);
        }
        match self.listed.get(&(gpu, gi.id, ci.start)) {
            Some(listed) => format!("MIG-{listed}"),
            None => format!(
                "MIG-{}",
                ids::mig_uuid(self.board, &parent, gi.id, ci.start)
            ),
        }
    }
}
