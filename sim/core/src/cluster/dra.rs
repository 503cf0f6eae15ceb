//! Dynamic resource allocation: what the driver `gpu.nvidia.com` publishes of the host, and what pods claim of it.

use serde_json::{Map, Value, json};

use super::version;
use crate::driver::{Driver, GiSnapshot, GpuSnapshot};
use crate::hostroot::time::rfc3339;
use crate::scenario::derive;
use crate::scenario::model::{Claim, Host, Pod};
use crate::tables::Architecture;
use crate::view::View;

const DRIVER: &str = "gpu.nvidia.com";

/// A device that the driver publishes.
pub(crate) struct Device {
    /// Name in the pool.
    pub(crate) name: String,
    /// `GPU-..` or `MIG-..`.
    pub(crate) uuid: String,
    /// Profile of a MIG device.
    pub(crate) profile: Option<String>,
}

/// ResourceSlices of the host's pool; empty where no DRA driver runs.
///
/// Static MIG: GPUs without MIG, and the MIG devices that existed when the plugin started, which is when the simulation
/// did. A later change of the layout does not show (k8s-dra-driver-gpu, docs).
pub fn resource_slices_json(driver: &Driver) -> Vec<Value> {
    let view = View::of(driver);
    if !publishes(view.host) {
        return Vec::new();
    }
    let node = &view.host.name;
    let devices: Vec<Value> = view
        .first
        .gpus
        .iter()
        .flat_map(|gpu| published(&view, gpu))
        .collect();
    vec![json!({
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceSlice",
        "metadata": {
            "name": format!("{node}-{DRIVER}-{}", suffix(&["slice", node])),
            "uid": derive::uid(&["slice", node]),
            "resourceVersion": "1000",
            "generation": 1,
            "creationTimestamp": rfc3339(view.before_start(view.host.uptime_seconds.saturating_sub(120))),
            "ownerReferences": [{
                "apiVersion": "v1",
                "kind": "Node",
                "name": node,
                "uid": derive::node_uid(view.host),
                "controller": true,
            }],
        },
        "spec": {
            "driver": DRIVER,
            "nodeName": node,
            "pool": { "name": node, "generation": 1, "resourceSliceCount": 1 },
            "devices": devices,
        },
    })]
}

/// ResourceClaims of the pods on the host, allocated and reserved.
pub fn claims_json(driver: &Driver) -> Vec<Value> {
    let view = View::of(driver);
    let claims = view
        .host
        .pods
        .iter()
        .flat_map(|pod| pod.claims.iter().map(move |claim| (pod, claim)));
    claims
        .filter_map(|(pod, claim)| claim_json(&view, pod, claim))
        .collect()
}

/// The device of a slot, as the driver named it when the simulation started.
pub(crate) fn device(view: &View<'_>, slot: &[u32]) -> Option<Device> {
    if !publishes(view.host) {
        return None;
    }
    let gpu = view.first.gpus.get(*slot.first()? as usize)?;
    let uuid = view.given_device(slot)?;
    Some(match slot.get(1) {
        None => Device {
            name: gpu_name(gpu),
            uuid,
            profile: None,
        },
        Some(&start) => {
            let gi = gpu.instances.iter().find(|gi| gi.start == start)?;
            Device {
                name: mig_name(gpu, gi),
                uuid,
                profile: Some(gi.name.clone()),
            }
        }
    })
}

/// Name of a claim that was made from the pod's template.
pub(crate) fn claim_name(pod: &Pod, claim: &Claim) -> String {
    let suffix = suffix(&["claim", &pod.namespace, &pod.name, &claim.name]);
    format!("{}-{}-{suffix}", pod.name, claim.name)
}

/// What `spec.resourceClaims`, `resources.claims` and the statuses of a pod say of its claims, added to the pod.
pub(super) fn add_to_pod(view: &View<'_>, pod: &Pod, object: &mut Value) {
    if pod.claims.is_empty() || !publishes(view.host) {
        return;
    }
    let named = |claim: &Claim| json!({ "name": claim.name });
    let list = |of: &dyn Fn(&Claim) -> Value| pod.claims.iter().map(of).collect::<Value>();
    object["spec"]["resourceClaims"] = list(
        &|c| json!({ "name": c.name, "resourceClaimTemplateName": format!("{}-template", c.name) }),
    );
    object["status"]["resourceClaimStatuses"] =
        list(&|c| json!({ "name": c.name, "resourceClaimName": claim_name(pod, c) }));
    for (n, container) in pod.containers.iter().enumerate() {
        let own = || pod.claims.iter().filter(|c| c.container == container.name);
        if own().next().is_none() {
            continue;
        }
        object["spec"]["containers"][n]["resources"]["claims"] = own().map(named).collect();
        if super::reports_devices(&view.host.system.kubelet) {
            object["status"]["containerStatuses"][n]["allocatedResourcesStatus"] = own()
                .filter_map(|c| {
                    let name = device(view, &c.device)?.name;
                    let id = format!("{DRIVER}/{}/{name}", view.host.name);
                    // this driver does not report health to the kubelet
                    let resources = json!([{ "resourceID": id, "health": "Unknown" }]);
                    Some(json!({ "name": format!("claim:{}", c.name), "resources": resources }))
                })
                .collect();
        }
    }
}

fn publishes(host: &Host) -> bool {
    host.library && host.node.as_ref().is_some_and(|node| node.dra)
}

