//! Pods that no node has taken, and the events of pods that want GPUs and do not run.

use serde_json::{Value, json};

use super::owners;
use crate::driver::Driver;
use crate::hostroot::time::rfc3339;
use crate::scenario::derive;
use crate::scenario::model::{Container, Pod, Unscheduled};
use crate::view::View;

/// Seconds between two attempts to schedule a pod again, and between two events of a container in back-off: the
/// scheduler's flush of unschedulable pods, and the refill of client-go's event filter.
const AGAIN: u64 = 300;
/// Events that client-go's filter lets pass at once.
const BURST: u64 = 25;

/// The scenario's pods that wait for a node: phase Pending, without `nodeName`. The same from every host of the
/// scenario. Empty where the host is in no cluster.
///
/// Nothing schedules while the simulation runs: they wait on, whatever becomes free.
pub fn pending_json(driver: &Driver) -> Vec<Value> {
    let view = View::of(driver);
    if view.host.node.is_none() {
        return Vec::new();
    }
    let pods = driver.unscheduled().iter();
    pods.map(|pod| pending(&view, pod)).collect()
}

/// Events (core/v1) as the API server has them now: `FailedScheduling` of the pods that wait for a node, `BackOff` of
/// containers on this host that crash. Each repeats, so that it does not expire (`--event-ttl`, an hour).
pub fn events_json(driver: &Driver) -> Vec<Value> {
    let view = View::of(driver);
    if view.host.node.is_none() {
        return Vec::new();
    }
    let unscheduled = driver.unscheduled().iter();
    let mut all: Vec<Value> = unscheduled.map(|pod| failed(&view, pod)).collect();
    for pod in &view.host.pods {
        let waiting = pod.containers.iter();
        all.extend(
            waiting
                .filter(|c| c.waiting == "CrashLoopBackOff")
                .map(|c| back_off(&view, pod, c)),
        );
    }
    all
}

fn pending(view: &View<'_>, pod: &Unscheduled) -> Value {
    let created = rfc3339(view.before_start(pod.age_seconds));
    let mut requests = json!(limits(pod));
    requests["cpu"] = "4".into();
    requests["memory"] = "16Gi".into();
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": pod.name,
            "namespace": pod.namespace,
            "uid": uid(pod),
            "resourceVersion": "1000",
            "creationTimestamp": created,
            "labels": pod.labels,
            "ownerReferences": owners(&pod.namespace, &pod.owner),
        },
        "spec": {
            "schedulerName": "default-scheduler",
            "containers": [{
                "name": pod.container,
                "image": pod.image,
                "resources": { "limits": limits(pod), "requests": requests },
            }],
        },
        "status": {
            "phase": "Pending",
            "qosClass": "Burstable",
            "conditions": [{
                "type": "PodScheduled",
                "status": "False",
                "reason": "Unschedulable",
                "message": pod.message,
                "lastTransitionTime": created,
            }],
        },
    })
}

fn limits(pod: &Unscheduled) -> std::collections::BTreeMap<&str, String> {
    let requests = pod.requests.iter();
    requests.map(|(k, n)| (k.as_str(), n.to_string())).collect()
}

fn uid(pod: &Unscheduled) -> String {
    derive::uid(&["pod", &pod.namespace, &pod.name])
}

/// The scheduler writes events through events.k8s.io: read as core/v1 they have a time and a series, and neither the
/// old times nor a source.
fn failed(view: &View<'_>, pod: &Unscheduled) -> Value {
    let attempts = times(view, pod.age_seconds);
    let first = view.before_start(pod.age_seconds);
    let mut event = json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": metadata(&pod.namespace, &pod.name, "FailedScheduling"),
        "involvedObject": object(&pod.namespace, &pod.name, &uid(pod)),
        "type": "Warning",
        "reason": "FailedScheduling",
        "action": "Scheduling",
        "message": pod.message,
        "eventTime": micro(&rfc3339(first)),
        "firstTimestamp": null,
        "lastTimestamp": null,
        "reportingComponent": "default-scheduler",
        "reportingInstance": "default-scheduler-cp-01",
        "source": {},
    });
    if attempts > 0 {
        let last = first + std::time::Duration::from_secs(attempts * AGAIN);
        event["series"] =
            json!({ "count": attempts + 1, "lastObservedTime": micro(&rfc3339(last)) });
    }
    event
}

fn back_off(view: &View<'_>, pod: &Pod, container: &Container) -> Value {
    let uid = derive::pod_uid(pod);
    let again = times(view, pod.age_seconds);
    let first = view.before_start(pod.age_seconds);
    let last = first + std::time::Duration::from_secs(again * AGAIN);
    let mut object = object(&pod.namespace, &pod.name, &uid);
    object["fieldPath"] = format!("spec.containers{{{}}}", container.name).into();
    json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": metadata(&pod.namespace, &pod.name, &container.name),
        "involvedObject": object,
        "type": "Warning",
        "reason": "BackOff",
        "message": format!(
            "Back-off restarting failed container {} in pod {}_{}({uid})",
            container.name, pod.name, pod.namespace
        ),
        "count": BURST + again,
        "firstTimestamp": rfc3339(first),
        "lastTimestamp": rfc3339(last),
        "eventTime": null,
        "reportingComponent": "kubelet",
        "reportingInstance": view.host.name,
        "source": { "component": "kubelet", "host": view.host.name },
    })
}

/// How often something has come again since the pod was created.
fn times(view: &View<'_>, age_seconds: u64) -> u64 {
    (age_seconds + view.now.as_secs()) / AGAIN
}

fn metadata(namespace: &str, pod: &str, what: &str) -> Value {
    let uid = derive::uid(&["event", namespace, pod, what]);
    let suffix = uid.replace('-', "");
    json!({ "name": format!("{pod}.{}", &suffix[..16]), "namespace": namespace, "uid": uid })
}

fn object(namespace: &str, pod: &str, uid: &str) -> Value {
    json!({ "apiVersion": "v1", "kind": "Pod", "namespace": namespace, "name": pod, "uid": uid })
}

/// `MicroTime`: the same with six decimals.
fn micro(time: &str) -> String {
    format!("{}.000000Z", time.trim_end_matches('Z'))
}
