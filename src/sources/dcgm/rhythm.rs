//! When an exporter is to be read again: once for each of its collections, soon after it.
//!
//! Its text says neither when it was collected nor when it will be again, and stays the same in between. So it is read a
//! few times close together until it has changed twice; what lies between the changes is its interval.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The exporter's own default (`--collect-interval`, 30000 ms).
pub const INTERVAL: Duration = Duration::from_secs(30);
/// Time between two reads while its interval is being found out.
const LEARNING: Duration = Duration::from_secs(5);
/// Reads for that: over one default interval and a little, twice.
const LEARNING_READS: u32 = 14;
/// Shortest and longest interval that is believed.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(300);
/// How long after a collection is due it is read.
const AFTER: Duration = Duration::from_millis(500);
/// Intervals after which an exporter whose energy counters stand still repeats itself, and tells nothing of now.
const FROZEN: f64 = 3.0;

/// What is known of an exporter's rhythm.
#[derive(Clone, Debug)]
pub struct Rhythm {
    /// Read it closely until its interval is known; of many exporters at once that would be too much.
    learns: bool,
    reads: u32,
    last: Option<Read>,
    interval: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
struct Read {
    digest: u64,
    at: Timestamp,
    /// When this content was first read, and when the content before it was last.
    changed: Timestamp,
    before: Option<Timestamp>,
}

/// What a read has shown.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Dated {
    /// When this content was first read.
    pub at: Timestamp,
    /// Nothing in it was measured before.
    pub since: Timestamp,
    /// True if it is new.
    pub changed: bool,
    /// Its energy counters have stood still for too long.
    pub frozen: bool,
}

impl Rhythm {
    /// Of an exporter that has not been read yet.
    pub fn new(learns: bool) -> Self {
        Self {
            learns,
            reads: 0,
            last: None,
            interval: None,
        }
    }

    /// Time between two collections: found out, or the exporter's default.
    pub fn interval(&self) -> Duration {
        self.interval.unwrap_or(INTERVAL)
    }

    /// Takes in what was read. `counts`: the page has counters that grow with each collection.
    pub fn read(&mut self, page: &[u8], counts: bool, at: Timestamp) -> Dated {
        self.reads = self.reads.saturating_add(1);
        let mut hasher = DefaultHasher::new();
        page.hash(&mut hasher);
        let digest = hasher.finish();
        let now = match self.last {
            Some(last) if last.digest == digest => Read { at, ..last },
            Some(last) => {
                if last.before.is_some() {
                    self.learn(at.duration_since(last.changed));
                }
                Read {
                    digest,
                    at,
                    changed: at,
                    before: Some(last.at),
                }
            }
            None => Read {
                digest,
                at,
                changed: at,
                before: None,
            },
        };
        let changed = self.last.is_none_or(|last| last.digest != digest);
        self.last = Some(now);
        let interval = SignedDuration::try_from(self.interval()).unwrap_or(SignedDuration::MAX);
        // a mean over one interval, collected after the last read that did not have it yet or, of the first, within one
        // interval before
        let collected = now
            .before
            .unwrap_or_else(|| saturating(now.changed, interval));
        let still = at.duration_since(now.changed).as_secs_f64();
        Dated {
            at: now.changed,
            since: saturating(collected, interval),
            changed,
            frozen: counts && still > FROZEN * self.interval().as_secs_f64() + 1.0,
        }
    }

    /// A change that was missed makes the interval look longer, so that the shortest one seen holds.
    fn learn(&mut self, between: SignedDuration) {
        let Ok(between) = Duration::try_from(between) else {
            return;
        };
        let between = between.clamp(SHORTEST, LONGEST);
        let whole = Duration::from_secs_f64(between.as_secs_f64().round());
        self.interval = Some(self.interval.map_or(whole, |known| known.min(whole)));
    }

