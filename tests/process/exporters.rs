//! Exporters beside hosts: dcgm-exporter over HTTP as it should be and as it should not, and the real Prometheus.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::run::{Run, migdeck, node};
use crate::common::exporter::{Wrong, serve, serve_wrong};
use crate::common::prometheus::{Prometheus, get};

/// One collection lasts for as long as a test.
const FOREVER: Duration = Duration::from_secs(1_000_000);
/// The host of these tests: Ampere, so that NVML tells no activity of instances.
const HOST: &str = "bank#dgx-dev-01";

fn simulated_host(state: &Path, more: &str) -> Run {
    let program = env!("CARGO_BIN_EXE_migdeck");
    let state = state.display();
    migdeck("status --json --wait 120").config(&format!(
        "[[hosts]]\nname = \"dev\"\nprobe = [\"{program}\", \"probe\", \"--sim\", \"{HOST}\", \"--sim-state\", \"{state}\"]\n{more}"
    ))
}

/// Instances with a compute instance, by GPU and id.
fn instances(status: &Value) -> BTreeMap<(u64, u64), &Value> {
    let mut all = BTreeMap::new();
    for gpu in node(status, "dgx-dev-01")["gpus"].as_array().unwrap() {
        for instance in gpu["instances"].as_array().unwrap() {
            let works = !instance["compute_instances"].as_array().unwrap().is_empty();
            if works {
                let key = (
                    gpu["index"].as_u64().unwrap(),
                    instance["gi"].as_u64().unwrap(),
                );
                all.insert(key, instance);
            }
        }
    }
    all
}

fn source<'a>(status: &'a Value, name: &str) -> Option<&'a Value> {
    let sources = status["sources"].as_array().unwrap();
    sources.iter().find(|s| s["name"] == name)
}

/// GR activity in per cent by GPU and instance, as the page at `url` says.
fn told_by(url: &str) -> BTreeMap<(u64, u64), f64> {
    let page = get(url).unwrap();
    let of = |line: &str, label: &str| -> Option<u64> {
        let rest = line.split_once(&format!("{label}=\""))?.1;
        rest.split_once('"')?.0.parse().ok()
    };
    let lines = page.lines();
    lines
        .filter(|l| l.starts_with("DCGM_FI_PROF_GR_ENGINE_ACTIVE{"))
        .filter_map(|line| {
            let value: f64 = line.rsplit_once(' ')?.1.parse().ok()?;
            Some(((of(line, "gpu")?, of(line, "GPU_I_ID")?), 100.0 * value))
        })
        .collect()
}

/// The body of what is at a URL on loopback.

#[test]
fn ampere_has_the_gr_activity_that_the_exporter_tells() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let url = serve(HOST, &state, FOREVER);
    let status = simulated_host(&state, "")
        .arg("--dcgm")
        .arg(&url)
        .ok()
        .json();
    let told = told_by(&url);
    let instances = instances(&status);
    assert!(instances.len() > 10, "{}", instances.len());
    let mut busy = 0;
    for (key, instance) in &instances {
        let percent = instance["gr_active"].as_f64();
        let percent = percent.unwrap_or_else(|| panic!("{key:?}: {instance:#}"));
        assert!(
            (percent - told[key]).abs() < 1e-6,
            "{key:?}: {percent} {}",
            told[key]
        );
        busy += u32::from(percent > 10.0);
        let provenance = &instance["metrics"]["gr_active"];
        assert_eq!(provenance["source"], "dcgm-exporter");
        assert_eq!(provenance["of"], "instance");
        assert!(provenance["at"].is_string());
        let why = instance["absent"]["sm_active"]["text"].as_str().unwrap();
        assert!(
            why.contains("does not tell DCGM_FI_PROF_SM_ACTIVE"),
            "{why}"
        );
    }
    assert!(busy > 0, "nobody works");
    assert_eq!(source(&status, "dcgm").unwrap()["state"], "live");
    super::schema::conforms("status", &status);
}

#[test]
fn without_an_exporter_the_reason_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let status = simulated_host(&folder.path().join("state"), "").ok().json();
    for instance in instances(&status).values() {
        assert_eq!(instance["gr_active"], Value::Null);
        let why = instance["absent"]["sm_active"]["text"].as_str().unwrap();
        assert!(why.contains("--dcgm URL"), "{why}");
    }
    assert_eq!(source(&status, "dcgm"), None);
}

#[test]
fn a_page_for_people_has_the_column_of_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let url = serve(HOST, &state, FOREVER);
    let program = env!("CARGO_BIN_EXE_migdeck");
    let page = migdeck("status --wait 120")
        .config(&format!(
            "[[hosts]]\nname = \"dev\"\nprobe = [\"{program}\", \"probe\", \"--sim\", \"{HOST}\", \"--sim-state\", \"{}\"]\ndcgm = \"{url}\"\n",
            state.display()
        ))
        .ok()
        .out;
    assert!(page.contains(" GR% "), "{page}");
    let sources = page.lines().find(|l| l.starts_with("SOURCES")).unwrap();
    assert!(
        sources.contains("dcgm ") && sources.contains("s GR"),
        "{sources}"
    );
}

