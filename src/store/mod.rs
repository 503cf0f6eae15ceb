//! From what sources saw to what is known: observations of many streams joined to one [`Fleet`].
//!
//! A stream tells of one host; a host is known by its boot. Nodes that did not change are shared between generations,
//! so that a snapshot of a large fleet costs no more than what changed.

mod cluster;
mod exported;
mod exporters;
mod facts;
mod gpus;
mod join;
mod links;
pub mod memory;
mod slots;
mod strangers;
mod watch;
mod xids;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::domain::exporter::Collected;
use crate::domain::finding::cluster::whole::findings as of_cluster;
use crate::domain::fleet::{Fleet, Node};
use crate::domain::history::History;
use crate::domain::ids::{BootId, ExporterId, StreamId};
use crate::domain::observation::{Fact, Health, Observation, SourceName, SourceState};
use crate::domain::reading::Absence;
use crate::domain::text::Text;

pub use exporters::Of;
use exporters::{Exporters, Routes};
use facts::Facts;
use memory::{Chapter, Memory, Work};
use watch::Watch;

/// A stream is late when it has been silent for so many beats, and for [`GRACE`] beside.
const LATE_BEATS: f64 = 3.0;
const GRACE: f64 = 2.0;

/// What all streams have told, and the fleet that follows from it.
#[derive(Debug, Default)]
pub struct Store {
    streams: BTreeMap<StreamId, Stream>,
    /// The cluster that is read besides.
    cluster: Option<cluster::Known>,
    exporters: Exporters,
    /// Hosts that only exporters tell of.
    strangers: Vec<Arc<Node>>,
    fleet: Arc<Fleet>,
    changed: bool,
    history: History,
    /// The history as it was given away; `None`: it has grown since.
    given: Option<Arc<History>>,
    /// Seconds between beats, where the probes were told.
    beat: Option<f64>,
    /// When this process went on last, after a time in which it could not hear anybody.
    resumed: Option<Timestamp>,
}

#[derive(Debug)]
struct Stream {
    /// The name that its host was asked under.
    asked: Text,
    facts: Facts,
    /// What exporters tell of its host.
    exported: Vec<exported::Source>,
    watch: Watch,
    /// The join of `facts`; taken again when they change.
    node: Option<Arc<Node>>,
    ended: bool,
    /// Nobody asked for this host: it is this machine, and is left out where it has nothing to do with GPUs.
    bystander: bool,
    /// Time of the last record by this machine's clock, as far as ticks tell it.
    heard: Option<Timestamp>,
    spoke: bool,
    /// The beginning of what comes and is no record, since the last one.
    misread: Option<Text>,
}

impl Stream {
    fn new(name: Text, at: Timestamp) -> Self {
        Self {
            asked: name.clone(),
            facts: Facts::new(name, at),
            exported: Vec::new(),
            watch: Watch::default(),
            node: None,
            ended: false,
            bystander: false,
            heard: None,
            spoke: false,
            misread: None,
        }
    }

    /// Seconds between its beats: as all probes were `told`, else as its hello says.
    fn beat(&self, told: Option<f64>) -> f64 {
        let hello = self.facts.node.hello.as_ref();
        told.or_else(|| Some(hello?.beat_seconds))
            .map_or(1.0, |seconds| seconds.max(0.0))
    }

    /// How long it may be silent.
    fn patience(&self, told: Option<f64>) -> SignedDuration {
        SignedDuration::try_from_secs_f64(LATE_BEATS * self.beat(told) + GRACE)
            .unwrap_or(SignedDuration::MAX)
    }

    /// When it is late if it stays silent. After a time in which nobody could be heard each has a beat to speak again.
    fn late_at(&self, told: Option<f64>, resumed: Option<Timestamp>) -> Option<Timestamp> {
        let late = self.heard?.checked_add(self.patience(told)).ok()?;
        let beat = SignedDuration::try_from_secs_f64(self.beat(told) + GRACE).ok();
        let spared = resumed
            .zip(beat)
            .and_then(|(at, beat)| at.checked_add(beat).ok());
        Some(spared.map_or(late, |spared| spared.max(late)))
    }

