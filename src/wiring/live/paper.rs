//! When a new snapshot is told.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::domain::fleet::Fleet;
use crate::domain::observation::Fact;

/// What changes beside the beats waits so long for more of it.
const SOON: Duration = Duration::from_millis(100);
/// While the first frames are made.
const EARLY: Duration = Duration::from_millis(10);
/// A host that comes back tells everything again: its last values stay until it has.
const AGAIN: Duration = Duration::from_secs(1);
/// Two snapshots of a large fleet lie so far apart at least.
const APART: Duration = Duration::from_millis(50);
/// So many earlier snapshots may still be held by those who were told.
const HELD: usize = 3;

/// Decides when a snapshot is due, so that a beat of a host makes one.
#[derive(Debug, Default)]
pub(super) struct Paper {
    due: Option<Instant>,
    told: Option<Instant>,
    held: Vec<Weak<Fleet>>,
}

impl Paper {
    /// Something is new; `again`: its host has told everything before.
    pub(super) fn news(&mut self, fact: &Fact, again: bool, now: Instant) {
        let wait = match fact {
            Fact::Beat { .. } => Duration::ZERO,
            Fact::Hello(_) | Fact::Host(_) | Fact::Driver(_) if again => AGAIN,
            Fact::Hello(_) | Fact::Host(_) | Fact::Driver(_) | Fact::GpuCall(_) => EARLY,
            Fact::Gpu(_) | Fact::Source(_) if !again => EARLY,
            _ => SOON,
        };
        // a beat ends all waiting; else the first to wait says when
        self.at(now + wait);
    }

    /// Something is new that everybody should know within a moment.
    pub(super) fn soon(&mut self, now: Instant) {
        self.at(now + EARLY);
    }

    fn at(&mut self, at: Instant) {
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }

    /// When [`Self::is_due`] says so; `None`: not before there is news, or somebody lets go of what was told.
    pub(super) fn due_at(&self) -> Option<Instant> {
        let due = self.due?;
        Some(self.told.map_or(due, |told| due.max(told + APART)))
    }

    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        self.held.retain(|fleet| fleet.strong_count() > 0);
        if self.due_at().is_none_or(|at| at > now) {
            return false;
        }
        if self.held.len() > HELD {
            // nobody reads: look again later, and tell what is newest then
            self.due = Some(now + SOON);
            return false;
        }
        true
    }

    /// A snapshot was told.
    pub(super) fn told(&mut self, fleet: &Arc<Fleet>, now: Instant) {
        self.due = None;
        self.told = Some(now);
        let fleet = Arc::downgrade(fleet);
        if !self.held.iter().any(|held| held.ptr_eq(&fleet)) {
            self.held.push(fleet);
        }
    }
}
