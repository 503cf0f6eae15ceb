//! Objects as the API server writes them, with what is skipped.

use super::*;
use serde_json::{Value, json};

fn node(object: &Value) -> Option<NodeFacts> {
    Nodes::parse(&object.to_string(), &mut Names::default())
        .unwrap()
        .facts
}

fn pod(object: &Value) -> Option<PodFacts> {
    Pods::parse(&object.to_string(), &mut Names::default())
        .unwrap()
        .facts
}

fn gpu_node() -> Value {
    json!({
        "kind": "Node", "apiVersion": "v1",
        "metadata": {"name": "dgx-1", "uid": "n-1", "resourceVersion": "7",
            "labels": {"nvidia.com/mig.strategy": "single", "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": "dgx-1.label"},
            "annotations": {"x": "y"},
            "managedFields": [
                {"manager": "kubelet", "fieldsV1": {"f:status": {}}},
                {"manager": "nvidia-mig-manager", "operation": "Update", "time": "2026-01-02T03:04:00Z",
                    "fieldsV1": {"f:metadata": {"f:labels": {".": {}, "f:nvidia.com/mig.config.state": {}}}}},
                {"manager": "kubectl-label", "time": "2026-01-02T09:00:00Z",
                    "fieldsV1": {"f:metadata": {"f:labels": {"f:nvidia.com/mig.config": {}}}}}]},
        "spec": {"unschedulable": true, "taints": [{"key": "nvidia.com/gpu", "effect": "NoSchedule"}]},
        "status": {
            "nodeInfo": {"bootID": "b-1", "machineID": "m-1", "kubeletVersion": "v1.36.1", "architecture": "amd64"},
            "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}, {"type": "Hostname", "address": "dgx-1.bank"}],
            "conditions": [
                {"type": "MemoryPressure", "status": "False"},
                {"type": "DiskPressure", "status": "True", "reason": "Full", "message": "disk is full", "lastTransitionTime": "2026-01-02T03:00:00Z"},
                {"type": "Ready", "status": "True", "reason": "KubeletReady"}],
            "images": [{"names": ["a"], "sizeBytes": 12}],
            "capacity": {"cpu": "256", "nvidia.com/gpu": "16", "nvidia.com/mig-1g.5gb": "0"},
            "allocatable": {"nvidia.com/gpu": 15, "nvidia.com/x": "2k", "nvidia.com/y": "1500m"}}
    })
}

#[test]
fn a_node_keeps_what_concerns_gpus() {
    let node = node(&gpu_node()).unwrap();
    assert_eq!(node.name.as_deref(), Some("dgx-1"));
    assert_eq!(node.boot_id.as_ref().unwrap().as_str(), "b-1");
    assert_eq!(node.machine_id.as_deref(), Some("m-1"));
    assert_eq!(node.host_name.as_deref(), Some("dgx-1.bank"));
    assert_eq!(node.label("mig.strategy").unwrap(), &"single");
    assert_eq!(node.labels.len(), 1);
    assert!(node.cordoned);
    assert_eq!(node.capacity.len(), 2);
    assert_eq!(node.capacity["nvidia.com/mig-1g.5gb"], 0);
    assert_eq!(node.allocatable["nvidia.com/gpu"], 15);
    assert_eq!(node.allocatable["nvidia.com/x"], 2000);
    assert_eq!(node.allocatable.get("nvidia.com/y"), None);
    assert_eq!(node.taints[0].effect, "NoSchedule");
    let written = node.mig_state_written.unwrap();
    assert_eq!(written.to_string(), "2026-01-02T03:04:00Z");
    assert_eq!(node.is_ready(), Some(true));
    let kept: Vec<&str> = node.conditions.iter().map(|c| c.kind.as_str()).collect();
    assert_eq!(kept, ["DiskPressure", "Ready"]);
}

#[test]
fn a_node_without_gpus_is_none_of_ours() {
    let plain = json!({
        "metadata": {"name": "cpu-1", "labels": {"nvidia.com/gpu.present": "false"}},
        "status": {"capacity": {"cpu": "4"}}
    });
    assert_eq!(node(&plain), None);
    // 0 of it means: it had some
    let mut once = plain.clone();
    once["status"]["capacity"]["nvidia.com/mig-2g.10gb"] = "0".into();
    assert!(node(&once).is_some());
    let mut labelled = plain;
    labelled["metadata"]["labels"]["nvidia.com/gpu.present"] = "true".into();
    assert!(node(&labelled).is_some());
}

fn pod_object(spec: Value, status: Value) -> Value {
    json!({
        "metadata": {"uid": "u", "namespace": "svc", "name": "ocr", "resourceVersion": "12",
            "creationTimestamp": "2026-01-02T03:00:00Z",
            "labels": {"app": "ocr"},
            "ownerReferences": [{"kind": "Node", "name": "x"}, {"kind": "ReplicaSet", "name": "ocr-5c9", "controller": true}],
            "managedFields": [{"fieldsV1": {}}]},
        "spec": spec, "status": status
    })
}

