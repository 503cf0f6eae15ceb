//! One GPU: its thread, and what is known of the calls that the thread makes.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::domain::ids::{GpuUuid, PciAddress, Pid};
use crate::domain::observation::{CallState, Fact, GpuCall};
use crate::domain::reading::{Absence, AbsentCode};
use crate::domain::text::Text;
use crate::ports::gpu_api::GpuApi;
use crate::sources::nvml::sampler::Sampler;
use crate::sources::nvml::watch::{CallWatch, Late};

use super::breaker::{Breaker, Pause};
use super::outlet::Outlet;
use super::rounds::{Rounds, Worker};

/// A GPU that is known to be slow is told of again when a call takes this many times what was told.
const NOTABLY_SLOWER: f64 = 1.5;

/// A GPU as its thread, the watcher and the controls see it.
pub(super) struct Lane {
    index: u32,
    worker: Worker,
    /// A call that has not come back after this is called hung, and its GPU slow when it does.
    deadline: SignedDuration,
    watch: CallWatch,
    retired: AtomicBool,
    cell: Mutex<Cell>,
}

struct Cell {
    uuid: Option<GpuUuid>,
    pci: Option<PciAddress>,
    pids: BTreeSet<Pid>,
    /// What the stream says of its calls.
    told: CallState,
    /// Its calls come back with an error of the GPU as a whole, since then.
    failing: Option<(Timestamp, Absence)>,
    breaker: Breaker,
    /// The GPU that somebody wants to see in detail, which may be another.
    wanted: Option<GpuUuid>,
    mig_changed: bool,
}

impl Lane {
    /// A lane of session `number`; `pci` as far as /proc tells.
    pub(super) fn new(
        number: u64,
        index: u32,
        pci: Option<PciAddress>,
        wanted: Option<GpuUuid>,
        deadline: SignedDuration,
    ) -> Self {
        Self {
            index,
            worker: Worker::Lane(number, index),
            deadline,
            watch: CallWatch::patient(deadline.unsigned_abs()),
            retired: AtomicBool::new(false),
            cell: Mutex::new(Cell {
                uuid: None,
                pci,
                pids: BTreeSet::new(),
                told: CallState::Answering,
                failing: None,
                breaker: Breaker::default(),
                wanted,
                mig_changed: false,
            }),
        }
    }

    pub(super) fn worker(&self) -> Worker {
        self.worker
    }

    pub(super) fn uuid(&self) -> Option<GpuUuid> {
        self.lock().uuid.clone()
    }

    pub(super) fn pci(&self) -> Option<PciAddress> {
        self.lock().pci
    }

    pub(super) fn pids(&self) -> BTreeSet<Pid> {
        self.lock().pids.clone()
    }

    /// Whether somebody means this GPU by a UUID, a PCI address or an index.
    pub(super) fn is_called(&self, name: &str) -> bool {
        let cell = self.lock();
        cell.uuid.as_ref().is_some_and(|uuid| uuid.as_str() == name)
            || name
                .parse::<PciAddress>()
                .is_ok_and(|pci| cell.pci == Some(pci))
            || name.parse() == Ok(self.index)
    }

    /// From the next beat on `wanted` is read in detail, if it is this one.
    pub(super) fn set_detail(&self, wanted: Option<GpuUuid>) {
        self.lock().wanted = wanted;
    }

    /// The driver says that its instances changed.
    pub(super) fn mig_changed(&self) {
        self.lock().mig_changed = true;
    }

    /// It is to be asked again at the next beat.
    pub(super) fn retry(&self) {
        self.lock().breaker.retry();
    }

    /// What its thread still sees after this is not told: the session is over.
    pub(super) fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    /// The thread of the lane: a beat a round until the session ends.
    pub(super) fn run(&self, api: Arc<dyn GpuApi>, rounds: &Rounds, outlet: &Outlet) {
        let _last_word = LastWord { lane: self, outlet };
        let mut sampler = Sampler::new(api, self.index, self.watch.clone());
        while let Some(n) = rounds.next(self.worker) {
            if self.asks() {
                let (detail, changed) = self.orders();
                if changed {
                    sampler.mig_changed();
                }
                let facts = sampler.beat(Timestamp::now(), detail);
                if self.retired.load(Ordering::Relaxed) {
                    return;
                }
                self.tell(facts, rounds, outlet);
            }
            rounds.done(self.worker, n);
        }
    }

    /// Marks the GPU as hung if a call has been under way for too long, and as slow if one was. With `early`, for the sake
    /// of a first look that does not wait, half of the deadline is enough; a GPU that is only slow is then marked for a
    /// moment.
    pub(super) fn watch(&self, now: Timestamp, early: bool, rounds: &Rounds, outlet: &Outlet) {
        let mut cell = self.lock();
        // if the call comes back now, the lane waits for the lock before it tells of it
        let current = self.watch.current();
        let late = self.watch.late();
        let out = current.filter(|(since, _)| {
            let patience = match &cell.told {
                _ if early => self.deadline / 2,
                CallState::Slow { seconds, .. } => self.deadline.max(twice(*seconds)),
                _ => self.deadline,
            };
            now.duration_since(*since) >= patience
        });
        let state = match (out, late) {
            (Some((since, call)), _) => CallState::Hung {
                since,
                call: Text::new(call),
            },
            // the call that was out has come back, or never was seen out; the beat goes on with others
            (None, Some(late)) if current.is_some() => match &cell.told {
                CallState::Slow { seconds, .. }
                    if late.took.as_secs_f64() < seconds * NOTABLY_SLOWER =>
                {
                    return;
                }
                _ => slow(&late),
            },
            _ => return,
        };
        self.say(&mut cell, state, rounds, outlet);
    }

