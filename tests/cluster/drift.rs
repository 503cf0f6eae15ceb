//! What the cluster says of a node and what is wrong with that: each by a change of the real API server's objects, and
//! gone when the change is taken back.

use k8s_openapi::api::core::v1::{Node, Pod, ResourceQuota};
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};
use migdeck::domain::fleet::Fleet;
use serde_json::{Value, json};

use super::shared::{self, cluster};
use super::watched::{Watched, node, options};
use crate::common::cluster::block_on;
use crate::common::cluster::bring_in::create_namespace;

const RESOURCE: &str = "nvidia.com/mig-1g.5gb";

async fn label(name: &str, labels: Value) {
    let nodes: Api<Node> = Api::all(cluster().admin().await);
    let patch = Patch::Merge(json!({"metadata": {"labels": labels}}));
    nodes
        .patch(name, &PatchParams::default(), &patch)
        .await
        .unwrap();
}

async fn amounts(name: &str, capacity: u32, allocatable: u32) {
    let nodes: Api<Node> = Api::all(cluster().admin().await);
    let patch = json!({"status": {
        "capacity": {RESOURCE: capacity.to_string()},
        "allocatable": {RESOURCE: allocatable.to_string()},
    }});
    nodes
        .patch_status(name, &PatchParams::default(), &Patch::Merge(patch))
        .await
        .unwrap();
}

fn has(fleet: &Fleet, on: &str, id: &str) -> bool {
    node(fleet, on).is_some_and(|node| node.findings.iter().any(|f| f.id == id))
}

#[test]
fn labels_that_say_that_something_is_wrong_are_found_and_forgotten() {
    let cluster = cluster();
    let name = "labelled";
    let mut watched = Watched::start(options(&cluster.kubeconfig()));
    watched.settle();
    block_on(async {
        let client = cluster.admin().await;
        shared::node(&client, name, &[(RESOURCE, 7)]).await;
    });
    watched.until("the node", |f| node(f, name).is_some());
    for (id, wrong, right) in [
        (
            "mig-config-failed",
            json!({"nvidia.com/mig.config": "ours", "nvidia.com/mig.config.state": "failed"}),
            json!({"nvidia.com/mig.config.state": "success"}),
        ),
        (
            "mig-config-pending",
            json!({"nvidia.com/mig.config.state": "pending"}),
            json!({"nvidia.com/mig.config.state": "success"}),
        ),
        (
            "mig-config-untaken",
            json!({"nvidia.com/mig.config.state": null}),
            json!({"nvidia.com/mig.config.state": "success"}),
        ),
        (
            "mig-config-missing",
            json!({"nvidia.com/mig.config": "all-2g.10gb", "nvidia.com/mig.strategy": "mixed"}),
            json!({"nvidia.com/mig.config": "all-1g.5gb"}),
        ),
        (
            "strategy-broken",
            json!({"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB-MIG-INVALID"}),
            json!({"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB"}),
        ),
        (
            "operands-paused",
            json!({"nvidia.com/gpu.deploy.device-plugin": "paused-for-mig-change"}),
            json!({"nvidia.com/gpu.deploy.device-plugin": "true"}),
        ),
        (
            "driver-upgrade",
            json!({"nvidia.com/gpu-driver-upgrade-state": "drain-required"}),
            json!({"nvidia.com/gpu-driver-upgrade-state": "upgrade-done"}),
        ),
    ] {
        block_on(label(name, wrong));
        watched.until(id, |f| has(f, name, id));
        block_on(label(name, right));
        watched.until("that it is over", |f| !has(f, name, id));
    }
}

