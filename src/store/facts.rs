//! What one stream has told, before it is joined.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::cluster::{OnNode, PodFacts, QuotaFacts};
use crate::domain::exporter::Collected;
use crate::domain::fleet::Node;
use crate::domain::observation::{
    CallState, DriverLoad, Fact, Health, Hello, HostInventory, Observation, SourceName, SourceState,
};
use crate::domain::owner::OwnerSign;
use crate::domain::reading::{Absence, AbsentCode, Reading};
use crate::domain::shared::Shared;
use crate::domain::text::Text;

use super::gpus::Gpus;
use super::xids;

/// What one stream has told. `node` holds what needs no join; the rest of it is filled in by [`super::join`].
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) node: Node,
    pub(super) gpus: Gpus,
    /// `None`: nobody has looked yet, which is not the same as no sign.
    pub(super) signs: Option<Vec<OwnerSign>>,
    pub(super) loads: Vec<DriverLoad>,
    /// What its own records tell of the cluster, as a simulated host's do.
    own_cluster: Option<Shared<OnNode>>,
    /// Pods that wait for a node, by its own records.
    pub(super) unbound: Vec<Shared<PodFacts>>,
    /// Quotas, by its own records.
    pub(super) quotas: Vec<QuotaFacts>,
    /// Its node is followed through the API server, which goes before its own records.
    followed: bool,
    /// What exporters told in this stream: a tape has that too.
    pub(super) exported: BTreeMap<SourceName, Arc<Collected>>,
    /// Probes that have begun to tell.
    pub(super) hellos: u32,
}

impl Facts {
    pub(super) fn new(name: Text, at: Timestamp) -> Self {
        Self {
            node: Node::new(name, at),
            gpus: Gpus::default(),
            signs: None,
            loads: Vec::new(),
            own_cluster: None,
            unbound: Vec::new(),
            quotas: Vec::new(),
            followed: false,
            exported: BTreeMap::new(),
            hellos: 0,
        }
    }

    pub(super) fn apply(&mut self, observation: Observation) {
        let Observation { at, fact } = observation;
        if !matches!(fact, Fact::Hello(_)) {
            self.node.at = self.node.at.max(at);
        }
        match fact {
            Fact::Hello(hello) => self.begin(hello, at),
            Fact::Host(host) => self.host(host),
            Fact::Driver(driver) => self.node.driver = Reading::Value(driver),
            Fact::Gpu(inventory) => self.gpus.inventory(*inventory),
            Fact::GpuGone { gpu } => self.gpus.gone(&gpu),
            Fact::Sample(sample) => self.gpus.sample(at, *sample),
            Fact::GpuCall(call) => self.gpus.call(call),
            // whoever follows the cluster itself knows better
            Fact::Source(SourceState { source, .. })
                if source == SourceName::Kubernetes && self.followed => {}
            Fact::Source(SourceState { source, health }) => {
                if source == SourceName::Nvml {
                    self.nvml(&health);
                }
                self.source(source, health);
            }
            Fact::Processes { processes } => self.node.processes = processes,
            Fact::Holders { holders, hidden } => {
                self.node.holders = holders;
                self.node.holders_hidden = hidden;
            }
            Fact::Xids { events, lost } => {
                let dropped = xids::merge(&mut self.node.xids, events);
                self.node.xids_lost += lost + dropped;
            }
            Fact::DriverLoads { loads } => self.loads = loads,
            Fact::Services { services, cdi } => {
                self.node.services = services;
                self.node.cdi = cdi;
            }
            Fact::Allocations { allocations, pods } => {
                self.node.allocations = allocations;
                self.node.pods_on_host = pods;
            }
            Fact::OwnerSigns { signs } => self.signs = Some(signs),
            Fact::Cluster {
                node,
                pods,
                unbound,
                claims,
                slices,
                quotas,
            } => {
                let pods = pods.into_iter().map(Shared::new).collect();
                let claims: Vec<_> = claims.iter().collect();
                let slices: Vec<_> = slices.iter().collect();
                let on_node = OnNode::new(node, pods, &claims, &slices);
                let on_node = Shared::new(on_node);
                if !self.followed {
                    self.node.cluster = Reading::Value(on_node.clone());
                }
                self.own_cluster = Some(on_node);
                self.unbound = unbound.into_iter().map(Shared::new).collect();
                self.quotas = quotas;
            }
            Fact::Exporter(collected) => {
                self.exported.insert(collected.source, Arc::from(collected));
            }
            Fact::Paused { why } => self.node.paused = why,
            Fact::Beat { n, dropped } => {
                self.node.stream.beat = Some(n);
                self.node.stream.dropped = dropped;
            }
            Fact::ClusterNews(_) | Fact::Unknown => self.node.stream.unknown += 1,
        }
    }

