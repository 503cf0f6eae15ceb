//! What keeps a GPU or an instance in use.

use serde::{Deserialize, Serialize};

use super::ids::{CiId, GiId, GpuUuid, Pid};
use super::text::Text;

/// How something is held.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldKind {
    /// A process with work on it (NVML's process lists).
    Process,
    /// An open `/dev/nvidia<minor>`.
    Device,
    /// An open capability node `/dev/nvidia-caps/nvidia-cap<minor>` of an instance.
    Capability,
    /// An open control node (`/dev/nvidiactl`, `/dev/nvidia-uvm`, `/dev/nvidia-modeset`): holds the driver.
    Control,
    /// A kernel module that uses the driver's module.
    Module,
}

/// Something that keeps a GPU, an instance or the driver in use.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Holder {
    /// How.
    pub kind: HoldKind,
    /// The process; `None` for a kernel module.
    pub pid: Option<Pid>,
    /// The kernel module.
    pub module: Option<Text>,
    /// The GPU; `None` where the driver as a whole is held.
    pub gpu: Option<GpuUuid>,
    /// The GPU instance.
    pub gi: Option<GiId>,
    /// The compute instance.
    pub ci: Option<CiId>,
    /// The node in the file system, for open files.
    pub path: Option<Text>,
}