#[test]
fn what_a_node_advertises_is_held_to_what_it_has_and_to_what_pods_ask_for() {
    let cluster = cluster();
    let name = "advertises";
    let mut watched = Watched::start(options(&cluster.kubeconfig()));
    watched.settle();
    block_on(async {
        let client = cluster.admin().await;
        shared::node(&client, name, &[(RESOURCE, 2)]).await;
        label(name, json!({"nvidia.com/gpu.present": "true"})).await;
        let pods: Api<Pod> = Api::namespaced(client.clone(), "default");
        shared::pod(&pods, "holds-one", name, RESOURCE).await;
        shared::pod(&pods, "holds-two", name, RESOURCE).await;
    });
    watched.until("both pods", |f| {
        let on = node(f, name).and_then(|n| n.cluster.value());
        on.is_some_and(|on| on.requested().get(RESOURCE) == Some(&2))
    });
    let set = |capacity, allocatable| block_on(amounts(name, capacity, allocatable));
    set(2, 1);
    watched.until("one withheld", |f| {
        has(f, name, "devices-withheld") && has(f, name, "pods-above-allocatable")
    });
    // the plugin is gone: at once 0 of what there was, after five minutes 0 of 0, which is not "none is free"
    set(2, 0);
    let said = |f: &Fleet| {
        let found = node(f, name)?.findings.iter();
        let found = found.filter(|f| f.id == "nothing-advertised");
        found.map(|f| f.text.to_string()).next()
    };
    watched.until("all withheld", |f| {
        said(f).is_some_and(|text| text.starts_with("none of its devices"))
    });
    set(0, 0);
    watched.until("all gone", |f| {
        said(f).is_some_and(|text| text.contains("0 of 0"))
    });
    set(2, 2);
    watched.until("all well", |f| node(f, name).unwrap().findings.is_empty());
}

#[test]
fn quotas_and_pods_that_name_what_is_nowhere_are_the_clusters_findings() {
    let cluster = cluster();
    let nowhere = "nvidia.com/mig-3g.41gb";
    let mut watched = Watched::start(options(&cluster.kubeconfig()));
    watched.settle();
    block_on(async {
        let client = cluster.admin().await;
        shared::node(&client, "has-some", &[(RESOURCE, 1)]).await;
        create_namespace(&client, "limited").await.unwrap();
        let quotas: Api<ResourceQuota> = Api::namespaced(client.clone(), "limited");
        let quota = serde_json::from_value(json!({
            "metadata": {"name": "slices"},
            "spec": {"hard": {format!("requests.{nowhere}"): "2"}},
        }));
        quotas
            .create(&PostParams::default(), &quota.unwrap())
            .await
            .unwrap();
        let pods: Api<Pod> = Api::namespaced(client.clone(), "default");
        shared::pod(&pods, "asks-in-vain", "has-some", nowhere).await;
        let both = serde_json::from_value(json!({
            "metadata": {"name": "asks-twice"},
            "spec": {"containers": [{
                "name": "main",
                "image": "harbor.bank.internal/test:1",
                "resources": {"limits": {RESOURCE: "1", "nvidia.com/mig-2g.10gb": "1"}},
            }]},
        }));
        pods.create(&PostParams::default(), &both.unwrap())
            .await
            .unwrap();
    });
    let found = |f: &Fleet, id: &str, names: &str| {
        f.findings.iter().any(|one| {
            let evidence = one.evidence.iter().any(|line| line.contains(names));
            one.id == id && (one.subject.contains(names) || evidence)
        })
    };
    watched.until("the quota", |f| {
        found(f, "quota-of-nothing", "limited/slices")
    });
    watched.until("the pod", |f| found(f, "resource-nowhere", "asks-in-vain"));
    watched.until("two sizes", |f| {
        found(f, "several-slices-asked", "asks-twice")
    });
}

#[test]
fn doctor_says_what_it_found_of_a_cluster_alone_and_what_it_could_not_look_at() {
    let cluster = cluster();
    let name = "examined";
    block_on(async {
        let client = cluster.admin().await;
        shared::node(&client, name, &[(RESOURCE, 7)]).await;
        let paused = json!({"nvidia.com/gpu.deploy.device-plugin": "paused-for-mig-change"});
        label(name, paused).await;
    });
    let kubeconfig = cluster.kubeconfig();
    let doctor = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_migdeck"))
            .args(["doctor", "--json", "--wait", "30", "--kubeconfig"])
            .arg(&kubeconfig)
            .args(arguments)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let document: Value = serde_json::from_str(&text)
            .unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code(), document)
    };
    let (code, all) = doctor(&["--node", name]);
    assert_eq!(code, Some(10));
    let findings = all["findings"].as_array().unwrap();
    let paused = findings.iter().find(|f| f["id"] == "operands-paused");
    let paused = paused.unwrap_or_else(|| panic!("{all:#}"));
    assert_eq!(
        paused["next"],
        "kubectl label node examined --overwrite nvidia.com/gpu.deploy.device-plugin=true"
    );
    let unseen = all["unseen"].as_array().unwrap();
    assert!(
        unseen
            .iter()
            .any(|u| u["node"] == name && u["what"] == "GPUs"),
        "{all:#}"
    );
}
