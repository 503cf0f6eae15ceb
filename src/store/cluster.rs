//! A cluster that is followed through its API server: what it has told, and which node of it is which host.
//!
//! What was told stays until a complete list, or the end of a watch, says otherwise: late is not empty.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::cluster::news::{Change, ClusterNews, Scope};
use crate::domain::cluster::{
    BudgetFacts, ClaimFacts, Cluster, NodeFacts, OnNode, PodFacts, QuotaFacts, SliceFacts,
};
use crate::domain::finding;
use crate::domain::fleet::Node;
use crate::domain::ids::{ObjectUid, StreamId};
use crate::domain::observation::{Fact, Health, Observation, SourceName, SourceState};
use crate::domain::owner::{self, Owner, by_cluster};
use crate::domain::reading::{Absence, AbsentCode, Reading};
use crate::domain::shared::Shared;
use crate::domain::text::Text;

use super::Stream;

/// A cluster as it is known.
#[derive(Debug)]
pub(super) struct Known {
    /// The stream that tells of nothing else; `None`: a tape tells of it beside its host.
    pub(super) stream: Option<StreamId>,
    /// What is known of no node in particular.
    rest: Cluster,
    whole: Option<Shared<Cluster>>,
    /// When something was told last.
    at: Option<Timestamp>,
    /// Whether all nodes have been told once.
    listed: bool,
    nodes: BTreeMap<Text, NodeFacts>,
    pods: HashMap<ObjectUid, Seen>,
    on: BTreeMap<Text, BTreeSet<ObjectUid>>,
    claims: BTreeMap<ObjectUid, ClaimFacts>,
    slices: BTreeMap<ObjectUid, SliceFacts>,
    budgets: BTreeMap<ObjectUid, BudgetFacts>,
    quotas: BTreeMap<ObjectUid, QuotaFacts>,
    /// Nodes about which something is new.
    news: BTreeSet<Text>,
    /// Which host is which node has to be found out again.
    unmatched: bool,
    matches: BTreeMap<Text, StreamId>,
    alone: BTreeMap<Text, Arc<Node>>,
}

/// A pod, and the watch that told of it last: only that one can say that it is gone.
#[derive(Debug)]
struct Seen {
    scope: Scope,
    pod: Shared<PodFacts>,
}

impl Known {
    pub(super) fn new(stream: Option<StreamId>) -> Self {
        Self {
            stream,
            rest: Cluster::default(),
            whole: None,
            at: None,
            listed: false,
            nodes: BTreeMap::new(),
            pods: HashMap::new(),
            on: BTreeMap::new(),
            claims: BTreeMap::new(),
            slices: BTreeMap::new(),
            budgets: BTreeMap::new(),
            quotas: BTreeMap::new(),
            news: BTreeSet::new(),
            unmatched: true,
            matches: BTreeMap::new(),
            alone: BTreeMap::new(),
        }
    }

    /// Takes in what the source tells.
    pub(super) fn apply(&mut self, observation: Observation) {
        let Observation { at, fact } = observation;
        self.at = Some(at);
        match fact {
            Fact::Source(SourceState { health, .. }) => {
                self.rest.health = Some(health);
                self.unmatched = true;
                self.whole = None;
            }
            Fact::ClusterNews(news) => self.take(*news),
            _ => {}
        }
    }

    fn take(&mut self, news: ClusterNews) {
        match news {
            ClusterNews::Begun(hello) => {
                self.rest.hello = Some(hello);
                self.whole = None;
            }
            ClusterNews::Gaps { gaps } => {
                self.rest.gaps = gaps;
                self.whole = None;
            }
            ClusterNews::Serves(serves) => {
                self.rest.serves = serves;
                self.whole = None;
            }
            ClusterNews::Nodes(change) => self.take_nodes(change),
            ClusterNews::Pods { scope, change } => self.take_pods(scope, change),
            ClusterNews::Claims(change) => {
                let old = pools(self.claims.values());
                swap(&mut self.claims, change, |c| &c.uid);
                let new = pools(self.claims.values());
                // a claim that only changes whom it is reserved for stays in its pool
                self.news.extend(old.into_iter().chain(new));
            }
            ClusterNews::Slices(change) => {
                let pools = |slices: &BTreeMap<ObjectUid, SliceFacts>| -> Vec<Text> {
                    slices.values().map(|s| s.pool.clone()).collect()
                };
                let old = pools(&self.slices);
                swap(&mut self.slices, change, |s| &s.uid);
                self.news.extend(old.into_iter().chain(pools(&self.slices)));
            }
            ClusterNews::Health { health } => {
                self.rest.health = Some(health);
                self.unmatched = true;
                self.whole = None;
            }
            ClusterNews::Budgets(change) => {
                swap(&mut self.budgets, change, |b| &b.uid);
                self.whole = None;
            }
            ClusterNews::Quotas(change) => {
                swap(&mut self.quotas, change, |q| &q.uid);
                self.whole = None;
            }
        }
    }

