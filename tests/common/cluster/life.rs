//! Pods that come and go: small jobs on whatever is free, each for some seconds.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::api::ListParams;
use kube::{Api, Client};
use serde_json::json;

use super::agent::RUNS_FOR;
use super::bring_in::{Outcome, create, create_namespace, said};

const NAMESPACE: &str = "batch";
/// Between two jobs.
const PACE: Duration = Duration::from_secs(5);
/// What they are called, and how long they run.
const KINDS: [(&str, u32); 4] = [
    ("tokenize", 21),
    ("embed-docs", 34),
    ("score-daily", 27),
    ("ocr-batch", 45),
];

/// Starts jobs for as long as it is polled. An API server that does not answer is waited for.
pub async fn live(client: &Client) {
    let mut number = 0;
    loop {
        tokio::time::sleep(PACE).await;
        // another time, if not now
        if let Ok(Some(resource)) = free(client, number).await
            && start(client, number, &resource).await.is_ok()
        {
            number += 1;
        }
    }
}

async fn start(client: &Client, number: usize, resource: &str) -> Outcome<()> {
    if number == 0 {
        create_namespace(client, NAMESPACE).await?;
    }
    let (kind, seconds) = KINDS[number % KINDS.len()];
    let job = json!({
        "metadata": { "name": format!("{kind}-{number}"), "namespace": NAMESPACE },
        "spec": {
            "ttlSecondsAfterFinished": 15,
            "template": {
                "metadata": {
                    "labels": { "app": kind },
                    "annotations": { RUNS_FOR: seconds.to_string() },
                },
                "spec": {
                    "restartPolicy": "Never",
                    "containers": [{
                        "name": "main",
                        "image": format!("harbor.bank.internal/batch/{kind}:1.8"),
                        "resources": { "limits": { resource: "1" }, "requests": { "cpu": "2", "memory": "8Gi" } },
                    }],
                },
            },
        },
    });
    create::<Job>(client, NAMESPACE, job).await?;
    Ok(())
}

/// A resource of which some node has one free, another one each time.
async fn free(client: &Client, turn: usize) -> Outcome<Option<String>> {
    let nodes: Api<Node> = Api::all(client.clone());
    let pods: Api<Pod> = Api::all(client.clone());
    let mut left: BTreeMap<String, i64> = BTreeMap::new();
    for node in nodes.list(&ListParams::default()).await.map_err(said)? {
        let cordoned = node.spec.and_then(|s| s.unschedulable).unwrap_or(false);
        let amounts = node.status.and_then(|s| s.allocatable).unwrap_or_default();
        for (name, amount) in amounts.into_iter().filter(|_| !cordoned) {
            if name.starts_with("nvidia.com/") {
                *left.entry(name).or_default() += amount.0.parse::<i64>().unwrap_or(0);
            }
        }
    }
    for pod in pods.list(&ListParams::default()).await.map_err(said)? {
        let phase = pod.status.as_ref().and_then(|s| s.phase.as_deref());
        let over = matches!(phase, Some("Succeeded" | "Failed"));
        let placed = pod.spec.filter(|s| s.node_name.is_some() && !over);
        for container in placed.into_iter().flat_map(|s| s.containers) {
            let limits = container
                .resources
                .and_then(|r| r.limits)
                .unwrap_or_default();
            for (name, amount) in limits {
                if let Some(left) = left.get_mut(&name) {
                    *left -= amount.0.parse::<i64>().unwrap_or(0);
                }
            }
        }
    }
    let free: Vec<String> = left
        .into_iter()
        .filter(|(_, n)| *n > 0)
        .map(|(name, _)| name)
        .collect();
    Ok(free.get(turn % free.len().max(1)).cloned())
}
