//! A live cluster of simulated GPU nodes to look at: `cargo run --release --example cluster -- --dir DIR [--nodes N]
//! [--scenario bank]`.
//!
//! When it is ready it prints one JSON line, `{"kubeconfig": .., "config": .., "ready": true}`; then pods come and go
//! until it is interrupted: `migdeck --config CONFIG --kubeconfig KUBECONFIG` shows it. Nodes above those of the scenario
//! are copies of its last host.

// a cluster that cannot be had ends it
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use futures::future::join_all;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, PostParams};
use kube::{Api, Client};
use nvml_sim::scenario::Scenario;
use serde_json::json;

// the tests use the rest
#[allow(dead_code)]
#[path = ".."]
mod common {
    pub mod cluster;
    pub mod proc;
}

use common::cluster::agent::{NodeAgent, create_namespace};
use common::cluster::{Cluster, block_on, guard};

/// Leads this program to the guard of its cluster.
const GUARD: [&str; 1] = ["guard"];
/// A pod comes so often, and stays for so many others.
const EVERY: Duration = Duration::from_secs(4);
const STAY: u64 = 4;

struct Arguments {
    folder: PathBuf,
    nodes: Option<usize>,
    scenario: String,
}

fn arguments() -> Arguments {
    let mut found = Arguments {
        folder: std::env::temp_dir().join("migdeck-cluster"),
        nodes: None,
        scenario: "bank".to_owned(),
    };
    let mut rest = std::env::args().skip(1);
    while let Some(flag) = rest.next() {
        let value = rest
            .next()
            .unwrap_or_else(|| panic!("{flag} wants a value"));
        match flag.as_str() {
            "--dir" => found.folder = value.into(),
            "--nodes" => found.nodes = Some(value.parse().expect("a number of nodes")),
            "--scenario" => found.scenario = value,
            other => panic!("{other}: known are --dir, --nodes, --scenario"),
        }
    }
    found
}

fn main() {
    guard::serve();
    let Arguments {
        folder,
        nodes,
        scenario,
    } = arguments();
    std::fs::create_dir_all(&folder).unwrap();
    let folder = folder.canonicalize().unwrap();
    let program = migdeck();
    let mut scenario = Scenario::load(&scenario).unwrap();
    if let Some(nodes) = nodes {
        fill(&mut scenario, nodes);
    }
    let cluster = Cluster::start(&GUARD);
    let kubeconfig = folder.join("kubeconfig");
    std::fs::copy(cluster.kubeconfig(), &kubeconfig).unwrap();
    block_on(async {
        let client = cluster.admin().await;
        let names: Vec<String> = scenario
            .hosts
            .iter()
            .filter(|host| host.node.is_some())
            .map(|host| host.name.clone())
            .collect();
        let mut agents = Vec::new();
        for name in &names {
            let state = folder.join(format!("{name}.state"));
            // of an earlier time
            let _ = std::fs::remove_file(&state);
            agents.push(NodeAgent::join(client.clone(), &mut scenario, name, Some(&state)).await);
        }
        // with the UIDs that the API server gave to its pods
        let file = folder.join("scenario.toml");
        std::fs::write(&file, toml::to_string(&scenario).unwrap()).unwrap();
        let config = folder.join("config.toml");
        std::fs::write(&config, hosts(&names, &folder, &program)).unwrap();
        let ready = json!({"kubeconfig": kubeconfig, "config": config, "ready": true});
        println!("{ready}");
        let follow = join_all(agents.iter().map(NodeAgent::follow));
        tokio::join!(follow, come_and_go(client));
    });
}

/// More hosts, up to `nodes`, as copies of the last one without its pods; or fewer.
fn fill(scenario: &mut Scenario, nodes: usize) {
    scenario.hosts.truncate(nodes.max(1));
    let last = scenario.hosts.last().cloned().expect("a host");
    for n in scenario.hosts.len()..nodes {
        let mut copy = last.clone();
        copy.name = format!("{}-copy-{n}", last.name);
        copy.pods.clear();
        copy.processes.clear();
        for gpu in &mut copy.gpus {
            gpu.uuid.clear();
            gpu.serial.clear();
            gpu.mig_uuids.clear();
        }
        scenario.hosts.push(copy);
    }
}

/// A configuration whose hosts are the probes of these nodes.
fn hosts(names: &[String], folder: &Path, program: &Path) -> String {
    let host = |name: &String| {
        let file = folder.join("scenario.toml");
        let state = folder.join(format!("{name}.state"));
        format!(
            "[[hosts]]\nname = \"{name}\"\nprobe = [\"{}\", \"probe\", \"--sim\", \"{}#{name}\", \"--sim-state\", \"{}\"]\n\n",
            program.display(),
            file.display(),
            state.display()
        )
    };
    names.iter().map(host).collect()
}

/// Pods that come and go, without end.
async fn come_and_go(client: Client) {
    create_namespace(&client, "passing").await;
    let pods: Api<Pod> = Api::namespaced(client, "passing");
    let resources = ["nvidia.com/mig-1g.5gb", "nvidia.com/mig-2g.10gb"];
    for n in 0_u64.. {
        let resource = resources[n as usize % resources.len()];
        let pod = serde_json::from_value(json!({
            "metadata": {"name": format!("pod-{n}")},
            "spec": {"containers": [{
                "name": "main",
                "image": "harbor.bank.internal/passing:1",
                "resources": {"limits": {resource: "1"}},
            }]},
        }));
        if let Err(why) = pods.create(&PostParams::default(), &pod.unwrap()).await {
            eprintln!("pod-{n}: {why}");
        }
        if let Some(old) = n.checked_sub(STAY) {
            let now = DeleteParams::default().grace_period(0);
            let _ = pods.delete(&format!("pod-{old}"), &now).await;
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// The program, built as this one was.
fn migdeck() -> PathBuf {
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--locked", "--bin", "migdeck"]);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    build.current_dir(env!("CARGO_MANIFEST_DIR"));
    // standard output is for the one line
    assert!(
        build
            .stdout(std::process::Stdio::null())
            .status()
            .unwrap()
            .success()
    );
    let here = std::env::current_exe().unwrap();
    here.ancestors().nth(2).unwrap().join("migdeck")
}