fn wants(n: u32) -> Value {
    json!({"limits": {"nvidia.com/gpu": n.to_string(), "cpu": "1"}, "requests": {"nvidia.com/gpu": n.to_string(), "memory": "1Gi"}})
}

#[test]
fn a_pod_asks_for_what_the_scheduler_counts() {
    let asks = |init: Value| {
        let spec = json!({
            "containers": [{"name": "a", "resources": wants(1)}, {"name": "b", "resources": wants(1)}, {"name": "c"}],
            "initContainers": init});
        pod(&pod_object(spec, json!({"phase": "Running"}))).unwrap()
    };
    let side = json!({"name": "s", "resources": wants(1), "restartPolicy": "Always"});
    let init = |n| json!({"name": "i", "resources": wants(n)});
    let of = |pod: PodFacts| pod.requests.of("nvidia.com/gpu");
    assert_eq!(of(asks(json!([]))), 2);
    assert_eq!(of(asks(json!([side, init(1)]))), 3);
    // the sidecar before it runs beside it, the one after it does not yet
    assert_eq!(of(asks(json!([side, init(3)]))), 4);
    assert_eq!(of(asks(json!([init(3), side]))), 3);
    let facts = asks(json!([side, init(3)]));
    let kinds: Vec<_> = facts
        .containers
        .iter()
        .map(|c| (c.name.as_str(), c.kind))
        .collect();
    assert_eq!(
        kinds,
        [
            ("s", ContainerKind::Sidecar),
            ("i", ContainerKind::Init),
            ("a", ContainerKind::Main),
            ("b", ContainerKind::Main)
        ]
    );
    assert_eq!(facts.owner.unwrap().name, "ocr-5c9");
}

use crate::domain::cluster::ContainerKind;

#[test]
fn devices_come_from_the_status_whatever_shares_them() {
    let spec = json!({"nodeName": "dgx-1", "containers": [{"name": "main", "resources": {"limits": {"nvidia.com/mig-1g.5gb": "2"}}}]});
    let status = json!({"phase": "Running", "containerStatuses": [{
        "name": "main", "containerID": "containerd://abc",
        "allocatedResourcesStatus": [
            {"name": "nvidia.com/mig-1g.5gb", "resources": [
                {"resourceID": "MIG-1", "health": "Healthy"}, {"resourceID": "MIG-2::3"}]},
            {"name": "example.com/fpga", "resources": [{"resourceID": "f0"}]},
            {"name": "claim:fast-net", "resources": [{"resourceID": "nic.example.com/p/n0"}]},
            {"name": "claim:gpu/half", "resources": [{"resourceID": "gpu.nvidia.com/dgx-1/gpu-0", "health": "Unknown"}]}]}]});
    let pod = pod(&pod_object(spec, status)).unwrap();
    let container = &pod.containers[0];
    let devices: Vec<_> = container
        .devices
        .iter()
        .map(|d| {
            (
                d.resource.as_str(),
                d.id.as_str(),
                d.replica,
                d.health.as_str(),
            )
        })
        .collect();
    assert_eq!(
        devices,
        [
            ("nvidia.com/mig-1g.5gb", "MIG-1", None, "Healthy"),
            ("nvidia.com/mig-1g.5gb", "MIG-2", Some(3), "Unknown"),
            (
                "claim:gpu/half",
                "gpu.nvidia.com/dgx-1/gpu-0",
                None,
                "Unknown"
            ),
        ]
    );
}

#[test]
fn pods_that_have_nothing_to_do_with_gpus_are_left_out_and_operands_are_not() {
    let plain = pod_object(json!({"containers": [{"name": "a"}]}), json!({}));
    assert_eq!(pod(&plain), None);
    let mut operand = plain;
    operand["metadata"]["labels"]["app"] = "nvidia-device-plugin-daemonset".into();
    assert!(!pod(&operand).unwrap().uses_gpus());
}

