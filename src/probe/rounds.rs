//! Beats: when every worker is to look, and when everything that can be seen at once has been seen.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::observation::{Fact, Health, SourceName};

use super::session::Session;

/// A round is waited for this many times as long as a call may take, so that a call that hangs is known as such when
/// the first beat comes.
const PATIENCE: f64 = 1.5;

/// A thread that takes part in rounds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Worker {
    /// NVML's start.
    Nvml,
    /// A lane, by the number of the session and the GPU's index.
    Lane(u64, u32),
    /// /proc.
    Procfs,
    /// The kernel log.
    Kernlog,
    /// Services, kubelet, owner.
    Services,
}

#[derive(Debug, Default)]
struct Part {
    /// The last round that it has finished.
    done: u64,
    /// It is known not to answer: rounds do not wait for it.
    excused: bool,
}

#[derive(Debug)]
struct State {
    n: u64,
    beat: Duration,
    paused: bool,
    ended: bool,
    parts: BTreeMap<Worker, Part>,
}

/// The rounds of one probe.
#[derive(Debug)]
pub(super) struct Rounds {
    state: Mutex<State>,
    /// A round begins, or something else that workers are to know.
    begun: Condvar,
    /// A worker has finished, or is not waited for any more.
    finished: Condvar,
}

impl Rounds {
    pub(super) fn new(beat: Duration) -> Self {
        Self {
            state: Mutex::new(State {
                n: 0,
                beat,
                paused: false,
                ended: false,
                parts: BTreeMap::new(),
            }),
            begun: Condvar::new(),
            finished: Condvar::new(),
        }
    }

    /// Takes a worker in; the round under way waits for it.
    pub(super) fn join(&self, worker: Worker) {
        self.lock().parts.insert(worker, Part::default());
        self.begun.notify_all();
    }

    /// Lets a worker go: its next wait tells it so.
    pub(super) fn leave(&self, worker: Worker) {
        self.lock().parts.remove(&worker);
        self.poke();
    }

