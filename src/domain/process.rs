//! Processes on a host, as far as GPUs are concerned.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{CiId, ContainerId, GiId, ObjectUid, Pid};
use super::reading::Reading;
use super::text::Text;
use super::units::Bytes;

/// What a process does on a GPU, in NVML's words.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcessKind {
    /// In the compute process list.
    Compute,
    /// In the graphics process list.
    Graphics,
    /// In the MPS compute process list.
    Mps,
}

/// A process in one of NVML's lists (`nvmlProcessInfo_t`).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct GpuProcess {
    /// Process id on the host.
    pub pid: Pid,
    /// Which list it came from.
    pub kind: ProcessKind,
    /// Device memory; absent where NVML says NVML_VALUE_NOT_AVAILABLE.
    pub memory: Reading<Bytes>,
    /// Its GPU instance; `None` with MIG off or not attributable (0xFFFFFFFF).
    pub gi: Option<GiId>,
    /// Its compute instance.
    pub ci: Option<CiId>,
}

/// What /proc says of a process.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct HostProcess {
    /// Process id on the host.
    pub pid: Pid,
    /// User name, or the number where the user database has no name.
    pub user: Reading<Text>,
    /// Command line with arguments, or the kernel's short name in brackets where there are none and for a process in
    /// uninterruptible sleep, whose command line cannot be read without the risk of hanging with it.
    pub command: Text,
    /// When it started: with the pid its identity.
    pub started: Reading<Timestamp>,
    /// True while any of its threads is in uninterruptible sleep (state D).
    pub uninterruptible: bool,
    /// systemd unit of its cgroup, such as `nvidia-dcgm.service`.
    pub unit: Option<Text>,
    /// Its container, where the cgroup names one.
    pub container: Option<ContainerId>,
    /// Its pod's UID, where the cgroup names one.
    pub pod: Option<ObjectUid>,
}
