//! What a kubelet says of a pod's containers.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, Pod};
use k8s_openapi::api::resource::v1::ResourceClaim;
use kube::{Api, Client};
use nvml_sim::cluster::reports_devices;
use nvml_sim::driver::Driver;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::devices::{DeviceManager, Devices};

/// Devices of a pod's claims, by the claim's name in the pod: `driver/pool/device`.
pub type Claims = BTreeMap<String, Vec<String>>;

/// The statuses of the containers as the API server has them.
pub fn now(pod: &Pod) -> Vec<Value> {
    let status = pod.status.as_ref();
    let statuses = status.and_then(|s| s.container_statuses.as_ref());
    let statuses = statuses.into_iter().flatten();
    statuses
        .filter_map(|s| serde_json::to_value(s).ok())
        .collect()
}

/// The statuses as they should be: what the scenario says of its own containers, and devices where the kubelet's version
/// tells them. `told`: the scenario's pods.
pub fn of(
    pod: &Pod,
    manager: &DeviceManager,
    driver: &Driver,
    told: &[Value],
    claims: &Claims,
) -> Vec<Value> {
    let uid = pod.metadata.uid.clone().unwrap_or_default();
    let scenario = told.iter().find(|t| t["metadata"]["uid"] == uid.as_str());
    let scenario = scenario.and_then(|t| t["status"]["containerStatuses"].as_array());
    let scenario = scenario.map_or(&[][..], Vec::as_slice);
    let system = &driver.host().system;
    let runtime = system.runtime.split("://").next().unwrap_or_default();
    let mut statuses = now(pod);
    for status in &mut statuses {
        let name = status["name"].as_str().unwrap_or_default().to_owned();
        if let Some(told) = scenario.iter().find(|t| t["name"] == name.as_str()) {
            for part in ["containerID", "ready", "started", "restartCount", "state"] {
                // kwok's beginnings are as good as the scenario's
                if part != "state" || told["ready"] == false {
                    status[part] = told[part].clone();
                }
            }
        } else if status["containerID"].is_null() {
            let id = hex(&Sha256::digest(format!("{uid}/{name}")));
            status["containerID"] = format!("{runtime}://{id}").into();
        }
        if !reports_devices(&system.kubelet) {
            continue;
        }
        let given = manager.of(&(uid.clone(), name.clone()));
        let mut all: Vec<Value> = given
            .into_iter()
            .flatten()
            .map(|(resource, ids)| health(manager, resource, ids))
            .collect();
        let spec = pod.spec.iter().flat_map(|s| &s.containers);
        for claim in spec.filter(|c| c.name == name).flat_map(claimed) {
            // the driver gpu.nvidia.com does not report health
            let ids = claims.get(&claim).into_iter().flatten();
            let ids = ids.map(|id| json!({ "resourceID": id, "health": "Unknown" }));
            let ids: Vec<Value> = ids.collect();
            if !ids.is_empty() {
                all.push(json!({ "name": format!("claim:{claim}"), "resources": ids }));
            }
        }
        if !all.is_empty() {
            status["allocatedResourcesStatus"] = all.into();
        }
    }
    statuses
}

/// The status of a pod whose programs are done.
pub fn completed(pod: &Pod) -> Value {
    let at = jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string();
    let mut statuses = now(pod);
    for status in &mut statuses {
        let started = status["state"]["running"]["startedAt"].clone();
        status["ready"] = false.into();
        status["started"] = false.into();
        status["state"] = json!({ "terminated": {
            "exitCode": 0, "reason": "Completed", "startedAt": started, "finishedAt": at,
            "containerID": status["containerID"],
        } });
    }
    let not_ready = |kind: &str| json!({ "type": kind, "status": "False", "reason": "PodCompleted", "lastTransitionTime": at });
    json!({
        "phase": "Succeeded",
        "conditions": [not_ready("Ready"), not_ready("ContainersReady")],
        "containerStatuses": statuses,
    })
}

/// Devices that dynamic resource allocation gave to a pod.
pub async fn claims(client: &Client, pod: &Pod) -> Claims {
    let mut found = Claims::new();
    let status = pod.status.as_ref();
    let made = status.and_then(|s| s.resource_claim_statuses.as_ref());
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let api: Api<ResourceClaim> = Api::namespaced(client.clone(), namespace);
    let asked = pod
        .spec
        .iter()
        .flat_map(|s| s.resource_claims.iter().flatten());
    for claim in asked {
        // one by its own name, or one that was made after a template
        let mut made = made.into_iter().flatten();
        let made = made.find(|m| m.name == claim.name);
        let made = made.and_then(|m| m.resource_claim_name.as_ref());
        let Some(name) = claim.resource_claim_name.as_ref().or(made) else {
            continue;
        };
        // without it there is nothing to tell yet
        let Ok(Some(object)) = api.get_opt(name).await else {
            continue;
        };
        let allocation = object.status.and_then(|s| s.allocation);
        let devices = allocation.and_then(|a| a.devices).and_then(|d| d.results);
        let ids = devices.unwrap_or_default().into_iter();
        let ids = ids.map(|d| format!("{}/{}/{}", d.driver, d.pool, d.device));
        found.insert(claim.name.clone(), ids.collect());
    }
    found
}

/// All ids that a pod's status tells.
pub fn held(pod: &Pod) -> Vec<String> {
    let statuses = now(pod);
    let resources = statuses
        .iter()
        .filter_map(|s| s["allocatedResourcesStatus"].as_array());
    let devices = resources
        .flatten()
        .filter_map(|r| r["resources"].as_array())
        .flatten();
    devices
        .filter_map(|d| Some(d["resourceID"].as_str()?.to_owned()))
        .collect()
}

fn claimed(container: &Container) -> Vec<String> {
    let resources = container.resources.as_ref();
    let claims = resources.and_then(|r| r.claims.as_ref());
    claims
        .into_iter()
        .flatten()
        .map(|c| c.name.clone())
        .collect()
}

fn health(manager: &DeviceManager, resource: &str, ids: &[String]) -> Value {
    let ids = ids.iter().map(|id| {
        let health = if manager.knows(resource, id) {
            "Healthy"
        } else {
            "Unknown"
        };
        json!({ "resourceID": id, "health": health })
    });
    json!({ "name": resource, "resources": ids.collect::<Vec<Value>>() })
}

/// Devices that a container's status tells, by resource.
pub fn told_of(status: &Value) -> Devices {
    let all = status["allocatedResourcesStatus"]
        .as_array()
        .into_iter()
        .flatten();
    all.filter_map(|r| {
        let ids = r["resources"].as_array()?.iter();
        let ids = ids.filter_map(|d| Some(d["resourceID"].as_str()?.to_owned()));
        Some((r["name"].as_str()?.to_owned(), ids.collect()))
    })
    .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
