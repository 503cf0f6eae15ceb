//! The window over a screen: what keys do in it.

use super::refresh::refresh;
use super::{commands, go, pages, say};
use crate::app::at::GpuAt;
use crate::app::input::Input;
use crate::app::palette::{self, Entry};
use crate::app::sort;
use crate::app::{Command, Effect, Key, Modal, Model, Screen};
use crate::domain::ids::GiId;
use crate::domain::text::Text;

/// Opens the filter prompt with the filter that there is.
pub(super) fn open_filter(model: &mut Model) {
    model.screens.top_mut().list.stay();
    let before = model.screens.top().list.filter.clone();
    model.modal = Some(Modal::Filter {
        input: Input::new(&before),
        before,
        error: None,
    });
}

/// Opens the choice of a column to sort by: the natural order, and the screen's columns.
pub(super) fn open_sort(model: &mut Model) {
    let columns = sort::columns(&model.screen());
    if columns.is_empty() {
        say(model, "notice.no_sort");
        return;
    }
    let now = model.screens.top().list.sort.map(|s| s.column);
    let at = now.and_then(|column| columns.iter().position(|c| *c == column));
    model.modal = Some(Modal::Sort {
        selected: at.map_or(0, |n| n + 1),
    });
}

/// Sorts as chosen; by the column that rows are sorted by already the other way round.
fn sort_as(model: &mut Model, selected: usize) {
    let column = selected
        .checked_sub(1)
        .and_then(|n| sort::columns(&model.screen()).get(n));
    let list = &mut model.screens.top_mut().list;
    match column {
        Some(column) => list.sort_by(*column),
        None => list.sort = None,
    }
    list.to_first();
    refresh(model);
}

/// Reverses the order; where there is none, that of the first column, which is the natural one.
pub(super) fn reverse(model: &mut Model) {
    let first = sort::columns(&model.screen()).first().copied();
    let list = &mut model.screens.top_mut().list;
    match (list.sort, first) {
        (Some(sort), _) => list.sort_by(sort.column),
        (None, Some(column)) => {
            list.sort = Some(sort::Sort {
                column,
                reverse: true,
            });
        }
        (None, None) => return,
    }
    list.to_first();
}

/// Opens the palette.
pub(super) fn open_palette(model: &mut Model) {
    model.modal = Some(Modal::Palette {
        input: Input::default(),
        selected: 0,
        found: palette::find(model, ""),
    });
}

/// Shows something to be read.
pub(super) fn read(model: &mut Model, title: String, lines: Vec<String>) {
    read_of(model, (title, lines), None);
}

/// Shows something to be read about an instance or GPU.
pub(super) fn read_of(
    model: &mut Model,
    (title, lines): pages::Page,
    leads: Option<(GpuAt, Option<GiId>)>,
) {
    model.modal = Some(Modal::Reader {
        title,
        lines,
        offset: 0,
        leads,
    });
}

/// A command while a window is open; `None`: the window does not care.
pub(super) fn run(model: &mut Model, command: Command) -> Option<Vec<Effect>> {
    model.modal.as_ref()?;
    let page = isize::try_from(model.hits.window.map_or(10, |w| w.height).max(1)).unwrap_or(10);
    let by = match command {
        Command::Up => -1,
        Command::Down => 1,
        Command::PageUp => -page,
        Command::PageDown => page,
        Command::First => isize::MIN,
        Command::Last => isize::MAX,
        Command::Accept => return Some(accept(model)),
        Command::Back => {
            back(model);
            return Some(Vec::new());
        }
        _ => return None,
    };
    step(model, by);
    Some(Vec::new())
}

/// Moves in the window; false where none is open.
pub(super) fn step(model: &mut Model, by: isize) -> bool {
    let choices = sort::columns(&model.screen()).len() + 1;
    match &mut model.modal {
        None => return false,
        Some(Modal::Filter { .. }) => {
            commands::step(model, by);
            refresh(model);
            model.screens.top_mut().list.stay();
        }
        Some(Modal::Palette {
            selected, found, ..
        }) => *selected = moved(*selected, by, found.len()),
        Some(Modal::Sort { selected }) => *selected = moved(*selected, by, choices),
        // drawing knows how many lines there are once they are wrapped, and tells
        Some(Modal::Reader { offset, .. } | Modal::Fits { offset, .. }) => {
            *offset = moved(*offset, by, usize::MAX)
        }
    }
    true
}

