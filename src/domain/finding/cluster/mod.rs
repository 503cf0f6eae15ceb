//! What the API server says of a node, beside what is there: labels, resources, pods.
//!
//! A node that no probe reads has these rules all the same, as far as they need nothing but the API server.

use jiff::Timestamp;

use super::super::cluster::{NodeFacts, OnNode, PodFacts};
use super::super::fleet::Node;
use super::super::text::Text;
use super::phrases;
use super::said::{Said, say};

pub(super) mod labels;
pub(super) mod layout;
pub(super) mod pods;
pub(super) mod resources;
pub mod whole;

/// How many lines of evidence name pods; the rest is counted.
const SHOWN: usize = 6;

/// What the API server says of a node; `None`: it says nothing, or cannot be asked.
fn told(node: &Node) -> Option<&OnNode> {
    node.cluster.value().map(|on_node| &**on_node)
}

/// The node's name in the cluster, which its host may not share.
fn name(node: &Node) -> &str {
    let known = told(node).and_then(|on_node| on_node.node.name.as_ref());
    known.unwrap_or(&node.name).as_str()
}

fn label<'a>(facts: &'a NodeFacts, name: &str) -> Option<&'a str> {
    facts.label(name).map(Text::as_str)
}

/// A label as it is written: `nvidia.com/mig.config=all-1g.5gb`.
fn written(facts: &NodeFacts, name: &str) -> Option<Said> {
    let value = label(facts, name)?;
    Some(Said::foreign(format!("nvidia.com/{name}={value}")))
}

/// How to read what an operand of this node says; where its pod is not known, how to find it.
fn log_of(node: &Node, app: &str) -> String {
    let living = told(node).into_iter().flat_map(OnNode::living);
    let by_label = living
        .filter(|pod| pod.app.as_deref() == Some(app))
        .map(|pod| (&pod.namespace, &pod.name));
    let mut pods: Vec<(&Text, &Text)> = by_label.collect();
    if pods.is_empty() {
        let is_its = |name: &str| name.strip_prefix(app).is_some_and(|s| s.starts_with('-'));
        let by_name = node.pods_on_host.iter().filter(|pod| is_its(&pod.name));
        pods = by_name.map(|pod| (&pod.namespace, &pod.name)).collect();
    }
    match pods.as_slice() {
        [(namespace, pod)] => format!("kubectl -n {namespace} logs {pod} --tail=50"),
        _ => format!(
            "kubectl get pods -A -o wide -l app={app} --field-selector spec.nodeName={}",
            name(node)
        ),
    }
}

/// `ns/name (2x mig-1g.5gb), since ..` of a few pods, and how many more there are.
fn list<'a>(pods: impl IntoIterator<Item = &'a PodFacts>) -> Vec<Said> {
    let all: Vec<&PodFacts> = pods.into_iter().collect();
    let mut lines: Vec<Said> = all.iter().take(SHOWN).map(|pod| line(pod)).collect();
    if all.len() > SHOWN {
        lines.push(say!(phrases::AND_MORE, n = all.len() - SHOWN));
    }
    lines
}

fn line(pod: &PodFacts) -> Said {
    let asked: Vec<String> = pod
        .requests
        .iter()
        .map(|(resource, n)| format!("{n}x {}", short(resource)))
        .collect();
    let (pod_name, asked) = (format!("{}/{}", pod.namespace, pod.name), asked.join(", "));
    match pod.created {
        Some(at) => say!(
            phrases::POD_ASKS_SINCE,
            pod = pod_name,
            asked = asked,
            at = at
        ),
        None => say!(phrases::POD_ASKS, pod = pod_name, asked = asked),
    }
}

/// A resource without the prefix that all of them have.
fn short(resource: &str) -> &str {
    resource.strip_prefix("nvidia.com/").unwrap_or(resource)
}

/// How to look at a pod or, where there are several, at all in that state.
fn look(pods: &[&PodFacts], several: String) -> String {
    match pods {
        [pod] => format!("kubectl -n {} describe pod {}", pod.namespace, pod.name),
        _ => several,
    }
}

/// Whether something that began then has taken longer than `patience` by now.
fn longer(since: Timestamp, now: Timestamp, patience: jiff::SignedDuration) -> bool {
    now.duration_since(since) > patience
}

#[cfg(test)]
mod tests;
