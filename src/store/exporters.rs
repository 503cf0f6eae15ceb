//! Exporters that are read beside the streams, and which host each of their parts is of.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::exporter::Collected;
use crate::domain::ids::{ExporterId, GpuUuid, StreamId};
use crate::domain::observation::{Health, SourceName, SourceState};
use crate::domain::text::Text;

use super::exported::Source;
use super::facts::Facts;

/// Which hosts an exporter tells of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Of {
    /// This one, as somebody has said.
    Stream(StreamId),
    /// The node of the cluster that it runs on.
    Node(Text),
    /// One of them, known by its GPUs.
    Some,
    /// Several, as a Prometheus does.
    Many,
}

/// An exporter, or a Prometheus.
#[derive(Debug)]
pub(super) struct Kept {
    source: SourceName,
    address: Text,
    of: Of,
    since: Timestamp,
    health: Option<Health>,
    answered: bool,
    hosts: Vec<Arc<Collected>>,
}

/// Who is told what.
pub(super) struct Routes {
    /// Exporters by stream, the preferred first.
    pub(super) routes: BTreeMap<StreamId, Vec<Source>>,
    /// What is told of nodes of the cluster that no stream tells of, the preferred first.
    pub(super) nodes: BTreeMap<Text, Vec<Source>>,
    /// What is told of GPUs that neither a stream nor the cluster has.
    pub(super) strangers: Vec<Source>,
}

/// Where a node of the cluster is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// As the host of a stream.
    Stream(StreamId),
    /// By itself, under this name of the cluster's.
    Alone(Text),
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Exporters {
    all: BTreeMap<ExporterId, Kept>,
    /// Something is new that may be of another host than before.
    pub(super) stirred: bool,
}

impl Exporters {
    pub(super) fn expect(
        &mut self,
        id: ExporterId,
        source: SourceName,
        address: Text,
        of: Of,
        since: Timestamp,
    ) {
        self.stirred = true;
        if let Some(kept) = self.all.get_mut(&id) {
            // the same one in another place
            (kept.source, kept.address, kept.of) = (source, address, of);
            return;
        }
        let kept = Kept {
            source,
            address,
            of,
            since,
            health: None,
            answered: false,
            hosts: Vec::new(),
        };
        self.all.insert(id, kept);
    }

    pub(super) fn forget(&mut self, id: ExporterId) {
        self.stirred |= self.all.remove(&id).is_some();
    }

    pub(super) fn collected(&mut self, id: ExporterId, hosts: Vec<Collected>) {
        if let Some(kept) = self.all.get_mut(&id) {
            kept.hosts = hosts.into_iter().map(Arc::new).collect();
            kept.health = Some(Health::Live);
            kept.answered = true;
            self.stirred = true;
        }
    }

    /// Its values stay, so that it can be told as of when they were.
    pub(super) fn health(&mut self, id: ExporterId, health: Health) {
        if let Some(kept) = self.all.get_mut(&id) {
            kept.health = Some(health);
            self.stirred = true;
        }
    }

