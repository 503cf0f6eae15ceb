//! Who manages MIG on a node.

use serde::{Deserialize, Serialize};

use super::text::Text;

/// The kinds of owners.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnerKind {
    /// No sign of anybody: NVML on the host may change it.
    Nobody,
    /// GPU Operator's MIG manager (label protocol).
    MigManager,
    /// The host's own mig-manager or mig-parted unit.
    MigPartedUnit,
    /// The DRA driver for NVIDIA GPUs.
    DraDriver,
    /// HAMi.
    Hami,
    /// A vGPU host.
    VgpuHost,
    /// Slurm's daemon.
    Slurm,
    /// A DaemonSet of the site's own.
    DaemonSet,
    /// A systemd unit of the site's own.
    SystemdUnit,
    /// The guard file says that migdeck does.
    Migdeck,
    /// There are signs that contradict, or nothing could be read: treated as owned.
    Unknown,
}

/// One sign of ownership, with where it was seen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OwnerSign {
    /// Whose sign it is.
    pub kind: OwnerKind,
    /// Name of the owner as people know it, such as `kube-system/mig-init` or a unit.
    pub name: Text,
    /// Where it was seen: a process, a unit file, a plugin socket, a pod log folder, the guard file.
    pub evidence: Text,
    /// True while it runs; false for a trace (a unit that is installed, a pod log folder).
    pub running: bool,
    /// The layout that it will apply, where that is known.
    pub layout: Option<Text>,
}

/// Who owns MIG on a node, decided from the signs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Owner {
    /// The kind.
    pub kind: OwnerKind,
    /// Its name, empty for nobody.
    pub name: Text,
    /// The layout that it will apply; `None`: unknown.
    pub layout: Option<Text>,
    /// What the decision rests on.
    pub evidence: Vec<Text>,
}
