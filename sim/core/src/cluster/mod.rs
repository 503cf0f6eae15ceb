//! The cluster's view of the host: node, pods, events and dynamic resource allocation as the API server gives them, and
//! the kubelet's PodResources.

pub(crate) mod dra;
mod events;
mod labels;
mod limits;
#[cfg(test)]
mod object_tests;
pub(crate) mod resources;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use dra::{claims_json, resource_slices_json};
pub use events::{events_json, pending_json};
pub use limits::{budgets_json, quotas_json};
use serde_json::{Map, Value, json};

use crate::driver::Driver;
use crate::hostroot::time::rfc3339;
use crate::scenario::derive;
use crate::scenario::model::{Container, Node, Pod};
use crate::view::View;

/// What a container holds, as the kubelet's PodResources service lists it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PodResource {
    /// Namespace of the pod.
    pub namespace: String,
    /// Name of the pod.
    pub pod: String,
    /// Name of the container.
    pub container: String,
    /// Resource names with the ids of the devices that were given, `GPU-..` or `MIG-..`.
    pub devices: Vec<(String, Vec<String>)>,
}

/// The node object; `None`: the host is in no cluster.
pub fn node_json(driver: &Driver) -> Option<Value> {
    let view = View::of(driver);
    let node = view.host.node.as_ref()?;
    let (host, system) = (view.host, &view.host.system);
    let (capacity, allocatable) = amounts(&view, node);
    let mut spec = Map::new();
    if node.cordoned {
        spec.insert("unschedulable".into(), true.into());
        spec.insert(
            "taints".into(),
            json!([{ "key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule" }]),
        );
    }
    let heartbeat = rfc3339(view.epoch + view.now);
    Some(json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": host.name,
            "uid": derive::node_uid(host),
            "resourceVersion": version(&view),
            "creationTimestamp": rfc3339(view.before_start(host.uptime_seconds + 86_400 * 200)),
            "labels": labels::labels(&view, node),
        },
        "spec": spec,
        "status": {
            "capacity": capacity,
            "allocatable": allocatable,
            "conditions": [{
                "type": "Ready",
                "status": "True",
                "reason": "KubeletReady",
                "message": "kubelet is posting ready status",
                "lastHeartbeatTime": heartbeat,
                "lastTransitionTime": rfc3339(view.before_start(host.uptime_seconds.saturating_sub(60))),
            }],
            "addresses": [
                { "type": "InternalIP", "address": address(&host.name) },
                { "type": "Hostname", "address": host.name },
            ],
            "nodeInfo": {
                "machineID": derive::machine_id(host),
                "systemUUID": derive::node_uid(host),
                "bootID": derive::boot_id(host),
                "kernelVersion": system.kernel,
                "osImage": system.os,
                "containerRuntimeVersion": system.runtime,
                "kubeletVersion": system.kubelet,
                "kubeProxyVersion": system.kubelet,
                "operatingSystem": "linux",
                "architecture": "amd64",
            },
        },
    }))
}

/// The pods that are bound to the host; empty where it is in no cluster.
pub fn pods_json(driver: &Driver) -> Vec<Value> {
    let view = View::of(driver);
    if view.host.node.is_none() {
        return Vec::new();
    }
    view.host
        .pods
        .iter()
        .map(|pod| pod_json(&view, pod))
        .collect()
}

/// Ids of the devices that a device plugin would advertise if it started now, by resource; empty where none could.
pub fn advertised(driver: &Driver) -> BTreeMap<String, Vec<String>> {
    resources::advertised(&View::of(driver))
}

/// The content of PodResources `List`: every container, those without devices too.
pub fn pod_resources(driver: &Driver) -> Vec<PodResource> {
    let view = View::of(driver);
    if view.host.node.is_none() {
        return Vec::new();
    }
    let containers = view
        .host
        .pods
        .iter()
        .flat_map(|pod| pod.containers.iter().map(move |c| (pod, c)));
    containers
        .map(|(pod, container)| PodResource {
            namespace: pod.namespace.clone(),
            pod: pod.name.clone(),
            container: container.name.clone(),
            devices: resources::given(&view, container),
        })
        .collect()
}

/// Capacity and allocatable. A key that was there once stays with 0 (the kubelet never deletes one).
fn amounts(view: &View<'_>, node: &Node) -> (Map<String, Value>, Map<String, Value>) {
    let mut common = Map::new();
    for stale in &node.stale_resources {
        common.insert(stale.clone(), "0".into());
    }
    for container in view.host.pods.iter().flat_map(|p| &p.containers) {
        for resource in container.devices.keys().chain(container.ids.keys()) {
            common.insert(resource.clone(), "0".into());
        }
    }
    if node.started_with.is_empty() || !view.is_as_at_start() {
        for (resource, ids) in resources::advertised(view) {
            common.insert(resource, ids.len().to_string().into());
        }
    } else {
        for (resource, n) in &node.started_with {
            common.insert(resource.clone(), n.to_string().into());
        }
    }
    common.insert("pods".into(), "110".into());
    let mut capacity = common.clone();
    capacity.insert("cpu".into(), "256".into());
    capacity.insert("memory".into(), "1056268212Ki".into());
    let mut allocatable = common;
    allocatable.insert("cpu".into(), "255500m".into());
    allocatable.insert("memory".into(), "1054068212Ki".into());
    (capacity, allocatable)
}