    fn take_nodes(&mut self, change: Change<NodeFacts>) {
        let (set, gone): (Vec<NodeFacts>, Vec<Text>) = match change {
            Change::All(all) => {
                self.listed = true;
                let is_there =
                    |name: &Text| all.iter().any(|node| node.name.as_ref() == Some(name));
                let gone = self.nodes.keys().filter(|name| !is_there(name)).cloned();
                let gone = gone.collect();
                (all, gone)
            }
            Change::Some { set, gone } => {
                let uids: BTreeSet<&ObjectUid> = gone.iter().collect();
                let is_gone =
                    |node: &NodeFacts| node.uid.as_ref().is_some_and(|u| uids.contains(u));
                let gone = self.nodes.iter().filter(|(_, node)| is_gone(node));
                let gone = gone.map(|(name, _)| name.clone()).collect();
                (set, gone)
            }
            Change::Unwatched => return,
        };
        // a node may have come back under its name in the same breath
        for name in gone {
            self.nodes.remove(&name);
            self.news.insert(name);
        }
        for node in set {
            let Some(name) = node.name.clone() else {
                continue;
            };
            let old = self.nodes.get(&name);
            if old == Some(&node) {
                continue;
            }
            let who = |node: &NodeFacts| {
                (
                    node.boot_id.clone(),
                    node.machine_id.clone(),
                    node.host_name.clone(),
                )
            };
            self.unmatched |= old.map(who) != Some(who(&node));
            self.news.insert(name.clone());
            self.nodes.insert(name, node);
        }
    }

    fn take_pods(&mut self, scope: Scope, change: Change<PodFacts>) {
        match change {
            Change::All(all) => {
                let there: BTreeSet<ObjectUid> = all.iter().map(|pod| pod.uid.clone()).collect();
                let gone = self.of(&scope).filter(|uid| !there.contains(*uid));
                let gone: Vec<ObjectUid> = gone.cloned().collect();
                for uid in gone {
                    self.remove(&uid, &scope);
                }
                for pod in all {
                    self.insert(pod, &scope);
                }
            }
            Change::Some { set, gone } => {
                // what comes and goes in one breath has gone, unless another took its place, which has another UID
                for pod in set {
                    self.insert(pod, &scope);
                }
                for uid in gone {
                    self.remove(&uid, &scope);
                }
            }
            Change::Unwatched => {
                let gone: Vec<ObjectUid> = self.of(&scope).cloned().collect();
                for uid in gone {
                    self.remove(&uid, &scope);
                }
            }
        }
    }

