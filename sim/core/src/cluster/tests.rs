//! Node, pods and PodResources of the built-in hosts.

use super::*;
use crate::scenario::Scenario;

fn open(spec: &str) -> Driver {
    let scenario = Scenario::load(spec).unwrap();
    Driver::open(&scenario, &scenario.hosts[0].name, None).unwrap()
}

#[track_caller]
fn labels_hold(node: &Value, labels: &[(&str, &str)]) {
    for (key, value) in labels {
        assert_eq!(
            node["metadata"]["labels"][format!("nvidia.com/{key}")],
            *value,
            "{key}"
        );
    }
}

#[test]
fn production_has_the_labels_of_the_bank() {
    let node = node_json(&open("bank#dgx-prod-01")).unwrap();
    labels_hold(
        &node,
        &[
            // those that follow the driver: 535.161.08, CUDA 12.2
            ("cuda.driver.major", "535"),
            ("cuda.driver.minor", "161"),
            ("cuda.driver.rev", "08"),
            ("cuda.runtime.major", "12"),
            ("cuda.runtime.minor", "2"),
            // those of the bank
            ("gfd.timestamp", "1650536401"),
            ("gpu", "true"),
            ("gpu.compute.major", "8"),
            ("gpu.compute.minor", "0"),
            ("gpu.count", "16"),
            ("gpu.engines.copy", "3"),
            ("gpu.engines.decoder", "2"),
            ("gpu.engines.encoder", "0"),
            ("gpu.engines.jpeg", "0"),
            ("gpu.engines.ofa", "0"),
            ("gpu.family", "ampere"),
            ("gpu.machine", "DGXA100-920-23687-2530-000"),
            ("gpu.memory", "20096"),
            ("gpu.multiprocessors", "42"),
            ("gpu.product", "A100-SXM4-40GB-MIG-3g.20gb"),
            ("gpu.slices.ci", "3"),
            ("gpu.slices.gi", "3"),
            ("mig.strategy", "single"),
            // and those of its owner
            ("mig.config", "all-3g.20gb"),
            ("mig.config.state", "success"),
        ],
    );
}

#[test]
fn production_shows_sixteen_beside_zeros_of_an_earlier_time() {
    let node = node_json(&open("bank#dgx-prod-01")).unwrap();
    for amounts in [&node["status"]["capacity"], &node["status"]["allocatable"]] {
        assert_eq!(amounts["nvidia.com/gpu"], "16");
        for stale in ["1g.5gb", "2g.10gb", "3g.20gb", "7g.40gb"] {
            assert_eq!(amounts[format!("nvidia.com/mig-{stale}")], "0");
        }
    }
    assert_eq!(
        node["status"]["nodeInfo"]["bootID"],
        derive::boot_id(open("bank#dgx-prod-01").host())
    );
}

#[test]
fn development_counts_by_profile() {
    let node = node_json(&open("bank#dgx-dev-01")).unwrap();
    let allocatable = node["status"]["allocatable"].as_object().unwrap();
    let nvidia: Vec<(&str, &str)> = allocatable
        .iter()
        .filter(|(k, _)| k.starts_with("nvidia.com/"))
        .map(|(k, v)| (k.trim_start_matches("nvidia.com/"), v.as_str().unwrap()))
        .collect();
    assert_eq!(
        nvidia,
        [
            ("mig-1g.5gb", "14"),
            ("mig-2g.10gb", "6"),
            ("mig-3g.20gb", "4"),
            ("mig-7g.40gb", "2")
        ]
    );
    labels_hold(
        &node,
        &[
            ("mig.strategy", "mixed"),
            ("gpu.count", "8"),
            ("gpu.replicas", "0"),
            ("gpu.product", "NVIDIA-A100-SXM4-40GB"),
            ("mig-1g.5gb.count", "14"),
            ("mig-2g.10gb.engines.decoder", "1"),
            ("mig-7g.40gb.multiprocessors", "98"),
            ("mig-3g.20gb.product", "NVIDIA-A100-SXM4-40GB-MIG-3g.20gb"),
        ],
    );
}

#[test]
fn the_lab_host_advertises_nothing() {
    let driver = open("bank#dgx-mix-01");
    let node = node_json(&driver).unwrap();
    for amounts in [&node["status"]["capacity"], &node["status"]["allocatable"]] {
        for (key, value) in amounts.as_object().unwrap() {
            assert!(
                !key.starts_with("nvidia.com/") || value == "0",
                "{key}: {value}"
            );
        }
    }
    let pods = pods_json(&driver);
    let plugin = pods
        .iter()
        .find(|p| {
            p["metadata"]["name"]
                .as_str()
                .unwrap()
                .starts_with("nvidia-device-plugin")
        })
        .unwrap();
    assert_eq!(
        plugin["status"]["containerStatuses"][0]["state"]["waiting"]["reason"],
        "CrashLoopBackOff"
    );
}

#[test]
fn a_part_of_an_instance_would_stop_the_plugin_even_if_it_ran() {
    let mut scenario = Scenario::load("bank#dgx-mix-01").unwrap();
    scenario.hosts[0].node.as_mut().unwrap().plugin = true;
    let driver = Driver::open(&scenario, "dgx-mix-01", None).unwrap();
    assert!(resources::advertised(&View::of(&driver)).is_empty());
    scenario.hosts[0].gpus[4].instances = vec!["9@0".into(), "9@4".into()];
    scenario.hosts[0].gpus[6].instances = vec!["0@0".into()];
    let driver = Driver::open(&scenario, "dgx-mix-01", None).unwrap();
    assert_eq!(
        resources::advertised(&View::of(&driver))["nvidia.com/mig-3g.20gb"].len(),
        4
    );
}

