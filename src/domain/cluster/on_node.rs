//! A node with its pods, and which devices they have.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::ids::ObjectUid;
use super::super::shared::Shared;
use super::super::text::Text;
use super::{ClaimFacts, ContainerFacts, ContainerKind, NodeFacts, PodEvent, PodFacts, SliceFacts};

/// What the API server says of a node and the pods on it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct OnNode {
    /// The node.
    pub node: NodeFacts,
    /// Pods that are bound to it, by namespace and name.
    pub pods: Vec<Shared<PodFacts>>,
    /// Devices that pods have which have not ended.
    pub devices: Vec<PodDevice>,
    /// Warnings about its pods, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<PodEvent>,
}

/// Where it was read that a pod has a device.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PodDeviceSource {
    /// A ResourceClaim that is reserved for the pod.
    Claim,
    /// `allocatedResourcesStatus` of the container.
    Status,
}

/// A device that a pod has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PodDevice {
    /// The pod.
    pub pod: ObjectUid,
    /// The container; `None`: the pod as a whole, as with a claim that nobody says the container of.
    pub container: Option<Text>,
    /// The resource, or the claim.
    pub resource: Text,
    /// UUID, or `<driver>/<pool>/<device>` of a device that has none (yet).
    pub id: Text,
    /// Number of the replica where the device is shared.
    pub replica: Option<u32>,
    /// UUID of the GPU, where the driver says which.
    pub gpu: Option<Text>,
    /// Profile, where the driver says which.
    pub profile: Option<Text>,
    /// `Healthy`, `Unhealthy`, `Unknown`; `None`: not told.
    pub health: Option<Text>,
    /// Where this was read.
    pub sources: Vec<PodDeviceSource>,
}

impl OnNode {
    /// A node with its pods, whose devices are looked up in the claims and slices that are known.
    pub fn new(
        node: NodeFacts,
        mut pods: Vec<Shared<PodFacts>>,
        claims: &[&ClaimFacts],
        slices: &[&SliceFacts],
    ) -> Self {
        pods.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        let mut devices: Vec<PodDevice> = Vec::new();
        for pod in pods.iter().filter(|pod| !pod.has_ended()) {
            for device in by_status(pod, slices).chain(by_claims(pod, claims, slices)) {
                add(&mut devices, device);
            }
        }
        Self {
            node,
            pods,
            devices,
            events: Vec::new(),
        }
    }

    /// Pods that have not ended.
    pub fn living(&self) -> impl Iterator<Item = &Shared<PodFacts>> {
        self.pods.iter().filter(|pod| !pod.has_ended())
    }

    /// Warnings about a pod, the newest last.
    pub fn events_of<'a>(&'a self, pod: &'a ObjectUid) -> impl Iterator<Item = &'a PodEvent> {
        self.events.iter().filter(move |event| event.pod == *pod)
    }

    /// Devices of a pod.
    pub fn devices_of<'a>(&'a self, pod: &'a ObjectUid) -> impl Iterator<Item = &'a PodDevice> {
        self.devices.iter().filter(move |device| device.pod == *pod)
    }

    /// GPU resources that pods on it ask for.
    pub fn requested(&self) -> BTreeMap<Text, u64> {
        let mut sum: BTreeMap<Text, u64> = BTreeMap::new();
        for pod in self.living() {
            for (resource, n) in pod.requests.iter() {
                let at = sum.entry(resource.clone()).or_default();
                *at = at.saturating_add(n);
            }
        }
        sum
    }

    /// Whether the node advertises everything that a pod asks for, be it taken or free.
    pub fn offers(&self, pod: &PodFacts) -> bool {
        let there = |name: &Text| self.node.allocatable.get(name).is_some_and(|n| *n > 0);
        !pod.requests.is_empty() && pod.requests.iter().all(|(name, _)| there(name))
    }

    /// Whether every pod that has devices says which: only then a device that none names is nobody's.
    ///
    /// The API server of Kubernetes before 1.36 does not, nor does it for init containers and sidecars.
    pub fn tells_all_devices(&self) -> bool {
        let told = |container: &ContainerFacts| {
            let asked: u64 = container.requests.iter().map(|(_, n)| n).sum();
            asked == 0
                || container.kind == ContainerKind::Init
                || container.devices.len() as u64 >= asked
        };
        self.living().all(|pod| {
            let by_claim = self
                .devices_of(&pod.uid)
                .any(|device| device.sources.contains(&PodDeviceSource::Claim));
            pod.containers.iter().all(told) && (pod.claims.is_empty() || by_claim)
        })
    }
}

