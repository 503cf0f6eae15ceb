//! What a cluster, or the kubelet on a host, says of GPUs.

pub mod advertised;
pub mod amounts;
pub mod asked;
pub mod dra;
pub mod event;
pub mod news;
pub mod node;
pub mod on_node;
pub mod openings;
pub mod pending;
pub mod pod;
pub mod policy;
mod whole;

use serde::{Deserialize, Serialize};

use super::ids::ObjectUid;
use super::text::Text;

pub use amounts::Amounts;
pub use dra::{ClaimFacts, ClaimedDevice, SliceDevice, SliceFacts};
pub use event::PodEvent;
pub use node::{Condition, NodeFacts, Taint};
pub use on_node::{OnNode, PodDevice, PodDeviceSource};
pub use pod::{ContainerFacts, ContainerKind, DeviceFacts, OwnerRef, PodClaim, PodFacts};
pub use policy::{BudgetFacts, QuotaFacts};
pub use whole::Cluster;

/// Where an allocation was read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AllocationSource {
    /// The kubelet's PodResources socket.
    PodResources,
    /// The kubelet's checkpoint file.
    Checkpoint,
}

/// A container that the kubelet gave devices to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Allocation {
    /// Where it was read.
    pub source: AllocationSource,
    /// Pod UID (the checkpoint has it, PodResources does not).
    pub pod_uid: Option<ObjectUid>,
    /// Namespace (PodResources has it, the checkpoint does not; folder names under `/var/log/pods` fill it in).
    pub namespace: Option<Text>,
    /// Pod name.
    pub pod: Option<Text>,
    /// Container name.
    pub container: Text,
    /// Resource name, such as `nvidia.com/mig-1g.5gb`; for DRA the driver's name.
    pub resource: Text,
    /// Device ids, replicas' `::n` stripped.
    pub devices: Vec<Text>,
}

/// A pod whose logs lie on the host: `/var/log/pods/<namespace>_<name>_<uid>`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PodOnHost {
    /// UID of the pod.
    pub uid: ObjectUid,
    /// Namespace.
    pub namespace: Text,
    /// Name.
    pub name: Text,
}
