//! Situations that decide whether the console is of use, played on a cluster.

use base64::Engine as _;
use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::core::v1::Node;
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams};
use nvml_sim::scenario::Scenario;
use serde_json::json;

use super::bank::Bank;
use super::shared;
use crate::common::cluster::block_on;
use crate::common::wire::{Piece, Splitter};

/// The bank's scenario with these of its hosts.
fn bank(hosts: &[&str]) -> Bank {
    let mut scenario = Scenario::load("bank").unwrap();
    scenario.hosts.retain(|h| hosts.contains(&h.name.as_str()));
    Bank::start(scenario)
}

#[test]
fn situation_4_a_pod_waits_for_a_slice() {
    let bank = bank(&["dgx-dev-01", "dgx-mix-01"]);
    let session = bank.migdeck("").size(120, 50).go();
    session.until("the hosts", |s| s.has("dgx-dev-01"));
    session.keys("w");
    session.until("who waits", |s| {
        s.line("nlp-dev/rerank-ko-dev")
            .is_some_and(|l| l.contains("Pending"))
    });
    session.keys("/pending<Enter>");
    let shown = session.until("asked, the scheduler's words, what there is", |s| {
        let text = s.text();
        text.contains("2x mig-2g.10gb")
            && text.contains("Insufficient nvidia.com/mig-2g.10gb")
            && text.contains("dgx-dev-01: 6x 2g.10gb, free on GPU 2")
    });
    // those that run are filtered away
    assert!(!shown.has("vision-dev/ocr-dev"), "{}", shown.text());
    // who sits idle on one
    session.until("who has one and does nothing", |s| {
        s.line("nb-kang-minseo-0")
            .is_some_and(|l| l.contains("GPU 3") && l.contains("idle"))
    });
    // which GPU could make one with nobody disturbed, and in what way
    session.until("a layout", |s| {
        s.line("2g.10gb@")
            .is_some_and(|l| l.contains("fits beside") || l.contains("which nobody has"))
    });
    session.keys("q");
    session.ends_clean(0);
}

#[test]
fn situation_5_mig_manager_hangs_and_its_operands_are_paused() {
    let bank = bank(&["dgx-prod-01"]);
    let node = "dgx-prod-01";
    block_on(async {
        let client = bank.cluster.admin().await;
        let nodes: Api<Node> = Api::all(client.clone());
        // as MIG manager leaves a node whose step did not end
        let paused = json!({ "metadata": { "labels": {
            "nvidia.com/mig.config": "all-3g.20gb",
            "nvidia.com/mig.config.state": "pending",
            "nvidia.com/gpu.deploy.device-plugin": "paused-for-mig-change",
            "nvidia.com/gpu.deploy.gpu-feature-discovery": "paused-for-mig-change",
            "nvidia.com/gpu.deploy.dcgm-exporter": "paused-for-mig-change",
            "nvidia.com/gpu.deploy.dcgm": "paused-for-mig-change",
        } } });
        nodes
            .patch(node, &PatchParams::default(), &Patch::Merge(paused))
            .await
            .unwrap();
        // and with it the plugin's pod goes
        let sets: Api<DaemonSet> = Api::all(client.clone());
        for set in sets.list(&Default::default()).await.unwrap().items {
            let name = set.metadata.name.unwrap_or_default();
            let space = set.metadata.namespace.unwrap_or_default();
            if name.contains("device-plugin") {
                let sets: Api<DaemonSet> = Api::namespaced(client.clone(), &space);
                sets.delete(&name, &DeleteParams::default()).await.unwrap();
            }
        }
        shared::at_last("nothing is allocatable", async || {
            let node = nodes.get(node).await.unwrap();
            let status = node.status.unwrap();
            let gpus = status.allocatable.unwrap_or_default();
            (gpus.get("nvidia.com/gpu").map(|q| q.0.as_str()) == Some("0")).then_some(())
        })
        .await;
    });
    let session = bank.migdeck("--view findings").size(120, 50).go();
    session.until("the finding", |s| s.has("paused"));
    session.keys("/operands<Enter><Enter>");
    let shown = session.until("labels and the patch", |s| {
        let text = s.text().replace('\n', " ");
        text.contains("gpu.deploy.device-plugin=paused-for-mig-change")
            && text.contains("mig.config.state=pending")
    });
    let text = shown.text();
    assert!(text.contains("pending"), "{text}");
    let mark = session.mark();
    session.keys("y");
    let copied = || clipboard(&session.since(mark));
    session.wait_that("a copy", || copied().is_some());
    let text = copied().unwrap();
    for word in [
        "dgx-prod-01",
        "gpu.deploy.device-plugin=paused-for-mig-change",
        "kubectl",
    ] {
        assert!(text.contains(word), "{word}\n{text}");
    }
    session.keys("q");
    session.ends_clean(0);
}

/// What a terminal was asked to take to its clipboard.
fn clipboard(bytes: &[u8]) -> Option<String> {
    Splitter::split(bytes)
        .into_iter()
        .find_map(|piece| match piece {
            Piece::Osc(text) => {
                let coded = text.strip_prefix(b"52;c;")?;
                let text = base64::engine::general_purpose::STANDARD
                    .decode(coded)
                    .ok()?;
                String::from_utf8(text).ok()
            }
            _ => None,
        })
}
