//! What each message changes.

mod commands;
mod go;
mod language;
mod modal;
mod mouse;
mod news;
mod pages;
mod press;
mod refresh;
mod tape;
mod tour;

#[cfg(test)]
mod tests;

use jiff::SignedDuration;

use super::message::Outcome;
use super::model::Notice;
use super::{Command, Effect, Hits, Message, Modal, Model, hints};

/// How long a notice stays where no key is pressed.
const NOTICE: SignedDuration = SignedDuration::from_secs(5);

/// Takes in what happened; what is to be done outside comes back.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    match message {
        Message::Key(key) => return press::key(model, key),
        Message::Paste(text) => press::paste(model, &text),
        Message::Mouse(mouse) => return mouse::mouse(model, mouse),
        Message::Resized { width, height } => model.size = (width, height),
        Message::OnlyAscii(only) => language::written(model, only),
        Message::Snapshot(snapshot) => return news::take(model, snapshot),
        Message::Tick(at) => {
            model.wall = model.wall.max(at);
            if model.frozen.is_none() {
                model.now = model.wall;
            }
            if let Some(notice) = &model.notice
                && model.wall.duration_since(notice.at) >= NOTICE
            {
                model.notice = None;
            }
        }
        Message::Drawn(hits) => drawn(model, hits),
        Message::Done { id, outcome } => done(model, id, &outcome),
        Message::Dropped(keys) => {
            let text = model.texts.say("notice.dropped", &[("keys", &keys)]);
            notice(model, text, true);
        }
        Message::Fault(what) => {
            let text = model.texts.say("notice.fault", &[("what", &what)]);
            notice(model, text, true);
            model.faults.push(what);
        }
        Message::NotWritten(why) => {
            let text = model.texts.say("notice.not_written", &[("why", &why)]);
            notice(model, text.clone(), true);
            model.faults.push(text.into());
        }
        Message::Advice(advice) => model.session.advice = Some(advice),
        Message::Told(what) => notice(model, what.to_string(), true),
        Message::Played(playback) => model.playback = Some(playback),
    }
    Vec::new()
}

fn drawn(model: &mut Model, hits: Hits) {
    model.screens.top_mut().list.offset = hits.first;
    if let (Some(Modal::Reader { offset, .. } | Modal::Fits { offset, .. }), Some(window)) =
        (&mut model.modal, hits.window)
    {
        *offset = window.first;
    }
    model.hits = hits;
}

/// How an effect has ended. One that nobody waits for is an echo of something that was told already.
fn done(model: &mut Model, id: u64, outcome: &Outcome) {
    if !model.awaited.remove(&id) {
        return;
    }
    let texts = &model.texts;
    let (text, failed) = match outcome {
        Outcome::Copied(bytes) => {
            let key = hints::told(model, Command::SaveScreen);
            let args: [(&str, &dyn std::fmt::Display); 2] = [("bytes", bytes), ("key", &key)];
            (texts.say("notice.copied", &args), false)
        }
        Outcome::InTmux(bytes) => (texts.say("notice.copied_tmux", &[("bytes", bytes)]), false),
        Outcome::Written { file, also } => {
            let mut text = texts.say("notice.written", &[("file", file)]);
            for ending in also {
                text += &texts.say("notice.written_also", &[("ending", ending)]);
            }
            (text, false)
        }
        Outcome::Failed(why) => (texts.say("notice.failed", &[("why", why)]), true),
    };
    notice(model, text, failed);
}

/// Says something to the user.
fn notice(model: &mut Model, text: String, failed: bool) {
    model.notice = Some(Notice {
        text,
        failed,
        at: model.wall,
    });
}

/// Says a sentence of the table to the user.
fn say(model: &mut Model, key: &str) {
    let text = model.texts.get(key).to_owned();
    notice(model, text, false);
}

/// The number of an effect that will tell how it ended.
fn await_effect(model: &mut Model) -> u64 {
    let id = model.next_effect;
    model.next_effect += 1;
    model.awaited.insert(id);
    id
}