    /// An Xid was reported after which calls hang; `fresh`: just now.
    pub(super) fn fatal_xid(&self, code: u32, fresh: bool, rounds: &Rounds, outlet: &Outlet) {
        let mut cell = self.lock();
        let Some(pause) = cell.breaker.fatal(Instant::now(), fresh) else {
            return;
        };
        if matches!(cell.told, CallState::Hung { .. }) {
            return;
        }
        let why = Absence::new(
            if code == 79 {
                AbsentCode::GpuLost
            } else {
                AbsentCode::Failed
            },
            format!("Xid {code} was reported: calls to this GPU may hang until it is reset"),
        );
        let rest = resting(Timestamp::now(), pause, why);
        self.say(&mut cell, rest, rounds, outlet);
    }

    fn asks(&self) -> bool {
        self.lock().breaker.asks(Instant::now())
    }

    fn orders(&self) -> (bool, bool) {
        let mut cell = self.lock();
        let detail = cell.wanted.is_some() && cell.wanted == cell.uuid;
        (detail, std::mem::take(&mut cell.mig_changed))
    }

    fn tell(&self, facts: Vec<Fact>, rounds: &Rounds, outlet: &Outlet) {
        let mut cell = self.lock();
        for fact in facts {
            match &fact {
                Fact::Gpu(inventory) => {
                    cell.uuid = Some(inventory.identity.uuid.clone());
                    cell.pci = inventory.identity.pci.value().copied().or(cell.pci);
                }
                Fact::Sample(sample) => {
                    if let Some(processes) = sample.processes.value() {
                        cell.pids = processes.iter().map(|process| process.pid).collect();
                    }
                }
                // the sampler tells when this changes; what is told of it is decided below
                Fact::GpuCall(GpuCall { state, .. }) => {
                    cell.failing = match state {
                        CallState::Failing { since, why } => Some((*since, why.clone())),
                        _ => None,
                    };
                    continue;
                }
                _ => {}
            }
            outlet.send(fact);
        }
        let state = self.outcome(&mut cell);
        self.say(&mut cell, state, rounds, outlet);
    }

    /// What a beat that has come to its end says of the calls.
    fn outcome(&self, cell: &mut Cell) -> CallState {
        let now = Timestamp::now();
        let late = self.watch.take_late();
        if let Some(Late { call, took, .. }) = late.filter(|late| self.watch.is_wedged(late)) {
            let seconds = took.as_secs_f64();
            let why = Absence::new(
                AbsentCode::Hung,
                format!("{call} came back after {seconds:.1} s; the GPU is left alone for a while"),
            );
            let pause = cell.breaker.hung(Instant::now());
            return resting(now, pause, why);
        }
        match cell.failing.clone() {
            None => {
                cell.breaker.good();
                match (late, &cell.told) {
                    (None, _) => CallState::Answering,
                    (Some(late), CallState::Slow { seconds, .. })
                        if late.took.as_secs_f64() < seconds * NOTABLY_SLOWER =>
                    {
                        cell.told.clone()
                    }
                    (Some(late), _) => slow(&late),
                }
            }
            Some((since, why)) => match cell.breaker.failed(Instant::now()) {
                Some(pause) => resting(now, pause, why),
                None => CallState::Failing { since, why },
            },
        }
    }

    fn say(&self, cell: &mut Cell, state: CallState, rounds: &Rounds, outlet: &Outlet) {
        if cell.told == state {
            return;
        }
        let answers = matches!(state, CallState::Answering | CallState::Failing { .. });
        rounds.excuse(self.worker, !answers);
        cell.told = state.clone();
        outlet.send(Fact::GpuCall(GpuCall {
            pci: cell.pci,
            gpu: cell.uuid.clone(),
            index: self.index,
            state,
        }));
    }

    fn lock(&self) -> MutexGuard<'_, Cell> {
        self.cell.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn slow(late: &Late) -> CallState {
    CallState::Slow {
        since: late.since,
        call: Text::new(late.call),
        // a thousandth is more than anybody reads
        seconds: (late.took.as_secs_f64() * 1000.0).round() / 1000.0,
    }
}

fn twice(seconds: f64) -> SignedDuration {
    SignedDuration::try_from_secs_f64(seconds * 2.0).unwrap_or(SignedDuration::MAX)
}

fn resting(now: Timestamp, Pause(pause): Pause, why: Absence) -> CallState {
    let until = pause.and_then(|pause: Duration| now.checked_add(pause).ok());
    CallState::Resting {
        since: now,
        until,
        why,
    }
}

/// Says that a lane has ended by a fault of ours: its GPU must not look as if it answered.
struct LastWord<'a> {
    lane: &'a Lane,
    outlet: &'a Outlet,
}

impl Drop for LastWord<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let cell = self.lane.lock();
            self.outlet.send(Fact::GpuCall(GpuCall {
                pci: cell.pci,
                gpu: cell.uuid.clone(),
                index: self.lane.index,
                state: CallState::Resting {
                    since: Timestamp::now(),
                    until: None,
                    why: Absence::new(
                        AbsentCode::Failed,
                        "migdeck's own thread for this GPU ended by a fault; please report it",
                    ),
                },
            }));
        }
    }
}
