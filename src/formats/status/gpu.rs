//! GPUs and their instances.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::text::Text;

use super::super::absent::{Absent, Reason};
use super::metrics::Metrics;

/// A GPU.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Gpu {
    /// Position in NVML's enumeration; never an identity.
    pub index: u32,
    /// Its identity.
    pub uuid: Option<Text>,
    /// Product name.
    pub model: Option<Text>,
    /// PCI address.
    pub pci: Option<Text>,
    /// Serial number of the board.
    pub serial: Option<Text>,
    /// Minor of `/dev/nvidia<minor>`.
    pub minor: Option<u32>,
    /// Architecture.
    pub architecture: Option<Text>,
    /// MIG mode.
    pub mig: Mig,
    /// Length of the memory-slice axis, from the placements that the driver lists.
    pub axis: Option<u32>,
    /// Whether calls come back.
    pub calls: Calls,
    /// Time of the last sample.
    pub sampled: Option<Timestamp>,
    /// Memory of the whole GPU, bytes.
    pub memory: Memory,
    /// Temperature, power, clocks, link, errors.
    #[serde(flatten)]
    pub telemetry: Telemetry,
    /// The GPU as one piece, where MIG is off; `null` with MIG on or unknown.
    pub state: Option<SlotState>,
    /// Processes that are on no instance listed here.
    pub processes: Option<Vec<Process>>,
    /// Pods that were given the whole GPU.
    pub pods: Vec<PodLink>,
    /// GPU instances in the order of placement.
    pub instances: Option<Vec<Instance>>,
    /// Where one more instance would fit now, by profile.
    pub free: Option<Vec<Free>>,
    /// Why keys are `null`.
    #[serde(default, skip_serializing_if = "Absent::is_empty")]
    pub absent: Absent,
}

/// MIG mode: `enabled`, `disabled`, or `null`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Mig {
    /// In force now.
    pub current: Option<Text>,
    /// In force after the next reset.
    pub pending: Option<Text>,
    /// Why they are `null`.
    #[serde(default, skip_serializing_if = "Absent::is_empty")]
    pub absent: Absent,
}

/// State of the calls to a GPU.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Calls come back.
    Answering,
    /// A call has not come back.
    Hung,
    /// Calls come back, with values, but late.
    Slow,
    /// It is not asked for a while, after failures.
    Resting,
    /// Calls come back with an error of the GPU as a whole.
    Failing,
}

/// Whether a GPU's calls come back.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Calls {
    /// State.
    pub state: Health,
    /// Since when, unless answering.
    pub since: Option<Timestamp>,
    /// When it will be asked again.
    pub until: Option<Timestamp>,
    /// The function that has not come back.
    pub call: Option<Text>,
    /// Why.
    pub reason: Option<Reason>,
}

/// Memory in bytes.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Memory {
    /// In total.
    pub total: Option<u64>,
    /// In use.
    pub used: Option<u64>,
    /// Why they are `null`.
    #[serde(default, skip_serializing_if = "Absent::is_empty")]
    pub absent: Absent,
}

/// Telemetry of a GPU. Reasons stand in the GPU's `absent`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Telemetry {
    /// Degrees Celsius.
    pub temperature_c: Option<u32>,
    /// Watts.
    pub power_w: Option<f64>,
    /// Watts.
    pub power_limit_w: Option<f64>,
    /// Share of time that a kernel ran, percent; `null` with MIG on.
    pub utilization: Option<u32>,
    /// SM clock now and at most, MHz.
    pub sm_clock_mhz: Option<u32>,
    /// Memory clock, MHz.
    pub memory_clock_mhz: Option<u32>,
    /// Performance state, 0 (highest) .. 15.
    pub pstate: Option<u32>,
    /// Clock event reasons as NVML's bits; 0 is full speed.
    pub throttle: Option<u64>,
    /// PCI Express link.
    pub pcie: Option<Pcie>,
    /// NVLinks in order: true is up.
    pub nvlinks: Option<Vec<bool>>,
    /// ECC on now.
    pub ecc: Option<bool>,
    /// Uncorrected memory errors since the driver was loaded.
    pub ecc_uncorrected: Option<u64>,
    /// Rows remapped for uncorrected errors.
    pub remapped_uncorrected: Option<u64>,
    /// A row waits for the next reset to be remapped.
    pub remap_pending: Option<bool>,
    /// What must be done to recover: `none`, `gpu_reset`, `node_reboot`, `drain_p2p`, `drain_and_reset`, or a number.
    pub recovery: Option<Text>,
}

