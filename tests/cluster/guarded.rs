//! Nothing of a cluster outlives the test that started it, and what is missing is said.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::shared::GUARD;
use crate::common::cluster::{Cluster, PATIENCE, guard, programs};
use crate::common::proc::Process;

/// Set in a process that holds a cluster until it is killed.
const HOLDER: &str = "MIGDECK_TEST_HOLDER";

/// A guard in the process that is one, nothing in any other.
#[test]
fn keeps_watch() {
    guard::serve();
}

/// Holds a cluster in the process that is told to, nothing in any other.
#[test]
fn holds_a_cluster() {
    if std::env::var_os(HOLDER).is_some() {
        let cluster = Cluster::start(&GUARD);
        println!("\nholds {}", cluster.folder().display());
        // until the end of this process
        loop {
            std::thread::park();
        }
    }
}

#[test]
fn a_killed_test_leaves_nothing_behind() {
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "cluster::guarded::holds_a_cluster",
            "--nocapture",
        ])
        .env(HOLDER, "yes")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    let folder: PathBuf = lines
        .map_while(Result::ok)
        .find_map(|l| l.strip_prefix("holds ").map(PathBuf::from))
        .expect("the holder has no cluster");
    let processes = Process::of(holder.id()).unwrap().descendants();
    let commands: Vec<String> = processes.iter().map(|p| p.arguments().remove(0)).collect();
    for server in programs::SERVERS {
        assert!(
            commands.iter().any(|c| Path::new(c).ends_with(server)),
            "{server} is not among {commands:?}"
        );
    }

    holder.kill().unwrap();
    holder.wait().unwrap();
    let killed = Instant::now();
    while processes.iter().any(|p| p.lives()) || folder.exists() {
        assert!(
            killed.elapsed() < PATIENCE,
            "still there: {:?}, folder: {}",
            processes
                .iter()
                .filter(|p| p.lives())
                .map(|p| p.command())
                .collect::<Vec<_>>(),
            folder.exists()
        );
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn without_go_and_without_programs_a_sentence_says_so() {
    let nothing = tempfile::tempdir().unwrap();
    // the few tools that the build itself needs, and no Go
    for tool in ["bash", "sed", "sha256sum", "cut", "dirname"] {
        let found = std::env::split_paths(&std::env::var_os("PATH").unwrap())
            .map(|p| p.join(tool))
            .find(|p| p.exists())
            .unwrap();
        std::os::unix::fs::symlink(found, nothing.path().join(tool)).unwrap();
    }
    let mut build = Command::new("/usr/bin/env");
    build
        .arg("bash")
        .arg(programs::source().join("build"))
        .env("PATH", nothing.path())
        .env("XDG_CACHE_HOME", nothing.path());
    let output = build.output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.starts_with("the test control plane is not built, and Go is missing: install Go"),
        "{said}"
    );
    let refused = programs::built(&mut Command::new("false")).unwrap_err();
    assert!(refused.contains("tests/controlplane/build"), "{refused}");
}

#[test]
fn named_programs_must_all_be_there() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("etcd"), "").unwrap();
    let why = programs::complete(folder.path().to_owned()).unwrap_err();
    assert!(
        why.ends_with("which lacks kube-apiserver, kube-controller-manager, kube-scheduler, kwok"),
        "{why}"
    );
}
