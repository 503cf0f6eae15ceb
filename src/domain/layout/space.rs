//! What a layout leaves: room for more, and what nothing can use any more.

use super::Layout;
use crate::domain::catalog::Board;
use crate::domain::placement::Placement;

/// The unused part of a GPU.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Space {
    /// Stretches of memory slices in which at least one profile fits.
    pub holes: Vec<Placement>,
    /// Stretches of free memory slices in which no profile fits: no placement reaches them, or no compute slice (or
    /// media engine) is left for one.
    pub lost: Vec<Placement>,
    /// Compute slices that no instance has.
    pub compute_left: u32,
}

impl Layout {
    /// What this layout leaves on `board`.
    pub fn space(&self, board: &Board) -> Space {
        let taken = |slice: u32| {
            self.instances
                .iter()
                .any(|gi| (gi.placement.start..gi.placement.end()).contains(&slice))
        };
        let fits = self.fits(board);
        let reachable: Vec<Placement> = fits
            .iter()
            .filter_map(|(id, starts)| Some((board.profile(*id)?.size()?, starts)))
            .flat_map(|(size, starts)| starts.iter().map(move |&start| Placement { start, size }))
            .collect();
        let fillable = |slice: u32| {
            reachable
                .iter()
                .any(|p| (p.start..p.end()).contains(&slice))
        };
        Space {
            holes: runs(board.axis, |s| !taken(s) && fillable(s)),
            lost: runs(board.axis, |s| !taken(s) && !fillable(s)),
            compute_left: board
                .compute_slices
                .saturating_sub(self.compute_slices(board)),
        }
    }
}

/// Stretches of slices for which `is` holds.
fn runs(axis: u32, is: impl Fn(u32) -> bool) -> Vec<Placement> {
    let mut runs: Vec<Placement> = Vec::new();
    for slice in (0..axis).filter(|s| is(*s)) {
        match runs.last_mut() {
            Some(run) if run.end() == slice => run.size += 1,
            _ => runs.push(Placement {
                start: slice,
                size: 1,
            }),
        }
    }
    runs
}
