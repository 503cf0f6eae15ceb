//! Pods on instances, by evidence.

use crate::domain::cluster::{Allocation, AllocationSource, PodDevice, PodDeviceSource};
use crate::domain::finding::pods::names_other_profile;
use crate::domain::fleet::PodLink;
use crate::domain::gpu::{ComputeInstance, GpuInstance};
use crate::domain::ids::{CiId, ObjectUid};
use crate::domain::observation::SourceName;
use crate::domain::process::GpuProcess;
use crate::domain::text::Text;

use super::slots::Scene;

/// Evidence, best first.
const CLAIM: &str = "resource-claim";
const POD_STATUS: &str = "pod-status";
const POD_RESOURCES: &str = "pod-resources";
const CHECKPOINT: &str = "checkpoint";
const DCGM: &str = "dcgm";
const PROMETHEUS: &str = "prometheus";
const CGROUP: &str = "cgroup";

/// Pods on an instance.
///
/// An allocation that was made for another profile is void: a MIG UUID hashes chip, GPU instance id and engine, not the
/// profile, and so can come back on another one. One for the same profile stands, also if the instance was made again
/// since: the kubelet still says so now (lists are told when they change), and gives the device to nobody else.
pub(super) fn of_instance(instance: &GpuInstance, scene: &Scene<'_>) -> Vec<PodLink> {
    let mut links = Vec::new();
    let named_otherwise = |resource: &str| {
        let profile = instance.profile.value();
        profile.is_some_and(|profile| names_other_profile(resource, profile))
    };
    for ci in &instance.cis {
        for device in devices(scene, |device| is_ci(device, ci, instance, scene)) {
            if !named_otherwise(&device.resource) {
                add(&mut links, given(device, Some(ci.ci), scene));
            }
        }
        for allocation in allocations(scene, |device| is_ci(device, ci, instance, scene)) {
            if !named_otherwise(&allocation.resource) {
                add(&mut links, link(allocation, Some(ci.ci), scene));
            }
        }
    }
    let alone = match instance.cis.as_slice() {
        [ci] => Some(ci.ci),
        // the label names the last of them
        _ => None,
    };
    by_labels(&mut links, scene, Some(instance), alone);
    for process in scene.processes_of(instance) {
        if let Some(link) = by_cgroup(process, scene) {
            add(&mut links, link);
        }
    }
    links
}

/// Pods on a GPU that is not partitioned.
pub(super) fn of_gpu(scene: &Scene<'_>) -> Vec<PodLink> {
    let uuid = scene.inventory.identity.uuid.as_str();
    let mut links = Vec::new();
    for device in devices(scene, |device| device == uuid) {
        add(&mut links, given(device, None, scene));
    }
    for allocation in allocations(scene, |device| device == uuid) {
        add(&mut links, link(allocation, None, scene));
    }
    by_labels(&mut links, scene, None, None);
    for process in scene.gpu.processes.value().into_iter().flatten() {
        if let Some(link) = by_cgroup(process, scene) {
            add(&mut links, link);
        }
    }
    links
}

/// Devices that the API server says pods have.
fn devices<'a>(
    scene: &Scene<'a>,
    names: impl Fn(&str) -> bool,
) -> impl Iterator<Item = &'a PodDevice> {
    let on_node = scene.facts.node.cluster.value().into_iter();
    on_node
        .flat_map(|on_node| &on_node.devices)
        .filter(move |device| names(&device.id))
}

fn given(device: &PodDevice, ci: Option<CiId>, scene: &Scene<'_>) -> PodLink {
    let evidence = device.sources.iter().map(|source| match source {
        PodDeviceSource::Claim => CLAIM,
        PodDeviceSource::Status => POD_STATUS,
    });
    let link = PodLink {
        namespace: None,
        name: None,
        uid: Some(device.pod.clone()),
        container: device.container.clone(),
        ci,
        evidence: evidence.map(Text::word).collect(),
    };
    with_all_names(link, scene)
}

fn allocations<'a>(
    scene: &Scene<'a>,
    names: impl Fn(&str) -> bool,
) -> impl Iterator<Item = &'a Allocation> {
    scene
        .facts
        .node
        .allocations
        .value()
        .into_iter()
        .flatten()
        .filter(move |allocation| allocation.devices.iter().any(|device| names(device)))
}

/// Whether a device id of the kubelet is a compute instance: by UUID or, before R470, by `MIG-GPU-<uuid>/<gi>/<ci>`.
fn is_ci(device: &str, ci: &ComputeInstance, instance: &GpuInstance, scene: &Scene<'_>) -> bool {
    if ci.uuid.value().is_some_and(|uuid| uuid.as_str() == device) {
        return true;
    }
    let mut parts = device.split('/');
    let gpu = parts.next().and_then(|name| name.strip_prefix("MIG-"));
    let mut number = || parts.next().and_then(|n| n.parse::<u32>().ok());
    gpu == Some(scene.inventory.identity.uuid.as_str())
        && number() == Some(instance.gi.0)
        && number() == Some(ci.ci.0)
}

