//! `migdeck status` and NVIDIA's own Python bindings on the same library: every device, id, UUID, placement and memory
//! figure of every host must be the same.

use serde_json::{Value, json};

use super::python::{Machine, hosts};

/// Memory moves with the load between two looks, by less than this share of what there is. What is idle does not move.
const MOVES: f64 = 0.05;

/// What `migdeck status --json` says of the machine.
fn status(machine: &Machine, spec: &str) -> Value {
    let output = machine.migdeck(&["--no-sudo", "status", "--wait", "20", "--json"]);
    let text = String::from_utf8_lossy(&output.stdout);
    let document: Value = serde_json::from_str(&text).unwrap_or_else(|e| {
        panic!(
            "{spec}: {e}: {text}\n{}",
            String::from_utf8_lossy(&output.stderr)
        )
    });
    document["nodes"][0].clone()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A reading of the bindings: null for one that was refused.
fn read(value: &Value) -> Value {
    if value.get("error").is_some() {
        Value::Null
    } else {
        value.clone()
    }
}

fn theirs(gpu: &Value) -> Value {
    let mode = |what: &str| match gpu["mig"][what].as_u64() {
        Some(0) => json!("disabled"),
        Some(_) => json!("enabled"),
        None => Value::Null,
    };
    let device = |gi: &Value, ci: &Value| {
        list(&gpu["mig_devices"])
            .iter()
            .find(|d| d["gi"] == *gi && d["ci"] == *ci)
            .cloned()
            .unwrap_or_default()
    };
    let instance = |gi: &Value| {
        let cis = list(&gi["compute_instances"]).iter().map(|ci| {
            let device = device(&gi["gi"], &ci["ci"]);
            json!({
                "ci": ci["ci"], "profile_id": ci["profile"], "start": ci["placement"]["start"],
                "size": ci["placement"]["size"], "uuid": device["uuid"], "device_index": device["slot"],
                "sm_count": device["attributes"]["sm"],
            })
        });
        let first = list(&gi["compute_instances"])
            .first()
            .map(|ci| device(&gi["gi"], &ci["ci"]));
        json!({
            "gi": gi["gi"], "profile_id": gi["profile"], "start": gi["placement"]["start"],
            "size": gi["placement"]["size"], "total": first.unwrap_or_default()["memory"]["total"],
            "compute_instances": cis.collect::<Vec<_>>(),
        })
    };
    json!({
        "index": gpu["index"], "uuid": gpu["uuid"], "model": gpu["name"], "serial": read(&gpu["serial"]),
        "mig": {"current": mode("current"), "pending": mode("pending")},
        "total": read(&gpu["memory"])["total"],
        "instances": list(&gpu["gpu_instances"]).iter().map(instance).collect::<Vec<_>>(),
    })
}

fn ours(gpu: &Value) -> Value {
    let ci = |ci: &Value| {
        let keys = [
            "ci",
            "profile_id",
            "start",
            "size",
            "uuid",
            "device_index",
            "sm_count",
        ];
        keys.iter()
            .map(|key| ((*key).to_owned(), ci[*key].clone()))
            .collect::<serde_json::Map<_, _>>()
    };
    let instance = |gi: &Value| {
        let mut cis: Vec<_> = list(&gi["compute_instances"]).iter().map(ci).collect();
        cis.sort_by_key(|ci| ci["ci"].as_u64());
        let total = if cis.is_empty() {
            Value::Null
        } else {
            gi["memory"]["total"].clone()
        };
        json!({
            "gi": gi["gi"], "profile_id": gi["profile_id"], "start": gi["start"], "size": gi["size"],
            "total": total, "compute_instances": cis,
        })
    };
    let mut instances: Vec<_> = list(&gpu["instances"]).iter().map(instance).collect();
    instances.sort_by_key(|gi| gi["gi"].as_u64());
    json!({
        "index": gpu["index"], "uuid": gpu["uuid"], "model": gpu["model"], "serial": gpu["serial"],
        "mig": gpu["mig"].as_object().map(|m| json!({"current": m["current"], "pending": m["pending"]})),
        "total": gpu["memory"]["total"], "instances": instances,
    })
}

/// Used memory of each MIG device's instance, by (GPU index, GI).
fn used_agrees(spec: &str, before: &Value, ours: &Value) {
    for (theirs, ours) in list(&before["gpus"]).iter().zip(list(&ours["gpus"])) {
        for device in list(&theirs["mig_devices"]) {
            let instance = list(&ours["instances"])
                .iter()
                .find(|i| i["gi"] == device["gi"])
                .unwrap_or_else(|| panic!("{spec}: no instance for {device}"));
            let total = device["memory"]["total"].as_f64().unwrap();
            let (a, b) = (
                device["memory"]["used"].as_f64().unwrap(),
                instance["memory"]["used"].as_f64(),
            );
            let b = b.unwrap_or_else(|| panic!("{spec}: no memory in {instance}"));
            let idle = list(&device["processes"]).is_empty();
            let fine = if idle && instance["state"] == "free" {
                a == b
            } else {
                (a - b).abs() <= MOVES * total
            };
            assert!(
                fine,
                "{spec}: {a} and {b} of {total} used\n{device}\n{instance}"
            );
        }
    }
}

fn agree(spec: &str) {
    let machine = Machine::new(spec);
    let walk = machine.walk();
    let node = status(&machine, spec);
    assert_eq!(walk["driver"], node["driver"], "{spec}");
    let (theirs_all, ours_all) = (list(&walk["gpus"]), list(&node["gpus"]));
    assert_eq!(theirs_all.len(), ours_all.len(), "{spec}");
    for (a, b) in theirs_all.iter().zip(ours_all) {
        assert_eq!(ours(b), theirs(a), "{spec} GPU {}", a["index"]);
    }
    used_agrees(spec, &walk, &node);
}

#[test]
fn status_and_nvidia_ml_py_agree_on_every_host() {
    for scenario in ["bank", "h100", "a30", "blackwell"] {
        for host in hosts(scenario) {
            agree(&format!("{scenario}#{}", host.name));
        }
    }
}

#[test]
fn they_agree_also_where_single_calls_fail() {
    for host in ["not-supported", "in-use", "sticky-destroy"] {
        agree(&format!("faults#{host}"));
    }
}
