//! Since when each instance has been this one. Ids and UUIDs come back on instances that are not the same.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::devices::Devices;
use crate::domain::gpu::GpuInstance;
use crate::domain::ids::{CiId, GiId, ProfileId};
use crate::domain::placement::Placement;
use crate::domain::units::Bytes;

/// What makes an instance the same as before.
struct Seen {
    profile: Option<ProfileId>,
    placement: Option<Placement>,
    memory: Option<Bytes>,
    /// Compute instances with slot and handle of their MIG devices.
    handles: BTreeMap<CiId, (u32, u64)>,
    appeared: Option<Timestamp>,
}

/// The instances of the last list.
#[derive(Default)]
pub(super) struct Appearances {
    seen: BTreeMap<GiId, Seen>,
    looked: bool,
}

impl Appearances {
    /// Writes into each instance when it appeared, and returns the ids whose earlier instance is no more.
    pub(super) fn note(
        &mut self,
        instances: &mut [GpuInstance],
        devices: &Devices,
        now: Timestamp,
    ) -> Vec<GiId> {
        let mut before = std::mem::take(&mut self.seen);
        let mut replaced = Vec::new();
        for instance in instances {
            let mut seen = look_at(instance, devices);
            seen.appeared = match before.remove(&instance.gi) {
                Some(earlier) if earlier.is_same(&seen) => earlier.appeared,
                Some(_) => {
                    replaced.push(instance.gi);
                    Some(now)
                }
                None => self.looked.then_some(now),
            };
            instance.appeared = seen.appeared;
            self.seen.insert(instance.gi, seen);
        }
        self.looked = true;
        replaced.extend(before.into_keys());
        replaced
    }
}

fn look_at(instance: &GpuInstance, devices: &Devices) -> Seen {
    Seen {
        profile: instance.profile_id.value().copied(),
        placement: instance.placement.value().copied(),
        memory: instance.memory.value().copied(),
        handles: devices
            .all()
            .filter(|d| d.gi == instance.gi)
            .map(|d| (d.ci, (d.slot, d.handle)))
            .collect(),
        appeared: None,
    }
}

impl Seen {
    /// Slots are renumbered when other instances come and go, and a driver may tie a handle to its slot: another handle
    /// means another instance only in the same slot.
    fn is_same(&self, now: &Self) -> bool {
        self.profile == now.profile
            && self.placement == now.placement
            && self.memory == now.memory
            && self.handles.iter().all(|(ci, (slot, handle))| {
                now.handles
                    .get(ci)
                    .is_none_or(|(slot_now, handle_now)| slot != slot_now || handle == handle_now)
            })
    }
}
