//! Events in the order of time, not more than can be read.

use jiff::{SignedDuration, Timestamp};

use crate::domain::event::{Event, Happening, Seen};

use super::event;

/// Events kept of a node; the newest.
const KEPT: usize = 500;
/// What the host says of its own past is told again by each probe, by a clock that has drifted.
const DRIFT: SignedDuration = SignedDuration::from_secs(5);

/// What has happened to a node.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// The highest number that an event has had.
    last: u64,
    events: Vec<Event>,
    unwritten: Vec<Event>,
}

impl Record {
    pub(super) fn events(&self) -> &Vec<Event> {
        &self.events
    }

    /// Adds what was seen, and is to be written down.
    pub(super) fn push(&mut self, event: Event) {
        let event = self.numbered(event);
        self.unwritten.push(event.clone());
        self.insert(event);
    }

    fn numbered(&mut self, event: Event) -> Event {
        self.last += 1;
        Event {
            n: self.last,
            ..event
        }
    }

    /// Adds what the host's own records say, if it is not known yet. It is not written down: the host says it again.
    pub(super) fn of_host(&mut self, at: Timestamp, what: Happening) {
        let new = event(at, what, Seen::Host);
        if !self.has(&new) {
            let new = self.numbered(new);
            self.insert(new);
        }
    }

    /// Adds what earlier consoles wrote down. Two that watched at once have both written it, perhaps under one number:
    /// the later of the two gets another. What was seen before this was read is numbered on from there.
    pub(super) fn logged(&mut self, events: Vec<Event>) {
        let before = events.iter().map(|e| e.n).max().unwrap_or(0);
        for event in self.events.iter_mut().chain(&mut self.unwritten) {
            event.n += before;
        }
        self.last += before;
        for mut event in events {
            event.seen = match event.seen {
                Seen::Watched => Seen::Logged,
                other => other,
            };
            if !self.has(&event) {
                if event.n == 0 || self.events.iter().any(|old| old.n == event.n) {
                    event = self.numbered(event);
                }
                self.insert(event);
            }
        }
    }

    fn has(&self, new: &Event) -> bool {
        let near = |old: &Event| old.at.duration_since(new.at).abs() <= DRIFT;
        let same = |old: &Event| old.what == new.what && old.gpu == new.gpu;
        self.events.iter().any(|old| near(old) && same(old))
    }

    fn insert(&mut self, event: Event) {
        let at = self.events.partition_point(|old| old.at <= event.at);
        self.events.insert(at, event);
        let over = self.events.len().saturating_sub(KEPT);
        self.events.drain(..over);
    }

    /// Takes out the last event that is so.
    pub(super) fn take_last(&mut self, is: impl Fn(&Event) -> bool) -> Option<Event> {
        let at = self.events.iter().rposition(is)?;
        Some(self.events.remove(at))
    }

    /// Adds what replaces another event and is not worth being written down each time.
    pub(super) fn replace(&mut self, event: Event) {
        let event = self.numbered(event);
        self.insert(event);
    }

    /// Events since the last time, for the log.
    pub(super) fn unwritten(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.unwritten)
    }
}
