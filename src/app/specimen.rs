//! Small fleets for tests: what tests do not set is absent.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::domain::finding::{Finding, Severity};
use crate::domain::fleet::{Fleet, Gpu, Idle, Node, PodLink, Slot, SlotState, WholeGpu};
use crate::domain::gpu::{
    ComputeInstance, Engines, FastTelemetry, GpuIdentity, GpuInstance, GpuInventory,
    InstanceSample, Listing, MigMode,
};
use crate::domain::holder::{HoldKind, Holder};
use crate::domain::ids::{CiId, GiId, GpuIndex, GpuUuid, MigUuid, Pid, ProfileId};
use crate::domain::metric::{Denominator, Measured, Metric};
use crate::domain::observation::CallState;
use crate::domain::placement::Placement;
use crate::domain::process::{GpuProcess, HostProcess, ProcessKind};
use crate::domain::reading::{AbsentCode, Reading};
use crate::domain::text::Text;
use crate::domain::units::Bytes;
use crate::domain::xid::{XidEvent, XidFamily, XidSource};

/// The time of the specimens.
pub fn noon() -> Timestamp {
    "2026-01-02T12:00:00Z".parse().unwrap()
}

/// So many minutes before noon.
pub fn before(minutes: i64) -> Timestamp {
    noon() - SignedDuration::from_mins(minutes)
}

pub fn absent<T>() -> Reading<T> {
    Reading::absent(AbsentCode::NotSupported, "not set in this test")
}

/// `gi` of profile `1g.5gb` at slice `gi`, free, of which nothing has been measured.
pub fn slot(gi: u32) -> Slot {
    Slot {
        instance: GpuInstance {
            gi: GiId(gi),
            profile_id: Reading::Value(ProfileId(19)),
            profile: Reading::Value(Text::new("1g.5gb")),
            placement: Reading::Value(Placement { start: gi, size: 1 }),
            memory: Reading::Value(Bytes::mib(4864)),
            sm: Reading::Value(14),
            engines: Reading::Value(Engines::default()),
            cis: vec![ComputeInstance {
                ci: CiId(0),
                profile_id: Reading::Value(ProfileId(0)),
                name: Reading::Value(Text::new("1g.5gb")),
                placement: absent(),
                uuid: Reading::Value(MigUuid::new(&format!("MIG-{gi}"))),
                device_index: Reading::Value(0),
                sm: absent(),
                slices: absent(),
            }],
            appeared: None,
        },
        state: SlotState::Free,
        sample: None,
        pods: Vec::new(),
        idle: None,
    }
}

/// A slot with a sample: used of total MiB, and percentages.
pub fn sampled(gi: u32, used_mib: u64, metrics: &[(Metric, f64)]) -> Slot {
    let mut slot = slot(gi);
    slot.sample = Some(InstanceSample {
        gi: GiId(gi),
        memory_total: Reading::Value(Bytes::mib(1000)),
        memory_used: Reading::Value(Bytes::mib(used_mib)),
        metrics: metrics
            .iter()
            .map(|(metric, percent)| {
                (
                    *metric,
                    Reading::Value(Measured {
                        percent: *percent,
                        of: Denominator::Instance,
                        source: Text::new("nvml gpm"),
                        at: noon(),
                    }),
                )
            })
            .collect(),
    });
    slot
}

pub fn idle_since(minutes: i64) -> Idle {
    Idle {
        since: before(minutes),
        exact: true,
    }
}

pub fn pod(namespace: &str, name: &str) -> PodLink {
    PodLink {
        namespace: Some(Text::new(namespace)),
        name: Some(Text::new(name)),
        uid: None,
        container: None,
        ci: None,
        evidence: vec![Text::new("checkpoint")],
    }
}

pub fn uuid(node: &str, index: u32) -> GpuUuid {
    GpuUuid::new(&format!("GPU-{node}-{index:08}"))
}

