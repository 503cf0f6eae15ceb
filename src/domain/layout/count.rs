//! Each profile has its most (`nvmlGpuInstanceProfileInfo_t.instanceCount`).

use super::{Collision, GiPlaced, Rule, label};
use crate::domain::catalog::{Board, BoardProfile};

pub(super) fn most(
    board: &Board,
    profile: &BoardProfile,
    placed: &[GiPlaced],
    new: &GiPlaced,
    found: &mut Vec<Collision>,
) {
    let there = placed.iter().filter(|gi| gi.profile == new.profile).count();
    if u32::try_from(there).is_ok_and(|n| n < profile.max) {
        return;
    }
    let a = label(board, new);
    let text = format!(
        "{a} is one too many: {} allows {} of {} on one GPU",
        board.model, profile.max, profile.name
    );
    found.push(Collision::alone(Rule::Count, a, text));
}