    /// Waits for a round that `worker` has not finished; `None`: it is to end.
    pub(super) fn next(&self, worker: Worker) -> Option<u64> {
        let mut state = self.lock();
        loop {
            if state.ended {
                return None;
            }
            let done = state.parts.get(&worker)?.done;
            if state.n > done {
                return Some(state.n);
            }
            state = self
                .begun
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// `worker` has finished round `n`.
    pub(super) fn done(&self, worker: Worker, n: u64) {
        if let Some(part) = self.lock().parts.get_mut(&worker) {
            part.done = part.done.max(n);
        }
        self.finished.notify_all();
    }

    /// Rounds wait for `worker`, or no more.
    pub(super) fn excuse(&self, worker: Worker, excused: bool) {
        if let Some(part) = self.lock().parts.get_mut(&worker) {
            part.excused = excused;
        }
        self.finished.notify_all();
    }

    pub(super) fn set_beat(&self, beat: Duration) {
        self.lock().beat = beat;
        self.poke();
    }

    pub(super) fn set_paused(&self, paused: bool) {
        self.lock().paused = paused;
        self.poke();
    }

    pub(super) fn is_paused(&self) -> bool {
        self.lock().paused
    }

    /// Ends all workers that can still hear it.
    pub(super) fn end(&self) {
        self.lock().ended = true;
        self.poke();
    }

    pub(super) fn has_ended(&self) -> bool {
        self.lock().ended
    }

    /// Waits until something happens here, at most `rest`; true if all is to end.
    pub(super) fn rest(&self, rest: Duration) -> bool {
        let state = self.lock();
        if state.ended {
            return true;
        }
        let (state, _) = self
            .begun
            .wait_timeout(state, rest)
            .unwrap_or_else(PoisonError::into_inner);
        state.ended
    }

    /// Makes all who wait here look again.
    pub(super) fn poke(&self) {
        self.begun.notify_all();
        self.finished.notify_all();
    }

    /// Waits until NVML's start and all lanes that answer have finished round `n`, at most `limit`.
    pub(super) fn after_lanes(&self, n: u64, limit: Duration) {
        let begun = Instant::now();
        let mut state = self.lock();
        let open = |(worker, part): (&Worker, &Part)| {
            matches!(worker, Worker::Nvml | Worker::Lane(..)) && !part.excused && part.done < n
        };
        while !state.ended && state.parts.iter().any(open) {
            let rest = limit.saturating_sub(begun.elapsed());
            if rest.is_zero() {
                return;
            }
            state = self.wait(state, rest);
        }
    }

    fn begin(&self) -> u64 {
        let mut state = self.lock();
        state.n += 1;
        self.begun.notify_all();
        state.n
    }

    /// Waits until all who can have finished the round, or for `patience` but no longer than a beat after the first.
    fn finish(&self, begun: Instant, patience: Duration) {
        let mut state = self.lock();
        loop {
            let open = |part: &Part| !part.excused && part.done < state.n;
            if state.ended || !state.parts.values().any(open) {
                return;
            }
            let limit = match state.n {
                1 => patience,
                _ => patience.min(state.beat),
            };
            let rest = limit.saturating_sub(begun.elapsed());
            if rest.is_zero() {
                return;
            }
            state = self.wait(state, rest);
        }
    }

    /// Waits for the time of the next round; false: all is to end.
    fn until_due(&self, begun: Instant) -> bool {
        let mut state = self.lock();
        loop {
            if state.ended {
                return false;
            }
            let rest = state.beat.saturating_sub(begun.elapsed());
            if rest.is_zero() {
                return true;
            }
            state = self.wait(state, rest);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, rest: Duration) -> MutexGuard<'a, State> {
        self.finished
            .wait_timeout(state, rest)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }
}

/// Holds rounds until all is to end, or `beats` of them are done.
pub(super) fn conduct(session: &Session, beats: Option<u64>) {
    let rounds = session.rounds();
    let patience = session.call_deadline().mul_f64(PATIENCE);
    let mut n = 0;
    loop {
        let begun = Instant::now();
        // a paused probe still says that it is there
        if !rounds.is_paused() {
            if let Err(why) = session.ground().refresh() {
                let since = jiff::Timestamp::now();
                session.tell_source(SourceName::Procfs, Health::Down { since, why });
            }
            n = rounds.begin();
            rounds.finish(begun, patience);
            if n == 1 {
                // who looks once gets to know what is being waited for
                for lane in session.lanes() {
                    lane.watch(jiff::Timestamp::now(), true, rounds, session.outlet());
                }
            }
        }
        session.outlet().send(Fact::Beat { n, dropped: 0 });
        if beats.is_some_and(|beats| n >= beats) || !rounds.until_due(begun) {
            session.outlet().close();
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::thread;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_round_ends_when_all_have_looked() {
        let rounds = Arc::new(Rounds::new(LONG));
        rounds.join(Worker::Procfs);
        rounds.join(Worker::Kernlog);
        let workers: Vec<_> = [Worker::Procfs, Worker::Kernlog]
            .into_iter()
            .map(|worker| {
                let rounds = Arc::clone(&rounds);
                thread::spawn(move || {
                    while let Some(n) = rounds.next(worker) {
                        rounds.done(worker, n);
                    }
                })
            })
            .collect();
        for _ in 0..3 {
            let begun = Instant::now();
            rounds.begin();
            rounds.finish(begun, LONG);
            assert!(begun.elapsed() < LONG);
        }
        rounds.end();
        for worker in workers {
            worker.join().unwrap();
        }
    }

    #[test]
    fn one_that_does_not_come_back_is_waited_for_once_and_then_excused() {
        let rounds = Rounds::new(LONG);
        rounds.join(Worker::Lane(1, 5));
        let begun = Instant::now();
        rounds.begin();
        rounds.finish(begun, Duration::from_millis(20));
        assert!(begun.elapsed() >= Duration::from_millis(20));
        rounds.excuse(Worker::Lane(1, 5), true);
        let begun = Instant::now();
        rounds.begin();
        rounds.finish(begun, LONG);
        assert!(begun.elapsed() < LONG);
    }

    #[test]
    fn who_is_let_go_is_told() {
        let rounds = Arc::new(Rounds::new(LONG));
        rounds.join(Worker::Lane(1, 0));
        let waiting = {
            let rounds = Arc::clone(&rounds);
            thread::spawn(move || rounds.next(Worker::Lane(1, 0)))
        };
        rounds.leave(Worker::Lane(1, 0));
        assert_eq!(waiting.join().unwrap(), None);
    }
}
