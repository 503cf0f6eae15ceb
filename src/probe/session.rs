//! NVML, from its start to letting go of it, and again: the lanes of one such session, its events, and what the threads
//! of the probe share.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::domain::ids::{GpuUuid, PciAddress, Pid};
use crate::domain::observation::{Fact, Health, SourceName, SourceState};
use crate::domain::reading::Absence;
use crate::domain::text::Text;
use crate::domain::xid::{XidEvent, XidFamily, XidSource};
use crate::ports::gpu_api::{Code, GpuApi, GpuEvent};
use crate::sources::nvml;
use crate::sources::nvml::watch::CallWatch;

use super::breaker::FATAL;
use super::ground::Ground;
use super::lane::Lane;
use super::outlet::Outlet;
use super::rounds::{Rounds, Worker};

/// NVML that could not be opened is tried again after this: a driver may be installed or loaded meanwhile.
const AGAIN: Duration = Duration::from_secs(30);
/// The call that starts NVML.
const INIT: &str = "nvmlInit_v2";
/// NVML's start takes tens of seconds with persistence off; only after this it is called hung.
const START_HANGS: SignedDuration = SignedDuration::from_secs(60);
/// How long one wait for events lasts: who is to let go of NVML waits for no longer than that.
const EVENT_WAIT: Duration = Duration::from_millis(500);

/// What the threads of a probe share.
pub(super) struct Session {
    ground: Arc<Ground>,
    rounds: Arc<Rounds>,
    outlet: Outlet,
    call_deadline: Duration,
    begun: Timestamp,
    /// The call that NVML's start is in.
    start: CallWatch,
    state: Mutex<State>,
    sources: Mutex<BTreeMap<SourceName, Health>>,
}

#[derive(Default)]
struct State {
    /// Number of the present session.
    number: u64,
    lanes: Vec<Arc<Lane>>,
    /// Why NVML is to be let go of.
    quiesced: Option<Text>,
    /// What the stream says of a pause.
    pause_told: Option<Text>,
    detail: Option<GpuUuid>,
    /// GPUs by address, from /proc.
    in_proc: Vec<PciAddress>,
    /// GPUs of the last session that have not been seen in this one.
    missing: BTreeSet<GpuUuid>,
}

impl Session {
    pub(super) fn new(
        ground: &Arc<Ground>,
        rounds: &Arc<Rounds>,
        outlet: &Outlet,
        call_deadline: Duration,
    ) -> Self {
        Self {
            ground: Arc::clone(ground),
            rounds: Arc::clone(rounds),
            outlet: outlet.clone(),
            call_deadline,
            begun: Timestamp::now(),
            start: CallWatch::default(),
            state: Mutex::default(),
            sources: Mutex::default(),
        }
    }

    pub(super) fn ground(&self) -> &Ground {
        &self.ground
    }

    pub(super) fn rounds(&self) -> &Rounds {
        &self.rounds
    }

    pub(super) fn outlet(&self) -> &Outlet {
        &self.outlet
    }

    pub(super) fn call_deadline(&self) -> Duration {
        self.call_deadline
    }

    pub(super) fn lanes(&self) -> Vec<Arc<Lane>> {
        self.lock().lanes.clone()
    }

    /// Processes that NVML lists, on all GPUs.
    pub(super) fn nvml_pids(&self) -> BTreeSet<Pid> {
        self.lanes().iter().flat_map(|lane| lane.pids()).collect()
    }

    /// GPUs that /proc lists; in the order of their addresses NVML counts them.
    pub(super) fn set_in_proc(&self, mut gpus: Vec<PciAddress>) {
        gpus.sort_unstable();
        self.lock().in_proc = gpus;
    }

    /// Tells how a source does, if that is news. One that is down for the same reason stays down since the first time.
    pub(super) fn tell_source(&self, source: SourceName, health: Health) {
        let mut told = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let same = match (told.get(&source), &health) {
            (Some(Health::Down { why, .. }), Health::Down { why: new, .. }) => why == new,
            (Some(old), new) => old == new,
            (None, _) => false,
        };
        if !same {
            told.insert(source, health.clone());
            self.outlet
                .send(Fact::Source(SourceState { source, health }));
        }
    }

