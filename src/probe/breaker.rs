//! When a GPU that failed is asked again.

use std::time::{Duration, Instant};

/// Rests after the first, the second and every further failure in a row.
const RESTS: [Duration; 3] = [
    Duration::from_secs(60),
    Duration::from_secs(120),
    Duration::from_secs(300),
];

/// Beats in a row that must fail as a whole before the GPU is left alone: while somebody resets it they do.
const FAILURES: u32 = 3;

/// Xids after which calls to the GPU hang or tell nothing until it is reset (fallen off the bus, GSP time-out and
/// error): asking again by itself only makes more threads hang.
pub(super) const FATAL: [u32; 3] = [79, 119, 120];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Rest {
    Until(Instant),
    UntilTold,
}

/// Of one GPU.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    rest: Option<Rest>,
    trips: usize,
    failures: u32,
    fatal: bool,
}

/// How long the GPU is left alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Pause(
    /// `None`: until told.
    pub(super) Option<Duration>,
);

impl Breaker {
    /// Whether the GPU is to be asked.
    pub(super) fn asks(&self, now: Instant) -> bool {
        match self.rest {
            None => true,
            Some(Rest::Until(until)) => now >= until,
            Some(Rest::UntilTold) => false,
        }
    }

    /// A beat went well.
    pub(super) fn good(&mut self) {
        *self = Self::default();
    }

    /// A beat failed as a whole; the rest, if that is enough.
    pub(super) fn failed(&mut self, now: Instant) -> Option<Pause> {
        self.failures += 1;
        // after a rest one failure is enough: nothing has changed
        (self.fatal || self.trips > 0 || self.failures >= FAILURES).then(|| self.trip(now))
    }

    /// A call came back too late.
    pub(super) fn hung(&mut self, now: Instant) -> Pause {
        self.trip(now)
    }

    /// An Xid of [`FATAL`] was reported. With `fresh` (reported just now, not read in the log of earlier days) the GPU is
    /// left alone at once; otherwise only if it fails.
    pub(super) fn fatal(&mut self, now: Instant, fresh: bool) -> Option<Pause> {
        self.fatal = true;
        (fresh && self.rest != Some(Rest::UntilTold)).then(|| self.trip(now))
    }

    /// Somebody wants it asked again.
    pub(super) fn retry(&mut self) {
        self.fatal = false;
        self.rest = self.rest.map(|_| Rest::Until(Instant::now()));
    }

    fn trip(&mut self, now: Instant) -> Pause {
        let pause = if self.fatal {
            None
        } else {
            Some(RESTS[self.trips.min(RESTS.len() - 1)])
        };
        self.trips += 1;
        self.rest = Some(pause.map_or(Rest::UntilTold, |rest| Rest::Until(now + rest)));
        Pause(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_grow_and_end_with_a_good_beat() {
        let mut breaker = Breaker::default();
        let mut now = Instant::now();
        for minutes in [1, 2, 5, 5] {
            let pause = breaker.hung(now);
            assert_eq!(pause, Pause(Some(Duration::from_secs(60 * minutes))));
            now += Duration::from_secs(60 * minutes - 1);
            assert!(!breaker.asks(now));
            now += Duration::from_secs(1);
            assert!(breaker.asks(now));
        }
        breaker.good();
        assert_eq!(breaker.hung(now), Pause(Some(RESTS[0])));
    }

    #[test]
    fn a_reset_under_way_is_lived_through() {
        let mut breaker = Breaker::default();
        let now = Instant::now();
        assert_eq!(breaker.failed(now), None);
        assert_eq!(breaker.failed(now), None);
        breaker.good();
        assert_eq!(breaker.failed(now), None);
        assert_eq!(breaker.failed(now), None);
        assert_eq!(breaker.failed(now), Some(Pause(Some(RESTS[0]))));
    }

    #[test]
    fn after_a_fatal_xid_only_a_retry_asks_again() {
        let mut breaker = Breaker::default();
        let now = Instant::now();
        assert_eq!(breaker.fatal(now, true), Some(Pause(None)));
        assert!(!breaker.asks(now + Duration::from_secs(1_000_000)));
        breaker.retry();
        assert!(breaker.asks(Instant::now()));
    }

    #[test]
    fn an_old_fatal_xid_counts_only_if_the_gpu_fails() {
        let mut breaker = Breaker::default();
        let now = Instant::now();
        assert_eq!(breaker.fatal(now, false), None);
        assert!(breaker.asks(now));
        assert_eq!(breaker.failed(now), Some(Pause(None)));
        let mut breaker = Breaker::default();
        breaker.fatal(now, false);
        breaker.good();
        assert_eq!(breaker.hung(now), Pause(Some(RESTS[0])));
    }
}
