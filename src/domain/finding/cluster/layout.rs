//! Labels that promise a layout, beside the layout.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::fleet::{Gpu, Node};
use super::super::said::{Said, say};
use super::super::subject::{self, ranges};
use super::super::{Finding, Severity, phrases};
use super::{label, log_of, name, told, written};

/// MIG manager says that it succeeded, and what its configuration's name promises is not there.
pub(in super::super) fn promised(node: &Node) -> Vec<Finding> {
    let Some(facts) = told(node).map(|on_node| &on_node.node) else {
        return Vec::new();
    };
    let (Some(config), Some("success")) =
        (label(facts, "mig.config"), label(facts, "mig.config.state"))
    else {
        return Vec::new();
    };
    let lines = if node.gpus.is_empty() {
        by_resources(node, config)
    } else {
        by_gpus(node, config)
    };
    if lines.is_empty() {
        return Vec::new();
    }
    vec![
        Finding::new(
            "mig-config-missing",
            Severity::Danger,
            node.name.clone(),
            say!(phrases::CONFIG_MISSING, config = config),
        )
        .because(lines)
        .because(written(facts, "mig.config.state"))
        .next(log_of(node, "nvidia-mig-manager")),
    ]
}

/// GPUs that are not as a generated configuration's name says; of a site's own name only that it makes something.
fn by_gpus(node: &Node, config: &str) -> Vec<Said> {
    let Some(states) = states(node) else {
        return Vec::new();
    };
    let wanted = config.strip_prefix("all-").unwrap_or("");
    let wrong = |state: &State| match (wanted, state) {
        ("disabled", state) => *state != State::Off,
        ("enabled", state) => *state == State::Off,
        ("balanced", state) => matches!(state, State::Off | State::Of(_)) && state.is_empty(),
        ("", state) => state.is_empty(),
        (profile, State::Of(profiles)) => {
            profiles.is_empty() || profiles.keys().any(|own| own.replace('+', ".") != profile)
        }
        (_, State::Off) => true,
    };
    // a site's own configuration may leave GPUs empty on purpose, but not all of them
    if wanted.is_empty() && !states.iter().all(|(_, state)| wrong(state)) {
        return Vec::new();
    }
    grouped(states.iter().filter(|(_, state)| wrong(state)))
}

/// Where nobody looks at the GPUs: whether the resource of that profile is advertised at all.
fn by_resources(node: &Node, config: &str) -> Vec<Said> {
    let Some(facts) = told(node).map(|on_node| &on_node.node) else {
        return Vec::new();
    };
    let wanted = config.strip_prefix("all-").unwrap_or("");
    let is_profile = wanted.contains('g') && wanted.contains("gb");
    if !is_profile || label(facts, "mig.strategy") != Some("mixed") {
        return Vec::new();
    }
    let resource = format!("nvidia.com/mig-{wanted}");
    let there = facts
        .capacity
        .iter()
        .find(|(key, _)| **key == *resource.as_str());
    match there.map(|(_, n)| *n) {
        Some(n) if n > 0 => Vec::new(),
        _ => vec![say!(phrases::NONE_OF, resource = resource)],
    }
}

/// Whether the layout is one with which strategy single stops the plugin.
pub(super) fn is_broken(node: &Node) -> bool {
    !single(node).is_empty()
}

/// Strategy single, and the GPUs are not all alike: the plugin stops, or has not been started since.
pub(in super::super) fn single(node: &Node) -> Vec<Finding> {
    let Some(facts) = told(node).map(|on_node| &on_node.node) else {
        return Vec::new();
    };
    let invalid = label(facts, "gpu.product").is_some_and(|p| p.ends_with("-MIG-INVALID"));
    let states = states(node).filter(|_| label(facts, "mig.strategy") == Some("single"));
    let broken = states.as_ref().is_some_and(|states| {
        let kinds: BTreeSet<&str> = states.iter().flat_map(|(_, s)| s.kinds()).collect();
        let off = states.iter().filter(|(_, s)| *s == State::Off).count();
        let empty = states.iter().any(|(_, s)| *s != State::Off && s.is_empty());
        kinds.len() > 1 || empty || (off > 0 && off < states.len())
    });
    if !invalid && !broken {
        return Vec::new();
    }
    let phrase = if broken || states.is_none() {
        phrases::SINGLE_BROKEN
    } else {
        phrases::SINGLE_LABEL
    };
    vec![
        Finding::new(
            "strategy-broken",
            Severity::Danger,
            node.name.clone(),
            say!(phrase),
        )
        .because(written(facts, "gpu.product"))
        .because(states.iter().flat_map(grouped))
        .next(format!(
            "kubectl get node {} -L nvidia.com/mig.strategy,nvidia.com/gpu.product,nvidia.com/mig.config",
            name(node)
        )),
    ]
}

