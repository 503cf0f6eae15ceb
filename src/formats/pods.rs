//! `migdeck/pods/v1`: which pods have which GPUs and slices, how that is known, and which wait for some.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::cluster::PodEvent as Warning;
use crate::domain::cluster::news::Gap;
use crate::domain::cluster::pending::prospects;
use crate::domain::cluster::{OnNode, PodDeviceSource, PodFacts};
use crate::domain::fleet::{Fleet, Gpu as DomainGpu, Node, PodLink, Slot};
use crate::domain::ids::ObjectUid;
use crate::domain::reading::{Absence, AbsentCode};
use crate::domain::shared::Shared;
use crate::domain::text::Text;

use super::absent::Absent;
use super::status::{Cluster, Source, Status};

/// Name of the schema.
pub const SCHEMA: &str = "migdeck/pods/v1";

/// The document.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Pods {
    /// [`SCHEMA`].
    pub schema: Text,
    /// True if any of the hosts is simulated.
    pub simulated: bool,
    /// When the document was made.
    pub at: Timestamp,
    /// Where the facts come from.
    pub sources: Vec<Source>,
    /// The cluster that is read besides; `null`: none is, and only pods on hosts with a probe are known.
    pub cluster: Option<Cluster>,
    /// Pods that use GPUs or ask for some, by node, those that wait last.
    pub pods: Vec<Pod>,
}

/// A pod.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Pod {
    /// Namespace.
    pub namespace: Option<Text>,
    /// Name.
    pub name: Option<Text>,
    /// UID.
    pub uid: Option<Text>,
    /// The node as this document calls it; `null`: it waits for one.
    pub node: Option<Text>,
    /// Phase.
    pub phase: Option<Text>,
    /// Why it failed, in one word.
    pub reason: Option<Text>,
    /// What made it.
    pub owner: Option<Owner>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When it has to be gone; `null`: nobody deletes it.
    pub deleting: Option<Timestamp>,
    /// GPU resources that it asks for.
    pub requests: BTreeMap<Text, u64>,
    /// Devices that it has.
    pub devices: Vec<Device>,
    /// What it waits for; `null`: it does not.
    pub pending: Option<Pending>,
    /// What the cluster warns of about it, the newest last; `null`: that is not read, or not known of this pod.
    #[serde(default)]
    pub events: Option<Vec<PodEvent>>,
    /// Why keys are `null`.
    #[serde(default, skip_serializing_if = "Absent::is_empty")]
    pub absent: Absent,
}

/// A warning about a pod.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PodEvent {
    /// In one word.
    pub reason: Text,
    /// In a sentence.
    pub message: Text,
    /// How often.
    pub count: u32,
    /// When for the first time.
    pub first: Option<Timestamp>,
    /// When for the last time.
    pub last: Option<Timestamp>,
    /// Who says so.
    pub from: Option<Text>,
}

/// What made a pod.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Owner {
    /// Its kind.
    pub kind: Text,
    /// Its name.
    pub name: Text,
}

/// A device of a pod.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Device {
    /// The container; `null`: not told.
    pub container: Option<Text>,
    /// The resource, or `claim:<name>`; `null`: not told.
    pub resource: Option<Text>,
    /// UUID of the device, or `<driver>/<pool>/<device>` of one that has none.
    pub uuid: Option<Text>,
    /// Number of the replica of a device that is shared.
    pub replica: Option<u32>,
    /// UUID of the GPU.
    pub gpu: Option<Text>,
    /// Index of the GPU.
    pub gpu_index: Option<u32>,
    /// GPU instance.
    pub gi: Option<u32>,
    /// Compute instance; `null`: the whole of it.
    pub ci: Option<u32>,
    /// Profile.
    pub profile: Option<Text>,
    /// `Healthy`, `Unhealthy`, `Unknown`, in the kubelet's words.
    pub health: Option<Text>,
    /// Where this was read, best first.
    pub evidence: Vec<Text>,
    /// Why keys are `null`.
    #[serde(default, skip_serializing_if = "Absent::is_empty")]
    pub absent: Absent,
}

/// What a pod waits for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pending {
    /// The scheduler's words.
    pub message: Option<Text>,
    /// How much more of each resource the nearest node would have to have.
    pub misses: BTreeMap<Text, u64>,
    /// Nodes with enough of it free.
    pub fits: Vec<Text>,
    /// Nodes with enough of it free that take no pods.
    pub closed: Vec<Text>,
}

