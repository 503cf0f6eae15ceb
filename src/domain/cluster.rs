//! What a cluster, or the kubelet on a host, says of GPUs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ids::{BootId, ObjectUid};
use super::text::Text;

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

/// What the API server says of a node, as far as GPUs are concerned.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct NodeFacts {
    /// `metadata.name`.
    pub name: Option<Text>,
    /// `status.nodeInfo.bootID`.
    pub boot_id: Option<BootId>,
    /// Labels under `nvidia.com/`.
    pub labels: BTreeMap<Text, Text>,
    /// Extended resources of `status.capacity` that concern GPUs.
    pub capacity: BTreeMap<Text, u64>,
    /// The same of `status.allocatable`.
    pub allocatable: BTreeMap<Text, u64>,
    /// `spec.unschedulable`.
    pub cordoned: bool,
}

/// A pod that asks for GPUs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PodFacts {
    /// UID.
    pub uid: ObjectUid,
    /// Namespace.
    pub namespace: Text,
    /// Name.
    pub name: Text,
    /// Phase.
    pub phase: Text,
    /// GPU resources asked for, summed over containers.
    pub requests: BTreeMap<Text, u64>,
}