fn claim_json(view: &View<'_>, pod: &Pod, claim: &Claim) -> Option<Value> {
    let device = device(view, &claim.device)?;
    let node = &view.host.name;
    let class = match device.profile {
        Some(_) => "mig.nvidia.com",
        None => DRIVER,
    };
    let mut exactly = json!({
        "deviceClassName": class,
        "allocationMode": "ExactCount",
        "count": 1,
    });
    if let Some(profile) = &device.profile {
        let expression = format!("device.attributes['{DRIVER}'].profile == '{profile}'");
        exactly["selectors"] = json!([{ "cel": { "expression": expression } }]);
    }
    Some(json!({
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaim",
        "metadata": {
            "name": claim_name(pod, claim),
            "namespace": pod.namespace,
            "uid": derive::uid(&["claim", &pod.namespace, &pod.name, &claim.name]),
            "resourceVersion": version(view),
            "creationTimestamp": rfc3339(view.before_start(pod.age_seconds)),
            "annotations": { "resource.kubernetes.io/pod-claim-name": claim.name },
            "ownerReferences": [{
                "apiVersion": "v1",
                "kind": "Pod",
                "name": pod.name,
                "uid": derive::pod_uid(pod),
                "controller": true,
                "blockOwnerDeletion": true,
            }],
        },
        "spec": { "devices": { "requests": [{ "name": claim.name, "exactly": exactly }] } },
        "status": {
            "allocation": {
                "devices": { "results": [{
                    "request": claim.name,
                    "driver": DRIVER,
                    "pool": node,
                    "device": device.name,
                }] },
                "nodeSelector": { "nodeSelectorTerms": [{
                    "matchFields": [{ "key": "metadata.name", "operator": "In", "values": [node] }],
                }] },
            },
            "reservedFor": [{ "resource": "pods", "name": pod.name, "uid": derive::pod_uid(pod) }],
        },
    }))
}

fn published(view: &View<'_>, gpu: &GpuSnapshot) -> Vec<Value> {
    if !gpu.mig {
        let mut attributes = common(view, gpu);
        attributes.insert("type".into(), json!({ "string": "gpu" }));
        attributes.insert("uuid".into(), json!({ "string": gpu.uuid }));
        let memory = format!("{}Mi", view.board.memory_mib);
        return vec![json!({
            "name": gpu_name(gpu),
            "attributes": attributes,
            "capacity": { "memory": { "value": memory } },
        })];
    }
    let devices = View::devices(gpu).into_iter();
    devices
        // the driver knows MIG devices that are a whole GPU instance
        .filter(|(gi, ci)| gi.name == ci.name)
        .filter_map(|(gi, ci)| {
            let mut attributes = common(view, gpu);
            for (key, value) in [
                ("type", "mig"),
                ("uuid", &ci.uuid),
                ("parentUUID", &gpu.uuid),
                ("profile", &gi.name),
            ] {
                attributes.insert(key.into(), json!({ "string": value }));
            }
            Some(json!({
                "name": mig_name(gpu, gi),
                "attributes": attributes,
                "capacity": capacity(view, gi)?,
            }))
        })
        .collect()
}

/// Attributes that GPUs and MIG devices share.
fn common(view: &View<'_>, gpu: &GpuSnapshot) -> Map<String, Value> {
    let host = view.host;
    let (major, minor) = view.board.compute_capability;
    let architecture = match view.board.architecture {
        Architecture::Ampere => "Ampere",
        Architecture::Hopper => "Hopper",
        Architecture::Blackwell => "Blackwell",
    };
    let product = if host.product.is_empty() {
        view.board.product
    } else {
        &host.product
    };
    let text = |value: &str| json!({ "string": value });
    let version = |value: &str| json!({ "version": semantic(value) });
    [
        ("productName", text(product)),
        ("brand", text("Nvidia")),
        ("architecture", text(architecture)),
        (
            "cudaComputeCapability",
            version(&format!("{major}.{minor}")),
        ),
        ("driverVersion", version(&host.driver)),
        ("cudaDriverVersion", version(&host.cuda)),
        (
            "resource.kubernetes.io/pciBusID",
            text(&derive::pci(host, gpu.index as usize)),
        ),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into_iter()
    .collect()
}

/// Three numbers without leading zeros, which a semantic version may not have: `535.161.08` is `535.161.8`.
fn semantic(text: &str) -> String {
    let mut parts = text.split('.').map(|p| p.parse::<u32>().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    format!("{}.{}.{}", next(), next(), next())
}

fn capacity(view: &View<'_>, gi: &GiSnapshot) -> Option<Map<String, Value>> {
    let engines = view.board.profile(gi.profile)?.engines;
    let counts = [
        ("multiprocessors", gi.sm),
        ("copyEngines", engines.ce),
        ("decoders", engines.dec),
        ("encoders", engines.enc),
        ("jpegEngines", engines.jpg),
        ("ofaEngines", engines.ofa),
    ];
    let amount = |value: String| json!({ "value": value });
    let mut capacity: Map<String, Value> = counts
        .map(|(key, n)| (key.to_owned(), amount(n.to_string())))
        .into_iter()
        .collect();
    capacity.insert("memory".into(), amount(format!("{}Mi", gi.memory_mib)));
    for slice in gi.start..gi.start + gi.size {
        capacity.insert(format!("memorySlice{slice}"), amount("1".into()));
    }
    Some(capacity)
}

fn gpu_name(gpu: &GpuSnapshot) -> String {
    format!("gpu-{}", gpu.minor)
}

/// Minor, profile without its dot and as a DNS label, profile id, start (k8s-dra-driver-gpu, mig.go).
fn mig_name(gpu: &GpuSnapshot, gi: &GiSnapshot) -> String {
    let profile = gi.name.replace('.', "").replace('+', "-");
    format!(
        "gpu-{}-mig-{profile}-{}-{}",
        gpu.minor, gi.profile, gi.start
    )
}

/// Five characters such as the API server appends to a generated name.
fn suffix(parts: &[&str]) -> String {
    derive::uid(parts)[..5].to_owned()
}
