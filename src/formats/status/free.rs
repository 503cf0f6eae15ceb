//! Where one more instance would fit on a GPU as it is now.

use crate::domain::fleet::Gpu as DomainGpu;
use crate::domain::gpu::{GiProfile, GpuInventory};
use crate::domain::placement::Placement;

use super::super::absent::Absent;
use super::Free;

/// Starts by profile, from the driver's own placements; absent where profiles or instances could not be read whole.
pub(super) fn of(
    gpu: &DomainGpu,
    inventory: &GpuInventory,
    absent: &mut Absent,
) -> Option<Vec<Free>> {
    let profiles = absent.take("free", &inventory.profiles)?;
    absent.take_as("free", &inventory.instances, |_| ())?;
    if !inventory.mig.value().is_some_and(|m| m.current) {
        return Some(Vec::new());
    }
    let mut taken: Vec<Placement> = Vec::new();
    for slot in &gpu.slots {
        taken.push(absent.take("free", &slot.instance.placement)?);
    }
    Some(profiles.iter().filter_map(|p| fits(p, &taken)).collect())
}

fn fits(profile: &GiProfile, taken: &[Placement]) -> Option<Free> {
    let size = profile.placements.value()?.first()?.size;
    let starts: Vec<u32> = profile
        .placements
        .value()?
        .iter()
        .filter(|p| !taken.iter().any(|t| t.overlaps(**p)))
        .map(|p| p.start)
        .collect();
    (!starts.is_empty()).then(|| Free {
        profile: profile.name.clone(),
        profile_id: profile.id.0,
        size,
        starts,
    })
}
