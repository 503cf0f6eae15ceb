//! Labels by which the GPU Operator says what it does: MIG manager's state, paused operands, driver upgrades.

use jiff::SignedDuration;

use super::super::super::cluster::NodeFacts;
use super::super::super::fleet::Node;
use super::super::said::{Said, say};
use super::super::{Finding, Severity, phrases};
use super::{label, log_of, longer, name, told, written};

/// MIG manager waits for each of five operands up to five minutes, then resets GPUs: after this it is wedged.
const CHANGE: SignedDuration = SignedDuration::from_mins(35);

/// What MIG manager's pods have as the label `app`.
const MANAGER: &str = "nvidia-mig-manager";

/// Whether a label says that an operand was taken away for a while (`paused-for-mig-change`).
fn is_pause(value: &str) -> bool {
    value.starts_with("paused-for-")
}

/// Whether MIG manager is at work, as far as its label says; `None`: too long ago to believe it.
fn at_work(node: &Node, facts: &NodeFacts) -> Option<bool> {
    let working = matches!(
        label(facts, "mig.config.state"),
        Some("pending" | "rebooting")
    );
    let late = facts
        .mig_state_written
        .is_some_and(|since| longer(since, node.at, CHANGE));
    (!working || !late).then_some(working)
}

/// A change of MIG manager that failed, does not end, or was never taken up.
pub(in super::super) fn mig_config(node: &Node) -> Vec<Finding> {
    let Some(facts) = told(node).map(|on_node| &on_node.node) else {
        return Vec::new();
    };
    let Some(config) = label(facts, "mig.config") else {
        return Vec::new();
    };
    let since = facts
        .mig_state_written
        .map(|at| say!(phrases::SINCE, since = at));
    let found = |id, severity, text: Said| {
        Finding::new(id, severity, node.name.clone(), text)
            .because(written(facts, "mig.config"))
            .because(written(facts, "mig.config.state"))
            .because(since.clone())
            .next(log_of(node, MANAGER))
    };
    match label(facts, "mig.config.state") {
        Some("failed") => vec![found(
            "mig-config-failed",
            Severity::Danger,
            say!(phrases::CONFIG_FAILED, config = config),
        )],
        Some("pending" | "rebooting") if at_work(node, facts).is_none() => vec![found(
            "mig-config-pending",
            Severity::Danger,
            say!(phrases::CONFIG_WEDGED, config = config),
        )],
        Some("pending" | "rebooting") => vec![found(
            "mig-config-pending",
            Severity::Caution,
            say!(phrases::CONFIG_PENDING, config = config),
        )],
        // the label is read at each start of MIG manager: without it nobody does
        None => vec![found(
            "mig-config-untaken",
            Severity::Caution,
            say!(phrases::CONFIG_UNTAKEN, config = config),
        )],
        Some(_) => Vec::new(),
    }
}

/// Operands that are away for a change.
pub(in super::super) fn paused(node: &Node) -> Vec<Finding> {
    let Some(facts) = told(node).map(|on_node| &on_node.node) else {
        return Vec::new();
    };
    let paused = paused_operands(facts);
    if paused.is_empty() {
        return Vec::new();
    }
    let working = at_work(node, facts) == Some(true);
    let (severity, phrase) = if working {
        (Severity::Info, phrases::OPERANDS_AWAY)
    } else {
        (Severity::Danger, phrases::OPERANDS_LEFT)
    };
    let set: Vec<String> = paused.iter().map(|key| format!("{key}=true")).collect();
    let finding = Finding::new(
        "operands-paused",
        severity,
        node.name.clone(),
        say!(phrase, n = paused.len()),
    )
    .because(
        paused
            .iter()
            .filter_map(|key| written(facts, key.strip_prefix("nvidia.com/")?)),
    )
    .because(written(facts, "mig.config.state"));
    vec![if working {
        finding.next(log_of(node, MANAGER))
    } else {
        finding.next(format!(
            "kubectl label node {} --overwrite {}",
            name(node),
            set.join(" ")
        ))
    }]
}

/// Keys of the labels that keep operands away.
pub(super) fn paused_operands(facts: &NodeFacts) -> Vec<&str> {
    facts
        .labels
        .iter()
        .filter(|(key, value)| key.starts_with("nvidia.com/gpu.deploy.") && is_pause(value))
        .map(|(key, _)| key.as_str())
        .collect()
}

/// A driver upgrade that is at work or failed: it cordons and drains as well.
pub(in super::super) fn driver_upgrade(node: &Node) -> Vec<Finding> {
    let Some(facts) = told(node).map(|on_node| &on_node.node) else {
        return Vec::new();
    };
    let Some(state) = label(facts, "gpu-driver-upgrade-state") else {
        return Vec::new();
    };
    let (severity, phrase) = match state {
        "" | "upgrade-done" => return Vec::new(),
        "upgrade-failed" => (Severity::Danger, phrases::UPGRADE_FAILED),
        "upgrade-required" => (Severity::Info, phrases::UPGRADE_WAITS),
        _ => (Severity::Caution, phrases::UPGRADE),
    };
    vec![
        Finding::new(
            "driver-upgrade",
            severity,
            node.name.clone(),
            say!(phrase, state = state),
        )
        .because(written(facts, "gpu-driver-upgrade-state"))
        .because(facts.cordoned.then(|| say!(phrases::CORDONED)))
        .next(log_of(node, "nvidia-driver-daemonset")),
    ]
}
