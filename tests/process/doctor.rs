//! `migdeck doctor`: what is found, what is narrowed, and the exit code.

use std::collections::BTreeSet;

use serde_json::Value;

use super::run::{Ended, migdeck, simulated};
use super::schema::conforms;

fn doctor(arguments: &str) -> Ended {
    migdeck(&format!(
        "demo --scenario drift doctor --wait 120 {arguments}"
    ))
    .go()
}

fn ids(document: &Value) -> BTreeSet<String> {
    let findings = document["findings"].as_array().unwrap().iter();
    findings
        .map(|f| f["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_cluster_that_drifts_shows_each_way_of_it_with_a_command() {
    let ended = doctor("--json");
    assert_eq!(ended.code, 10, "{}", ended.err);
    let document = ended.json();
    conforms("doctor", &document);
    let found = ids(&document);
    for id in [
        "plugin-drift",
        "uuid-unknown",
        "device-unhealthy",
        "mig-config-missing",
        "mig-on-empty",
        "strategy-broken",
        "mig-config-failed",
        "operands-paused",
        "driver-upgrade",
        "slices-unrequestable",
        "several-slices-asked",
        "resource-gone",
        "pods-wait",
        "resource-nowhere",
        "quota-of-nothing",
    ] {
        assert!(found.contains(id), "no {id} in {found:?}");
    }
    let told = document["findings"].as_array().unwrap();
    assert!(
        told.iter()
            .all(|f| f["severity"] == "info" || f["next"].is_string())
    );
}

#[test]
fn host_and_severity_narrow_it_and_the_exit_code_follows() {
    let one = doctor("--json --node dgx-upgrade-01 --severity caution");
    assert_eq!(one.code, 10);
    let document = one.json();
    assert_eq!(document["nodes"], serde_json::json!(["dgx-upgrade-01"]));
    let findings = document["findings"].as_array().unwrap();
    assert!(
        findings
            .iter()
            .all(|f| f["node"] == "dgx-upgrade-01" && f["severity"] != "info")
    );
    assert!(ids(&document).contains("driver-upgrade"));
    // nothing as bad as that there
    assert_eq!(doctor("--node dgx-upgrade-01 --severity danger").code, 0);
    let none = doctor("--node dgx-upgrade-02");
    assert_eq!(none.code, 2);
    assert!(none.err.contains("dgx-upgrade-01"), "{}", none.err);
}

#[test]
fn a_saved_status_is_examined_as_the_hosts_were() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("status.json");
    std::fs::write(&file, simulated("drift").to_string()).unwrap();
    let saved = migdeck("doctor --json --fleet").arg(&file).go();
    assert_eq!(saved.code, 10, "{}", saved.err);
    let saved = saved.json();
    conforms("doctor", &saved);
    assert_eq!(ids(&saved), ids(&doctor("--json").json()));
}