/// PCI Express link.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pcie {
    /// Generation in use.
    pub generation: Option<u32>,
    /// Highest generation of device and slot.
    pub generation_max: Option<u32>,
    /// Lanes in use.
    pub width: Option<u32>,
    /// Most lanes.
    pub width_max: Option<u32>,
    /// Why they are `null`.
    #[serde(default, skip_serializing_if = "Absent::is_empty")]
    pub absent: Absent,
}

/// What somebody does with an instance.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotState {
    /// A process or an open handle.
    Busy,
    /// Given to a pod, and nothing runs.
    Allocated,
    /// Nobody has it.
    Free,
    /// A GPU instance without a compute instance.
    NoCi,
    /// An error since it was created says that it needs attention.
    Sick,
    /// Too little could be read to tell.
    Unknown,
}

/// A GPU instance.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Instance {
    /// Its id on the GPU.
    pub gi: u32,
    /// Profile name.
    pub profile: Option<Text>,
    /// Profile id.
    pub profile_id: Option<u32>,
    /// First memory slice.
    pub start: Option<u32>,
    /// Memory slices.
    pub size: Option<u32>,
    /// What somebody does with it.
    pub state: SlotState,
    /// Its memory, bytes.
    pub memory: Memory,
    /// Streaming multiprocessors of the whole instance.
    pub sm_count: Option<u32>,
    /// Activity.
    #[serde(flatten)]
    pub activity: Metrics,
    /// When this watcher first saw it; `null`: it was there at the first look.
    pub appeared: Option<Timestamp>,
    /// Pods on it.
    pub pods: Vec<PodLink>,
    /// Processes on it that the driver attributes to none of its compute instances.
    pub processes: Option<Vec<Process>>,
    /// Compute instances.
    pub compute_instances: Vec<ComputeInstance>,
    /// Why keys are `null`.
    #[serde(default, skip_serializing_if = "Absent::is_empty")]
    pub absent: Absent,
}

/// A compute instance, which with its UUID is a MIG device.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ComputeInstance {
    /// Its id in the GPU instance.
    pub ci: u32,
    /// Profile name.
    pub profile: Option<Text>,
    /// Profile id.
    pub profile_id: Option<u32>,
    /// First compute slice in the GPU instance.
    pub start: Option<u32>,
    /// Compute slices.
    pub size: Option<u32>,
    /// UUID of the MIG device.
    pub uuid: Option<Text>,
    /// Position among the GPU's MIG devices; renumbered at every change.
    pub device_index: Option<u32>,
    /// Streaming multiprocessors.
    pub sm_count: Option<u32>,
    /// What somebody does with it.
    pub state: SlotState,
    /// Processes on it; `null` where one may be and the driver does not tell.
    pub processes: Option<Vec<Process>>,
    /// Pods that were given it.
    pub pods: Vec<PodLink>,
    /// Why keys are `null`.
    #[serde(default, skip_serializing_if = "Absent::is_empty")]
    pub absent: Absent,
}

/// A process in NVML's lists, with what /proc says of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Process {
    /// Process id on the host.
    pub pid: u32,
    /// `compute`, `graphics` or `mps`.
    pub kind: Text,
    /// User.
    pub user: Option<Text>,
    /// Command line.
    pub command: Option<Text>,
    /// Device memory, bytes.
    pub memory: Option<u64>,
    /// When it started.
    pub started: Option<Timestamp>,
    /// Why keys are `null`.
    #[serde(default, skip_serializing_if = "Absent::is_empty")]
    pub absent: Absent,
}

/// A pod on a device, with evidence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PodLink {
    /// Namespace, if known.
    pub namespace: Option<Text>,
    /// Name, if known.
    pub name: Option<Text>,
    /// UID, if known.
    pub uid: Option<Text>,
    /// Container, if known.
    pub container: Option<Text>,
    /// Where this was read, best first: `resource-claim`, `pod-status`, `pod-resources`, `checkpoint`, `cgroup`.
    pub evidence: Vec<Text>,
}

/// Where one more instance of a profile would fit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Free {
    /// Profile name.
    pub profile: Text,
    /// Profile id.
    pub profile_id: u32,
    /// Memory slices that it takes.
    pub size: u32,
    /// Starts on the memory-slice axis.
    pub starts: Vec<u32>,
}
