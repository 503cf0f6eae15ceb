//! Placements are the board's own, and no two instances share a memory slice ("Creation of new GPU instance will fail
//! if there is overlap with the already occupied memory slices", `nvml.h`).

use super::{Collision, GiPlaced, Rule, label, list};
use crate::domain::catalog::{Board, BoardProfile};

pub(super) fn placement(
    board: &Board,
    profile: &BoardProfile,
    new: &GiPlaced,
    found: &mut Vec<Collision>,
) {
    if profile.placements.contains(&new.placement) {
        return;
    }
    let name = &profile.name;
    let text = if profile.placements.is_empty() {
        format!(
            "where {name} may be placed on {} is not known: its driver does not tell, and no built-in table has it",
            board.model
        )
    } else if let Some(p) = profile
        .placements
        .iter()
        .find(|p| p.start == new.placement.start)
    {
        format!(
            "{name} takes {} memory slices at {}, not {}",
            p.size, p.start, new.placement.size
        )
    } else {
        format!(
            "{name} cannot start at memory slice {}; on {} it can at {}",
            new.placement.start,
            board.model,
            list(profile.placements.iter().map(|p| p.start))
        )
    };
    found.push(Collision::alone(Rule::Placement, label(board, new), text));
}

pub(super) fn overlap(
    board: &Board,
    placed: &[GiPlaced],
    new: &GiPlaced,
    found: &mut Vec<Collision>,
) {
    for other in placed
        .iter()
        .filter(|o| o.placement.overlaps(new.placement))
    {
        let first = other.placement.start.max(new.placement.start);
        let last = other.placement.end().min(new.placement.end()) - 1;
        let what = match last - first {
            0 => format!("memory slice {first}"),
            1 => format!("memory slices {first} and {last}"),
            _ => format!("memory slices {first} to {last}"),
        };
        let (a, b) = (label(board, new), label(board, other));
        let text = format!("{a} and {b} both need {what}");
        found.push(Collision::between(Rule::Overlap, a, b, text));
    }
}
