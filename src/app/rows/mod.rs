//! Rows of a screen: where they are in the snapshot, never what they hold.
//!
//! [`rows`] puts them in their natural order; [`arrange`] leaves out what a filter does not match and sorts the rest.

pub mod blame;
pub mod holding;
mod item;
#[cfg(test)]
mod tests;

pub use item::{Item, gpu_of, item, slot_of};

use std::cmp::Reverse;

use super::at::RowId;
use super::filter::Filter;
use super::screen::{Scope, Screen};
use super::sort::Sort;
use crate::domain::finding::subject::names_gpu;
use crate::domain::fleet::{Fleet, Node};
use crate::domain::pods;
use crate::domain::text::Text;

/// Where a row is in a snapshot: indexes that hold for one generation only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Index of the node in the fleet, or [`Place::NOWHERE`].
    pub node: u32,
    /// Index of the GPU, Xid, event, finding or the first of a holder's records in the node; number of the pod.
    pub item: u32,
    /// Index of the slot in the GPU, or [`Place::WHOLE`].
    pub slot: u32,
}

impl Place {
    /// In place of a slot: the GPU as one piece.
    pub const WHOLE: u32 = u32::MAX;
    /// In place of a node: the pod waits for one, the finding is the cluster's.
    pub const NOWHERE: u32 = u32::MAX;
}

/// Rows in their order.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Rows {
    /// Those that are shown.
    pub places: Vec<Place>,
    /// How many there would be without the filter.
    pub unfiltered: usize,
}

/// The rows of a screen, unfiltered, in their natural order: nodes by name, GPUs by index, instances by placement,
/// reports and events newest first, holders with work first, findings worst first, pods that wait before those that run.
pub fn rows(screen: &Screen, fleet: &Fleet) -> Rows {
    let scope = screen.scope();
    let mut places = Vec::new();
    let nowhere = match screen {
        Screen::Pods(Scope::Fleet) => fleet.cluster.as_ref().map_or(0, |c| c.unbound.len()),
        Screen::Findings(Scope::Fleet) => fleet.findings.len(),
        _ => 0,
    };
    if nowhere > 0 {
        places.extend((0..nowhere).map(|n| Place {
            node: Place::NOWHERE,
            item: u32::try_from(n).unwrap_or(u32::MAX),
            slot: 0,
        }));
    }
    for (n, node) in (0u32..).zip(&fleet.nodes) {
        if scope.node().is_some_and(|name| node.name != *name) {
            continue;
        }
        places.extend(
            of_node(screen, &scope, node)
                .into_iter()
                .map(|(item, slot)| Place {
                    node: n,
                    item: u32::try_from(item).unwrap_or(u32::MAX),
                    slot: u32::try_from(slot).unwrap_or(Place::WHOLE),
                }),
        );
    }
    let at = |p: &Place| (&fleet.nodes[p.node as usize], p.item as usize);
    match screen {
        // what is later in the list of one time was told later
        Screen::Xids(_) => places.sort_by_key(|p| {
            let (node, n) = at(p);
            Reverse((node.xids[n].at, n))
        }),
        Screen::Events(_) => places.sort_by_key(|p| {
            let (node, n) = at(p);
            Reverse((node.events[n].at, n))
        }),
        Screen::Findings(_) => places.sort_by_key(|p| {
            let of = match p.node {
                Place::NOWHERE => &fleet.findings,
                n => &fleet.nodes[n as usize].findings,
            };
            Reverse(of[p.item as usize].severity)
        }),
        _ => {}
    }
    Rows {
        unfiltered: places.len(),
        places,
    }
}

