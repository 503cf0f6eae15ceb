//! What the API server says of a node.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::ids::{BootId, ObjectUid};
use super::super::text::Text;

/// What the API server says of a node, as far as GPUs are concerned.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct NodeFacts {
    /// UID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<ObjectUid>,
    /// `metadata.name`.
    pub name: Option<Text>,
    /// `status.nodeInfo.bootID`.
    pub boot_id: Option<BootId>,
    /// `status.nodeInfo.machineID`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine_id: Option<Text>,
    /// The address of type `Hostname`, else the label `kubernetes.io/hostname`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_name: Option<Text>,
    /// Version of the kubelet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubelet: Option<Text>,
    /// Labels under `nvidia.com/`.
    pub labels: BTreeMap<Text, Text>,
    /// When the label `nvidia.com/mig.config.state` was last written by who writes it, at the latest: a label has no time
    /// of its own, and `metadata.managedFields` has one for all that a writer wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mig_state_written: Option<Timestamp>,
    /// Extended resources of `status.capacity` that concern GPUs.
    pub capacity: BTreeMap<Text, u64>,
    /// The same of `status.allocatable`.
    pub allocatable: BTreeMap<Text, u64>,
    /// `spec.unschedulable`.
    pub cordoned: bool,
    /// `spec.taints`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taints: Vec<Taint>,
    /// `status.conditions`: `Ready`, and those that say that something is wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
}

/// A taint.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Taint {
    /// Key.
    pub key: Text,
    /// Value, often empty.
    pub value: Text,
    /// `NoSchedule`, `PreferNoSchedule`, `NoExecute`.
    pub effect: Text,
}

/// A condition of a node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Condition {
    /// Its type, such as `Ready`.
    pub kind: Text,
    /// `True`, `False`, `Unknown`.
    pub status: Text,
    /// Why, in one word.
    pub reason: Text,
    /// Why, in a sentence.
    pub message: Text,
    /// Since when.
    pub since: Option<Timestamp>,
}

impl NodeFacts {
    /// A label under `nvidia.com/`, given without that.
    pub fn label(&self, name: &str) -> Option<&Text> {
        let is_it = |key: &Text| key.strip_prefix("nvidia.com/") == Some(name);
        let mut labels = self.labels.iter();
        labels.find(|(key, _)| is_it(key)).map(|(_, value)| value)
    }

    /// Whether the cluster takes it for a node with GPUs: by its labels, or by resources that it has or once had.
    pub fn has_gpus(&self) -> bool {
        self.label("gpu.present").is_some_and(|v| *v == "true")
            || self.capacity.keys().any(|key| is_device(key))
    }

    /// The condition `Ready`; `None`: the node has not told.
    pub fn is_ready(&self) -> Option<bool> {
        let ready = self.conditions.iter().find(|c| c.kind == "Ready")?;
        Some(ready.status == "True")
    }
}

/// Whether a resource is GPUs or parts of them. A driver that is told of by other resources under `nvidia.com/` is none.
pub fn is_device(resource: &str) -> bool {
    let name = resource.strip_prefix("nvidia.com/");
    name.is_some_and(|name| name == "gpu" || name.starts_with("gpu.") || name.starts_with("mig-"))
}
