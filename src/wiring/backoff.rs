//! When to try again.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

/// Seconds before each try in a row; the last holds for all that follow.
const STEPS: [u64; 6] = [1, 2, 5, 10, 30, 60];
/// What lived for so long was sound: it is tried again at once.
const LONG: Duration = Duration::from_secs(60);
/// A wait is longer or shorter by up to this share, so that hosts that were lost together do not come back together.
const SPREAD: f64 = 0.2;

/// Tries in a row that came to nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Backoff(usize);

impl Backoff {
    /// How long to wait after what lived for so long. `chance` lies between 0 and 1.
    pub(super) fn after(&mut self, lived: Duration, chance: f64) -> Duration {
        if lived >= LONG {
            self.0 = 0;
            return Duration::ZERO;
        }
        let step = STEPS[self.0.min(STEPS.len() - 1)];
        self.0 += 1;
        let share = 1.0 + SPREAD * (2.0 * chance.clamp(0.0, 1.0) - 1.0);
        Duration::from_secs(step).mul_f64(share)
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
    fn waits_longer_each_time_up_to_a_minute_and_not_at_all_after_a_long_life() {
        let mut backoff = Backoff::default();
        let waits: Vec<u64> = (0..8)
            .map(|_| backoff.after(Duration::from_secs(3), 0.5).as_secs())
            .collect();
        assert_eq!(waits, [1, 2, 5, 10, 30, 60, 60, 60]);
        assert_eq!(backoff.after(LONG, 0.5), Duration::ZERO);
        assert_eq!(backoff.after(Duration::ZERO, 0.5).as_secs(), 1);
    }

    #[test]
    fn no_wait_is_off_by_more_than_a_fifth() {
        for chance in [0.0, 1.0, -7.0, f64::from(u8::MAX), chance()] {
            let wait = Backoff::default().after(Duration::ZERO, chance);
            assert!((800..=1200).contains(&wait.as_millis()), "{wait:?}");
        }
    }
}
