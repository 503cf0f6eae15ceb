//! Keys and pastes.

use super::{commands, modal, notice, say};
use crate::app::keymap::Match;
use crate::app::{Effect, Key, Model};

/// A key: the next of a sequence, a command's, or a character for a text field.
pub(super) fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    model.notice = None;
    model.screens.top_mut().list.settled = true;
    one(model, key)
}

fn one(model: &mut Model, key: Key) -> Vec<Effect> {
    let mut keys = model.keys.pending.clone();
    keys.push(key);
    match model.keys.map.find(&model.layers(), &keys) {
        Match::Commands(meant) => {
            model.keys.pending.clear();
            let mut effects = Vec::new();
            for command in meant {
                effects.extend(commands::run(model, command));
            }
            return effects;
        }
        Match::Pending(_) => model.keys.pending = keys,
        Match::None if model.typing() => {
            model.keys.pending.clear();
            modal::typed(model, key);
        }
        Match::None => {
            // Hangul is the keys that typed it, each on its own: a syllable is several
            if let Some(latin) = key.latin() {
                return latin.into_iter().flat_map(|k| one(model, k)).collect();
            }
            // of a sequence that leads nowhere nothing is left: its last key alone was not meant
            model.keys.pending.clear();
        }
    }
    Vec::new()
}

/// A paste goes into text fields, its first line only; elsewhere it must not act as the keys that it holds.
pub(super) fn paste(model: &mut Model, text: &str) {
    model.keys.pending.clear();
    model.notice = None;
    if !model.typing() {
        say(model, "notice.paste_ignored");
        return;
    }
    modal::pasted(model, text);
    let dropped = text.trim_end().lines().count().saturating_sub(1);
    if dropped > 0 {
        let text = model.texts.say("notice.paste_cut", &[("lines", &dropped)]);
        notice(model, text, false);
    }
}