    /// Whether it is this machine, nobody asked for it, and it has no GPU that anybody could look at.
    fn is_beside(&self) -> bool {
        let node = &self.facts.node;
        let has = self.facts.gpus.iter().next().is_some() || node.driver.value().is_some();
        self.bystander && !has && node.cluster.value().is_none()
    }

    /// It has told a whole round, or will not.
    fn has_told(&self) -> bool {
        let sources = &self.facts.node.sources;
        let stream = sources.iter().find(|s| s.source == SourceName::Stream);
        let lost = stream.is_some_and(|s| s.health != Health::Live);
        self.facts.node.stream.beat.is_some() || self.ended || lost
    }

    /// What it has told, joined.
    fn joined(&mut self) -> &Arc<Node> {
        let (facts, exported, watch) = (&self.facts, &self.exported, &mut self.watch);
        self.node.get_or_insert_with(|| {
            let mut node = join::node(facts, exported);
            watch.look(&mut node, facts);
            Arc::new(node)
        })
    }
}

impl Store {
    /// Nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Announces a stream, so that its host is shown, under the name it was asked for, before it says its own.
    pub fn expect(&mut self, stream: StreamId, name: Text, now: Timestamp) {
        self.exporters.stirred = true;
        let name = self.free_name(stream, &name);
        self.streams
            .entry(stream)
            .or_insert_with(|| Stream::new(name, now));
        self.changed = true;
    }

    /// Announces a cluster that a stream tells of.
    pub fn expect_cluster(&mut self, stream: StreamId) {
        self.cluster = Some(cluster::Known::new(Some(stream)));
        self.changed = true;
    }

    /// The cluster that a stream was to tell of has said nothing.
    pub fn silent(&mut self, stream: StreamId, why: Absence, now: Timestamp) {
        let health = Health::Down { since: now, why };
        let fact = Fact::Source(SourceState {
            source: SourceName::Kubernetes,
            health,
        });
        self.apply(stream, Observation { at: now, fact });
    }

    /// Nobody asked for this host by name: where a cluster tells of GPUs and it has none, it is left out.
    pub fn bystander(&mut self, stream: StreamId) {
        if let Some(stream) = self.streams.get_mut(&stream) {
            stream.bystander = true;
        }
    }

    /// What to call a host that says it is `wanted`. Two machines may say the same: the later one goes by the name that it
    /// was asked under or, where that is taken too, by a number.
    fn free_name(&self, id: StreamId, wanted: &Text) -> Text {
        let free = |name: &Text| {
            let mut others = self.streams.iter().filter(|(other, _)| **other != id);
            !others.any(|(_, stream)| stream.facts.node.name == *name)
        };
        let asked = self.streams.get(&id).map(|stream| stream.asked.clone());
        let numbered = (2_u32..).map(|n| Text::from(format!("{wanted} ({n})")));
        let mut names = [wanted.clone()].into_iter().chain(asked).chain(numbered);
        names.find(free).unwrap_or_else(|| wanted.clone())
    }

    /// Whether a record is of the cluster: its own stream's are, and those of a tape that has it beside its host. Where a
    /// cluster is read for itself, a tape's is not mixed into it.
    fn tells_of_cluster(&mut self, id: StreamId, fact: &Fact) -> bool {
        let news = matches!(fact, Fact::ClusterNews(_));
        if news && self.cluster.is_none() {
            self.cluster = Some(cluster::Known::new(None));
        }
        match self.cluster.as_ref().map(|cluster| cluster.stream) {
            Some(Some(own)) => own == id,
            Some(None) if news => {
                // a bastion is beside what it has recorded
                self.bystander(id);
                true
            }
            _ => false,
        }
    }

