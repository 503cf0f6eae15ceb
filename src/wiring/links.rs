//! Links to hosts: a stream that ends is started again, and what it told stays until then.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::{Duration, Instant};

use crate::domain::ids::{ExporterId, StreamId};
use crate::domain::observation::{Control, Fact};
use crate::domain::reading::{Absence, AbsentCode};
use crate::domain::text::Text;
use crate::sources::stream::{Feed, Listener, StreamMsg};
use crate::store::memory::Memory;

use super::backoff::{Backoff, chance};
use super::exporters::Told;
use super::headless::Argv;
use super::hosts::{SudoAdvice, as_user, rights_advice, through_sudo_if_allowed};

/// A host that was reached over a network and is silent for so long is asked by a new connection: the old one may be
/// dead without anybody having said so. A probe on this machine beats whatever its driver does, and a second one beside
/// a stuck one would not help.
const SILENT: Duration = Duration::from_secs(60);
/// Beyond the connection's own time, how long the first record may take.
const FIRST: Duration = Duration::from_secs(15);

/// What reaches the thread of the streams.
#[derive(Debug)]
pub(super) enum Item {
    /// A message of the try with this number.
    Told {
        id: StreamId,
        attempt: u64,
        message: StreamMsg,
    },
    /// What an earlier console wrote down of a host.
    Remembered { id: StreamId, memory: Box<Memory> },
    /// Something for the user.
    Notice(Text),
    /// How a probe on this host is to be started, and how to see what a user's rights hide from it.
    Asked {
        id: StreamId,
        argv: Vec<OsString>,
        advice: Option<SudoAdvice>,
    },
    /// What an exporter tells.
    Exporter(ExporterId, Told),
    /// There are orders.
    Wake,
}

/// Tells messages of one try. Those of an abandoned try are known by its number.
#[derive(Clone, Debug)]
pub(super) struct Ear {
    pub(super) to: SyncSender<Item>,
    pub(super) attempt: u64,
}

impl Listener for Ear {
    fn tell(&self, id: StreamId, message: StreamMsg) -> bool {
        let attempt = self.attempt;
        let item = Item::Told {
            id,
            attempt,
            message,
        };
        self.to.send(item).is_ok()
    }
}

/// A host that is to be read for as long as somebody looks.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) id: StreamId,
    /// The host's name as far as is known.
    pub(super) name: Text,
    argv: Argv,
    /// How long a connection may take; nothing for a probe on this machine.
    connect: Duration,
    /// This program, by which what might ask on a terminal is started without one; `None`: all keeps its terminal.
    apart: Option<PathBuf>,
    backoff: Backoff,
    attempt: u64,
    state: State,
    wishes: Wishes,
    /// It has told a whole round at least once.
    pub(super) has_told: bool,
}

#[derive(Debug)]
enum State {
    Up {
        feed: Feed,
        begun: Instant,
        heard: Option<Instant>,
    },
    Down {
        again: Instant,
    },
    /// It is being found out how it is to be started.
    Asking,
}

/// What a probe that is started again has to be told again.
#[derive(Debug, Default)]
struct Wishes {
    beat: Option<Control>,
    detail: Option<Control>,
    paused: bool,
}

impl Link {
    /// A link that is to be tried at once.
    pub(super) fn new(
        id: StreamId,
        name: Text,
        argv: Argv,
        connect: Duration,
        now: Instant,
    ) -> Self {
        Self {
            id,
            name,
            argv,
            connect,
            apart: None,
            backoff: Backoff::default(),
            attempt: 0,
            state: State::Down { again: now },
            wishes: Wishes::default(),
            has_told: false,
        }
    }

    /// Starts what might ask on a terminal without one, by this program.
    ///
    /// A probe on this machine keeps the terminal: `sudo -n` never asks, and sudo remembers per terminal who it let.
    pub(super) fn apart(mut self, program: Option<PathBuf>) -> Self {
        self.apart = program.filter(|_| self.is_remote());
        self
    }

    /// Does what its time has come for; why it is lost, if it is.
    pub(super) fn due(&mut self, now: Instant, to: &SyncSender<Item>) -> Option<Absence> {
        match &self.state {
            State::Down { again } if *again <= now => self.begin(now, to),
            State::Up { begun, heard, .. } if self.gives_up_at().is_some_and(|at| at <= now) => {
                let lived = now.saturating_duration_since(*begun);
                let why = match (self.misread(), heard) {
                    (Some(words), _) => format!("what came is not a migdeck stream: {words}"),
                    (None, Some(_)) => format!("nothing came for {} s", SILENT.as_secs()),
                    (None, None) => format!("nothing came within {} s", lived.as_secs()),
                };
                let why = Absence::new(AbsentCode::Failed, why);
                Some(self.lost(why, lived, now))
            }
            _ => None,
        }
    }

    /// When [`Self::due`] has something to do.
    pub(super) fn due_at(&self) -> Option<Instant> {
        match &self.state {
            State::Down { again } => Some(*again),
            State::Up { .. } => self.gives_up_at(),
            State::Asking => None,
        }
    }

    fn gives_up_at(&self) -> Option<Instant> {
        match &self.state {
            State::Up { begun, heard, .. } if self.is_remote() => Some(match heard {
                Some(heard) => *heard + SILENT,
                None => *begun + self.connect + FIRST,
            }),
            _ => None,
        }
    }

    /// The beginning of what comes and is no record; `None`: records come, or nothing.
    pub(super) fn misread(&self) -> Option<Text> {
        match &self.state {
            State::Up { feed, .. } => feed.tally().misread(),
            State::Down { .. } | State::Asking => None,
        }
    }

    /// Somebody is listened to.
    pub(super) fn is_up(&self) -> bool {
        matches!(self.state, State::Up { .. })
    }

