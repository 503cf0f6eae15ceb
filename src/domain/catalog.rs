//! Boards: which profiles they have, and where those may sit.
//!
//! On a live GPU the catalog is read from its driver ([`Board::from_live`]); the built-in tables serve planning without
//! the hardware, fill what a driver will not tell, and are the measure that a live board is held against
//! ([`Board::differences`]). Every figure of theirs carries a mark: read from a listing, derived from one, or unknown.

mod differences;
mod live;
mod lookup;
mod tables;

use super::gpu::Engines;
use super::ids::ProfileId;
use super::placement::Placement;
use super::profile::{Attribute, ProfileName};
use super::text::Text;
use super::units::Bytes;

pub(in crate::domain) use lookup::distance;
pub use lookup::{UnknownModel, boards, build, by_pci_device_id, find, named};

/// How well a figure is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Mark {
    /// Printed by a driver or by NVIDIA's documents for this board.
    Listed,
    /// Computed from a listing, or taken over from a board of the same kind.
    Derived,
    /// No source shows it. A figure so marked is absent.
    Unverified,
}

impl Mark {
    /// Its stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::Derived => "derived",
            Self::Unverified => "unverified",
        }
    }
}

/// Where the figures of a profile come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Provenance {
    /// Of the memory size.
    pub memory: Mark,
    /// Of the number of streaming multiprocessors.
    pub sm: Mark,
    /// Of the engines.
    pub engines: Mark,
    /// Of the placements.
    pub placements: Mark,
    /// Of the compute instance profiles.
    pub compute: Mark,
    /// The source, one sentence.
    pub source: Text,
}

impl Provenance {
    /// The weakest of the marks of a GPU instance's figures; how compute instances divide it is told apart.
    pub fn weakest(&self) -> Mark {
        [self.memory, self.sm, self.engines, self.placements]
            .into_iter()
            .max()
            .unwrap_or(Mark::Unverified)
    }
}

/// A profile of compute instances inside one kind of GPU instance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CiShape {
    /// Its id; equals `NVML_COMPUTE_INSTANCE_PROFILE_*`. Two ids may carry one name.
    pub id: ProfileId,
    /// Compute slices, 1 or more.
    pub slices: u32,
    /// Most of it in one GPU instance.
    pub max: u32,
    /// Streaming multiprocessors.
    pub sm: Option<u32>,
}

/// A GPU instance profile of a board.
#[derive(Clone, PartialEq, Debug)]
pub struct BoardProfile {
    /// The board's number for it (19, 14, 9 ..).
    pub id: ProfileId,
    /// `NVML_GPU_INSTANCE_PROFILE_*`, the number that drivers are asked by.
    pub kind: u32,
    /// Its name on this board.
    pub name: ProfileName,
    /// Names that other drivers or board revisions print for it.
    pub also: Vec<ProfileName>,
    /// Compute slices.
    pub slices: u32,
    /// Most of it on one GPU.
    pub max: u32,
    /// Memory of one instance; drifts a little between drivers.
    pub memory: Option<Bytes>,
    /// Streaming multiprocessors.
    pub sm: Option<u32>,
    /// Engines.
    pub engines: Option<Engines>,
    /// Legal placements, all of one size, by start. Empty where nobody told.
    pub placements: Vec<Placement>,
    /// Compute instance profiles inside it, by id.
    pub compute: Vec<CiShape>,
    /// Where all this comes from.
    pub provenance: Provenance,
}

impl BoardProfile {
    /// Memory slices of one instance; `None` where no placement is known.
    pub fn size(&self) -> Option<u32> {
        self.placements.first().map(|p| p.size)
    }

    /// Whether it takes a media engine: by its engines, else by its name (all but `-me` do).
    pub fn has_media(&self) -> bool {
        self.engines
            .map_or(!self.name.attributes().has(Attribute::NoMedia), |e| {
                e.decoder + e.encoder + e.jpeg + e.ofa > 0
            })
    }

