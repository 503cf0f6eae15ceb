//! `migdeck profiles --json`: `migdeck/profiles/v1`.

use serde::{Deserialize, Serialize};

use super::absent::Absent;
use super::live_gpu::LiveGpu;
use crate::domain::catalog::{self, Mark, Origin};
use crate::domain::live_board::LiveBoard;
use crate::domain::reading::{Absence, AbsentCode, Reading};
use crate::domain::text::Text;

/// Name and version of this shape.
pub const SCHEMA: &str = "migdeck/profiles/v1";

/// The profiles of one board, or, without a model, the boards that are known.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Profiles {
    /// [`SCHEMA`].
    pub schema: Text,
    /// Short name of a built-in board, product name of a live one; `null` where the boards are listed.
    pub model: Option<Text>,
    /// Memory slices; `null` where the boards are listed, or where no placement could be read.
    pub axis: Option<u32>,
    /// Compute slices of the whole GPU.
    pub compute_slices: Option<u32>,
    /// The GPU whose driver told the board; absent for a built-in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu: Option<LiveGpu>,
    /// Profiles in the order of the driver's listing.
    pub profiles: Vec<Profile>,
    /// The built-in boards; absent where a board was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boards: Vec<BoardLine>,
    /// Why keys are `null`.
    #[serde(default, skip_serializing_if = "Absent::is_empty")]
    pub absent: Absent,
}

/// A GPU instance profile.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Profile {
    /// `1g.5gb`.
    pub name: Text,
    /// The board's number for it.
    pub profile_id: u32,
    /// Compute slices.
    pub slices: u32,
    /// Bytes of one instance.
    pub memory: Option<u64>,
    /// Streaming multiprocessors.
    pub sm: Option<u32>,
    /// Engines.
    pub engines: Option<Engines>,
    /// Most of it on one GPU.
    pub max: u32,
    /// Legal placements.
    pub placements: Vec<Placement>,
    /// Kubernetes resource of strategy *mixed*; `null` where the plugin has none.
    pub resource: Option<Text>,
    /// Compute instance profiles inside it.
    pub compute: Vec<Compute>,
    /// How many more of it fit on the live GPU as it is (none while MIG is off); `null` for a built-in board.
    pub fits_now: Option<u32>,
    /// `driver`, or how well the built-in figures are known: `listed`, `derived`, `unverified`.
    pub source: Text,
    /// The same figure by figure.
    pub provenance: Provenance,
    /// Why keys are `null`.
    #[serde(default, skip_serializing_if = "Absent::is_empty")]
    pub absent: Absent,
}

/// Numbers of engines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Engines {
    /// Copy engines.
    pub copy: u32,
    /// NVDEC.
    pub decoder: u32,
    /// NVENC.
    pub encoder: u32,
    /// JPEG decoders.
    pub jpeg: u32,
    /// Optical flow.
    pub ofa: u32,
}

/// A stretch of memory slices.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Placement {
    /// First slice.
    pub start: u32,
    /// How many.
    pub size: u32,
}

/// A compute instance profile.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Compute {
    /// Its id.
    pub profile_id: u32,
    /// Compute slices.
    pub slices: u32,
    /// Most of it in one GPU instance.
    pub max: u32,
    /// Streaming multiprocessors; `null` where no source shows them.
    pub sm: Option<u32>,
    /// Whether it is the one that fills the GPU instance.
    pub full: bool,
}

/// Where figures come from: `listed`, `derived` or `unverified` each.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Provenance {
    /// Of `memory`.
    pub memory: Text,
    /// Of `sm`.
    pub sm: Text,
    /// Of `engines`.
    pub engines: Text,
    /// Of `placements`.
    pub placements: Text,
    /// Of `compute`.
    pub compute: Text,
    /// One sentence.
    pub text: Text,
}

/// A built-in board in one line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BoardLine {
    /// Short name.
    pub model: Text,
    /// Product names.
    pub products: Vec<Text>,
    /// PCI device ids, hexadecimal.
    pub pci_device_ids: Vec<Text>,
    /// Memory slices.
    pub axis: u32,
    /// Compute slices.
    pub compute_slices: u32,
    /// Names of its profiles.
    pub profiles: Vec<Text>,
    /// The weakest mark of its figures.
    pub source: Text,
}

