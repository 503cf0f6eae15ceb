//! What a source saw, and when: the records of a probe's stream and of a tape (`migdeck/stream/v1`).
//!
//! One stream tells of one host. Its first record is a [`Hello`]. Unknown fields are ignored; a record of an unknown
//! kind becomes [`Fact::Unknown`] and is counted, so that an older console can read a newer probe.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::cluster::news::ClusterNews;
use super::cluster::{
    Allocation, ClaimFacts, NodeFacts, PodFacts, PodOnHost, QuotaFacts, SliceFacts,
};
use super::exporter::Collected;
use super::gpu::{GpuInventory, GpuSample};
use super::holder::Holder;
use super::ids::{BootId, GpuUuid, PciAddress};
use super::owner::OwnerSign;
use super::process::HostProcess;
use super::reading::{Absence, AbsentCode, Reading};
use super::service::{CdiSpec, Service};
use super::text::Text;
use super::xid::XidEvent;

/// Name of the stream's schema.
pub const SCHEMA: &str = "migdeck/stream/v1";

/// One record.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Observation {
    /// When it was seen, by the host's clock.
    pub at: Timestamp,
    /// What was seen.
    #[serde(flatten)]
    pub fact: Fact,
}

/// What was seen.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    /// First record: who speaks.
    Hello(Hello),
    /// The host and its GPUs from /proc and /sys, before NVML is initialised.
    Host(HostInventory),
    /// NVML is up (again): driver and library.
    Driver(Driver),
    /// A GPU's inventory, new or changed. Replaces the earlier one whole.
    Gpu(Box<GpuInventory>),
    /// A GPU that NVML lists no more.
    GpuGone {
        /// Which.
        gpu: GpuUuid,
    },
    /// One beat of one GPU.
    Sample(Box<GpuSample>),
    /// A call on a GPU has not come back, or has at last.
    GpuCall(GpuCall),
    /// How a source does.
    Source(SourceState),
    /// Processes that concern GPUs. Replaces the earlier list.
    Processes {
        /// All of them.
        processes: Vec<HostProcess>,
    },
    /// Open handles and kernel modules. Replaces the earlier list.
    Holders {
        /// All that could be seen.
        holders: Vec<Holder>,
        /// Present where other users' handles are hidden.
        hidden: Option<Absence>,
    },
    /// Xid and SXid reports, new since the last record.
    Xids {
        /// In the order of time.
        events: Vec<XidEvent>,
        /// Kernel log records lost before these (ring buffer overwritten).
        lost: u64,
    },
    /// When the driver was loaded since boot, from the kernel log. Replaces the earlier list.
    DriverLoads {
        /// In the order of time.
        loads: Vec<DriverLoad>,
    },
    /// Services and CDI specs. Replaces the earlier list.
    Services {
        /// Services that exist on the host.
        services: Vec<Service>,
        /// CDI specs.
        cdi: Reading<Vec<CdiSpec>>,
    },
    /// What the kubelet gave to whom. Replaces the earlier list.
    Allocations {
        /// All allocations of GPU resources; absent where the kubelet is up and they cannot be read.
        allocations: Reading<Vec<Allocation>>,
        /// Pods with log folders on the host.
        pods: Vec<PodOnHost>,
    },
    /// Signs of who owns MIG. Replaces the earlier list.
    OwnerSigns {
        /// All signs.
        signs: Vec<OwnerSign>,
    },
    /// What the API server says of this node and its pods. Replaces the earlier record.
    Cluster {
        /// The node.
        node: NodeFacts,
        /// Pods on it that ask for GPUs.
        pods: Vec<PodFacts>,
        /// Pods of the cluster that wait for a node.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unbound: Vec<PodFacts>,
        /// Claims of pods on it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        claims: Vec<ClaimFacts>,
        /// What GPU drivers publish of it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        slices: Vec<SliceFacts>,
        /// Quotas of the cluster.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        quotas: Vec<QuotaFacts>,
    },
    /// What is new of a whole cluster, from a source that reads its API server. In a host's stream only on a tape: whoever
    /// records puts it there.
    ClusterNews(Box<ClusterNews>),
    /// What a metrics exporter says of this host's GPUs. Replaces what the same source said before.
    Exporter(Box<Collected>),
    /// Sampling is paused or goes on.
    Paused {
        /// Why it is paused; `None`: it goes on.
        why: Option<Text>,
    },
    /// End of a round of all sources: what there is to see at once has been written.
    Beat {
        /// Number of the beat since the probe started.
        n: u64,
        /// Records dropped so far because the reader was slow.
        dropped: u64,
    },
    /// A record that this version does not know.
    #[serde(other)]
    Unknown,
}

/// Who speaks, and what it can see.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Hello {
    /// [`SCHEMA`].
    pub schema: Text,
    /// Version of the migdeck that writes.
    pub version: Text,
    /// Host name.
    pub host: Text,
    /// Boot id, if readable.
    pub boot: Option<BootId>,
    /// Machine id (`/etc/machine-id`), if readable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine_id: Option<Text>,
    /// True if the GPUs are simulated.
    pub simulated: bool,
    /// Effective user id of the probe.
    pub uid: u32,
    /// What cannot be seen with these rights, one sentence each.
    pub gaps: Vec<Text>,
    /// Seconds between beats.
    pub beat_seconds: f64,
}

