//! Pods with their devices, put together from what the API server, the kubelet and the GPUs tell.
//!
//! A pod that no API server tells of is known by the devices that it has. Nothing here is copied: a row is looked up where
//! it is shown.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use jiff::Timestamp;

use super::cluster::{PodDevice, PodFacts};
use super::fleet::{Fleet, Gpu, Node, PodLink, Slot};
use super::ids::ObjectUid;
use super::text::Text;

/// A pod, as far as anybody tells of it.
#[derive(Clone, Copy, Debug)]
pub struct KnownPod<'a> {
    /// The node that it is bound to; `None`: it waits for one.
    pub node: Option<&'a Node>,
    /// What the API server says of it; `None`: it does not, or is not read.
    pub facts: Option<&'a PodFacts>,
    /// A device that it has, where that is all that is known.
    pub link: Option<&'a PodLink>,
    /// As of when this is known.
    pub at: Timestamp,
}

/// A device of a pod.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// The GPU; `None`: nobody can tell which.
    pub gpu: Option<&'a Gpu>,
    /// The instance; `None`: the whole GPU, or unknown as the GPU is.
    pub slot: Option<&'a Slot>,
    /// How that is known.
    pub link: Option<&'a PodLink>,
    /// What the API server says of it.
    pub told: Option<&'a PodDevice>,
}

impl<'a> KnownPod<'a> {
    /// Namespace.
    pub fn namespace(&self) -> Option<&'a Text> {
        match (self.facts, self.link) {
            (Some(facts), _) => Some(&facts.namespace),
            (None, link) => link?.namespace.as_ref(),
        }
    }

    /// Name.
    pub fn name(&self) -> Option<&'a Text> {
        match (self.facts, self.link) {
            (Some(facts), _) => Some(&facts.name),
            (None, link) => link?.name.as_ref(),
        }
    }

    /// UID.
    pub fn uid(&self) -> Option<&'a ObjectUid> {
        match (self.facts, self.link) {
            (Some(facts), _) => Some(&facts.uid),
            (None, link) => link?.uid.as_ref(),
        }
    }

    /// It waits for a node.
    pub fn waits(&self) -> bool {
        self.facts.is_some_and(PodFacts::is_pending)
    }

    /// Whether a link is to this pod.
    pub fn is_of(&self, link: &PodLink) -> bool {
        match (self.uid(), &link.uid) {
            (Some(a), Some(b)) => a == b,
            _ => {
                link.name.is_some()
                    && (self.namespace(), self.name())
                        == (link.namespace.as_ref(), link.name.as_ref())
            }
        }
    }

    /// Its devices: those on GPUs that somebody looks at, then those that only the API server names.
    pub fn devices(&self) -> Vec<Held<'a>> {
        let Some(node) = self.node else {
            return Vec::new();
        };
        let on_node = node.cluster.value();
        let told: Vec<&PodDevice> = match (on_node, self.facts) {
            (Some(on_node), Some(facts)) => {
                let all = on_node.devices.iter();
                all.filter(|device| device.pod == facts.uid).collect()
            }
            _ => Vec::new(),
        };
        let mut held: Vec<Held<'a>> = links(node)
            .filter(|(_, _, link)| self.is_of(link))
            .map(|(gpu, slot, link)| Held {
                gpu: Some(gpu),
                slot,
                link: Some(link),
                told: told.iter().copied().find(|d| is_device(&d.id, gpu, slot)),
            })
            .collect();
        for device in told {
            if !held
                .iter()
                .any(|h| h.told.is_some_and(|t| t.id == device.id))
            {
                held.push(Held {
                    gpu: None,
                    slot: None,
                    link: None,
                    told: Some(device),
                });
            }
        }
        held
    }
}

/// Whether a device's UUID is that of an instance, or of the GPU where there is none.
fn is_device(id: &Text, gpu: &Gpu, slot: Option<&Slot>) -> bool {
    match slot {
        Some(slot) => {
            let mut uuids = slot.instance.cis.iter().filter_map(|ci| ci.uuid.value());
            uuids.any(|uuid| uuid.as_str() == id.as_str())
        }
        None => gpu.uuid().is_some_and(|uuid| uuid.as_str() == id.as_str()),
    }
}