    /// Sets how a source does; true if that is news. A source that stays late, hung or down keeps its first time.
    pub(super) fn source(&mut self, source: SourceName, health: Health) -> bool {
        let sources = &mut self.node.sources;
        match sources.binary_search_by_key(&source, |s| s.source) {
            Ok(at) if sources[at].health == health => false,
            Ok(at) => {
                sources[at].health = health;
                true
            }
            Err(at) => {
                sources.insert(at, SourceState { source, health });
                true
            }
        }
    }

    /// What the API server says of the node that this host is.
    pub(super) fn follow(&mut self, on_node: Shared<OnNode>, health: Option<&Health>) {
        self.followed = true;
        self.node.cluster = Reading::Value(on_node);
        if let Some(health) = health {
            self.source(SourceName::Kubernetes, health.clone());
        }
    }

    /// The API server says nothing of this host, for this reason.
    pub(super) fn unfollow(&mut self, why: Absence, since: Timestamp) {
        self.followed = false;
        match &self.own_cluster {
            Some(own) => {
                self.node.cluster = Reading::Value(own.clone());
                self.source(SourceName::Kubernetes, Health::Live);
            }
            None => {
                self.node.cluster = Reading::Absent(why.clone());
                self.source(SourceName::Kubernetes, Health::Down { since, why });
            }
        }
    }

    /// A probe begins: it will tell everything again. What it cannot know, of the same boot, is kept.
    fn begin(&mut self, hello: Hello, at: Timestamp) {
        let same_boot = hello.boot.is_some()
            && self
                .node
                .hello
                .as_ref()
                .is_some_and(|h| h.boot == hello.boot);
        let mut fresh = Self::new(hello.host.clone(), at);
        if same_boot {
            fresh.node.xids = std::mem::take(&mut self.node.xids);
        }
        // what was dropped of this stream stays dropped
        fresh.node.stream.unread = self.node.stream.unread;
        fresh.node.stream.floods = self.node.stream.floods;
        fresh.hellos = self.hellos + 1;
        fresh.node.hello = Some(hello);
        fresh.source(SourceName::Stream, Health::Live);
        *self = fresh;
    }

    fn host(&mut self, host: HostInventory) {
        if let Some(gpus) = host.gpus.value() {
            self.gpus.proc(gpus);
        }
        self.node.host = Some(host);
    }

    fn nvml(&mut self, health: &Health) {
        match health {
            Health::Live => {}
            Health::Late { why, .. } => {
                if self.node.driver.value().is_none() {
                    self.node.driver = Reading::absent(AbsentCode::NotYet, why.clone());
                }
            }
            Health::Hung { why, .. } => {
                if self.node.driver.value().is_none() {
                    self.node.driver = Reading::absent(AbsentCode::Hung, why.clone());
                }
            }
            Health::Down { why, .. } => {
                self.node.driver = Reading::Absent(why.clone());
                self.gpus.unanswered(why);
            }
        }
    }
}

/// A GPU of which nothing bad is known.
pub(super) const ANSWERING: CallState = CallState::Answering;