fn link(allocation: &Allocation, ci: Option<CiId>, scene: &Scene<'_>) -> PodLink {
    let evidence = match allocation.source {
        AllocationSource::PodResources => POD_RESOURCES,
        AllocationSource::Checkpoint => CHECKPOINT,
    };
    let link = PodLink {
        namespace: allocation.namespace.clone(),
        name: allocation.pod.clone(),
        uid: allocation.pod_uid.clone(),
        container: Some(allocation.container.clone()),
        ci,
        evidence: vec![Text::word(evidence)],
    };
    with_all_names(link, scene)
}

/// What exporters' labels say. They are as old as a collection, and where the kubelet tells what it gave to whom they
/// only confirm it: alone they count where nothing better can be read.
fn by_labels(
    links: &mut Vec<PodLink>,
    scene: &Scene<'_>,
    instance: Option<&GpuInstance>,
    ci: Option<CiId>,
) {
    let told = scene.facts.node.allocations.value().is_some();
    let uuid = &scene.inventory.identity.uuid;
    for (container, source) in scene.exported.labels(uuid, instance) {
        let evidence = match source {
            SourceName::Prometheus => PROMETHEUS,
            _ => DCGM,
        };
        let link = PodLink {
            namespace: container.namespace.clone(),
            name: Some(container.pod.clone()),
            uid: None,
            container: container.container.clone(),
            ci,
            evidence: vec![Text::word(evidence)],
        };
        let link = with_all_names(link, scene);
        if !told || links.iter().any(|known| is_same(known, &link)) {
            add(links, link);
        }
    }
}

fn by_cgroup(process: &GpuProcess, scene: &Scene<'_>) -> Option<PodLink> {
    let uid = scene
        .facts
        .node
        .processes
        .iter()
        .find(|known| known.pid == process.pid)
        .and_then(|known| known.pod.clone())?;
    let link = PodLink {
        namespace: None,
        name: None,
        uid: Some(uid),
        container: None,
        ci: process.ci,
        evidence: vec![Text::word(CGROUP)],
    };
    Some(with_all_names(link, scene))
}

/// Fills in what one source lacks: the checkpoint has no names, PodResources has no UID.
fn with_all_names(mut link: PodLink, scene: &Scene<'_>) -> PodLink {
    let node = &scene.facts.node;
    let on_host = node
        .pods_on_host
        .iter()
        .map(|pod| (&pod.uid, &pod.namespace, &pod.name));
    let in_cluster = node
        .cluster
        .value()
        .into_iter()
        .flat_map(|on_node| &on_node.pods)
        .map(|pod| (&pod.uid, &pod.namespace, &pod.name));
    let same = |(uid, namespace, name): &(&ObjectUid, &Text, &Text)| match &link.uid {
        Some(known) => known == *uid,
        None => link.namespace.as_ref() == Some(*namespace) && link.name.as_ref() == Some(*name),
    };
    if let Some((uid, namespace, name)) = in_cluster.chain(on_host).find(same) {
        let (uid, namespace, name) = (uid.clone(), namespace.clone(), name.clone());
        link.uid.get_or_insert(uid);
        link.namespace.get_or_insert(namespace);
        link.name.get_or_insert(name);
    }
    link
}

/// Adds a link, or its evidence to the link that says the same.
fn add(links: &mut Vec<PodLink>, new: PodLink) {
    let Some(old) = links.iter_mut().find(|old| is_same(old, &new)) else {
        links.push(new);
        return;
    };
    old.uid = old.uid.take().or(new.uid);
    old.namespace = old.namespace.take().or(new.namespace);
    old.name = old.name.take().or(new.name);
    old.container = old.container.take().or(new.container);
    old.ci = old.ci.or(new.ci);
    for evidence in new.evidence {
        if !old.evidence.contains(&evidence) {
            old.evidence.push(evidence);
        }
    }
    let rank = |text: &Text| {
        [
            CLAIM,
            POD_STATUS,
            POD_RESOURCES,
            CHECKPOINT,
            DCGM,
            PROMETHEUS,
            CGROUP,
        ]
        .iter()
        .position(|known| *known == text.as_str())
    };
    old.evidence.sort_by_key(rank);
}

fn is_same(old: &PodLink, new: &PodLink) -> bool {
    let pod = match (&old.uid, &new.uid) {
        (Some(a), Some(b)) => a == b,
        _ => new.name.is_some() && (&old.namespace, &old.name) == (&new.namespace, &new.name),
    };
    let container =
        old.container.is_none() || new.container.is_none() || old.container == new.container;
    let ci = old.ci.is_none() || new.ci.is_none() || old.ci == new.ci;
    pod && container && ci
}
