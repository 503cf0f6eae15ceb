//! The exposition text against what the driver itself says.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::driver::DeviceRef;
use crate::scenario::Scenario;

fn open(spec: &str) -> Driver {
    let scenario = Scenario::load(spec).unwrap();
    Driver::open(&scenario, &scenario.hosts[0].name, None).unwrap()
}

/// Metric, labels in their order, value.
type Series = (String, Vec<(String, String)>, f64);

/// Reads the exposition format as strictly as it is written: help and type before each metric, once.
fn read(text: &str) -> Vec<Series> {
    let mut series = Vec::new();
    let mut seen = BTreeSet::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let name = line
            .strip_prefix("# HELP ")
            .unwrap()
            .split(' ')
            .next()
            .unwrap();
        assert!(seen.insert(name), "{name} comes twice");
        let kind = lines.next().unwrap();
        assert!(
            kind == format!("# TYPE {name} gauge") || kind == format!("# TYPE {name} counter"),
            "{kind}"
        );
        let before = series.len();
        while let Some(line) = lines.next_if(|l| !l.starts_with('#')) {
            let rest = line.strip_prefix(name).unwrap().strip_prefix('{').unwrap();
            let (labels, value) = rest.rsplit_once("} ").unwrap();
            let labels = labels
                .trim_end_matches('"')
                .split("\",")
                .map(|l| l.split_once("=\"").unwrap())
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .collect();
            series.push((name.to_owned(), labels, value.parse().unwrap()));
        }
        assert!(series.len() > before, "{name} has no series");
    }
    series
}

fn label<'a>(series: &'a Series, name: &str) -> Option<&'a str> {
    let found = series.1.iter().find(|(k, _)| k == name)?;
    Some(&found.1)
}

/// Values of a metric by GPU and GPU instance.
fn values(all: &[Series], metric: &str) -> BTreeMap<(u32, Option<u32>), f64> {
    all.iter()
        .filter(|s| s.0 == metric)
        .map(|s| {
            let gi = label(s, "GPU_I_ID").map(|id| id.parse().unwrap());
            ((label(s, "gpu").unwrap().parse().unwrap(), gi), s.2)
        })
        .collect()
}

#[test]
fn a_gpu_with_instances_has_only_theirs() {
    for name in Scenario::builtin_names() {
        let scenario = Scenario::load(name).unwrap();
        for host in scenario.hosts.iter().filter(|h| h.library) {
            let driver = Driver::open(&scenario, &host.name, None).unwrap();
            let all = read(&text(&driver));
            let mut expected = BTreeSet::new();
            for gpu in &driver.peek().gpus {
                if gpu.instances.is_empty() {
                    expected.insert((gpu.index, None));
                }
                expected.extend(gpu.instances.iter().map(|gi| (gpu.index, Some(gi.gi))));
            }
            for metric in ["DCGM_FI_DEV_GPU_TEMP", "DCGM_FI_DEV_FB_USED"] {
                let have: BTreeSet<_> = values(&all, metric).into_keys().collect();
                assert_eq!(have, expected, "{}: {metric}", host.name);
            }
        }
    }
}

#[test]
fn labels_stand_in_the_order_of_the_template() {
    let all = read(&text(&open("bank#dgx-dev-01")));
    let xid = all
        .iter()
        .find(|s| s.0 == XID_ERRORS && label(s, "gpu") == Some("5") && s.2 > 0.0)
        .unwrap();
    let names: Vec<&str> = xid.1.iter().map(|(k, _)| k.as_str()).collect();
    assert_eq!(
        names,
        [
            "gpu",
            "UUID",
            "pci_bus_id",
            "device",
            "modelName",
            "GPU_I_PROFILE",
            "GPU_I_ID",
            "Hostname",
            "DCGM_FI_DRIVER_VERSION",
            "container",
            "err_code",
            "err_msg",
            "namespace",
            "pod"
        ]
    );
    assert_eq!(xid.2, 94.0);
    assert_eq!(label(xid, "err_msg"), Some("Contained ECC error"));
    assert_eq!(label(xid, "pci_bus_id"), Some("00000000:90:00.0"));
    assert_eq!(label(xid, "GPU_I_PROFILE"), Some("3g.20gb"));
    assert_eq!(label(xid, "Hostname"), Some("dgx-dev-01"));
    assert_eq!(label(xid, "DCGM_FI_DRIVER_VERSION"), Some("535.161.08"));
}

