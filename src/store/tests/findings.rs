//! Rules, each with a host on which it must speak and, by the healthy host, one on which it must not.

use super::*;
use crate::domain::cluster::NodeFacts;
use crate::domain::finding::Severity;
use crate::domain::owner::{OwnerKind, OwnerSign};
use crate::domain::service::{CdiSpec, Service, ServiceKind};

#[test]
fn a_healthy_host_has_nothing_to_find() {
    let mut healthy = sample(Vec::new());
    healthy.slow = Some(slow());
    let mut facts = beginning();
    facts.push(Fact::Sample(Box::new(healthy)));
    let mut store = told(0, facts);
    assert_eq!(node(&mut store).findings, []);
}

/// The finding `id` of the healthy host after one more sample.
fn with_sample(id: &str, change: impl FnOnce(&mut GpuSample)) -> Finding {
    let mut changed = sample(Vec::new());
    changed.slow = Some(slow());
    change(&mut changed);
    let mut store = told(0, beginning());
    tell(&mut store, 1, vec![Fact::Sample(Box::new(changed))]);
    finding(&mut store, id).unwrap_or_else(|| panic!("no {id}"))
}

fn slow_of(sample: &mut GpuSample) -> &mut SlowTelemetry {
    sample.slow.as_mut().unwrap()
}

#[test]
fn counters_of_trouble_are_found() {
    let failed = with_sample("remap-failed", |s| {
        slow_of(s).memory.remap_failed = Reading::Value(true);
    });
    assert_eq!(failed.severity, Severity::Danger);
    with_sample("remap-pending", |s| {
        slow_of(s).memory.remap_pending = Reading::Value(true);
    });
    with_sample("no-spare-rows", |s| {
        slow_of(s).memory.spare_banks = Reading::Value([600, 30, 8, 1, 1]);
    });
    with_sample("ecc-uncorrected", |s| {
        slow_of(s).memory.uncorrected = Reading::Value(3);
    });
    with_sample("pcie-degraded", |s| {
        slow_of(s).pcie.width = Reading::Value(8);
    });
    let reset = with_sample("recovery-action", |s| {
        slow_of(s).recovery = Reading::Value(RecoveryAction::GpuReset);
    });
    assert_eq!(reset.severity, Severity::Danger);
    let brake = with_sample("throttle", |s| {
        s.fast.throttle = Reading::Value(0x88);
    });
    assert!(brake.text.contains("power brake"), "the cause: {brake:?}");
}

#[test]
fn ordinary_clock_reasons_and_links_trained_off_by_mig_are_no_trouble() {
    let mut ordinary = sample(Vec::new());
    ordinary.fast.throttle = Reading::Value(0x1 | 0x4);
    ordinary.slow = Some(SlowTelemetry {
        nvlinks: Reading::Value(vec![false; 12]),
        ..slow()
    });
    let mut store = told(0, beginning());
    tell(&mut store, 1, vec![Fact::Sample(Box::new(ordinary))]);
    assert_eq!(node(&mut store).findings, []);
}

#[test]
fn a_pending_mode_names_its_holders_and_what_it_takes() {
    let mut pending = inventory();
    pending.mig = Reading::Value(MigMode {
        current: true,
        pending: false,
    });
    let mut store = told(0, beginning());
    tell(
        &mut store,
        1,
        vec![
            Fact::Gpu(Box::new(pending)),
            Fact::Processes {
                processes: vec![host_process(4711, None, at(0))],
            },
            Fact::Sample(Box::new(sample(vec![process(4711, Some(7))]))),
        ],
    );
    let found = finding(&mut store, "mig-pending").unwrap();
    assert_eq!(found.severity, Severity::Danger);
    assert!(found.text.contains("its 2 instances"), "{found:?}");
    let held = &found.evidence[0];
    assert!(held.contains("pid 4711 kim python3 train.py"), "{held}");
}

