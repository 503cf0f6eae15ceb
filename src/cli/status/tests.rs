//! Pages of a host made by hand: what is absent, hung, off, empty and foreign next to what is well.

use jiff::{SignedDuration, Timestamp};

use super::render;
use crate::cli::style::Style;
use crate::domain::fleet::{Fleet, Gpu, Node, PodLink, Slot, SlotState, WholeGpu};
use crate::domain::gpu::{
    ComputeInstance, Engines, FastTelemetry, GiProfile, GpuIdentity, GpuInstance, GpuInventory,
    InstanceSample, Listing, MigMode,
};
use crate::domain::ids::{CiId, GiId, GpuIndex, GpuUuid, MigUuid, Pid, ProfileId};
use crate::domain::metric::Metric;
use crate::domain::observation::{CallState, Driver, Hello, SourceName, SourceState};
use crate::domain::placement::Placement;
use crate::domain::process::{GpuProcess, HostProcess, ProcessKind};
use crate::domain::reading::{AbsentCode, Reading};
use crate::domain::units::Bytes;
use crate::formats::status::Status;

fn now() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

fn ago(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

fn value<T>(v: T) -> Reading<T> {
    Reading::Value(v)
}

#[allow(clippy::too_many_arguments)] // a row of a table
fn profile(
    kind: u32,
    id: u32,
    name: &str,
    slices: u32,
    max: u32,
    mib: u64,
    starts: &[u32],
    size: u32,
) -> GiProfile {
    GiProfile {
        kind,
        id: ProfileId(id),
        name: name.into(),
        slices,
        max,
        memory: Bytes::mib(mib),
        sm: slices * 14,
        engines: Engines::default(),
        placements: value(
            starts
                .iter()
                .map(|&start| Placement { start, size })
                .collect(),
        ),
    }
}

fn profiles() -> Vec<GiProfile> {
    vec![
        profile(0, 19, "1g.5gb", 1, 7, 4864, &[0, 1, 2, 3, 4, 5, 6], 1),
        profile(1, 14, "2g.10gb", 2, 3, 9856, &[0, 2, 4], 2),
        profile(2, 9, "3g.20gb", 3, 2, 19968, &[0, 4], 4),
        profile(4, 0, "7g.40gb", 7, 1, 40192, &[0], 8),
    ]
}

fn instance(gi: u32, id: u32, name: &str, start: u32, size: u32, cis: u32) -> GpuInstance {
    GpuInstance {
        gi: GiId(gi),
        profile_id: value(ProfileId(id)),
        profile: value(name.into()),
        placement: value(Placement { start, size }),
        memory: value(Bytes::mib(4864)),
        sm: value(14),
        engines: value(Engines::default()),
        cis: (0..cis)
            .map(|ci| ComputeInstance {
                ci: CiId(ci),
                profile_id: value(ProfileId(0)),
                name: value(name.into()),
                placement: value(Placement { start: 0, size }),
                uuid: value(MigUuid::new(&format!(
                    "MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb{gi}{ci}"
                ))),
                device_index: value(ci),
                sm: value(14),
                slices: value(1),
            })
            .collect(),
        appeared: None,
    }
}

fn slot(instance: GpuInstance, state: SlotState, pods: Vec<PodLink>) -> Slot {
    let sample = InstanceSample {
        gi: instance.gi,
        memory_total: value(Bytes::mib(4864)),
        memory_used: value(Bytes::mib(1024)),
        metrics: vec![(
            Metric::SmActive,
            Reading::absent(
                AbsentCode::NotSupported,
                "GPM needs Hopper or newer; dcgm-exporter has it on Ampere",
            ),
        )],
    };
    Slot {
        instance,
        state,
        sample: Some(sample),
        pods,
        idle: None,
    }
}

fn pod(namespace: &str, name: &str) -> PodLink {
    PodLink {
        namespace: Some(namespace.into()),
        name: Some(name.into()),
        uid: None,
        container: Some("main".into()),
        ci: Some(CiId(0)),
        evidence: vec!["pod-resources".into(), "checkpoint".into()],
    }
}

fn gpu(index: u32, mig: bool, slots: Vec<Slot>) -> Gpu {
    let identity = GpuIdentity {
        index: GpuIndex(index),
        uuid: GpuUuid::new(&format!("GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a7{index}")),
        name: value("NVIDIA A100-SXM4-40GB".into()),
        pci: value("0000:07:00.0".parse().unwrap()),
        pci_device_id: value(0x20b0_10de),
        serial: value("1565020013641".into()),
        minor: value(index),
        architecture: value("ampere".into()),
    };
    Gpu {
        index,
        inventory: value(GpuInventory {
            identity,
            mig: value(MigMode {
                current: mig,
                pending: mig,
            }),
            persistence: value(true),
            profiles: value(profiles()),
            instances: value(slots.iter().map(|s| s.instance.clone()).collect()),
            listing: Listing::ByInstance,
        }),
        proc: None,
        calls: CallState::Answering,
        sampled: Some(ago(0)),
        fast: Some(FastTelemetry {
            memory_total: value(Bytes::mib(40960)),
            memory_used: value(Bytes::mib(11500)),
            temperature_c: value(54),
            power_mw: value(231_400),
            sm_clock_mhz: value(1410),
            memory_clock_mhz: value(1215),
            pstate: value(0),
            throttle: value(0),
            utilization: if mig {
                Reading::absent(AbsentCode::NotSupported, "not told with MIG on")
            } else {
                value(37)
            },
            memory_utilization: value(0),
        }),
        slow: None,
        processes: value(Vec::new()),
        slots,
        metrics: Vec::new(),
        whole: None,
    }
}

fn node() -> Node {
    let mut node = Node::new("dgx-a".into(), now());
    node.hello = Some(Hello {
        schema: "migdeck/stream/v1".into(),
        version: "0.1.0".into(),
        host: "dgx-a".into(),
        boot: None,
        machine_id: None,
        simulated: true,
        uid: 0,
        gaps: vec!["handles of other users' processes are hidden".into()],
        beat_seconds: 1.0,
    });
    node.driver = value(Driver {
        version: value("535.161.08".into()),
        nvml: value("12.535.161.08".into()),
        cuda: value("12.2".into()),
        library: "libnvidia-ml.so.1".into(),
        limits: None,
        gpus: 4,
    });
    node.sources = vec![SourceState {
        source: SourceName::Nvml,
        health: crate::domain::observation::Health::Live,
    }];
    let mut sliced = gpu(
        0,
        true,
        vec![
            slot(
                instance(7, 19, "1g.5gb", 0, 1, 1),
                SlotState::Busy,
                vec![pod("nlp", "bert-0")],
            ),
            slot(
                instance(8, 19, "1g.5gb", 1, 1, 1),
                SlotState::Allocated,
                vec![pod("jupyter", "한글-노트북")],
            ),
            slot(instance(3, 14, "2g.10gb", 2, 2, 1), SlotState::Free, vec![]),
            slot(instance(9, 19, "1g.5gb", 4, 1, 0), SlotState::NoCi, vec![]),
        ],
    );
    sliced.processes = value(vec![GpuProcess {
        pid: Pid(4242),
        kind: ProcessKind::Compute,
        memory: value(Bytes::mib(900)),
        gi: Some(GiId(7)),
        ci: Some(CiId(0)),
    }]);
    node.processes = vec![HostProcess {
        pid: Pid(4242),
        user: value("kim".into()),
        command: "python \u{1b}[31mtrain.py".into(),
        started: value(ago(3 * 86_400)),
        uninterruptible: false,
        unit: None,
        container: None,
        pod: None,
    }];
    let mut off = gpu(1, false, vec![]);
    off.whole = Some(WholeGpu {
        state: SlotState::Allocated,
        pods: vec![pod("train", "llm-0")],
    });
    let empty = gpu(2, true, vec![]);
    let mut hung = gpu(3, true, vec![]);
    hung.inventory = Reading::absent(
        AbsentCode::Hung,
        "nvmlDeviceGetHandleByIndex_v2 has not come back",
    );
    hung.fast = None;
    hung.calls = CallState::Hung {
        since: ago(47),
        call: "nvmlDeviceGetHandleByIndex_v2".into(),
    };
    node.gpus = vec![sliced, off, empty, hung];
    node
}

fn page(width: usize) -> String {
    let fleet = Fleet {
        generation: 1,
        nodes: vec![node().into()],
        cluster: None,
        findings: Vec::new(),
    };
    let style = Style {
        colour: false,
        width,
    };
    render(&Status::from_fleet(&fleet, now()), style)
}

#[test]
fn a_page_of_eighty_columns() {
    let page = page(80);
    for line in page.lines() {
        assert!(crate::cli::text::width(line) <= 80, "too wide: {line}");
    }
    insta::assert_snapshot!(page);
}

#[test]
fn a_page_of_a_hundred_and_twenty_columns() {
    let page = page(120);
    for line in page.lines() {
        assert!(crate::cli::text::width(line) <= 120, "too wide: {line}");
    }
    insta::assert_snapshot!(page);
}

#[test]
fn an_absent_value_is_never_a_number_and_its_reason_is_there() {
    let page = page(100);
    assert!(page.contains("GPM needs Hopper or newer"), "{page}");
    assert!(page.contains("CALL STUCK 47s"), "{page}");
    let row = page.lines().find(|l| l.starts_with("  3 ")).unwrap();
    assert!(row.contains("n/a"), "{row}");
    assert!(!row.contains(" 0"), "{row}");
}

#[test]
fn a_process_cannot_colour_the_page() {
    assert!(!page(100).contains('\u{1b}'));
}

#[test]
fn what_was_saved_shows_as_it_did() {
    let fleet = Fleet {
        generation: 1,
        nodes: vec![node().into()],
        cluster: None,
        findings: Vec::new(),
    };
    let status = Status::from_fleet(&fleet, now());
    let saved = serde_json::to_string(&status).unwrap();
    let read: Status = serde_json::from_str(&saved).unwrap();
    assert_eq!(read, status);
}

#[test]
fn a_source_that_the_host_does_not_have_is_not_called_down() {
    let down = |source, code| SourceState {
        source,
        health: crate::domain::observation::Health::Down {
            since: ago(60),
            why: crate::domain::reading::Absence::new(code, "no such thing"),
        },
    };
    let mut node = Node::new("a".into(), now());
    node.sources = vec![
        down(SourceName::Kubelet, AbsentCode::NoSource),
        down(SourceName::Services, AbsentCode::Failed),
    ];
    let fleet = Fleet {
        generation: 1,
        nodes: vec![node.into()],
        cluster: None,
        findings: Vec::new(),
    };
    let style = Style {
        colour: false,
        width: 100,
    };
    // also of a document that was saved
    let saved = serde_json::to_string(&Status::from_fleet(&fleet, now())).unwrap();
    let read: Status = serde_json::from_str(&saved).unwrap();
    let page = render(&read, style);
    assert!(page.contains("kubelet not here"), "{page}");
    assert!(page.contains("services down 1m"), "{page}");
    // one that was saved before there was a code
    let mut old: serde_json::Value = serde_json::from_str(&saved).unwrap();
    for source in old["sources"].as_array_mut().unwrap() {
        source.as_object_mut().unwrap().remove("code");
    }
    let read: Status = serde_json::from_value(old).unwrap();
    let page = render(&read, style);
    assert!(page.contains("kubelet down 1m"), "{page}");
}