pub fn fast() -> FastTelemetry {
    FastTelemetry {
        memory_total: Reading::Value(Bytes::mib(40_000)),
        memory_used: Reading::Value(Bytes::mib(10_000)),
        temperature_c: Reading::Value(40),
        power_mw: Reading::Value(120_000),
        sm_clock_mhz: absent(),
        memory_clock_mhz: absent(),
        pstate: absent(),
        throttle: Reading::Value(0),
        utilization: absent(),
        memory_utilization: absent(),
    }
}

/// A GPU with these slots; with none it is used as one piece.
pub fn gpu(node: &str, index: u32, slots: Vec<Slot>) -> Gpu {
    let mig = !slots.is_empty();
    Gpu {
        index,
        inventory: Reading::Value(GpuInventory {
            identity: GpuIdentity {
                index: GpuIndex(index),
                uuid: uuid(node, index),
                name: Reading::Value(Text::new("NVIDIA A100-SXM4-40GB")),
                pci: format!("0000:{:02x}:00.0", index + 0x10)
                    .parse()
                    .map_or_else(|_| absent(), Reading::Value),
                pci_device_id: absent(),
                serial: Reading::Value(Text::new("1565020013641")),
                minor: Reading::Value(index),
                architecture: Reading::Value(Text::new("ampere")),
            },
            mig: Reading::Value(MigMode {
                current: mig,
                pending: mig,
            }),
            persistence: absent(),
            profiles: absent(),
            instances: Reading::Value(slots.iter().map(|s| s.instance.clone()).collect()),
            listing: Listing::ByInstance,
        }),
        proc: None,
        calls: CallState::Answering,
        sampled: Some(noon()),
        fast: Some(fast()),
        slow: None,
        processes: Reading::Value(Vec::new()),
        whole: (!mig).then_some(WholeGpu {
            state: SlotState::Free,
            pods: Vec::new(),
        }),
        slots,
    }
}

pub fn process(pid: u32, user: &str, command: &str) -> HostProcess {
    HostProcess {
        pid: Pid(pid),
        user: Reading::Value(Text::new(user)),
        command: Text::new(command),
        started: Reading::Value(before(60)),
        uninterruptible: false,
        unit: None,
        container: None,
        pod: None,
    }
}

pub fn works(pid: u32, gi: Option<u32>) -> GpuProcess {
    GpuProcess {
        pid: Pid(pid),
        kind: ProcessKind::Compute,
        memory: absent(),
        gi: gi.map(GiId),
        ci: gi.map(|_| CiId(0)),
    }
}

pub fn holder(kind: HoldKind, pid: u32, gpu: Option<GpuUuid>, gi: Option<u32>) -> Holder {
    Holder {
        kind,
        pid: Some(Pid(pid)),
        module: None,
        gpu,
        gi: gi.map(GiId),
        ci: None,
        path: None,
    }
}

pub fn xid(code: u32, index: u32, at: Timestamp) -> XidEvent {
    XidEvent {
        family: XidFamily::Xid,
        code,
        pci: format!("0000:{:02x}:00.0", index + 0x10).parse().ok(),
        at,
        boot_usec: None,
        boot: None,
        gi: None,
        ci: None,
        pid: None,
        name: None,
        message: Text::new(""),
        severity_word: None,
        link: None,
        source: XidSource::Kmsg,
    }
}

pub fn finding(severity: Severity, id: &str, subject: &str) -> Finding {
    Finding {
        id: Text::new(id),
        severity,
        subject: Text::new(subject),
        text: Text::new("something is the matter"),
        evidence: Vec::new(),
        next: None,
    }
}

pub fn node(name: &str, gpus: Vec<Gpu>) -> Node {
    let mut node = Node::new(Text::new(name), noon());
    node.gpus = gpus;
    node.stream.beat = Some(1);
    node
}

pub fn fleet(nodes: Vec<Node>) -> Fleet {
    Fleet {
        generation: 1,
        nodes: nodes.into_iter().map(Arc::new).collect(),
    }
}
