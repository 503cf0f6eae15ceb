//! How many slices of a kind there are now, and how many of them nobody has.

use std::collections::BTreeSet;

use super::super::fleet::{Fleet, Gpu, Node, Slot, SlotState};
use super::super::of_ci;
use super::super::profile::{Profile, ProfileName};
use super::super::reading::{AbsentCode, Reading};
use super::super::text::Text;
use super::{Slice, board_of};
use crate::domain::cluster::OnNode;

/// Slices of one kind in the fleet.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Free {
    /// All that there are.
    pub total: u64,
    /// Those that nobody has, on nodes that take work.
    pub free: u64,
    /// Those that nobody has on nodes that take no pods: cordoned, or not ready.
    pub closed: u64,
    /// Those of which it cannot be told whether somebody has them.
    pub unknown: u64,
    /// Nodes with such slices.
    pub places: Vec<Place>,
    /// Nodes that tell nothing, or not all, of their slices.
    pub unread: Vec<Text>,
}

/// Slices of one kind on one node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The node.
    pub node: Text,
    /// Those that nobody has.
    pub free: u64,
    /// All.
    pub total: u64,
    /// Whether the node takes no pods.
    pub closed: bool,
}

#[derive(Default)]
struct Count {
    free: u64,
    unknown: u64,
    total: u64,
}

impl Count {
    fn add(&mut self, state: SlotState) {
        self.total += 1;
        match state {
            SlotState::Free => self.free += 1,
            SlotState::Unknown => self.unknown += 1,
            SlotState::Busy | SlotState::Allocated | SlotState::NoCi | SlotState::Sick => {}
        }
    }
}

/// A kind of slice on a kind of board; `None`: the board is not known.
pub(super) type Kind = (Slice, Option<&'static str>);

/// Slices of that kind, on that board or on any. Absent where no node tells of its slices.
pub fn free(fleet: &Fleet, slice: Slice, board: Option<&str>) -> Reading<Free> {
    let wanted = |kind: &Kind| kind.0 == slice && (board.is_none() || kind.1 == board);
    let mut sum = Free::default();
    for node in &fleet.nodes {
        let mut here = Count::default();
        let whole = each(node, &mut |kind, state, n| {
            if wanted(&kind) {
                for _ in 0..n {
                    here.add(state);
                }
            }
        });
        if !whole {
            sum.unread.push(node.name.clone());
        }
        if here.total == 0 {
            continue;
        }
        let closed = is_closed(node);
        sum.total += here.total;
        sum.unknown += here.unknown;
        *(if closed {
            &mut sum.closed
        } else {
            &mut sum.free
        }) += here.free;
        sum.places.push(Place {
            node: node.name.clone(),
            free: here.free,
            total: here.total,
            closed,
        });
    }
    if sum.places.is_empty() && sum.unread.len() == fleet.nodes.len() {
        let why = match sum.unread.as_slice() {
            [] => "no host and no cluster is read".to_owned(),
            [one] => format!("{one} has not told of its GPUs"),
            several => format!("none of {} nodes has told of its GPUs", several.len()),
        };
        return Reading::absent(AbsentCode::NoSource, why);
    }
    Reading::Value(sum)
}

/// Kinds of slices that there are.
pub(super) fn kinds(fleet: &Fleet) -> Vec<Kind> {
    let mut found = BTreeSet::new();
    for node in &fleet.nodes {
        each(node, &mut |kind, _, n| {
            if n > 0 {
                found.insert(kind);
            }
        });
    }
    found.into_iter().collect()
}

fn is_closed(node: &Node) -> bool {
    let known = node.cluster.value().map(|on| &on.node);
    known.is_some_and(|node| node.cordoned || node.is_ready() == Some(false))
}

/// Tells of each slice of a node: so many of a kind in a state. False where some of them are not known.
fn each(node: &Node, tell: &mut impl FnMut(Kind, SlotState, u64)) -> bool {
    if node.gpus.is_empty() {
        return match (node.unprobed(), node.cluster.value()) {
            // nobody looks at the host itself: what the cluster believes is all there is
            (Some(_), Some(on)) => by_resources(on, tell),
            _ => node.stream.beat.is_some(),
        };
    }
    let mut all = true;
    for gpu in &node.gpus {
        let known = gpu.inventory.value().is_some();
        if known {
            of_gpu(node, gpu, tell);
        }
        all &= known;
    }
    all
}

fn of_gpu(node: &Node, gpu: &Gpu, tell: &mut impl FnMut(Kind, SlotState, u64)) {
    let name = gpu.inventory.value().map(|i| &i.identity.name);
    let board = name.and_then(|n| n.value()).and_then(|n| board_of(n));
    if let Some(whole) = &gpu.whole {
        tell((Slice::Whole, board), whole.state, 1);
    }
    for slot in &gpu.slots {
        for (profile, state) in devices(node, gpu, slot) {
            tell((Slice::Mig(profile), board), state, 1);
        }
    }
}

/// MIG devices of an instance; one without a compute instance has none, and nobody can use it.
fn devices(node: &Node, gpu: &Gpu, slot: &Slot) -> Vec<(Profile, SlotState)> {
    let own = slot.instance.profile.value().and_then(known);
    let devices = slot.instance.cis.iter().filter_map(|ci| {
        let profile = ci.name.value().and_then(known).or(own)?;
        Some((profile, of_ci::state(gpu, node, slot, ci.ci)))
    });
    let mut devices: Vec<_> = devices.collect();
    if slot.instance.cis.is_empty() {
        devices.extend(own.map(|profile| (profile, slot.state)));
    }
    devices
}

fn known(name: &Text) -> Option<Profile> {
    ProfileName::from(name.as_str()).known().copied()
}

/// What a node advertises, less what its pods ask for.
fn by_resources(on: &OnNode, tell: &mut impl FnMut(Kind, SlotState, u64)) -> bool {
    let product = on.node.label("gpu.product");
    let board = product.and_then(|p| board_of(p));
    let requested = on.requested();
    let mut told = false;
    for (resource, there) in &on.node.allocatable {
        let Some(slice) = slice_of(resource, product.map(Text::as_str)) else {
            continue;
        };
        told = true;
        let taken = requested.get(resource).copied().unwrap_or_default();
        let taken = taken.min(*there);
        tell((slice, board), SlotState::Allocated, taken);
        tell((slice, board), SlotState::Free, there - taken);
    }
    told
}

/// What a resource stands for. Under strategy *single* `nvidia.com/gpu` are slices, and the product's label says which.
fn slice_of(resource: &str, product: Option<&str>) -> Option<Slice> {
    if resource != "nvidia.com/gpu" {
        // a replica of a shared device is none of its own
        let own = !resource.ends_with(".shared");
        return Profile::from_resource(resource)
            .filter(|_| own)
            .map(Slice::Mig);
    }
    match product?.split_once("-MIG-") {
        Some((_, profile)) => profile.parse().ok().map(Slice::Mig),
        None => Some(Slice::Whole),
    }
}
