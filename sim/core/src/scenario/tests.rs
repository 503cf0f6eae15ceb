//! The built-in scenarios, taken together.

use std::collections::{BTreeMap, BTreeSet};

use crate::driver::Driver;

use super::{Host, InstanceSpec, Scenario, derive};

fn all() -> Vec<Scenario> {
    Scenario::builtin_names()
        .iter()
        .map(|name| Scenario::load(name).unwrap_or_else(|e| panic!("{e}")))
        .collect()
}

fn profiles(host: &Host, gpu: usize) -> BTreeMap<u32, usize> {
    let mut counts = BTreeMap::new();
    for text in &host.gpus[gpu].instances {
        let spec: InstanceSpec = text.parse().unwrap();
        *counts.entry(spec.profile).or_insert(0) += 1;
    }
    counts
}

#[test]
fn every_built_in_scenario_loads_under_its_name() {
    for (scenario, name) in all().iter().zip(Scenario::builtin_names()) {
        assert_eq!(scenario.name, *name);
        assert!(!scenario.about.is_empty());
    }
}

#[test]
fn identities_are_unique_across_all_scenarios() {
    let mut seen = BTreeSet::new();
    let mut once = |what: &str, value: String| {
        assert!(
            seen.insert((what.to_owned(), value.clone())),
            "{what} {value} twice"
        )
    };
    for host in all().iter().flat_map(|s| &s.hosts) {
        once("host", host.name.clone());
        once("boot id", derive::boot_id(host));
        once("machine id", derive::machine_id(host));
        let mut on_host = BTreeSet::new();
        for i in 0..host.gpus.len() {
            once("GPU", derive::gpu_uuid(host, i));
            once("serial", derive::serial(host, i));
            assert!(
                on_host.insert(derive::pci(host, i)),
                "{}: PCI address twice",
                host.name
            );
            assert!(
                on_host.insert(format!("minor {}", derive::minor(host, i))),
                "{}: minor twice",
                host.name
            );
            for uuid in &host.gpus[i].mig_uuids {
                once("MIG device", uuid.clone());
            }
        }
        for (i, claim) in host.pods.iter().flat_map(|p| &p.claims).enumerate() {
            assert!(
                on_host.insert(format!("claimed {:?}", claim.device)),
                "{}: claim {i}: device given twice",
                host.name
            );
        }
        for pod in &host.pods {
            once("pod", format!("{}/{}", pod.namespace, pod.name));
            once("pod uid", derive::pod_uid(pod));
            for container in &pod.containers {
                let id = derive::container_id(pod, &container.name);
                assert_eq!(id.len(), 64);
                once("container", id);
            }
        }
    }
    for pod in all().iter().flat_map(|s| &s.pods) {
        once("pod", format!("{}/{}", pod.namespace, pod.name));
    }
}

#[test]
fn derived_values_have_the_forms_of_real_ones() {
    let scenario = Scenario::load("bank#dgx-dev-01").unwrap();
    let host = &scenario.hosts[0];
    let uuid = derive::gpu_uuid(host, 3);
    assert_eq!(uuid.len(), 40);
    assert_eq!(&uuid[..4], "GPU-");
    assert_eq!(uuid.as_bytes()[18], b'4', "version nibble of {uuid}");
    assert_eq!(derive::serial(host, 3).len(), 13);
    assert_eq!(derive::machine_id(host).len(), 32);
    let addresses: Vec<String> = (0..8).map(|i| derive::pci(host, i)).collect();
    assert_eq!(addresses[5], "0000:90:00.0");
    assert_eq!(addresses[0], "0000:07:00.0");
}

#[test]
fn object_names_are_ones_that_kubernetes_takes() {
    let label = |s: &str| {
        !s.is_empty()
            && s.len() <= 63
            && s.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !s.starts_with('-')
            && !s.ends_with('-')
    };
    for host in all().iter().flat_map(|s| s.hosts.clone()) {
        assert!(label(&host.name), "{}", host.name);
        for pod in &host.pods {
            assert!(
                label(&pod.namespace) && label(&pod.name),
                "{}/{}",
                pod.namespace,
                pod.name
            );
            assert!(pod.containers.iter().all(|c| label(&c.name)));
        }
        for value in host.node.iter().flat_map(|n| n.labels.values()) {
            let ends = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
            assert!(
                value.len() <= 63 && ends(value.chars().next()) && ends(value.chars().last()),
                "{value}"
            );
        }
    }
}

#[test]
fn a_device_is_given_to_one_container_only() {
    for host in all().iter().flat_map(|s| s.hosts.clone()) {
        let mut given = BTreeSet::new();
        for container in host.pods.iter().flat_map(|p| &p.containers) {
            for device in container.devices.values().flatten() {
                assert!(
                    given.insert(device.clone()),
                    "{}: {device:?} is given twice",
                    host.name
                );
            }
        }
    }
}

