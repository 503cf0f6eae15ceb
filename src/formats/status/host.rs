//! What is told of a host besides its GPUs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::text::Text;

use super::super::absent::Absent;

/// A cluster that is read through its API server.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Cluster {
    /// Context of the kubeconfig; `null`: it has not been reached.
    pub context: Option<Text>,
    /// URL of the API server.
    pub server: Option<Text>,
    /// Its version.
    pub version: Option<Text>,
    /// `live`, `late`, `hung`, `down`; `null`: not tried yet.
    pub state: Option<Text>,
    /// Since when it does not answer; `null` while it does.
    pub since: Option<Timestamp>,
    /// Why it does not.
    pub reason: Option<Text>,
    /// Pods with GPUs that wait for a node.
    pub pending: u64,
    /// What may not be read.
    pub gaps: Vec<ClusterGap>,
}

/// Something that may not be read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClusterGap {
    /// What is not permitted.
    pub permission: Text,
    /// What is not seen for want of it.
    pub misses: Text,
    /// What the server said.
    pub reason: Option<Text>,
}

/// The node object, as far as GPUs are concerned.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct K8s {
    /// Name of the node.
    pub name: Option<Text>,
    /// `mig.strategy`, from the label.
    pub strategy: Option<Text>,
    /// Not schedulable.
    pub cordoned: bool,
    /// Labels under `nvidia.com/`.
    pub labels: BTreeMap<Text, Text>,
    /// GPU resources that the node has.
    pub capacity: BTreeMap<Text, u64>,
    /// GPU resources that pods may have of it.
    pub allocatable: BTreeMap<Text, u64>,
    /// GPU resources that pods on it ask for.
    pub requested: BTreeMap<Text, u64>,
    /// Pods on it that ask for GPUs.
    pub pods: Vec<K8sPod>,
}

/// A pod that asks for GPUs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct K8sPod {
    /// Namespace.
    pub namespace: Text,
    /// Name.
    pub name: Text,
    /// UID.
    pub uid: Text,
    /// Phase.
    pub phase: Text,
    /// GPU resources asked for.
    pub requests: BTreeMap<Text, u64>,
}

/// Who manages MIG.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Owner {
    /// `nobody`, `mig_manager`, `mig_parted_unit`, `dra_driver`, `hami`, `vgpu_host`, `slurm`, `daemon_set`,
    /// `systemd_unit`, `migdeck`, `unknown`.
    pub kind: Text,
    /// Its name, empty for nobody.
    pub name: Text,
    /// The layout that it will apply; `null`: unknown.
    pub layout: Option<Text>,
    /// What that rests on.
    pub evidence: Vec<Text>,
}

/// What keeps a GPU, an instance or the driver in use.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Holder {
    /// `process`, `device`, `capability`, `control`, `module`.
    pub kind: Text,
    /// UUID of the GPU; `null` where the driver as a whole is held.
    pub gpu: Option<Text>,
    /// Index of that GPU.
    pub gpu_index: Option<u32>,
    /// GPU instance.
    pub gi: Option<u32>,
    /// Compute instance.
    pub ci: Option<u32>,
    /// Process id; `null` for a kernel module.
    pub pid: Option<u32>,
    /// User.
    pub user: Option<Text>,
    /// Command line.
    pub command: Option<Text>,
    /// When the process started.
    pub started: Option<Timestamp>,
    /// systemd unit.
    pub unit: Option<Text>,
    /// Pod, as `namespace/name`, or its UID where that is all there is.
    pub pod: Option<Text>,
    /// Kernel module.
    pub module: Option<Text>,
    /// The file that is open.
    pub path: Option<Text>,
    /// Why keys are `null`.
    #[serde(default, skip_serializing_if = "Absent::is_empty")]
    pub absent: Absent,
}

/// An Xid or SXid error.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Xid {
    /// `xid` or `sxid`.
    pub family: Text,
    /// Its number.
    pub code: u32,
    /// What the number means; `null` for one that the catalogue does not have.
    pub name: Option<Text>,
    /// Whose fault it usually is.
    pub fault: Option<Text>,
    /// What to do at once.
    pub action: Option<Text>,
    /// When.
    pub at: Timestamp,
    /// PCI address of the GPU or switch.
    pub pci: Option<Text>,
    /// UUID of the GPU.
    pub gpu: Option<Text>,
    /// Index of that GPU.
    pub gpu_index: Option<u32>,
    /// GPU instance that the report names.
    pub gi: Option<u32>,
    /// Compute instance that the report names.
    pub ci: Option<u32>,
    /// Process at the time.
    pub pid: Option<u32>,
    /// Name of the process at the time.
    pub process: Option<Text>,
    /// The message.
    pub message: Text,
    /// `kmsg`, `journal`, `nvml_event`.
    pub source: Text,
}

/// A service.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Service {
    /// `fabric_manager`, `persistence`, `dcgm`, `nvsm`, `kubelet`, `containerd`, `mig_manager`, `slurmd`, `cdi_refresh`.
    pub kind: Text,
    /// Its unit.
    pub unit: Text,
    /// Whether a process of it runs.
    pub active: Option<bool>,
    /// Whether a target links it.
    pub enabled: Option<bool>,
    /// Version.
    pub version: Option<Text>,
    /// Why keys are `null`.
    #[serde(default, skip_serializing_if = "Absent::is_empty")]
    pub absent: Absent,
}

/// A CDI spec.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Cdi {
    /// The file.
    pub path: Text,
    /// Devices that it names.
    pub devices: Vec<Text>,
}

/// What the kubelet gave to a container.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Allocation {
    /// `pod-resources` or `checkpoint`.
    pub source: Text,
    /// Namespace.
    pub namespace: Option<Text>,
    /// Pod.
    pub pod: Option<Text>,
    /// UID of the pod.
    pub pod_uid: Option<Text>,
    /// Container.
    pub container: Text,
    /// Resource.
    pub resource: Text,
    /// Device ids.
    pub devices: Vec<Text>,
}

/// A process in uninterruptible sleep: a call into the kernel has not come back.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StuckProcess {
    /// Process id.
    pub pid: u32,
    /// User.
    pub user: Option<Text>,
    /// Command line.
    pub command: Text,
    /// When it started.
    pub started: Option<Timestamp>,
    /// Why keys are `null`.
    #[serde(default, skip_serializing_if = "Absent::is_empty")]
    pub absent: Absent,
}

/// Something that is wrong, or worth knowing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// Stable id of the rule.
    pub id: Text,
    /// `info`, `caution`, `danger`.
    pub severity: Text,
    /// What it concerns.
    pub subject: Text,
    /// One sentence.
    pub text: Text,
    /// What it rests on.
    pub evidence: Vec<Text>,
    /// The next command.
    pub next: Option<Text>,
}