    /// Error reports: those after which calls hang make their GPU be left alone.
    pub(super) fn heed(&self, events: &[XidEvent]) {
        let fatal = events
            .iter()
            .filter(|event| event.family == XidFamily::Xid && FATAL.contains(&event.code));
        for event in fatal {
            for lane in self.lanes() {
                if event.pci.is_some() && lane.pci() == event.pci {
                    let fresh = event.at >= self.begun;
                    lane.fatal_xid(event.code, fresh, &self.rounds, &self.outlet);
                }
            }
        }
    }

    /// Reads one GPU in detail, the others not.
    pub(super) fn set_detail(&self, gpu: Option<GpuUuid>) {
        let lanes = {
            let mut state = self.lock();
            state.detail.clone_from(&gpu);
            state.lanes.clone()
        };
        for lane in lanes {
            lane.set_detail(gpu.clone());
        }
    }

    /// Asks for NVML to be let go of, or allows it again.
    pub(super) fn set_quiesced(&self, why: Option<Text>) {
        self.lock().quiesced = why;
        self.tell_pause();
        self.rounds.poke();
    }

    /// Stops rounds, or lets them go on.
    pub(super) fn set_paused(&self, paused: bool) {
        self.rounds.set_paused(paused);
        self.tell_pause();
    }

    fn tell_pause(&self) {
        let paused = self.rounds.is_paused();
        let mut state = self.lock();
        let by_reader = || paused.then(|| Text::new("paused by the console"));
        let why = state.quiesced.clone().or_else(by_reader);
        if state.pause_told != why {
            state.pause_told.clone_from(&why);
            self.outlet.send(Fact::Paused { why });
        }
    }

    /// Says that NVML's start takes long, for the watcher.
    pub(super) fn watch_start(&self, now: Timestamp) {
        let Some((since, call)) = self.start.current() else {
            return;
        };
        let taken = now.duration_since(since);
        let deadline = SignedDuration::try_from(self.call_deadline).unwrap_or(SignedDuration::MAX);
        if taken < deadline {
            return;
        }
        let health = if call != INIT {
            let why = Text::from(format!("{call} has not come back"));
            Health::Hung { since, why }
        } else if taken >= START_HANGS {
            let why = Text::from(format!("{call} has not come back for a minute"));
            Health::Hung { since, why }
        } else {
            let why = Text::from(format!(
                "{call} has not come back yet; with persistence mode off this takes tens of seconds"
            ));
            Health::Late { since, why }
        };
        self.tell_source(SourceName::Nvml, health);
        self.rounds.excuse(Worker::Nvml, true);
    }

    /// Tells which GPUs a reopened NVML lists no more, once all of its GPUs have said who they are.
    pub(super) fn watch_missing(&self) {
        let mut state = self.lock();
        if state.missing.is_empty() || state.lanes.is_empty() {
            return;
        }
        let seen: Option<BTreeSet<_>> = state.lanes.iter().map(|lane| lane.uuid()).collect();
        let Some(seen) = seen else {
            return;
        };
        for gpu in std::mem::take(&mut state.missing).difference(&seen) {
            self.outlet.send(Fact::GpuGone { gpu: gpu.clone() });
        }
    }

    fn is_quiesced(&self) -> bool {
        self.lock().quiesced.is_some()
    }

    fn number(&self) -> u64 {
        self.lock().number
    }

    fn open(&self) -> Result<(Arc<dyn GpuApi>, Fact), Absence> {
        self.start.around(INIT, || {
            let api = self.ground.open()?;
            let driver = nvml::driver_facts(&*api)?;
            Ok((api, driver))
        })
    }

    /// Makes a lane of each GPU. A lane for which no thread can be had is left out, and its GPU stays as /proc has it.
    fn begin(self: &Arc<Self>, api: &Arc<dyn GpuApi>, gpus: u32) -> io::Result<()> {
        let deadline = SignedDuration::try_from(self.call_deadline).unwrap_or(SignedDuration::MAX);
        let (number, lanes) = {
            let mut state = self.lock();
            state.number += 1;
            let in_proc = std::mem::take(&mut state.in_proc);
            let known = in_proc.len() == gpus as usize;
            let wanted = &state.detail;
            let lanes: Vec<_> = (0..gpus)
                .zip(0usize..)
                .map(|(index, at)| {
                    let pci = in_proc.get(at).copied().filter(|_| known);
                    Arc::new(Lane::new(
                        state.number,
                        index,
                        pci,
                        wanted.clone(),
                        deadline,
                    ))
                })
                .collect();
            state.in_proc = in_proc;
            state.lanes.clone_from(&lanes);
            (state.number, lanes)
        };
        for lane in lanes {
            self.rounds.join(lane.worker());
            let (session, api) = (Arc::clone(self), Arc::clone(api));
            super::start(format!("{:?}", lane.worker()), move || {
                lane.run(api, &session.rounds, &session.outlet);
                session.rounds.leave(lane.worker());
            })?;
        }
        let (session, api) = (Arc::clone(self), Arc::clone(api));
        super::start("events", move || session.listen(&*api, number))
    }

