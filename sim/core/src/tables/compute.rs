//! Compute-instance profiles of a GPU instance.
//!
//! Published: A30 and A100 by `nvidia-smi mig -lcip` and the MIG User Guide; Hopper's profile 7 by
//! <https://github.com/NVIDIA/go-nvml/issues/146>. Inferred: that every board with more SMs in the double-memory 1g
//! profile than in the plain one offers profile 7 in the double-memory and in the 2g instance; starts of a profile of
//! `n` slices are multiples of the next power of two.

use super::{Board, GiRow, kind};

/// A compute-instance profile within a GPU instance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CiRow {
    /// `NVML_COMPUTE_INSTANCE_PROFILE_*`, which is also the profile id.
    pub id: u32,
    /// Compute slices.
    pub slices: u32,
    /// Most of them in one GPU instance.
    pub max: u32,
    /// Streaming multiprocessors.
    pub sm: u32,
}

impl CiRow {
    /// Legal starts within a GPU instance of `slices` compute slices.
    pub fn starts(&self, slices: u32) -> impl Iterator<Item = u32> + use<> {
        let (size, most) = (self.slices, self.max);
        (0..slices)
            .step_by(size.next_power_of_two() as usize)
            .filter(move |start| start + size <= slices)
            .take(most as usize)
    }
}

/// `NVML_COMPUTE_INSTANCE_PROFILE_1_SLICE_REV1`: one slice with more SMs.
pub(crate) const ONE_SLICE_REV1: u32 = 7;

/// The profiles that a GPU instance offers, in order of id.
pub fn ci_profiles(board: &Board, gi: &GiRow) -> Vec<CiRow> {
    let one = board
        .profiles
        .iter()
        .find(|row| row.kind == kind::SLICE_1)
        .map_or(gi.sm / gi.slices, |row| row.sm);
    let sizes: &[(u32, u32)] = match gi.slices {
        1 => &[(0, 1)],
        2 => &[(0, 1), (1, 2)],
        3 => &[(0, 1), (1, 2), (2, 3)],
        4 => &[(0, 1), (1, 2), (3, 4)],
        _ => &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 7)],
    };
    let mut rows: Vec<CiRow> = sizes
        .iter()
        .map(|&(id, slices)| CiRow {
            id,
            slices,
            max: gi.slices / slices,
            sm: if slices == gi.slices && gi.kind != kind::SLICE_1_REV2 {
                gi.sm
            } else {
                one * slices
            },
        })
        .collect();
    let double = board
        .profiles
        .iter()
        .find(|row| row.kind == kind::SLICE_1_REV2)
        .map_or(0, |row| row.sm);
    if double > one && matches!(gi.kind, kind::SLICE_1_REV2 | kind::SLICE_2) {
        rows.push(CiRow {
            id: ONE_SLICE_REV1,
            slices: 1,
            max: 1,
            sm: double,
        });
    }
    rows
}

/// The profile that takes the whole GPU instance: the one with as many SMs (what `nvidia-smi mig -cgi .. -C` creates).
pub fn full_ci(board: &Board, gi: &GiRow) -> Option<CiRow> {
    ci_profiles(board, gi)
        .into_iter()
        .find(|row| row.sm == gi.sm)
}
