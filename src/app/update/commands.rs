//! What each command does.

use crate::app::at::RowId;
use crate::app::rows;
use crate::app::{Command, Effect, Model, Screen};

use super::refresh::refresh;

pub(super) fn run(model: &mut Model, command: Command) -> Vec<Effect> {
    let scope = model.screen().scope();
    match command {
        Command::Quit => return vec![Effect::Quit],
        Command::Suspend => return vec![Effect::Suspend],
        Command::Redraw => return vec![Effect::Redraw],
        Command::Up => step(model, -1),
        Command::Down => step(model, 1),
        Command::Open => open(model),
        Command::Back => {
            if model.modal.take().is_none() {
                model.screens.pop();
            }
        }
        Command::Slices => model.screens.push(Screen::Slices(scope)),
        Command::Holders => model.screens.push(Screen::Holders(scope)),
        Command::Xids => model.screens.push(Screen::Xids(scope)),
        Command::Events => model.screens.push(Screen::Events(scope)),
        Command::Findings => model.screens.push(Screen::Findings(scope)),
        Command::About => model.screens.push(Screen::About),
        Command::Help => model.screens.push(Screen::Help),
        _ => {}
    }
    refresh(model);
    Vec::new()
}

fn step(model: &mut Model, by: isize) {
    let screen = model.screen();
    let fleet = model.fleet().clone();
    let list = &mut model.screens.top_mut().list;
    let last = list.rows.places.len().saturating_sub(1);
    list.at = list.at.saturating_add_signed(by).min(last);
    list.selected = list
        .rows
        .places
        .get(list.at)
        .and_then(|p| rows::id(&screen, &fleet, *p));
}

fn open(model: &mut Model) {
    match model.selected().cloned() {
        Some(RowId::Node(node)) => model.screens.push(Screen::Node(node)),
        Some(RowId::Gpu(gpu)) => model.screens.push(Screen::Gpu(gpu)),
        Some(RowId::Slot(slot)) => model.screens.push(Screen::Gpu(slot.gpu)),
        _ => {}
    }
}