    fn is_remote(&self) -> bool {
        !self.connect.is_zero()
    }

    /// Asks, on a thread of its own, how a probe of this program is to be started.
    fn ask(&mut self, program: PathBuf, to: &SyncSender<Item>) -> std::io::Result<()> {
        let (id, to) = (self.id, to.clone());
        thread::Builder::new()
            .name("sudo".to_owned())
            .spawn(move || {
                let argv = through_sudo_if_allowed(&program);
                let advice = rights_advice(&argv, &program);
                let _ = to.send(Item::Asked { id, argv, advice });
            })?;
        self.state = State::Asking;
        Ok(())
    }

    /// Takes in how it is to be started, and lets it begin.
    pub(super) fn asked(&mut self, argv: Vec<OsString>, now: Instant) {
        self.argv = Argv::Known(argv);
        self.state = State::Down { again: now };
    }

    fn begin(&mut self, now: Instant, to: &SyncSender<Item>) -> Option<Absence> {
        let argv = match &self.argv {
            Argv::Known(argv) => argv.clone(),
            Argv::AsksSudo(program) => {
                let program = program.clone();
                if self.ask(program.clone(), to).is_ok() {
                    return None;
                }
                as_user(&program)
            }
        };
        self.attempt += 1;
        let ear = Ear {
            to: to.clone(),
            attempt: self.attempt,
        };
        let feed = match &self.apart {
            Some(program) => Feed::spawn_apart(self.id, &argv, program, ear),
            None => Feed::spawn(self.id, &argv, ear),
        };
        match feed {
            Ok(feed) => {
                self.wishes.tell(&feed);
                self.state = State::Up {
                    feed,
                    begun: now,
                    heard: None,
                };
                None
            }
            Err(error) => {
                let program = argv.first().map(|p| p.to_string_lossy());
                let program = program.as_deref().unwrap_or("the probe");
                let why = format!("{program} could not be started: {error}");
                let why = Absence::new(AbsentCode::NoSource, why);
                Some(self.lost(why, Duration::ZERO, now))
            }
        }
    }

    fn lost(&mut self, why: Absence, lived: Duration, now: Instant) -> Absence {
        let wait = self.backoff.after(lived, chance());
        // the feed goes here, and with it its probe
        self.state = State::Down { again: now + wait };
        let next = match wait.as_secs_f64().round() {
            0.0 => "asking again".to_owned(),
            seconds => format!("asking again in {seconds} s"),
        };
        Absence::new(why.code, format!("{}; {next}", why.text))
    }

    /// Takes in what a try tells.
    pub(super) fn hear(&mut self, attempt: u64, message: &StreamMsg, now: Instant) -> Heard {
        let State::Up { feed, begun, heard } = &mut self.state else {
            return Heard::Nothing;
        };
        if attempt != self.attempt {
            return Heard::Nothing;
        }
        match message {
            StreamMsg::Observation(observation) => {
                *heard = Some(now);
                let again = self.has_told;
                if let Fact::Beat { .. } = &observation.fact {
                    self.has_told = true;
                }
                Heard::Record { again }
            }
            StreamMsg::Flood { .. } => {
                // more than was asked for of what is no record is not a word
                if feed.tally().misread().is_none() {
                    *heard = Some(now);
                }
                Heard::Flood
            }
            StreamMsg::Ended { why } => {
                // one that never said a word has not lived
                let lived = heard.map_or(Duration::ZERO, |_| now.saturating_duration_since(*begun));
                let why = why.clone().unwrap_or_else(|| {
                    Absence::new(AbsentCode::NoSource, "the probe has ended its stream")
                });
                Heard::Lost(self.lost(why, lived, now))
            }
        }
    }

    /// This process could not hear it for a while: its silence begins now.
    pub(super) fn spare(&mut self, now: Instant) {
        if let State::Up { begun, heard, .. } = &mut self.state {
            match heard {
                Some(heard) => *heard = now,
                None => *begun = now,
            }
        }
    }

    /// Tries again now, if it is not up; also where it is up and silent.
    pub(super) fn refresh(&mut self, now: Instant) {
        match &self.state {
            State::Asking => return,
            State::Down { .. } => {}
            State::Up { heard, begun, .. } => {
                let silent = now.saturating_duration_since(heard.unwrap_or(*begun));
                if !self.is_remote() || silent < FIRST {
                    return;
                }
            }
        }
        self.state = State::Down { again: now };
    }

    /// Tells its probe. What has to hold for longer is told again to the next one.
    pub(super) fn control(&mut self, control: &Control) {
        self.wishes.note(control);
        if let State::Up { feed, .. } = &self.state {
            // a probe that has ended tells so on its stream, and one that does not read is not waited for
            let _ = feed.write_control(control);
        }
    }
}

/// What has come of a message.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Heard {
    /// It is of a try that was given up.
    Nothing,
    /// It is a record; whether an earlier one, or an earlier probe, has told a whole round.
    Record { again: bool },
    /// More comes than was asked for.
    Flood,
    /// The link is lost, for this reason, and will be tried again.
    Lost(Absence),
}

impl Wishes {
    fn note(&mut self, control: &Control) {
        match control {
            Control::Beat { .. } => self.beat = Some(control.clone()),
            Control::Detail { .. } => self.detail = Some(control.clone()),
            Control::Pause => self.paused = true,
            Control::Resume => self.paused = false,
            Control::Retry { .. } => {}
        }
    }

    fn tell(&self, feed: &Feed) {
        let pause = self.paused.then_some(&Control::Pause);
        for control in self.beat.iter().chain(&self.detail).chain(pause) {
            let _ = feed.write_control(control);
        }
    }
}
