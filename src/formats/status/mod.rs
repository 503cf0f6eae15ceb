//! `migdeck/status/v1`: everything that is known of some hosts, as one JSON document.
//!
//! `docs/schema/status.json` describes it. The text that `migdeck status` prints is made from this very document, so
//! that nothing is seen that cannot be had headless, and a saved document shows as the live one did.

mod bounds;
mod free;
mod from_fleet;
mod gpu;
mod gpu_from_fleet;
mod host;
mod metrics;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::reading::AbsentCode;
use crate::domain::text::Text;

use super::absent::Absent;
pub use gpu::{
    Calls, ComputeInstance, Free, Gpu, Health, Instance, Memory, Mig, Pcie, PodLink, Process,
    SlotState, Telemetry,
};
pub use host::{
    Allocation, Cdi, Cluster, ClusterGap, Finding, Holder, K8s, K8sPod, Owner, Service,
    StuckProcess, Xid,
};
pub use metrics::{Metrics, Provenance};

/// Name of the schema.
pub const SCHEMA: &str = "migdeck/status/v1";

/// The document.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Status {
    /// [`SCHEMA`].
    pub schema: Text,
    /// True if any of the hosts is simulated.
    pub simulated: bool,
    /// Generation of the snapshot.
    pub generation: u64,
    /// When the document was made.
    pub at: Timestamp,
    /// Where the facts come from, and how each source does.
    pub sources: Vec<Source>,
    /// The cluster that is read besides; `null`: none is.
    #[serde(default)]
    pub cluster: Option<Cluster>,
    /// What is wrong with the cluster, and with no host in particular, worst first.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// Hosts by name.
    pub nodes: Vec<Node>,
}

/// Whether a source answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceHealth {
    /// It answers.
    Live,
    /// It has not answered in time.
    Late,
    /// A call has not come back.
    Hung,
    /// It is not there, or refuses.
    Down,
}

/// A source of facts on one host.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Source {
    /// `nvml`, `procfs`, `kernlog`, `kubelet`, `services`, `k8s`, `dcgm`, `prometheus`, `stream`.
    pub name: Text,
    /// The host.
    pub node: Text,
    /// How it does.
    pub state: SourceHealth,
    /// Since when it does not answer; `null` while it does.
    pub since: Option<Timestamp>,
    /// Why it does not.
    pub reason: Option<Text>,
    /// The kind of that reason where it is `down`: `no_source`: this host has none, which is no fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<AbsentCode>,
}

impl Source {
    /// Whether it is down because the host has no such thing, which is no fault. A host without NVML has one.
    pub fn is_not_there(&self) -> bool {
        self.state == SourceHealth::Down
            && self.code == Some(AbsentCode::NoSource)
            && self.name != "nvml"
            && self.name != "stream"
    }
}

impl Status {
    /// The stream of a host that has told nothing at all before it went down; `None`: the host told something, or its
    /// stream still may.
    pub fn unreached(&self, node: &Node) -> Option<&Source> {
        let silent =
            node.system.boot_id.is_none() && node.system.library.is_none() && node.gpus.is_empty();
        self.sources
            .iter()
            .filter(|_| silent)
            .find(|s| s.node == node.name && s.name == "stream" && s.state == SourceHealth::Down)
    }
}

/// A host.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Node {
    /// Name by which this document calls it.
    pub name: Text,
    /// The host's own name.
    pub host: Text,
    /// Whether its GPUs are simulated.
    pub simulated: bool,
    /// Time of the newest fact, by the host's clock.
    pub at: Timestamp,
    /// Machine, kernel, driver.
    #[serde(flatten)]
    pub system: System,
    /// The node as the API server has it.
    pub k8s: Option<K8s>,
    /// Who manages MIG here.
    pub owner: Owner,
    /// Why sampling is paused.
    pub paused: Option<Text>,
    /// What this caller's rights hide, one sentence each.
    pub gaps: Vec<Text>,
    /// What keeps GPUs and instances in use, as far as it can be seen.
    pub holders: Vec<Holder>,
    /// Xid and SXid errors since boot, oldest first.
    pub xids: Vec<Xid>,
    /// Kernel log records that were lost.
    pub xids_lost: u64,
    /// Services.
    pub services: Vec<Service>,
    /// Container Device Interface specs.
    pub cdi: Option<Vec<Cdi>>,
    /// What the kubelet gave to whom.
    pub allocations: Option<Vec<Allocation>>,
    /// Processes in uninterruptible sleep.
    pub stuck: Vec<StuckProcess>,
    /// What is wrong, worst first.
    pub findings: Vec<Finding>,
    /// GPUs by index.
    pub gpus: Vec<Gpu>,
    /// Why keys are `null`, or (`holders`) why a list may be incomplete.
    #[serde(default, skip_serializing_if = "Absent::is_empty")]
    pub absent: Absent,
}

/// Machine, kernel, driver. Absent keys have their reason in the node's `absent`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct System {
    /// Boot id.
    pub boot_id: Option<Text>,
    /// Product name of the machine.
    pub machine: Option<Text>,
    /// Operating system.
    pub os: Option<Text>,
    /// Kernel release.
    pub kernel: Option<Text>,
    /// When it booted.
    pub booted: Option<Timestamp>,
    /// Driver version.
    pub driver: Option<Text>,
    /// Version of the NVML library.
    pub nvml: Option<Text>,
    /// CUDA version of the driver.
    pub cuda: Option<Text>,
    /// Path or name that the library was loaded by.
    pub library: Option<Text>,
    /// What this driver version keeps migdeck from doing.
    pub driver_limits: Option<Text>,
}
