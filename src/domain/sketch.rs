//! A layout as somebody asks for it: starts may be open.

use std::collections::BTreeMap;

use super::catalog::{Board, BoardProfile};
use super::ids::ProfileId;
use super::layout::{CiPlaced, Collision, GiPlaced, GpuLayout, Layout, Rule, choice, list};
use super::layouts::{Open, Table};

/// One GPU instance that is asked for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Wanted {
    /// Its profile.
    pub profile: ProfileId,
    /// First memory slice; `None`: wherever the others leave room.
    pub start: Option<u32>,
    /// Its compute instances; `None`: one that fills it.
    pub cis: Option<Vec<CiPlaced>>,
}

/// What is asked for on one GPU.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Sketch {
    /// MIG disabled.
    Off,
    /// MIG enabled with these instances, perhaps none.
    On(Vec<Wanted>),
}

impl Sketch {
    /// The layout that it means: open starts are those of the first completion in the table (largest instances first,
    /// at the lowest starts).
    ///
    /// # Errors
    /// What collides, or which capacity is exceeded; never empty.
    pub fn complete(&self, board: &Board) -> Result<GpuLayout, Vec<Collision>> {
        match self {
            Self::Off => Ok(GpuLayout::Off),
            Self::On(wanted) => complete(board, wanted).map(GpuLayout::On),
        }
    }

    /// Whether every start is given.
    pub fn is_placed(&self) -> bool {
        match self {
            Self::Off => true,
            Self::On(wanted) => wanted.iter().all(|w| w.start.is_some()),
        }
    }
}

impl From<&GpuLayout> for Sketch {
    fn from(layout: &GpuLayout) -> Self {
        match layout {
            GpuLayout::Off => Self::Off,
            GpuLayout::On(layout) => Self::On(
                layout
                    .instances()
                    .iter()
                    .map(|gi| Wanted {
                        profile: gi.profile,
                        start: Some(gi.placement.start),
                        cis: Some(gi.cis.clone()),
                    })
                    .collect(),
            ),
        }
    }
}

impl Wanted {
    fn at(&self, profile: &BoardProfile, start: u32) -> GiPlaced {
        let mut placed = GiPlaced::full(profile, start);
        if let Some(cis) = &self.cis {
            placed.cis.clone_from(cis);
        }
        placed
    }
}

