//! The built-in tables: what public listings show of each board.
//!
//! `nvidia-smi mig -lgip` prints memory in GiB with two digits, so most MiB are derived from it (.12, .38, .62, .88 are
//! eighths; .31, .44, .69, .81 sixteenths). Columns that no public listing shows are absent, never guessed.

mod ampere;
mod blackwell;
mod hopper;
mod rtx;
mod shapes;

use super::{Board, BoardProfile, CiShape, Mark, Origin, Provenance};
use crate::domain::gpu::Engines;
use crate::domain::ids::ProfileId;
use crate::domain::placement::Placement;
use crate::domain::profile::ProfileName;
use crate::domain::text::Text;
use crate::domain::units::Bytes;

/// What boards of one axis have in common: a profile's numbers and where it may sit.
struct Shape {
    /// `NVML_GPU_INSTANCE_PROFILE_*`.
    kind: u32,
    id: u32,
    slices: u32,
    max: u32,
    /// Memory slices.
    size: u32,
    starts: &'static [u32],
}

/// What one board says of one shape.
struct Row {
    name: &'static str,
    also: &'static [&'static str],
    mib: Option<u64>,
    memory: Mark,
    sm: Option<u32>,
    sm_mark: Mark,
    engines: Option<Engines>,
    engines_mark: Mark,
}

/// A row of which nothing is known but its name.
const fn row(name: &'static str) -> Row {
    Row {
        name,
        also: &[],
        mib: None,
        memory: Mark::Unverified,
        sm: None,
        sm_mark: Mark::Unverified,
        engines: None,
        engines_mark: Mark::Unverified,
    }
}

impl Row {
    /// Memory in MiB as a source gives it.
    const fn mib(mut self, mib: u64) -> Self {
        self.mib = Some(mib);
        self.memory = Mark::Listed;
        self
    }

    /// Memory in MiB, computed from a listing in GiB.
    const fn about(mut self, mib: u64) -> Self {
        self.mib = Some(mib);
        self.memory = Mark::Derived;
        self
    }

    const fn sm(mut self, sm: u32) -> Self {
        self.sm = Some(sm);
        self.sm_mark = Mark::Listed;
        self
    }

    /// SMs of another profile of the board that has the same slices.
    const fn sm_by_analogy(mut self, sm: u32) -> Self {
        self.sm = Some(sm);
        self.sm_mark = Mark::Derived;
        self
    }

    /// Engines in the order of a listing's columns: DEC, ENC, CE, JPG, OFA.
    const fn engines(mut self, [decoder, encoder, copy, jpeg, ofa]: [u32; 5]) -> Self {
        self.engines = Some(Engines {
            copy,
            decoder,
            encoder,
            jpeg,
            ofa,
        });
        self.engines_mark = Mark::Listed;
        self
    }

    /// The engines come from a board of the same chip.
    const fn engines_by_analogy(mut self) -> Self {
        self.engines_mark = Mark::Derived;
        self
    }

    /// Names of the same profile on other drivers or board revisions.
    const fn also(mut self, names: &'static [&'static str]) -> Self {
        self.also = names;
        self
    }
}

/// How compute instances divide the GPU instances of a board.
#[derive(Clone, Copy)]
struct Compute {
    /// SMs of one compute slice inside a larger instance; `None` where no source shows it.
    unit: Option<u32>,
    /// Whether the double-memory 1g and the 2g have profile 7 (`1_SLICE_REV1`), with more SMs than one slice.
    revised: bool,
    mark: Mark,
}

/// One board.
struct Table {
    model: &'static str,
    products: &'static [&'static str],
    pci: &'static [u16],
    shapes: &'static [Shape],
    placements: Mark,
    rows: &'static [Row],
    compute: Compute,
    source: &'static str,
}

/// `NVML_GPU_INSTANCE_PROFILE_1_SLICE_REV2`: one slice with double memory.
const ONE_SLICE_REV2: u32 = 9;

