//! What the driver lets one create, where it puts what has no placement, and which ids things get.
//!
//! Bare layouts: a GPU instance is `(profile id, start)`; no state, no driver version but an argument.

pub mod compute;
pub mod ids;

use crate::ret::{Result, Ret};
use crate::tables::{Board, GiRow, kind};

/// An instance in a bare layout: profile id and start on the memory-slice axis.
pub type Placed = (u32, u32);

/// Whether `new` may join `layout`. INVALID_ARGUMENT: the board has no such profile or placement;
/// INSUFFICIENT_RESOURCES: memory slices, compute slices, the profile's count or media engines are taken.
///
/// Memory slices: nvml.h ("overlap with the already occupied memory slices"). Media: nvml.h's note on `ALL_ME`; one
/// `+me` a GPU because there is one optical flow engine to give. That compute slices and media engines are budgets of
/// their own is how the kernel module accounts for them.
pub fn can_place(board: &Board, layout: &[Placed], new: Placed) -> Result<()> {
    let row = board.profile(new.0).ok_or(Ret::INVALID_ARGUMENT)?;
    if !row.starts.contains(&new.1) {
        return Err(Ret::INVALID_ARGUMENT);
    }
    let mut slices = row.slices;
    let mut same = 0;
    for &(id, start) in layout {
        let Some(other) = board.profile(id) else {
            return Err(Ret::INVALID_ARGUMENT);
        };
        let apart = start + other.size <= new.1 || new.1 + row.size <= start;
        if !apart || media_clash(row, other) {
            return Err(Ret::INSUFFICIENT_RESOURCES);
        }
        slices += other.slices;
        same += u32::from(id == new.0);
    }
    if slices > board.slices || same >= row.max {
        return Err(Ret::INSUFFICIENT_RESOURCES);
    }
    Ok(())
}

fn media_clash(a: &GiRow, b: &GiRow) -> bool {
    let takes_all = |x: &GiRow, y: &GiRow| kind::is_all_me(x.kind) && y.engines.has_media();
    takes_all(a, b) || takes_all(b, a) || (kind::is_me(a.kind) && kind::is_me(b.kind))
}

/// Where the driver of this major version puts a profile without a placement.
///
/// Inferred (NVIDIA documents no rule): the placement that leaves most (profile, start) pairs creatable, over all
/// profiles offered; of equals the lowest start. It reproduces every published transcript.
pub fn choose(board: &Board, major: u32, layout: &[Placed], id: u32) -> Result<u32> {
    let row = offered(board, major, id).ok_or(Ret::INVALID_ARGUMENT)?;
    let mut after = layout.to_vec();
    let mut best: Option<(usize, u32)> = None;
    for &start in row.starts {
        if can_place(board, layout, (id, start)).is_err() {
            continue;
        }
        after.push((id, start));
        let left = creatable(board, major, &after);
        after.pop();
        if best.is_none_or(|(most, _)| left > most) {
            best = Some((left, start));
        }
    }
    best.map(|(_, start)| start)
        .ok_or(Ret::INSUFFICIENT_RESOURCES)
}

/// The profile, if a driver of this major version offers it.
pub fn offered(board: &Board, major: u32, id: u32) -> Option<&'static GiRow> {
    board.profile(id).filter(|row| row.since <= major)
}

fn creatable(board: &Board, major: u32, layout: &[Placed]) -> usize {
    board
        .offered(major)
        .map(|row| {
            row.starts
                .iter()
                .filter(|&&start| can_place(board, layout, (row.id, start)).is_ok())
                .count()
        })
        .sum()
}

/// How many more of a profile fit (`nvmlDeviceGetGpuInstanceRemainingCapacity`). Placements of one profile never
/// overlap each other, so taking them in order is exact.
pub fn remaining(board: &Board, layout: &[Placed], id: u32) -> Result<u32> {
    let row = board.profile(id).ok_or(Ret::INVALID_ARGUMENT)?;
    let mut after = layout.to_vec();
    for &start in row.starts {
        if can_place(board, &after, (id, start)).is_ok() {
            after.push((id, start));
        }
    }
    Ok((after.len() - layout.len()) as u32)
}

#[cfg(test)]
mod tests;
