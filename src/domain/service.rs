//! Services of a host that matter to its GPUs.

use serde::{Deserialize, Serialize};

use super::reading::Reading;
use super::text::Text;

/// Which service. A service that migdeck does not know is not listed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceKind {
    /// `nvidia-fabricmanager.service`
    FabricManager,
    /// `nvidia-persistenced.service`
    Persistence,
    /// `nvidia-dcgm.service`, `dcgm.service`
    Dcgm,
    /// `nvsm*.service`
    Nvsm,
    /// `kubelet.service`
    Kubelet,
    /// `containerd.service`
    Containerd,
    /// `nvidia-mig-manager.service`, `nvidia-mig-parted*.service`
    MigManager,
    /// `slurmd.service`
    Slurmd,
    /// `nvidia-cdi-refresh.service`
    CdiRefresh,
}

/// A service, as far as the host's files tell (systemd is never asked).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Service {
    /// Which.
    pub kind: ServiceKind,
    /// The unit's name.
    pub unit: Text,
    /// Whether a process runs in the unit's cgroup.
    pub active: Reading<bool>,
    /// Whether a target links the unit (`*.wants`, `*.requires`).
    pub enabled: Reading<bool>,
    /// Its version, where a file tells.
    pub version: Option<Text>,
}

/// Container Device Interface specs of the host.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CdiSpec {
    /// The file.
    pub path: Text,
    /// The devices that it names (`nvidia.com/gpu=<name>`).
    pub devices: Vec<Text>,
}
