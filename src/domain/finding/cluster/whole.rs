//! What concerns no node in particular: pods that wait, and quotas.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::super::super::cluster::node::is_device;
use super::super::super::cluster::{Cluster, PodFacts};
use super::super::super::fleet::Node;
use super::super::super::text::Text;
use super::super::said::say;
use super::super::{Finding, Severity, phrases};
use super::{list, longer, look, pods, short, told};

/// A scheduler has tried several times by then, and an autoscaler would have.
const WAIT: SignedDuration = SignedDuration::from_mins(10);

/// Findings of a cluster as a whole, worst first. `nodes` are all that are known.
pub fn findings(nodes: &[Arc<Node>], cluster: &Cluster) -> Vec<Finding> {
    let now = nodes.iter().map(|node| node.at).max();
    let there = resources(nodes);
    let mut found = Vec::new();
    if let Some(there) = &there {
        found.extend(nobody_has(cluster, there));
        found.extend(quotas(cluster, there));
    }
    found.extend(now.and_then(|now| waiting(cluster, there.as_ref(), now)));
    let several: Vec<&PodFacts> = unbound(cluster)
        .filter(|pod| pods::worst_container(pod).is_some())
        .collect();
    found.extend(pods::several(&several, &subject(&several)));
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    found
}

/// Resources of which some node has any; `None` unless nodes were told: nothing can be called missing then.
fn resources(nodes: &[Arc<Node>]) -> Option<BTreeSet<&Text>> {
    let mut known = false;
    let mut there = BTreeSet::new();
    for on_node in nodes.iter().filter_map(|node| told(node)) {
        known |= !on_node.node.capacity.is_empty();
        let some = on_node.node.capacity.iter().filter(|(_, n)| **n > 0);
        there.extend(some.map(|(name, _)| name));
    }
    known.then_some(there)
}

fn unbound(cluster: &Cluster) -> impl Iterator<Item = &PodFacts> {
    let pods = cluster.unbound.iter().map(|pod| &**pod);
    pods.filter(|pod| pod.is_pending() && pod.uses_gpus())
}

fn subject(pods: &[&PodFacts]) -> String {
    match pods {
        [pod] => format!("pod {}/{}", pod.namespace, pod.name),
        _ => format!("{} pods", pods.len()),
    }
}

fn all_waiting() -> String {
    "kubectl get pods -A --field-selector spec.nodeName=,status.phase=Pending".to_owned()
}

/// What a pod asks for and no node has.
fn missing<'a>(pod: &'a PodFacts, there: &BTreeSet<&Text>) -> Vec<&'a str> {
    let asked = pod
        .requests
        .iter()
        .filter(|(name, n)| *n > 0 && is_device(name));
    asked
        .filter(|(name, _)| !there.contains(name))
        .map(|(name, _)| short(name))
        .collect()
}

/// Pods that ask for a resource that no node has: they wait for ever.
fn nobody_has(cluster: &Cluster, there: &BTreeSet<&Text>) -> Option<Finding> {
    let pods: Vec<&PodFacts> = unbound(cluster)
        .filter(|pod| !missing(pod, there).is_empty())
        .collect();
    let names: BTreeSet<&str> = pods.iter().flat_map(|pod| missing(pod, there)).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let text = say!(phrases::NOBODY_HAS, resources = names.join(", "));
    (!pods.is_empty()).then(|| {
        Finding::new("resource-nowhere", Severity::Caution, subject(&pods), text)
            .because(list(pods.iter().copied()))
            .next(
                "kubectl get nodes -o custom-columns=NAME:.metadata.name,CAPACITY:.status.capacity",
            )
    })
}

/// Pods that wait for long, for what some node has.
fn waiting(cluster: &Cluster, there: Option<&BTreeSet<&Text>>, now: Timestamp) -> Option<Finding> {
    let pods: Vec<&PodFacts> = unbound(cluster)
        .filter(|pod| pod.created.is_some_and(|at| longer(at, now, WAIT)))
        .filter(|pod| there.is_none_or(|there| missing(pod, there).is_empty()))
        .collect();
    // the scheduler's own words: they are for people, so nothing is read out of them
    let words = pods.iter().find_map(|pod| pod.unschedulable.clone());
    let text = match pods.len() {
        0 => return None,
        1 => say!(phrases::WAITS),
        n => say!(phrases::WAIT, n = n),
    };
    Some(
        Finding::new("pods-wait", Severity::Caution, subject(&pods), text)
            .because(list(pods.iter().copied()))
            .because(words.map(super::super::said::Said::foreign))
            .next(look(&pods, all_waiting())),
    )
}

/// Quotas on resources that no node has: they limit nothing, and what is there goes without a limit.
fn quotas(cluster: &Cluster, there: &BTreeSet<&Text>) -> Vec<Finding> {
    let of = |quota: &super::super::super::cluster::QuotaFacts| {
        let hard = quota.hard.iter().filter(|(name, _)| is_device(name));
        let gone: Vec<&str> = hard
            .filter(|(name, _)| !there.contains(name))
            .map(|(name, _)| short(name))
            .collect();
        let text = say!(phrases::QUOTA, resources = gone.join(", "));
        (!gone.is_empty()).then(|| {
            let subject = format!("quota {}/{}", quota.namespace, quota.name);
            Finding::new("quota-of-nothing", Severity::Caution, subject, text).next(format!(
                "kubectl -n {} describe resourcequota {}",
                quota.namespace, quota.name
            ))
        })
    };
    cluster.quotas.iter().filter_map(of).collect()
}
