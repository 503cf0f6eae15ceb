//! `migdeck demo status`: the four demo hosts against the facts of the first user.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::first_user::{DEV, MIG_UUIDS, MIX, PROD_LABELS};
use super::run::{migdeck, node, simulated};

fn gpus(node: &Value) -> &Vec<Value> {
    node["gpus"].as_array().unwrap()
}

fn cis(gpu: &Value) -> Vec<&Value> {
    gpu["instances"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|i| i["compute_instances"].as_array().unwrap())
        .collect()
}

fn profiles(gpu: &Value) -> Vec<&str> {
    let mut found: Vec<(u64, &str)> = cis(gpu)
        .iter()
        .map(|ci| {
            (
                ci["device_index"].as_u64().unwrap(),
                ci["profile"].as_str().unwrap(),
            )
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, profile)| profile).collect()
}

#[test]
fn the_page_shows_four_hosts_with_their_uuids() {
    let page = migdeck("demo status --wait 120").ok().out;
    for host in ["dgx-dev-01", "dgx-prod-01", "dgx-mix-01", "dgx-h100-01"] {
        let title = page
            .lines()
            .find(|l| l.starts_with(&format!("{host}  8x ")));
        assert!(
            title.is_some_and(|l| l.ends_with("SIMULATED")),
            "{host}\n{page}"
        );
    }
    for uuid in MIX.iter().map(|(uuid, _)| *uuid).chain(MIG_UUIDS) {
        assert!(page.contains(uuid), "{uuid}\n{page}");
    }
    assert!(page.contains("driver 535.161.08"), "{page}");
}

#[test]
fn the_mixed_host_is_that_of_the_listing() {
    let status = simulated("bank");
    let mix = node(&status, "dgx-mix-01");
    for (gpu, (uuid, expected)) in gpus(mix).iter().zip(MIX) {
        assert_eq!(gpu["uuid"], uuid);
        assert_eq!(gpu["model"], "NVIDIA A100-SXM4-40GB");
        assert_eq!(profiles(gpu), expected, "{uuid}");
    }
    let all: Vec<&str> = gpus(mix)
        .iter()
        .flat_map(cis)
        .filter_map(|ci| ci["uuid"].as_str())
        .collect();
    for uuid in MIG_UUIDS {
        assert!(all.contains(&uuid), "{uuid}");
    }
    // beside the 4g.20gb a GPU instance without a compute instance
    let bare: Vec<&Value> = gpus(mix)[5]["instances"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|i| i["compute_instances"] == json!([]))
        .collect();
    assert_eq!(bare.len(), 1);
    assert_eq!(bare[0]["state"], "no_ci");
    assert_eq!(bare[0]["profile"], "1g.5gb");
    assert_eq!(bare[0]["start"], 4);
    assert_eq!(mix["owner"]["kind"], "nobody");
    // its 1c devices stop the device plugin
    let allocatable = mix["k8s"]["allocatable"].as_object().unwrap();
    assert!(allocatable.values().all(|n| *n == 0), "{allocatable:?}");
}

#[test]
fn the_development_server_is_cut_in_pairs() {
    let status = simulated("bank");
    let dev = node(&status, "dgx-dev-01");
    for (gpu, (profile, n)) in gpus(dev).iter().zip(DEV) {
        assert_eq!(profiles(gpu), vec![profile; n]);
    }
    assert_eq!(dev["owner"]["kind"], "daemon_set");
    assert!(
        dev["owner"]["name"].as_str().unwrap().contains("mig-init"),
        "{}",
        dev["owner"]
    );
    let k8s = &dev["k8s"];
    assert_eq!(k8s["strategy"], "mixed");
    for (resource, n) in [
        ("nvidia.com/mig-1g.5gb", 14),
        ("nvidia.com/mig-2g.10gb", 6),
        ("nvidia.com/mig-3g.20gb", 4),
        ("nvidia.com/mig-7g.40gb", 2),
    ] {
        assert_eq!(k8s["capacity"][resource], n, "{resource}");
        assert_eq!(k8s["allocatable"][resource], n, "{resource}");
    }
}

#[test]
fn the_production_server_has_sixteen_equal_devices() {
    let status = simulated("bank");
    let prod = node(&status, "dgx-prod-01");
    for gpu in gpus(prod) {
        assert_eq!(profiles(gpu), ["3g.20gb"; 2]);
        let places: Vec<(u64, u64)> = gpu["instances"]
            .as_array()
            .unwrap()
            .iter()
            .map(|i| (i["start"].as_u64().unwrap(), i["size"].as_u64().unwrap()))
            .collect();
        assert_eq!(places, [(0, 4), (4, 4)]);
    }
    let k8s = &prod["k8s"];
    assert_eq!(k8s["capacity"]["nvidia.com/gpu"], 16);
    assert_eq!(k8s["allocatable"]["nvidia.com/gpu"], 16);
    for (label, value) in PROD_LABELS {
        assert_eq!(k8s["labels"][label], value, "{label}");
    }
    assert_eq!(prod["owner"]["kind"], "mig_manager");
}

