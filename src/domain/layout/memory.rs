//! Placements are the board's own, and no two instances share a memory slice ("Creation of new GPU instance will fail
//! if there is overlap with the already occupied memory slices", `nvml.h`).

use super::{Collision, GiPlaced, Newcomer, Rule, choice, label};
use crate::domain::catalog::Board;

pub(super) fn is_offered(new: &Newcomer<'_>) -> bool {
    new.profile.placements.contains(&new.gi.placement)
}

pub(super) fn in_the_way<'a>(
    placed: &'a [GiPlaced],
    new: &Newcomer<'_>,
) -> impl Iterator<Item = &'a GiPlaced> {
    let wanted = new.gi.placement;
    placed.iter().filter(move |o| o.placement.overlaps(wanted))
}

pub(super) fn placement(board: &Board, new: &Newcomer<'_>, found: &mut Vec<Collision>) {
    let (name, legal, wanted) = (&new.profile.name, &new.profile.placements, new.gi.placement);
    if is_offered(new) {
        return;
    }
    let text = if legal.is_empty() {
        format!(
            "where {name} may be placed on {} is not known: its driver does not tell, and no built-in table has it",
            board.model
        )
    } else if let Some(p) = legal.iter().find(|p| p.start == wanted.start) {
        format!(
            "{name} takes {} memory slices at {}, not {}",
            p.size, p.start, wanted.size
        )
    } else {
        format!(
            "{name} cannot start at memory slice {}; on {} it can at {}",
            wanted.start,
            board.model,
            choice(legal.iter().map(|p| p.start))
        )
    };
    found.push(Collision::alone(Rule::Placement, new.called.clone(), text));
}

pub(super) fn overlap(
    board: &Board,
    placed: &[GiPlaced],
    new: &Newcomer<'_>,
    found: &mut Vec<Collision>,
) {
    let wanted = new.gi.placement;
    for other in in_the_way(placed, new) {
        let first = other.placement.start.max(wanted.start);
        let last = other.placement.end().min(wanted.end()).saturating_sub(1);
        let what = match last.saturating_sub(first) {
            0 => format!("memory slice {first}"),
            1 => format!("memory slices {first} and {last}"),
            _ => format!("memory slices {first} to {last}"),
        };
        let (a, b) = (new.called.clone(), label(board, other));
        let text = format!("{a} and {b} both need {what}");
        found.push(Collision::between(Rule::Overlap, a, b, text));
    }
}