/// A GPU that the kernel module knows (`/proc/driver/nvidia/gpus`).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ProcGpu {
    /// PCI address.
    pub pci: PciAddress,
    /// Product name.
    pub name: Reading<Text>,
    /// UUID; the kernel module shows it only after the GPU was initialised.
    pub uuid: Reading<GpuUuid>,
    /// Minor of `/dev/nvidia<minor>`.
    pub minor: Reading<u32>,
    /// GPU instances with capability entries, and their compute instances.
    pub instances: Vec<(u32, Vec<u32>)>,
}

/// A host before NVML is asked.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct HostInventory {
    /// Product name of the machine (DMI).
    pub machine: Reading<Text>,
    /// Operating system, from os-release.
    pub os: Reading<Text>,
    /// Kernel release.
    pub kernel: Reading<Text>,
    /// When the host booted.
    pub booted: Reading<Timestamp>,
    /// Version of the NVIDIA kernel module.
    pub driver: Reading<Text>,
    /// GPUs that it knows.
    pub gpus: Reading<Vec<ProcGpu>>,
    /// Processes in uninterruptible sleep, whatever they do.
    pub stuck: Vec<HostProcess>,
}

/// Driver and library.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Driver {
    /// Version of the driver (`nvmlSystemGetDriverVersion`).
    pub version: Reading<Text>,
    /// Version of the library.
    pub nvml: Reading<Text>,
    /// CUDA version it supports, as `12.2`.
    pub cuda: Reading<Text>,
    /// Path or name the library was loaded by.
    pub library: Text,
    /// How much of MIG this driver allows migdeck, in one sentence; `None`: everything (R525 and newer).
    pub limits: Option<Text>,
    /// GPUs that NVML counts.
    pub gpus: u32,
}

/// The kernel module was loaded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DriverLoad {
    /// When.
    pub at: Timestamp,
    /// Its version, where the line has one.
    pub version: Option<Text>,
}

/// State of the calls to one GPU.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct GpuCall {
    /// The GPU, by address: a GPU whose first call hangs has no UUID yet.
    pub pci: Option<PciAddress>,
    /// The GPU.
    pub gpu: Option<GpuUuid>,
    /// Position in NVML's enumeration.
    pub index: u32,
    /// What is the matter.
    pub state: CallState,
}

/// Whether calls come back.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// Calls come back.
    Answering,
    /// A call has not come back.
    Hung {
        /// When it was made.
        since: Timestamp,
        /// The function.
        call: Text,
    },
    /// Calls come back, with values, but late.
    Slow {
        /// When the call was made.
        since: Timestamp,
        /// The slowest function.
        call: Text,
        /// How long that one call took.
        seconds: f64,
    },
    /// It is not asked for a while (or until told), after failures.
    Resting {
        /// Since when.
        since: Timestamp,
        /// When it will be asked again; `None`: not until asked to.
        until: Option<Timestamp>,
        /// Why.
        why: Absence,
    },
    /// Calls come back with an error that concerns the GPU as a whole.
    Failing {
        /// Since when.
        since: Timestamp,
        /// The error.
        why: Absence,
    },
}

/// The sources of facts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceName {
    /// NVML.
    Nvml,
    /// /proc and /sys.
    Procfs,
    /// The kernel log.
    Kernlog,
    /// The kubelet's socket or checkpoint.
    Kubelet,
    /// Units and CDI specs.
    Services,
    /// The Kubernetes API server.
    Kubernetes,
    /// A dcgm-exporter.
    Dcgm,
    /// A Prometheus that scrapes dcgm-exporters.
    Prometheus,
    /// The stream itself.
    Stream,
}

impl SourceName {
    /// The name as people and JSON see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nvml => "nvml",
            Self::Procfs => "procfs",
            Self::Kernlog => "kernlog",
            Self::Kubelet => "kubelet",
            Self::Services => "services",
            Self::Kubernetes => "k8s",
            Self::Dcgm => "dcgm",
            Self::Prometheus => "prometheus",
            Self::Stream => "stream",
        }
    }
}

/// How a source does.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SourceState {
    /// Which.
    pub source: SourceName,
    /// How.
    pub health: Health,
}

impl SourceState {
    /// Whether it is down because the host has no such thing, which is no fault. A host without NVML has one.
    pub fn is_not_there(&self) -> bool {
        matches!(&self.health, Health::Down { why, .. } if why.code == AbsentCode::NoSource)
            && !matches!(self.source, SourceName::Nvml | SourceName::Stream)
    }
}

/// Health of a source.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It answers.
    Live,
    /// It has not answered in time.
    Late {
        /// Last answer.
        since: Timestamp,
        /// What was tried.
        why: Text,
    },
    /// A call has not come back.
    Hung {
        /// When it was made.
        since: Timestamp,
        /// The call.
        why: Text,
    },
    /// It is not there, or refuses.
    Down {
        /// Since when.
        since: Timestamp,
        /// Why.
        why: Absence,
    },
}

/// What a console may tell a probe: one JSON object a line on the probe's standard input.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Control {
    /// Set the time between beats.
    Beat {
        /// Seconds, 0.1 .. 3600.
        seconds: f64,
    },
    /// Read more of one GPU (occupancy, tensor and DRAM activity); `null`: of none.
    Detail {
        /// The GPU.
        gpu: Option<GpuUuid>,
    },
    /// Stop sampling.
    Pause,
    /// Go on sampling.
    Resume,
    /// Ask a resting GPU again.
    Retry {
        /// The GPU, by UUID, PCI address or index.
        gpu: Text,
    },
}
