//! Hosts to streams, streams to a fleet: what every subcommand that reads is built on.
//!
//! NVML is only ever called in the probe at the other end of a stream. So whatever a driver does, [`Running::collect`]
//! comes back at its deadline with what is known.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::domain::fleet::{Fleet, Gpu, Node};
use crate::domain::ids::{ExporterId, StreamId};
use crate::domain::observation::{CallState, Control, Fact};
use crate::domain::reading::{Absence, AbsentCode};
use crate::sources::stream::tape::Playing;
use crate::sources::stream::{Feed, Listener, Reel, Speed, StreamMsg, TapeError};
use crate::store::{Of, Store};

use super::cluster::{Options, Reader, Telemetry};
use super::exporters::{Exporter, Exporters, Told};
use super::hosts::through_sudo_if_allowed;

/// Records that may wait for the store.
const BACKLOG: usize = 256;
/// How often a wait looks whether it was interrupted.
const GLANCE: Duration = Duration::from_millis(100);
/// How long a connection to an API server may take before its own time starts, and the least that this time is: large
/// clusters are told whole.
const REACHED: Duration = Duration::from_secs(6);
const TOLD: Duration = Duration::from_secs(8);
/// Activity is measured between two samples: the second is waited for during this part of the patience (of the usual
/// two seconds, 250 ms).
const SECOND_SAMPLE: u32 = 8;
/// Beat of a probe that is asked once: the second sample comes as early as it can be told from the first.
const ONCE: Control = Control::Beat { seconds: 0.15 };

/// A stream to run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Spec {
    /// A command that writes a stream.
    Probe {
        /// What to call its host until it has told its name.
        name: String,
        /// Program and arguments.
        argv: Argv,
        /// How long a connection may take before the host's own time starts.
        connect: Duration,
    },
    /// A file that holds one.
    Tape(Reel),
    /// A cluster, read through its API server.
    Cluster {
        /// How.
        options: Box<Options>,
        /// What else is read through it.
        telemetry: Telemetry,
        /// Nobody named the hosts beside it: this machine is left out if it has no GPU and the cluster has.
        alone: bool,
    },
    /// No stream: an exporter that tells of hosts beside their streams.
    Exporter(Exporter),
}

impl Spec {
    /// Whether hosts beside it were named by nobody.
    pub(super) fn leaves_this_machine_out(&self) -> bool {
        matches!(self, Self::Cluster { alone: true, .. })
    }
}

/// Exporters among `specs`, numbered, each with the streams that it is of. A stream's number is its place in `specs`.
pub(super) fn exporters(specs: &[Spec]) -> Vec<(ExporterId, Exporter, Of)> {
    let stream = |wanted: &str| {
        let named = |spec: &Spec| matches!(spec, Spec::Probe { name, .. } if name == wanted);
        let at = specs.iter().position(named)?;
        u32::try_from(at).ok().map(StreamId)
    };
    let all = specs.iter().filter_map(|spec| match spec {
        Spec::Exporter(exporter) => Some(exporter.clone()),
        Spec::Probe { .. } | Spec::Tape(_) | Spec::Cluster { .. } => None,
    });
    (0..)
        .zip(all)
        .map(|(n, exporter)| {
            let of = exporter.of(stream);
            (ExporterId(n), exporter, of)
        })
        .collect()
}

/// How a probe is started.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Argv {
    /// Program and arguments.
    Known(Vec<OsString>),
    /// This program on this host, through sudo where a rule allows it. Asking that may take a second.
    AsksSudo(PathBuf),
}

impl Argv {
    /// Program and arguments; sudo is asked where it has to be.
    pub fn settled(&self) -> Vec<OsString> {
        match self {
            Self::Known(argv) => argv.clone(),
            Self::AsksSudo(program) => through_sudo_if_allowed(program),
        }
    }
}

/// A stream that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A tape.
    #[error(transparent)]
    Tape(#[from] TapeError),
    /// No thread, no pipe.
    #[error("{0} could not be started: {1}")]
    Io(String, std::io::Error),
}

/// Streams that run, and what they have told so far. Dropping it ends or abandons them all.
#[derive(Debug)]
pub struct Running {
    streams: Vec<Stream>,
    messages: Receiver<Heard>,
    store: Store,
    exporters: Option<Exporters>,
    /// Exporters that have neither answered nor failed.
    awaited: BTreeSet<ExporterId>,
    begun: Instant,
    interrupted: Arc<AtomicBool>,
}

/// What comes in.
enum Heard {
    Stream(StreamId, StreamMsg),
    Exporter(ExporterId, Told),
}

#[derive(Clone)]
struct Ear(SyncSender<Heard>);

impl Listener for Ear {
    fn tell(&self, id: StreamId, message: StreamMsg) -> bool {
        self.0.send(Heard::Stream(id, message)).is_ok()
    }
}

#[derive(Debug)]
struct Stream {
    id: StreamId,
    name: String,
    source: Source,
    connect: Duration,
    hello: Option<Instant>,
    beats: u64,
    ended: bool,
}