#[test]
fn hopper_has_sm_activity_of_its_instances_and_ampere_says_why_not() {
    let status = migdeck("demo status --json --wait 120").ok().json();
    let measured: Vec<&Value> = gpus(node(&status, "dgx-h100-01"))
        .iter()
        .flat_map(|g| g["instances"].as_array().unwrap())
        .filter(|i| i["compute_instances"] != json!([]))
        .collect();
    assert!(!measured.is_empty());
    for instance in measured {
        assert!(instance["sm_active"].is_number(), "{instance:#}");
        assert_eq!(instance["metrics"]["sm_active"]["of"], "instance");
    }
    let ampere = &gpus(node(&status, "dgx-dev-01"))[0]["instances"][0];
    assert_eq!(ampere["sm_active"], Value::Null);
    assert!(
        ampere["absent"]["sm_active"]["text"].is_string(),
        "{ampere:#}"
    );
}

#[test]
fn uuids_serials_and_addresses_are_unique_in_the_demo() {
    let status = migdeck("demo status --json --wait 120").ok().json();
    let mut uuids = BTreeSet::new();
    let mut serials = BTreeSet::new();
    let mut n = 0;
    for node in status["nodes"].as_array().unwrap() {
        for gpu in gpus(node) {
            serials.insert(gpu["serial"].as_str().unwrap().to_owned());
            for uuid in std::iter::once(&gpu["uuid"]).chain(cis(gpu).iter().map(|c| &c["uuid"])) {
                n += 1;
                assert!(uuids.insert(uuid.as_str().unwrap().to_owned()), "{uuid}");
            }
        }
    }
    assert_eq!(serials.len(), 32);
    assert!(n > 32);
}

#[test]
fn a_saved_document_shows_as_the_live_one_did() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("saved.json");
    let live = migdeck("demo --scenario bank#dgx-mix-01 status --json --wait 120").ok();
    std::fs::write(&file, &live.out).unwrap();
    let again = migdeck("status --json --fleet").arg(&file).ok();
    assert_eq!(again.json(), live.json());
    let page = migdeck("status --fleet").arg(&file).ok().out;
    assert!(page.contains(MIG_UUIDS[0]), "{page}");
    let holders = migdeck("holders --fleet").arg(&file).ok().out;
    assert!(holders.starts_with("dgx-mix-01"), "{holders}");
}

#[test]
fn a_tape_shows_the_host_that_was_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let tape = folder.path().join("tape.jsonl");
    let written = std::fs::File::create(&tape).unwrap();
    let probe = migdeck("probe --sim bank#dgx-prod-01 --beats 2");
    let status = probe.command().stdout(written).status().unwrap();
    assert!(status.success());
    let played = migdeck("status --json --fleet").arg(&tape).ok().json();
    let live = simulated("bank#dgx-prod-01");
    let (played, live) = (node(&played, "dgx-prod-01"), node(&live, "dgx-prod-01"));
    for key in [
        "host", "driver", "cuda", "k8s", "owner", "services", "boot_id",
    ] {
        assert_eq!(played[key], live[key], "{key}");
    }
    let identity = |node: &Value| -> Vec<Value> {
        gpus(node)
            .iter()
            .map(|g| json!([g["uuid"], g["serial"], g["pci"], profiles(g), g["free"]]))
            .collect()
    };
    assert_eq!(identity(played), identity(live));
}

/// Folders of demos and simulated hosts, of whatever process.
fn folders() -> std::collections::BTreeSet<std::path::PathBuf> {
    let place = match std::fs::metadata("/dev/shm") {
        Ok(_) => std::path::PathBuf::from("/dev/shm"),
        Err(_) => std::env::temp_dir(),
    };
    std::fs::read_dir(place)
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with("migdeck-demo-") || name.starts_with("migdeck-sim-")
        })
        .collect()
}

/// Folders that a process holds open a file in.
fn held_by(pid: u32) -> std::collections::BTreeSet<std::path::PathBuf> {
    let open: Vec<_> = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .flatten()
        .filter_map(|fd| std::fs::read_link(fd.path()).ok())
        .collect();
    folders()
        .into_iter()
        .filter(|folder| open.iter().any(|file| file.starts_with(folder)))
        .collect()
}

#[test]
fn no_signal_that_ends_it_leaves_the_folder_behind() {
    use rustix::process::{Pid, Signal, kill_process};
    use std::io::{BufRead, BufReader};
    for line in [
        "demo --scenario faults#mismatch status --json --watch 0.2 --wait 60",
        "probe --sim faults#mismatch",
    ] {
        for signal in [Signal::HUP, Signal::QUIT, Signal::INT, Signal::TERM] {
            let run = migdeck(line);
            let mut child = run
                .command()
                .stdin(std::process::Stdio::null())
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap();
            let mut out = BufReader::new(child.stdout.take().unwrap());
            out.read_line(&mut String::new()).unwrap();
            let held = held_by(child.id());
            assert_eq!(held.len(), 1, "{line}: {held:?}");
            kill_process(Pid::from_child(&child), signal).unwrap();
            child.wait().unwrap();
            let left: Vec<_> = held.iter().filter(|folder| folder.exists()).collect();
            assert!(left.is_empty(), "{line}: {signal:?} left {left:?}");
        }
    }
}

#[test]
fn a_new_demo_removes_what_a_killed_one_left() {
    use rustix::process::{Pid, Signal, kill_process};
    use std::io::{BufRead, BufReader};
    let run = migdeck("probe --sim faults#mismatch");
    let mut child = run
        .command()
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut String::new()).unwrap();
    let held = held_by(child.id());
    assert_eq!(held.len(), 1, "{held:?}");
    kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
    migdeck("demo --scenario faults#mismatch status --wait 60").go();
    let left: Vec<_> = held.iter().filter(|folder| folder.exists()).collect();
    assert!(left.is_empty(), "{left:?}");
}
