//! Pods that wait for a node: what they miss, and where it would be.
//!
//! The scheduler alone decides, and its words are shown as they are. This only counts what nodes advertise and what is
//! asked for there.

use std::collections::BTreeMap;

use super::super::text::Text;
use super::{OnNode, PodFacts};

/// What a pod that waits misses.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Prospects {
    /// How much more of each resource the node would have to have that is nearest to running it; empty: some node has
    /// enough, or the pod asks for no resource that is counted.
    pub misses: BTreeMap<Text, u64>,
    /// Nodes that have enough free of everything that it asks for, and take pods.
    pub fits: Vec<Text>,
    /// Nodes that have enough free and do not take pods: cordoned, or not ready.
    pub closed: Vec<Text>,
}

/// What a pod that waits misses on these nodes.
pub fn prospects<'a>(pod: &PodFacts, nodes: impl Iterator<Item = &'a OnNode>) -> Prospects {
    let mut found = Prospects::default();
    if pod.requests.is_empty() {
        return found;
    }
    let mut nearest: Option<BTreeMap<Text, u64>> = None;
    for on_node in nodes {
        let Some(name) = &on_node.node.name else {
            continue;
        };
        let requested = on_node.requested();
        let missing: BTreeMap<Text, u64> = pod
            .requests
            .iter()
            .filter_map(|(resource, wanted)| {
                let there = on_node.node.allocatable.get(resource).copied();
                let given = requested.get(resource).copied().unwrap_or_default();
                let free = there.unwrap_or_default().saturating_sub(given);
                (free < wanted).then(|| (resource.clone(), wanted - free))
            })
            .collect();
        if missing.is_empty() {
            let closed = on_node.node.cordoned || on_node.node.is_ready() == Some(false);
            let list = if closed {
                &mut found.closed
            } else {
                &mut found.fits
            };
            list.push(name.clone());
        }
        let sum = |map: &BTreeMap<Text, u64>| map.values().sum::<u64>();
        if nearest.as_ref().is_none_or(|n| sum(&missing) < sum(n)) {
            nearest = Some(missing);
        }
    }
    found.misses = nearest.unwrap_or_else(|| pod.requests.clone().into());
    found
}