    fn of<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = &'a ObjectUid> {
        let of_scope = move |(_, seen): &(&ObjectUid, &Seen)| seen.scope == *scope;
        self.pods.iter().filter(of_scope).map(|(uid, _)| uid)
    }

    fn insert(&mut self, pod: PodFacts, scope: &Scope) {
        if let Some(seen) = self.pods.get_mut(&pod.uid) {
            // two watches may tell of a pod that is being bound, and the one of its node knows more
            if pod.node.is_none() && seen.pod.node.is_some() {
                return;
            }
            seen.scope.clone_from(scope);
            if *seen.pod == pod {
                return;
            }
        }
        let (uid, node) = (pod.uid.clone(), pod.node.clone());
        let seen = Seen {
            scope: scope.clone(),
            pod: Shared::new(pod),
        };
        let old = self.pods.insert(uid.clone(), seen);
        let before = old.and_then(|old| old.pod.node.clone());
        if let Some(before) = before.filter(|before| Some(before) != node.as_ref()) {
            self.leave(&before, &uid);
        }
        match node {
            Some(node) => {
                self.on.entry(node.clone()).or_default().insert(uid);
                self.news.insert(node);
            }
            None => self.whole = None,
        }
        // it may have been unbound before
        self.whole = None;
    }

    fn remove(&mut self, uid: &ObjectUid, scope: &Scope) {
        if self.pods.get(uid).is_none_or(|seen| seen.scope != *scope) {
            return;
        }
        let Some(old) = self.pods.remove(uid) else {
            return;
        };
        match &old.pod.node {
            Some(node) => self.leave(node, uid),
            None => self.whole = None,
        }
    }

    fn leave(&mut self, node: &Text, uid: &ObjectUid) {
        if let Some(on) = self.on.get_mut(node) {
            on.remove(uid);
            if on.is_empty() {
                self.on.remove(node);
            }
        }
        self.news.insert(node.clone());
    }

    /// A host begins anew, or tells who it is.
    pub(super) fn match_again(&mut self) {
        self.unmatched = true;
    }

    /// Hands what is new to the hosts that are nodes of this cluster; the other nodes are there by themselves.
    pub(super) fn spread(&mut self, streams: &mut BTreeMap<StreamId, Stream>) {
        if std::mem::take(&mut self.unmatched) {
            self.matches = matches(&self.nodes, streams);
            let names: Vec<Text> = self.names().cloned().collect();
            self.news.extend(names);
            for (id, stream) in streams.iter_mut() {
                if !self.matches.values().any(|of| of == id) {
                    self.tell_stranger(stream);
                }
            }
        }
        for name in std::mem::take(&mut self.news) {
            let Some(on_node) = self.on_node(&name) else {
                self.alone.remove(&name);
                let host = self.matches.remove(&name);
                if let Some(stream) = host.and_then(|id| streams.get_mut(&id)) {
                    self.tell_stranger(stream);
                }
                continue;
            };
            let on_node = Shared::new(on_node);
            match self.matches.get(&name).and_then(|id| streams.get_mut(id)) {
                Some(stream) => {
                    self.alone.remove(&name);
                    stream.facts.follow(on_node, self.rest.health.as_ref());
                    stream.node = None;
                }
                None => {
                    let taken = |stream: &Stream| stream.facts.node.name == name;
                    let called = if streams.values().any(taken) {
                        Text::from(format!("{name} (k8s)"))
                    } else {
                        name.clone()
                    };
                    let node = self.node_alone(called, on_node);
                    self.alone.insert(name, Arc::new(node));
                }
            }
        }
    }

    /// A host that is no node of this cluster, as far as can be told.
    fn tell_stranger(&self, stream: &mut Stream) {
        let why = match &self.rest.health {
            Some(Health::Down { why, .. }) if !self.listed => why.clone(),
            _ if self.listed => Absence::new(
                AbsentCode::NoSource,
                "this host is no node of the cluster that is read, by boot id, machine id and name",
            ),
            _ => return,
        };
        let since = self.at.unwrap_or(stream.facts.node.at);
        stream.facts.unfollow(why, since);
        stream.node = None;
    }

    /// Nodes that there are: those that were told, and those that pods with GPUs are on, where nodes may not be read.
    fn names(&self) -> impl Iterator<Item = &Text> {
        let told = self.nodes.keys();
        let shown = self
            .on
            .keys()
            .filter(|name| !self.nodes.contains_key(*name));
        told.chain(shown)
    }

    fn on_node(&self, name: &Text) -> Option<OnNode> {
        let uids = self.on.get(name).into_iter().flatten();
        let pods: Vec<Shared<PodFacts>> = uids
            .filter_map(|uid| self.pods.get(uid))
            .map(|seen| seen.pod.clone())
            .collect();
        let node = match self.nodes.get(name) {
            Some(node) => node.clone(),
            None if pods.iter().any(|pod| pod.uses_gpus()) => NodeFacts {
                name: Some(name.clone()),
                ..NodeFacts::default()
            },
            None => return None,
        };
        let claims: Vec<&ClaimFacts> = self
            .claims
            .values()
            .filter(|claim| claim.devices.iter().any(|d| d.pool == *name))
            .collect();
        let slices: Vec<&SliceFacts> = self
            .slices
            .values()
            .filter(|slice| slice.pool == *name)
            .collect();
        Some(OnNode::new(node, pods, &claims, &slices))
    }

    /// A node that nobody but the API server tells of.
    fn node_alone(&self, name: Text, on_node: Shared<OnNode>) -> Node {
        let mut node = Node::new(name, self.at.unwrap_or_default());
        node.driver = Reading::absent(
            AbsentCode::NoSource,
            "no probe reads this host: only the API server tells of it",
        );
        node.allocations = Reading::absent(AbsentCode::NoSource, "no probe reads this host");
        let signs = by_cluster::signs(&on_node);
        node.owner = if signs.is_empty() {
            let why = "no probe reads this host, and no pod on it is known to manage MIG";
            Owner {
                evidence: vec![Text::new(why)],
                ..node.owner
            }
        } else {
            owner::with_node(owner::decide(&signs), &on_node.node)
        };
        node.cluster = Reading::Value(on_node);
        if let Some(health) = &self.rest.health {
            node.sources.push(SourceState {
                source: SourceName::Kubernetes,
                health: health.clone(),
            });
        }
        node.findings = finding::findings(&node);
        node
    }

    /// Nodes that no host's stream tells of.
    pub(super) fn alone(&self) -> impl Iterator<Item = &Arc<Node>> + Clone {
        self.alone.values()
    }

    /// What is known of no node in particular.
    pub(super) fn whole(&mut self) -> Shared<Cluster> {
        if let Some(whole) = &self.whole {
            return whole.clone();
        }
        let mut whole = self.rest.clone();
        let unbound = self.pods.values().filter(|seen| seen.pod.node.is_none());
        whole.unbound = unbound.map(|seen| seen.pod.clone()).collect();
        whole
            .unbound
            .sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        whole.budgets = self.budgets.values().cloned().collect();
        whole.quotas = self.quotas.values().cloned().collect();
        self.whole.insert(Shared::new(whole)).clone()
    }
}