#[test]
fn xids_are_grouped_worst_first_with_meaning_and_action() {
    let mut store = told(0, beginning());
    let many = (0..3).map(|n| XidEvent {
        boot_usec: Some(n),
        ..xid(31, Some(7), at(1 + i64::try_from(n).unwrap()))
    });
    let mut events: Vec<_> = many.collect();
    events.push(xid(79, None, at(9)));
    events.push(xid(4242, None, at(2)));
    tell(&mut store, 10, vec![xids(events)]);
    let node = node(&mut store);
    let found: Vec<_> = node.findings.iter().filter(|f| f.id == "xid").collect();
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found[0].text.starts_with("Xid 79 at "), "{found:#?}");
    assert_eq!(found[0].severity, Severity::Danger);
    assert!(found[1].text.starts_with("Xid 31 3 times"), "{found:#?}");
    assert_eq!(found[1].subject, "dgx-test-01 GPU 0 gi 7");
    assert!(
        found[2].text.contains("no catalogue"),
        "never healthy: {found:#?}"
    );
    assert_eq!(found[2].severity, Severity::Caution);
}

#[test]
fn a_pod_on_a_device_that_is_gone_is_found_only_if_all_gpus_have_told() {
    let gone = || {
        allocations(vec![allocation(
            AllocationSource::PodResources,
            "ocr",
            "nvidia.com/mig-1g.5gb",
            "MIG-99",
        )])
    };
    let mut store = told(0, beginning());
    tell(&mut store, 1, vec![gone()]);
    let found = finding(&mut store, "uuid-unknown").unwrap();
    assert!(found.text.contains("pod svc/ocr"), "{found:?}");
    let mut silent = inventory();
    silent.instances = absent();
    tell(&mut store, 2, vec![Fact::Gpu(Box::new(silent))]);
    assert_eq!(finding(&mut store, "uuid-unknown"), None);
}

#[test]
fn a_pod_that_nobody_gave_a_device_is_found() {
    let mut store = told(0, beginning());
    tell(
        &mut store,
        1,
        vec![
            Fact::Processes {
                processes: vec![host_process(4711, Some("uid-fraud"), at(0))],
            },
            Fact::Sample(Box::new(sample(vec![process(4711, Some(7))]))),
            allocations(vec![allocation(
                AllocationSource::Checkpoint,
                "ocr",
                "nvidia.com/mig-1g.5gb",
                "MIG-7",
            )]),
        ],
    );
    let found = finding(&mut store, "pod-without-allocation").unwrap();
    assert!(found.text.contains("pod svc/fraud works"), "{found:?}");
    assert!(found.evidence[0].contains("pod svc/ocr"), "{found:?}");
}

#[test]
fn what_a_dra_driver_gave_out_is_in_no_list_of_device_plugins() {
    let mut store = told(0, beginning());
    let facts = || {
        vec![
            Fact::Processes {
                processes: vec![host_process(4711, Some("uid-fraud"), at(0))],
            },
            Fact::Sample(Box::new(sample(vec![process(4711, Some(7))]))),
            allocations(Vec::new()),
        ]
    };
    tell(&mut store, 1, facts());
    assert!(finding(&mut store, "pod-without-allocation").is_some());
    let mut owned = facts();
    owned.push(Fact::OwnerSigns {
        signs: vec![OwnerSign {
            kind: OwnerKind::DraDriver,
            name: Text::new("nvidia-dra-driver-gpu"),
            evidence: Text::new("a plugin socket"),
            running: true,
            layout: None,
            decisive: false,
        }],
    });
    tell(&mut store, 2, owned);
    assert_eq!(finding(&mut store, "pod-without-allocation"), None);
}

fn services(services: Vec<Service>, specs: Vec<CdiSpec>) -> Fact {
    Fact::Services {
        services,
        cdi: Reading::Value(specs),
    }
}

#[test]
fn a_cdi_spec_must_name_what_is_there() {
    let spec = |devices: &[&str]| CdiSpec {
        path: Text::new("/var/run/cdi/nvidia.yaml"),
        devices: devices.iter().map(|d| Text::new(d)).collect(),
    };
    let mut store = told(0, beginning());
    let good = services(Vec::new(), vec![spec(&["MIG-1", "MIG-7"]), spec(&["all"])]);
    tell(&mut store, 1, vec![good]);
    assert_eq!(finding(&mut store, "cdi-stale"), None);
    let stale = services(Vec::new(), vec![spec(&["MIG-1", "MIG-2"])]);
    tell(&mut store, 2, vec![stale]);
    let found = finding(&mut store, "cdi-stale").unwrap();
    assert_eq!(found.evidence, ["gone: MIG-2", "missing: MIG-7"]);
    assert_eq!(
        found.next.unwrap(),
        "sudo nvidia-ctk cdi generate --output=/var/run/cdi/nvidia.yaml"
    );
}

