//! Pending pods, events and dynamic resource allocation of the built-in hosts.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::scenario::Scenario;

fn open(spec: &str) -> Driver {
    let scenario = Scenario::load(spec).unwrap();
    Driver::open(&scenario, &scenario.hosts[0].name, None).unwrap()
}

/// The scheduler's message is written in the scenario, so it is held to what the scenario's nodes have free.
#[test]
fn no_node_has_what_a_pending_pod_asks_for() {
    let scenario = Scenario::load("bank").unwrap();
    assert_eq!(scenario.pods.len(), 2);
    let drivers: Vec<Driver> = scenario
        .hosts
        .iter()
        .map(|h| Driver::open(&scenario, &h.name, None).unwrap())
        .collect();
    for pod in &scenario.pods {
        for (resource, wanted) in &pod.requests {
            for driver in &drivers {
                let view = View::of(driver);
                let have = resources::advertised(&view)
                    .get(resource)
                    .map_or(0, Vec::len);
                let given: usize = pod_resources(driver)
                    .iter()
                    .flat_map(|p| &p.devices)
                    .filter(|(name, _)| name == resource)
                    .map(|(_, ids)| ids.len())
                    .sum();
                assert!(have - given < *wanted as usize, "{}: {resource}", pod.name);
            }
            let lacks = format!(
                "0/{0} nodes are available: {0} Insufficient {resource}.",
                drivers.len()
            );
            assert!(pod.message.starts_with(&lacks), "{}", pod.message);
        }
    }
    let lists: Vec<_> = drivers.iter().map(pending_json).collect();
    let uids = |list: &[Value]| -> Vec<Value> {
        list.iter().map(|p| p["metadata"]["uid"].clone()).collect()
    };
    assert!(lists.iter().all(|list| uids(list) == uids(&lists[0])));
    let pod = &lists[0][1];
    assert_eq!(pod["status"]["phase"], "Pending");
    assert_eq!(pod["spec"].get("nodeName"), None);
    assert_eq!(
        pod["spec"]["containers"][0]["resources"]["requests"]["nvidia.com/mig-2g.10gb"],
        "2"
    );
    assert_eq!(pod["status"]["conditions"][0]["reason"], "Unschedulable");
}

#[test]
fn events_tell_of_pods_that_exist() {
    let driver = open("bank#dgx-mix-01");
    let events = events_json(&driver);
    let reasons: Vec<_> = events
        .iter()
        .map(|e| e["reason"].as_str().unwrap())
        .collect();
    assert_eq!(reasons, ["FailedScheduling", "FailedScheduling", "BackOff"]);
    let pods: Vec<Value> = pods_json(&driver)
        .into_iter()
        .chain(pending_json(&driver))
        .collect();
    for event in &events {
        let object = &event["involvedObject"];
        assert!(
            pods.iter().any(|p| p["metadata"]["uid"] == object["uid"]
                && p["metadata"]["name"] == object["name"]
                && p["metadata"]["namespace"] == object["namespace"]),
            "{object}"
        );
    }
    let crash = &events[2];
    assert_eq!(crash["source"]["component"], "kubelet");
    assert_eq!(
        crash["involvedObject"]["fieldPath"],
        "spec.containers{nvidia-device-plugin-ctr}"
    );
    assert!(crash["message"].as_str().unwrap().starts_with("Back-off restarting failed container nvidia-device-plugin-ctr in pod nvidia-device-plugin-daemonset-c9f2r_kube-system("));
    // 5405 seconds at one attempt in 300, and the first
    assert_eq!(events[0]["series"]["count"], 19);
    assert_eq!(
        events[0]["message"],
        pending_json(&driver)[0]["status"]["conditions"][0]["message"]
    );
    assert_eq!(events_json(&open("bank#dgx-dev-01")).len(), 2);
    assert!(events_json(&open("faults#slow")).is_empty());
}

