//! What a pod takes of the memory: 10,000 pods as an API server writes them, read, kept by the store and told in a
//! snapshot.
//!
//! `cargo bench --bench pods`. The budget is 0.6 kB for what is kept of a pod. What it takes beside that is told apart: its
//! place in the store, and the devices that its node is told to give it.

use std::hint::black_box;

use jiff::Timestamp;
use migdeck::domain::cluster::news::{Change, ClusterNews, Scope};
use migdeck::domain::cluster::{NodeFacts, PodFacts};
use migdeck::domain::ids::StreamId;
use migdeck::domain::observation::{Fact, Observation};
use migdeck::domain::text::Text;
use migdeck::sources::kube::objects::{Kind, Names, Pods};
use migdeck::store::Store;

const PODS: usize = 10_000;
const NODES: usize = 32;

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

/// Pods of a kubelet that tells devices (1.36 and newer), and of one that does not.
const KUBELETS: [&str; 2] = ["v1.36", "v1.35"];

fn name(node: usize) -> Text {
    format!("dgx-{node:02}").into()
}

fn pod(n: usize, devices: bool) -> String {
    let told = serde_json::json!([{
        "name": "nvidia.com/mig-1g.5gb",
        "resources": [{ "resourceID": format!("MIG-{n:08x}-5555-5666-8777-{n:012x}"), "health": "Healthy" }],
    }]);
    serde_json::json!({
        "metadata": {
            "name": format!("notebook-{n:05}-{:05x}", n * 31 % 0xf_ffff),
            "namespace": format!("team-{}", n % 37),
            "uid": format!("{n:08x}-1111-4222-8333-{:012x}", n * 7919),
            "resourceVersion": "1",
            "creationTimestamp": "2026-01-02T03:04:05Z",
            "labels": { "app": format!("notebook-{}", n % 300) },
            "ownerReferences": [{ "kind": "ReplicaSet", "name": format!("notebook-{}", n % 300), "controller": true }],
        },
        "spec": {
            "nodeName": name(n % NODES).as_str(),
            "containers": [{ "name": "main", "resources": { "limits": { "nvidia.com/mig-1g.5gb": "1" } } }],
        },
        "status": {
            "phase": "Running",
            "containerStatuses": [{
                "name": "main",
                "containerID": format!("containerd://{n:064x}"),
                "restartCount": 0,
                "allocatedResourcesStatus": if devices { told } else { serde_json::Value::Null },
            }],
        },
    })
    .to_string()
}

fn texts(kubelet: &str) -> Vec<String> {
    (0..PODS).map(|n| pod(n, kubelet == "v1.36")).collect()
}

fn read(texts: &[String]) -> Vec<PodFacts> {
    let mut names = Names::default();
    let mut pods = Vec::with_capacity(PODS);
    for text in texts {
        let object = Pods::parse(text, &mut names).unwrap_or_else(|e| panic!("{e}: {text}"));
        pods.extend(object.facts);
    }
    pods
}

/// The list of pods alone: *grow* less *shrink*, divided by 10,000, is what is kept of one.
#[divan::bench(args = KUBELETS, sample_count = 5, sample_size = 1)]
fn kept_of_10_000_pods(bencher: divan::Bencher, kubelet: &str) {
    let texts = texts(kubelet);
    bencher.bench_local(|| read(black_box(&texts)));
}

/// In the store, with what each node has of it, and a snapshot.
#[divan::bench(args = KUBELETS, sample_count = 5, sample_size = 1)]
fn store_of_10_000_pods(bencher: divan::Bencher, kubelet: &str) {
    let texts = texts(kubelet);
    bencher
        .with_inputs(|| read(&texts))
        .bench_local_values(|pods| {
            let id = StreamId(0);
            let mut store = Store::new();
            store.expect_cluster(id);
            let node = |n| NodeFacts {
                name: Some(name(n)),
                ..NodeFacts::default()
            };
            let nodes = ClusterNews::Nodes(Change::All((0..NODES).map(node).collect()));
            let scope = Scope::Everywhere;
            let change = Change::All(pods);
            for news in [nodes, ClusterNews::Pods { scope, change }] {
                let fact = Fact::ClusterNews(Box::new(news));
                let at = Timestamp::UNIX_EPOCH;
                store.apply(id, Observation { at, fact });
            }
            let fleet = store.fleet();
            (store, fleet)
        });
}