#[test]
fn fabric_manager_matters_where_there_are_switches() {
    let down = || {
        let unit = Service {
            kind: ServiceKind::FabricManager,
            unit: Text::new("nvidia-fabricmanager.service"),
            active: Reading::Value(false),
            enabled: Reading::Value(true),
            version: None,
        };
        services(vec![unit], Vec::new())
    };
    let mut facts = vec![hello("dgx-test-01", "boot-1"), driver()];
    for index in 0..8 {
        let mut one = inventory();
        one.identity.index = GpuIndex(index);
        one.identity.uuid = GpuUuid::new(&format!("GPU-{index}"));
        one.identity.pci = Reading::Value(format!("0000:{index:02x}:00.0").parse().unwrap());
        facts.push(Fact::Gpu(Box::new(one)));
        let mut linked = sample(Vec::new());
        linked.gpu = GpuUuid::new(&format!("GPU-{index}"));
        linked.slow = Some(SlowTelemetry {
            nvlinks: Reading::Value(vec![true; 12]),
            ..slow()
        });
        facts.push(Fact::Sample(Box::new(linked)));
    }
    facts.push(down());
    let mut store = told(0, facts);
    let found = finding(&mut store, "fabric-manager").unwrap();
    assert_eq!(found.severity, Severity::Danger);
    // one board of its own has no switch
    let mut store = told(0, beginning());
    tell(&mut store, 1, vec![down()]);
    assert_eq!(finding(&mut store, "fabric-manager"), None);
}

#[test]
fn what_is_advertised_is_compared_with_what_is_there() {
    let advertised = |strategy: &str, resources: &[(&str, u64)]| Fact::Cluster {
        node: NodeFacts {
            name: Some(Text::new("dgx-test-01")),
            labels: [(Text::new("nvidia.com/mig.strategy"), Text::new(strategy))].into(),
            allocatable: resources.iter().map(|(r, n)| (Text::new(r), *n)).collect(),
            ..NodeFacts::default()
        },
        pods: Vec::new(),
        unbound: Vec::new(),
        claims: Vec::new(),
        slices: Vec::new(),
        quotas: Vec::new(),
    };
    let mut store = told(0, beginning());
    let stale_keys = ("nvidia.com/mig-7g.40gb", 0);
    for good in [
        advertised(
            "mixed",
            &[
                ("nvidia.com/mig-1g.5gb", 1),
                ("nvidia.com/mig-3g.20gb", 1),
                stale_keys,
            ],
        ),
        advertised("single", &[("nvidia.com/gpu", 2), stale_keys]),
    ] {
        tell(&mut store, 1, vec![good]);
        assert_eq!(finding(&mut store, "plugin-drift"), None);
    }
    tell(
        &mut store,
        2,
        vec![advertised("mixed", &[("nvidia.com/mig-1g.5gb", 2)])],
    );
    let found = finding(&mut store, "plugin-drift").unwrap();
    assert_eq!(
        found.evidence,
        [
            "nvidia.com/mig-1g.5gb: 1 there, 2 advertised",
            "nvidia.com/mig-3g.20gb: 1 there, 0 advertised"
        ]
    );
}

#[test]
fn compute_instances_of_a_part_stop_the_plugin() {
    let mut parts = inventory();
    if let Reading::Value(list) = &mut parts.instances {
        list[1].cis[0].name = Reading::Value(Text::new("1c.3g.20gb"));
    }
    let mut store = told(0, beginning());
    let nothing = Fact::Cluster {
        node: NodeFacts {
            labels: [(Text::new("nvidia.com/mig.strategy"), Text::new("mixed"))].into(),
            allocatable: [(Text::new("nvidia.com/gpu"), 0)].into(),
            ..NodeFacts::default()
        },
        pods: Vec::new(),
        unbound: Vec::new(),
        claims: Vec::new(),
        slices: Vec::new(),
        quotas: Vec::new(),
    };
    tell(&mut store, 1, vec![Fact::Gpu(Box::new(parts)), nothing]);
    let found = finding(&mut store, "plugin-drift").unwrap();
    assert_eq!(found.severity, Severity::Danger);
    assert_eq!(found.evidence, ["GPU 0 gi 1 ci 0 1c.3g.20gb"]);
}