/// Slices for which no pod can ask: strategy none has no resource for them, and no strategy has one for a part.
pub(in super::super) fn unrequestable(node: &Node) -> Vec<Finding> {
    let Some(facts) = told(node).map(|on_node| &on_node.node) else {
        return Vec::new();
    };
    // another driver than the device plugin gives them out
    let by_claim = node.owner.kind == super::super::super::owner::OwnerKind::DraDriver;
    let discovered = label(facts, "gfd.timestamp").or_else(|| label(facts, "gpu.count"));
    if by_claim || discovered.is_none() {
        return Vec::new();
    }
    let none = label(facts, "mig.strategy").is_none_or(|strategy| strategy == "none");
    // a part that has stopped the plugin already is said so
    if !none && facts.allocatable.values().all(|n| *n == 0) {
        return Vec::new();
    }
    let (mut n, mut on) = (0_usize, Vec::new());
    for gpu in &node.gpus {
        let cis = gpu.slots.iter().flat_map(|slot| &slot.instance.cis);
        let is_part = |name: &str| name.split('.').next().is_some_and(|f| f.ends_with('c'));
        let lost = cis
            .filter(|ci| none || ci.name.value().is_some_and(|name| is_part(name)))
            .count();
        n += lost;
        if lost > 0 {
            on.push(gpu);
        }
    }
    if n == 0 {
        return Vec::new();
    }
    let phrase = if none {
        phrases::UNREQUESTABLE_NONE
    } else {
        phrases::UNREQUESTABLE_PART
    };
    vec![
        Finding::new(
            "slices-unrequestable",
            Severity::Caution,
            subject::gpus(node, &on),
            say!(phrase, n = n),
        )
        .next(format!(
            "kubectl get node {} -L nvidia.com/mig.strategy -o jsonpath='{{.status.capacity}}'",
            name(node)
        )),
    ]
}

/// How a GPU is divided.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    /// MIG is off.
    Off,
    /// So many instances of each profile.
    Of(BTreeMap<String, usize>),
}

impl State {
    fn is_empty(&self) -> bool {
        matches!(self, Self::Of(profiles) if profiles.is_empty())
    }

    fn kinds(&self) -> impl Iterator<Item = &str> {
        let profiles = match self {
            Self::Of(profiles) => Some(profiles),
            Self::Off => None,
        };
        profiles
            .into_iter()
            .flat_map(|p| p.keys().map(String::as_str))
    }
}

/// All GPUs that can be divided; `None` unless each has told.
fn states(node: &Node) -> Option<Vec<(&Gpu, State)>> {
    let mut all = Vec::new();
    for gpu in &node.gpus {
        let inventory = gpu.inventory.value()?;
        let Some(mode) = inventory.mig.value() else {
            continue;
        };
        if !mode.current {
            all.push((gpu, State::Off));
            continue;
        }
        let mut profiles = BTreeMap::new();
        for instance in inventory.instances.value()? {
            let profile = instance.profile.value()?.to_string();
            *profiles.entry(profile).or_default() += 1;
        }
        all.push((gpu, State::Of(profiles)));
    }
    (!all.is_empty()).then_some(all)
}

/// `GPU 0-3: 2x 3g.20gb`: a line for GPUs that are alike.
fn grouped<'a>(states: impl IntoIterator<Item = &'a (&'a Gpu, State)>) -> Vec<Said> {
    let mut alike: BTreeMap<&State, BTreeSet<u32>> = BTreeMap::new();
    for (gpu, state) in states {
        alike.entry(state).or_default().insert(gpu.index);
    }
    let line = |(state, gpus): (&State, &BTreeSet<u32>)| {
        let gpus = ranges(gpus);
        match state {
            State::Off => say!(phrases::GPUS_OFF, gpus = gpus),
            State::Of(profiles) if profiles.is_empty() => say!(phrases::GPUS_EMPTY, gpus = gpus),
            State::Of(profiles) => {
                let profiles: Vec<String> =
                    profiles.iter().map(|(p, n)| format!("{n}x {p}")).collect();
                say!(
                    phrases::GPUS_OF,
                    gpus = gpus,
                    profiles = profiles.join(", ")
                )
            }
        }
    };
    alike.iter().map(|(s, g)| line((s, g))).collect()
}
