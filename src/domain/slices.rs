//! The memory slices of a GPU: what lies where, where one more instance would fit, and what nothing can use.

use super::catalog::Board;
use super::fleet::Gpu;
use super::gpu::{GiProfile, GpuInventory, Listing};
use super::ids::ProfileId;
use super::layout::{GiPlaced, Layout};
use super::placement::Placement;
use super::reading::{Absence, AbsentCode, Reading};
use super::text::Text;

/// A profile of which one more instance fits now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Free {
    /// Its name.
    pub profile: Text,
    /// Its id.
    pub id: ProfileId,
    /// Memory slices that an instance of it takes.
    pub size: u32,
    /// Every start where one fits.
    pub starts: Vec<u32>,
}

impl Free {
    /// Whether one of the places where it fits takes `slice`.
    pub fn takes(&self, slice: u32) -> bool {
        self.starts
            .iter()
            .any(|start| (*start..start.saturating_add(self.size)).contains(&slice))
    }
}

/// Where one more instance would fit, by the driver's own profiles and placements; absent where those or the instances
/// could not be read whole. With MIG off nothing fits.
pub fn free(gpu: &Gpu) -> Reading<Vec<Free>> {
    read_free(gpu).into()
}

fn read_free(gpu: &Gpu) -> Result<Vec<Free>, Absence> {
    let inventory = known(&gpu.inventory)?;
    let profiles = known(&inventory.profiles)?;
    known(&inventory.instances)?;
    if !known(&inventory.mig)?.current {
        return Ok(Vec::new());
    }
    // a list by devices lacks instances without a compute instance, and those take room too
    if let Listing::ByDevice { why } = &inventory.listing {
        return Err(why.clone());
    }
    let board = Board::from_live(name(inventory), profiles);
    let mut placed = Vec::new();
    for slot in &gpu.slots {
        placed.push(GiPlaced {
            placement: *known(&Placement::believed(&slot.instance.placement))?,
            profile: *known(&slot.instance.profile_id)?,
            // what is inside an instance takes no room beside it
            cis: Vec::new(),
        });
    }
    let fits = Layout::unchecked(&board, placed).fits(&board);
    Ok(fits
        .into_iter()
        .filter_map(|(id, starts)| {
            let profile = board.profile(id)?;
            Some(Free {
                profile: profile.name.to_string().into(),
                id,
                size: profile.size()?,
                starts,
            })
        })
        .collect())
}

fn name(inventory: &GpuInventory) -> &str {
    inventory.identity.name.value().map_or("", Text::as_str)
}

/// One past the last slice that any placement uses; absent for the reason why no placement is known.
pub fn axis(profiles: &Reading<Vec<GiProfile>>) -> Reading<u32> {
    let profiles = match profiles {
        Reading::Value(profiles) => profiles,
        Reading::Absent(why) => return Reading::Absent(why.clone()),
    };
    let longest = profiles
        .iter()
        .filter_map(|p| p.placements.value())
        .flatten()
        .filter(|p| p.is_plausible())
        .map(|p| p.end())
        .max();
    match (longest, profiles.iter().find_map(|p| p.placements.reason())) {
        (Some(axis), _) => Reading::Value(axis),
        (None, Some(why)) => Reading::Absent(why.clone()),
        (None, None) => Reading::absent(
            AbsentCode::Unknown,
            "the driver lists no profile with a placement",
        ),
    }
}

/// The axis of a GPU; absent while its profiles are.
pub fn axis_of(gpu: &Gpu) -> Reading<u32> {
    match &gpu.inventory {
        Reading::Value(inventory) => axis(&inventory.profiles),
        Reading::Absent(why) => Reading::Absent(why.clone()),
    }
}

/// What lies on a stretch of slices.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// The instance at this position of [`Gpu::slots`].
    Slot(usize),
    /// Nothing, and an instance would fit.
    Hole,
    /// Nothing, and nothing fits.
    Lost,
    /// Nothing, and what fits is not known.
    Untold,
}

/// What lies where on a GPU's memory slices.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slices {
    /// How many there are.
    pub axis: u32,
    /// All of them, in the order of their starts, none twice.
    pub stretches: Vec<(Placement, Part)>,
}

/// What lies where; absent where the axis or a placement is not known. Empty stretches where nothing is said of MIG.
pub fn slices(gpu: &Gpu) -> Reading<Slices> {
    read_slices(gpu).into()
}

fn read_slices(gpu: &Gpu) -> Result<Slices, Absence> {
    let axis = *known(&axis_of(gpu))?;
    let mut placed = Vec::new();
    for (n, slot) in gpu.slots.iter().enumerate() {
        let at = *known(&Placement::believed(&slot.instance.placement))?;
        placed.push((at, n));
    }
    placed.sort_by_key(|(at, _)| at.start);
    let free = free(gpu);
    let mut stretches = Vec::new();
    let mut from = 0;
    for (at, n) in placed {
        gaps(&free, from, at.start, &mut stretches);
        stretches.push((at, Part::Slot(n)));
        from = from.max(at.end());
    }
    gaps(&free, from, axis, &mut stretches);
    Ok(Slices { axis, stretches })
}

/// Stretches of one kind between two slices.
fn gaps(free: &Reading<Vec<Free>>, from: u32, to: u32, out: &mut Vec<(Placement, Part)>) {
    let first = out.len();
    for start in from..to {
        let part = match free.value() {
            Some(free) if free.iter().any(|f| f.takes(start)) => Part::Hole,
            Some(_) => Part::Lost,
            None => Part::Untold,
        };
        match out.get_mut(first..).and_then(<[_]>::last_mut) {
            Some((at, last)) if *last == part => at.size += 1,
            _ => out.push((Placement { start, size: 1 }, part)),
        }
    }
}

fn known<T>(reading: &Reading<T>) -> Result<&T, Absence> {
    match reading {
        Reading::Value(value) => Ok(value),
        Reading::Absent(why) => Err(why.clone()),
    }
}