    /// Takes in one record.
    ///
    /// A hello that tells of a boot which another stream tells of takes that node over: the other one is the same
    /// host's earlier probe.
    pub fn apply(&mut self, id: StreamId, observation: Observation) {
        if self.tells_of_cluster(id, &observation.fact)
            && let Some(cluster) = &mut self.cluster
        {
            cluster.apply(observation);
            self.changed = true;
            return;
        }
        if let (Some(cluster), Fact::Hello(_)) = (&mut self.cluster, &observation.fact) {
            // a host that begins anew has forgotten what it is in the cluster
            cluster.match_again();
        }
        let at = observation.at;
        let mut earlier = None;
        if let Fact::Hello(hello) = &observation.fact
            && hello.boot.is_some()
        {
            let same = |(other, stream): (&StreamId, &Stream)| {
                let theirs = stream
                    .facts
                    .node
                    .hello
                    .as_ref()
                    .and_then(|h| h.boot.as_ref());
                (*other != id && theirs == hello.boot.as_ref()).then_some(*other)
            };
            earlier = self.streams.iter().find_map(same);
        }
        if let Some(earlier) = earlier.and_then(|earlier| self.streams.remove(&earlier)) {
            self.streams.insert(id, earlier);
        }
        let name = match &observation.fact {
            Fact::Hello(hello) => Some(self.free_name(id, &hello.host)),
            _ => None,
        };
        let stream = self.streams.entry(id).or_insert_with(|| {
            let name = match &observation.fact {
                Fact::Hello(hello) => hello.host.clone(),
                _ => Text::from(format!("stream {id}")),
            };
            Stream::new(name, at)
        });
        let beat = matches!(observation.fact, Fact::Beat { .. });
        self.exporters.stirred |= matches!(
            observation.fact,
            Fact::Hello(_) | Fact::Host(_) | Fact::Gpu(_) | Fact::GpuGone { .. }
        ) || beat && !stream.has_told();
        stream.facts.apply(observation);
        if let Some(name) = name {
            stream.facts.node.name = name;
        }
        if stream.facts.node.hello.is_some() {
            // whatever was said of its silence, it speaks
            stream.facts.source(SourceName::Stream, Health::Live);
        }
        stream.ended = false;
        stream.spoke = true;
        stream.node = None;
        self.changed = true;
        if beat {
            self.route();
            if let Some(stream) = self.streams.get_mut(&id) {
                let seconds = stream.beat(self.beat);
                self.history.record(stream.joined(), seconds);
                self.given = None;
            }
        }
    }

    /// Announces an exporter, so that it is shown before it answers.
    pub fn expect_exporter(
        &mut self,
        id: ExporterId,
        source: SourceName,
        address: Text,
        of: Of,
        now: Timestamp,
    ) {
        self.exporters.expect(id, source, address, of, now);
        self.changed = true;
    }

    /// Takes in what an exporter has told: all of it, in place of what it told before.
    pub fn collected(&mut self, id: ExporterId, hosts: Vec<Collected>) {
        self.exporters.collected(id, hosts);
        self.changed = true;
    }

    /// An exporter does not answer, or tells nothing of now.
    pub fn exporter_health(&mut self, id: ExporterId, health: Health) {
        self.exporters.health(id, health);
        self.changed = true;
    }

    /// Hands each host what exporters tell of it, where anything of that may have changed.
    fn route(&mut self) {
        if !std::mem::take(&mut self.exporters.stirred) || self.exporters.is_empty() {
            return;
        }
        let told = self.streams.iter().map(|(id, stream)| (*id, &stream.facts));
        let Routes {
            mut routes,
            strangers,
        } = self.exporters.routes(told);
        // a host that has not told its GPUs yet may be the one that is told of
        let all_told = self.streams.values().all(Stream::has_told);
        let taken = |name: &Text| {
            let mut known = self.streams.values().map(|s| &s.facts.node.name);
            known.any(|known| known == name)
        };
        let strangers = match all_told {
            true => strangers::nodes(strangers, taken),
            false => Vec::new(),
        };
        if self.strangers != strangers {
            self.strangers = strangers;
            self.changed = true;
        }
        for (id, stream) in &mut self.streams {
            let exported = routes.remove(id).unwrap_or_default();
            if stream.exported != exported {
                stream.exported = exported;
                stream.node = None;
                self.changed = true;
            }
        }
    }