#[test]
fn the_development_server_is_as_the_bank_drew_it() {
    let scenario = Scenario::builtin("bank").unwrap();
    let host = scenario.host("dgx-dev-01").unwrap();
    for (gpu, want) in [
        (0, (19, 7)),
        (1, (19, 7)),
        (2, (14, 3)),
        (3, (14, 3)),
        (4, (9, 2)),
        (5, (9, 2)),
        (6, (0, 1)),
        (7, (0, 1)),
    ] {
        assert_eq!(profiles(host, gpu), BTreeMap::from([want]), "GPU {gpu}");
    }
}

#[test]
fn the_production_server_has_two_slices_on_each_gpu() {
    let scenario = Scenario::builtin("bank").unwrap();
    let host = scenario.host("dgx-prod-01").unwrap();
    for gpu in 0..8 {
        assert_eq!(profiles(host, gpu), BTreeMap::from([(9, 2)]), "GPU {gpu}");
    }
    let mut taken: Vec<usize> = host
        .pods
        .iter()
        .flat_map(|p| &p.containers)
        .filter_map(|c| c.devices.get("nvidia.com/gpu").map(Vec::len))
        .collect();
    taken.sort_unstable();
    assert_eq!(taken, [2, 2, 4, 8]);
}

#[test]
fn the_lab_host_is_the_sample_listing() {
    let scenario = Scenario::builtin("bank").unwrap();
    let host = scenario.host("dgx-mix-01").unwrap();
    assert_eq!(
        host.gpus[7].uuid,
        "GPU-95fac899-e21a-0e44-b0fc-e4e3bf106feb"
    );
    assert_eq!(host.gpus[0].mig_uuids.len(), 7);
    assert_eq!(
        host.gpus[1].mig_uuids[2],
        "532453fc-0faa-5c3c-9709-a3fc2e76083d"
    );
    let cis = |gpu: usize, n: usize| {
        host.gpus[gpu].instances[n]
            .parse::<InstanceSpec>()
            .unwrap()
            .cis
    };
    assert_eq!(cis(4, 1), Some(vec![0, 0, 0]));
    assert_eq!(cis(6, 0), Some(vec![0, 1, 2]));
    assert_eq!(host.gpus[5].instances, ["5@0", "19@4[]"]);
    assert_eq!(
        profiles(host, 7),
        BTreeMap::from([(5, 1), (14, 1), (19, 1)])
    );
}

#[test]
fn the_bank_has_seen_exactly_one_xid() {
    let scenario = Scenario::builtin("bank").unwrap();
    let xids: Vec<_> = scenario
        .hosts
        .iter()
        .flat_map(|h| &h.kernel_log)
        .filter(|l| l.text.contains("Xid"))
        .collect();
    assert_eq!(xids.len(), 1);
    let host = scenario.host("dgx-dev-01").unwrap();
    let process = host
        .processes
        .iter()
        .find(|p| xids[0].text.contains(&format!("pid={},", p.pid)))
        .unwrap();
    assert_eq!((process.gpu, process.at), (Some(5), Some(4)));
    assert!(
        xids[0]
            .text
            .contains(derive::pci(host, 5).trim_end_matches(".0"))
    );
}

#[test]
fn a_host_per_fault() {
    let names: Vec<String> = Scenario::builtin("faults")
        .unwrap()
        .hosts
        .into_iter()
        .map(|h| h.name)
        .collect();
    assert_eq!(
        names,
        [
            "hang",
            "slow",
            "no-permission",
            "not-supported",
            "gpu-lost",
            "mismatch",
            "in-use",
            "sticky-destroy",
            "xid79",
            "no-library",
            "rebooted",
            "cuda-error"
        ]
    );
}

#[test]
fn what_processes_use_fits_where_they_work() {
    for scenario in all() {
        for host in &scenario.hosts {
            let driver =
                Driver::open(&scenario, &host.name, None).unwrap_or_else(|e| panic!("{e}"));
            let layout = driver.peek();
            let mut used: BTreeMap<(u32, Option<u32>), u64> = BTreeMap::new();
            for process in &host.processes {
                if let Some(gpu) = process.gpu {
                    // memory swings by two per cent while there is work
                    let most = match process.load {
                        0.0 => process.memory_mib,
                        _ => process.memory_mib * 105 / 100 + 80,
                    };
                    *used.entry((gpu, process.at)).or_default() += most;
                }
            }
            for ((gpu, at), mib) in used {
                let room = match at {
                    None => driver.table().memory_mib,
                    Some(at) => {
                        let gis = &layout.gpus[gpu as usize].instances;
                        gis.iter().find(|gi| gi.start == at).unwrap().memory_mib
                    }
                };
                // the driver keeps some for itself
                assert!(
                    mib + 20 <= room,
                    "{}: GPU {gpu} at {at:?}: {mib} of {room} MiB",
                    host.name
                );
            }
        }
    }
}