/// Positions of a node's things, and of slots in them, that a screen has rows for.
fn of_node(screen: &Screen, scope: &Scope, node: &Node) -> Vec<(usize, usize)> {
    let only = match scope {
        Scope::Gpu(at) => node.gpus.iter().find(|g| at.gpu.names(g)),
        Scope::Fleet | Scope::Node(_) => None,
    };
    // the screen is about a GPU that is not there (any more)
    if matches!(scope, Scope::Gpu(_)) && only.is_none() {
        return Vec::new();
    }
    match screen {
        Screen::Fleet => vec![(0, 0)],
        Screen::Node(_) => (0..node.gpus.len()).map(|g| (g, 0)).collect(),
        Screen::Gpu(_) | Screen::Slices(_) => {
            let whole = matches!(screen, Screen::Slices(_));
            let gpus = node.gpus.iter().enumerate();
            gpus.filter(|(_, gpu)| only.is_none_or(|o| o.index == gpu.index))
                .flat_map(|(g, gpu)| {
                    let piece = (whole && gpu.whole.is_some()).then_some(Place::WHOLE as usize);
                    piece
                        .into_iter()
                        .chain(0..gpu.slots.len())
                        .map(move |s| (g, s))
                })
                .collect()
        }
        Screen::Xids(_) => with(&node.xids, |xid| {
            only.is_none_or(|gpu| xid.pci.is_none() || xid.pci == gpu.pci())
        }),
        Screen::Events(_) => with(&node.events, |event| {
            only.is_none_or(|gpu| event.gpu.is_none() || event.gpu.as_ref() == gpu.uuid())
        }),
        Screen::Holders(_) => holding::firsts(node)
            .into_iter()
            .filter(|n| {
                only.is_none_or(|gpu| {
                    // what holds the driver holds each GPU
                    let of = &node.holders[*n];
                    node.holders.iter().any(|h| {
                        h.pid == of.pid
                            && h.module == of.module
                            && (h.gpu.as_ref() == gpu.uuid()
                                || (h.gpu.is_none() && h.pid.is_none()))
                    })
                })
            })
            .map(|n| (n, 0))
            .collect(),
        Screen::Findings(_) => with(&node.findings, |finding| {
            only.is_none_or(|gpu| concerns(node, gpu.index, &finding.subject))
        }),
        Screen::Pods(_) => pods::numbers(node)
            .into_iter()
            .filter(|n| {
                only.is_none_or(|gpu| {
                    let pod = pods::on_node(node, *n);
                    pod.is_some_and(|pod| {
                        let devices = pod.devices();
                        let mut gpus = devices.iter().filter_map(|held| held.gpu);
                        gpus.any(|g| g.index == gpu.index)
                    })
                })
            })
            .map(|n| (n, 0))
            .collect(),
        Screen::Help | Screen::About => Vec::new(),
    }
}

fn with<T>(all: &[T], keep: impl Fn(&T) -> bool) -> Vec<(usize, usize)> {
    let numbered = all.iter().enumerate();
    numbered
        .filter(|(_, t)| keep(t))
        .map(|(n, _)| (n, 0))
        .collect()
}

/// Whether a finding's subject, such as `dgx-dev-01 GPU 5 gi 2`, is this GPU, a part of it, it among others, or the
/// whole host.
pub fn concerns(node: &Node, index: u32, subject: &str) -> bool {
    subject == node.name.as_str() || names_gpu(node, index, subject)
}

/// Rows after filter and sort.
pub fn arrange(screen: &Screen, fleet: &Fleet, filter: &Filter, sort: Option<Sort>) -> Rows {
    arrange_of(screen, fleet, None, filter, sort)
}

/// Rows after filter and sort; of pods those of a namespace, `None`: of all.
pub fn arrange_of(
    screen: &Screen,
    fleet: &Fleet,
    namespace: Option<&Text>,
    filter: &Filter,
    sort: Option<Sort>,
) -> Rows {
    let mut all = rows(screen, fleet);
    if let (Screen::Pods(_), Some(wanted)) = (screen, namespace) {
        all.places.retain(|p| match item(screen, fleet, *p) {
            Some(Item::Pod(pod)) => pod.namespace() == Some(wanted),
            _ => false,
        });
        all.unfiltered = all.places.len();
    }
    if !filter.is_empty() {
        all.places
            .retain(|p| item(screen, fleet, *p).is_some_and(|i| filter.matches(&i)));
    }
    if let Some(sort) = sort {
        sort.apply(screen, fleet, &mut all.places);
    }
    all
}

/// What a row stands for.
pub fn id(screen: &Screen, fleet: &Fleet, place: Place) -> Option<RowId> {
    item(screen, fleet, place).map(|i| i.id())
}
