//! The thread of the streams.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::domain::cluster::asked::Answer;
use crate::domain::ids::StreamId;
use crate::domain::observation::{Control, Fact, Observation};
use crate::domain::reading::{Absence, AbsentCode};
use crate::domain::text::Text;
use crate::sources::kube::asked::Wanted;
use crate::sources::stream::deck::TapeState;
use crate::sources::stream::tape::Playing;
use crate::sources::stream::{Deck, Reel, StreamMsg};
use crate::store::Store;
use crate::wiring::cluster::{Options, Reader, Telemetry};
use crate::wiring::exporters::{Exporters, Told};
use crate::wiring::headless::{Spec, exporters};
use crate::wiring::hosts::SudoAdvice;
use crate::wiring::links::{Ear, Heard, Item, Link};

use crate::wiring::sim::SimPods;

use super::paper::Paper;
use super::scribe::Scribe;
use super::{Desk, News, Order, Ways};

/// Messages taken in before anything else is looked at: a stream that floods holds up nobody.
const BATCH: usize = 256;
/// The records of a beat come within about this time.
const SETTLE: Duration = Duration::from_millis(4);
/// As long as hosts are awaited this thread looks around so often; where much more time has passed between two looks it was
/// stopped, or this machine slept.
const LOOK: Duration = Duration::from_secs(2);
const GAP: SignedDuration = SignedDuration::from_secs(3);
/// How often it is written down who was last seen at work; less than the hole after which that is void.
const WORK_WRITTEN: Duration = Duration::from_secs(20);

/// A cluster that is read.
#[derive(Clone, Debug)]
struct Followed {
    /// Its number as a stream.
    id: StreamId,
    options: Options,
    telemetry: Telemetry,
}

/// Links, tapes, and what they have told.
#[derive(Debug)]
pub(super) struct Streams {
    store: Store,
    links: Vec<Link>,
    tapes: Vec<Playing>,
    /// Clusters that are read.
    readers: Vec<Reader>,
    exporters: Option<Exporters>,
    simulated: Option<SimPods>,
    /// The cluster that is read, and how.
    cluster: Option<Followed>,
    /// Numbers of clusters that were read before.
    left: Vec<StreamId>,
    /// The next number that no stream has.
    spare: StreamId,
    to: SyncSender<Item>,
    paper: Paper,
    scribe: Option<Scribe>,
    /// When the work on hosts was written down last.
    written: Instant,
    notice: Option<Text>,
    advice: Option<SudoAdvice>,
    /// When time was let pass last.
    ticked: Option<Timestamp>,
}

impl Streams {
    pub(super) fn new(specs: &[Spec], ways: &Ways, to: SyncSender<Item>) -> io::Result<Self> {
        let mut this = Self {
            store: Store::new(),
            links: Vec::new(),
            tapes: Vec::new(),
            readers: Vec::new(),
            exporters: None,
            simulated: ways.simulated.clone(),
            cluster: None,
            left: Vec::new(),
            spare: StreamId(u32::try_from(specs.len()).unwrap_or(u32::MAX)),
            to: to.clone(),
            paper: Paper::default(),
            scribe: None,
            written: Instant::now(),
            notice: None,
            advice: None,
            ticked: None,
        };
        let now = Instant::now();
        for (spec, n) in specs.iter().zip(0..) {
            let id = StreamId(n);
            match spec {
                Spec::Probe {
                    name,
                    argv,
                    connect,
                } => {
                    let name = Text::new(name);
                    this.store.expect(id, name.clone(), Timestamp::now());
                    let link = Link::new(id, name, argv.clone(), *connect, now);
                    let mut link = link.apart(ways.apart.clone());
                    if let Some(seconds) = ways.beat {
                        link.control(&Control::Beat { seconds });
                    }
                    this.links.push(link);
                }
                Spec::Tape(reel) => this.play(id, reel, ways)?,
                Spec::Cluster {
                    options, telemetry, ..
                } => {
                    this.store.expect_cluster(id);
                    this.cluster = Some(Followed {
                        id,
                        options: (**options).clone(),
                        telemetry: telemetry.clone(),
                    });
                    let ear = Ear {
                        to: to.clone(),
                        attempt: 0,
                    };
                    let reader = Reader::start(id, (**options).clone(), telemetry.clone(), ear)?;
                    this.readers.push(reader);
                }
                Spec::Exporter(_) => {}
            }
        }
        if specs.iter().any(Spec::leaves_this_machine_out) {
            for link in &this.links {
                this.store.bystander(link.id);
            }
        }
        this.read_exporters(specs)?;
        if let Some(seconds) = ways.beat {
            this.store.set_beat(seconds);
        }
        // a tape tells of the past, which is not this console's to write down
        if let Some(state) = ways.state.clone().filter(|_| this.tapes.is_empty()) {
            this.scribe = Some(Scribe::start(state, to)?);
        }
        // what is asked for is shown, before anything answers
        this.paper.soon(now);
        Ok(this)
    }