    /// What each stream is told by which exporter, and what is told of hosts that no stream tells of. `place` says where a
    /// node of the cluster is shown.
    pub(super) fn routes<'a>(
        &self,
        streams: impl Iterator<Item = (StreamId, &'a Facts)> + Clone,
        place: impl Fn(&Text) -> Option<Place>,
    ) -> Routes {
        let mut by_gpu: HashMap<&GpuUuid, Vec<StreamId>> = HashMap::new();
        let mut names: HashMap<StreamId, &Text> = HashMap::new();
        for (id, facts) in streams.clone() {
            names.insert(id, &facts.node.name);
            for gpu in facts.gpus.iter().filter_map(|g| g.uuid.as_ref()) {
                by_gpu.entry(gpu).or_default().push(id);
            }
        }
        let only = match (streams.clone().next(), streams.clone().nth(1)) {
            (Some((id, _)), None) => Some(id),
            _ => None,
        };
        let mut routes: BTreeMap<StreamId, Vec<Source>> = BTreeMap::new();
        let mut nodes: BTreeMap<Text, Vec<Source>> = BTreeMap::new();
        let mut strangers: Vec<Source> = Vec::new();
        for kept in self.all.values() {
            if let Of::Node(name) = &kept.of {
                let source = kept.as_source(kept.hosts.clone());
                match place(name) {
                    Some(Place::Stream(id)) => routes.entry(id).or_default().push(source),
                    Some(Place::Alone(name)) => nodes.entry(name).or_default().push(source),
                    // the node has gone, or has not been told yet
                    None => {}
                }
                continue;
            }
            let mut unknown = Vec::new();
            let mut told: BTreeMap<StreamId, Vec<Arc<Collected>>> = BTreeMap::new();
            for collected in &kept.hosts {
                let owners = owners(collected, &by_gpu, &names);
                if owners.is_empty() && !collected.parts.is_empty() {
                    unknown.push(Arc::clone(collected));
                }
                for id in owners {
                    let list = told.entry(id).or_default();
                    if !list.iter().any(|known| Arc::ptr_eq(known, collected)) {
                        list.push(Arc::clone(collected));
                    }
                }
            }
            match kept.of {
                Of::Stream(id) => {
                    told.entry(id).or_default();
                }
                Of::Node(_) => {}
                // without any host of its own it is shown where it can only be meant for
                Of::Some if told.is_empty() && unknown.is_empty() => {
                    if let Some(id) = only {
                        told.entry(id).or_default();
                    }
                }
                Of::Many if kept.health != Some(Health::Live) => {
                    for (id, _) in streams.clone() {
                        told.entry(id).or_default();
                    }
                }
                Of::Some | Of::Many => {}
            }
            for (id, collected) in told {
                let source = kept.as_source(collected);
                routes.entry(id).or_default().push(source);
            }
            let mut by_node: BTreeMap<Text, Vec<Arc<Collected>>> = BTreeMap::new();
            unknown.retain(|collected| match collected.host.as_ref().and_then(&place) {
                Some(Place::Alone(name)) => {
                    by_node.entry(name).or_default().push(Arc::clone(collected));
                    false
                }
                _ => true,
            });
            for (name, collected) in by_node {
                let source = kept.as_source(collected);
                nodes.entry(name).or_default().push(source);
            }
            if !unknown.is_empty() {
                strangers.push(kept.as_source(unknown));
            }
        }
        for sources in routes.values_mut().chain(nodes.values_mut()) {
            // the exporter itself before what was scraped from it
            sources.sort_by_key(|s| s.state.source);
        }
        strangers.sort_by_key(|s| s.state.source);
        Routes {
            routes,
            nodes,
            strangers,
        }
    }
}

/// The streams whose GPUs a collection tells of. Where two hosts have a GPU of one UUID, which happens with copies of a
/// simulated host only, the name decides.
fn owners(
    collected: &Collected,
    by_gpu: &HashMap<&GpuUuid, Vec<StreamId>>,
    names: &HashMap<StreamId, &Text>,
) -> Vec<StreamId> {
    let mut owners: Vec<StreamId> = Vec::new();
    let mut last: Option<&GpuUuid> = None;
    for part in &collected.parts {
        // parts of one GPU stand together
        if last.replace(&part.gpu) == Some(&part.gpu) {
            continue;
        }
        for id in by_gpu.get(&part.gpu).into_iter().flatten() {
            if !owners.contains(id) {
                owners.push(*id);
            }
        }
    }
    if let (Some(host), 2..) = (&collected.host, owners.len()) {
        let named = |id: &StreamId| names.get(id).is_some_and(|name| *name == host);
        if owners.iter().any(named) {
            owners.retain(named);
        }
    }
    owners
}

impl Kept {
    fn as_source(&self, collected: Vec<Arc<Collected>>) -> Source {
        let health = self.health.clone().unwrap_or_else(|| Health::Late {
            since: self.since,
            why: Text::new("not answered yet"),
        });
        Source {
            state: SourceState {
                source: self.source,
                health,
            },
            address: self.address.clone(),
            answered: self.answered,
            collected,
        }
    }
}