impl Pods {
    /// The document of a snapshot, made at `at`.
    pub fn from_fleet(fleet: &Fleet, at: Timestamp) -> Self {
        // a tape or a probe tells of sources in the same way, and so they are told alike
        let status = Status::from_fleet(fleet, at);
        let warns = warns(fleet);
        let on_node = |node: &Arc<Node>| on_node(node, warns);
        let mut pods: Vec<Pod> = fleet.nodes.iter().flat_map(on_node).collect();
        let nodes: Vec<&OnNode> = fleet
            .nodes
            .iter()
            .filter_map(|node| node.cluster.value())
            .map(|on_node| &**on_node)
            .collect();
        if let Some(cluster) = &fleet.cluster {
            let events = |pod: &PodFacts| warns.then(|| told_of(cluster.events_of(&pod.uid)));
            let unbound = cluster.unbound.iter();
            pods.extend(unbound.map(|pod| Pod {
                events: events(pod),
                ..waiting(pod, &nodes)
            }));
        }
        Self {
            schema: SCHEMA.into(),
            simulated: status.simulated,
            at,
            sources: status.sources,
            cluster: status.cluster,
            pods,
        }
    }

    /// Leaves pods of other namespaces out.
    pub fn keep(&mut self, namespace: Option<&Text>) {
        if namespace.is_some() {
            self.pods.retain(|pod| pod.namespace.as_ref() == namespace);
        }
    }
}

/// Whether the cluster's warnings are read: else a pod without any may have some.
fn warns(fleet: &Fleet) -> bool {
    let Some(cluster) = &fleet.cluster else {
        return false;
    };
    let denied = |gap: &Gap| gap.permission.split(' ').nth(1) == Some("events");
    cluster.hello.is_some() && !cluster.gaps.iter().any(denied)
}

fn told_of<'a>(events: impl Iterator<Item = &'a Warning>) -> Vec<PodEvent> {
    let one = |event: &Warning| PodEvent {
        reason: event.reason.clone(),
        message: event.message.clone(),
        count: event.count,
        first: event.first,
        last: event.last,
        from: event.from.clone(),
    };
    events.map(one).collect()
}

/// Pods of a node: those that the API server tells of, and those that are known only by what they have.
fn on_node(node: &Node, warns: bool) -> Vec<Pod> {
    let told = node.cluster.value();
    let mut pods: Vec<Pod> = told
        .into_iter()
        .flat_map(|on_node| &on_node.pods)
        .filter(|pod| pod.uses_gpus())
        .map(|pod| bound(pod, &node.name))
        .collect();
    for (gpu, slot, link) in links(node) {
        let device = device_of(node, gpu, slot, link);
        match pods.iter_mut().find(|pod| is_pod(pod, link)) {
            Some(pod) => pod.devices.push(device),
            None => {
                let mut pod = known_by_link(node, link);
                pod.devices.push(device);
                pods.push(pod);
            }
        }
    }
    if let Some(on_node) = told {
        for pod in pods.iter_mut().filter(|_| warns) {
            let uid = pod.uid.clone().filter(|_| pod.phase.is_some());
            let uid = uid.map(|uid| ObjectUid::new(&uid));
            pod.events = uid.map(|uid| told_of(on_node.events_of(&uid)));
        }
        for pod in &mut pods {
            pod.devices.extend(unplaced(pod, on_node));
        }
    }
    pods
}

fn links(node: &Node) -> impl Iterator<Item = (&DomainGpu, Option<&Slot>, &PodLink)> {
    node.gpus.iter().flat_map(|gpu| {
        let slots = gpu.slots.iter().flat_map(move |slot| {
            let pods = slot.pods.iter();
            pods.map(move |link| (gpu, Some(slot), link))
        });
        let whole = gpu.whole.iter().flat_map(|whole| &whole.pods);
        slots.chain(whole.map(move |link| (gpu, None, link)))
    })
}

fn is_pod(pod: &Pod, link: &PodLink) -> bool {
    match (&pod.uid, &link.uid) {
        (Some(a), Some(b)) => *a == b.as_str(),
        _ => link.name.is_some() && (&pod.namespace, &pod.name) == (&link.namespace, &link.name),
    }
}

fn bound(pod: &Shared<PodFacts>, node: &Text) -> Pod {
    let mut found = plain(pod);
    found.node = Some(node.clone());
    found
}

fn plain(pod: &PodFacts) -> Pod {
    Pod {
        namespace: Some(pod.namespace.clone()),
        name: Some(pod.name.clone()),
        uid: Some(pod.uid.as_str().into()),
        node: None,
        phase: Some(pod.phase.clone()),
        reason: pod.reason.clone(),
        owner: pod.owner.as_ref().map(|owner| Owner {
            kind: owner.kind.clone(),
            name: owner.name.clone(),
        }),
        created: pod.created,
        deleting: pod.deleting,
        requests: pod.requests.clone().into(),
        devices: Vec::new(),
        pending: None,
        events: None,
        absent: Absent::default(),
    }
}

