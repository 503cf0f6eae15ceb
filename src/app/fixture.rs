//! Hosts made by hand, for tests: small, and each part can be replaced by what a test is about.
//!
//! [`node`] is a host of four A100 40 GB: 0 sliced (busy, allocated, free, without CI, and slices that are left), 1 with
//! MIG off and a pod on it, 2 with MIG on and nothing on it, 3 with a first call that does not come back.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::domain::finding::Severity;
use crate::domain::fleet::{Fleet, Gpu, Node, PodLink, Slot, SlotState, WholeGpu};
use crate::domain::gpu::{
    ComputeInstance, Engines, FastTelemetry, GiProfile, GpuIdentity, GpuInstance, GpuInventory,
    InstanceSample, Listing, MemoryHealth, MigMode, PcieLink, RecoveryAction, SlowTelemetry,
};
use crate::domain::history::History;
use crate::domain::ids::{CiId, GiId, GpuIndex, GpuUuid, MigUuid, Pid, ProfileId};
use crate::domain::metric::{Denominator, Measured, Metric};
use crate::domain::observation::{
    CallState, Driver, Health, Hello, HostInventory, SourceName, SourceState,
};
use crate::domain::owner::{Owner, OwnerKind};
use crate::domain::placement::Placement;
use crate::domain::process::{GpuProcess, HostProcess, ProcessKind};
use crate::domain::reading::{AbsentCode, Reading};
use crate::domain::service::{Service, ServiceKind};
use crate::domain::units::Bytes;

use super::keymap::Keymap;
use super::session::Session;
use super::texts::Language;
use super::{Message, Model, Snapshot, Texts, update};

/// The time of all fixtures: 2026-01-02 03:04:05 UTC.
pub fn now() -> Timestamp {
    Timestamp::from_second(1_767_323_045).unwrap_or_default()
}