    /// How long to wait before the next read. `chance` lies between 0 and 1: exporters that were started at once are
    /// not to be read at once for ever.
    pub fn wait(&self, now: Timestamp, chance: f64) -> Duration {
        let learning = self.learns && self.interval.is_none() && self.reads < LEARNING_READS;
        if learning {
            return LEARNING.min(INTERVAL).mul_f64(0.9 + 0.2 * chance);
        }
        let interval = self.interval();
        let spread = interval.mul_f64(0.1 * chance);
        let changed = self.last.map_or(now, |last| last.changed);
        let since = Duration::try_from(now.duration_since(changed)).unwrap_or_default();
        // the next collection after now, counted from the last change
        let passed = (since.as_secs_f64() / interval.as_secs_f64()).floor() + 1.0;
        let next = interval.mul_f64(passed).saturating_sub(since);
        next.max(interval / 4) + AFTER.min(interval / 4) + spread
    }
}

fn saturating(at: Timestamp, minus: SignedDuration) -> Timestamp {
    at.checked_sub(minus).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Timestamp {
        let start: Timestamp = "2026-01-02T03:00:00Z".parse().unwrap();
        start + SignedDuration::from_secs_f64(seconds)
    }

    /// Reads an exporter that collects every `interval` seconds, for so many reads.
    fn follow(rhythm: &mut Rhythm, interval: f64, reads: u32) -> Vec<(f64, Dated)> {
        let mut now = 7.3;
        let mut all = Vec::new();
        for _ in 0..reads {
            let page = format!("{}", (now / interval).floor());
            all.push((now, rhythm.read(page.as_bytes(), true, at(now))));
            now += rhythm.wait(at(now), 0.5).as_secs_f64();
        }
        all
    }

    #[test]
    fn finds_out_the_interval_and_then_reads_each_collection_once() {
        for interval in [10.0, 15.0, 30.0] {
            let mut rhythm = Rhythm::new(true);
            follow(&mut rhythm, interval, LEARNING_READS);
            let found = rhythm.interval().as_secs_f64();
            assert!((found - interval).abs() <= 5.0, "{interval}: {found}");
            let later = follow(&mut rhythm, interval, 20);
            let told = later.iter().filter(|(_, d)| d.changed).count();
            assert!(
                told >= 15,
                "{interval}: {told} of 20 reads told anything new"
            );
        }
    }

    #[test]
    fn without_learning_it_is_the_default() {
        let mut rhythm = Rhythm::new(false);
        let all = follow(&mut rhythm, 30.0, 3);
        let gap = all[1].0 - all[0].0;
        assert!((30.0..=35.0).contains(&gap), "{gap}");
    }

    #[test]
    fn what_is_repeated_is_as_old_as_its_first_read_and_may_be_older_by_two_intervals() {
        let mut rhythm = Rhythm::new(true);
        let first = rhythm.read(b"a", true, at(0.0));
        assert_eq!((first.at, first.since), (at(0.0), at(-60.0)));
        let same = rhythm.read(b"a", true, at(5.0));
        assert_eq!((same.at, same.changed), (at(0.0), false));
        let next = rhythm.read(b"b", true, at(10.0));
        // collected after 5 s, over the 30 s before
        assert_eq!((next.at, next.since), (at(10.0), at(-25.0)));
    }

    #[test]
    fn one_that_repeats_itself_is_frozen_only_if_something_should_have_grown() {
        for counts in [true, false] {
            let mut rhythm = Rhythm::new(true);
            rhythm.read(b"a", counts, at(0.0));
            assert!(!rhythm.read(b"a", counts, at(89.0)).frozen);
            assert_eq!(rhythm.read(b"a", counts, at(92.0)).frozen, counts);
        }
    }

    #[test]
    fn no_wait_is_shorter_than_a_quarter_of_the_interval_nor_much_longer_than_it() {
        let mut rhythm = Rhythm::new(false);
        rhythm.read(b"a", true, at(0.0));
        for now in [0.0, 1.0, 29.9, 31.0, 1000.0] {
            for chance in [0.0, 1.0] {
                let wait = rhythm.wait(at(now), chance).as_secs_f64();
                assert!((7.5..=34.0).contains(&wait), "{now}: {wait}");
            }
        }
    }
}
