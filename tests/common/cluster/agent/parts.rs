//! Reading pods: who is an operand of NVIDIA's, who asks for GPUs, and what a pod is to the simulator.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, Pod};
use nvml_sim::scenario::model;

use super::devices::DeviceManager;

/// A program of NVIDIA's that runs on a node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Operand {
    /// The scenario has no pod of it: it is the host's own.
    OfHost,
    /// In this pod, by UID and number of restarts.
    In(String, i32),
    /// Its pod is gone, or does not run.
    Missing,
}

pub fn is_plugin(image: &str) -> bool {
    image.contains("k8s-device-plugin")
}

pub fn is_discovery(image: &str) -> bool {
    image.contains("gpu-feature-discovery")
}

pub fn is_exporter(image: &str) -> bool {
    image.contains("dcgm-exporter")
}

/// Where an operand is, by the image of its container.
pub fn operand(scenario: &[model::Pod], pods: &[Pod], is: fn(&str) -> bool) -> Operand {
    let in_scenario = scenario.iter().flat_map(|p| &p.containers);
    let known = in_scenario.map(|c| c.image.as_str()).any(is);
    let found = pods.iter().filter(|p| {
        let containers = p.spec.iter().flat_map(|s| &s.containers);
        let mut images = containers.filter_map(|c| c.image.as_deref());
        images.any(is)
    });
    let up = found.filter(|p| runs(p) && p.metadata.deletion_timestamp.is_none());
    let mut up = up.filter_map(|p| {
        let statuses = p.status.as_ref()?.container_statuses.as_ref()?;
        let restarts = statuses.first()?.restart_count;
        statuses
            .iter()
            .all(|s| s.ready)
            .then(|| Operand::In(p.metadata.uid.clone().unwrap_or_default(), restarts))
    });
    match up.next_back() {
        Some(up) => up,
        None if known => Operand::Missing,
        None => Operand::OfHost,
    }
}

/// The second number of a version such as `v1.27.11`.
pub fn minor(version: &str) -> u32 {
    let minor = version.split('.').nth(1);
    minor.and_then(|m| m.parse().ok()).unwrap_or(0)
}

pub fn phase(pod: &Pod) -> &str {
    let status = pod.status.as_ref();
    status.and_then(|s| s.phase.as_deref()).unwrap_or_default()
}

pub fn runs(pod: &Pod) -> bool {
    phase(pod) == "Running"
}

/// GPU resources that a container asks for.
pub fn asked(container: &Container) -> BTreeMap<String, usize> {
    let limits = container.resources.as_ref().and_then(|r| r.limits.as_ref());
    let limits = limits.into_iter().flatten();
    limits
        .filter(|(name, _)| super::is_gpu(name))
        .filter_map(|(name, count)| Some((name.clone(), count.0.parse().ok()?)))
        .collect()
}

/// The pods of a host as the simulator has such: its own that are still there, and those of others.
pub fn in_scenario(host: &model::Host, live: &[&Pod], manager: &DeviceManager) -> Vec<model::Pod> {
    live.iter()
        .map(|pod| {
            let uid = pod.metadata.uid.as_deref().unwrap_or_default();
            let own = host.pods.iter().find(|p| p.uid == uid);
            own.cloned().unwrap_or_else(|| of_others(pod, manager))
        })
        .collect()
}

fn of_others(pod: &Pod, manager: &DeviceManager) -> model::Pod {
    let meta = &pod.metadata;
    let uid = meta.uid.clone().unwrap_or_default();
    let owner = meta
        .owner_references
        .iter()
        .flatten()
        .find(|o| o.controller == Some(true));
    let containers = pod.spec.iter().flat_map(|s| &s.containers);
    model::Pod {
        namespace: meta.namespace.clone().unwrap_or_default(),
        name: meta.name.clone().unwrap_or_default(),
        owner: owner.map_or(String::new(), |o| format!("{}/{}", o.kind, o.name)),
        qos: "burstable".into(),
        labels: meta.labels.clone().unwrap_or_default(),
        containers: containers
            .map(|c| model::Container {
                name: c.name.clone(),
                image: c.image.clone().unwrap_or_default(),
                ids: manager
                    .of(&(uid.clone(), c.name.clone()))
                    .cloned()
                    .unwrap_or_default(),
                ..model::Container::default()
            })
            .collect(),
        uid,
        ..model::Pod::default()
    }
}