/// So many seconds before [`now`].
pub fn ago(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

/// A reading that has a value.
pub fn value<T>(v: T) -> Reading<T> {
    Reading::Value(v)
}

/// A reading that has none.
pub fn unsupported<T>(why: &str) -> Reading<T> {
    Reading::absent(AbsentCode::NotSupported, why)
}

/// Kind, id, name, slices, most of them, MiB, starts, size.
type ProfileRow = (u32, u32, &'static str, u32, u32, u64, &'static [u32], u32);

const PROFILES: [ProfileRow; 5] = [
    (0, 19, "1g.5gb", 1, 7, 4864, &[0, 1, 2, 3, 4, 5, 6], 1),
    (1, 14, "2g.10gb", 2, 3, 9856, &[0, 2, 4], 2),
    (2, 9, "3g.20gb", 3, 2, 19968, &[0, 4], 4),
    (3, 5, "4g.20gb", 4, 1, 19968, &[0], 4),
    (4, 0, "7g.40gb", 7, 1, 40192, &[0], 8),
];

/// The profiles of an A100 40 GB without those that carry attributes.
pub fn profiles() -> Vec<GiProfile> {
    PROFILES
        .iter()
        .map(
            |&(kind, id, name, slices, max, mib, starts, size)| GiProfile {
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
            },
        )
        .collect()
}

/// An instance of one of [`profiles`], at a start, with so many compute instances.
pub fn instance(gi: u32, name: &str, start: u32, cis: u32) -> GpuInstance {
    let row = PROFILES
        .iter()
        .find(|p| p.2 == name)
        .unwrap_or(&PROFILES[0]);
    let (_, id, _, slices, _, mib, _, size) = *row;
    GpuInstance {
        gi: GiId(gi),
        profile_id: value(ProfileId(id)),
        profile: value(name.into()),
        placement: value(Placement { start, size }),
        memory: value(Bytes::mib(mib)),
        sm: value(slices * 14),
        engines: value(Engines::default()),
        cis: (0..cis)
            .map(|ci| ComputeInstance {
                ci: CiId(ci),
                profile_id: value(ProfileId(0)),
                name: value(name.into()),
                placement: value(Placement {
                    start: 0,
                    size: slices,
                }),
                uuid: value(MigUuid::new(&format!(
                    "MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87e{gi:02}{ci}"
                ))),
                device_index: value(ci),
                sm: value(slices * 14),
                slices: value(slices),
            })
            .collect(),
        appeared: None,
    }
}

/// An instance in a state: a quarter of its memory used where it is busy, GR activity 38 % then, else 0.
pub fn slot(instance: GpuInstance, state: SlotState, pods: Vec<PodLink>) -> Slot {
    let total = instance.memory.value().copied().unwrap_or_default();
    let busy = state == SlotState::Busy;
    let percent = |percent| {
        value(Measured {
            percent,
            of: Denominator::Instance,
            source: "dcgm-exporter".into(),
            at: now(),
        })
    };
    let sample = InstanceSample {
        gi: instance.gi,
        memory_total: value(total),
        memory_used: value(Bytes(if busy { total.0 / 4 } else { 11 << 20 })),
        metrics: vec![
            (
                Metric::SmActive,
                unsupported("GPM needs Hopper or newer; dcgm-exporter has it on Ampere"),
            ),
            (
                Metric::GrActive,
                if busy { percent(38.0) } else { percent(0.0) },
            ),
        ],
    };
    Slot {
        instance,
        state,
        sample: Some(sample),
        pods,
        idle: None,
    }
}

/// A pod on the first compute instance, known from PodResources.
pub fn pod(namespace: &str, name: &str) -> PodLink {
    PodLink {
        namespace: Some(namespace.into()),
        name: Some(name.into()),
        uid: None,
        container: Some("main".into()),
        ci: Some(CiId(0)),
        evidence: vec!["pod-resources".into(), "checkpoint".into()],
    }
}

/// A GPU that answers, with or without MIG.
pub fn gpu(index: u32, mig: bool, slots: Vec<Slot>) -> Gpu {
    let identity = GpuIdentity {
        index: GpuIndex(index),
        uuid: GpuUuid::new(&format!("GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a7{index}")),
        name: value("NVIDIA A100-SXM4-40GB".into()),
        pci: format!("0000:{:02x}:00.0", 7 + 8 * index)
            .parse()
            .map_or_else(|_| unsupported("no address"), value),
        pci_device_id: value(0x20b0_10de),
        serial: value(format!("156502001364{index}").into()),
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
        sampled: Some(now()),
        fast: Some(fast(mig)),
        slow: Some(slow()),
        processes: value(Vec::new()),
        slots,
        whole: None,
    }
}

/// Telemetry of a GPU that works.
pub fn fast(mig: bool) -> FastTelemetry {
    FastTelemetry {
        memory_total: value(Bytes::mib(40_960)),
        memory_used: value(Bytes::mib(11_500)),
        temperature_c: value(54),
        power_mw: value(231_400),
        sm_clock_mhz: value(1410),
        memory_clock_mhz: value(1215),
        pstate: value(0),
        throttle: value(0),
        utilization: if mig {
            unsupported("not told with MIG on")
        } else {
            value(37)
        },
        memory_utilization: value(0),
    }
}

/// Slow telemetry without anything wrong.
pub fn slow() -> SlowTelemetry {
    SlowTelemetry {
        power_limit_mw: value(400_000),
        sm_clock_max_mhz: value(1410),
        memory_clock_max_mhz: value(1215),
        pcie: PcieLink {
            generation: value(4),
            generation_max: value(4),
            width: value(16),
            width_max: value(16),
        },
        nvlinks: value(vec![true; 12]),
        memory: MemoryHealth {
            ecc: value(true),
            ecc_pending: value(true),
            corrected: value(0),
            uncorrected: value(0),
            remapped_corrected: value(0),
            remapped_uncorrected: value(0),
            remap_pending: value(false),
            remap_failed: value(false),
            spare_banks: value([640, 0, 0, 0, 0]),
        },
        recovery: value(RecoveryAction::None),
    }
}

/// A GPU that NVML has told nothing of yet; its address and name are from /proc.
pub fn untold(index: u32) -> Gpu {
    let known = gpu(index, true, Vec::new());
    Gpu {
        inventory: Reading::not_yet(),
        proc: Some(crate::domain::observation::ProcGpu {
            pci: known.pci().unwrap_or(crate::domain::ids::PciAddress {
                domain: 0,
                bus: 7,
                device: 0,
                function: 0,
            }),
            name: value("NVIDIA A100-SXM4-40GB".into()),
            uuid: Reading::not_yet(),
            minor: value(index),
            instances: Vec::new(),
        }),
        sampled: None,
        fast: None,
        slow: None,
        processes: Reading::not_yet(),
        ..known
    }
}

/// A process with work on an instance.
pub fn gpu_process(pid: u32, gi: u32) -> GpuProcess {
    GpuProcess {
        pid: Pid(pid),
        kind: ProcessKind::Compute,
        memory: value(Bytes::mib(900)),
        gi: Some(GiId(gi)),
        ci: Some(CiId(0)),
    }
}

/// What /proc says of a process, three days old.
pub fn host_process(pid: u32, user: &str, command: &str) -> HostProcess {
    HostProcess {
        pid: Pid(pid),
        user: value(user.into()),
        command: command.into(),
        started: value(ago(3 * 86_400)),
        uninterruptible: false,
        unit: None,
        container: None,
        pod: None,
    }
}

/// A service that is active and enabled.
pub fn service(kind: ServiceKind, unit: &str, version: Option<&str>) -> Service {
    Service {
        kind,
        unit: unit.into(),
        active: value(true),
        enabled: value(true),
        version: version.map(Into::into),
    }
}

/// A source that answers.
pub fn live(source: SourceName) -> SourceState {
    SourceState {
        source,
        health: Health::Live,
    }
}

/// A host that has told everything but GPUs: root, simulated, owned by a DaemonSet.
pub fn host(name: &str) -> Node {
    let mut node = Node::new(name.into(), now());
    node.hello = Some(Hello {
        schema: "migdeck/stream/v1".into(),
        version: "0.1.0".into(),
        host: name.into(),
        boot: None,
        simulated: true,
        uid: 0,
        gaps: Vec::new(),
        beat_seconds: 1.0,
    });
    node.host = Some(HostInventory {
        machine: value("NVIDIA DGX A100".into()),
        os: value("Ubuntu 22.04".into()),
        kernel: value("5.15.0-1042-nvidia".into()),
        booted: value(ago(41 * 86_400)),
        driver: value("535.161.08".into()),
        gpus: value(Vec::new()),
        stuck: Vec::new(),
    });
    node.driver = value(Driver {
        version: value("535.161.08".into()),
        nvml: value("12.535.161.08".into()),
        cuda: value("12.2".into()),
        library: "libnvidia-ml.so.1".into(),
        limits: None,
        gpus: 8,
    });
    node.owner = Owner {
        kind: OwnerKind::DaemonSet,
        name: "kube-system/mig-init".into(),
        layout: Some("dev-v3".into()),
        evidence: vec!["process mig-init of pod kube-system/mig-init".into()],
    };
    node.sources = [
        SourceName::Nvml,
        SourceName::Procfs,
        SourceName::Kernlog,
        SourceName::Kubelet,
        SourceName::Services,
    ]
    .map(live)
    .into();
    node.services = vec![
        service(
            ServiceKind::FabricManager,
            "nvidia-fabricmanager.service",
            Some("535.161.08"),
        ),
        service(
            ServiceKind::Persistence,
            "nvidia-persistenced.service",
            None,
        ),
        service(ServiceKind::Dcgm, "nvidia-dcgm.service", None),
        service(ServiceKind::Kubelet, "kubelet.service", None),
    ];
    node.cdi = value(Vec::new());
    node.stream.beat = Some(3);
    node
}

/// The four GPUs that the module's page names, on [`host`].
pub fn node(name: &str) -> Node {
    let mut node = host(name);
    let mut sliced = gpu(
        0,
        true,
        vec![
            slot(
                instance(7, "1g.5gb", 0, 1),
                SlotState::Busy,
                vec![pod("nlp", "bert-0")],
            ),
            slot(
                instance(8, "1g.5gb", 1, 1),
                SlotState::Allocated,
                vec![pod("jupyter", "한글-노트북")],
            ),
            slot(instance(3, "2g.10gb", 2, 1), SlotState::Free, vec![]),
            slot(instance(9, "1g.5gb", 4, 0), SlotState::NoCi, vec![]),
        ],
    );
    sliced.processes = value(vec![gpu_process(4242, 7)]);
    node.processes = vec![host_process(
        4242,
        "kim",
        "/usr/bin/python3 \u{1b}[31mtrain.py",
    )];
    let mut off = gpu(1, false, vec![]);
    off.whole = Some(WholeGpu {
        state: SlotState::Allocated,
        pods: vec![pod("train", "llm-0")],
    });
    let empty = gpu(2, true, vec![]);
    let mut hung = untold(3);
    hung.inventory = Reading::absent(
        AbsentCode::Hung,
        "nvmlDeviceGetHandleByIndex_v2 has not come back",
    );
    hung.calls = CallState::Hung {
        since: ago(47),
        call: "nvmlDeviceGetHandleByIndex_v2".into(),
    };
    node.gpus = vec![sliced, off, empty, hung];
    node.findings = crate::domain::finding::findings(&node);
    debug_assert!(node.findings.iter().any(|f| f.severity == Severity::Danger));
    node
}

/// Nodes as a snapshot without history.
pub fn snapshot(nodes: Vec<Node>) -> Snapshot {
    Snapshot {
        fleet: Arc::new(Fleet {
            generation: 1,
            nodes: nodes.into_iter().map(Arc::new).collect(),
        }),
        history: Arc::new(History::default()),
    }
}

/// What stays as it is: a local, simulated console in UTC that expects these hosts.
pub fn session(hosts: &[&str]) -> Session {
    Session {
        version: "0.1.0".into(),
        user: "kim".into(),
        simulated: true,
        saved: None,
        hosts: hosts.iter().map(|h| (*h).into()).collect(),
        advice: Vec::new(),
        themes: Vec::new(),
        bell: false,
        started: ago(60),
        offset_seconds: 0,
    }
}

/// A console that shows these nodes, in English, with the default keys, at 80x24 and [`now`].
pub fn model(nodes: Vec<Node>) -> Model {
    model_in(Language::English, nodes)
}

/// The same in another language.
pub fn model_in(language: Language, nodes: Vec<Node>) -> Model {
    let names: Vec<String> = nodes.iter().map(|n| n.name.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut model = Model::new(
        session(&names),
        Keymap::default_keymap(),
        Texts::of(language),
        "default",
    );
    update(&mut model, Message::Tick(now()));
    update(&mut model, Message::Snapshot(snapshot(nodes)));
    model
}
