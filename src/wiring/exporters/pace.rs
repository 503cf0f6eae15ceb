//! One exporter over time: what an answer is taken for, when to ask again, and what silence means.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::domain::observation::{Health, SourceName};
use crate::domain::reading::{Absence, AbsentCode};
use crate::domain::text::Text;
use crate::formats::exposition::Sample;
use crate::sources::dcgm::{self, INTERVAL, Reader, Rhythm};
use crate::sources::prometheus;

use super::super::backoff::{Backoff, chance};
use super::Told;

/// Intervals after which what was told is not of now, and what may pass beside.
const MISSED: f64 = 2.0;
const GRACE: Duration = Duration::from_secs(5);

/// One exporter and how it does.
pub(in crate::wiring) struct Pace {
    source: SourceName,
    address: Text,
    rhythm: Rhythm,
    backoff: Backoff,
    begun: Timestamp,
    /// When it answered last.
    good: Option<Timestamp>,
}

impl Pace {
    /// One that has not been asked yet. `learns`: its interval is to be found out.
    pub(in crate::wiring) fn new(source: SourceName, address: Text, learns: bool) -> Self {
        Self {
            source,
            address,
            rhythm: Rhythm::new(learns),
            backoff: Backoff::default(),
            begun: Timestamp::now(),
            good: None,
        }
    }

    /// What is to be told of an answer to what was asked at `asked`, and how long to wait then.
    pub(in crate::wiring) fn took(
        &mut self,
        answer: Result<Told, String>,
        asked: Timestamp,
    ) -> (Option<Told>, Duration) {
        match answer {
            Ok(told) => {
                self.good = Some(asked);
                self.backoff = Backoff::default();
                let wait = self.rhythm.wait(Timestamp::now(), chance());
                (Some(told), wait)
            }
            Err(why) => {
                let wait = self.backoff.after(Duration::ZERO, chance());
                (self.failed(&why, Timestamp::now()), wait)
            }
        }
    }

    /// What a page of it tells.
    pub(in crate::wiring) fn page(&mut self, page: &[u8]) -> Result<Told, String> {
        let at = Timestamp::now();
        let told = dcgm::read(page).map_err(|e| e.to_string())?;
        let dated = self.rhythm.read(page, told.energy.is_some(), at);
        if dated.frozen {
            return Ok(Told::Health(Health::Late {
                since: dated.at,
                why: Text::new("it repeats itself: its energy counters stand still"),
            }));
        }
        let reader = self.reader(dated.at, dated.since);
        Ok(self.collected(&told.samples, &reader))
    }

    /// One question a metric for all hosts, and one more for the age of those that tell activity.
    pub(in crate::wiring) async fn prometheus(
        &self,
        ask: impl AsyncFn(String) -> Result<Vec<u8>, String>,
    ) -> Result<Told, String> {
        let mut all: Vec<Sample> = Vec::new();
        for metric in dcgm::metrics() {
            let answer = ask(prometheus::values(metric)).await?;
            let mut samples = prometheus::samples(&answer, metric).map_err(|e| e.to_string())?;
            if dcgm::is_activity(metric) && !samples.is_empty() {
                let times = ask(prometheus::times(metric)).await?;
                prometheus::date(&mut samples, &times).map_err(|e| e.to_string())?;
            }
            all.extend(samples);
        }
        if all.is_empty() {
            return Err("Prometheus has no series of dcgm-exporter".to_owned());
        }
        let at = Timestamp::now();
        // scraped up to an interval after it was collected, as a mean over the one before
        let before = SignedDuration::try_from(2 * INTERVAL).unwrap_or_default();
        let reader = self.reader(at, at.checked_sub(before).unwrap_or(at));
        Ok(self.collected(&all, &reader))
    }

    /// It is asked elsewhere from now on.
    pub(in crate::wiring) fn moved(&mut self, address: Text) {
        self.address = address;
        self.backoff = Backoff::default();
    }

    /// There is nobody to ask for now, for this reason.
    pub(in crate::wiring) fn away(&self, why: &str) -> Told {
        let why = Text::new(why);
        Told::Health(match self.good {
            Some(since) => Health::Late { since, why },
            None => Health::Down {
                since: self.begun,
                why: Absence::new(AbsentCode::Failed, why),
            },
        })
    }

    fn reader(&self, at: Timestamp, since: Timestamp) -> Reader {
        Reader {
            source: self.source,
            address: self.address.clone(),
            at,
            since,
            interval_seconds: self.rhythm.interval().as_secs_f64(),
        }
    }

    fn collected(&self, samples: &[Sample], reader: &Reader) -> Told {
        Told::Collected(dcgm::collected(samples, reader))
    }

    /// What is to be said of a question that came to nothing; `None`: what was told before is still of now.
    fn failed(&self, why: &str, now: Timestamp) -> Option<Told> {
        let patience = self.rhythm.interval().mul_f64(MISSED) + GRACE;
        let fresh = self.good.is_some_and(|good| {
            Duration::try_from(now.duration_since(good)).unwrap_or_default() <= patience
        });
        (!fresh).then(|| self.away(why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(good: Option<i64>) -> Pace {
        Pace {
            begun: at(0),
            good: good.map(at),
            ..Pace::new(
                SourceName::Dcgm,
                Text::new("http://dgx:9400/metrics"),
                false,
            )
        }
    }

    fn at(seconds: i64) -> Timestamp {
        let start: Timestamp = "2026-01-02T03:00:00Z".parse().unwrap();
        start + SignedDuration::from_secs(seconds)
    }

    #[test]
    fn one_that_never_answered_is_down_since_it_was_asked_first() {
        let why = Absence::new(AbsentCode::Failed, "Connection refused");
        assert_eq!(
            pace(None).failed("Connection refused", at(7)),
            Some(Told::Health(Health::Down { since: at(0), why }))
        );
    }

    #[test]
    fn one_that_stays_away_is_late_after_two_intervals_and_not_before() {
        let pace = pace(Some(100));
        assert_eq!(pace.failed("timed out", at(164)), None);
        assert_eq!(
            pace.failed("timed out", at(166)),
            Some(Told::Health(Health::Late {
                since: at(100),
                why: Text::new("timed out"),
            }))
        );
    }
}
