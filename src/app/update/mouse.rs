//! The mouse.

use super::commands::{self, step};
use super::modal;
use super::refresh::refresh;
use crate::app::hits::Target;
use crate::app::message::Mouse;
use crate::app::{Command, Effect, Model, rows};

/// Rows that one notch of the wheel moves.
const NOTCH: isize = 3;

/// The wheel moves, a click selects, a double click opens.
pub(super) fn mouse(model: &mut Model, mouse: Mouse) -> Vec<Effect> {
    model.keys.pending.clear();
    match mouse {
        Mouse::Wheel(notches) => {
            let by = NOTCH.saturating_mul(isize::try_from(notches).unwrap_or(0));
            if !modal::step(model, by) {
                step(model, by);
            }
            Vec::new()
        }
        Mouse::Click { x, y, double } => {
            // what was drawn last lies above
            let hit = model.hits.regions.iter().rev().find(|r| {
                (r.x..r.x.saturating_add(r.width)).contains(&x)
                    && (r.y..r.y.saturating_add(r.height)).contains(&y)
            });
            match hit.map(|r| r.target) {
                Some(Target::Row(row)) => click(model, row, double),
                Some(Target::Command(command)) => commands::run(model, command),
                None => Vec::new(),
            }
        }
    }
}

fn click(model: &mut Model, row: usize, double: bool) -> Vec<Effect> {
    if model.modal.is_some() {
        modal::select(model, row);
        return if double {
            commands::run(model, Command::Accept)
        } else {
            Vec::new()
        };
    }
    select(model, row);
    if double {
        commands::run(model, Command::Open)
    } else {
        Vec::new()
    }
}

/// Selects a row by its position among all.
pub(super) fn select(model: &mut Model, row: usize) {
    let screen = model.screen();
    let fleet = model.fleet().clone();
    let list = &mut model.screens.top_mut().list;
    if let Some(place) = list.rows.places.get(row) {
        list.settled = true;
        list.at = row;
        list.selected = rows::id(&screen, &fleet, *place);
        refresh(model);
    }
}
