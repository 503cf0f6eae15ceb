//! Compute slices are a budget of their own: 3g + 3g fill the memory of a seven-slice board and leave one compute slice,
//! seven 1g leave one memory slice.

use super::{Collision, GiPlaced, Rule, label, list};
use crate::domain::catalog::{Board, BoardProfile};

/// Compute slices of `placed`; instances of profiles that the board does not have count nothing.
pub(super) fn used(board: &Board, placed: &[GiPlaced]) -> u32 {
    placed
        .iter()
        .filter_map(|gi| board.profile(gi.profile))
        .map(|p| p.slices)
        .fold(0, u32::saturating_add)
}

pub(super) fn budget(
    board: &Board,
    profile: &BoardProfile,
    placed: &[GiPlaced],
    new: &GiPlaced,
    found: &mut Vec<Collision>,
) {
    let taken = used(board, placed);
    if taken.saturating_add(profile.slices) <= board.compute_slices {
        return;
    }
    let a = label(board, new);
    let others = list(placed.iter().map(|gi| label(board, gi)));
    let text = format!(
        "{a} needs {} compute slices, and {} of the {} of {} are left beside {others}",
        profile.slices,
        board.compute_slices.saturating_sub(taken),
        board.compute_slices,
        board.model,
    );
    found.push(Collision::alone(Rule::Slices, a, text));
}