    fn read_exporters(&mut self, specs: &[Spec]) -> io::Result<()> {
        let mut all = Vec::new();
        for (id, exporter, of) in exporters(specs) {
            let (source, address) = (exporter.source(), exporter.address());
            self.store
                .expect_exporter(id, source, address, of, Timestamp::now());
            all.push((id, exporter));
        }
        if !all.is_empty() {
            let to = self.to.clone();
            let tell = move |id, told| to.send(Item::Exporter(id, told)).is_ok();
            self.exporters = Some(Exporters::start(all, tell)?);
        }
        Ok(())
    }

    fn play(&mut self, id: StreamId, reel: &Reel, ways: &Ways) -> io::Result<()> {
        let tape = reel.take().map_err(io::Error::other)?;
        let ear = Ear {
            to: self.to.clone(),
            attempt: 0,
        };
        self.tapes.push(tape.play(id, ways.speed, ear)?);
        Ok(())
    }

    /// The clock of the tape, if one is played.
    pub(super) fn deck(&self) -> Option<&Deck> {
        self.tapes.first().map(Playing::deck)
    }

    pub(super) fn run(mut self, inbox: &Receiver<Item>, desk: &Desk, news: impl Fn(News)) {
        loop {
            let papers = desk.take();
            if papers.closed {
                return;
            }
            drop(papers.old);
            for order in papers.orders {
                self.obey(order);
            }
            let now = Instant::now();
            let overslept = self.overslept();
            for link in &mut self.links {
                if overslept {
                    link.spare(now);
                }
                if let Some(why) = link.due(now, &self.to) {
                    self.store.lost(link.id, why);
                    self.paper.soon(now);
                }
            }
            // read before what waits is taken in: whoever has spoken by then is not late
            let clock = self.clock();
            for item in inbox.try_iter().take(BATCH) {
                self.take(item);
            }
            self.let_time_pass(clock, now);
            if self.paper.is_due(now) {
                self.tell(&news);
            }
            let first = match self.next_at() {
                None => inbox.recv().ok(),
                Some(at) => {
                    let rest = at.saturating_duration_since(Instant::now());
                    match inbox.recv_timeout(rest) {
                        Ok(item) => Some(item),
                        Err(RecvTimeoutError::Timeout) => continue,
                        Err(RecvTimeoutError::Disconnected) => None,
                    }
                }
            };
            let Some(first) = first else {
                return;
            };
            if matches!(first, Item::Told { .. }) {
                // records come in bursts: the rest of this one is taken in with it
                thread::sleep(SETTLE);
            }
            self.take(first);
            for item in inbox.try_iter().take(BATCH) {
                self.take(item);
            }
        }
    }

    fn take(&mut self, item: Item) {
        let now = Instant::now();
        let (id, attempt, message) = match item {
            Item::Told {
                id,
                attempt,
                message,
            } => (id, attempt, message),
            Item::Remembered { id, memory } => {
                self.store.remember(id, *memory);
                return self.paper.soon(now);
            }
            Item::Notice(why) => {
                self.notice = Some(why);
                return self.paper.soon(now);
            }
            Item::Asked { id, argv, advice } => {
                if let Some(link) = self.links.iter_mut().find(|link| link.id == id) {
                    link.asked(argv, now);
                }
                self.advice = advice;
                return self.paper.soon(now);
            }
            Item::Exporter(id, told) => {
                match told {
                    Told::Collected(hosts) => self.store.collected(id, hosts),
                    Told::Health(health) => self.store.exporter_health(id, health),
                }
                return self.paper.soon(now);
            }
            Item::Wake => return,
        };
        let Some(link) = self.links.iter_mut().find(|link| link.id == id) else {
            return self.take_of_tape(id, message, now);
        };
        match (link.hear(attempt, &message, now), message) {
            (Heard::Record { again }, StreamMsg::Observation(observation)) => {
                self.apply(id, *observation, again, now);
            }
            (Heard::Flood, StreamMsg::Flood { dropped, goes_on }) => {
                self.store.flooded(id, dropped, goes_on, Timestamp::now());
                self.paper.soon(now);
            }
            (Heard::Lost(why), _) => {
                self.store.lost(id, why);
                self.paper.soon(now);
            }
            _ => {}
        }
    }

