//! From what sources saw to what is known: observations of many streams joined to one [`Fleet`].
//!
//! A stream tells of one host; a host is known by its boot. Nodes that did not change are shared between generations,
//! so that a snapshot of a large fleet costs no more than what changed.

mod facts;
mod gpus;
mod join;
mod links;
mod slots;
mod xids;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::domain::fleet::{Fleet, Node};
use crate::domain::ids::StreamId;
use crate::domain::observation::{Fact, Health, Observation, SourceName};
use crate::domain::reading::Absence;
use crate::domain::text::Text;

use facts::Facts;

/// A stream is late when it has been silent for so many beats, and for [`GRACE`] beside.
const LATE_BEATS: f64 = 3.0;
const GRACE: f64 = 2.0;

/// What all streams have told, and the fleet that follows from it.
#[derive(Debug, Default)]
pub struct Store {
    streams: BTreeMap<StreamId, Stream>,
    fleet: Arc<Fleet>,
    changed: bool,
}

#[derive(Debug)]
struct Stream {
    facts: Facts,
    /// The join of `facts`; taken again when they change.
    node: Option<Arc<Node>>,
    ended: bool,
    /// Time of the last record by this machine's clock, as far as ticks tell it.
    heard: Option<Timestamp>,
    spoke: bool,
}

impl Stream {
    fn new(name: Text, at: Timestamp) -> Self {
        Self {
            facts: Facts::new(name, at),
            node: None,
            ended: false,
            heard: None,
            spoke: false,
        }
    }
}

impl Store {
    /// Nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Announces a stream, so that its host is shown, under the name it was asked for, before it says its own.
    pub fn expect(&mut self, stream: StreamId, name: Text, now: Timestamp) {
        self.streams
            .entry(stream)
            .or_insert_with(|| Stream::new(name, now));
        self.changed = true;
    }

    /// Takes in one record.
    ///
    /// A hello that tells of a boot which another stream tells of takes that node over: the other one is the same
    /// host's earlier probe.
    pub fn apply(&mut self, id: StreamId, observation: Observation) {
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
        let stream = self.streams.entry(id).or_insert_with(|| {
            let name = match &observation.fact {
                Fact::Hello(hello) => hello.host.clone(),
                _ => Text::from(format!("stream {id}")),
            };
            Stream::new(name, at)
        });
        stream.facts.apply(observation);
        stream.ended = false;
        stream.spoke = true;
        stream.node = None;
        self.changed = true;
    }

    /// A stream will tell no more. With a reason its source is down; without, what it told stays as it is.
    pub fn ended(&mut self, id: StreamId, why: Option<Absence>) {
        let Some(stream) = self.streams.get_mut(&id) else {
            return;
        };
        stream.ended = true;
        if let Some(why) = why {
            let since = stream.facts.node.at;
            stream
                .facts
                .source(SourceName::Stream, Health::Down { since, why });
            stream.node = None;
            self.changed = true;
        }
    }

    /// Lets time pass, by this machine's clock: a stream that is silent for too long is late.
    ///
    /// Not to be called while a tape is played: its records are as old as they are.
    pub fn tick(&mut self, now: Timestamp) {
        for stream in self.streams.values_mut().filter(|stream| !stream.ended) {
            if std::mem::take(&mut stream.spoke) || stream.heard.is_none() {
                stream.heard = Some(now);
            }
            let heard = stream.heard.unwrap_or(now);
            let beat = stream
                .facts
                .node
                .hello
                .as_ref()
                .map_or(1.0, |hello| hello.beat_seconds.max(0.0));
            let patience = SignedDuration::try_from_secs_f64(LATE_BEATS * beat + GRACE)
                .unwrap_or(SignedDuration::MAX);
            let late = now.duration_since(heard) > patience;
            let health = if late {
                Health::Late {
                    since: heard,
                    why: Text::new("no record has come for three beats"),
                }
            } else if stream.facts.node.hello.is_some() {
                Health::Live
            } else {
                continue;
            };
            if stream.facts.source(SourceName::Stream, health) {
                stream.node = None;
                self.changed = true;
            }
        }
    }

    /// The fleet as it is known now. The same snapshot as before where nothing has changed.
    pub fn fleet(&mut self) -> Arc<Fleet> {
        if std::mem::take(&mut self.changed) {
            let mut nodes: Vec<_> = self
                .streams
                .values_mut()
                .map(|stream| {
                    Arc::clone(
                        stream
                            .node
                            .get_or_insert_with(|| Arc::new(join::node(&stream.facts))),
                    )
                })
                .collect();
            nodes.sort_by(|a, b| a.name.cmp(&b.name));
            self.fleet = Arc::new(Fleet {
                generation: self.fleet.generation + 1,
                nodes,
            });
        }
        Arc::clone(&self.fleet)
    }
}

#[cfg(test)]
mod tests;