#[test]
fn a_pod_that_waits_has_the_words_of_the_scheduler_cleaned() {
    let spec = json!({"containers": [{"name": "a", "resources": wants(1)}]});
    let status = json!({"phase": "Pending", "conditions": [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes\u{1b}[31m"}]});
    let pod = pod(&pod_object(spec, status)).unwrap();
    assert_eq!(pod.unschedulable.as_deref(), Some("0/3 nodes\\u{1b}[31m"));
    assert!(pod.is_pending());
}

#[test]
fn what_is_no_object_is_an_error_and_nulls_are_none() {
    let mut names = Names::default();
    assert!(Pods::parse("{\"metadata\":", &mut names).is_err());
    let nulls = json!({"metadata": {"uid": null, "labels": null, "annotations": null}, "spec": {"containers": []}});
    assert_eq!(pod(&nulls), None);
    assert_eq!(pod_facts(&json!({"metadata": {"name": "x"}})), None);
}

#[test]
fn a_page_says_where_the_next_begins() {
    let page = json!({"kind": "NodeList", "metadata": {"resourceVersion": "9", "continue": "abc"}, "items": [gpu_node()]});
    let page = Nodes::parse_list(&page.to_string(), &mut Names::default()).unwrap();
    assert_eq!((page.version.as_str(), page.go_on.as_str()), ("9", "abc"));
    assert_eq!(page.items.len(), 1);
}

#[test]
fn a_bookmark_ends_the_initial_events() {
    let bookmark = json!({"kind": "Pod", "metadata": {"resourceVersion": "44",
        "annotations": {"k8s.io/initial-events-end": "true"}}, "spec": {"containers": null}, "status": {}});
    let object = Pods::parse(&bookmark.to_string(), &mut Names::default()).unwrap();
    assert!(object.initial_events_end);
    assert_eq!(object.version, "44");
    assert_eq!(object.facts, None);
}

#[test]
fn a_claim_and_its_slice_lead_to_a_uuid() {
    let claim = json!({
        "metadata": {"uid": "c", "namespace": "svc", "name": "ocr-gpu-x"},
        "status": {
            "allocation": {"devices": {"results": [
                {"request": "gpu", "driver": "gpu.nvidia.com", "pool": "dgx-1", "device": "gpu-0-mig-1g5gb-19-4"},
                {"request": "nic", "driver": "nic.example.com", "pool": "p", "device": "n"}]}},
            "reservedFor": [{"resource": "pods", "name": "ocr", "uid": "u"}]}});
    let slice = json!({
        "metadata": {"uid": "s", "name": "s"},
        "spec": {"driver": "gpu.nvidia.com", "nodeName": "dgx-1", "pool": {"name": "dgx-1", "generation": 2, "resourceSliceCount": 1},
            "devices": [{"name": "gpu-0-mig-1g5gb-19-4", "attributes": {
                "type": {"string": "mig"}, "uuid": {"string": "MIG-7"}, "parentUUID": {"string": "GPU-1"},
                "profile": {"string": "1g.5gb"}, "driverVersion": {"version": "535.1.0"}}}]}});
    let claim = claim_facts(&claim).unwrap();
    let slice = slice_facts(&slice).unwrap();
    assert_eq!(claim.devices.len(), 1);
    let spec = json!({"nodeName": "dgx-1", "resourceClaims": [{"name": "gpu"}], "containers": [{"name": "a"}]});
    let status = json!({"phase": "Running", "resourceClaimStatuses": [{"name": "gpu", "resourceClaimName": "ocr-gpu-x"}]});
    let pod = pod(&pod_object(spec, status)).unwrap();
    let on_node = OnNode::new(
        NodeFacts::default(),
        vec![Shared::new(pod)],
        &[&claim],
        &[&slice],
    );
    let device = &on_node.devices[0];
    assert_eq!(
        (device.id.as_str(), device.resource.as_str()),
        ("MIG-7", "claim:gpu")
    );
    assert_eq!(device.gpu.as_deref(), Some("GPU-1"));
    assert_eq!(device.sources, [PodDeviceSource::Claim]);
    assert!(on_node.tells_all_devices());
}

use crate::domain::cluster::{OnNode, PodDeviceSource};
use crate::domain::shared::Shared;

#[test]
fn quotas_are_kept_where_they_are_about_gpus() {
    let quota = |hard: Value| json!({"metadata": {"uid": "q", "namespace": "team", "name": "gpus"}, "spec": {"hard": hard}, "status": {"used": {"requests.nvidia.com/gpu": "1"}}});
    let parse = |object: Value| {
        Quotas::parse(&object.to_string(), &mut Names::default())
            .unwrap()
            .facts
    };
    assert_eq!(parse(quota(json!({"cpu": "10"}))), None);
    let kept = parse(quota(json!({"requests.nvidia.com/gpu": "4", "cpu": "1"}))).unwrap();
    assert_eq!(
        (
            kept.hard.of("nvidia.com/gpu"),
            kept.used.of("nvidia.com/gpu")
        ),
        (4, 1)
    );
}

#[test]
fn a_budget_that_nobody_has_worked_out_allows_nothing_known() {
    let budget = |status: Value| {
        let object =
            json!({"metadata": {"uid": "b", "namespace": "svc", "name": "ocr"}, "status": status});
        Budgets::parse(&object.to_string(), &mut Names::default())
            .unwrap()
            .facts
            .unwrap()
    };
    assert_eq!(budget(json!({"disruptionsAllowed": 0})).allowed, None);
    let known = budget(
        json!({"observedGeneration": 1, "disruptionsAllowed": 0, "currentHealthy": 2, "desiredHealthy": 2}),
    );
    assert_eq!((known.allowed, known.healthy), (Some(0), 2));
}
