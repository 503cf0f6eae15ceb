//! What the store makes of records. The host of these tests has one A100 with two instances; each test changes what it
//! is about.

mod cluster;
mod events;
mod exporters;
mod findings;
mod joins;
mod streams;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::Store;
use crate::domain::cluster::{Allocation, AllocationSource, PodOnHost};
use crate::domain::finding::{Finding, Severity};
use crate::domain::fleet::{Gpu, Node};
use crate::domain::gpu::{
    ComputeInstance, Engines, FastTelemetry, GpuIdentity, GpuInstance, GpuInventory, GpuSample,
    InstanceSample, Listing, MemoryHealth, MigMode, PcieLink, RecoveryAction, SlowTelemetry,
};
use crate::domain::ids::{
    BootId, CiId, GiId, GpuIndex, GpuUuid, MigUuid, ObjectUid, Pid, ProfileId, StreamId,
};
use crate::domain::observation::{Driver, Fact, Hello, Observation, SCHEMA};
use crate::domain::placement::Placement;
use crate::domain::process::{GpuProcess, HostProcess, ProcessKind};
use crate::domain::reading::Reading;
use crate::domain::text::Text;
use crate::domain::units::Bytes;
use crate::domain::xid::{XidEvent, XidFamily, XidSource};

const STREAM: StreamId = StreamId(1);

/// Seconds after the tests' beginning.
fn at(seconds: i64) -> Timestamp {
    let start: Timestamp = "2026-01-02T03:00:00Z".parse().unwrap();
    start + SignedDuration::from_secs(seconds)
}

fn absent<T>() -> Reading<T> {
    Reading::not_yet()
}

fn uuid() -> GpuUuid {
    GpuUuid::new("GPU-08279800-1cbe-a71d-f3e6-8f67e15ae54a")
}

fn hello(host: &str, boot: &str) -> Fact {
    Fact::Hello(Hello {
        schema: Text::new(SCHEMA),
        version: Text::new("0.1.0"),
        host: Text::new(host),
        boot: Some(BootId::new(boot)),
        machine_id: None,
        simulated: true,
        uid: 0,
        gaps: Vec::new(),
        beat_seconds: 1.0,
    })
}

fn driver() -> Fact {
    Fact::Driver(Driver {
        version: Reading::Value(Text::new("535.161.08")),
        nvml: absent(),
        cuda: absent(),
        library: Text::new("libnvidia-ml.so.1"),
        limits: None,
        gpus: 1,
    })
}

fn instance(gi: u32, profile: (u32, &str), start: u32, size: u32) -> GpuInstance {
    GpuInstance {
        gi: GiId(gi),
        profile_id: Reading::Value(ProfileId(profile.0)),
        profile: Reading::Value(Text::new(profile.1)),
        placement: Reading::Value(Placement { start, size }),
        memory: Reading::Value(Bytes::mib(4864)),
        sm: absent(),
        engines: Reading::Value(Engines::default()),
        cis: vec![ComputeInstance {
            ci: CiId(0),
            profile_id: Reading::Value(ProfileId(0)),
            name: Reading::Value(Text::new(profile.1)),
            placement: absent(),
            uuid: Reading::Value(MigUuid::new(&format!("MIG-{gi}"))),
            device_index: Reading::Value(0),
            sm: absent(),
            slices: absent(),
        }],
        appeared: None,
    }
}

/// One A100 with MIG on: gi 1 is `3g.20gb@4`, gi 7 `1g.5gb@0`.
fn inventory() -> GpuInventory {
    GpuInventory {
        identity: GpuIdentity {
            index: GpuIndex(0),
            uuid: uuid(),
            name: Reading::Value(Text::new("NVIDIA A100-SXM4-40GB")),
            pci: Reading::Value("0000:4e:00.0".parse().unwrap()),
            pci_device_id: absent(),
            serial: absent(),
            minor: Reading::Value(0),
            architecture: Reading::Value(Text::new("ampere")),
        },
        mig: Reading::Value(MigMode {
            current: true,
            pending: true,
        }),
        persistence: absent(),
        profiles: absent(),
        instances: Reading::Value(vec![
            instance(7, (19, "1g.5gb"), 0, 1),
            instance(1, (9, "3g.20gb"), 4, 4),
        ]),
        listing: Listing::ByInstance,
    }
}

fn process(pid: u32, gi: Option<u32>) -> GpuProcess {
    GpuProcess {
        pid: Pid(pid),
        kind: ProcessKind::Compute,
        memory: absent(),
        gi: gi.map(GiId),
        ci: gi.map(|_| CiId(0)),
    }
}