impl Compute {
    /// The compute instance profiles of a GPU instance: ids and counts as `nvidia-smi mig -lcip` lists them.
    fn profiles(self, shape: &Shape, row: &Row, double_sm: Option<u32>) -> Vec<CiShape> {
        let ci = |id, slices, max, sm| CiShape {
            id: ProfileId(id),
            slices,
            max,
            sm,
        };
        let part = |slices: u32| self.unit.map(|unit| unit * slices);
        let one = ci(0, 1, shape.slices, part(1));
        match shape.slices {
            1 if shape.kind == ONE_SLICE_REV2 && self.revised => vec![ci(7, 1, 1, row.sm)],
            1 => vec![ci(0, 1, 1, row.sm)],
            2 if self.revised => vec![one, ci(1, 2, 1, row.sm), ci(7, 1, 1, double_sm)],
            2 => vec![one, ci(1, 2, 1, row.sm)],
            3 => vec![one, ci(1, 2, 1, part(2)), ci(2, 3, 1, row.sm)],
            4 => vec![one, ci(1, 2, 2, part(2)), ci(3, 4, 1, row.sm)],
            _ => vec![
                one,
                ci(1, 2, 3, part(2)),
                ci(2, 3, 2, part(3)),
                ci(3, 4, 1, part(4)),
                ci(4, shape.slices, 1, row.sm),
            ],
        }
    }
}

impl Table {
    fn board(&self) -> Board {
        let double_sm = self
            .shapes
            .iter()
            .zip(self.rows)
            .find(|(shape, _)| shape.kind == ONE_SLICE_REV2)
            .and_then(|(_, row)| row.sm);
        let profiles = self
            .shapes
            .iter()
            .zip(self.rows)
            .map(|(shape, row)| self.profile(shape, row, double_sm))
            .collect();
        Board {
            products: self.products.iter().map(|p| Text::new(p)).collect(),
            pci: self.pci.to_vec(),
            ..Board::of_profiles(Text::new(self.model), profiles, Origin::BuiltIn)
        }
    }

    fn profile(&self, shape: &Shape, row: &Row, double_sm: Option<u32>) -> BoardProfile {
        BoardProfile {
            id: ProfileId(shape.id),
            kind: shape.kind,
            name: ProfileName::from(row.name),
            also: row.also.iter().map(|n| ProfileName::from(*n)).collect(),
            slices: shape.slices,
            max: shape.max,
            memory: row.mib.map(Bytes::mib),
            sm: row.sm,
            engines: row.engines,
            placements: shape
                .starts
                .iter()
                .map(|&start| Placement {
                    start,
                    size: shape.size,
                })
                .collect(),
            compute: self.compute.profiles(shape, row, double_sm),
            provenance: Provenance {
                memory: row.memory,
                sm: row.sm_mark,
                engines: row.engines_mark,
                placements: self.placements,
                compute: self.compute.mark,
                source: Text::new(self.source),
            },
        }
    }
}

/// All boards, in the order in which they are listed to people.
pub(super) fn all() -> Vec<Board> {
    [
        ampere::TABLES,
        hopper::TABLES,
        blackwell::TABLES,
        rtx::TABLES,
    ]
    .into_iter()
    .flatten()
    .map(Table::board)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_has_its_row_and_every_name_its_slices() {
        for table in [
            ampere::TABLES,
            hopper::TABLES,
            blackwell::TABLES,
            rtx::TABLES,
        ]
        .into_iter()
        .flatten()
        {
            assert_eq!(table.shapes.len(), table.rows.len(), "{}", table.model);
            for (shape, row) in table.shapes.iter().zip(table.rows) {
                let name = ProfileName::from(row.name);
                assert_eq!(
                    name.known().map(|p| p.slices),
                    Some(shape.slices),
                    "{}: {}",
                    table.model,
                    row.name
                );
            }
        }
    }

    #[test]
    fn an_absent_figure_is_marked_unverified_and_a_given_one_is_not() {
        for board in all() {
            for p in &board.profiles {
                let at = format!("{} {}", board.model, p.name);
                let marks = &p.provenance;
                assert_eq!(p.memory.is_none(), marks.memory == Mark::Unverified, "{at}");
                assert_eq!(p.sm.is_none(), marks.sm == Mark::Unverified, "{at}");
                assert_eq!(
                    p.engines.is_none(),
                    marks.engines == Mark::Unverified,
                    "{at}"
                );
            }
        }
    }
}
