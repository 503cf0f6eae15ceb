//! Where a slice is that a waiting pod asks for, and which change of a layout would make one: as the GPUs are, whatever
//! the cluster believes of them.

use super::super::catalog::Board;
use super::super::fleet::{Gpu, Idle, Node, PodLink, Slot, SlotState};
use super::super::gpu::Listing;
use super::super::layout::{GiPlaced, Layout};
use super::super::placement::Placement;
use super::super::text::Text;

/// Ways to tell: who reads them wants one.
const ENOUGH: usize = 3;

/// Slices of the profile that a resource is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Openings {
    /// Profile as resources spell it: `3g.20gb`, `1g.10gb.me`.
    pub profile: Text,
    /// Nodes that have such slices.
    pub there: Vec<There>,
    /// Changes that would make one and take nothing away from anybody, the smallest first.
    pub ways: Vec<Way>,
    /// Slices that a pod has and nobody works on, those that are idle for longest first.
    pub idle: Vec<Sitting>,
    /// GPUs with MIG on whose instances could not be read.
    pub unread: usize,
}

/// A slice of the profile that a pod has and does not use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sitting {
    /// The node.
    pub node: Text,
    /// The GPU.
    pub gpu: u32,
    /// Pods that have it, by namespace and name as far as they are known.
    pub pods: Vec<PodLink>,
    /// Since when nobody works on it; `None`: that cannot be told.
    pub idle: Option<Idle>,
}

/// Slices of the profile on a node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct There {
    /// The node.
    pub node: Text,
    /// GPUs with one that nobody has.
    pub free: Vec<u32>,
    /// How many somebody has.
    pub taken: usize,
    /// How many the node advertises; `None`: no API server tells.
    pub advertised: Option<u64>,
}

/// A change that would make a slice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Way {
    /// The node.
    pub node: Text,
    /// The GPU.
    pub gpu: u32,
    /// Where the slice would begin.
    pub start: u32,
    /// Slices that nobody has and that would have to go.
    pub gone: Vec<Instance>,
}

/// A slice in notation.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Instance {
    /// Its profile.
    pub profile: Text,
    /// Where it begins.
    pub start: u32,
}

/// Where slices of a resource such as `nvidia.com/mig-3g.20gb` are; `None` for one that is no slice.
pub fn openings<'a>(resource: &str, nodes: impl Iterator<Item = &'a Node>) -> Option<Openings> {
    let wanted = resource.strip_prefix("nvidia.com/mig-")?;
    let mut found = Openings {
        profile: Text::new(wanted),
        there: Vec::new(),
        ways: Vec::new(),
        idle: Vec::new(),
        unread: 0,
    };
    for node in nodes {
        let mut there = There {
            node: node.name.clone(),
            free: Vec::new(),
            taken: 0,
            advertised: node.cluster.value().map(|on_node| {
                let all = on_node.node.allocatable.get(resource);
                all.copied().unwrap_or_default()
            }),
        };
        for gpu in &node.gpus {
            for slot in gpu.slots.iter().filter(|slot| is(slot, wanted)) {
                match slot.state {
                    SlotState::Free => there.free.push(gpu.index),
                    _ => there.taken += 1,
                }
                if slot.state == SlotState::Allocated {
                    found.idle.push(Sitting {
                        node: node.name.clone(),
                        gpu: gpu.index,
                        pods: slot.pods.clone(),
                        idle: slot.idle,
                    });
                }
            }
            let enough = found.ways.iter().filter(|w| w.gone.is_empty()).count() >= ENOUGH;
            match way(gpu, wanted) {
                Ok(Some((start, gone))) if !enough => found.ways.push(Way {
                    node: node.name.clone(),
                    gpu: gpu.index,
                    start,
                    gone,
                }),
                Ok(_) => {}
                Err(Unread) => found.unread += 1,
            }
        }
        there.free.dedup();
        if !there.free.is_empty() || there.taken > 0 {
            found.there.push(there);
        }
    }
    found
        .idle
        .sort_by_key(|s| s.idle.map_or(jiff::Timestamp::MAX, |idle| idle.since));
    found.idle.truncate(ENOUGH);
    found.ways.sort_by_key(|way| way.gone.len());
    found.ways.truncate(ENOUGH);
    Some(found)
}