#[test]
fn strategy_single_is_broken_by_one_other_device() {
    let driver = open("bank#dgx-prod-01");
    driver.init().unwrap();
    let view = View::of(&driver);
    assert!(view.is_as_at_start());
    // the idle one of voice-summary: GPU 7, second half
    let gi = view.layout.gpus[7]
        .instances
        .iter()
        .find(|g| g.start == 4)
        .unwrap()
        .clone();
    driver.destroy_ci(7, gi.gi, gi.cis[0].ci).unwrap();
    driver.destroy_gi(7, gi.gi).unwrap();
    let node = node_json(&driver).unwrap();
    assert_eq!(node["status"]["allocatable"]["nvidia.com/gpu"], "15");
    labels_hold(
        &node,
        &[
            ("gpu.count", "15"),
            ("gpu.memory", "19968"),
            ("mig.config", "all-3g.20gb"),
        ],
    );

    let small = driver.create_gi(7, 19, Some((4, 1))).unwrap();
    driver.create_ci(7, small, 0, None).unwrap();
    let node = node_json(&driver).unwrap();
    assert_eq!(node["status"]["allocatable"]["nvidia.com/gpu"], "0");
    labels_hold(
        &node,
        &[
            ("gpu.product", "NVIDIA-A100-SXM4-40GB-MIG-INVALID"),
            ("gpu.count", "0"),
        ],
    );
    // the pod keeps what it was given
    let held = pod_resources(&driver)
        .into_iter()
        .find(|p| p.pod.starts_with("voice-summary"))
        .unwrap();
    assert!(held.devices[0].1.contains(&gi.cis[0].uuid));
}

#[test]
fn suffixed_profiles_become_resource_names() {
    let node = node_json(&open("h100")).unwrap();
    let allocatable = &node["status"]["allocatable"];
    assert_eq!(allocatable["nvidia.com/mig-1g.10gb.me"], "1");
    assert_eq!(allocatable["nvidia.com/gpu"], "1");
    assert_eq!(
        resources::resource_name("1g.24gb+me.all"),
        "nvidia.com/mig-1g.24gb.me.all"
    );
    assert_eq!(
        resources::resource_name("1g.24gb-me"),
        "nvidia.com/mig-1g.24gb-me"
    );
    labels_hold(
        &node,
        &[
            ("gpu.replicas", "1"),
            ("gpu.family", "hopper"),
            ("mig-1g.20gb.multiprocessors", "26"),
        ],
    );
}

#[test]
fn the_status_names_devices_only_from_kubernetes_1_36() {
    let has = |spec: &str| {
        pods_json(&open(spec)).iter().any(|p| {
            p["status"]["containerStatuses"][0]
                .get("allocatedResourcesStatus")
                .is_some()
        })
    };
    assert!(has("h100"));
    assert!(!has("bank#dgx-dev-01"));
    let driver = open("h100");
    let pods = pods_json(&driver);
    let whole = pods
        .iter()
        .find(|p| p["metadata"]["name"] == "pretrain-0")
        .unwrap();
    assert_eq!(
        whole["status"]["containerStatuses"][0]["allocatedResourcesStatus"],
        json!([{ "name": "nvidia.com/gpu", "resources": [{ "resourceID": driver.peek().gpus[6].uuid, "health": "Healthy" }] }])
    );
    assert_eq!(whole["spec"]["nodeName"], "dgx-h100-01");
    assert_eq!(
        whole["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"],
        "1"
    );
    assert_eq!(
        whole["metadata"]["ownerReferences"][0]["kind"],
        "StatefulSet"
    );
}

#[test]
fn pod_resources_agree_with_the_pods() {
    for name in Scenario::builtin_names() {
        let scenario = Scenario::load(name).unwrap();
        for host in &scenario.hosts {
            let driver = Driver::open(&scenario, &host.name, None).unwrap();
            let layout = driver.peek();
            let known: Vec<&String> = layout
                .gpus
                .iter()
                .flat_map(|g| {
                    g.instances
                        .iter()
                        .flat_map(|i| i.cis.iter().map(|c| &c.uuid))
                        .chain([&g.uuid])
                })
                .collect();
            // a scenario that tells of a slice that is gone names it where it gives it
            let named: Vec<&String> = host
                .pods
                .iter()
                .flat_map(|pod| pod.containers.iter().flat_map(|c| c.ids.values().flatten()))
                .collect();
            assert!(named.is_empty() || *name == "drift", "{name}: {named:?}");
            for entry in pod_resources(&driver) {
                for (resource, ids) in &entry.devices {
                    assert!(
                        !ids.is_empty(),
                        "{}/{}: {resource}",
                        entry.namespace,
                        entry.pod
                    );
                    assert!(
                        ids.iter()
                            .all(|id| known.contains(&id) || named.contains(&id)),
                        "{}/{}: {ids:?}",
                        entry.namespace,
                        entry.pod
                    );
                }
            }
        }
    }
}

#[test]
fn a_given_device_is_of_its_resource() {
    for spec in ["bank#dgx-dev-01", "h100", "a30"] {
        let driver = open(spec);
        let advertised = resources::advertised(&View::of(&driver));
        for (resource, ids) in pod_resources(&driver).into_iter().flat_map(|p| p.devices) {
            assert!(
                ids.iter().all(|id| advertised[&resource].contains(id)),
                "{spec}: {resource} {ids:?}"
            );
        }
    }
}

#[test]
fn a_host_without_cluster_has_none() {
    let driver = open("faults#slow");
    assert_eq!(node_json(&driver), None);
    assert!(pods_json(&driver).is_empty() && pod_resources(&driver).is_empty());
}
