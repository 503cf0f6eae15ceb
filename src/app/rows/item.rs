//! What a row shows: borrowed from the snapshot for as long as it is looked at.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use super::Place;
use super::holding::Holding;
use crate::app::at::{EventId, GpuAt, PodId, RowId, SlotAt};
use crate::app::screen::Screen;
use crate::domain::event::Event;
use crate::domain::finding::Finding;
use crate::domain::fleet::{Fleet, Gpu, Node, Slot};
use crate::domain::on_slot;
use crate::domain::pods::{self, KnownPod};
use crate::domain::xid::XidEvent;

/// What a row shows.
#[derive(Clone, Debug)]
pub enum Item<'a> {
    /// A host.
    Node(&'a Node),
    /// A GPU; among slices: one that is used as one piece.
    Gpu(&'a Node, &'a Gpu),
    /// A GPU instance.
    Slot(&'a Node, &'a Gpu, &'a Slot),
    /// An Xid or SXid report.
    Xid(&'a Node, &'a XidEvent),
    /// Something that happened.
    Event(&'a Node, &'a Event),
    /// A holder.
    Holder(&'a Node, Holding<'a>),
    /// A finding.
    Finding(&'a Node, &'a Finding),
    /// A pod.
    Pod(KnownPod<'a>),
}

/// Stands for the node of a pod that has none, and of a finding about the cluster.
static NOWHERE: LazyLock<Node> =
    LazyLock::new(|| Node::new("".into(), jiff::Timestamp::UNIX_EPOCH));

/// What the row at a place shows.
pub fn item<'a>(screen: &Screen, fleet: &'a Fleet, place: Place) -> Option<Item<'a>> {
    let n = place.item as usize;
    if place.node == Place::NOWHERE {
        return match screen {
            Screen::Findings(_) => Some(Item::Finding(&NOWHERE, fleet.findings.get(n)?)),
            _ => Some(Item::Pod(pods::unbound(fleet, n)?)),
        };
    }
    let node: &Node = fleet.nodes.get(place.node as usize)?;
    Some(match screen {
        Screen::Fleet => Item::Node(node),
        Screen::Node(_) => Item::Gpu(node, node.gpus.get(n)?),
        Screen::Gpu(_) | Screen::Slices(_) => {
            let gpu = node.gpus.get(n)?;
            if place.slot == Place::WHOLE {
                Item::Gpu(node, gpu)
            } else {
                Item::Slot(node, gpu, gpu.slots.get(place.slot as usize)?)
            }
        }
        Screen::Xids(_) => Item::Xid(node, node.xids.get(n)?),
        Screen::Events(_) => Item::Event(node, node.events.get(n)?),
        Screen::Holders(_) => Item::Holder(node, Holding::at(node, n)?),
        Screen::Findings(_) => Item::Finding(node, node.findings.get(n)?),
        Screen::Pods(_) => Item::Pod(pods::on_node(node, n)?),
        Screen::Help | Screen::About => return None,
    })
}

impl<'a> Item<'a> {
    /// The host that it is on; of a pod that waits for one, one without a name.
    pub fn node(&self) -> &'a Node {
        match self {
            Self::Node(node)
            | Self::Gpu(node, _)
            | Self::Slot(node, ..)
            | Self::Xid(node, _)
            | Self::Event(node, ..)
            | Self::Holder(node, _)
            | Self::Finding(node, _) => node,
            Self::Pod(pod) => pod.node.unwrap_or(&NOWHERE),
        }
    }

    /// The GPU that it is, is on or is about, if that is there.
    pub fn gpu(&self) -> Option<&'a Gpu> {
        match self {
            Self::Gpu(_, gpu) | Self::Slot(_, gpu, _) => Some(gpu),
            Self::Xid(node, xid) => gpu_of(node, xid),
            Self::Event(node, event) => {
                let uuid = event.gpu.as_ref()?;
                node.gpus.iter().find(|g| g.uuid() == Some(uuid))
            }
            Self::Pod(pod) => pod.devices().first()?.gpu,
            Self::Node(_) | Self::Holder(..) | Self::Finding(..) => None,
        }
    }

    /// Its name.
    pub fn id(&self) -> RowId {
        match self {
            Self::Node(node) => RowId::Node(node.name.clone()),
            Self::Gpu(node, gpu) => RowId::Gpu(GpuAt::of(node, gpu)),
            Self::Slot(node, gpu, slot) => RowId::Slot(SlotAt {
                gpu: GpuAt::of(node, gpu),
                gi: slot.instance.gi,
            }),
            Self::Xid(node, xid) => RowId::Xid {
                node: node.name.clone(),
                at: xid.at,
                family: xid.family,
                code: xid.code,
                pci: xid.pci,
                pid: xid.pid,
                n: ordinal(&node.xids, xid, |a, b| {
                    (a.at, a.family, a.code, a.pci, a.pid) == (b.at, b.family, b.code, b.pci, b.pid)
                }),
            },
            Self::Event(node, event) => RowId::Event {
                node: node.name.clone(),
                event: event_id(node, event),
            },
            Self::Holder(node, holding) => RowId::Holder {
                node: node.name.clone(),
                pid: holding.pid,
                module: holding.module.cloned(),
            },
            Self::Finding(node, finding) => RowId::Finding {
                node: node.name.clone(),
                id: finding.id.clone(),
                subject: finding.subject.clone(),
                n: ordinal(&node.findings, finding, |a, b| {
                    (&a.id, &a.subject) == (&b.id, &b.subject)
                }),
            },
            Self::Pod(pod) => RowId::Pod(PodId::of(pod)),
        }
    }
}

/// An event's number or, where it has none, what tells it from others.
fn event_id(node: &Node, event: &Event) -> EventId {
    match event.n {
        0 => EventId::Alike {
            at: event.at,
            what: hash(event),
            n: ordinal(&node.events, event, |a, b| {
                (a.at, &a.gpu, &a.what) == (b.at, &b.gpu, &b.what)
            }),
        },
        n => EventId::Number(n),
    }
}

/// How many like `one` stand before it.
fn ordinal<T>(all: &[T], one: &T, alike: impl Fn(&T, &T) -> bool) -> u32 {
    let before = all.iter().take_while(|other| !std::ptr::eq(*other, one));
    u32::try_from(before.filter(|other| alike(other, one)).count()).unwrap_or(u32::MAX)
}

/// What happened to which GPU, as a number that is the same wherever the event stands.
fn hash(event: &Event) -> u64 {
    let mut hasher = DefaultHasher::new();
    event.gpu.hash(&mut hasher);
    format!("{:?}", event.what).hash(&mut hasher);
    hasher.finish()
}

/// The GPU that a report is about, if it is there.
pub fn gpu_of<'a>(node: &'a Node, xid: &XidEvent) -> Option<&'a Gpu> {
    let pci = xid.pci?;
    node.gpus.iter().find(|g| g.pci() == Some(pci))
}

/// The instance that a report is about: the one it names, else the one on which its process works now.
pub fn slot_of<'a>(node: &Node, gpu: &'a Gpu, xid: &XidEvent) -> Option<&'a Slot> {
    on_slot::named(node, gpu, xid)
}
