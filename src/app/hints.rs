//! The keys that are worth telling now, from the keymap in force.

use super::command::Context;
use super::key::written;
use super::{Command, Modal, Model, Screen};

/// A key and what it does, in a word or two.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hint {
    /// The keys as they are written.
    pub keys: String,
    /// What they do.
    pub label: String,
    /// The command.
    pub command: Command,
}

/// What is worth telling, the most useful first. What has no key is not told.
pub fn hints(model: &Model) -> Vec<Hint> {
    let layers = model.layers();
    wanted(model)
        .into_iter()
        .filter_map(|(command, label)| {
            let keys = shortest(model, &layers, command)?;
            let label = model.texts.find(&format!("hint.{label}"))?.to_owned();
            Some(Hint {
                keys,
                label,
                command,
            })
        })
        .collect()
}

/// The keys to tell: what the keymap names first, unless it takes more presses than another.
pub fn shortest(model: &Model, layers: &[Context], command: Command) -> Option<String> {
    let all = model.keys.map.keys_of(layers, command);
    let best = all.iter().min_by_key(|keys| keys.len())?;
    Some(written(best))
}

/// The keys of a command on the screen itself, for a sentence; without any its name, as the palette takes it: `:about`.
pub fn told(model: &Model, command: Command) -> String {
    shortest(model, &model.screen_layers(), command).unwrap_or_else(|| {
        let row = super::command::COMMANDS
            .iter()
            .find(|r| r.command == command);
        row.map_or_else(String::new, |r| format!(":{}", r.name))
    })
}

/// Commands with the name of their label.
fn wanted(model: &Model) -> Vec<(Command, &'static str)> {
    use Command as C;
    match &model.modal {
        Some(Modal::Filter { .. }) => return vec![(C::Accept, "take"), (C::Back, "give_up")],
        Some(Modal::Palette { .. }) => {
            return vec![(C::Accept, "run"), (C::Down, "choose"), (C::Back, "close")];
        }
        Some(Modal::Sort { .. }) => {
            return vec![
                (C::Accept, "sort_by"),
                (C::Down, "choose"),
                (C::Back, "close"),
            ];
        }
        Some(Modal::Reader { leads: Some(_), .. }) => {
            return vec![
                (C::Accept, "show_gpu"),
                (C::Back, "close"),
                (C::Down, "scroll"),
                (C::Copy, "copy"),
            ];
        }
        Some(Modal::Reader { .. } | Modal::Fits { .. }) => {
            return vec![(C::Back, "close"), (C::Down, "scroll"), (C::Copy, "copy")];
        }
        None => {}
    }
    if model.tour.is_some() {
        return vec![
            (C::TourNext, "tour_next"),
            (C::TourPrevious, "tour_previous"),
            (C::TourEnd, "tour_end"),
        ];
    }
    let list = &model.screens.top().list;
    let mut out = Vec::new();
    if model.frozen.is_some() {
        out.push((C::Pause, "go_on"));
    }
    if !list.filter.is_empty() {
        out.push((C::Back, "drop_filter"));
    } else if !list.marks.is_empty() {
        out.push((C::Back, "unmark"));
    }
    out.extend(of_screen(model));
    if model.playback.is_some() {
        out.extend([(C::TapePause, "tape_pause"), (C::TapeFaster, "tape_faster")]);
    }
    out
}

/// What one does on a screen, the most useful first.
pub fn of_screen(model: &Model) -> Vec<(Command, &'static str)> {
    use Command as C;
    of(&model.screen(), model.screens.crumbs().count() > 1)
        .into_iter()
        .filter(|(c, _)| {
            *c != C::Next
                || model.fleet().nodes.len() > 1
                || !matches!(model.screen(), Screen::Node(_))
        })
        .collect()
}

/// What one does on `screen`; `above`: whether there is one below it to go back to.
pub fn of(screen: &Screen, above: bool) -> Vec<(Command, &'static str)> {
    use Command as C;
    let mut out = match screen {
        Screen::Fleet => vec![
            (C::Open, "open"),
            (C::Filter, "filter"),
            (C::Findings, "findings"),
            (C::Slices, "slices"),
            (C::Xids, "xids"),
            (C::Holders, "holders"),
            (C::Sort, "sort"),
            (C::Palette, "commands"),
            (C::Owner, "owner"),
            (C::Events, "events"),
            (C::Pause, "pause"),
        ],
        Screen::Node(_) => vec![
            (C::Open, "open"),
            (C::Filter, "filter"),
            (C::Slices, "slices"),
            (C::Findings, "findings"),
            (C::Xids, "xids"),
            (C::Holders, "holders"),
            (C::Next, "next"),
            (C::Palette, "commands"),
            (C::Owner, "owner"),
            (C::Events, "events"),
            (C::Copy, "copy"),
            (C::Pause, "pause"),
        ],
        Screen::Gpu(_) => vec![
            (C::Open, "details"),
            (C::Next, "next_gpu"),
            (C::Copy, "copy"),
            (C::Holders, "holders"),
            (C::Xids, "xids"),
            (C::Filter, "filter"),
            (C::Palette, "commands"),
            (C::Sort, "sort"),
            (C::Compact, "compact"),
            (C::Pause, "pause"),
        ],
        Screen::Help => vec![(C::Down, "scroll"), (C::Filter, "filter")],
        Screen::About => vec![(C::Down, "scroll"), (C::Copy, "copy")],
        Screen::Pods(_) => vec![
            (C::Open, "slice"),
            (C::Filter, "filter"),
            (C::Sort, "sort"),
            (C::Mark, "mark"),
            (C::Copy, "copy"),
            (C::Palette, "commands"),
            (C::Pause, "pause"),
        ],
        Screen::Slices(_)
        | Screen::Xids(_)
        | Screen::Events(_)
        | Screen::Holders(_)
        | Screen::Findings(_) => vec![
            (C::Open, "open"),
            (C::Filter, "filter"),
            (C::Sort, "sort"),
            (C::Mark, "mark"),
            (C::Copy, "copy"),
            (C::Palette, "commands"),
            (C::SaveScreen, "save"),
            (C::Pause, "pause"),
        ],
    };
    if above {
        out.insert(1.min(out.len()), (C::Back, "back"));
    }
    out
}
