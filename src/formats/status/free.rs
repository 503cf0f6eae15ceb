//! Where one more instance would fit on a GPU as it is now.

use crate::domain::catalog::Board;
use crate::domain::fleet::Gpu as DomainGpu;
use crate::domain::gpu::{GpuInventory, Listing};
use crate::domain::layout::{GiPlaced, Layout};
use crate::domain::placement::Placement;
use crate::domain::text::Text;

use super::super::absent::Absent;
use super::Free;

/// Starts by profile, by the driver's own profiles and placements; absent where those or the instances could not be
/// read whole. With MIG off nothing fits.
pub(super) fn of(
    gpu: &DomainGpu,
    inventory: &GpuInventory,
    absent: &mut Absent,
) -> Option<Vec<Free>> {
    let profiles = absent.take("free", &inventory.profiles)?;
    absent.take_as("free", &inventory.instances, |_| ())?;
    if !absent.take_as("free", &inventory.mig, |m| m.current)? {
        return Some(Vec::new());
    }
    // a list by devices lacks instances without a compute instance, and those take room too
    if let Listing::ByDevice { why } = &inventory.listing {
        absent.put("free", why);
        return None;
    }
    let name = inventory.identity.name.value().map_or("", Text::as_str);
    let board = Board::from_live(name, &profiles);
    let mut placed = Vec::new();
    for slot in &gpu.slots {
        placed.push(GiPlaced {
            placement: absent.take("free", &Placement::believed(&slot.instance.placement))?,
            profile: absent.take("free", &slot.instance.profile_id)?,
            // what is inside an instance takes no room beside it
            cis: Vec::new(),
        });
    }
    let fits = Layout::unchecked(&board, placed).fits(&board);
    Some(
        fits.into_iter()
            .filter_map(|(id, starts)| {
                let profile = board.profile(id)?;
                Some(Free {
                    profile: profile.name.to_string().into(),
                    profile_id: id.0,
                    size: profile.size()?,
                    starts,
                })
            })
            .collect(),
    )
}