    /// A stream sends far more than was asked for, or does so no more: so many of its records were dropped unread.
    pub fn flooded(&mut self, id: StreamId, dropped: u64, goes_on: bool, now: Timestamp) {
        let Some(stream) = self.streams.get_mut(&id) else {
            return;
        };
        let tally = &mut stream.facts.node.stream;
        tally.unread = dropped;
        tally.floods = goes_on.then(|| tally.floods.unwrap_or(now));
        stream.node = None;
        self.changed = true;
    }

    /// The probes were told to leave so many seconds between beats.
    pub fn set_beat(&mut self, seconds: f64) {
        self.beat = Some(seconds);
    }

    /// Which node is looked at: more history is kept of it.
    pub fn open(&mut self, node: Option<&Text>) {
        self.history.open(node);
        self.given = None;
    }

    /// Takes in what an earlier console has written down of this host.
    pub fn remember(&mut self, id: StreamId, memory: Memory) {
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.joined();
            stream.watch.remember(memory);
            stream.node = None;
            self.changed = true;
        }
    }

    /// What is new of a host and to be written down.
    pub fn chapter(&mut self, id: StreamId) -> Option<Chapter> {
        let stream = self.streams.get_mut(&id)?;
        let node = Arc::clone(stream.joined());
        stream.watch.chapter(&node)
    }

    /// What the host of a stream is called now.
    pub fn name(&self, id: StreamId) -> Option<&Text> {
        self.streams.get(&id).map(|stream| &stream.facts.node.name)
    }

    /// The host of a stream, its boot, and whether it is simulated; `None` before its hello.
    pub fn who(&self, id: StreamId) -> Option<(Text, Option<BootId>, bool)> {
        let node = &self.streams.get(&id)?.facts.node;
        let hello = node.hello.as_ref()?;
        Some((node.name.clone(), hello.boot.clone(), hello.simulated))
    }

    /// Who was last seen at work on a host.
    pub fn work(&self, id: StreamId) -> Vec<Work> {
        let stream = self.streams.get(&id);
        stream.map(|s| s.watch.work()).unwrap_or_default()
    }

    /// What was measured lately, as of now.
    pub fn history(&mut self) -> Arc<History> {
        let history = &self.history;
        Arc::clone(self.given.get_or_insert_with(|| Arc::new(history.clone())))
    }

    /// A stream will tell no more. With a reason its source is down; without, what it told stays as it is.
    pub fn ended(&mut self, id: StreamId, why: Option<Absence>) {
        let Some(stream) = self.streams.get_mut(&id) else {
            return;
        };
        stream.ended = true;
        self.exporters.stirred = true;
        if let Some(why) = why {
            let since = stream.facts.node.at;
            stream
                .facts
                .source(SourceName::Stream, Health::Down { since, why });
            stream.node = None;
            self.changed = true;
        }
    }

    /// A stream that will be started again has ended. Its host is late from its last record on, and what it told stays; a
    /// host that has told nothing is down.
    pub fn lost(&mut self, id: StreamId, why: Absence) {
        let Some(stream) = self.streams.get_mut(&id) else {
            return;
        };
        stream.ended = true;
        self.exporters.stirred = true;
        let since = stream.facts.node.at;
        let health = match stream.facts.node.hello {
            Some(_) => Health::Late {
                since,
                why: why.text,
            },
            None => Health::Down { since, why },
        };
        if stream.facts.source(SourceName::Stream, health) {
            stream.node = None;
            self.changed = true;
        }
    }

    /// This process could not hear anybody for a while: it was stopped, or this machine slept. Nobody is late for that.
    pub fn resumed(&mut self, now: Timestamp) {
        self.resumed = Some(now);
    }

    /// Lets time pass, by this machine's clock: a stream that is silent for too long is late.
    ///
    /// By the tape's where one is played: its records are as old as they are. True: somebody is late now, or no more.
    pub fn tick(&mut self, now: Timestamp) -> bool {
        let mut news = false;
        for stream in self.streams.values_mut().filter(|stream| !stream.ended) {
            if std::mem::take(&mut stream.spoke) || stream.heard.is_none() {
                stream.heard = Some(now);
            }
            let heard = stream.heard.unwrap_or(now);
            let late_at = stream.late_at(self.beat, self.resumed);
            let late = late_at.is_some_and(|late_at| now > late_at);
            let health = if late {
                Health::Late {
                    since: heard,
                    why: match &stream.misread {
                        Some(words) => misread(words),
                        None => Text::new("no record has come for three beats"),
                    },
                }
            } else if stream.facts.node.hello.is_some() {
                Health::Live
            } else {
                continue;
            };
            if stream.facts.source(SourceName::Stream, health) {
                stream.node = None;
                news = true;
            }
        }
        self.changed |= news;
        news
    }

    /// What comes of a stream since its last record, and is none, begins so; `None`: nothing does.
    pub fn misread(&mut self, id: StreamId, words: Option<Text>) {
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.misread = words;
        }
    }

    /// When a stream will be late if it stays silent: the next time at which [`Self::tick`] may have something to say.
    pub fn late_at(&self) -> Option<Timestamp> {
        let live = self.streams.values().filter(|stream| {
            let sources = &stream.facts.node.sources;
            let told = sources.iter().find(|s| s.source == SourceName::Stream);
            !stream.ended && told.is_none_or(|s| s.health == Health::Live)
        });
        live.filter_map(|stream| stream.late_at(self.beat, self.resumed))
            .min()
    }

    /// The fleet as it is known now. The same snapshot as before where nothing has changed.
    pub fn fleet(&mut self) -> Arc<Fleet> {
        self.route();
        if std::mem::take(&mut self.changed) {
            if let Some(cluster) = &mut self.cluster {
                cluster.spread(&mut self.streams);
            }
            let alone = self.cluster.iter().flat_map(|c| c.alone());
            let some_alone = alone.clone().next().is_some();
            let mut nodes: Vec<_> = self
                .streams
                .values_mut()
                .filter(|stream| !(some_alone && stream.is_beside()))
                .map(|stream| Arc::clone(stream.joined()))
                .chain(alone.cloned())
                .collect();
            nodes.extend(self.strangers.iter().cloned());
            nodes.sort_by(|a, b| a.name.cmp(&b.name));
            let old = self.fleet.nodes.iter().map(|n| &n.name);
            if !old.eq(nodes.iter().map(|n| &n.name)) {
                // a host has told its own name
                self.history
                    .keep(|name| nodes.iter().any(|node| node.name == *name));
                self.given = None;
            }
            let cluster = match &mut self.cluster {
                Some(cluster) => Some(cluster.whole()),
                None => cluster::brought(&self.streams),
            };
            let whole = cluster.as_ref();
            self.fleet = Arc::new(Fleet {
                generation: self.fleet.generation + 1,
                findings: whole.map_or_else(Vec::new, |c| of_cluster(&nodes, c)),
                nodes,
                cluster,
            });
        }
        Arc::clone(&self.fleet)
    }
}

/// What is said of a stream that is none.
fn misread(words: &Text) -> Text {
    Text::from(format!("what comes is not a migdeck stream: {words}"))
}

#[cfg(test)]
mod tests;
