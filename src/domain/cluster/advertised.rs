//! What a node advertises of GPUs, resource by resource, beside the devices that NVML lists there.

use std::collections::{BTreeMap, BTreeSet};

use super::super::fleet::{Gpu, Node};
use super::super::gpu::ComputeInstance;
use super::super::reading::{AbsentCode, Reading};
use super::super::text::Text;
use super::node::is_device;
use super::{NodeFacts, OnNode};

const GPU: &str = "nvidia.com/gpu";

/// How the device plugin makes resources of MIG devices.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Strategy {
    /// It advertises GPUs and leaves out what is in them.
    None,
    /// All devices are of one profile, and `nvidia.com/gpu` counts them.
    Single,
    /// Each profile has a resource.
    Mixed,
}

/// A resource of a node.
#[derive(Clone, PartialEq, Debug)]
pub struct Resource {
    /// Its name, such as `nvidia.com/mig-1g.5gb`.
    pub name: Text,
    /// `status.capacity`; `None`: the node does not name it.
    pub capacity: Option<u64>,
    /// `status.allocatable`; `None`: the node does not name it.
    pub allocatable: Option<u64>,
    /// What pods on the node ask for.
    pub requested: u64,
    /// Devices that NVML lists and the plugin would advertise under this name.
    pub here: Reading<u64>,
    /// How the two compare.
    pub verdict: Verdict,
}

/// How what a node advertises compares with what is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// They are the same.
    Same,
    /// More is advertised than is there.
    TooMany(u64),
    /// Fewer are advertised than are there.
    TooFew(u64),
    /// 0 of 0, and none is there: the kubelet keeps the name until it starts again.
    Gone,
    /// Some are there, and no resource has this name: nobody can ask for them.
    Unnamed(u64),
    /// So many of the capacity cannot be given out: unhealthy, or the plugin is gone.
    Withheld(u64),
    /// Pods ask for more than can be given out: those above it keep what they have until they end.
    Overdrawn(u64),
    /// What is there cannot be told.
    Unknown,
}

impl Verdict {
    /// Whether somebody should look at it.
    pub const fn differs(self) -> bool {
        !matches!(self, Self::Same | Self::Gone | Self::Unknown)
    }
}

impl NodeFacts {
    /// Whether the API server has told of the node itself: it may be known by its pods alone.
    pub fn is_told(&self) -> bool {
        self.uid.is_some()
            || self.kubelet.is_some()
            || !self.labels.is_empty()
            || !self.capacity.is_empty()
            || !self.conditions.is_empty()
    }

    /// The plugin's strategy as GPU feature discovery labels it; without a label for it, where other labels of it are
    /// there, none. `None`: nobody tells, and the names of resources do not show it either.
    pub fn strategy(&self) -> Option<Strategy> {
        match self.label("mig.strategy").map(Text::as_str) {
            Some("single") => Some(Strategy::Single),
            Some("mixed") => Some(Strategy::Mixed),
            Some(_) => Some(Strategy::None),
            None if self.label("gfd.timestamp").is_some() || self.label("gpu.count").is_some() => {
                Some(Strategy::None)
            }
            None => {
                let mut names = self.capacity.iter().filter(|(_, n)| **n > 0);
                let mixed = names.any(|(name, _)| name.starts_with("nvidia.com/mig-"));
                mixed.then_some(Strategy::Mixed)
            }
        }
    }

    /// Into how many a device of this resource is divided by time-slicing or MPS; 1: it is not.
    fn replicas(&self, resource: &str) -> u64 {
        let of = resource
            .strip_prefix("nvidia.com/")
            .unwrap_or(resource)
            .trim_end_matches(".shared");
        let label = self.label(&format!("{of}.replicas"));
        let told = label.and_then(|n| n.parse().ok());
        told.filter(|n| *n > 0).unwrap_or(1)
    }
}