impl Profiles {
    /// The profiles of a board; `live` is the GPU that it was read from.
    pub fn of(board: &catalog::Board, live: Option<&LiveBoard>) -> Self {
        let mut absent = Absent::default();
        let axis = (board.axis > 0).then_some(board.axis);
        if axis.is_none() {
            absent.put(
                "axis",
                &Absence::new(
                    AbsentCode::NoPermission,
                    "no placement of this board could be read",
                ),
            );
        }
        Self {
            schema: SCHEMA.into(),
            model: Some(board.model.clone()),
            axis,
            compute_slices: Some(board.compute_slices),
            gpu: live.map(LiveGpu::from),
            profiles: board
                .profiles
                .iter()
                .map(|p| Profile::of(board, p, live))
                .collect(),
            boards: Vec::new(),
            absent,
        }
    }

    /// The boards that are known without a GPU.
    pub fn of_boards(boards: &[catalog::Board]) -> Self {
        let mut absent = Absent::default();
        for key in ["model", "axis", "compute_slices"] {
            absent.put(
                key,
                &Absence::new(AbsentCode::NotYet, "no model was asked for"),
            );
        }
        Self {
            schema: SCHEMA.into(),
            model: None,
            axis: None,
            compute_slices: None,
            gpu: None,
            profiles: Vec::new(),
            boards: boards.iter().map(BoardLine::of).collect(),
            absent,
        }
    }
}

impl Profile {
    fn of(
        board: &catalog::Board,
        profile: &catalog::BoardProfile,
        live: Option<&LiveBoard>,
    ) -> Self {
        let mut absent = Absent::default();
        let source = &profile.provenance.source;
        for (key, missing) in [
            ("memory", profile.memory.is_none()),
            ("sm", profile.sm.is_none()),
            ("engines", profile.engines.is_none()),
        ] {
            if missing {
                absent.put(key, &Absence::new(AbsentCode::NoSource, source.clone()));
            }
        }
        let resource = profile.name.resource_name();
        if resource.is_none() {
            absent.put(
                "resource",
                &Absence::new(
                    AbsentCode::NotSupported,
                    "no Kubernetes resource is known for a profile of this name",
                ),
            );
        }
        let room = live.map_or_else(
            || {
                Reading::absent(
                    AbsentCode::NoSource,
                    "only a live GPU has a layout to fit into",
                )
            },
            |live| live.room(profile),
        );
        let fits_now = absent.take("fits_now", &room);
        let full = profile.full_compute().map(|c| c.id);
        Self {
            name: profile.name.to_string().into(),
            profile_id: profile.id.0,
            slices: profile.slices,
            memory: profile.memory.map(|m| m.0),
            sm: profile.sm,
            engines: profile.engines.map(|e| Engines {
                copy: e.copy,
                decoder: e.decoder,
                encoder: e.encoder,
                jpeg: e.jpeg,
                ofa: e.ofa,
            }),
            max: profile.max,
            placements: profile
                .placements
                .iter()
                .map(|p| Placement {
                    start: p.start,
                    size: p.size,
                })
                .collect(),
            resource: resource.map(Text::from),
            compute: profile
                .compute
                .iter()
                .map(|c| Compute {
                    profile_id: c.id.0,
                    slices: c.slices,
                    max: c.max,
                    sm: c.sm,
                    full: Some(c.id) == full,
                })
                .collect(),
            fits_now,
            source: match board.origin {
                Origin::Driver => "driver",
                Origin::BuiltIn => profile.provenance.weakest().word(),
            }
            .into(),
            provenance: Provenance::of(&profile.provenance),
            absent,
        }
    }
}

impl Provenance {
    fn of(from: &catalog::Provenance) -> Self {
        let word = |mark: Mark| Text::from(mark.word());
        Self {
            memory: word(from.memory),
            sm: word(from.sm),
            engines: word(from.engines),
            placements: word(from.placements),
            compute: word(from.compute),
            text: from.source.clone(),
        }
    }
}

impl BoardLine {
    fn of(board: &catalog::Board) -> Self {
        Self {
            model: board.model.clone(),
            products: board.products.clone(),
            pci_device_ids: board
                .pci
                .iter()
                .map(|id| Text::from(format!("{id:04x}")))
                .collect(),
            axis: board.axis,
            compute_slices: board.compute_slices,
            profiles: board
                .profiles
                .iter()
                .map(|p| Text::from(p.name.to_string()))
                .collect(),
            source: board.weakest_mark().word().into(),
        }
    }
}
