//! Resources that a node advertises: all of them gone, some withheld, names left over, more given than there is.

use super::super::super::cluster::NodeFacts;
use super::super::super::cluster::node::is_device;
use super::super::super::fleet::Node;
use super::super::super::owner::OwnerKind;
use super::super::super::text::Text;
use super::super::said::{Said, say};
use super::super::{Finding, Severity, phrases};
use super::{labels, layout, list, log_of, look, name, short, told};

const PLUGIN: &str = "nvidia-device-plugin-daemonset";

fn allocatable(facts: &NodeFacts, resource: &str) -> u64 {
    facts.allocatable.get(resource).copied().unwrap_or_default()
}

fn devices(facts: &NodeFacts) -> impl Iterator<Item = (&Text, u64)> {
    let all = facts.capacity.iter();
    all.filter(|(name, _)| is_device(name))
        .map(|(name, n)| (name, *n))
}

/// A node with GPUs on which nothing can be given out. Silent where the reason for it is said already:
/// operands are paused, or the layout stops the plugin.
pub(in super::super) fn nothing(node: &Node) -> Vec<Finding> {
    let Some(facts) = told(node).map(|on_node| &on_node.node) else {
        return Vec::new();
    };
    let has_gpus = facts.has_gpus() && node.owner.kind != OwnerKind::DraDriver;
    let explained = !labels::paused_operands(facts).is_empty()
        || super::super::pods::stops_plugin(node)
        || layout::is_broken(node);
    if !has_gpus || explained {
        return Vec::new();
    }
    let some = devices(facts).any(|(resource, _)| allocatable(facts, resource) > 0);
    if some {
        return Vec::new();
    }
    let capacity: u64 = devices(facts).map(|(_, n)| n).sum();
    let phrase = match (devices(facts).next(), capacity) {
        (None, _) => phrases::NEVER_ADVERTISED,
        // the kubelet keeps the names: 0 of 0 is not "none free", it is gone
        (Some(_), 0) => phrases::GONE_ALL,
        (Some(_), _) => phrases::WITHHELD_ALL,
    };
    vec![
        Finding::new(
            "nothing-advertised",
            Severity::Danger,
            node.name.clone(),
            say!(phrase),
        )
        .because(devices(facts).map(|(resource, n)| amount(facts, resource, n)))
        .next(log_of(node, PLUGIN)),
    ]
}

fn amount(facts: &NodeFacts, resource: &str, capacity: u64) -> Said {
    say!(
        phrases::AMOUNT,
        resource = resource,
        allocatable = allocatable(facts, resource),
        capacity = capacity,
    )
}

/// Resources of which some cannot be given out, while others can.
pub(in super::super) fn withheld(node: &Node) -> Vec<Finding> {
    let Some(facts) = told(node).map(|on_node| &on_node.node) else {
        return Vec::new();
    };
    let some = devices(facts).any(|(resource, _)| allocatable(facts, resource) > 0);
    let lines: Vec<Said> = devices(facts)
        .filter(|(resource, n)| allocatable(facts, resource) < *n)
        .map(|(resource, n)| amount(facts, resource, n))
        .collect();
    if !some || lines.is_empty() {
        return Vec::new();
    }
    vec![
        Finding::new(
            "devices-withheld",
            Severity::Caution,
            node.name.clone(),
            say!(phrases::WITHHELD),
        )
        .because(lines)
        .next(log_of(node, PLUGIN)),
    ]
}

/// Names with 0 of 0 beside others that have something: a layout that was.
pub(in super::super) fn left_over(node: &Node) -> Vec<Finding> {
    let Some(facts) = told(node).map(|on_node| &on_node.node) else {
        return Vec::new();
    };
    let some = devices(facts).any(|(_, n)| n > 0);
    let gone: Vec<&str> = devices(facts)
        .filter(|(resource, n)| *n == 0 && allocatable(facts, resource) == 0)
        .map(|(resource, _)| short(resource))
        .collect();
    if !some || gone.is_empty() {
        return Vec::new();
    }
    vec![
        Finding::new(
            "resource-gone",
            Severity::Info,
            node.name.clone(),
            say!(phrases::LEFT_OVER, resources = gone.join(", ")),
        )
        .next(format!("kubectl describe node {}", name(node))),
    ]
}

/// Pods have more than can be given out: those above it keep what they have until they end, and are not placed again.
pub(in super::super) fn overdrawn(node: &Node) -> Vec<Finding> {
    let Some(on_node) = told(node) else {
        return Vec::new();
    };
    let facts = &on_node.node;
    let requested = on_node.requested();
    let over: Vec<(&Text, u64)> = requested
        .iter()
        .filter(|(resource, n)| {
            // a node that is known by its pods alone has told no amount
            is_device(resource) && facts.allocatable.get(*resource).is_some_and(|has| has < n)
        })
        .map(|(resource, n)| (resource, *n))
        .collect();
    if over.is_empty() {
        return Vec::new();
    }
    let pods: Vec<_> = on_node
        .living()
        .map(|pod| &**pod)
        .filter(|pod| {
            over.iter()
                .any(|(resource, _)| pod.requests.of(resource) > 0)
        })
        .collect();
    let all = format!(
        "kubectl get pods -A -o wide --field-selector spec.nodeName={}",
        name(node)
    );
    vec![
        Finding::new(
            "pods-above-allocatable",
            Severity::Caution,
            node.name.clone(),
            say!(phrases::OVERDRAWN),
        )
        .because(over.iter().map(|(resource, n)| {
            say!(
                phrases::OVER,
                resource = resource.as_str(),
                requested = *n,
                allocatable = allocatable(facts, resource),
            )
        }))
        .because(list(pods.iter().copied()))
        .next(look(&pods, all)),
    ]
}