impl<'a> Held<'a> {
    /// Where this was read, best first.
    pub fn evidence(&self) -> &'a [Text] {
        static STATUS: LazyLock<[Text; 1]> = LazyLock::new(|| [Text::new("pod-status")]);
        static CLAIM: LazyLock<[Text; 1]> = LazyLock::new(|| [Text::new("resource-claim")]);
        use super::cluster::PodDeviceSource as Source;
        match (self.link, self.told) {
            (Some(link), _) => &link.evidence,
            (None, Some(told)) if told.sources.contains(&Source::Claim) => &*CLAIM,
            (None, Some(_)) => &*STATUS,
            (None, None) => &[],
        }
    }
}

/// Every pod on a GPU or instance of a node.
pub fn links(node: &Node) -> impl Iterator<Item = (&Gpu, Option<&Slot>, &PodLink)> {
    node.gpus.iter().flat_map(|gpu| {
        let slots = gpu.slots.iter().flat_map(move |slot| {
            let pods = slot.pods.iter();
            pods.map(move |link| (gpu, Some(slot), link))
        });
        let whole = gpu.whole.iter().flat_map(|whole| &whole.pods);
        slots.chain(whole.map(move |link| (gpu, None, link)))
    })
}

/// Numbers of a node's pods that use GPUs, for [`on_node`]: those that the API server tells of, then those that are known
/// by what they have.
pub fn numbers(node: &Node) -> Vec<usize> {
    let told = node
        .cluster
        .value()
        .map_or(&[][..], |on_node| &on_node.pods);
    let mut found: Vec<usize> = Vec::new();
    let mut uids: BTreeSet<&ObjectUid> = BTreeSet::new();
    let mut names: BTreeSet<(Option<&Text>, Option<&Text>)> = BTreeSet::new();
    for (n, pod) in told.iter().enumerate().filter(|(_, p)| p.uses_gpus()) {
        found.push(n);
        uids.insert(&pod.uid);
        names.insert((Some(&pod.namespace), Some(&pod.name)));
    }
    for (n, (_, _, link)) in links(node).enumerate() {
        let by_name = (link.namespace.as_ref(), link.name.as_ref());
        let known = match &link.uid {
            Some(uid) => uids.contains(uid),
            None => link.name.is_some() && names.contains(&by_name),
        };
        if known {
            continue;
        }
        // one of two links to the same pod may lack the uid
        let again = link.name.is_some() && names.contains(&by_name);
        if again && told.is_empty() {
            continue;
        }
        uids.extend(&link.uid);
        names.insert(by_name);
        found.push(told.len() + n);
    }
    found
}

/// The pod of that number; `None`: there is none any more.
pub fn on_node(node: &Node, number: usize) -> Option<KnownPod<'_>> {
    let told = node
        .cluster
        .value()
        .map_or(&[][..], |on_node| &on_node.pods);
    let facts = told.get(number).map(|pod| &**pod);
    let link = match facts {
        Some(_) => None,
        None => Some(links(node).nth(number.checked_sub(told.len())?)?.2),
    };
    Some(KnownPod {
        node: Some(node),
        facts,
        link,
        at: node.at,
    })
}

/// The pod of that number among those that wait for a node.
pub fn unbound(fleet: &Fleet, number: usize) -> Option<KnownPod<'_>> {
    let facts = fleet.cluster.as_ref()?.unbound.get(number)?;
    Some(KnownPod {
        node: None,
        facts: Some(facts),
        link: None,
        at: fleet.nodes.iter().map(|n| n.at).max().unwrap_or_default(),
    })
}

/// The pod that a link on a node is to.
pub fn of_link<'a>(node: &'a Node, link: &'a PodLink) -> KnownPod<'a> {
    let by_link = KnownPod {
        node: Some(node),
        facts: None,
        link: Some(link),
        at: node.at,
    };
    let told = node
        .cluster
        .value()
        .map_or(&[][..], |on_node| &on_node.pods);
    let found = told.iter().find(|pod| {
        let known = KnownPod {
            facts: Some(pod),
            link: None,
            ..by_link
        };
        known.is_of(link)
    });
    KnownPod {
        facts: found.map(|pod| &**pod),
        ..by_link
    }
}
