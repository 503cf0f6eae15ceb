//! How much of a host is used: instances, and GPUs that are used as one piece, by state and by profile.

use std::collections::BTreeMap;

use crate::domain::cluster::OnNode;
use crate::domain::fleet::{Gpu, Idle, Node, SlotState};

/// Things that work can be given to, by what somebody does with them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// A process or an open handle.
    pub busy: usize,
    /// Given to a pod, and nothing runs.
    pub allocated: usize,
    /// Nobody has it.
    pub free: usize,
    /// GPU instances without a compute instance.
    pub no_ci: usize,
    /// In need of attention.
    pub sick: usize,
    /// Too little could be read.
    pub unknown: usize,
    /// GPUs of which nobody can tell what is on them.
    pub dark: usize,
    /// The longest that an allocated instance has been idle.
    pub longest_idle: Option<Idle>,
    /// In use and in total, by profile; whole GPUs under [`WHOLE`].
    pub profiles: BTreeMap<String, (usize, usize)>,
}

/// The name under which whole GPUs are counted among profiles.
pub const WHOLE: &str = "GPU";

impl Tally {
    /// Of a host.
    pub fn of(node: &Node) -> Self {
        let mut tally = Self::default();
        for gpu in &node.gpus {
            tally.add(gpu);
        }
        tally
    }

    /// Of a host that nobody looks at itself, by what its node advertises and what pods there ask for: who is busy is not
    /// seen.
    pub fn advertised(on_node: &OnNode) -> Self {
        let facts = &on_node.node;
        let requested = on_node.requested();
        // under strategy single the devices are of the profile that the product's label ends with
        let single = facts
            .label("gpu.product")
            .and_then(|product| product.split_once("-MIG-"))
            .map(|(_, profile)| profile);
        let mut tally = Self::default();
        for (resource, n) in &facts.allocatable {
            let Some(name) = resource.strip_prefix("nvidia.com/").filter(|_| *n > 0) else {
                continue;
            };
            let profile = match name.strip_prefix("mig-") {
                Some(profile) => profile,
                None if name == "gpu" || name == "gpu.shared" => single.unwrap_or(WHOLE),
                None => continue,
            };
            let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
            let used = requested.get(resource).copied().unwrap_or_default().min(*n);
            tally.allocated += count(used);
            tally.free += count(n - used);
            let of = tally.profiles.entry(profile.to_owned()).or_default();
            of.0 += count(used);
            of.1 += count(*n);
        }
        tally
    }

    /// All things.
    pub fn total(&self) -> usize {
        self.busy + self.allocated + self.free + self.no_ci + self.sick + self.unknown
    }

    fn add(&mut self, gpu: &Gpu) {
        match &gpu.whole {
            Some(whole) => self.count(whole.state, WHOLE),
            None if gpu.slots.is_empty() && !is_told(gpu) => self.dark += 1,
            None => {}
        }
        for slot in &gpu.slots {
            let profile = slot.instance.profile.value();
            self.count(slot.state, profile.map_or("?", |p| p.as_str()));
            if slot.state == SlotState::Allocated
                && let Some(idle) = slot.idle
                && self.longest_idle.is_none_or(|l| idle.since < l.since)
            {
                self.longest_idle = Some(idle);
            }
        }
    }

    fn count(&mut self, state: SlotState, profile: &str) {
        let of_state = match state {
            SlotState::Busy => &mut self.busy,
            SlotState::Allocated => &mut self.allocated,
            SlotState::Free => &mut self.free,
            SlotState::NoCi => &mut self.no_ci,
            SlotState::Sick => &mut self.sick,
            SlotState::Unknown => &mut self.unknown,
        };
        *of_state += 1;
        let (used, total) = self.profiles.entry(profile.to_owned()).or_default();
        *total += 1;
        if matches!(
            state,
            SlotState::Busy | SlotState::Allocated | SlotState::Sick
        ) {
            *used += 1;
        }
    }
}

