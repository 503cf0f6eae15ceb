//! `migdeck layouts --json`: `migdeck/layouts/v1`.

use serde::{Deserialize, Serialize};

use super::live_gpu::LiveGpu;
use crate::domain::catalog::Board;
use crate::domain::layouts::{Row, Table};
use crate::domain::live_board::LiveBoard;
use crate::domain::text::Text;

/// Name and version of this shape.
pub const SCHEMA: &str = "migdeck/layouts/v1";

/// All legal layouts of a board.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Layouts {
    /// [`SCHEMA`].
    pub schema: Text,
    /// The board.
    pub model: Text,
    /// The GPU whose driver told the board; absent for a built-in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu: Option<LiveGpu>,
    /// Memory slices.
    pub axis: u32,
    /// Whether profiles that carry an attribute (`+me`, `+gfx` ..) are among them.
    pub media: bool,
    /// How many are listed; the empty one counts.
    pub count: usize,
    /// False where the board has more than are listed.
    pub complete: bool,
    /// The layouts, those with the larger instances at the lower starts first.
    pub layouts: Vec<Layout>,
}

/// One layout.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Layout {
    /// Its instances.
    pub instances: Vec<Instance>,
    /// Whether nothing can be added.
    pub maximal: bool,
}

/// An instance at its place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Instance {
    /// `3g.20gb`.
    pub profile: Text,
    /// The board's number for it.
    pub profile_id: u32,
    /// First memory slice.
    pub start: u32,
    /// Memory slices.
    pub size: u32,
}

impl Layouts {
    /// Those of `rows`, which are of `table`, which is of `board`; `live` is the GPU that it was read from.
    pub fn of<'a>(
        board: &Board,
        live: Option<&LiveBoard>,
        table: &Table,
        media: bool,
        rows: impl IntoIterator<Item = &'a Row>,
    ) -> Self {
        let layouts: Vec<_> = rows
            .into_iter()
            .map(|row| Layout {
                instances: table
                    .items(row.set)
                    .map(|item| Instance {
                        profile: board.name_of(item.profile).into(),
                        profile_id: item.profile.0,
                        start: item.placement.start,
                        size: item.placement.size,
                    })
                    .collect(),
                maximal: row.maximal,
            })
            .collect();
        Self {
            schema: SCHEMA.into(),
            model: board.model.clone(),
            gpu: live.map(LiveGpu::from),
            axis: board.axis,
            media,
            count: layouts.len(),
            complete: table.is_complete(),
            layouts,
        }
    }
}
