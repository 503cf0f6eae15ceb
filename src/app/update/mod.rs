//! What each message changes.

mod commands;
mod refresh;

use super::keymap::Match;
use super::{Effect, Key, Message, Model};

/// Takes in what happened; what is to be done outside comes back.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    match message {
        Message::Key(key) => return press(model, key),
        Message::Paste(_) | Message::Mouse(_) => {}
        Message::Resized { width, height } => model.size = (width, height),
        Message::Snapshot(snapshot) => match &mut model.frozen {
            Some(frozen) => frozen.newest = snapshot,
            None => {
                model.shown = snapshot;
                refresh::refresh(model);
            }
        },
        Message::Tick(at) => model.now = model.now.max(at),
        Message::Drawn(hits) => {
            let list = &mut model.screens.top_mut().list;
            list.offset = hits.first;
            model.hits = hits;
        }
        Message::Done { .. } => {}
        Message::Fault(what) => model.faults.push(what),
        Message::Played(playback) => model.playback = Some(playback),
    }
    Vec::new()
}

fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    model.keys.pending.push(key);
    match model.keys.map.find(&model.layers(), &model.keys.pending) {
        Match::Command(command) => {
            model.keys.pending.clear();
            commands::run(model, command)
        }
        Match::Pending(_) => Vec::new(),
        Match::None => {
            model.keys.pending.clear();
            Vec::new()
        }
    }
}