/// The resources of a node, those it names and those it would have to, by name.
pub fn resources(node: &Node, on_node: &OnNode) -> Vec<Resource> {
    let facts = &on_node.node;
    let requested = on_node.requested();
    let here = here(node, facts);
    let mut names: BTreeSet<Text> = BTreeSet::new();
    let named = facts.capacity.keys().chain(facts.allocatable.keys());
    names.extend(named.chain(requested.keys()).cloned());
    if let Reading::Value(here) = &here {
        names.extend(here.keys().cloned());
    }
    names
        .into_iter()
        .map(|name| {
            let here = match &here {
                Reading::Value(here) if is_device(&name) => Reading::Value(
                    here.get(&name)
                        .map_or(0, |n| n.saturating_mul(facts.replicas(&name))),
                ),
                Reading::Value(_) => {
                    Reading::absent(AbsentCode::NotSupported, "it is no device of NVML")
                }
                Reading::Absent(why) => Reading::Absent(why.clone()),
            };
            let capacity = facts.capacity.get(&name).copied();
            let allocatable = facts.allocatable.get(&name).copied();
            let requested = requested.get(&name).copied().unwrap_or_default();
            Resource {
                verdict: verdict(capacity, allocatable, requested, here.value().copied()),
                name,
                capacity,
                allocatable,
                requested,
                here,
            }
        })
        .collect()
}

fn verdict(
    capacity: Option<u64>,
    allocatable: Option<u64>,
    requested: u64,
    here: Option<u64>,
) -> Verdict {
    let given = allocatable.unwrap_or_default();
    match (capacity, here) {
        (None, Some(n)) if n > 0 => return Verdict::Unnamed(n),
        (Some(told), Some(here)) if told > here => return Verdict::TooMany(told - here),
        (Some(told), Some(here)) if told < here => return Verdict::TooFew(here - told),
        _ => {}
    }
    let told = capacity.unwrap_or_default();
    if told > given {
        return Verdict::Withheld(told - given);
    }
    if requested > given {
        return Verdict::Overdrawn(requested - given);
    }
    match here {
        None => Verdict::Unknown,
        Some(0) if told == 0 => Verdict::Gone,
        Some(_) => Verdict::Same,
    }
}

/// Devices that NVML lists, by the name that the plugin would give them, or a name that no resource has: a part of an
/// instance, slices that strategy single or none leaves out.
fn here(node: &Node, facts: &NodeFacts) -> Reading<BTreeMap<Text, u64>> {
    if node.gpus.is_empty() {
        return match node.driver.reason() {
            Some(why) => Reading::Absent(why.clone()),
            None => Reading::not_yet(),
        };
    }
    let Some(strategy) = facts.strategy() else {
        return Reading::absent(
            AbsentCode::NoSource,
            "no label and no resource shows the strategy of the device plugin",
        );
    };
    let mut devices: BTreeMap<Text, u64> = BTreeMap::new();
    let (mut sliced, mut whole, mut empty) = (0u64, 0u64, false);
    for gpu in &node.gpus {
        let inventory = match &gpu.inventory {
            Reading::Value(inventory) => inventory,
            Reading::Absent(why) => return on(gpu, why.code, &why.text),
        };
        if gpu.whole.is_some() || strategy == Strategy::None {
            whole += 1;
            if strategy != Strategy::None {
                continue;
            }
        }
        if let (Reading::Absent(why), None) = (&inventory.instances, &gpu.whole) {
            return on(gpu, why.code, &why.text);
        }
        let cis = || gpu.slots.iter().flat_map(|slot| &slot.instance.cis);
        empty |= gpu.whole.is_none() && cis().next().is_none();
        for ci in cis() {
            match device_name(ci) {
                Reading::Value(name) => *devices.entry(name).or_default() += 1,
                Reading::Absent(why) => return on(gpu, why.code, &why.text),
            }
            sliced += 1;
        }
    }
    let one_kind = devices.len() == 1 && whole == 0 && !empty;
    let parts = devices.keys().any(|name| is_part(name));
    if strategy == Strategy::Single && one_kind && !parts {
        return Reading::Value([(Text::new(GPU), sliced)].into());
    }
    if whole > 0 {
        devices.insert(Text::new(GPU), whole);
    }
    Reading::Value(devices)
}

fn on<T>(gpu: &Gpu, code: AbsentCode, why: &Text) -> Reading<T> {
    Reading::absent(code, Text::from(format!("GPU {}: {why}", gpu.index)))
}

/// `nvidia.com/mig-1g.10gb.me` of `1g.10gb+me`.
fn device_name(ci: &ComputeInstance) -> Reading<Text> {
    ci.name
        .map(|name| Text::from(format!("nvidia.com/mig-{}", name.replace('+', "."))))
}

