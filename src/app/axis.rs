//! A GPU's memory slices from the first to the last: instances at their places, and what is between them.

use crate::domain::fleet::{Gpu, Node, Slot};
use crate::domain::layout::{GiPlaced, Layout};
use crate::domain::live_board::LiveBoard;
use crate::domain::placement::Placement;
use crate::domain::reading::{Absence, Reading};

/// What lies on a stretch of slices.
#[derive(Clone, PartialEq, Debug)]
pub enum Stretch<'a> {
    /// An instance.
    Instance(&'a Slot),
    /// Room: names of the profiles that fit with their starts, the largest first. Those with attributes are the same
    /// slices once more and are left out.
    Hole(Vec<(String, u32)>),
    /// Nothing fits.
    Lost,
}

/// A GPU's axis.
#[derive(Clone, PartialEq, Debug)]
pub struct Axis<'a> {
    /// Its length in memory slices.
    pub length: u32,
    /// Stretches in the order of their starts.
    pub stretches: Vec<(Placement, Stretch<'a>)>,
}

/// The axis of a GPU with MIG on.
///
/// # Errors
/// Why its length or a placement is not known.
pub fn of<'a>(node: &Node, gpu: &'a Gpu) -> Result<Axis<'a>, Absence> {
    let board = LiveBoard::of(node, gpu)?.board;
    let mut stretches = Vec::new();
    let mut placed = Vec::new();
    for slot in &gpu.slots {
        let at = match Placement::believed(&slot.instance.placement) {
            Reading::Value(at) => at,
            Reading::Absent(why) => return Err(why),
        };
        stretches.push((at, Stretch::Instance(slot)));
        if let Reading::Value(profile) = slot.instance.profile_id {
            placed.push(GiPlaced {
                placement: at,
                profile,
                // what is inside an instance takes no room beside it
                cis: Vec::new(),
            });
        }
    }
    let layout = Layout::unchecked(&board, placed);
    let space = layout.space(&board);
    let fits = layout.fits(&board);
    for hole in space.holes {
        let mut names: Vec<(u32, String, u32)> = fits
            .iter()
            .filter_map(|(id, starts)| {
                let profile = board.profile(*id)?;
                let name = profile.name.to_string();
                let size = profile.size()?;
                let start = starts
                    .iter()
                    .find(|s| **s >= hole.start && **s < hole.end())?;
                (!name.contains(['+', '-'])).then_some((size, name, *start))
            })
            .collect();
        names.sort_by_key(|(size, ..)| std::cmp::Reverse(*size));
        let names = names.into_iter().map(|(_, name, at)| (name, at)).collect();
        stretches.push((hole, Stretch::Hole(names)));
    }
    for lost in space.lost {
        stretches.push((lost, Stretch::Lost));
    }
    stretches.sort_by_key(|(at, _)| *at);
    Ok(Axis {
        length: board.axis,
        stretches,
    })
}

#[cfg(test)]
mod tests {
    use super::{Stretch, of};
    use crate::app::fixture;

    #[test]
    fn every_slice_is_an_instance_room_or_lost() {
        let node = fixture::node("a");
        let axis = of(&node, &node.gpus[0]).unwrap();
        let said: Vec<String> = axis
            .stretches
            .iter()
            .map(|(at, what)| match what {
                Stretch::Instance(slot) => format!("{at} gi {}", slot.instance.gi),
                Stretch::Hole(names) => format!("{at} fits {names:?}"),
                Stretch::Lost => format!("{at} lost"),
            })
            .collect();
        assert_eq!(
            said,
            [
                "0:1 gi 7",
                "1:1 gi 8",
                "2:2 gi 3",
                "4:1 gi 9",
                "5:2 fits [(\"1g.5gb\", 5)]",
                "7:1 lost"
            ]
        );
        assert_eq!(axis.length, 8);
    }

    #[test]
    fn a_gpu_that_does_not_answer_has_no_axis_but_a_reason() {
        let node = fixture::node("a");
        assert!(of(&node, &node.gpus[3]).is_err());
    }
}
