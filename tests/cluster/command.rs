//! The one command that brings all of it up for a person.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use rustix::process::Signal;
use serde_json::Value;

use crate::common::cluster::PATIENCE;
use crate::common::proc::Process;

/// The program: `cargo test` builds it, unless it was asked for one binary alone.
pub fn program() -> PathBuf {
    let this = std::env::current_exe().unwrap();
    let built = this
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .join("examples/cluster");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--locked", "--quiet", "--example", "cluster"]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let status = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status();
    assert!(status.unwrap().success());
    built
}

fn start(program: &Path, dir: &Path) -> Child {
    Command::new(program)
        .arg("--dir")
        .arg(dir)
        .args(["--still", "--scenario", "h100", "--migdeck"])
        .arg(env!("CARGO_BIN_EXE_migdeck"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn one_line_says_that_all_is_ready_and_an_interrupt_leaves_nothing() {
    let program = program();
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("cluster");
    let mut running = start(&program, &dir);
    let mut lines = BufReader::new(running.stdout.take().unwrap());
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    let Ok(ready) = serde_json::from_str::<Value>(&line) else {
        let mut why = String::new();
        running
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut why)
            .unwrap();
        panic!("{line}{why}");
    };
    assert_eq!(ready["ready"], true);
    assert_eq!(
        ready["kubeconfig"],
        dir.join("kubeconfig").to_str().unwrap()
    );

    // another one may not have the same folder
    let refused = start(&program, &dir).wait_with_output().unwrap();
    assert!(!refused.status.success());
    let why = String::from_utf8(refused.stderr).unwrap();
    assert!(why.contains("is in use by another cluster"), "{why}");

    // the probes of the configuration see what the API server was told
    let status = Command::new(env!("CARGO_BIN_EXE_migdeck"))
        .args(["status", "--json", "--config"])
        .arg(ready["config"].as_str().unwrap())
        .output()
        .unwrap();
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    let slices = status["nodes"][0]["gpus"].as_array().unwrap().iter();
    let slices = slices.flat_map(|g| g["instances"].as_array().unwrap());
    let mut pods = slices
        .flat_map(|s| s["compute_instances"][0]["pods"].as_array().cloned())
        .flatten();
    let pod = pods.find(|p| p["name"] == "chat-8b-7d9c8f6b5c-g4h6n");
    let pod = pod.unwrap_or_else(|| panic!("{status}")).to_string();
    // by the kubelet's socket, which the host has as well
    assert!(pod.contains("pod-resources"), "{pod}");

    let config = std::fs::read_to_string(ready["config"].as_str().unwrap()).unwrap();
    let config: toml::Table = config.parse().unwrap();
    let root = config["hosts"][0]["probe"]
        .as_array()
        .unwrap()
        .last()
        .unwrap();
    let root = PathBuf::from(root.as_str().unwrap());
    assert!(root.join("proc").exists());

    let process = Process::of(running.id()).unwrap();
    let all = process.descendants();
    assert!(all.len() > 5, "{all:?}");
    process.signal(Signal::INT);
    assert!(running.wait().unwrap().success());
    let begun = Instant::now();
    while all.iter().any(|p| p.lives()) || dir.exists() || root.exists() {
        assert!(
            begun.elapsed() < PATIENCE,
            "{all:?} or {} stays",
            dir.display()
        );
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "", "one line only");
}

#[test]
fn a_folder_of_somebody_elses_is_left_alone() {
    let program = program();
    let dir = tempfile::tempdir().unwrap();
    let mine = dir.path().join("mine");
    std::fs::write(&mine, "mine").unwrap();
    let refused = start(&program, dir.path()).wait_with_output().unwrap();
    assert!(!refused.status.success());
    let why = String::from_utf8(refused.stderr).unwrap();
    assert!(
        why.contains("holds files that are not a cluster's"),
        "{why}"
    );
    assert_eq!(std::fs::read_to_string(&mine).unwrap(), "mine");
}

#[test]
fn what_does_not_exist_is_a_sentence() {
    let program = program();
    let output = Command::new(program)
        .args(["--dir", "nowhere", "--scenario", "bnak"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let why = String::from_utf8(output.stderr).unwrap();
    assert!(
        why.starts_with("cluster: there is no scenario 'bnak'"),
        "{why}"
    );
}