#[test]
fn pods_are_named_where_the_kubelet_gave_the_device() {
    let driver = open("bank#dgx-dev-01");
    let layout = driver.peek();
    let all = read(&text(&driver));
    let half = layout.gpus[5]
        .instances
        .iter()
        .find(|gi| gi.start == 4)
        .unwrap();
    for series in all.iter().filter(|s| label(s, "gpu") == Some("5")) {
        let on_half = label(series, "GPU_I_ID") == Some(&half.gi.to_string());
        let pod = label(series, "pod").unwrap();
        assert_eq!(pod == "docclf-train-7x2kq", on_half, "{series:?}");
    }
    let free = all.iter().filter(|s| label(s, "gpu") == Some("7"));
    assert!(free.map(|s| label(s, "pod")).all(|pod| pod.is_none()));
}

#[test]
fn what_mig_does_not_have_is_absent_not_zero() {
    let driver = open("h100");
    let all = read(&text(&driver));
    let layout = driver.peek();
    let whole: BTreeSet<_> = layout
        .gpus
        .iter()
        .filter(|g| !g.mig)
        .map(|g| (g.index, None))
        .collect();
    assert!(!whole.is_empty());
    for metric in [
        "DCGM_FI_DEV_GPU_UTIL",
        "DCGM_FI_DEV_MEM_COPY_UTIL",
        "DCGM_FI_DEV_ENC_UTIL",
        "DCGM_FI_PROF_PCIE_TX_BYTES",
        "DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS",
    ] {
        let have: BTreeSet<_> = values(&all, metric).into_keys().collect();
        // an empty GPU in MIG mode has no utilisation either, but the rest
        let without_mig = metric.contains("UTIL");
        assert!(
            have.is_superset(&whole) && have.iter().all(|at| at.1.is_none()),
            "{metric}"
        );
        assert!(!without_mig || have == whole, "{metric}");
    }
}

#[test]
fn values_agree_with_the_driver() {
    let driver = open("h100");
    driver.init().unwrap();
    let all = read(&text(&driver));
    // the last collection is the first moment of the simulation: what NVML says a little later is close
    let used = values(&all, "DCGM_FI_DEV_FB_USED");
    let free = values(&all, "DCGM_FI_DEV_FB_FREE");
    let watts = values(&all, "DCGM_FI_DEV_POWER_USAGE");
    for gpu in &driver.peek().gpus {
        for gi in &gpu.instances {
            let at = (gpu.index, Some(gi.gi));
            let d = DeviceRef::Mig {
                gpu: gpu.index,
                gi: gi.gi,
                ci: gi.cis[0].ci,
            };
            let memory = driver.memory(d).unwrap();
            let mib = memory.used as f64 / f64::from(1 << 20);
            assert!((used[&at] - mib).abs() <= 2.0 + 0.01 * mib, "{at:?}");
            let total = used[&at] + free[&at];
            assert!((total - gi.memory_mib as f64).abs() <= 1.0, "{at:?}");
            assert_eq!(watts[&at], watts[&(gpu.index, Some(gpu.instances[0].gi))]);
        }
    }
    for metric in ["GR_ENGINE", "PIPE_TENSOR", "DRAM"] {
        let values = values(&all, &format!("DCGM_FI_PROF_{metric}_ACTIVE"));
        assert!(values.values().all(|v| (0.0..=1.0).contains(v)), "{metric}");
        assert!(values.values().any(|v| *v > 0.1), "{metric}");
    }
    // the training on GPU 6 has it whole
    assert!(values(&all, "DCGM_FI_PROF_GR_ENGINE_ACTIVE")[&(6, None)] > 0.8);
}

