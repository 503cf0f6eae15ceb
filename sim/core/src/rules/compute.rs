//! Compute instances within a GPU instance.

use crate::ret::{Result, Ret};
use crate::tables::{Board, CiRow, GiRow, ci_profiles};

use super::Placed;

/// The compute-instance profile `id` of a GPU instance. NOT_SUPPORTED: it offers none (nvml.h,
/// `nvmlGpuInstanceCreateComputeInstance`).
pub fn profile(board: &Board, gi: &GiRow, id: u32) -> Result<CiRow> {
    ci_profiles(board, gi)
        .into_iter()
        .find(|row| row.id == id)
        .ok_or(Ret::NOT_SUPPORTED)
}

/// Whether `new` (profile id, first compute slice) may join the compute instances of a GPU instance.
/// INVALID_ARGUMENT: not a legal placement; INSUFFICIENT_RESOURCES: slices or SMs are taken.
///
/// The SM budget is what keeps Hopper's 26-SM profile 7 from sharing a 2g instance of 32 SMs with another (inferred).
pub fn can_place(board: &Board, gi: &GiRow, cis: &[Placed], new: Placed) -> Result<()> {
    let row = profile(board, gi, new.0)?;
    if !row.starts(gi.slices).any(|start| start == new.1) {
        return Err(Ret::INVALID_ARGUMENT);
    }
    let (mut sm, mut same) = (row.sm, 0);
    for &(id, start) in cis {
        let other = profile(board, gi, id)?;
        if start + other.slices > new.1 && new.1 + row.slices > start {
            return Err(Ret::INSUFFICIENT_RESOURCES);
        }
        sm += other.sm;
        same += u32::from(id == new.0);
    }
    if sm > gi.sm || same >= row.max {
        return Err(Ret::INSUFFICIENT_RESOURCES);
    }
    Ok(())
}

/// Where the driver puts a compute instance without a placement: by the same inferred rule as GPU instances.
pub fn choose(board: &Board, gi: &GiRow, cis: &[Placed], id: u32) -> Result<u32> {
    let row = profile(board, gi, id)?;
    let mut after = cis.to_vec();
    let mut best: Option<(usize, u32)> = None;
    for start in row.starts(gi.slices) {
        if can_place(board, gi, cis, (id, start)).is_err() {
            continue;
        }
        after.push((id, start));
        let left = creatable(board, gi, &after);
        after.pop();
        if best.is_none_or(|(most, _)| left > most) {
            best = Some((left, start));
        }
    }
    best.map(|(_, start)| start)
        .ok_or(Ret::INSUFFICIENT_RESOURCES)
}

fn creatable(board: &Board, gi: &GiRow, cis: &[Placed]) -> usize {
    ci_profiles(board, gi)
        .iter()
        .map(|row| {
            row.starts(gi.slices)
                .filter(|&start| can_place(board, gi, cis, (row.id, start)).is_ok())
                .count()
        })
        .sum()
}

/// How many more of a profile fit in the GPU instance.
pub fn remaining(board: &Board, gi: &GiRow, cis: &[Placed], id: u32) -> Result<u32> {
    let row = profile(board, gi, id)?;
    let mut after = cis.to_vec();
    for start in row.starts(gi.slices) {
        if can_place(board, gi, &after, (id, start)).is_ok() {
            after.push((id, start));
        }
    }
    Ok((after.len() - cis.len()) as u32)
}
