//! The rows of the screen on top after something has changed.

use crate::app::{Model, rows};

/// Computes the rows anew and finds what was selected among them.
pub(super) fn refresh(model: &mut Model) {
    let screen = model.screen();
    let fleet = model.fleet().clone();
    let list = &mut model.screens.top_mut().list;
    list.rows = rows::rows(&screen, &fleet);
    let places = &list.rows.places;
    let id = |place: &rows::Place| rows::id(&screen, &fleet, *place);
    let still = list
        .selected
        .as_ref()
        .and_then(|wanted| places.iter().position(|p| id(p).as_ref() == Some(wanted)));
    list.at = still.unwrap_or_else(|| list.at.min(places.len().saturating_sub(1)));
    list.selected = places.get(list.at).and_then(id);
}