/// Whether it is named after a compute instance smaller than its GPU instance, which stops the plugin.
pub fn is_part(resource: &str) -> bool {
    let profile = resource.strip_prefix("nvidia.com/mig-").unwrap_or_default();
    let first = profile.split_once("c.").map(|(first, _)| first);
    first.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{gpu, instance, node, slot};
    use crate::domain::fleet::SlotState;

    fn facts(strategy: Option<&str>, capacity: &[(&str, u64)]) -> NodeFacts {
        let resources: BTreeMap<Text, u64> = capacity
            .iter()
            .map(|(name, n)| (Text::from(format!("nvidia.com/{name}")), *n))
            .collect();
        NodeFacts {
            name: Some("a".into()),
            labels: strategy
                .map(|s| (Text::new("nvidia.com/mig.strategy"), Text::new(s)))
                .into_iter()
                .collect(),
            allocatable: resources.clone(),
            capacity: resources,
            ..NodeFacts::default()
        }
    }

    fn sliced(profiles: &[&str]) -> Node {
        let mut node = node("a");
        let slots = profiles.iter().zip(1..).map(|(profile, gi)| {
            let made = instance(gi, profile, gi - 1, 1);
            slot(made, SlotState::Free, vec![])
        });
        node.gpus = vec![gpu(0, true, slots.collect())];
        node
    }

    fn said(node: &Node, facts: NodeFacts) -> Vec<(String, Verdict)> {
        let on_node = OnNode::new(facts, Vec::new(), &[], &[]);
        resources(node, &on_node)
            .into_iter()
            .map(|r| (r.name.replace("nvidia.com/", ""), r.verdict))
            .collect()
    }

    #[test]
    fn each_difference_has_its_own_word() {
        let node = sliced(&["1g.5gb", "1g.5gb", "2g.10gb"]);
        let found = said(
            &node,
            facts(
                Some("mixed"),
                &[("gpu", 0), ("mig-1g.5gb", 3), ("mig-3g.20gb", 0)],
            ),
        );
        assert_eq!(
            found,
            [
                ("gpu".to_owned(), Verdict::Gone),
                ("mig-1g.5gb".to_owned(), Verdict::TooMany(1)),
                ("mig-2g.10gb".to_owned(), Verdict::Unnamed(1)),
                ("mig-3g.20gb".to_owned(), Verdict::Gone),
            ]
        );
    }

    #[test]
    fn strategy_single_counts_devices_of_one_profile_and_names_none_of_several() {
        let single = || facts(Some("single"), &[("gpu", 2)]);
        let alike = sliced(&["3g.20gb", "3g.20gb"]);
        assert_eq!(said(&alike, single()), [("gpu".to_owned(), Verdict::Same)]);
        let mixed = said(&sliced(&["3g.20gb", "2g.10gb"]), single());
        assert_eq!(mixed[0], ("gpu".to_owned(), Verdict::TooMany(2)));
        assert_eq!(mixed[1].1, Verdict::Unnamed(1));
    }

    #[test]
    fn replicas_multiply_what_is_there() {
        let mut shared = facts(Some("mixed"), &[("mig-1g.5gb", 8)]);
        let label = Text::new("nvidia.com/mig-1g.5gb.replicas");
        shared.labels.insert(label, "4".into());
        let found = said(&sliced(&["1g.5gb", "1g.5gb"]), shared);
        assert_eq!(found[0].1, Verdict::Same);
    }

    #[test]
    fn what_cannot_be_told_is_neither_the_same_nor_different() {
        let silent = Node::new("a".into(), crate::app::fixture::now());
        let found = said(&silent, facts(Some("mixed"), &[("mig-1g.5gb", 3)]));
        assert_eq!(found[0].1, Verdict::Unknown);
        // nobody tells of the strategy
        let found = said(&sliced(&["1g.5gb"]), facts(None, &[("gpu", 1)]));
        assert_eq!(found[0].1, Verdict::Unknown);
        // the fourth GPU hangs
        let found = said(&node("a"), facts(Some("mixed"), &[("gpu", 1)]));
        assert_eq!(found[0].1, Verdict::Unknown);
    }

    #[test]
    fn what_the_plugin_keeps_back_is_told_although_the_count_is_right() {
        let mut held = facts(Some("mixed"), &[("mig-1g.5gb", 2)]);
        held.allocatable
            .insert(Text::new("nvidia.com/mig-1g.5gb"), 1);
        let found = said(&sliced(&["1g.5gb", "1g.5gb"]), held);
        assert_eq!(found[0].1, Verdict::Withheld(1));
    }

    #[test]
    fn a_part_of_an_instance_is_none_of_a_profile_with_a_c_in_its_name() {
        assert!(is_part("nvidia.com/mig-1c.3g.20gb"));
        assert!(!is_part("nvidia.com/mig-3g.20gb"));
    }
}
