//! Compute slices are a budget of their own: 3g + 3g fill the memory of a seven-slice board and leave one compute slice,
//! seven 1g leave one memory slice.

use super::{Collision, GiPlaced, Newcomer, Rule};
use crate::domain::catalog::Board;

/// Compute slices of `placed`; instances of profiles that the board does not have count nothing.
pub(super) fn used(board: &Board, placed: &[GiPlaced]) -> u32 {
    placed
        .iter()
        .filter_map(|gi| board.profile(gi.profile))
        .map(|p| p.slices)
        .fold(0, u32::saturating_add)
}

/// Compute slices that are left beside `placed`.
pub(super) fn left(board: &Board, placed: &[GiPlaced]) -> u32 {
    board.compute_slices.saturating_sub(used(board, placed))
}

pub(super) fn budget(
    board: &Board,
    placed: &[GiPlaced],
    new: &Newcomer<'_>,
    found: &mut Vec<Collision>,
) {
    let (need, have) = (new.profile.slices, board.compute_slices);
    let left = left(board, placed);
    if need <= left {
        return;
    }
    let a = new.called.clone();
    let slices = if need == 1 { "slice" } else { "slices" };
    let left = match left {
        0 => format!("none of the {have} of {} is", board.model),
        1 => format!("only 1 of the {have} of {} is", board.model),
        n => format!("only {n} of the {have} of {} are", board.model),
    };
    let text = format!("{a} needs {need} compute {slices}, and {left} left");
    found.push(Collision::alone(Rule::Slices, a, text));
}