#[test]
fn an_empty_gpu_soon_after_boot_is_expected_by_its_owner() {
    use crate::domain::owner::{OwnerKind, OwnerSign};
    let mut empty = inventory();
    empty.instances = Reading::Value(Vec::new());
    let mut store = told(0, beginning());
    tell(&mut store, 1, vec![Fact::Gpu(Box::new(empty))]);
    let found = finding(&mut store, "mig-on-empty").unwrap();
    assert_eq!(found.severity, Severity::Caution);
    let host = crate::domain::observation::HostInventory {
        machine: absent(),
        os: absent(),
        kernel: absent(),
        booted: Reading::Value(at(-180)),
        driver: absent(),
        gpus: absent(),
        stuck: Vec::new(),
    };
    let sign = OwnerSign {
        kind: OwnerKind::DaemonSet,
        name: Text::new("kube-system/mig-init"),
        evidence: Text::new("/var/log/pods/kube-system_mig-init-x_1"),
        running: true,
        layout: Some(Text::new("dev-v3")),
        decisive: false,
    };
    tell(
        &mut store,
        2,
        vec![Fact::Host(host), Fact::OwnerSigns { signs: vec![sign] }],
    );
    let found = finding(&mut store, "mig-on-empty").unwrap();
    assert_eq!(found.severity, Severity::Info);
    assert!(
        found
            .text
            .contains("kube-system/mig-init is expected to build dev-v3"),
        "{found:?}"
    );
    let next = found.next.unwrap();
    assert_eq!(next, "kubectl -n kube-system logs ds/mig-init");
}

#[test]
fn what_is_empty_for_one_reason_is_one_finding() {
    let mut store = told(0, beginning());
    let empty = |index: u32| {
        let mut one = inventory();
        one.instances = Reading::Value(Vec::new());
        if index > 0 {
            one.identity.index = GpuIndex(index);
            one.identity.uuid = GpuUuid::new(&format!("GPU-{index}"));
            one.identity.pci = absent();
        }
        Fact::Gpu(Box::new(one))
    };
    tell(&mut store, 1, vec![empty(0)]);
    let alone = finding(&mut store, "mig-on-empty").unwrap();
    assert_eq!(alone.subject, "dgx-test-01 GPU 0");
    assert_eq!(
        alone.next.unwrap(),
        "sudo nvidia-smi mig -i 0000:4e:00.0 -lgip"
    );
    tell(&mut store, 2, vec![empty(1), empty(3)]);
    let found = finding(&mut store, "mig-on-empty").unwrap();
    assert_eq!(found.subject, "dgx-test-01 GPU 0-1,3");
    assert!(found.text.contains("these GPUs"), "{found:?}");
    assert_eq!(found.next.unwrap(), "sudo nvidia-smi mig -lgip");
}

#[test]
fn order_is_worst_first_and_the_same_each_time() {
    let mut bad = sample(Vec::new());
    bad.fast.throttle = Reading::Value(0x40);
    bad.slow = Some(SlowTelemetry {
        recovery: Reading::Value(RecoveryAction::NodeReboot),
        ..slow()
    });
    let make = || {
        let mut store = told(0, beginning());
        tell(
            &mut store,
            1,
            vec![
                Fact::Sample(Box::new(bad.clone())),
                xids(vec![xid(31, None, at(1)), xid(79, None, at(1))]),
            ],
        );
        node(&mut store).findings.clone()
    };
    let found = make();
    assert!(found.len() >= 4, "{found:#?}");
    assert!(found.is_sorted_by_key(|f| std::cmp::Reverse(f.severity)));
    assert_eq!(found, make());
}

