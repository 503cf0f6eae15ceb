//! Writing layouts.

use super::gpu::{BY_ID, is_readable};
use super::node::GpuSelector;
use crate::domain::catalog::{Board, BoardProfile};
use crate::domain::ids::{GpuIndex, ProfileId};
use crate::domain::layout::{CiPlaced, GpuLayout, Layout};
use crate::domain::sketch::{Sketch, Wanted};

/// The layout of a GPU: `off`, `empty`, or its instances by start.
pub fn print_gpu(board: &Board, layout: &GpuLayout) -> String {
    print_sketch(board, &Sketch::from(layout))
}

/// A layout with MIG on.
pub fn print_layout(board: &Board, layout: &Layout) -> String {
    print_gpu(board, &GpuLayout::On(layout.clone()))
}

/// What is asked for, in the order in which it was asked for; equal neighbours are counted.
pub fn print_sketch(board: &Board, sketch: &Sketch) -> String {
    match sketch {
        Sketch::Off => "off".to_owned(),
        Sketch::On(wanted) if wanted.is_empty() => "empty".to_owned(),
        Sketch::On(wanted) => {
            let words: Vec<_> = wanted
                .chunk_by(|a, b| a.start.is_none() && a == b)
                .filter_map(|run| Some(counted(run.len(), instance(board, run.first()?))))
                .collect();
            words.join(" ")
        }
    }
}

fn counted(count: usize, word: String) -> String {
    if count > 1 {
        format!("{count}x{word}")
    } else {
        word
    }
}

fn instance(board: &Board, wanted: &Wanted) -> String {
    let mut word = called(board, wanted.profile);
    if let Some(start) = wanted.start {
        word += &format!("@{start}");
    }
    if let Some(cis) = &wanted.cis {
        word += &compute(board, wanted.profile, cis);
    }
    word
}

/// The profile's name, with its id where another profile of the board has the same name.
fn called(board: &Board, id: ProfileId) -> String {
    let Some(profile) = board.profile(id) else {
        return format!("{BY_ID}#{id}");
    };
    let first = board.profile_named(&profile.name).map(|p| p.id);
    if !is_readable(&profile.name.to_string()) {
        format!("{BY_ID}#{id}")
    } else if first == Some(id) {
        profile.name.to_string()
    } else {
        format!("{}#{id}", profile.name)
    }
}

/// Nothing for one compute instance that fills the GPU instance, else the list in brackets.
fn compute(board: &Board, gi: ProfileId, cis: &[CiPlaced]) -> String {
    let profile = board.profile(gi);
    let full = profile.and_then(BoardProfile::full_compute).map(|c| c.id);
    if let [one] = cis
        && Some(one.profile) == full
    {
        return String::new();
    }
    let words: Vec<_> = cis
        .chunk_by(|a, b| a.start.is_none() && a == b)
        .filter_map(|run| {
            let first = run.first()?;
            let shape = profile.and_then(|p| Some((p, p.compute_profile(first.profile)?)));
            let mut word = shape.map_or_else(
                || format!("{BY_ID}#{}", first.profile),
                |(profile, shape)| profile.compute_name(shape),
            );
            if let Some(start) = first.start {
                word += &format!("@{start}");
            }
            Some(counted(run.len(), word))
        })
        .collect();
    format!("[{}]", words.join(","))
}

/// GPUs by index, neighbours as ranges: `0-1,4`.
pub fn selectors(gpus: impl IntoIterator<Item = GpuIndex>) -> Vec<GpuSelector> {
    let mut indexes: Vec<u32> = gpus.into_iter().map(|g| g.0).collect();
    indexes.sort_unstable();
    indexes.dedup();
    indexes
        .chunk_by(|a, b| a + 1 == *b)
        .filter_map(|run| match (run.first()?, run.last()?) {
            (first, last) if first == last => Some(GpuSelector::Index(*first)),
            (first, last) => Some(GpuSelector::Range(*first, *last)),
        })
        .collect()
}

/// The part of a node's line before the colon.
pub fn print_selectors(gpus: &[GpuSelector]) -> String {
    let words: Vec<_> = gpus.iter().map(ToString::to_string).collect();
    words.join(",")
}
