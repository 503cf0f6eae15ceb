//! All GPU and compute instances of one GPU, with their placements.

mod collision;
mod count;
mod instances;
mod media;
mod memory;
mod slices;
mod space;

use serde::{Deserialize, Serialize};

use super::catalog::{Board, BoardProfile};
use super::gpu::GpuInstance;
use super::ids::ProfileId;
use super::placement::Placement;
use super::reading::{Absence, Reading};

pub use collision::{Collision, Rule};
pub(in crate::domain) use collision::{choice, label, list};
pub(in crate::domain) use media::exclusive;
pub use space::Space;

/// A compute instance of a layout.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct CiPlaced {
    /// Its compute instance profile, unique within the GPU instance's profile.
    pub profile: ProfileId,
    /// First compute slice inside the GPU instance; `None`: left to the driver, or not told by it (before R525).
    pub start: Option<u32>,
}

/// A GPU instance of a layout.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct GiPlaced {
    /// Memory slices.
    pub placement: Placement,
    /// Its profile.
    pub profile: ProfileId,
    /// Its compute instances: by start where all starts are given, else in the order of their creation. May be empty.
    pub cis: Vec<CiPlaced>,
}

impl GiPlaced {
    /// An instance of `profile` at `start` with one compute instance that fills it (none where the board knows no such
    /// profile).
    pub fn full(profile: &BoardProfile, start: u32) -> Self {
        let full = profile.full_compute().map(|ci| CiPlaced {
            profile: ci.id,
            start: Some(0),
        });
        Self {
            placement: Placement {
                start,
                // an unknown size is refused by the layout's constructor
                size: profile.size().unwrap_or(0),
            },
            profile: profile.id,
            cis: full.into_iter().collect(),
        }
    }

    /// Whether its one compute instance fills it, which is what `nvidia-smi mig -cgi .. -C` makes.
    pub fn is_full(&self, board: &Board) -> bool {
        let full = board
            .profile(self.profile)
            .and_then(BoardProfile::full_compute);
        matches!((self.cis.as_slice(), full), ([one], Some(full)) if one.profile == full.id)
    }
}

/// A legal layout of one GPU with MIG on, in canonical order: two equal layouts are equal values.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct Layout {
    instances: Vec<GiPlaced>,
}

/// What a GPU is or shall be set to.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GpuLayout {
    /// MIG disabled.
    Off,
    /// MIG enabled; `empty` where there is no instance.
    On(Layout),
}

impl Layout {
    /// A layout that `board` allows.
    ///
    /// # Errors
    /// Everything that it does not allow: one sentence each, naming the two things that collide, or the capacity that
    /// is exceeded.
    pub fn new(board: &Board, instances: Vec<GiPlaced>) -> Result<Self, Vec<Collision>> {
        let layout = Self::unchecked(board, instances);
        let collisions = layout.collisions(board);
        if collisions.is_empty() {
            Ok(layout)
        } else {
            Err(collisions)
        }
    }

    /// A layout as somebody else made it. A driver may allow what we do not know of; then it is shown as it is.
    pub fn unchecked(board: &Board, mut instances: Vec<GiPlaced>) -> Self {
        for gi in &mut instances {
            // a compute instance that fills its GPU instance has only one place
            if gi.is_full(board) {
                for ci in &mut gi.cis {
                    ci.start = Some(0);
                }
            }
            if gi.cis.iter().all(|ci| ci.start.is_some()) {
                gi.cis.sort_by_key(|ci| (ci.start, ci.profile));
            }
        }
        instances.sort();
        Self { instances }
    }

    /// The layout that a driver reports.
    ///
    /// # Errors
    /// The reason why a profile or placement could not be read: then nobody knows the layout.
    pub fn observed(board: &Board, instances: &[GpuInstance]) -> Result<Self, Absence> {
        fn read<T: Copy>(gi: &GpuInstance, what: &str, reading: &Reading<T>) -> Result<T, Absence> {
            match reading {
                Reading::Value(value) => Ok(*value),
                Reading::Absent(why) => Err(Absence::new(
                    why.code,
                    format!(
                        "the layout is not known without the {what} of GPU instance {}: {}",
                        gi.gi, why.text
                    ),
                )),
            }
        }
        let placed = instances
            .iter()
            .map(|gi| {
                let cis = gi.cis.iter().map(|ci| {
                    Ok(CiPlaced {
                        profile: read(gi, "compute instance profiles", &ci.profile_id)?,
                        // older drivers do not tell it, and the layout is known all the same
                        start: ci.placement.value().map(|p| p.start),
                    })
                });
                Ok(GiPlaced {
                    placement: read(gi, "placement", &Placement::believed(&gi.placement))?,
                    profile: read(gi, "profile", &gi.profile_id)?,
                    cis: cis.collect::<Result<_, Absence>>()?,
                })
            })
            .collect::<Result<Vec<_>, Absence>>()?;
        Ok(Self::unchecked(board, placed))
    }

