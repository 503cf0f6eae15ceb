//! The cluster that this binary's tests share, started by the first that asks, and what they put into it.

use std::sync::{Arc, OnceLock};

use futures::future::join_all;
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::api::PostParams;
use kube::runtime::conditions::Condition;
use kube::runtime::wait::await_condition;
use kube::{Api, Client};
use nvml_sim::scenario::Scenario;
use serde_json::json;

use crate::common::cluster::agent::NodeAgent;
use crate::common::cluster::bring_in::bring_in;
use crate::common::cluster::{Cluster, PATIENCE};

/// Leads this binary to its guard.
pub const GUARD: [&str; 4] = [
    "--exact",
    "cluster::guarded::keeps_watch",
    "--nocapture",
    "--test-threads=1",
];

/// The one of this binary.
pub fn cluster() -> &'static Cluster {
    static SHARED: OnceLock<Cluster> = OnceLock::new();
    SHARED.get_or_init(|| Cluster::start(&GUARD))
}

/// A scenario of one host that a test has for itself, in the cluster.
pub async fn host(text: &str) -> Arc<NodeAgent> {
    let mut scenario = Scenario::parse(text).unwrap();
    let agents = bring_in(cluster(), &mut scenario).await.unwrap();
    agents.into_iter().next().unwrap()
}

/// Awaits something while agents do their work.
pub async fn meanwhile<T>(agents: &[Arc<NodeAgent>], what: impl Future<Output = T>) -> T {
    tokio::select! {
        _ = join_all(agents.iter().map(|a| a.follow())) => unreachable!(),
        done = what => done,
    }
}

/// Waits until something is so that an agent or a controller brings about.
pub async fn at_last<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let waited = tokio::time::timeout(PATIENCE, async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    });
    match waited.await {
        Ok(found) => found,
        Err(_) => panic!("never: {what}"),
    }
}

/// Waits until an object is as wanted; fails with what it is.
pub async fn until<K>(api: &Api<K>, name: &str, wanted: impl Condition<K>) -> K
where
    K: Clone + std::fmt::Debug + for<'a> serde::Deserialize<'a> + kube::Resource + Send + 'static,
    K::DynamicType: Default,
{
    let waited = tokio::time::timeout(PATIENCE, await_condition(api.clone(), name, wanted)).await;
    match waited {
        Ok(object) => object.unwrap().unwrap(),
        Err(_) => panic!("{name} stays {:#?}", api.get_opt(name).await),
    }
}

/// Creates a node that a test has for itself, by a label.
pub async fn node(client: &Client, name: &str, resources: &[(&str, u32)]) -> Node {
    let mut amounts = json!({ "cpu": "64", "memory": "512Gi", "pods": "110" });
    for (resource, count) in resources {
        amounts[*resource] = count.to_string().into();
    }
    let node = serde_json::from_value(json!({
        "metadata": { "name": name, "labels": { "example.org/test": name } },
        "status": { "capacity": amounts, "allocatable": amounts },
    }));
    let nodes: Api<Node> = Api::all(client.clone());
    nodes
        .create(&PostParams::default(), &node.unwrap())
        .await
        .unwrap();
    until(&nodes, name, |n: Option<&Node>| n.is_some_and(is_ready)).await
}

/// Whether it is ready, and nothing keeps pods away from it any more.
fn is_ready(node: &Node) -> bool {
    let status = node.status.as_ref().and_then(|s| s.conditions.as_ref());
    let ready = status
        .into_iter()
        .flatten()
        .any(|c| c.type_ == "Ready" && c.status == "True");
    let taints = node.spec.as_ref().and_then(|s| s.taints.as_ref());
    ready && taints.is_none_or(Vec::is_empty)
}

/// Creates a pod that only the node of that test may run.
pub async fn pod(pods: &Api<Pod>, name: &str, on: &str, resource: &str) {
    let pod = serde_json::from_value(json!({
        "metadata": { "name": name },
        "spec": {
            "nodeSelector": { "example.org/test": on },
            "containers": [{
                "name": "main",
                "image": "harbor.bank.internal/test:1",
                "resources": { "limits": { resource: "1" } },
            }],
        },
    }));
    pods.create(&PostParams::default(), &pod.unwrap())
        .await
        .unwrap();
}

/// A pod's phase.
pub fn phase(pod: &Pod) -> &str {
    let status = pod.status.as_ref();
    status.and_then(|s| s.phase.as_deref()).unwrap_or_default()
}