#[derive(Debug)]
enum Source {
    Feed(Feed),
    Tape(#[allow(dead_code)] Playing), // dropping it stops the player
    Cluster(#[allow(dead_code)] Reader), // dropping it ends the reading
    Nothing,
}

impl Running {
    /// Starts all streams. A probe that cannot be started is a source that is down, not an error.
    ///
    /// # Errors
    /// A tape cannot be read: there is no other host to show instead.
    pub fn start(specs: &[Spec], interrupted: Arc<AtomicBool>) -> Result<Self, StartError> {
        let (to, messages) = sync_channel(BACKLOG);
        let ear = Ear(to.clone());
        let mut this = Self {
            streams: Vec::new(),
            messages,
            store: Store::new(),
            exporters: None,
            awaited: BTreeSet::new(),
            begun: Instant::now(),
            interrupted,
        };
        for (spec, n) in specs.iter().zip(0..) {
            let id = StreamId(n);
            let mut stream = Stream {
                id,
                name: String::new(),
                source: Source::Nothing,
                connect: Duration::ZERO,
                hello: None,
                beats: 0,
                ended: false,
            };
            match spec {
                Spec::Probe {
                    name,
                    argv,
                    connect,
                } => {
                    stream.name.clone_from(name);
                    stream.connect = *connect;
                    this.store
                        .expect(id, name.as_str().into(), Timestamp::now());
                    let argv = argv.settled();
                    match Feed::spawn(id, &argv, ear.clone()) {
                        Ok(feed) => stream.source = Source::Feed(feed),
                        Err(error) => {
                            let program = argv.first().map(|p| p.to_string_lossy());
                            let why = format!(
                                "{} could not be started: {error}",
                                program.as_deref().unwrap_or("the probe")
                            );
                            this.store
                                .ended(id, Some(Absence::new(AbsentCode::NoSource, why)));
                            stream.ended = true;
                        }
                    }
                }
                Spec::Cluster {
                    options, telemetry, ..
                } => {
                    stream.name = "the API server".to_owned();
                    stream.connect = REACHED;
                    this.store.expect_cluster(id);
                    let reader =
                        Reader::start(id, (**options).clone(), telemetry.clone(), ear.clone())
                            .map_err(|e| StartError::Io(stream.name.clone(), e))?;
                    stream.source = Source::Cluster(reader);
                }
                Spec::Tape(reel) => {
                    stream.name = reel.path().display().to_string();
                    let playing = reel
                        .take()?
                        .play(id, Speed::AtOnce, ear.clone())
                        .map_err(|e| StartError::Io(stream.name.clone(), e))?;
                    stream.source = Source::Tape(playing);
                }
                Spec::Exporter(_) => continue,
            }
            this.streams.push(stream);
        }
        if specs.iter().any(Spec::leaves_this_machine_out) {
            for stream in &this.streams {
                this.store.bystander(stream.id);
            }
        }
        this.read_exporters(specs, to)?;
        Ok(this)
    }

    fn read_exporters(&mut self, specs: &[Spec], to: SyncSender<Heard>) -> Result<(), StartError> {
        let mut all = Vec::new();
        for (id, exporter, of) in exporters(specs) {
            let (source, address) = (exporter.source(), exporter.address());
            self.store
                .expect_exporter(id, source, address, of, Timestamp::now());
            self.awaited.insert(id);
            all.push((id, exporter));
        }
        if !all.is_empty() {
            let tell = move |id, told| to.send(Heard::Exporter(id, told)).is_ok();
            let exporters = Exporters::start(all, tell)
                .map_err(|e| StartError::Io("reading exporters".to_owned(), e))?;
            self.exporters = Some(exporters);
        }
        Ok(())
    }

    /// Tells every probe how long its beats are to be. One that does not read is not waited for.
    pub fn set_beat(&self, beat: Duration) {
        self.control(&Control::Beat {
            seconds: beat.as_secs_f64(),
        });
    }

    fn control(&self, control: &Control) {
        for stream in &self.streams {
            if let Source::Feed(feed) = &stream.source {
                // a probe that has ended tells so on its stream
                let _ = feed.write_control(control);
            }
        }
    }

    /// What is known as soon as every stream has told its first beat or ended, at the latest after `patience` (a host
    /// over ssh: after the connection's own time and that). Where activity needs a second sample, that is awaited too.
    pub fn collect(&mut self, patience: Duration) -> Arc<Fleet> {
        self.control(&ONCE);
        self.pump(|this| {
            this.streams
                .iter()
                .find_map(|s| s.awaits(1, this.begun, patience))
        });
        // a GPU of which a beat told nothing is slow or hangs: its probe will say which
        self.pump(|this| {
            let until = this
                .streams
                .iter()
                .filter(|s| !s.ended)
                .map(|s| s.patient_until(this.begun, patience))
                .max()?;
            let open = this.fleet().nodes.iter().any(|n| has_open(n));
            open.then_some(until)
        });
        let begun = self.begun;
        self.pump(|this| (!this.awaited.is_empty()).then_some(begun + patience));
        let until = Instant::now() + patience / SECOND_SAMPLE;
        self.pump(|this| {
            let awaited = !this.ended() && this.fleet().nodes.iter().any(|n| awaits_activity(n));
            awaited.then_some(until)
        });
        self.give_up_on_the_silent(patience);
        self.fleet()
    }

    /// What is known after every stream that lives has told another beat, at the latest after `patience`.
    pub fn next(&mut self, patience: Duration) -> Arc<Fleet> {
        let before: Vec<u64> = self.streams.iter().map(|s| s.beats).collect();
        let until = Instant::now() + patience;
        self.pump(|this| {
            let waiting = this
                .streams
                .iter()
                .zip(&before)
                .any(|(s, before)| s.beats_on() && !s.ended && s.beats == *before);
            waiting.then_some(until)
        });
        self.store.tick(Timestamp::now());
        self.fleet()
    }

    /// Whether every stream has ended.
    pub fn ended(&self) -> bool {
        self.streams.iter().all(|s| s.ended)
    }

    /// Whether the user wants it to end.
    pub fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// The fleet as it is known now.
    pub fn fleet(&mut self) -> Arc<Fleet> {
        self.store.fleet()
    }

    /// Takes in what streams tell until `until` says `None`, or its time has come, or the user interrupts.
    fn pump(&mut self, until: impl Fn(&mut Self) -> Option<Instant>) {
        while let Some(deadline) = until(self) {
            let rest = deadline.saturating_duration_since(Instant::now());
            if rest.is_zero() || self.interrupted() {
                return;
            }
            match self.messages.recv_timeout(rest.min(GLANCE)) {
                Ok(Heard::Stream(id, message)) => self.take(id, message),
                Ok(Heard::Exporter(id, told)) => {
                    self.awaited.remove(&id);
                    match told {
                        Told::Collected(hosts) => self.store.collected(id, hosts),
                        Told::Health(health) => self.store.exporter_health(id, health),
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn take(&mut self, id: StreamId, message: StreamMsg) {
        let Some(stream) = self.streams.iter_mut().find(|s| s.id == id) else {
            return;
        };
        match message {
            StreamMsg::Observation(observation) => {
                match observation.fact {
                    Fact::Hello(_) | Fact::ClusterNews(_) => {
                        stream.hello.get_or_insert_with(Instant::now);
                    }
                    Fact::Beat { .. } => stream.beats += 1,
                    _ => {}
                }
                self.store.apply(id, *observation);
            }
            StreamMsg::Flood { dropped, goes_on } => {
                self.store.flooded(id, dropped, goes_on, Timestamp::now());
            }
            StreamMsg::Ended { why } => {
                stream.ended = true;
                self.store.ended(id, why);
            }
        }
    }

    fn give_up_on_the_silent(&mut self, patience: Duration) {
        for stream in &self.streams {
            if stream.hello.is_none() && !stream.ended && stream.beats == 0 {
                let waited = (stream.connect + patience).as_secs_f64();
                let why = format!("{} has told nothing within {waited} s", stream.name);
                let why = Absence::new(AbsentCode::NotYet, why);
                match stream.source {
                    Source::Cluster(_) => self.store.silent(stream.id, why, Timestamp::now()),
                    _ => self.store.ended(stream.id, Some(why)),
                }
            }
        }
    }
}

impl Stream {
    /// Whether it tells again and again that all is told: a cluster does so once.
    fn beats_on(&self) -> bool {
        !matches!(self.source, Source::Cluster(_))
    }

    /// Until when its n-th beat is to be waited for; `None`: not at all.
    fn awaits(&self, beats: u64, begun: Instant, patience: Duration) -> Option<Instant> {
        match (&self.source, self.ended) {
            (_, true) | (Source::Nothing, _) => None,
            // read to its end, however long it is
            (Source::Tape(_), false) => Some(Instant::now() + Duration::from_secs(3600)),
            (Source::Feed(_) | Source::Cluster(_), false) if self.beats >= beats => None,
            (Source::Feed(_), false) => Some(self.patient_until(begun, patience)),
            (Source::Cluster(_), false) => Some(self.patient_until(begun, patience.max(TOLD))),
        }
    }

    /// How long this host may take in all: the connection's time does not count against it.
    fn patient_until(&self, begun: Instant, patience: Duration) -> Instant {
        self.hello.unwrap_or(begun + self.connect) + patience
    }
}

/// Whether NVML answers on a host, and yet neither a sample of a GPU is known nor that its calls fail.
fn has_open(node: &Node) -> bool {
    let answers = node.driver.value().is_some();
    let open = |gpu: &Gpu| gpu.sampled.is_none() && gpu.calls == CallState::Answering;
    answers && node.gpus.iter().any(open)
}

/// Whether a metric lacks nothing but a second sample.
fn awaits_activity(node: &Node) -> bool {
    node.gpus
        .iter()
        .filter(|g| g.calls == CallState::Answering)
        .flat_map(|g| &g.slots)
        .filter_map(|s| s.sample.as_ref())
        .flat_map(|s| &s.metrics)
        .any(|(_, reading)| {
            reading
                .reason()
                .is_some_and(|r| r.code == AbsentCode::NotYet)
        })
}