#[test]
fn a_host_that_no_probe_reads_is_shown_with_what_its_exporter_tells() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let url = serve("bank#dgx-prod-01", &folder.path().join("other"), FOREVER);
    let status = simulated_host(&state, "")
        .arg("--dcgm")
        .arg(&url)
        .ok()
        .json();
    super::schema::conforms("status", &status);
    let far = node(&status, "dgx-prod-01");
    assert_eq!(far["gpus"].as_array().unwrap().len(), 8);
    let instance = &far["gpus"][0]["instances"][0];
    assert!(instance["gr_active"].is_number(), "{instance:#}");
    assert!(instance["memory"]["used"].is_number(), "{instance:#}");
    assert_eq!(instance["start"], Value::Null);
    let why = instance["absent"]["start"]["text"].as_str().unwrap();
    assert!(why.contains("no probe reads this host"), "{why}");
    // nothing is known of compute instances, processes, rights: nothing is said of them
    assert_eq!(far["findings"], serde_json::json!([]));
    let page = migdeck("status --wait 120 --no-sudo")
        .arg("--dcgm")
        .arg(&url)
        .go();
    assert!(
        page.out.contains("dgx-prod-01  8x A100-SXM4-40GB"),
        "{}",
        page.out
    );
}

#[test]
fn an_exporter_that_is_none_is_told_as_what_it_is_and_the_host_is_shown() {
    let cases = [
        (Wrong::Hangs, "no whole answer within 10 s"),
        (Wrong::Slow, "no whole answer within 10 s"),
        (Wrong::Endless, "the answer is longer than 16777216 bytes"),
        (
            Wrong::Fails,
            "it answers 500 Internal Server Error: failed to collect metrics",
        ),
        (
            Wrong::Html,
            "the answer is no page of metrics: line 1: no metric name where `<!DOCTYPE html>` stands",
        ),
        (
            Wrong::Other,
            "the answer has 2 series, and none of DCGM's: it is another exporter's",
        ),
    ];
    std::thread::scope(|scope| {
        for (wrong, why) in cases {
            scope.spawn(move || {
                let folder = tempfile::tempdir().unwrap();
                let url = serve_wrong(wrong);
                let status =
                    simulated_host(&folder.path().join("state"), &format!("dcgm = \"{url}\"\n"))
                        .ok()
                        .json();
                let dcgm = source(&status, "dcgm").unwrap_or_else(|| panic!("{wrong:?}"));
                assert_eq!(dcgm["state"], "down", "{wrong:?}");
                assert_eq!(dcgm["reason"], why, "{wrong:?}");
                for instance in instances(&status).values() {
                    assert_eq!(instance["gr_active"], Value::Null);
                    let told = instance["absent"]["gr_active"]["text"].as_str().unwrap();
                    assert!(told.ends_with(why), "{wrong:?}: {told}");
                }
            });
        }
    });
}

#[test]
fn an_address_that_is_none_is_refused() {
    let refused = migdeck("status --dcgm ftp://dgx").go();
    assert_eq!(refused.code, 2);
    assert!(
        refused.err.contains("neither http nor https"),
        "{}",
        refused.err
    );
    let refused = migdeck("demo status --prometheus http://p").go();
    assert_eq!(refused.code, 2);
    let refused = migdeck("status").config("dcgm = [\"\"]\n").go();
    assert_eq!(refused.code, 2);
}

#[test]
fn the_demo_has_the_exporters_of_its_hosts() {
    let status = super::run::simulated("bank");
    for name in ["dgx-dev-01", "dgx-prod-01", "dgx-mix-01"] {
        let is = |s: &&Value| s["node"] == name && s["name"] == "dcgm";
        let dcgm = status["sources"].as_array().unwrap().iter().find(is);
        assert_eq!(dcgm.unwrap_or_else(|| panic!("{name}"))["state"], "live");
    }
    let told = instances(&status);
    assert!(told.values().all(|i| i["gr_active"].is_number()));
}

#[test]
fn prometheus_tells_the_same_with_the_age_of_its_own_scrape() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let exporter = serve(HOST, &state, FOREVER);
    let prometheus = Prometheus::scraping(std::slice::from_ref(&exporter), Ipv4Addr::LOCALHOST);
    let run = || {
        simulated_host(&state, "")
            .arg("--prometheus")
            .arg(&prometheus.url)
    };
    let status = run().ok().json();
    let told = told_by(&exporter);
    for (key, instance) in instances(&status) {
        let percent = instance["gr_active"].as_f64();
        let percent = percent.unwrap_or_else(|| panic!("{key:?}: {instance:#}"));
        assert!((percent - told[&key]).abs() < 1e-6, "{key:?}");
        let provenance = &instance["metrics"]["gr_active"];
        assert_eq!(provenance["source"], "prometheus");
        let at: jiff::Timestamp = provenance["at"].as_str().unwrap().parse().unwrap();
        let now: jiff::Timestamp = status["at"].as_str().unwrap().parse().unwrap();
        assert!(at < now, "{at} {now}");
    }
    assert_eq!(source(&status, "prometheus").unwrap()["state"], "live");
    // its own labels name the exporter's pod on every series, also of those that nobody holds
    let text = status.to_string();
    assert!(!text.contains("gpu-metrics-x"), "{text}");
    let named = instances(&status).values().any(|i| {
        let pods = i["pods"].as_array().into_iter().flatten();
        let more = i["compute_instances"].as_array().into_iter().flatten();
        let all = pods.chain(more.flat_map(|ci| ci["pods"].as_array().into_iter().flatten()));
        let mut evidence = all.flat_map(|p| p["evidence"].as_array().into_iter().flatten());
        evidence.any(|e| e == "prometheus")
    });
    assert!(named, "no label has confirmed a pod");
}

#[test]
fn a_prometheus_that_has_nothing_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let url = serve_wrong(Wrong::Fails);
    let url = url.strip_suffix("/metrics").unwrap();
    let status = simulated_host(&folder.path().join("state"), "")
        .arg("--prometheus")
        .arg(url)
        .ok()
        .json();
    let told = source(&status, "prometheus").unwrap();
    assert_eq!(told["state"], "down");
    assert!(
        told["reason"]
            .as_str()
            .unwrap()
            .starts_with("it answers 500"),
        "{told}"
    );
}