    fn take_of_tape(&mut self, id: StreamId, message: StreamMsg, now: Instant) {
        if self.left.contains(&id) {
            return;
        }
        match message {
            StreamMsg::Observation(observation) => self.apply(id, *observation, false, now),
            // a tape is read as fast as it is played
            StreamMsg::Flood { .. } => {}
            StreamMsg::Ended { why } => {
                self.store.ended(id, why);
                self.paper.soon(now);
            }
        }
    }

    fn apply(&mut self, id: StreamId, observation: Observation, again: bool, now: Instant) {
        self.paper.news(&observation.fact, again, now);
        let mut wanted = None;
        if let (Fact::Hello(hello), Some(scribe), false) = (&observation.fact, &self.scribe, again)
            && scribe.takes(hello.simulated)
        {
            wanted = Some(hello.boot.clone());
        }
        let begins = matches!(observation.fact, Fact::Hello(_));
        self.store.apply(id, observation);
        let Some(name) = self.store.name(id).filter(|_| begins) else {
            return;
        };
        if let (Some(boot), Some(scribe)) = (wanted, &self.scribe) {
            scribe.load(id, name.clone(), boot);
        }
        if let Some(link) = self.links.iter_mut().find(|link| link.id == id) {
            link.name = name.clone();
        }
    }

    /// Writes down what has happened, and now and then who was last seen at work.
    fn write_down(&mut self, now: Instant) {
        let Some(scribe) = &self.scribe else {
            return;
        };
        let often = now.saturating_duration_since(self.written) >= WORK_WRITTEN;
        if often {
            self.written = now;
        }
        for link in self.links.iter().filter(|link| link.has_told) {
            if let Some(chapter) = self.store.chapter(link.id)
                && scribe.takes(chapter.simulated)
                && !scribe.append(chapter)
            {
                self.notice = Some(Text::new("the state directory does not answer"));
            }
            if let (true, Some((host, boot, simulated))) = (often, self.store.who(link.id))
                && scribe.takes(simulated)
            {
                scribe.work(host, boot, self.store.work(link.id));
            }
        }
    }

    /// Whether nobody could be heard for a while. A tape has a clock of its own.
    fn overslept(&mut self) -> bool {
        if self.deck().is_some() {
            return false;
        }
        let at = Timestamp::now();
        let before = self.ticked.replace(at);
        let overslept = before.is_some_and(|before| at.duration_since(before) > GAP);
        if overslept {
            self.store.resumed(at);
        }
        overslept
    }

    /// Streams that are silent for too long are late: by the tape's clock where a tape is played.
    fn let_time_pass(&mut self, at: Option<Timestamp>, now: Instant) {
        let Some(at) = at else {
            return;
        };
        if self.deck().is_some() {
            self.ticked = Some(at);
        }
        for link in &self.links {
            self.store.misread(link.id, link.misread());
        }
        if self.store.tick(at) {
            self.paper.soon(now);
        }
    }

    /// The tape's time where one is played, else this machine's.
    fn clock(&self) -> Option<Timestamp> {
        match self.deck() {
            Some(deck) => deck.now(),
            None => Some(Timestamp::now()),
        }
    }

    fn obey(&mut self, order: Order) {
        let now = Instant::now();
        match order {
            Order::Control(node, control) => {
                if let Control::Beat { seconds } = control {
                    self.store.set_beat(seconds);
                }
                let again = matches!(control, Control::Retry { .. });
                for link in self.of(node.as_ref()) {
                    link.control(&control);
                    if again {
                        link.refresh(now);
                    }
                }
            }
            Order::Refresh(node) => {
                self.of(node.as_ref()).for_each(|link| link.refresh(now));
                if let Some(exporters) = &self.exporters {
                    exporters.refresh();
                }
                self.readers.iter().for_each(Reader::refresh);
            }
            Order::Want(wanted) => self.want(wanted),
            Order::Contexts(tell) => self.tell_contexts(tell),
            Order::Context(name) => self.read_anew(|options| {
                options.credentials.context = Some(name.to_string());
                options.namespace = None;
            }),
            Order::Namespace(name) => self.read_anew(|options| {
                options.namespace = name.as_ref().map(ToString::to_string);
            }),
            Order::Open(node) => self.store.open(node.as_ref()),
            Order::Played => self.paper.soon(now),
        }
    }