/// Devices that the statuses of containers name.
fn by_status<'a>(
    pod: &'a PodFacts,
    slices: &'a [&'a SliceFacts],
) -> impl Iterator<Item = PodDevice> + 'a {
    pod.containers.iter().flat_map(move |container| {
        container.devices.iter().map(move |device| {
            let published = lookup(&device.id, slices);
            PodDevice {
                pod: pod.uid.clone(),
                container: Some(container.name.clone()),
                resource: device.resource.clone(),
                id: published.uuid.unwrap_or_else(|| device.id.clone()),
                replica: device.replica,
                gpu: published.gpu,
                profile: published.profile,
                health: Some(device.health.clone()),
                sources: vec![PodDeviceSource::Status],
            }
        })
    })
}

/// Devices of claims that are reserved for a pod.
fn by_claims<'a>(
    pod: &'a PodFacts,
    claims: &'a [&'a ClaimFacts],
    slices: &'a [&'a SliceFacts],
) -> impl Iterator<Item = PodDevice> + 'a {
    let mine = claims
        .iter()
        .filter(|claim| claim.namespace == pod.namespace && claim.reserved_for.contains(&pod.uid));
    mine.flat_map(move |claim| {
        let name = pod
            .claims
            .iter()
            .find(|own| own.claim.as_ref() == Some(&claim.name))
            .map_or(&claim.name, |own| &own.name);
        claim.devices.iter().map(move |device| {
            let id = format!("{}/{}/{}", device.driver, device.pool, device.device);
            let published = lookup(&id, slices);
            PodDevice {
                pod: pod.uid.clone(),
                container: None,
                resource: Text::from(format!("claim:{name}")),
                id: published.uuid.unwrap_or_else(|| Text::from(id)),
                replica: None,
                gpu: published.gpu,
                profile: published.profile,
                health: None,
                sources: vec![PodDeviceSource::Claim],
            }
        })
    })
}

#[derive(Default)]
struct Published {
    uuid: Option<Text>,
    gpu: Option<Text>,
    profile: Option<Text>,
}

/// What the driver publishes of `<driver>/<pool>/<device>`. Only slices of the pool's highest generation count.
fn lookup(id: &str, slices: &[&SliceFacts]) -> Published {
    let mut parts = id.splitn(3, '/');
    let (Some(driver), Some(pool), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
        return Published::default();
    };
    let of_pool = || {
        slices
            .iter()
            .filter(|slice| slice.driver == driver && slice.pool == pool)
    };
    let newest = of_pool().map(|slice| slice.generation).max();
    let found = of_pool()
        .filter(|slice| Some(slice.generation) == newest)
        .flat_map(|slice| slice.devices.iter())
        .find(|device| device.name == name);
    let Some(device) = found else {
        return Published::default();
    };
    let whole = device.kind.as_ref().is_some_and(|kind| *kind == "gpu");
    Published {
        uuid: device.uuid.clone(),
        gpu: device
            .parent
            .clone()
            .or_else(|| device.uuid.clone().filter(|_| whole)),
        profile: device.profile.clone(),
    }
}

/// Adds a device, or its source to the device that is the same.
fn add(devices: &mut Vec<PodDevice>, new: PodDevice) {
    let same = |old: &&mut PodDevice| {
        old.pod == new.pod
            && old.id == new.id
            && old.replica == new.replica
            && (old.container.is_none()
                || new.container.is_none()
                || old.container == new.container)
    };
    let Some(old) = devices.iter_mut().find(same) else {
        devices.push(new);
        return;
    };
    old.container = old.container.take().or(new.container);
    old.gpu = old.gpu.take().or(new.gpu);
    old.profile = old.profile.take().or(new.profile);
    old.health = old.health.take().or(new.health);
    for source in new.sources {
        if !old.sources.contains(&source) {
            old.sources.push(source);
        }
    }
    old.sources.sort_unstable();
}
