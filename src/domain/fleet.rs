//! The joined snapshot: what is known now of every node, with where it was read.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::cluster::{Allocation, Cluster, OnNode, PodOnHost};
use super::event::Event;
use super::finding::Finding;
use super::gpu::{FastTelemetry, GpuInstance, GpuInventory, InstanceSample, SlowTelemetry};
use super::holder::Holder;
use super::ids::CiId;
use super::metric::{Measured, Metric};
use super::observation::{CallState, Driver, Hello, HostInventory, SourceName, SourceState};
use super::owner::Owner;
use super::process::{GpuProcess, HostProcess};
use super::reading::Reading;
use super::service::{CdiSpec, Service};
use super::shared::Shared;
use super::text::Text;
use super::xid::XidEvent;

/// All nodes at one moment. Unchanged nodes are shared between generations.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Fleet {
    /// Grows with every change.
    pub generation: u64,
    /// By name.
    #[serde(with = "shared_nodes")]
    pub nodes: Vec<Arc<Node>>,
    /// The cluster that is read besides; `None`: none is.
    #[serde(default)]
    pub cluster: Option<Shared<Cluster>>,
    /// What is wrong with the cluster, and with no node in particular, worst first.
    #[serde(default)]
    pub findings: Vec<Finding>,
}

/// One host.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Node {
    /// Name: the host's own.
    pub name: Text,
    /// Time of the newest record.
    pub at: Timestamp,
    /// Who speaks for it.
    pub hello: Option<Hello>,
    /// The host from /proc.
    pub host: Option<HostInventory>,
    /// Driver and library.
    pub driver: Reading<Driver>,
    /// GPUs by index.
    pub gpus: Vec<Gpu>,
    /// Processes that concern GPUs.
    pub processes: Vec<HostProcess>,
    /// Open handles and modules.
    pub holders: Vec<Holder>,
    /// Why some of them may be hidden.
    pub holders_hidden: Option<super::reading::Absence>,
    /// Xid and SXid since boot, in the order of time.
    pub xids: Vec<XidEvent>,
    /// Kernel log records that were lost.
    pub xids_lost: u64,
    /// Services.
    pub services: Vec<Service>,
    /// CDI specs.
    pub cdi: Reading<Vec<CdiSpec>>,
    /// What the kubelet gave to whom.
    pub allocations: Reading<Vec<Allocation>>,
    /// Pods with log folders on the host.
    pub pods_on_host: Vec<PodOnHost>,
    /// What the API server says.
    pub cluster: Reading<Shared<OnNode>>,
    /// Who owns MIG.
    pub owner: Owner,
    /// Why sampling is paused.
    pub paused: Option<Text>,
    /// Sources by name.
    pub sources: Vec<SourceState>,
    /// Exporters among them: what they tell, and as of when.
    #[serde(default)]
    pub exporters: Vec<Exporter>,
    /// What is wrong, worst first.
    pub findings: Vec<Finding>,
    /// What has changed, in the order of time.
    #[serde(default)]
    pub events: Vec<Event>,
    /// How far the stream has come, and what it lost.
    #[serde(default)]
    pub stream: StreamTally,
}

/// What a node's stream says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct StreamTally {
    /// The last beat; `None`: not one yet, so lists that are empty may be so because nobody has looked.
    pub beat: Option<u64>,
    /// Records that the probe dropped because its reader was slow.
    pub dropped: u64,
    /// Records of kinds that this version does not know.
    pub unknown: u64,
    /// Records that were left unread because far more came than was asked for.
    #[serde(default)]
    pub unread: u64,
    /// Since when far more comes than was asked for; `None`: it does not.
    #[serde(default)]
    pub floods: Option<Timestamp>,
}

/// An exporter as a source of one node's facts.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Exporter {
    /// Which of the sources.
    pub source: SourceName,
    /// Its address, without credentials.
    pub address: Text,
    /// When its newest values were read; `None`: it has told nothing of this node.
    pub at: Option<Timestamp>,
    /// What it tells of activity: SM, else GR, else nothing.
    pub activity: Option<Metric>,
}

impl Node {
    /// A node of which nothing is known yet but its name.
    pub fn new(name: Text, at: Timestamp) -> Self {
        Self {
            name,
            at,
            hello: None,
            host: None,
            driver: Reading::not_yet(),
            gpus: Vec::new(),
            processes: Vec::new(),
            holders: Vec::new(),
            holders_hidden: None,
            xids: Vec::new(),
            xids_lost: 0,
            services: Vec::new(),
            cdi: Reading::not_yet(),
            allocations: Reading::not_yet(),
            pods_on_host: Vec::new(),
            cluster: Reading::not_yet(),
            owner: Owner {
                kind: super::owner::OwnerKind::Unknown,
                name: Text::new(""),
                layout: None,
                evidence: vec![Text::new("no owner sign has been read yet")],
            },
            paused: None,
            sources: Vec::new(),
            exporters: Vec::new(),
            findings: Vec::new(),
            events: Vec::new(),
            stream: StreamTally::default(),
        }
    }
}