fn waiting(pod: &PodFacts, nodes: &[&OnNode]) -> Pod {
    let prospects = prospects(pod, nodes.iter().copied());
    Pod {
        pending: Some(Pending {
            message: pod.unschedulable.clone(),
            misses: prospects.misses,
            fits: prospects.fits,
            closed: prospects.closed,
        }),
        ..plain(pod)
    }
}

/// A pod that no API server tells of.
fn known_by_link(node: &Node, link: &PodLink) -> Pod {
    let mut absent = Absent::default();
    let why = Absence::new(
        AbsentCode::NoSource,
        "the API server does not tell of this pod, or is not read",
    );
    absent.put("phase", &why);
    if link.name.is_none() {
        absent.put("name", &why);
        absent.put("namespace", &why);
    }
    if link.uid.is_none() {
        absent.put("uid", &why);
    }
    Pod {
        namespace: link.namespace.clone(),
        name: link.name.clone(),
        uid: link.uid.as_ref().map(|uid| uid.as_str().into()),
        node: Some(node.name.clone()),
        phase: None,
        reason: None,
        owner: None,
        created: None,
        deleting: None,
        requests: BTreeMap::new(),
        devices: Vec::new(),
        pending: None,
        events: None,
        absent,
    }
}

/// A device that is on a GPU that somebody looks at.
fn device_of(node: &Node, gpu: &DomainGpu, slot: Option<&Slot>, link: &PodLink) -> Device {
    let instance = slot.map(|slot| &slot.instance);
    let uuid = match instance {
        Some(instance) => instance
            .cis
            .iter()
            .find(|ci| link.ci.is_none() || link.ci == Some(ci.ci))
            .and_then(|ci| ci.uuid.value())
            .map(|uuid| Text::new(uuid.as_str())),
        None => gpu.uuid().map(|uuid| Text::new(uuid.as_str())),
    };
    let told = node.cluster.value().and_then(|on_node| {
        on_node.devices.iter().find(|device| {
            Some(&device.pod) == link.uid.as_ref() && Some(&device.id) == uuid.as_ref()
        })
    });
    let kubelet = node.allocations.value().into_iter().flatten();
    let allocated = kubelet
        .filter(|a| uuid.as_ref().is_some_and(|uuid| a.devices.contains(uuid)))
        .map(|a| a.resource.clone())
        .next();
    Device {
        container: link.container.clone(),
        resource: told.map(|d| d.resource.clone()).or(allocated),
        uuid,
        replica: told.and_then(|d| d.replica),
        gpu: gpu.uuid().map(|uuid| uuid.as_str().into()),
        gpu_index: Some(gpu.index),
        gi: instance.map(|instance| instance.gi.0),
        ci: link.ci.map(|ci| ci.0),
        profile: instance.and_then(|instance| instance.profile.value().cloned()),
        health: told.and_then(|d| d.health.clone()),
        evidence: link.evidence.clone(),
        absent: Absent::default(),
    }
}

/// Devices that the API server says a pod has and that no GPU that is looked at has.
fn unplaced(pod: &Pod, on_node: &OnNode) -> Vec<Device> {
    let mine = on_node.devices.iter().filter(|device| {
        pod.uid
            .as_ref()
            .is_some_and(|uid| *uid == device.pod.as_str())
    });
    let placed = |id: &Text| pod.devices.iter().any(|d| d.uuid.as_ref() == Some(id));
    mine.filter(|device| !placed(&device.id))
        .map(|device| {
            let mut absent = Absent::default();
            let why = Absence::new(
                AbsentCode::NoSource,
                "GPU unknown: no probe and no exporter tells which GPU has this device",
            );
            if device.gpu.is_none() {
                absent.put("gpu", &why);
            }
            absent.put("gpu_index", &why);
            absent.put("gi", &why);
            Device {
                container: device.container.clone(),
                resource: Some(device.resource.clone()),
                uuid: Some(device.id.clone()),
                replica: device.replica,
                gpu: device.gpu.clone(),
                gpu_index: None,
                gi: None,
                ci: None,
                profile: device.profile.clone(),
                health: device.health.clone(),
                evidence: device
                    .sources
                    .iter()
                    .map(|source| match source {
                        PodDeviceSource::Claim => "resource-claim".into(),
                        PodDeviceSource::Status => "pod-status".into(),
                    })
                    .collect(),
                absent,
            }
        })
        .collect()
}
