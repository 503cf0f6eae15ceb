//! When the next second begins.

use std::time::Duration;

use jiff::Timestamp;

/// A timer may fire this much early; a tick before its second would show the second before.
const MARGIN: Duration = Duration::from_millis(2);
const SECOND: i32 = 1_000_000_000;

/// How long until a clock that shows whole seconds changes.
pub fn until_next_second(now: Timestamp) -> Duration {
    let past = now.subsec_nanosecond().rem_euclid(SECOND);
    let rest = u64::try_from(SECOND - past).unwrap_or(0);
    Duration::from_nanos(rest) + MARGIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_comes_just_after_the_second_begins() {
        let wait = |text: &str| until_next_second(text.parse().unwrap());
        assert_eq!(
            wait("2026-08-04T03:12:44.25Z"),
            Duration::from_millis(750) + MARGIN
        );
        assert_eq!(
            wait("2026-08-04T03:12:44Z"),
            Duration::from_secs(1) + MARGIN
        );
        // before 1970 the fraction counts downwards
        assert_eq!(
            wait("1969-12-31T23:59:59.75Z"),
            Duration::from_millis(250) + MARGIN
        );
    }
}