fn complete(board: &Board, wanted: &[Wanted]) -> Result<Layout, Vec<Collision>> {
    let profiles = wanted
        .iter()
        .map(|w| {
            board.profile(w.profile).ok_or_else(|| {
                let name = board.name_of(w.profile);
                let text = format!("{} has no {name}", board.model);
                vec![Collision::alone(Rule::Placement, name, text)]
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let place = |starts: &[u32]| {
        wanted
            .iter()
            .zip(&profiles)
            .zip(starts)
            .map(|((w, profile), start)| w.at(profile, *start))
            .collect::<Vec<_>>()
    };
    // given starts are taken as they are, so that what is wrong with them is said of them
    if let Some(starts) = wanted.iter().map(|w| w.start).collect::<Option<Vec<_>>>() {
        return Layout::new(board, place(&starts));
    }
    let media = profiles.iter().any(|p| !p.name.attributes().is_empty());
    let table = Table::new(board, media);
    match table.complete(&open(wanted)) {
        Some(found) => {
            let starts: Vec<_> = found.iter().map(|p| p.start).collect();
            Layout::new(board, place(&starts))
        }
        None => Err(why_not(board, &table, wanted, &profiles)),
    }
}

fn open(wanted: &[Wanted]) -> Vec<Open> {
    wanted
        .iter()
        .map(|w| Open {
            profile: w.profile,
            start: w.start,
        })
        .collect()
}

/// Why no choice of the open starts makes a legal layout.
fn why_not(
    board: &Board,
    table: &Table,
    wanted: &[Wanted],
    profiles: &[&BoardProfile],
) -> Vec<Collision> {
    // what is wrong with the given starts alone is wrong whatever the others are
    let fixed: Vec<_> = wanted
        .iter()
        .zip(profiles)
        .filter_map(|(w, profile)| Some(w.at(profile, w.start?)))
        .collect();
    if let Err(collisions) = Layout::new(board, fixed) {
        return collisions;
    }
    let mut found = Vec::new();
    let need: u64 = profiles
        .iter()
        .filter_map(|p| p.size())
        .map(u64::from)
        .sum();
    if need > u64::from(board.axis) {
        let all = all_of(profiles);
        let text = format!(
            "{all} need {need} memory slices, and {} has {}",
            board.model, board.axis
        );
        found.push(Collision::alone(Rule::Slices, all, text));
    }
    found.extend(beside_the_rest(board, table, wanted, profiles));
    if found.is_empty() {
        let all = all_of(profiles);
        let text = if table.is_complete() {
            format!(
                "no choice of starts lets {all} stand together on {}",
                board.model
            )
        } else {
            format!(
                "{} has more placements than are searched, so whether {all} fit is not known; give all starts",
                board.model
            )
        };
        found.push(Collision::alone(Rule::Placement, all, text));
    }
    found
}

/// Places as many as fit, the given starts and the largest first, then says what keeps out the next.
fn beside_the_rest(
    board: &Board,
    table: &Table,
    wanted: &[Wanted],
    profiles: &[&BoardProfile],
) -> Vec<Collision> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|&n| {
        let size = (profiles[n].slices, profiles[n].size());
        (wanted[n].start.is_none(), std::cmp::Reverse(size))
    });
    let mut fitting: Vec<Wanted> = Vec::new();
    let mut starts = Vec::new();
    let mut next = None;
    for n in order {
        fitting.push(wanted[n].clone());
        match table.complete(&open(&fitting)) {
            Some(found) => starts = found,
            None => {
                fitting.pop();
                next = Some(n);
                break;
            }
        }
    }
    let Some(next) = next else {
        return Vec::new();
    };
    let placed = fitting
        .iter()
        .zip(&starts)
        .filter_map(|(w, at)| Some(w.at(board.profile(w.profile)?, at.start)))
        .collect();
    let rest = Layout::unchecked(board, placed);
    refusals(board, &rest, profiles[next])
}

/// What keeps `profile` out of `rest`, folded into one sentence per obstacle.
fn refusals(board: &Board, rest: &Layout, profile: &BoardProfile) -> Vec<Collision> {
    let mut in_the_way: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    let mut elsewhere: BTreeMap<Collision, usize> = BTreeMap::new();
    for start in profile.placements.iter().map(|p| p.start) {
        for refusal in rest.refusals(board, profile, start) {
            match refusal.b {
                Some(b) if refusal.rule == Rule::Overlap => {
                    in_the_way.entry(b).or_default().push(start);
                }
                _ => *elsewhere.entry(refusal).or_default() += 1,
            }
        }
    }
    // what refuses it wherever it is put says more than who sits where
    let everywhere = elsewhere.values().any(|n| *n == profile.placements.len());
    let mut found: Vec<Collision> = elsewhere.into_keys().collect();
    if everywhere {
        return found;
    }
    let name = profile.name.to_string();
    found.extend(in_the_way.into_iter().map(|(b, starts)| {
        let text = format!(
            "{name} cannot start at {}: {b} has memory there",
            choice(&starts)
        );
        Collision::between(Rule::Overlap, name.clone(), b, text)
    }));
    found
}

/// `2x3g.20gb and 1g.5gb`.
fn all_of(profiles: &[&BoardProfile]) -> String {
    list(
        profiles
            .chunk_by(|a, b| a.id == b.id)
            .filter_map(|run| match run {
                [one] => Some(one.name.to_string()),
                [first, ..] => Some(format!("{}x{}", run.len(), first.name)),
                [] => None,
            }),
    )
}
