//! What the API server says of a pod.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::ids::ObjectUid;
use super::super::text::Text;
use super::Amounts;

/// A pod that asks for GPUs, has some, or runs the software that gives them out.
///
/// Clusters have ten thousand of these, and names repeat: texts are shared by whoever makes them.
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
    /// GPU resources asked for, as the scheduler counts them.
    pub requests: Amounts,
    /// The node that it is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Text>,
    /// Its controller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerRef>,
    /// The label `app`, by which operands of the GPU Operator are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<Text>,
    /// Its containers that ask for GPUs or have some.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub containers: Box<[ContainerFacts]>,
    /// Its resource claims.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub claims: Box<[PodClaim]>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When its kubelet took it up, before it was given devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// When it has to be gone; `Some`: it is being deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleting: Option<Timestamp>,
    /// Why it failed or was evicted, in one word (`status.reason`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    /// What its containers make of the phase, where that is another word: `Init:0/1`, `CrashLoopBackOff`,
    /// `ContainerCreating`, as `kubectl get pods` puts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Text>,
    /// How often its containers were started again, all together; `None`: not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restarts: Option<u32>,
    /// What the scheduler says of a pod that it cannot place: for people, not for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unschedulable: Option<Text>,
}

fn is_empty<T>(list: &[T]) -> bool {
    list.is_empty()
}

/// What made a pod.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OwnerRef {
    /// `ReplicaSet`, `Job`, `StatefulSet`, `DaemonSet`..
    pub kind: Text,
    /// Its name.
    pub name: Text,
}

/// A container that asks for GPUs or has some.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ContainerFacts {
    /// Its name.
    pub name: Text,
    /// What kind it is.
    pub kind: ContainerKind,
    /// GPU resources that it asks for.
    pub requests: Amounts,
    /// Id that the runtime gave it, without the runtime's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Text>,
    /// Devices that its status names (`allocatedResourcesStatus`).
    #[serde(default, skip_serializing_if = "is_empty")]
    pub devices: Box<[DeviceFacts]>,
}

/// Kinds of containers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContainerKind {
    /// One of `spec.containers`.
    Main,
    /// It runs to its end before the others start.
    Init,
    /// It starts before the others and stays (`restartPolicy: Always`).
    Sidecar,
}

/// A device of a container, as its status names it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeviceFacts {
    /// Resource, such as `nvidia.com/mig-1g.5gb`, or `claim:<claim>[/<request>]`.
    pub resource: Text,
    /// The device plugin's id without a replica's `::n`, or `<driver>/<pool>/<device>`.
    pub id: Text,
    /// The number of the replica of a device that is shared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replica: Option<u32>,
    /// `Healthy`, `Unhealthy`, `Unknown`.
    pub health: Text,
}

/// A resource claim of a pod.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PodClaim {
    /// Its name in the pod.
    pub name: Text,
    /// The ResourceClaim; `None`: not made yet.
    pub claim: Option<Text>,
}

impl PodFacts {
    /// It has run to its end, and its devices are given back.
    pub fn has_ended(&self) -> bool {
        self.phase == "Succeeded" || self.phase == "Failed"
    }

    /// What it does, in the word that `kubectl get pods` has for it.
    pub fn status(&self) -> &Text {
        static TERMINATING: std::sync::LazyLock<Text> =
            std::sync::LazyLock::new(|| Text::new("Terminating"));
        match &self.deleting {
            Some(_) if !self.has_ended() => &TERMINATING,
            _ => self.state.as_ref().unwrap_or(&self.phase),
        }
    }

    /// It waits for a node.
    pub fn is_pending(&self) -> bool {
        self.node.is_none() && !self.has_ended()
    }

    /// It asks for GPUs or has some; else it is here for what it does.
    pub fn uses_gpus(&self) -> bool {
        !self.requests.is_empty() || !self.claims.is_empty() || !self.containers.is_empty()
    }
}