/// Whether what is on a GPU is known, be it nothing.
fn is_told(gpu: &Gpu) -> bool {
    gpu.inventory
        .value()
        .is_some_and(|i| i.mig.value().is_some_and(|m| m.current) && i.instances.value().is_some())
}

/// Instances in use and in total as a column has them: `5/7`; `1+/2` where more may be in use than is known, `?/2` where
/// nothing is known of any; `None` where even the instances are not known.
pub fn use_of(gpu: &Gpu) -> Option<String> {
    let (used, all) = used_of(gpu)?;
    let hidden = gpu.slots.iter().any(|s| s.state == SlotState::Unknown);
    Some(match (used, hidden) {
        (0, true) => format!("?/{all}"),
        (_, true) => format!("{used}+/{all}"),
        (_, false) => format!("{used}/{all}"),
    })
}

/// Instances known to be in use, and in total.
fn used_of(gpu: &Gpu) -> Option<(usize, usize)> {
    if gpu.slots.is_empty() {
        return is_told(gpu).then_some((0, 0));
    }
    let used = gpu
        .slots
        .iter()
        .filter(|s| {
            matches!(
                s.state,
                SlotState::Busy | SlotState::Allocated | SlotState::Sick
            )
        })
        .count();
    Some((used, gpu.slots.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{ago, node};

    #[test]
    fn every_instance_and_whole_gpu_is_counted_once_and_a_dark_gpu_apart() {
        let mut node = node("a");
        node.gpus[0].slots[1].idle = Some(Idle {
            since: ago(31 * 3600),
            exact: true,
        });
        let tally = Tally::of(&node);
        assert_eq!(
            (tally.busy, tally.allocated, tally.free, tally.no_ci),
            (1, 2, 1, 1)
        );
        assert_eq!((tally.total(), tally.dark), (5, 1));
        assert_eq!(tally.profiles["1g.5gb"], (2, 3));
        assert_eq!(tally.profiles[WHOLE], (1, 1));
        assert_eq!(tally.longest_idle.map(|i| i.since), Some(ago(31 * 3600)));
    }

    #[test]
    fn a_host_that_nobody_looks_at_is_counted_by_what_its_node_advertises() {
        use crate::app::fixture::{in_cluster, node_facts, pod_facts};
        let mut facts = node_facts("a");
        let pod = |name| pod_facts(name, Some("a"), "nvidia.com/mig-1g.5gb", None);
        let of = |facts: &crate::domain::cluster::NodeFacts| {
            let node = in_cluster(node("a"), facts.clone(), vec![pod("ocr")]);
            let on_node = node.cluster.value().cloned();
            Tally::advertised(&on_node.unwrap_or_default())
        };
        let tally = of(&facts);
        assert_eq!((tally.busy, tally.allocated, tally.free), (0, 1, 2));
        assert_eq!(tally.profiles["1g.5gb"], (1, 2));
        assert_eq!(tally.profiles[WHOLE], (0, 1));
        // 0 of 0 is gone, and under strategy single a device is a slice
        facts.allocatable = [
            ("nvidia.com/gpu".into(), 16),
            ("nvidia.com/mig-1g.5gb".into(), 0),
        ]
        .into();
        let product = "A100-SXM4-40GB-MIG-3g.20gb".into();
        facts
            .labels
            .insert("nvidia.com/gpu.product".into(), product);
        let tally = of(&facts);
        assert_eq!(tally.profiles.len(), 1);
        assert_eq!(tally.profiles["3g.20gb"], (0, 16));
    }

    #[test]
    fn nothing_there_differs_from_nothing_known() {
        let node = node("a");
        assert_eq!(used_of(&node.gpus[0]), Some((2, 4)));
        assert_eq!(used_of(&node.gpus[2]), Some((0, 0)));
        assert_eq!(used_of(&node.gpus[3]), None);
    }
}