impl Node {
    /// Why nobody looks at this host itself, where only the API server tells of it.
    pub fn unprobed(&self) -> Option<&super::reading::Absence> {
        let why = self.driver.reason()?;
        let alone = self.hello.is_none() && self.cluster.value().is_some();
        Some(why).filter(|why| alone && why.code == super::reading::AbsentCode::NoSource)
    }
}

/// One GPU of a node.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Gpu {
    /// Position in NVML's enumeration.
    pub index: u32,
    /// Identity, mode, profiles, instances; absent while NVML has not told (then `name` and `pci` come from /proc).
    pub inventory: Reading<GpuInventory>,
    /// What /proc knows of it.
    pub proc: Option<super::observation::ProcGpu>,
    /// Whether its calls come back.
    pub calls: CallState,
    /// Time of the last sample.
    pub sampled: Option<Timestamp>,
    /// Last fast telemetry.
    pub fast: Option<FastTelemetry>,
    /// Last slow telemetry.
    pub slow: Option<SlowTelemetry>,
    /// Processes on it.
    pub processes: Reading<Vec<GpuProcess>>,
    /// Activity of the GPU as a whole, where an exporter tells it.
    #[serde(default)]
    pub metrics: Vec<(Metric, Measured)>,
    /// Its slots, in the order of placement.
    pub slots: Vec<Slot>,
    /// The GPU as one piece, where MIG is off or absent; `None` with MIG on or unknown.
    #[serde(default)]
    pub whole: Option<WholeGpu>,
}

impl Gpu {
    /// Its UUID, from NVML or else from /proc.
    pub fn uuid(&self) -> Option<&super::ids::GpuUuid> {
        match &self.inventory {
            Reading::Value(inventory) => Some(&inventory.identity.uuid),
            Reading::Absent(_) => self.proc.as_ref().and_then(|p| p.uuid.value()),
        }
    }

    /// Its PCI address, from NVML or else from /proc.
    pub fn pci(&self) -> Option<super::ids::PciAddress> {
        self.inventory
            .value()
            .and_then(|i| i.identity.pci.value().copied())
            .or_else(|| self.proc.as_ref().map(|p| p.pci))
    }
}

/// A GPU that is used as one piece.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct WholeGpu {
    /// Busy here means a process with work: a monitor holds `/dev/nvidia<minor>` of every GPU open all the time.
    pub state: SlotState,
    /// Pods on it.
    pub pods: Vec<PodLink>,
}

/// What somebody does with an instance. Allocated (given to a pod) and busy (a process or an open handle) differ.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotState {
    /// A process or an open handle.
    Busy,
    /// Given to a pod, and nothing runs.
    Allocated,
    /// Nobody has it.
    Free,
    /// A GPU instance without a compute instance: nobody can use it.
    NoCi,
    /// An error since it was created says that it, or its GPU, needs attention.
    Sick,
    /// Too little could be read to tell.
    Unknown,
}

/// A pod on an instance, with evidence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PodLink {
    /// Namespace, if known.
    pub namespace: Option<Text>,
    /// Name, if known; else the UID is all there is.
    pub name: Option<Text>,
    /// UID, if known.
    pub uid: Option<super::ids::ObjectUid>,
    /// Container, if known.
    pub container: Option<Text>,
    /// The compute instance; `None`: the whole GPU instance or GPU.
    pub ci: Option<CiId>,
    /// Where this was read, best first: `resource-claim`, `pod-status`, `pod-resources`, `checkpoint`, `dcgm` (an exporter's
    /// labels), `prometheus`, `cgroup`.
    pub evidence: Vec<Text>,
}

/// A GPU instance with all that is known of it now.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Slot {
    /// The instance.
    pub instance: GpuInstance,
    /// Busy, allocated, free.
    pub state: SlotState,
    /// Last sample.
    pub sample: Option<InstanceSample>,
    /// Pods on it.
    pub pods: Vec<PodLink>,
    /// Since when nobody has worked on it; `None` while somebody does, or where that cannot be told.
    #[serde(default)]
    pub idle: Option<Idle>,
}

/// Since when an instance is idle, as far as anybody watched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Idle {
    /// The last time that a process was seen on it or, where none ever was, the start of the watch.
    pub since: Timestamp,
    /// True if it was seen to become idle; false: it is idle at least since then.
    pub exact: bool,
}

mod shared_nodes {
    use super::{Arc, Node};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(nodes: &[Arc<Node>], s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(nodes.iter().map(AsRef::as_ref))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Arc<Node>>, D::Error> {
        Ok(Vec::<Node>::deserialize(d)?
            .into_iter()
            .map(Arc::new)
            .collect())
    }
}