fn pod_json(view: &View<'_>, pod: &Pod) -> Value {
    let created = rfc3339(view.before_start(pod.age_seconds));
    let runs = pod.containers.iter().all(|c| c.waiting.is_empty());
    let ready = if runs { "True" } else { "False" };
    let mut object = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": pod.name,
            "namespace": pod.namespace,
            "uid": derive::pod_uid(pod),
            "resourceVersion": version(view),
            "creationTimestamp": created,
            "labels": pod.labels,
            "annotations": pod.annotations,
            "ownerReferences": owners(&pod.namespace, &pod.owner),
        },
        "spec": {
            "nodeName": view.host.name,
            "containers": pod.containers.iter().map(|c| container_spec(pod, c)).collect::<Vec<_>>(),
        },
        "status": {
            "phase": "Running",
            "qosClass": class(pod),
            "hostIP": address(&view.host.name),
            "podIP": address(&format!("{}/{}", pod.namespace, pod.name)),
            "startTime": created,
            "conditions": [{ "type": "Ready", "status": ready }, { "type": "ContainersReady", "status": ready }],
            "containerStatuses": pod.containers.iter().map(|c| container_status(view, pod, c)).collect::<Vec<_>>(),
        },
    });
    dra::add_to_pod(view, pod, &mut object);
    object
}

fn owners(namespace: &str, owner: &str) -> Value {
    match owner.split_once('/') {
        Some((kind, name)) => json!([{
            "apiVersion": if kind == "Job" { "batch/v1" } else { "apps/v1" },
            "kind": kind,
            "name": name,
            "uid": derive::owner_uid(namespace, owner),
            "controller": true,
        }]),
        None => json!([]),
    }
}

fn container_spec(pod: &Pod, container: &Container) -> Value {
    let mut limits: BTreeMap<&str, String> = container
        .devices
        .iter()
        .map(|(r, slots)| (r.as_str(), slots.len().to_string()))
        .collect();
    for (resource, ids) in &container.ids {
        limits.insert(resource, ids.len().to_string());
    }
    let mut requests = limits.clone();
    let own = [("cpu", "4"), ("memory", "24Gi")];
    if pod.qos != "besteffort" {
        requests.extend(own.map(|(k, v)| (k, v.to_owned())));
    }
    if pod.qos == "guaranteed" {
        limits.extend(own.map(|(k, v)| (k, v.to_owned())));
    }
    json!({
        "name": container.name,
        "image": container.image,
        "args": container.args,
        "resources": { "limits": limits, "requests": requests },
    })
}

fn container_status(view: &View<'_>, pod: &Pod, container: &Container) -> Value {
    let runs = container.waiting.is_empty();
    let runtime = view
        .host
        .system
        .runtime
        .split("://")
        .next()
        .unwrap_or_default();
    let state = if runs {
        json!({ "running": { "startedAt": rfc3339(view.before_start(pod.age_seconds.saturating_sub(5))) } })
    } else {
        json!({ "waiting": { "reason": container.waiting, "message": format!("back-off 5m0s restarting failed container={} pod={}_{}({})", container.name, pod.name, pod.namespace, derive::pod_uid(pod)) } })
    };
    let mut status = json!({
        "name": container.name,
        "image": container.image,
        "containerID": format!("{runtime}://{}", derive::container_id(pod, &container.name)),
        "ready": runs,
        "started": runs,
        "restartCount": container.restarts,
        "state": state,
    });
    let given = resources::given(view, container);
    if !given.is_empty() && reports_devices(&view.host.system.kubelet) {
        status["allocatedResourcesStatus"] = given
            .iter()
            .map(|(name, ids)| allocated(view, name, ids))
            .collect();
    }
    status
}

fn allocated(view: &View<'_>, resource: &str, ids: &[String]) -> Value {
    let known = resources::advertised(view);
    let healthy = |id: &String| known.get(resource).is_some_and(|ids| ids.contains(id));
    let list: Vec<Value> = ids
        .iter()
        .map(|id| json!({ "resourceID": id, "health": if healthy(id) { "Healthy" } else { "Unknown" } }))
        .collect();
    json!({ "name": resource, "resources": list })
}

/// Whether a kubelet of this version tells the API server which devices a container has: `ResourceHealthStatus` is on by
/// default from Kubernetes 1.36 (KEP-4680).
pub fn reports_devices(kubelet: &str) -> bool {
    let mut parts = kubelet
        .trim_start_matches('v')
        .split('.')
        .map(|p| p.parse::<u32>().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (1, 36)
}

fn class(pod: &Pod) -> &'static str {
    match pod.qos.as_str() {
        "guaranteed" => "Guaranteed",
        "besteffort" => "BestEffort",
        _ => "Burstable",
    }
}

/// A private address, the same for the same name.
fn address(name: &str) -> String {
    let n = derive::pick(&["address", name], 65_000);
    format!("10.{}.{}.{}", 40 + n % 4, n / 250 % 250, 1 + n % 250)
}

/// Grows with each layout change.
fn version(view: &View<'_>) -> String {
    let changes: u64 = view.layout.gpus.iter().map(|g| g.change).sum();
    (1000 + changes).to_string()
}