/// Resources spell attributes with a point.
fn is_profile(name: &str, wanted: &str) -> bool {
    name.len() == wanted.len()
        && name
            .bytes()
            .zip(wanted.bytes())
            .all(|(a, b)| a == b || (matches!(a, b'+' | b'-') && b == b'.'))
}

fn is(slot: &Slot, wanted: &str) -> bool {
    let profile = slot.instance.profile.value();
    profile.is_some_and(|profile| is_profile(profile, wanted))
}

/// It cannot be told.
struct Unread;

/// Where a slice could be made, and which unused ones would have to go for it: as few as possible.
fn way(gpu: &Gpu, wanted: &str) -> Result<Option<(u32, Vec<Instance>)>, Unread> {
    let inventory = gpu.inventory.value().ok_or(Unread)?;
    match inventory.mig.value() {
        Some(mig) if mig.current => {}
        _ => return Ok(None),
    }
    let profiles = inventory.profiles.value().ok_or(Unread)?;
    let by_instance = matches!(inventory.listing, Listing::ByInstance);
    if inventory.instances.value().is_none() || !by_instance {
        return Err(Unread);
    }
    if !profiles.iter().any(|p| is_profile(&p.name, wanted)) {
        return Ok(None);
    }
    let name = inventory.identity.name.value().map_or("", Text::as_str);
    let board = Board::from_live(name, profiles);
    let named = |p: &&super::super::catalog::BoardProfile| is_profile(&p.name.to_string(), wanted);
    let Some(profile) = board.profiles.iter().find(named) else {
        return Ok(None);
    };
    let mut placed = Vec::new();
    for slot in &gpu.slots {
        let placement = Placement::believed(&slot.instance.placement);
        let gi = GiPlaced {
            placement: *placement.value().ok_or(Unread)?,
            profile: *slot.instance.profile_id.value().ok_or(Unread)?,
            cis: Vec::new(),
        };
        // what nobody can use nobody has
        let unused = matches!(slot.state, SlotState::Free | SlotState::NoCi);
        placed.push((gi, unused, slot));
    }
    let mut best: Option<(u32, Vec<usize>)> = None;
    for place in &profile.placements {
        let overlaps =
            |(_, (gi, ..)): &(usize, &(GiPlaced, bool, &Slot))| gi.placement.overlaps(*place);
        let mut gone: Vec<usize> = Vec::new();
        let all = placed.iter().enumerate();
        // a slice of the kind that nobody has is there already, and nothing is gained in its place
        let in_the_way = |(_, (_, unused, slot)): (usize, &(GiPlaced, bool, &Slot))| {
            !unused || (slot.state == SlotState::Free && is(slot, wanted))
        };
        if all.clone().filter(overlaps).any(in_the_way) {
            continue;
        }
        gone.extend(all.clone().filter(overlaps).map(|(n, _)| n));
        // compute may lack though the memory is free: then more has to go, the largest first
        let mut more: Vec<usize> = all
            .filter(|(n, (_, unused, _))| *unused && !gone.contains(n))
            .map(|(n, _)| n)
            .collect();
        more.sort_by_key(|n| placed[*n].0.placement.size);
        let fits = loop {
            let rest = placed.iter().enumerate().filter(|(n, _)| !gone.contains(n));
            let rest = rest.map(|(_, (gi, ..))| gi.clone()).collect();
            if Layout::unchecked(&board, rest).admits(&board, profile, place.start) {
                break true;
            }
            match more.pop() {
                Some(n) => gone.push(n),
                None => break false,
            }
        };
        if fits && best.as_ref().is_none_or(|(_, b)| gone.len() < b.len()) {
            best = Some((place.start, gone));
        }
    }
    Ok(best.map(|(start, gone)| {
        let mut gone: Vec<Instance> = gone
            .into_iter()
            .map(|n| Instance {
                profile: board.name_of(placed[n].0.profile).into(),
                start: placed[n].0.placement.start,
            })
            .collect();
        gone.sort_by_key(|instance| instance.start);
        (start, gone)
    }))
}
