//! What the host's sources read from the files of every built-in scenario's hosts, held against the simulator's own
//! view of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use migdeck::domain::cluster::AllocationSource;
use migdeck::domain::holder::HoldKind;
use migdeck::domain::ids::{CiId, GiId, Pid};
use migdeck::domain::owner::{self, Owner, OwnerKind};
use migdeck::domain::reading::AbsentCode;
use migdeck::sources::kernlog::Kernlog;
use migdeck::sources::root::HostRoot;
use migdeck::sources::{owner_signs, podresources, procfs, services};
use nvml_sim::driver::Driver;
use nvml_sim::scenario::Scenario;
use nvml_sim::scenario::derive;
use nvml_sim::scenario::model::{Host, Process};

const PATIENCE: Duration = Duration::from_secs(5);

/// A host's files in a folder of their own.
struct Made {
    driver: Driver,
    root: HostRoot,
    _dir: tempfile::TempDir,
}

impl Made {
    fn new(scenario: &Scenario, host: &str) -> Self {
        let driver = Driver::open(scenario, host, None).unwrap();
        let dir = tempfile::tempdir().unwrap();
        nvml_sim::hostroot::write(dir.path(), &driver).unwrap();
        Self {
            driver,
            root: HostRoot::new(dir.path()),
            _dir: dir,
        }
    }

    fn host(&self) -> &Host {
        self.driver.host()
    }

    /// Scenario processes whose files are there; some come and go with the simulator's clock.
    fn processes(&self) -> Vec<&Process> {
        let present = self.root.pids().unwrap();
        self.host()
            .processes
            .iter()
            .filter(|p| present.contains(&Pid(p.pid)))
            .collect()
    }

    fn owner(&self) -> Owner {
        let (services, _) = services::read(&self.root);
        let (_, pods) = podresources::read(&self.root, PATIENCE);
        owner::decide(&owner_signs::read(&self.root, &services, &pods))
    }
}

/// One test, because writing the files of so many hosts takes longer than reading them.
#[test]
fn each_built_in_host_reads_as_it_is() {
    let mut hosts = 0;
    for name in Scenario::builtin_names() {
        let scenario = Scenario::builtin(name).unwrap();
        for host in &scenario.hosts {
            let made = Made::new(&scenario, &host.name);
            gpus_and_instances_are_there_before_nvml(&made);
            processes_carry_user_start_pod_and_container(&made);
            every_open_node_is_a_holder_of_its_gpu_and_instance(&made);
            allocations_are_those_that_the_kubelet_made(&made);
            services_and_device_names_follow_the_host(&made);
            kernel_reports_are_told_once_however_often_the_files_are_written(&made);
            hosts += 1;
        }
    }
    assert!(hosts >= 10, "the scenarios have shrunk: {hosts} hosts");
}

fn bank(host: &str) -> Made {
    Made::new(&Scenario::builtin("bank").unwrap(), host)
}

fn gpus_and_instances_are_there_before_nvml(made: &Made) {
    let inventory = procfs::host(&made.root);
    assert_eq!(
        procfs::host_name(&made.root).as_deref(),
        Some(made.host().name.as_str())
    );
    if !made.host().library {
        assert_eq!(inventory.gpus.reason().unwrap().code, AbsentCode::NoSource);
        return;
    }
    assert_eq!(
        inventory.driver.value().unwrap(),
        made.host().driver.as_str()
    );
    let truth = made.driver.peek();
    let gpus = inventory.gpus.value().unwrap();
    assert_eq!(gpus.len(), truth.gpus.len(), "{}", made.host().name);
    for gpu in &truth.gpus {
        let seen = gpus
            .iter()
            .find(|g| g.minor.value() == Some(&gpu.minor))
            .unwrap();
        assert_eq!(seen.uuid.value().unwrap().as_str(), gpu.uuid);
        let pci = derive::pci(made.host(), gpu.index as usize);
        assert_eq!(seen.pci, pci.parse().unwrap());
        let instances: Vec<(u32, Vec<u32>)> = gpu
            .instances
            .iter()
            .map(|gi| (gi.gi, gi.cis.iter().map(|ci| ci.ci).collect()))
            .collect();
        assert_eq!(
            seen.instances,
            instances,
            "{} GPU {}",
            made.host().name,
            gpu.index
        );
    }
}

