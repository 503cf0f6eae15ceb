//! The Kubernetes API's objects to what migdeck keeps of them. Only the mapping: the objects come from a watch stream or
//! from a simulated cluster, as JSON, and need not be whole.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::cluster::{NodeFacts, PodFacts};
use crate::domain::ids::{BootId, ObjectUid};
use crate::domain::text::Text;

/// NVIDIA's prefix of labels and resources.
const NVIDIA: &str = "nvidia.com/";

/// A Node object.
pub fn node_facts(node: &Value) -> NodeFacts {
    let text = |at: &str| node.pointer(at).and_then(Value::as_str);
    NodeFacts {
        name: text("/metadata/name").map(Text::new),
        boot_id: text("/status/nodeInfo/bootID").map(BootId::new),
        labels: node
            .pointer("/metadata/labels")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter(|(key, _)| key.starts_with(NVIDIA))
            .filter_map(|(key, value)| Some((Text::new(key), Text::new(value.as_str()?))))
            .collect(),
        capacity: resources(node.pointer("/status/capacity")),
        allocatable: resources(node.pointer("/status/allocatable")),
        cordoned: node.pointer("/spec/unschedulable") == Some(&Value::Bool(true)),
    }
}

/// A Pod object; `None` for one without UID, namespace or name, which the API server never sends.
///
/// Requests are what the scheduler counts: the sum over containers (and init containers that keep running), or the
/// largest other init container where that is more.
pub fn pod_facts(pod: &Value) -> Option<PodFacts> {
    let text = |at: &str| pod.pointer(at).and_then(Value::as_str);
    let mut requests = BTreeMap::new();
    for container in list(pod.pointer("/spec/containers")) {
        add(&mut requests, asked(container));
    }
    let mut largest: BTreeMap<Text, u64> = BTreeMap::new();
    for container in list(pod.pointer("/spec/initContainers")) {
        let stays = container.get("restartPolicy").and_then(Value::as_str) == Some("Always");
        if stays {
            add(&mut requests, asked(container));
        } else {
            for (resource, n) in asked(container) {
                let most = largest.entry(resource).or_default();
                *most = (*most).max(n);
            }
        }
    }
    for (resource, n) in largest {
        let sum = requests.entry(resource).or_default();
        *sum = (*sum).max(n);
    }
    Some(PodFacts {
        uid: ObjectUid::new(text("/metadata/uid")?),
        namespace: Text::new(text("/metadata/namespace")?),
        name: Text::new(text("/metadata/name")?),
        phase: Text::new(text("/status/phase").unwrap_or("Unknown")),
        requests,
    })
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn add(sum: &mut BTreeMap<Text, u64>, more: BTreeMap<Text, u64>) {
    for (resource, n) in more {
        *sum.entry(resource).or_default() += n;
    }
}

/// Requests of a container. For extended resources they equal the limits, which stand in for requests left out.
fn asked(container: &Value) -> BTreeMap<Text, u64> {
    let mut asked = resources(container.pointer("/resources/limits"));
    asked.extend(resources(container.pointer("/resources/requests")));
    asked
}

fn resources(list: Option<&Value>) -> BTreeMap<Text, u64> {
    list.and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(key, _)| key.starts_with(NVIDIA))
        .filter_map(|(key, value)| Some((Text::new(key), quantity(value)?)))
        .collect()
}

/// A quantity of an extended resource, which is a whole number: `16`, rarely `2k` (apimachinery's `resource.Quantity`).
fn quantity(value: &Value) -> Option<u64> {
    let text = match value {
        Value::Number(n) => return n.as_u64(),
        Value::String(text) => text.trim(),
        _ => return None,
    };
    let (digits, factor) = match text.strip_suffix('k') {
        Some(digits) => (digits, 1000),
        None => (text, 1),
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn number(map: &BTreeMap<Text, u64>, key: &str) -> Option<u64> {
        map.get(&Text::new(key)).copied()
    }

    #[test]
    fn a_node_keeps_what_concerns_gpus() {
        let node = node_facts(&json!({
            "kind": "Node",
            "metadata": {"name": "dgx-1", "labels": {
                "nvidia.com/mig.strategy": "single", "kubernetes.io/arch": "amd64"}},
            "spec": {"unschedulable": true},
            "status": {
                "nodeInfo": {"bootID": "b-1"},
                "capacity": {"cpu": "256", "nvidia.com/gpu": "16", "nvidia.com/mig-1g.5gb": "0"},
                "allocatable": {"nvidia.com/gpu": 15, "nvidia.com/x": "2k", "nvidia.com/y": "1500m"}}
        }));
        assert_eq!(node.name.unwrap(), "dgx-1");
        assert_eq!(node.boot_id, Some(BootId::new("b-1")));
        assert_eq!(node.labels.len(), 1);
        assert!(node.cordoned);
        assert_eq!(node.capacity.len(), 2);
        assert_eq!(number(&node.capacity, "nvidia.com/mig-1g.5gb"), Some(0));
        assert_eq!(number(&node.allocatable, "nvidia.com/gpu"), Some(15));
        assert_eq!(number(&node.allocatable, "nvidia.com/x"), Some(2000));
        assert_eq!(number(&node.allocatable, "nvidia.com/y"), None);
    }

    #[test]
    fn a_pod_asks_for_what_the_scheduler_counts() {
        let wants = |n: u32| json!({"limits": {"nvidia.com/gpu": n.to_string(), "cpu": "1"}});
        let pod = pod_facts(&json!({
            "metadata": {"uid": "u", "namespace": "svc", "name": "ocr"},
            "spec": {
                "containers": [{"resources": wants(1)}, {"resources": wants(1)}, {}],
                "initContainers": [
                    {"resources": wants(1), "restartPolicy": "Always"},
                    {"resources": wants(2)}]},
            "status": {"phase": "Running"}
        }))
        .unwrap();
        assert_eq!(number(&pod.requests, "nvidia.com/gpu"), Some(3));
        assert_eq!(pod.requests.len(), 1);
        assert_eq!(pod_facts(&json!({"metadata": {"name": "x"}})), None);
    }
}