/// Selects one of a window's rows.
pub(super) fn select(model: &mut Model, row: usize) {
    let choices = sort::columns(&model.screen()).len() + 1;
    match &mut model.modal {
        Some(Modal::Palette {
            selected, found, ..
        }) => *selected = row.min(found.len().saturating_sub(1)),
        Some(Modal::Sort { selected }) => *selected = row.min(choices - 1),
        _ => {}
    }
}

fn moved(at: usize, by: isize, rows: usize) -> usize {
    at.saturating_add_signed(by).min(rows.saturating_sub(1))
}

/// A key that no binding wants, for the text field.
pub(super) fn typed(model: &mut Model, key: Key) {
    let changed = match &mut model.modal {
        Some(Modal::Filter { input, .. } | Modal::Palette { input, .. }) => input.key(key),
        _ => false,
    };
    if changed {
        follow(model);
    }
}

/// A paste into the text field.
pub(super) fn pasted(model: &mut Model, text: &str) {
    if let Some(Modal::Filter { input, .. } | Modal::Palette { input, .. }) = &mut model.modal {
        input.paste(text);
        follow(model);
    }
}

/// What follows what is typed: the list, or what is found.
fn follow(model: &mut Model) {
    match &model.modal {
        Some(Modal::Filter { input, before, .. }) => {
            let (typed, before) = (input.text().to_owned(), before.clone());
            let wrong = filter_to(model, &typed).err();
            if wrong.is_some() {
                // not by what the beginning of it would mean: `mem` of `mem>lots` is a word
                let _ = filter_to(model, &before);
            }
            if let Some(Modal::Filter { error, .. }) = &mut model.modal {
                *error = wrong;
            }
        }
        Some(Modal::Palette { input, .. }) => {
            let now = palette::find(model, input.text());
            if let Some(Modal::Palette {
                selected, found, ..
            }) = &mut model.modal
            {
                *selected = 0;
                *found = now;
            }
        }
        _ => {}
    }
}

/// Filters the list; without anything typed the filter is dropped.
///
/// # Errors
/// What is wrong with the filter; the list stays as it was.
pub(super) fn filter_to(model: &mut Model, typed: &str) -> Result<(), String> {
    let help = model.screen() == Screen::Help;
    let list = &mut model.screens.top_mut().list;
    if help {
        // help has no rows of the fleet: it looks for words
        typed.clone_into(&mut list.filter);
        list.offset = 0;
        return Ok(());
    }
    list.set_filter(typed)
        .map_err(|wrong| wrong.sentence(&model.texts))?;
    list.go_home();
    refresh(model);
    Ok(())
}

fn accept(model: &mut Model) -> Vec<Effect> {
    match &model.modal {
        // a filter that is wrong is not taken: the prompt stays, with what is wrong
        Some(Modal::Filter { error, .. }) if error.is_none() => {
            model.modal = None;
            let list = &mut model.screens.top_mut().list;
            // one that has found nothing will be dropped: then that is selected again
            if list.selected.is_some() {
                list.home = None;
            }
        }
        Some(Modal::Palette {
            found, selected, ..
        }) => {
            let Some(entry) = found.get(*selected).cloned() else {
                return Vec::new();
            };
            model.modal = None;
            match entry {
                Entry::Command(command) => return commands::run(model, command),
                Entry::Node(node) => go::to_node(model, node),
                Entry::Gpu(at, _) => go::to_gpu(model, at, None),
                Entry::Fits(name) => open_fits(model, Some(name)),
            }
        }
        Some(Modal::Sort { selected }) => {
            let selected = *selected;
            model.modal = None;
            sort_as(model, selected);
        }
        Some(Modal::Reader { leads, .. }) => {
            let leads = leads.clone();
            model.modal = None;
            if let Some((gpu, gi)) = leads {
                go::to_gpu(model, gpu, gi);
            }
        }
        Some(Modal::Fits { .. }) => model.modal = None,
        _ => {}
    }
    Vec::new()
}

/// Opens what the book says of a model, or of all.
pub(super) fn open_fits(model: &mut Model, name: Option<Text>) {
    model.modal = Some(Modal::Fits {
        model: name,
        offset: 0,
    });
}

/// Closes the window; the filter is what it was before.
fn back(model: &mut Model) {
    if let Some(Modal::Filter { before, .. }) = model.modal.take() {
        let _ = filter_to(model, &before);
        model.screens.top_mut().list.home = None;
    }
}
