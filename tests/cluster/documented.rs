//! `docs/cluster.md`: what it says can be typed, and what the console then shows.

use std::time::{Duration, Instant};

use clap::Parser as _;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{DeleteParams, EvictParams, PostParams};
use migdeck::cli::args::Cli;
use nvml_sim::driver::Driver;
use nvml_sim::scenario::Scenario;
use serde_json::{Value, json};

use super::bank::Bank;
use crate::common::cluster::block_on;
use crate::common::pty::{Session, Shown, framed};

const PAGE: &str = include_str!("../../docs/cluster.md");

/// What comes, goes or changes is on screen within this.
const SOON: Duration = Duration::from_secs(2);

/// The line of a list that names it.
fn row(shown: &Shown, name: &str) -> Option<String> {
    let mut lines = shown.lines().into_iter();
    lines.find(|line| line.contains(name))
}

fn in_time(what: &str, begun: Instant, session: &Session) {
    let took = begun.elapsed();
    eprintln!("{what}: {took:?}");
    assert!(
        took < SOON,
        "{what}: {took:?}\n{}",
        framed(&session.shown())
    );
}

/// A pod for the one 2g.10gb slice that nobody has.
async fn create(pods: &Api<Pod>, name: &str) {
    let pod = serde_json::from_value(json!({
        "metadata": { "name": name },
        "spec": { "containers": [{
            "name": "main", "image": "harbor.bank.internal/test:1",
            "resources": { "limits": { "nvidia.com/mig-2g.10gb": "1" } },
        }] },
    }));
    pods.create(&PostParams::default(), &pod.unwrap())
        .await
        .unwrap();
}

#[test]
fn the_console_shows_pods_on_their_slices_and_follows_the_cluster() {
    let bank = Bank::start(Scenario::load("bank").unwrap());

    // every pod on the slices that the scenario gives it, as a program reads it
    let document: Value = serde_json::from_str(&bank.output("pods --json --wait 60")).unwrap();
    let told = document["pods"].as_array().unwrap();
    let mut on_slices = 0;
    for host in &bank.scenario.hosts {
        for pod in &host.pods {
            let given = pod.containers.iter().flat_map(|c| c.devices.values());
            let mut wanted: Vec<Vec<u32>> = given.flatten().cloned().collect();
            if wanted.is_empty() {
                continue;
            }
            let found = told.iter().find(|t| t["uid"] == pod.uid.as_str());
            let found = found.unwrap_or_else(|| panic!("{}/{}", pod.namespace, pod.name));
            let devices = found["devices"].as_array().unwrap();
            let driver = bank.agents.iter().find(|a| a.name() == host.name).unwrap();
            let mut shown: Vec<Vec<u32>> =
                devices.iter().map(|d| place(driver.driver(), d)).collect();
            wanted.sort();
            shown.sort();
            assert_eq!(shown, wanted, "{}/{}: {found}", pod.namespace, pod.name);
            on_slices += wanted.len();
        }
    }
    assert!(on_slices > 30, "{on_slices}");

    let session = bank.migdeck("--view pods").size(160, 60).go();
    session.until("a pod on its slice", |s| {
        row(s, "vision-dev/ocr-dev-5f9c7d8b6d-w7h4q").is_some_and(|l| l.contains("GPU 2 2g.10gb@0"))
    });
    block_on(async {
        let client = bank.cluster.admin().await;
        let pods: Api<Pod> = Api::namespaced(client, "default");

        let begun = Instant::now();
        create(&pods, "comes-and-goes").await;
        session.until("a pod that was made", |s| s.has("default/comes-and-goes"));
        in_time("made", begun, &session);
        // the only slice of its kind that is free
        session.until("its slice", |s| {
            row(s, "default/comes-and-goes").is_some_and(|l| l.contains("GPU 2 2g.10gb@4"))
        });

        let begun = Instant::now();
        pods.evict("comes-and-goes", &EvictParams::default())
            .await
            .unwrap();
        session.until("an eviction", |s| {
            s.line("default/comes-and-goes")
                .is_none_or(|l| !l.contains(" Running "))
        });
        in_time("evicted", begun, &session);
        session.until("the end of it", |s| !s.has("default/comes-and-goes"));

        create(&pods, "is-deleted").await;
        session.until("the slice of the next", |s| {
            row(s, "default/is-deleted").is_some_and(|l| l.contains("GPU 2 2g.10gb@4"))
        });
        let begun = Instant::now();
        pods.delete("is-deleted", &DeleteParams::default().grace_period(0))
            .await
            .unwrap();
        session.until("a deletion", |s| !s.has("default/is-deleted"));
        in_time("deleted", begun, &session);
    });

    // a server that goes leaves what it told
    bank.cluster.kill("kube-apiserver");
    let late = session.until("that it does not answer", |s| {
        s.has("The API server does not answer since")
    });
    assert!(
        row(&late, "vision-dev/ocr-dev-5f9c7d8b6d-w7h4q").is_some(),
        "late is not empty\n{}",
        framed(&late)
    );
    bank.cluster.run("kube-apiserver").unwrap();
    bank.cluster.wait_for_server().unwrap();
    session.until("that it answers again", |s| {
        !s.has("The API server does not answer") && row(s, "vision-dev/ocr-dev").is_some()
    });
    session.keys("q");
    session.ends_clean(0);
}

/// `[gpu, start]` of a device, as the simulated driver has the instance that is told.
fn place(driver: &Driver, device: &Value) -> Vec<u32> {
    let number = |key: &str| device[key].as_u64().and_then(|n| u32::try_from(n).ok());
    let gpu = number("gpu_index").unwrap_or_else(|| panic!("{device}"));
    match number("gi") {
        Some(gi) => {
            let gpus = driver.peek().gpus;
            let mut instances = gpus[gpu as usize].instances.iter();
            vec![gpu, instances.find(|i| i.gi == gi).unwrap().start]
        }
        None => vec![gpu],
    }
}

#[test]
fn what_the_page_says_can_be_typed() {
    // options of the command
    let program = super::command::program();
    let help = std::process::Command::new(program)
        .arg("--help")
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let mut options = 0;
    for line in PAGE.lines().filter(|l| l.starts_with("| `--")) {
        let option = line.split(['`', ' ']).nth(2).unwrap();
        assert!(help.contains(&format!(" {option}")), "{option}\n{help}");
        options += 1;
    }
    assert_eq!(
        options,
        help.lines()
            .filter(|l| l.trim_start().starts_with("--"))
            .count()
    );
    // lines of the other terminal
    let mut typed = 0;
    for line in PAGE.lines().filter_map(|l| l.strip_prefix("$ migdeck")) {
        let words = std::iter::once("migdeck").chain(line.split_whitespace());
        Cli::try_parse_from(words).unwrap_or_else(|e| panic!("{line}: {e}"));
        typed += 1;
    }
    assert!(typed > 0);
}
