//! What plays a tape: its clock and its buttons.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::Speed;

/// The clock and the buttons of a tape that is played. A clone is the same deck.
#[derive(Clone, Debug)]
pub struct Deck(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug)]
struct State {
    speed: Speed,
    paused: bool,
    /// A moment of this process and the tape's time then; `None` before the first record.
    anchor: Option<(Instant, Timestamp)>,
    /// Time of the newest record that was read: what comes then is not known, and the clock waits for it.
    read: Option<Timestamp>,
    ended: bool,
    stopped: bool,
}

/// How a tape does.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct TapeState {
    /// So many times as fast as it was recorded; `None`: at once.
    pub speed: Option<f64>,
    /// Whether it is stopped.
    pub paused: bool,
    /// Time on the tape; `None` before its first record.
    pub at: Option<Timestamp>,
    /// Whether it has come to its end.
    pub ended: bool,
}

impl State {
    fn clock(&self, now: Instant) -> Option<Timestamp> {
        let (then, at) = self.anchor?;
        let Speed::Times(times) = self.speed else {
            return Some(at);
        };
        if self.paused || self.ended {
            return Some(at);
        }
        let played = now.saturating_duration_since(then).as_secs_f64() * times;
        let played = SignedDuration::try_from_secs_f64(played).unwrap_or(SignedDuration::MAX);
        let clock = at.checked_add(played).unwrap_or(Timestamp::MAX);
        // however fast it is to be played, time goes on no faster than it can be read
        Some(clock.min(self.read.map_or(at, |read| read.max(at))))
    }

    /// Goes on counting from here.
    fn settle(&mut self, now: Instant) {
        self.anchor = self.clock(now).map(|at| (now, at));
    }
}

impl Deck {
    /// A deck that plays.
    pub fn new(speed: Speed) -> Self {
        let state = State {
            speed,
            paused: false,
            anchor: None,
            read: None,
            ended: false,
            stopped: false,
        };
        Self(Arc::new((Mutex::new(state), Condvar::new())))
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.settle(Instant::now());
        change(&mut state);
        self.0.1.notify_all();
    }

    /// Stops the tape, or lets it go on.
    pub fn pause(&self, paused: bool) {
        self.change(|state| state.paused = paused);
    }

    /// Plays on so many times as fast as it was recorded. What is no positive number changes nothing.
    pub fn set_speed(&self, times: f64) {
        if times.is_finite() && times > 0.0 {
            self.change(|state| state.speed = Speed::Times(times));
        }
    }

    /// The player comes to an end, wherever it is.
    pub(super) fn stop(&self) {
        self.change(|state| state.stopped = true);
    }

    /// The last record has been told: the clock stands still there.
    pub(super) fn end(&self) {
        self.change(|state| state.ended = true);
    }

    /// Time on the tape; `None` before its first record.
    pub fn now(&self) -> Option<Timestamp> {
        let state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.clock(Instant::now())
    }

    /// How the tape does.
    pub fn state(&self) -> TapeState {
        let state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        TapeState {
            speed: match state.speed {
                Speed::AtOnce => None,
                Speed::Times(times) => Some(times),
            },
            paused: state.paused,
            at: state.clock(Instant::now()),
            ended: state.ended,
        }
    }

    /// Waits until a record of time `at` is due; false if the deck was stopped meanwhile. The first record sets the clock;
    /// those that go back in time are due at once.
    pub(super) fn wait(&self, at: Timestamp) -> bool {
        let mut state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        // the time that reading has taken is none on the tape
        state.settle(Instant::now());
        state.read = Some(state.read.map_or(at, |read| read.max(at)));
        loop {
            if state.stopped {
                return false;
            }
            let now = Instant::now();
            let clock = match state.clock(now) {
                Some(clock) => clock,
                None => {
                    state.anchor = Some((now, at));
                    at
                }
            };
            let rest = match state.speed {
                _ if state.paused => Duration::MAX,
                Speed::AtOnce => {
                    state.anchor = Some((now, clock.max(at)));
                    return true;
                }
                Speed::Times(times) => {
                    let ahead = at.duration_since(clock).as_secs_f64();
                    if ahead <= 0.0 {
                        return true;
                    }
                    Duration::try_from_secs_f64(ahead / times).unwrap_or(Duration::MAX)
                }
            };
            state = match rest.checked_add(Duration::from_millis(1)) {
                None => self.0.1.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(_) => {
                    let waited = self.0.1.wait_timeout(state, rest);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::thread;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn keeps_the_distance_between_records_times_its_speed() {
        let deck = Deck::new(Speed::Times(100.0));
        let begun = Instant::now();
        assert!(deck.wait(at(0)));
        assert!(deck.wait(at(2)));
        assert!(begun.elapsed() >= Duration::from_millis(20));
        assert_eq!(deck.now(), Some(at(2)), "what comes then is not known");
        assert!(deck.wait(at(-3600)), "back in time is due at once");
    }

    #[test]
    fn however_fast_time_goes_on_no_faster_than_the_tape_is_read() {
        let deck = Deck::new(Speed::Times(1e9));
        for second in [0, 1, 2] {
            assert!(deck.wait(at(second)));
            // reading the next takes its time: a whole minute on a tape of this speed
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_micros(10) {
                thread::yield_now();
            }
            assert_eq!(deck.now(), Some(at(second)));
        }
        deck.end();
        assert_eq!(deck.now(), Some(at(2)));
    }

    #[test]
    fn a_stopped_deck_does_not_wait_for_its_next_record() {
        let deck = Deck::new(Speed::Times(1.0));
        assert!(deck.wait(at(0)));
        deck.stop();
        assert!(!deck.wait(at(3600)));
    }

    #[test]
    fn a_paused_tape_stands_still_and_goes_on_where_it_was() {
        let deck = Deck::new(Speed::Times(1.0));
        assert!(deck.wait(at(0)));
        deck.pause(true);
        let still = deck.now().unwrap();
        let (to, told) = channel();
        let player = deck.clone();
        let thread = thread::spawn(move || {
            let _ = to.send(player.wait(at(3600)));
        });
        assert_eq!(deck.now(), Some(still));
        assert_eq!(deck.state().at, Some(still));
        // an hour goes by in a moment once it plays, and not before
        deck.set_speed(1e6);
        assert!(told.try_recv().is_err(), "it is paused");
        deck.pause(false);
        assert_eq!(told.recv_timeout(Duration::from_secs(20)), Ok(true));
        thread.join().unwrap();
    }

    #[test]
    fn at_once_the_clock_is_the_newest_record_and_at_the_end_it_stands() {
        let deck = Deck::new(Speed::AtOnce);
        assert_eq!(deck.now(), None);
        for second in [0, 3600, 1800] {
            assert!(deck.wait(at(second)));
        }
        assert_eq!(deck.now(), Some(at(3600)));
        deck.end();
        let state = deck.state();
        assert_eq!((state.ended, state.speed), (true, None));
        assert_eq!(state.at, Some(at(3600)));
    }

    #[test]
    fn no_speed_that_is_no_speed() {
        let deck = Deck::new(Speed::Times(2.0));
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            deck.set_speed(wrong);
        }
        assert_eq!(deck.state().speed, Some(2.0));
    }
}
