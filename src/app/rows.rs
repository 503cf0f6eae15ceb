//! Rows of a screen: where they are in the snapshot, never what they hold.

use super::at::{GpuAt, RowId, SlotAt};
use super::screen::{Scope, Screen};
use crate::domain::fleet::Fleet;

/// Where a row is in a snapshot: indexes that hold for one generation only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Index of the node in the fleet.
    pub node: u32,
    /// Index of the GPU, Xid, event, holder or finding in the node.
    pub item: u32,
    /// Index of the slot in the GPU.
    pub slot: u32,
}

/// Rows in their order.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Rows {
    /// Those that are shown.
    pub places: Vec<Place>,
    /// How many there would be without the filter.
    pub unfiltered: usize,
}

/// The rows of a screen, unfiltered, in their natural order.
pub fn rows(screen: &Screen, fleet: &Fleet) -> Rows {
    let mut places = Vec::new();
    let scope = screen.scope();
    let nodes = (0u32..)
        .zip(&fleet.nodes)
        .filter(|(_, n)| match scope.node() {
            Some(name) => n.name == *name,
            None => true,
        });
    for (node, of) in nodes {
        let mut put = |item: usize, slot: usize| {
            places.push(Place {
                node,
                item: u32::try_from(item).unwrap_or(u32::MAX),
                slot: u32::try_from(slot).unwrap_or(u32::MAX),
            });
        };
        match screen {
            Screen::Fleet => put(0, 0),
            Screen::Node(_) => (0..of.gpus.len()).for_each(|i| put(i, 0)),
            Screen::Gpu(_) | Screen::Slices(_) => {
                for (i, gpu) in of.gpus.iter().enumerate() {
                    if let Scope::Gpu(at) = &scope
                        && !at.gpu.names(gpu)
                    {
                        continue;
                    }
                    (0..gpu.slots.len()).for_each(|s| put(i, s));
                }
            }
            Screen::Xids(_) => (0..of.xids.len()).for_each(|i| put(i, 0)),
            Screen::Holders(_) => (0..of.holders.len()).for_each(|i| put(i, 0)),
            Screen::Findings(_) => (0..of.findings.len()).for_each(|i| put(i, 0)),
            Screen::Events(_) => (0..of.events.len()).for_each(|i| put(i, 0)),
            Screen::Help | Screen::About => {}
        }
    }
    Rows {
        unfiltered: places.len(),
        places,
    }
}

/// What a row stands for.
pub fn id(screen: &Screen, fleet: &Fleet, place: Place) -> Option<RowId> {
    let node = fleet.nodes.get(place.node as usize)?;
    let item = place.item as usize;
    Some(match screen {
        Screen::Fleet => RowId::Node(node.name.clone()),
        Screen::Node(_) => RowId::Gpu(GpuAt::of(node, node.gpus.get(item)?)),
        Screen::Gpu(_) | Screen::Slices(_) => {
            let gpu = node.gpus.get(item)?;
            RowId::Slot(SlotAt {
                gpu: GpuAt::of(node, gpu),
                gi: gpu.slots.get(place.slot as usize)?.instance.gi,
            })
        }
        Screen::Xids(_) => {
            let xid = node.xids.get(item)?;
            RowId::Xid {
                node: node.name.clone(),
                at: xid.at,
                family: xid.family,
                code: xid.code,
                pci: xid.pci,
                pid: xid.pid,
            }
        }
        Screen::Holders(_) => {
            let holder = node.holders.get(item)?;
            RowId::Holder {
                node: node.name.clone(),
                pid: holder.pid,
                module: holder.module.clone(),
            }
        }
        Screen::Findings(_) => {
            let finding = node.findings.get(item)?;
            RowId::Finding {
                node: node.name.clone(),
                id: finding.id.clone(),
                subject: finding.subject.clone(),
            }
        }
        Screen::Events(_) | Screen::Help | Screen::About => return None,
    })
}