    /// Its GPU instances by start.
    pub fn instances(&self) -> &[GiPlaced] {
        &self.instances
    }

    /// MIG on, nothing on it.
    pub fn is_empty(&self) -> bool {
        self.instances.is_empty()
    }

    /// What `board` does not allow in it. Empty for every layout that [`Layout::new`] made for the same board.
    pub fn collisions(&self, board: &Board) -> Vec<Collision> {
        let mut found = Vec::new();
        for (n, gi) in self.instances.iter().enumerate() {
            let Some(profile) = board.profile(gi.profile) else {
                found.push(not_offered(board, gi));
                continue;
            };
            let new = Newcomer {
                profile,
                gi,
                called: label(board, gi),
            };
            found.append(&mut new.against(board, &self.instances[..n]));
            instances::check(&new, &mut found);
        }
        found
    }

    /// What keeps a further instance of `profile` from being placed at `start`. Empty: it fits.
    /// In the sentences it is called by its profile, since its start is not settled.
    pub fn refusals(&self, board: &Board, profile: &BoardProfile, start: u32) -> Vec<Collision> {
        let gi = GiPlaced::full(profile, start);
        let new = Newcomer {
            profile,
            gi: &gi,
            called: profile.name.to_string(),
        };
        new.against(board, &self.instances)
    }

    /// Whether a further instance of `profile` can be placed at `start`: whether there is no refusal, without the
    /// sentences.
    pub fn admits(&self, board: &Board, profile: &BoardProfile, start: u32) -> bool {
        let new = Newcomer {
            profile,
            gi: &GiPlaced::full(profile, start),
            called: String::new(),
        };
        new.fits(board, &self.instances)
    }

    /// Profiles that fit beside what is there, with every start where they do, in the order of the board's list.
    pub fn fits(&self, board: &Board) -> Vec<(ProfileId, Vec<u32>)> {
        board
            .profiles
            .iter()
            .map(|profile| {
                let starts: Vec<_> = profile
                    .placements
                    .iter()
                    .map(|p| p.start)
                    .filter(|start| self.admits(board, profile, *start))
                    .collect();
                (profile.id, starts)
            })
            .filter(|(_, starts)| !starts.is_empty())
            .collect()
    }

    /// Compute slices in use.
    pub fn compute_slices(&self, board: &Board) -> u32 {
        slices::used(board, &self.instances)
    }
}

/// An instance that wants to stand beside others.
struct Newcomer<'a> {
    profile: &'a BoardProfile,
    gi: &'a GiPlaced,
    /// What sentences call it.
    called: String,
}

impl Newcomer<'_> {
    /// Whether all of the rules below let it stand beside `placed`.
    fn fits(&self, board: &Board, placed: &[GiPlaced]) -> bool {
        memory::is_offered(self)
            && memory::in_the_way(placed, self).next().is_none()
            && self.profile.slices <= slices::left(board, placed)
            && !count::is_reached(placed, self)
            && media::in_the_way(board, placed, self).next().is_none()
    }

    /// What keeps it from standing beside `placed`: one rule, one file.
    fn against(&self, board: &Board, placed: &[GiPlaced]) -> Vec<Collision> {
        let mut found = Vec::new();
        memory::placement(board, self, &mut found);
        memory::overlap(board, placed, self, &mut found);
        slices::budget(board, placed, self, &mut found);
        count::most(board, placed, self, &mut found);
        media::exclusivity(board, placed, self, &mut found);
        found
    }
}

fn not_offered(board: &Board, gi: &GiPlaced) -> Collision {
    let offered = board
        .profiles
        .iter()
        .map(|p| format!("{} ({})", p.name, p.id));
    Collision::alone(
        Rule::Placement,
        label(board, gi),
        format!(
            "{} has no profile {}; it has {}",
            board.model,
            gi.profile,
            list(offered)
        ),
    )
}