#[test]
fn between_collections_nothing_changes() {
    let scenario = Scenario::load("h100").unwrap();
    let driver = Driver::open(&scenario, "dgx-h100-01", None).unwrap();
    let first = driver
        .collected_part(6, None, Duration::from_secs(30), INTERVAL)
        .unwrap();
    let second = driver
        .collected_part(6, None, Duration::from_secs(60), INTERVAL)
        .unwrap();
    assert_ne!(first, second);
    assert_eq!(text(&driver), text(&driver));
}

#[test]
fn over_http_it_is_the_same_text() {
    use std::io::{Read, Write};
    let driver = std::sync::Arc::new(open("bank#dgx-dev-01"));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let shared = std::sync::Arc::clone(&driver);
    std::thread::spawn(move || http::serve(&listener, move || text(&shared)));
    let ask = |path: &str| {
        let mut stream = std::net::TcpStream::connect(at).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let (head, body) = ask("/metrics")
        .split_once("\r\n\r\n")
        .map(|(h, b)| (h.to_owned(), b.to_owned()))
        .unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    assert_eq!(read(&body).len(), read(&text(&driver)).len());
    assert!(ask("/health").ends_with("OK\n"));
    assert!(ask("/").starts_with("HTTP/1.1 404"));
}

#[test]
fn sm_activity_is_off_unless_the_scenario_turns_it_on() {
    let has = |spec| text(&open(spec)).contains(counters::SM_ACTIVE);
    assert!(!has("bank#dgx-dev-01") && !has("h100") && has("dra"));
}

#[test]
fn what_depends_on_the_version() {
    let all = |spec| text(&open(spec));
    assert!(!all("bank#dgx-dev-01").contains(counters::FB_RESERVED));
    assert!(all("h100").contains(counters::FB_RESERVED));
    assert!(all("h100").contains("Hostname=\"dgx-h100-01\""));
    assert!(all("dra").contains("hostname=\"dgx-dra-01\"") && !all("dra").contains("Hostname="));
    assert!(all("h100").contains("GPU_I_PROFILE=\"7g.79gb\""));
}

#[test]
fn claims_are_labels_too() {
    let driver = open("dra");
    let all = read(&text(&driver));
    let chat = all
        .iter()
        .find(|s| label(s, "pod") == Some("chat-32b-5b9f7d6c8d-j8r4x"))
        .unwrap();
    let half = driver.peek().gpus[0]
        .instances
        .iter()
        .find(|gi| gi.start == 0)
        .unwrap()
        .clone();
    assert_eq!(label(chat, "GPU_I_ID"), Some(half.gi.to_string().as_str()));
    assert_eq!(
        label(chat, "dra_mig_device_uuid"),
        Some(half.cis[0].uuid.as_str())
    );
    assert_eq!(label(chat, "dra_device_name"), Some("gpu-0-mig-3g71gb-9-0"));
    assert_eq!(label(chat, "dra_mig_profile"), Some("3g.71gb"));
}

#[test]
fn there_is_nobody_to_ask_without_an_exporter() {
    assert!(runs(&open("bank#dgx-dev-01")) && runs(&open("dra")));
    assert!(!runs(&open("a30")) && !runs(&open("faults#no-library")));
    assert_eq!(text(&open("faults#no-library")), "");
}

#[test]
fn every_xid_of_the_scenarios_has_its_text() {
    for name in Scenario::builtin_names() {
        for host in Scenario::load(name).unwrap().hosts {
            for event in host.kernel_log.iter().filter_map(|l| l.event.as_ref()) {
                assert_ne!(
                    counters::xid_text(event.code),
                    "Unknown Error",
                    "{}",
                    event.code
                );
            }
        }
    }
}
