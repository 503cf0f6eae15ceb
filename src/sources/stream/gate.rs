//! How much a stream may send: what is beyond is left unread, so that a probe that floods costs next to nothing here, and
//! is counted, so that it is told.

use std::time::{Duration, Instant};

/// Records that are read in a second. The busiest host at the shortest beat stays below a quarter of it.
const RECORDS: u64 = 1000;
/// A record counts once for each of so many bytes that it has begun.
const PIECE: usize = 16 << 10;
/// Records that are passed over in a second before the sender is made to wait.
const UNREAD: u64 = 20_000;
const WINDOW: Duration = Duration::from_secs(1);

/// What is to be done with the next line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pass {
    /// Read it.
    Read,
    /// Pass over it.
    Skip,
    /// Leave it where it is for so long.
    Wait(Duration),
}

/// Lets so much through in a second.
#[derive(Debug)]
pub struct Gate {
    begun: Instant,
    read: u64,
    skipped: u64,
    /// All that was passed over.
    dropped: u64,
    floods: bool,
}

impl Gate {
    /// Counts from now on.
    pub fn new(now: Instant) -> Self {
        Self {
            begun: now,
            read: 0,
            skipped: 0,
            dropped: 0,
            floods: false,
        }
    }

    /// What is to be done with the next line.
    pub fn pass(&mut self, now: Instant) -> Pass {
        let gone = now.saturating_duration_since(self.begun);
        if gone >= WINDOW {
            (self.begun, self.read, self.skipped) = (now, 0, 0);
        }
        match (self.read < RECORDS, self.skipped < UNREAD) {
            (true, _) => Pass::Read,
            (false, true) => Pass::Skip,
            (false, false) => Pass::Wait(WINDOW.saturating_sub(gone)),
        }
    }

    /// A line of so many bytes was read.
    pub fn took(&mut self, bytes: usize) {
        self.read += 1 + u64::try_from(bytes / PIECE).unwrap_or(u64::MAX);
    }

    /// A line was passed over.
    pub fn skipped(&mut self) {
        self.skipped += 1;
        self.dropped += 1;
    }

    /// What is to be told, once a line of a new second was read: how many records were dropped by now, and whether it goes
    /// on. `before`: whether any were passed over in the second before.
    pub fn news(&mut self, before: bool) -> Option<(u64, bool)> {
        let told = std::mem::replace(&mut self.floods, before);
        (told || before).then_some((self.dropped, before))
    }

    /// Whether lines were passed over in this second.
    pub fn is_over(&self) -> bool {
        self.skipped > 0
    }

    /// Whether this second is over.
    pub fn is_due(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.begun) >= WINDOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_probe_sends_goes_through_and_a_flood_is_dropped_counted_and_over_when_it_is() {
        let start = Instant::now();
        let mut gate = Gate::new(start);
        for n in 0..RECORDS {
            assert_eq!(gate.pass(start), Pass::Read, "{n}");
            gate.took(200);
        }
        assert!(!gate.is_over());
        for _ in 0..UNREAD {
            assert_eq!(gate.pass(start), Pass::Skip);
            gate.skipped();
        }
        let half = start + WINDOW / 2;
        assert_eq!(gate.pass(half), Pass::Wait(WINDOW / 2));
        assert!(!gate.is_due(half) && gate.is_due(start + WINDOW));
        let over = gate.is_over();
        assert_eq!(gate.pass(start + WINDOW), Pass::Read);
        assert_eq!(gate.news(over), Some((UNREAD, true)));
        let over = gate.is_over();
        assert_eq!(gate.pass(start + 2 * WINDOW), Pass::Read);
        assert_eq!(
            gate.news(over),
            Some((UNREAD, false)),
            "told that it is over"
        );
        assert_eq!(gate.news(false), None, "once");
    }

    #[test]
    fn large_records_count_for_more() {
        let start = Instant::now();
        let mut gate = Gate::new(start);
        for _ in 0..10 {
            gate.took(PIECE * 100);
        }
        assert_eq!(gate.pass(start), Pass::Skip);
    }
}