#[test]
fn what_a_plain_user_cannot_see_is_told_once_and_is_no_alarm() {
    use crate::domain::observation::{Health, SourceName, SourceState};
    use crate::domain::reading::{Absence, AbsentCode};
    let denied = |text: &str| Absence::new(AbsentCode::NoPermission, text);
    let mut by_device = inventory();
    by_device.listing = Listing::ByDevice {
        why: denied("instances may only be listed by root"),
    };
    let mut store = told(0, beginning());
    tell(
        &mut store,
        1,
        vec![
            Fact::Gpu(Box::new(by_device)),
            Fact::Holders {
                holders: Vec::new(),
                hidden: Some(denied("files of 12 processes are hidden")),
            },
            Fact::Source(SourceState {
                source: SourceName::Kernlog,
                health: Health::Down {
                    since: at(1),
                    why: denied("/dev/kmsg may not be read"),
                },
            }),
        ],
    );
    let rights = finding(&mut store, "rights").unwrap();
    assert_eq!(
        rights.evidence,
        [
            "files of 12 processes are hidden",
            "instances may only be listed by root"
        ]
    );
    assert!(finding(&mut store, "source-down").is_some());
    let node = node(&mut store);
    assert!(node.findings.iter().all(|f| f.severity == Severity::Info));
}

#[test]
fn a_switchs_own_word_decides_how_bad_it_is() {
    let report = |word: &str, second| XidEvent {
        family: XidFamily::Sxid,
        pci: "0000:c4:00.0".parse().ok(),
        severity_word: Some(Text::new(word)),
        link: Some(12),
        boot_usec: Some(second as u64),
        ..xid(22013, None, at(second))
    };
    let mut store = told(20, beginning());
    tell(&mut store, 20, vec![xids(vec![report("Non-fatal", 1)])]);
    assert_eq!(
        finding(&mut store, "sxid").unwrap().severity,
        Severity::Info
    );

    let mut store = told(20, beginning());
    let events = vec![report("Fatal", 2), report("Non-fatal", 3)];
    tell(&mut store, 20, vec![xids(events)]);
    let node = node(&mut store);
    let found: Vec<_> = node.findings.iter().filter(|f| f.id == "sxid").collect();
    assert_eq!(
        found.len(),
        2,
        "a later harmless one does not hide it: {found:#?}"
    );
    assert_eq!(found[0].severity, Severity::Danger);
    assert!(
        found[0].text.contains("drain the GPUs"),
        "{}",
        found[0].text
    );
}

#[test]
fn an_error_known_by_its_process_alone_names_the_instance() {
    let report = |at, code| XidEvent {
        pid: Some(Pid(4711)),
        ..xid(code, None, at)
    };
    let mut store = told(0, beginning());
    tell(
        &mut store,
        9,
        vec![
            Fact::Processes {
                processes: vec![host_process(4711, None, at(0))],
            },
            Fact::Sample(Box::new(sample(vec![process(4711, Some(7))]))),
            xids(vec![report(at(5), 31)]),
            allocations(vec![allocation(
                AllocationSource::PodResources,
                "ocr",
                "nvidia.com/mig-1g.5gb",
                "MIG-7",
            )]),
        ],
    );
    let found = finding(&mut store, "xid").unwrap();
    assert_eq!(found.subject, "dgx-test-01 GPU 0 gi 7");
    assert_eq!(found.next.unwrap(), "kubectl -n svc logs ocr");
    // the same number of another process, before this one started
    let mut store = told(0, beginning());
    tell(
        &mut store,
        9,
        vec![
            Fact::Processes {
                processes: vec![host_process(4711, None, at(6))],
            },
            Fact::Sample(Box::new(sample(vec![process(4711, Some(7))]))),
            xids(vec![report(at(5), 31)]),
        ],
    );
    let found = finding(&mut store, "xid").unwrap();
    assert_eq!(found.subject, "dgx-test-01 GPU 0");
    // an error of the whole GPU, upon which the process came
    let mut store = told(0, beginning());
    tell(
        &mut store,
        9,
        vec![
            Fact::Processes {
                processes: vec![host_process(4711, None, at(0))],
            },
            Fact::Sample(Box::new(sample(vec![process(4711, Some(7))]))),
            xids(vec![report(at(5), 79)]),
        ],
    );
    let found = finding(&mut store, "xid").unwrap();
    assert_eq!(found.subject, "dgx-test-01 GPU 0");
}
