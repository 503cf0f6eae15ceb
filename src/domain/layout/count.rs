//! Each profile has its most (`nvmlGpuInstanceProfileInfo_t.instanceCount`).

use super::{Collision, GiPlaced, Newcomer, Rule};
use crate::domain::catalog::Board;

pub(super) fn is_reached(placed: &[GiPlaced], new: &Newcomer<'_>) -> bool {
    let there = placed
        .iter()
        .filter(|gi| gi.profile == new.profile.id)
        .count();
    u32::try_from(there).is_ok_and(|n| n >= new.profile.max)
}

pub(super) fn most(
    board: &Board,
    placed: &[GiPlaced],
    new: &Newcomer<'_>,
    found: &mut Vec<Collision>,
) {
    let profile = new.profile;
    if !is_reached(placed, new) {
        return;
    }
    let a = new.called.clone();
    let text = format!(
        "{a} is one too many: {} allows {} of {} on one GPU",
        board.model, profile.max, profile.name
    );
    found.push(Collision::alone(Rule::Count, a, text));
}