fn processes_carry_user_start_pod_and_container(made: &Made) {
    let scenario = made.processes();
    let pids: BTreeSet<Pid> = scenario.iter().map(|p| Pid(p.pid)).collect();
    let seen = procfs::processes(&made.root, &pids);
    assert_eq!(seen.len(), scenario.len());
    let booted = procfs::host(&made.root).booted;
    for p in scenario {
        let of = format!("{} pid {}", made.host().name, p.pid);
        let found = seen.iter().find(|s| s.pid.0 == p.pid).unwrap();
        if p.state == "D" {
            // the short name only: reading more could hang with the process
            assert!(found.command.starts_with('['), "{of}: {}", found.command);
        } else {
            assert_eq!(found.command, p.argv.join(" ").as_str(), "{of}");
        }
        assert_eq!(found.user.value().unwrap(), p.user.as_str(), "{of}");
        assert!(
            found.started.value().unwrap() >= booted.value().unwrap(),
            "{of}"
        );
        assert_eq!(found.uninterruptible, p.state == "D", "{of}");
        let pod = made
            .host()
            .pods
            .iter()
            .find(|pod| format!("{}/{}", pod.namespace, pod.name) == p.pod);
        assert_eq!(
            found.pod.as_ref().map(|uid| uid.as_str().to_owned()),
            pod.map(derive::pod_uid),
            "{of}"
        );
        assert_eq!(
            found.container.as_ref().map(|id| id.as_str().to_owned()),
            pod.map(|pod| derive::container_id(pod, &p.container)),
            "{of}"
        );
        if !p.unit.is_empty() {
            assert_eq!(found.unit.as_deref(), Some(p.unit.as_str()), "{of}");
        }
    }
}

fn every_open_node_is_a_holder_of_its_gpu_and_instance(made: &Made) {
    if !made.host().library {
        return;
    }
    let truth = made.driver.peek();
    let scan = procfs::Scan::walk(&made.root);
    let (holders, hidden) = procfs::holders(&made.root, &scan);
    assert_eq!(hidden, None);
    for p in made.processes() {
        let of = format!("{} pid {}", made.host().name, p.pid);
        let mine: Vec<_> = holders
            .iter()
            .filter(|h| h.pid == Some(Pid(p.pid)))
            .collect();
        let mut gpus: BTreeSet<u32> = p.holds.iter().copied().collect();
        gpus.extend(p.gpu);
        let expected: BTreeSet<&str> = gpus
            .iter()
            .map(|gpu| truth.gpus[*gpu as usize].uuid.as_str())
            .collect();
        let devices: Vec<&str> = mine
            .iter()
            .filter(|h| h.kind == HoldKind::Device)
            .map(|h| h.gpu.as_ref().unwrap().as_str())
            .collect();
        assert_eq!(devices.len(), expected.len(), "{of}: once each");
        assert_eq!(
            devices.into_iter().collect::<BTreeSet<_>>(),
            expected,
            "{of}"
        );
        assert_eq!(
            mine.iter().any(|h| h.kind == HoldKind::Control),
            p.control || p.gpu.is_some(),
            "{of}"
        );
        let (Some(gpu), Some(at)) = (p.gpu, p.at) else {
            continue;
        };
        let gi = truth.gpus[gpu as usize]
            .instances
            .iter()
            .find(|gi| gi.start == at)
            .unwrap();
        let ci = &gi.cis[p.ci as usize];
        let mut instances: Vec<(Option<GiId>, Option<CiId>)> = mine
            .iter()
            .filter(|h| h.kind == HoldKind::Capability)
            .map(|h| (h.gi, h.ci))
            .collect();
        instances.sort_unstable();
        let gi = Some(GiId(gi.gi));
        assert_eq!(instances, [(gi, None), (gi, Some(CiId(ci.ci)))], "{of}");
    }
    let modules: BTreeSet<&str> = holders.iter().filter_map(|h| h.module.as_deref()).collect();
    assert!(
        modules
            .iter()
            .all(|m| made.host().modules.iter().any(|have| have == m))
    );
}

fn allocations_are_those_that_the_kubelet_made(made: &Made) {
    let (seen, pods) = podresources::read(&made.root, PATIENCE);
    if made.host().node.is_none() {
        assert_eq!(seen.reason().unwrap().code, AbsentCode::NoSource);
        return;
    }
    let seen = seen.value().unwrap();
    let mut expected: BTreeMap<(String, String, String, String), BTreeSet<String>> =
        BTreeMap::new();
    for given in nvml_sim::cluster::pod_resources(&made.driver) {
        for (resource, ids) in given.devices {
            let key = (
                given.namespace.clone(),
                given.pod.clone(),
                given.container.clone(),
                resource,
            );
            expected.entry(key).or_default().extend(ids);
        }
    }
    let found: BTreeMap<(String, String, String, String), BTreeSet<String>> = seen
        .iter()
        .map(|a| {
            assert_eq!(a.source, AllocationSource::Checkpoint);
            let text = |t: &Option<migdeck::domain::text::Text>| t.as_deref().unwrap().to_owned();
            let key = (
                text(&a.namespace),
                text(&a.pod),
                a.container.as_str().to_owned(),
                a.resource.as_str().to_owned(),
            );
            (
                key,
                a.devices.iter().map(|d| d.as_str().to_owned()).collect(),
            )
        })
        .collect();
    assert_eq!(found, expected, "{}", made.host().name);
    assert_eq!(pods.len(), made.host().pods.len());
}

