//! What the book says of a model, beside what is free now.

use super::super::fleet::Fleet;
use super::super::reading::Reading;
use super::super::text::Text;
use super::free::{Kind, kinds};
use super::{Book, Free, Measured, Outcome, Slice, free, same_name};

/// What is known of a model.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// The model.
    pub model: Text,
    /// Slices that it was measured on, and those of the fleet that it was not, smallest first.
    pub lines: Vec<Line>,
}

/// A kind of slice.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    /// The slice.
    pub slice: Slice,
    /// Where only one kind of board is meant: which.
    pub board: Option<&'static str>,
    /// What was measured; `None`: nothing was.
    pub measured: Option<Measured>,
    /// How many there are, and how many nobody has.
    pub free: Reading<Free>,
}

impl Line {
    /// Seconds that it took.
    pub fn seconds(&self) -> Option<f64> {
        match self.measured.as_ref()?.outcome {
            Outcome::Seconds(seconds) => Some(seconds),
            Outcome::Error(_) => None,
        }
    }
}

impl Answer {
    /// The smallest slice that ran it.
    pub fn smallest(&self) -> Option<&Line> {
        self.lines.iter().find(|line| line.seconds().is_some())
    }

    /// The smallest slice that ran it and that nobody has now.
    pub fn smallest_free(&self) -> Option<&Line> {
        let ran = self.lines.iter().filter(|line| line.seconds().is_some());
        ran.into_iter()
            .find(|line| line.free.value().is_some_and(|free| free.free > 0))
    }

    /// Slices of the fleet that nobody has measured it on and that are smaller than the smallest that ran it: whether one
    /// of them would do is not known. Without any that ran it, all that were not measured.
    pub fn untried(&self) -> impl Iterator<Item = &Line> {
        let end = self.smallest().map(|line| line.slice);
        self.lines.iter().filter(move |line| {
            line.measured.is_none() && end.is_none_or(|smallest| line.slice < smallest)
        })
    }
}

/// What the book says of a model.
pub fn answer(book: &Book, fleet: &Fleet, model: &str) -> Answer {
    let rows: Vec<&Measured> = book
        .rows
        .iter()
        .filter(|row| same_name(&row.model, model))
        .collect();
    let line = |slice, board, measured: Option<&Measured>| Line {
        slice,
        board,
        measured: measured.cloned(),
        free: free(fleet, slice, board),
    };
    let mut lines: Vec<Line> = rows
        .iter()
        .map(|row| line(row.slice, row.board, Some(row)))
        .collect();
    for (slice, board) in untried(&rows, kinds(fleet)) {
        lines.push(line(slice, board, None));
    }
    lines.sort_by_key(|line| (line.slice, line.board));
    let name = rows.first().map(|row| row.model.clone());
    Answer {
        model: name.unwrap_or_else(|| Text::new(model)),
        lines,
    }
}

/// Kinds of slices that no row is about. A board is named only where the same slice was measured on another.
fn untried(rows: &[&Measured], kinds: Vec<Kind>) -> Vec<Kind> {
    let mut out: Vec<Kind> = Vec::new();
    for (slice, board) in kinds {
        let of_slice = || rows.iter().filter(|row| row.slice == slice);
        if of_slice().any(|row| row.board.is_none() || row.board == board) {
            continue;
        }
        let named = board.filter(|_| of_slice().next().is_some());
        if !out.contains(&(slice, named)) {
            out.push((slice, named));
        }
    }
    out
}