    /// Lets go of NVML: each thread drops its hold when it comes back from the call that it is in.
    fn release(&self) {
        let lanes = {
            let mut state = self.lock();
            state.number += 1;
            let lanes = std::mem::take(&mut state.lanes);
            state.missing = lanes.iter().filter_map(|lane| lane.uuid()).collect();
            lanes
        };
        for lane in lanes {
            lane.retire();
            self.rounds.leave(lane.worker());
        }
    }

    /// Events of session `number`.
    fn listen(&self, api: &dyn GpuApi, number: u64) {
        while self.number() == number && !self.rounds.has_ended() {
            match api.wait_event(EVENT_WAIT) {
                Ok(None) => {}
                Ok(Some(GpuEvent::MigConfigChange { gpu })) => {
                    if let Some(lane) = self.lanes().get(gpu as usize) {
                        lane.mig_changed();
                    }
                }
                Ok(Some(GpuEvent::Xid { gpu, code, gi, ci })) => {
                    let lane = self.lanes().get(gpu as usize).cloned();
                    let event = XidEvent {
                        family: XidFamily::Xid,
                        code: u32::try_from(code).unwrap_or(u32::MAX),
                        pci: lane.and_then(|lane| lane.pci()),
                        at: Timestamp::now(),
                        boot_usec: None,
                        boot: None,
                        gi,
                        ci,
                        pid: None,
                        name: None,
                        message: Text::new(""),
                        severity_word: None,
                        link: None,
                        source: XidSource::NvmlEvent,
                    };
                    self.heed(std::slice::from_ref(&event));
                    self.outlet.send(Fact::Xids {
                        events: vec![event],
                        lost: 0,
                    });
                }
                // without events changes are found by the sampler's rounds, errors by the kernel log
                Err(error)
                    if matches!(
                        error.code,
                        Code::NotSupported | Code::SymbolMissing | Code::FunctionNotFound
                    ) =>
                {
                    return;
                }
                Err(_) => thread::sleep(EVENT_WAIT * 10),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the thread that opens NVML, keeps it, lets go of it when asked to, and opens it again.
pub(super) fn start(session: &Arc<Session>) -> io::Result<()> {
    session.rounds.join(Worker::Nvml);
    let session = Arc::clone(session);
    super::start("nvml", move || keep(&session))
}

fn keep(session: &Arc<Session>) {
    let rounds = &session.rounds;
    while !rounds.has_ended() {
        if session.is_quiesced() {
            rounds.done(Worker::Nvml, u64::MAX);
            rounds.rest(AGAIN);
            continue;
        }
        let opened = session.open();
        match opened {
            Ok((api, driver)) => {
                let gpus = match &driver {
                    Fact::Driver(driver) => driver.gpus,
                    _ => 0,
                };
                session.outlet.send(driver);
                session.tell_source(SourceName::Nvml, Health::Live);
                let begun = session.begin(&api, gpus);
                drop(api);
                rounds.done(Worker::Nvml, u64::MAX);
                if begun.is_err() {
                    session.release();
                    wait(session, AGAIN);
                    continue;
                }
                while !session.is_quiesced() && !rounds.rest(AGAIN) {}
                session.release();
            }
            Err(why) => {
                let since = Timestamp::now();
                session.tell_source(SourceName::Nvml, Health::Down { since, why });
                rounds.done(Worker::Nvml, u64::MAX);
                wait(session, AGAIN);
            }
        }
    }
}

/// Waits before NVML is tried again.
fn wait(session: &Session, rest: Duration) {
    let until = Instant::now() + rest;
    loop {
        let rest = until.saturating_duration_since(Instant::now());
        if rest.is_zero() || session.is_quiesced() || session.rounds.rest(rest) {
            return;
        }
    }
}
