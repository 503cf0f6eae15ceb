//! A fault a host: it shows as itself, and everything else goes on.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use super::run::{Ended, migdeck, node};
use super::schema::conforms;

fn fault(name: &str, wait: &str) -> Ended {
    migdeck(&format!(
        "demo --scenario faults#{name} status --json --wait {wait}"
    ))
    .go()
}

fn gpus(status: &Value, name: &str) -> Vec<Value> {
    node(status, name)["gpus"].as_array().unwrap().clone()
}

/// Codes of all reasons in a document.
fn codes(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                if key == "code"
                    && let Some(code) = value.as_str()
                {
                    found.push(code.to_owned());
                }
                codes(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|v| codes(v, found)),
        _ => {}
    }
}

fn codes_of(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    codes(value, &mut found);
    found.sort();
    found.dedup();
    found
}

#[test]
fn a_gpu_that_hangs_leaves_the_others_live() {
    let ended = fault("hang", "20");
    assert_eq!(ended.code, 0, "{}", ended.err);
    let status = ended.json();
    conforms("status", &status);
    let gpus = gpus(&status, "hang");
    let hung: Vec<_> = gpus
        .iter()
        .filter(|g| g["calls"]["state"] == "hung")
        .collect();
    assert_eq!(hung.len(), 1, "{gpus:#?}");
    assert!(hung[0]["calls"]["call"].is_string());
    let live = gpus
        .iter()
        .filter(|g| g["calls"]["state"] == "answering" && g["memory"]["used"].is_u64())
        .count();
    assert_eq!(live, gpus.len() - 1);
}

#[test]
fn refusals_keep_their_kind() {
    for (host, code) in [
        ("no-permission", "no_permission"),
        ("not-supported", "not_supported"),
        ("gpu-lost", "gpu_lost"),
        ("mismatch", "driver_mismatch"),
    ] {
        let ended = fault(host, "60");
        let status = ended.json();
        conforms("status", &status);
        let found = codes_of(node(&status, host));
        let told = found.iter().any(|c| c == code);
        assert!(told, "{host}: {found:?}\n{}", ended.out);
    }
}

#[test]
fn a_library_that_refuses_is_not_looked_for_elsewhere() {
    let mut status = fault("mismatch", "60").json();
    // as in a container, where the kernel module's own list of GPUs is not to be seen either
    status["nodes"][0]["gpus"] = Value::Array(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("status.json");
    std::fs::write(&saved, status.to_string()).unwrap();
    let ended = migdeck("status --fleet").arg(&saved).go();
    assert_eq!(ended.code, 1, "{}", ended.err);
    assert!(ended.err.contains("could be read"), "{}", ended.err);
    let all = format!("{}{}", ended.out, ended.err);
    assert!(!all.contains("--nvml-lib"), "{all}");
}

#[test]
fn the_others_conform_too() {
    for host in ["slow", "in-use", "sticky-destroy", "xid79"] {
        let status = fault(host, "60").json();
        conforms("status", &status);
        assert!(!gpus(&status, host).is_empty(), "{host}");
    }
}

#[test]
fn a_gpu_that_falls_off_the_bus_shows_its_xid_to_who_watches() {
    let run = migdeck("demo --scenario faults#xid79 status --json --watch 0.5 --wait 60");
    let mut child = run.command().stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // one document a line; the scenario lets the GPU fall a while after its start
    let seen = lines.take(240).any(|line| {
        let status: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let xids = node(&status, "xid79")["xids"].as_array().unwrap();
        xids.iter()
            .any(|x| x["code"] == 79 && x["gpu_index"].is_u64())
    });
    // asked, it removes the folder of its simulated hosts
    rustix::process::kill_process(
        rustix::process::Pid::from_child(&child),
        rustix::process::Signal::TERM,
    )
    .unwrap();
    child.wait().unwrap();
    assert!(seen, "no Xid 79 in 120 seconds");
}

#[test]
fn a_host_without_a_library_says_so_and_ends_with_one() {
    let ended = fault("no-library", "60");
    assert_eq!(ended.code, 1, "{}", ended.out);
    conforms("status", &ended.json());
    assert!(ended.err.contains("library not found"), "{}", ended.err);
}