    /// Reads the kubeconfig on a thread of its own: a home on a network may take its time.
    fn tell_contexts(&self, tell: Box<dyn FnOnce(Result<Vec<Text>, Text>) + Send>) {
        let Some(Followed { options, .. }) = self.cluster.clone() else {
            tell(Err(Text::new(
                "no API server is read: start with --kubeconfig or --context",
            )));
            return;
        };
        let read = move || {
            tell(
                options
                    .credentials
                    .contexts()
                    .map_err(|e| e.to_string().into()),
            )
        };
        // without a thread there is no answer, and the list goes on waiting
        let _ = thread::Builder::new()
            .name("kubeconfig".to_owned())
            .spawn(read);
    }

    /// Reads the cluster otherwise: what was known of it before is forgotten.
    fn read_anew(&mut self, change: impl FnOnce(&mut Options)) {
        let Some(followed) = &mut self.cluster else {
            return;
        };
        change(&mut followed.options);
        let id = self.spare;
        self.spare = StreamId(id.0.saturating_add(1));
        // what is still on its way from the old one is nobody's any more
        self.left.push(std::mem::replace(&mut followed.id, id));
        let (options, telemetry) = (followed.options.clone(), followed.telemetry.clone());
        self.readers.clear();
        self.store.change_cluster(id, Timestamp::now());
        let ear = Ear {
            to: self.to.clone(),
            attempt: 0,
        };
        match Reader::start(id, options, telemetry, ear) {
            Ok(reader) => self.readers.push(reader),
            Err(error) => {
                let why = Absence::new(AbsentCode::Failed, error.to_string());
                self.store.silent(id, why, Timestamp::now());
            }
        }
        self.paper.soon(Instant::now());
    }

    /// Passes a question on to whoever can answer it.
    fn want(&self, wanted: Wanted) {
        match (self.readers.first(), &self.simulated, wanted) {
            (Some(reader), _, wanted) => reader.want(wanted),
            (None, Some(simulated), wanted) => simulated.want(wanted),
            (None, None, Wanted::Ask { reply, .. }) => {
                let why = Absence::new(
                    AbsentCode::NoSource,
                    "no API server is read, which alone could tell this of the pod",
                );
                reply(Answer::Refused(why));
            }
            (None, None, Wanted::Forget(_)) => {}
        }
    }

    fn of<'a>(&'a mut self, node: Option<&'a Text>) -> impl Iterator<Item = &'a mut Link> {
        let wanted = move |link: &&mut Link| node.is_none_or(|name| link.name == *name);
        self.links.iter_mut().filter(wanted)
    }

    fn tell(&mut self, news: &impl Fn(News)) {
        let fleet = self.store.fleet();
        self.write_down(Instant::now());
        self.paper.told(&fleet, Instant::now());
        news(News {
            fleet,
            history: self.store.history(),
            tape: self.deck().map(|deck| TapeState {
                // the time up to which all was taken in
                at: self.ticked,
                ..deck.state()
            }),
            notice: self.notice.take(),
            advice: self.advice.take(),
        });
    }

    /// When there is something to do though nothing comes.
    fn next_at(&self) -> Option<Instant> {
        let links = self.links.iter().filter_map(Link::due_at).min();
        let late = self.store.late_at().and_then(|at| self.instant(at));
        let is_up = |link: &Link| link.is_up();
        let look = self.links.iter().any(is_up).then(|| Instant::now() + LOOK);
        [self.paper.due_at(), links, late, look]
            .into_iter()
            .flatten()
            .min()
    }

    /// The moment of this process at which it is `at`; `None`: not as long as nobody does anything.
    fn instant(&self, at: Timestamp) -> Option<Instant> {
        let (now, pace) = match self.deck() {
            None => (Timestamp::now(), 1.0),
            Some(deck) => {
                let state = deck.state();
                let plays = !state.paused && !state.ended;
                (state.at?, state.speed.filter(|_| plays)?)
            }
        };
        // late means later than that
        let rest = at.duration_since(now).as_secs_f64().max(0.0) / pace + 0.001;
        Instant::now().checked_add(Duration::try_from_secs_f64(rest).ok()?)
    }
}