fn sample(processes: Vec<GpuProcess>) -> GpuSample {
    let one = |gi| InstanceSample {
        gi: GiId(gi),
        memory_total: absent(),
        memory_used: Reading::Value(Bytes::mib(u64::from(gi))),
        metrics: Vec::new(),
    };
    GpuSample {
        gpu: uuid(),
        fast: FastTelemetry {
            memory_total: absent(),
            memory_used: absent(),
            temperature_c: Reading::Value(40),
            power_mw: absent(),
            sm_clock_mhz: absent(),
            memory_clock_mhz: absent(),
            pstate: absent(),
            throttle: Reading::Value(0),
            utilization: absent(),
            memory_utilization: absent(),
        },
        slow: None,
        instances: vec![one(1), one(7)],
        processes: Reading::Value(processes),
    }
}

fn slow() -> SlowTelemetry {
    SlowTelemetry {
        power_limit_mw: absent(),
        sm_clock_max_mhz: absent(),
        memory_clock_max_mhz: absent(),
        pcie: PcieLink {
            generation: Reading::Value(1),
            generation_max: Reading::Value(4),
            width: Reading::Value(16),
            width_max: Reading::Value(16),
        },
        nvlinks: Reading::Value(Vec::new()),
        memory: MemoryHealth {
            ecc: absent(),
            ecc_pending: absent(),
            corrected: absent(),
            uncorrected: absent(),
            remapped_corrected: absent(),
            remapped_uncorrected: absent(),
            remap_pending: Reading::Value(false),
            remap_failed: Reading::Value(false),
            spare_banks: absent(),
        },
        recovery: absent::<RecoveryAction>(),
    }
}

fn host_process(pid: u32, pod: Option<&str>, started: Timestamp) -> HostProcess {
    HostProcess {
        pid: Pid(pid),
        user: Reading::Value(Text::new("kim")),
        command: Text::new("python3 train.py"),
        started: Reading::Value(started),
        uninterruptible: false,
        unit: None,
        container: None,
        pod: pod.map(ObjectUid::new),
    }
}

fn allocation(source: AllocationSource, pod: &str, resource: &str, device: &str) -> Allocation {
    let checkpoint = source == AllocationSource::Checkpoint;
    Allocation {
        source,
        pod_uid: checkpoint.then(|| ObjectUid::new(&format!("uid-{pod}"))),
        namespace: (!checkpoint).then(|| Text::new("svc")),
        pod: (!checkpoint).then(|| Text::new(pod)),
        container: Text::new("main"),
        resource: Text::new(resource),
        devices: vec![Text::new(device)],
    }
}

fn allocations(list: Vec<Allocation>) -> Fact {
    let pod = |name: &str| PodOnHost {
        uid: ObjectUid::new(&format!("uid-{name}")),
        namespace: Text::new("svc"),
        name: Text::new(name),
    };
    Fact::Allocations {
        allocations: Reading::Value(list),
        pods: vec![pod("ocr"), pod("fraud")],
    }
}

fn xid(code: u32, gi: Option<u32>, time: Timestamp) -> XidEvent {
    XidEvent {
        family: XidFamily::Xid,
        code,
        pci: "0000:4e:00.0".parse().ok(),
        at: time,
        boot_usec: Some(u64::from(code)),
        boot: None,
        gi: gi.map(GiId),
        ci: None,
        pid: None,
        name: None,
        message: Text::new(""),
        severity_word: None,
        link: None,
        source: XidSource::Kmsg,
    }
}

fn xids(events: Vec<XidEvent>) -> Fact {
    Fact::Xids { events, lost: 0 }
}

/// A store that has taken in these facts, all at one time.
fn told(seconds: i64, facts: Vec<Fact>) -> Store {
    let mut store = Store::new();
    tell(&mut store, seconds, facts);
    store
}

fn tell(store: &mut Store, seconds: i64, facts: Vec<Fact>) {
    for fact in facts {
        store.apply(
            STREAM,
            Observation {
                at: at(seconds),
                fact,
            },
        );
    }
}

/// The first records of a healthy host on which nobody works.
fn beginning() -> Vec<Fact> {
    vec![
        hello("dgx-test-01", "boot-1"),
        driver(),
        Fact::Gpu(Box::new(inventory())),
        Fact::Sample(Box::new(sample(Vec::new()))),
        allocations(Vec::new()),
        Fact::OwnerSigns { signs: Vec::new() },
        Fact::Beat { n: 1, dropped: 0 },
    ]
}

fn node(store: &mut Store) -> Arc<Node> {
    let fleet = store.fleet();
    assert_eq!(fleet.nodes.len(), 1, "{fleet:#?}");
    Arc::clone(&fleet.nodes[0])
}

fn gpu(store: &mut Store) -> Gpu {
    let node = node(store);
    assert_eq!(node.gpus.len(), 1);
    node.gpus[0].clone()
}

fn finding(store: &mut Store, id: &str) -> Option<Finding> {
    let node = node(store);
    let found: Vec<_> = node.findings.iter().filter(|f| f.id == id).collect();
    assert!(found.len() <= 1, "{found:#?}");
    // whoever is told that somebody should look is told where
    let leads = |f: &&Finding| f.severity == Severity::Info || f.next.is_some();
    assert!(found.iter().all(leads), "{found:#?}");
    found.first().map(|f| (*f).clone())
}