#[test]
fn the_slice_lists_what_existed_at_the_start() {
    let driver = open("dra");
    driver.init().unwrap();
    let slices = resource_slices_json(&driver);
    let [slice] = slices.as_slice() else {
        panic!("{slices:?}");
    };
    assert_eq!(slice["apiVersion"], "resource.k8s.io/v1");
    assert_eq!(slice["spec"]["pool"]["name"], "dgx-dra-01");
    let devices = slice["spec"]["devices"].as_array().unwrap();
    let names: BTreeSet<&str> = devices
        .iter()
        .map(|d| d["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        // none for GPU 2's first instance: its devices are parts of it
        BTreeSet::from([
            "gpu-0-mig-3g71gb-9-0",
            "gpu-0-mig-3g71gb-9-4",
            "gpu-1-mig-1g18gb-19-4",
            "gpu-1-mig-1g18gb-me-20-6",
            "gpu-1-mig-2g35gb-14-0",
            "gpu-1-mig-2g35gb-14-2",
            "gpu-2-mig-3g71gb-9-4",
            "gpu-3",
        ])
    );
    assert_eq!(devices.len(), names.len());
    let half = devices
        .iter()
        .find(|d| d["name"] == "gpu-0-mig-3g71gb-9-4")
        .unwrap();
    assert_eq!(
        half["attributes"]["parentUUID"]["string"],
        driver.peek().gpus[0].uuid
    );
    assert_eq!(half["attributes"]["driverVersion"]["version"], "580.95.5");
    let slices: Vec<&String> = half["capacity"]
        .as_object()
        .unwrap()
        .keys()
        .filter(|k| k.starts_with("memorySlice"))
        .collect();
    assert_eq!(
        slices,
        [
            "memorySlice4",
            "memorySlice5",
            "memorySlice6",
            "memorySlice7"
        ]
    );

    // static MIG: a later change does not show until the plugin is restarted
    let before = resource_slices_json(&driver);
    let gi = driver.peek().gpus[2]
        .instances
        .iter()
        .find(|g| g.start == 4)
        .unwrap()
        .clone();
    driver.destroy_ci(2, gi.gi, gi.cis[0].ci).unwrap();
    driver.destroy_gi(2, gi.gi).unwrap();
    assert_eq!(resource_slices_json(&driver), before);
}

#[test]
fn a_claim_leads_from_its_pod_to_a_device_of_the_slice() {
    let driver = open("dra");
    let slices = resource_slices_json(&driver);
    let devices = slices[0]["spec"]["devices"].as_array().unwrap();
    let claims: BTreeMap<String, Value> = claims_json(&driver)
        .into_iter()
        .map(|c| (c["metadata"]["name"].as_str().unwrap().to_owned(), c))
        .collect();
    assert_eq!(claims.len(), 4);
    let mut seen = 0;
    for pod in pods_json(&driver) {
        for status in pod["status"]["resourceClaimStatuses"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let claim = &claims[status["resourceClaimName"].as_str().unwrap()];
            assert_eq!(
                claim["status"]["reservedFor"][0]["uid"],
                pod["metadata"]["uid"]
            );
            assert_eq!(claim["metadata"]["namespace"], pod["metadata"]["namespace"]);
            let result = &claim["status"]["allocation"]["devices"]["results"][0];
            assert_eq!(
                result["request"],
                claim["spec"]["devices"]["requests"][0]["name"]
            );
            let device = devices
                .iter()
                .find(|d| d["name"] == result["device"])
                .unwrap();
            let container = &pod["status"]["containerStatuses"][0];
            let id = format!(
                "gpu.nvidia.com/dgx-dra-01/{}",
                device["name"].as_str().unwrap()
            );
            assert_eq!(
                container["allocatedResourcesStatus"][0]["resources"][0]["resourceID"],
                id
            );
            assert_eq!(pod["spec"]["resourceClaims"][0]["name"], status["name"]);
            assert_eq!(
                pod["spec"]["containers"][0]["resources"]["claims"][0]["name"],
                status["name"]
            );
            seen += 1;
        }
    }
    assert_eq!(seen, 4);
    let node = node_json(&driver).unwrap();
    let keys = node["status"]["allocatable"].as_object().unwrap();
    assert!(!keys.keys().any(|k| k.starts_with("nvidia.com/")));
    assert!(
        claims_json(&open("h100")).is_empty() && resource_slices_json(&open("h100")).is_empty()
    );
}

/// What controllers would have counted is written in the scenario, so it is held to the scenario's pods.
#[test]
fn budgets_and_quotas_have_been_counted_right() {
    let scenario = Scenario::load("bank").unwrap();
    assert!(!scenario.budgets.is_empty() && !scenario.quotas.is_empty());
    let bound = || scenario.hosts.iter().flat_map(|h| &h.pods);
    for budget in &scenario.budgets {
        let healthy = bound().filter(|p| {
            let mut labels = budget.labels.iter();
            p.namespace == budget.namespace && labels.all(|(k, v)| p.labels.get(k) == Some(v))
        });
        assert_eq!(healthy.count() as u32, budget.healthy, "{}", budget.name);
    }
    for quota in &scenario.quotas {
        for resource in quota.hard.keys() {
            let name = resource.strip_prefix("requests.").unwrap();
            let own = bound().filter(|p| p.namespace == quota.namespace);
            let given = own
                .flat_map(|p| &p.containers)
                .filter_map(|c| c.devices.get(name));
            let waits = scenario
                .pods
                .iter()
                .filter(|p| p.namespace == quota.namespace);
            let waits = waits.filter_map(|p| p.requests.get(name));
            let used = given.map(|d| d.len() as u32).sum::<u32>() + waits.sum::<u32>();
            let told = quota.used.get(resource).copied().unwrap_or(0);
            assert_eq!(used, told, "{}/{resource}", quota.namespace);
            assert!(used <= quota.hard[resource]);
        }
    }
    let driver = open("bank");
    let budget = &budgets_json(&driver)[0];
    assert_eq!(
        budget["spec"]["selector"]["matchLabels"]["app"],
        "fraud-detect"
    );
    assert_eq!(budget["status"]["disruptionsAllowed"], 0);
    let quota = &quotas_json(&driver)[1];
    assert_eq!(
        quota["status"]["used"]["requests.nvidia.com/mig-3g.40gb"],
        "0"
    );
    assert_eq!(quota["status"]["hard"], quota["spec"]["hard"]);
}

#[test]
fn devices_given_by_id_are_a_containers_too() {
    let mut scenario = Scenario::load("bank#dgx-dev-01").unwrap();
    let free = {
        let driver = Driver::open(&scenario, "dgx-dev-01", None).unwrap();
        driver.peek().gpus[7].instances[0].cis[0].uuid.clone()
    };
    let resource = "nvidia.com/mig-7g.40gb".to_owned();
    let container = Container {
        name: "main".into(),
        ids: BTreeMap::from([(resource.clone(), vec![free.clone()])]),
        ..Container::default()
    };
    scenario.hosts[0].pods.push(Pod {
        namespace: "batch".into(),
        name: "late".into(),
        containers: vec![container],
        ..Pod::default()
    });
    let driver = Driver::open(&scenario, "dgx-dev-01", None).unwrap();
    let all = pod_resources(&driver);
    let given = all.iter().find(|p| p.pod == "late").unwrap();
    assert_eq!(given.devices, [(resource.clone(), vec![free])]);
    let pods = pods_json(&driver);
    let pod = pods
        .iter()
        .find(|p| p["metadata"]["name"] == "late")
        .unwrap();
    let limits = &pod["spec"]["containers"][0]["resources"]["limits"];
    assert_eq!(limits[&resource], "1");
}