fn services_and_device_names_follow_the_host(made: &Made) {
    let (seen, cdi) = services::read(&made.root);
    for service in &seen {
        let of = format!("{} {}", made.host().name, service.unit);
        let scenario = made
            .host()
            .services
            .iter()
            .find(|s| s.unit == service.unit.as_str())
            .unwrap();
        assert_eq!(service.active.value(), Some(&scenario.active), "{of}");
        assert_eq!(service.enabled.value(), Some(&scenario.enabled), "{of}");
    }
    let names: BTreeSet<String> = cdi
        .value()
        .unwrap_or_else(|| panic!("{}: {:?}", made.host().name, cdi.reason()))
        .iter()
        .flat_map(|spec| &spec.devices)
        .map(|d| d.as_str().to_owned())
        .collect();
    if names.is_empty() {
        return;
    }
    for ci in made
        .driver
        .peek()
        .gpus
        .iter()
        .flat_map(|g| &g.instances)
        .flat_map(|gi| &gi.cis)
    {
        assert!(
            names.contains(&format!("nvidia.com/gpu={}", ci.uuid)),
            "{}",
            ci.uuid
        );
    }
}

#[test]
fn the_banks_hosts_have_the_owners_that_they_have() {
    let dev = bank("dgx-dev-01").owner();
    assert_eq!(
        (dev.kind, &*dev.name),
        (OwnerKind::DaemonSet, "kube-system/mig-init")
    );
    assert_eq!(dev.layout.as_deref(), Some("dev-v3"));
    assert!(
        dev.evidence[0].starts_with("process 3410"),
        "{:?}",
        dev.evidence
    );
    assert!(
        dev.evidence
            .iter()
            .any(|e| e.contains("/var/log/pods/kube-system_mig-init"))
    );
    let prod = bank("dgx-prod-01").owner();
    assert_eq!(
        (prod.kind, &*prod.name),
        (OwnerKind::MigManager, "gpu-operator/nvidia-mig-manager")
    );
    let mix = bank("dgx-mix-01").owner();
    assert_eq!((mix.kind, mix.evidence), (OwnerKind::Nobody, vec![]));
}

#[test]
fn an_owner_that_has_done_its_work_is_known_by_its_trace() {
    let made = bank("dgx-dev-01");
    std::fs::remove_dir_all(made.root.path("proc/3410")).unwrap();
    let owner = made.owner();
    assert_eq!(
        (owner.kind, &*owner.name),
        (OwnerKind::DaemonSet, "kube-system/mig-init")
    );
    assert_eq!(
        owner.layout, None,
        "which layout is not known without its process"
    );
}

fn kernel_reports_are_told_once_however_often_the_files_are_written(made: &Made) {
    let expected = made
        .host()
        .kernel_log
        .iter()
        .filter(|line| line.at <= 0.0 && line.text.contains("NVRM: Xid ("))
        .count();
    let mut log = Kernlog::open(&made.root).unwrap();
    let now = Timestamp::now();
    let (events, lost) = log.poll(now);
    let xids = events
        .iter()
        .filter(|e| !e.message.contains("without an Xid"))
        .count();
    assert!(xids >= expected, "{}: {events:?}", made.host().name);
    assert_eq!(lost, 0);
    assert!(events.iter().all(|e| e.at <= now && e.boot.is_some()));
    assert_eq!(!log.loads().is_empty(), made.host().library);
    let last = events.last().and_then(|e| e.boot_usec).unwrap_or(0);
    nvml_sim::hostroot::write(made.root.base(), &made.driver).unwrap();
    let (again, lost) = log.poll(Timestamp::now());
    // a line whose time has come meanwhile is new; none is told twice
    assert!(
        again.iter().all(|e| e.boot_usec.unwrap() > last),
        "{again:?}"
    );
    assert_eq!(lost, 0);
}

#[test]
fn stuck_processes_are_named() {
    let scenario = Scenario::builtin("faults").unwrap();
    let made = Made::new(&scenario, "hang");
    let stuck: BTreeSet<u32> = procfs::host(&made.root)
        .stuck
        .iter()
        .map(|p| p.pid.0)
        .collect();
    let expected: BTreeSet<u32> = made
        .processes()
        .iter()
        .filter(|p| p.state == "D")
        .map(|p| p.pid)
        .collect();
    assert!(!expected.is_empty());
    assert_eq!(stuck, expected);
}

#[test]
fn a_layout_change_changes_the_holders_meaning_with_it() {
    let made = bank("dgx-mix-01");
    let before = procfs::host(&made.root).gpus;
    // GPU 5 has a GPU instance without compute instance: give it one
    let truth = made.driver.peek();
    let empty = truth.gpus[5]
        .instances
        .iter()
        .find(|gi| gi.cis.is_empty())
        .unwrap();
    made.driver.init().unwrap();
    let ci = made.driver.create_ci(5, empty.gi, 0, None).unwrap();
    nvml_sim::hostroot::write(made.root.base(), &made.driver).unwrap();
    let after = procfs::host(&made.root).gpus;
    assert_ne!(before, after);
    let gpu = after
        .value()
        .unwrap()
        .iter()
        .find(|g| {
            g.uuid
                .value()
                .is_some_and(|u| u.as_str() == truth.gpus[5].uuid)
        })
        .unwrap();
    assert!(gpu.instances.contains(&(empty.gi, vec![ci])));
}