    /// The compute instance profile that fills the instance.
    ///
    /// The one with all of its SMs, before one with all of its slices: on Hopper a double-memory 1g has 26 SMs, and
    /// profile 0 would use 16 of them. Where several qualify (7g on the newest drivers: 4 and 8), the lowest id.
    pub fn full_compute(&self) -> Option<&CiShape> {
        let by_sm = self
            .compute
            .iter()
            .find(|c| c.sm.is_some() && c.sm == self.sm);
        by_sm.or_else(|| self.compute.iter().find(|c| c.slices == self.slices))
    }

    /// The compute instance profile with this id.
    pub fn compute_profile(&self, id: ProfileId) -> Option<&CiShape> {
        self.compute.iter().find(|c| c.id == id)
    }

    /// The shortest unambiguous name of one of its compute instance profiles: `1c`, or `1c#7` where one with a lower id has
    /// as many slices.
    pub fn compute_name(&self, shape: &CiShape) -> String {
        let lowest = self
            .compute
            .iter()
            .filter(|c| c.slices == shape.slices)
            .map(|c| c.id)
            .min();
        if lowest == Some(shape.id) {
            format!("{}c", shape.slices)
        } else {
            format!("{}c#{}", shape.slices, shape.id)
        }
    }
}

/// Where a board's figures were read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// From the tables of this program.
    BuiltIn,
    /// From the driver of a live GPU.
    Driver,
}

/// A board: its profiles and the axis they are placed on.
#[derive(Clone, PartialEq, Debug)]
pub struct Board {
    /// Short name (`a100-40`), or the product name of a live board.
    pub model: Text,
    /// Product names as NVML prints them.
    pub products: Vec<Text>,
    /// PCI device ids (vendor 10DE).
    pub pci: Vec<u16>,
    /// Length of the memory-slice axis: 8, 4, 12 .. (one past the last slice that any placement uses).
    pub axis: u32,
    /// Compute slices of the whole GPU.
    pub compute_slices: u32,
    /// Profiles in the order of `nvidia-smi mig -lgip`.
    pub profiles: Vec<BoardProfile>,
    /// Where it was read.
    pub origin: Origin,
}

impl Board {
    /// Axis and compute slices follow from the profiles, never from what boards usually have.
    fn of_profiles(model: Text, profiles: Vec<BoardProfile>, origin: Origin) -> Self {
        let axis = profiles
            .iter()
            .flat_map(|p| &p.placements)
            .map(|p| p.end())
            .max()
            .unwrap_or(0);
        // `max` instances of a profile fit at once, so a GPU has at least that many slices; the largest is exact
        let compute_slices = profiles
            .iter()
            .map(|p| p.slices.saturating_mul(p.max.max(1)))
            .max()
            .unwrap_or(0);
        Self {
            model,
            products: Vec::new(),
            pci: Vec::new(),
            axis,
            compute_slices,
            profiles,
            origin,
        }
    }

    /// The profile with this id.
    pub fn profile(&self, id: ProfileId) -> Option<&BoardProfile> {
        self.profiles.iter().find(|p| p.id == id)
    }

    /// The profile with this name, or one that carried it on another driver.
    pub fn profile_named(&self, name: &ProfileName) -> Option<&BoardProfile> {
        self.profiles
            .iter()
            .find(|p| p.name == *name)
            .or_else(|| self.profiles.iter().find(|p| p.also.contains(name)))
    }

    /// The name of a profile, or `profile 23` for one that the board does not have.
    pub fn name_of(&self, id: ProfileId) -> String {
        self.profile(id)
            .map_or_else(|| format!("profile {id}"), |p| p.name.to_string())
    }

    /// A figure of it is derived or missing: sentences that say so belong under every table of it.
    pub fn weakest_mark(&self) -> Mark {
        self.profiles
            .iter()
            .map(|p| p.provenance.weakest())
            .max()
            .unwrap_or(Mark::Unverified)
    }
}
