//! GPUs with instances of given profiles, and nothing else that is known.

use super::super::super::super::fleet::{Gpu, Slot, SlotState};
use super::super::super::super::gpu::{
    ComputeInstance, Engines, GpuIdentity, GpuInstance, GpuInventory, Listing, MigMode,
};
use super::super::super::super::ids::{CiId, GiId, GpuIndex, GpuUuid, MigUuid, ProfileId};
use super::super::super::super::observation::CallState;
use super::super::super::super::placement::Placement;
use super::super::super::super::reading::{AbsentCode, Reading};
use super::super::super::super::shared::Shared;
use super::super::super::super::text::Text;

fn absent<T>() -> Reading<T> {
    Reading::absent(AbsentCode::NotSupported, "not set in this test")
}

fn instance(gi: u32, profile: &str) -> GpuInstance {
    GpuInstance {
        gi: GiId(gi),
        profile_id: absent(),
        profile: Reading::Value(Text::new(profile)),
        placement: Reading::Value(Placement { start: gi, size: 1 }),
        memory: absent(),
        sm: absent(),
        engines: Reading::Value(Engines::default()),
        cis: vec![ComputeInstance {
            ci: CiId(0),
            profile_id: Reading::Value(ProfileId(0)),
            name: Reading::Value(Text::new(profile)),
            placement: absent(),
            uuid: Reading::Value(MigUuid::new(&format!(
                "MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87e{gi:02}0"
            ))),
            device_index: Reading::Value(0),
            sm: absent(),
            slices: absent(),
        }],
        appeared: None,
    }
}

/// A GPU with MIG on and an instance of each profile, each with one compute instance and free.
pub(super) fn gpu(index: u32, profiles: &[&str]) -> Gpu {
    let instances: Vec<GpuInstance> = (0..)
        .zip(profiles)
        .map(|(gi, profile)| instance(gi, profile))
        .collect();
    let slot = |instance: &GpuInstance| Slot {
        instance: Shared::new(instance.clone()),
        state: SlotState::Free,
        sample: None,
        pods: Vec::new(),
        idle: None,
    };
    Gpu {
        index,
        slots: instances.iter().map(slot).collect(),
        inventory: Reading::Value(Shared::new(GpuInventory {
            identity: GpuIdentity {
                index: GpuIndex(index),
                uuid: GpuUuid::new(&format!("GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a7{index}")),
                name: Reading::Value(Text::new("NVIDIA A100-SXM4-40GB")),
                pci: absent(),
                pci_device_id: absent(),
                serial: absent(),
                minor: Reading::Value(index),
                architecture: Reading::Value(Text::new("ampere")),
            },
            mig: Reading::Value(MigMode {
                current: true,
                pending: true,
            }),
            persistence: absent(),
            profiles: absent(),
            instances: Reading::Value(instances),
            listing: Listing::ByInstance,
        })),
        proc: None,
        calls: CallState::Answering,
        sampled: None,
        fast: None,
        slow: None,
        processes: Reading::Value(Vec::new()),
        metrics: Vec::new(),
        whole: None,
    }
}
