//! When to try again.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

/// Seconds before each try in a row; the last holds for all that follow. A server that comes back is noticed before that
/// by whoever asks it whether it answers, and then nobody waits on.
const STEPS: [f64; 6] = [0.5, 1.0, 2.0, 5.0, 10.0, 30.0];
/// A wait is longer or shorter by up to this share, so that watches that broke together do not come back together.
const SPREAD: f64 = 0.2;

/// Tries in a row that came to nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Backoff(usize);

impl Backoff {
    /// How long to wait now.
    pub(super) fn next(&mut self) -> Duration {
        let step = STEPS[self.0.min(STEPS.len() - 1)];
        self.0 += 1;
        Duration::from_secs_f64(step * (1.0 + SPREAD * (2.0 * chance() - 1.0)))
    }

    /// It has come to something.
    pub(super) fn reset(&mut self) {
        self.0 = 0;
    }
}

/// A number between 0 and 1 that nobody can tell beforehand.
pub(super) fn chance() -> f64 {
    let random = RandomState::new().build_hasher().finish();
    random as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_longer_each_time_and_not_after_success() {
        let mut backoff = Backoff::default();
        let near = |wait: Duration, step: f64| {
            let share = wait.as_secs_f64() / step;
            assert!((0.799..=1.201).contains(&share), "{wait:?} for {step}");
        };
        for step in STEPS.into_iter().chain([30.0, 30.0]) {
            near(backoff.next(), step);
        }
        backoff.reset();
        near(backoff.next(), STEPS[0]);
    }
}