fn pools<'a>(claims: impl Iterator<Item = &'a ClaimFacts>) -> Vec<Text> {
    claims
        .flat_map(|claim| claim.devices.iter().map(|d| d.pool.clone()))
        .collect()
}

fn swap<T>(known: &mut BTreeMap<ObjectUid, T>, change: Change<T>, uid: impl Fn(&T) -> &ObjectUid) {
    match change {
        Change::All(all) => {
            *known = all
                .into_iter()
                .map(|one| (uid(&one).clone(), one))
                .collect();
        }
        Change::Some { set, gone } => {
            for one in set {
                known.insert(uid(&one).clone(), one);
            }
            for uid in gone {
                known.remove(&uid);
            }
        }
        Change::Unwatched => known.clear(),
    }
}

/// Which host each node is: by boot id, else by machine id, else by name. A host is one node.
fn matches(
    nodes: &BTreeMap<Text, NodeFacts>,
    streams: &BTreeMap<StreamId, Stream>,
) -> BTreeMap<Text, StreamId> {
    let mut found: BTreeMap<Text, StreamId> = BTreeMap::new();
    type Same = fn(&NodeFacts, &Stream) -> bool;
    let rungs: [Same; 3] = [by_boot, by_machine, by_name];
    for same in rungs {
        for (name, node) in nodes {
            if found.contains_key(name) {
                continue;
            }
            let free = |id: &StreamId| !found.values().any(|taken| taken == id);
            let mut hosts = streams
                .iter()
                .filter(|(id, stream)| free(id) && same(node, stream));
            if let (Some((id, _)), None) = (hosts.next(), hosts.next()) {
                found.insert(name.clone(), *id);
            }
        }
    }
    found
}

fn by_boot(node: &NodeFacts, stream: &Stream) -> bool {
    let boot = stream
        .facts
        .node
        .hello
        .as_ref()
        .and_then(|h| h.boot.as_ref());
    boot.is_some() && boot == node.boot_id.as_ref()
}

/// Machines that were copied have one id: then a boot that differs says that they are two. While a host comes up again
/// its node still tells of the boot before, and the machine is the same.
fn by_machine(node: &NodeFacts, stream: &Stream) -> bool {
    let id = stream
        .facts
        .node
        .hello
        .as_ref()
        .and_then(|h| h.machine_id.as_ref());
    id.is_some() && id == node.machine_id.as_ref()
}

/// A name is the last resort: not against ids that are known and differ.
fn by_name(node: &NodeFacts, stream: &Stream) -> bool {
    let Some(hello) = &stream.facts.node.hello else {
        return false;
    };
    let differ = |a: Option<&str>, b: Option<&str>| matches!((a, b), (Some(a), Some(b)) if a != b);
    if differ(hello.machine_id.as_deref(), node.machine_id.as_deref()) {
        return false;
    }
    let boots = (
        hello.boot.as_ref().map(|b| b.as_str()),
        node.boot_id.as_ref().map(|b| b.as_str()),
    );
    if hello.machine_id.is_none() && differ(boots.0, boots.1) {
        return false;
    }
    let names = node.host_name.iter().chain(&node.name);
    let short = |name: &str| name.split('.').next().unwrap_or_default().to_lowercase();
    names.into_iter().any(|name| {
        name.eq_ignore_ascii_case(&hello.host)
            || (short(name) == short(&hello.host)
                && (!name.contains('.') || !hello.host.contains('.')))
    })
}

/// What hosts that bring their cluster along tell of pods that wait; `None`: none does.
pub(super) fn brought(streams: &BTreeMap<StreamId, Stream>) -> Option<Shared<Cluster>> {
    let mut unbound: BTreeMap<&ObjectUid, &Shared<PodFacts>> = BTreeMap::new();
    for pod in streams.values().flat_map(|stream| &stream.facts.unbound) {
        unbound.insert(&pod.uid, pod);
    }
    let mut quotas: BTreeMap<&ObjectUid, &QuotaFacts> = BTreeMap::new();
    for quota in streams.values().flat_map(|stream| &stream.facts.quotas) {
        quotas.insert(&quota.uid, quota);
    }
    if unbound.is_empty() && quotas.is_empty() {
        return None;
    }
    let mut unbound: Vec<Shared<PodFacts>> = unbound.into_values().cloned().collect();
    unbound.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    Some(Shared::new(Cluster {
        unbound,
        quotas: quotas.into_values().cloned().collect(),
        health: Some(Health::Live),
        ..Cluster::default()
    }))
}
