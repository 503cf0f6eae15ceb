//! What a row stands for: names that survive a refresh, a new order and a renumbering.

use jiff::Timestamp;

use crate::domain::fleet::{Fleet, Gpu, Node, Slot};
use crate::domain::ids::{GiId, GpuUuid, ObjectUid, PciAddress, Pid};
use crate::domain::pods::{self, KnownPod};
use crate::domain::text::Text;
use crate::domain::xid::XidFamily;

/// A GPU by the best name it had when it was named.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum GpuId {
    /// Its UUID.
    Uuid(GpuUuid),
    /// Its address: the driver has not told its UUID.
    Pci(PciAddress),
    /// Its place in the enumeration: nothing else is known.
    Index(u32),
}

impl GpuId {
    /// The best name that a GPU has now.
    pub fn of(gpu: &Gpu) -> Self {
        match (gpu.uuid(), gpu.pci()) {
            (Some(uuid), _) => Self::Uuid(uuid.clone()),
            (None, Some(pci)) => Self::Pci(pci),
            (None, None) => Self::Index(gpu.index),
        }
    }

    /// Whether this names `gpu`.
    pub fn names(&self, gpu: &Gpu) -> bool {
        match self {
            Self::Uuid(uuid) => gpu.uuid() == Some(uuid),
            Self::Pci(pci) => gpu.pci() == Some(*pci),
            Self::Index(index) => gpu.index == *index,
        }
    }
}

/// A GPU of a node.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct GpuAt {
    /// Name of the node.
    pub node: Text,
    /// The GPU.
    pub gpu: GpuId,
}

impl GpuAt {
    /// Names a GPU of a node.
    pub fn of(node: &Node, gpu: &Gpu) -> Self {
        Self {
            node: node.name.clone(),
            gpu: GpuId::of(gpu),
        }
    }

    /// The GPU, if it is there.
    pub fn find<'a>(&self, fleet: &'a Fleet) -> Option<(&'a Node, &'a Gpu)> {
        let node = node(fleet, &self.node)?;
        let gpu = node.gpus.iter().find(|g| self.gpu.names(g))?;
        Some((node, gpu))
    }
}

/// A GPU instance of a GPU.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SlotAt {
    /// The GPU.
    pub gpu: GpuAt,
    /// The instance.
    pub gi: GiId,
}

impl SlotAt {
    /// The instance, if it is there.
    pub fn find<'a>(&self, fleet: &'a Fleet) -> Option<(&'a Node, &'a Gpu, &'a Slot)> {
        let (node, gpu) = self.gpu.find(fleet)?;
        let slot = gpu.slots.iter().find(|s| s.instance.gi == self.gi)?;
        Some((node, gpu, slot))
    }
}

/// An event of a node.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum EventId {
    /// Its own number, which no other event of the node has.
    Number(u64),
    /// It has no number: what is known of it.
    Alike {
        /// When.
        at: Timestamp,
        /// A hash of what happened to which GPU.
        what: u64,
        /// Which of the node's events that are alike in all of this, from 0.
        n: u32,
    },
}

/// A pod by the best name it had when it was named.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum PodId {
    /// Its UID, which another pod of the same name does not have.
    Uid(ObjectUid),
    /// The sources that tell of it know no UID.
    Named {
        /// Its node.
        node: Text,
        /// Namespace.
        namespace: Option<Text>,
        /// Name.
        name: Option<Text>,
    },
}

impl PodId {
    /// The best name that a pod has now.
    pub fn of(pod: &KnownPod<'_>) -> Self {
        match pod.uid() {
            Some(uid) => Self::Uid(uid.clone()),
            None => Self::Named {
                node: pod.node.map_or_else(|| Text::new(""), |n| n.name.clone()),
                namespace: pod.namespace().cloned(),
                name: pod.name().cloned(),
            },
        }
    }

    /// The pod, if it is there.
    pub fn find<'a>(&self, fleet: &'a Fleet) -> Option<KnownPod<'a>> {
        let waiting = fleet.cluster.as_ref().map_or(0, |c| c.unbound.len());
        let unbound = (0..waiting).filter_map(|n| pods::unbound(fleet, n));
        let bound = fleet.nodes.iter().flat_map(|node| {
            let all = pods::numbers(node).into_iter();
            all.filter_map(|n| pods::on_node(node, n))
        });
        unbound.chain(bound).find(|pod| Self::of(pod) == *self)
    }
}

/// What a row stands for.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum RowId {
    /// A node.
    Node(Text),
    /// A GPU.
    Gpu(GpuAt),
    /// A GPU instance.
    Slot(SlotAt),
    /// An Xid or SXid report.
    Xid {
        /// Its node.
        node: Text,
        /// When.
        at: Timestamp,
        /// Xid or SXid.
        family: XidFamily,
        /// The number.
        code: u32,
        /// Whose.
        pci: Option<PciAddress>,
        /// The process it names.
        pid: Option<Pid>,
        /// Which of the node's reports that are alike in all of this, from 0.
        n: u32,
    },
    /// Something that happened.
    Event {
        /// Its node.
        node: Text,
        /// Which of the node's events.
        event: EventId,
    },
    /// A holder: a process or a kernel module.
    Holder {
        /// Its node.
        node: Text,
        /// The process.
        pid: Option<Pid>,
        /// The kernel module.
        module: Option<Text>,
    },
    /// A finding.
    Finding {
        /// Its node.
        node: Text,
        /// Id of its rule.
        id: Text,
        /// What it concerns.
        subject: Text,
        /// Which of the node's findings that are alike in all of this, from 0.
        n: u32,
    },
    /// A pod.
    Pod(PodId),
    /// A command, in help.
    Command(super::Command),
}

/// The node of that name.
pub fn node<'a>(fleet: &'a Fleet, name: &Text) -> Option<&'a Node> {
    fleet.nodes.iter().find(|n| n.name == *name).map(|n| &**n)
}
