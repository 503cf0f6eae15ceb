//! The book of measurements: which model ran on which slice, how long it took, or how it failed.
//!
//! It answers from what was measured and from nothing else: a slice without a measurement may run the model or not.

mod answer;
mod free;

use std::cmp::Ordering;
use std::fmt;

use super::catalog;
use super::profile::{NotAProfile, Profile};
use super::text::Text;

pub use answer::{Answer, Line, answer};
pub use free::{Free, Place, free};

/// What a model was tried on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Slice {
    /// A MIG device: a whole GPU instance, or a compute instance of one (`1c.3g.20gb`).
    Mig(Profile),
    /// A GPU with MIG off.
    Whole,
}

/// How the whole GPU is written.
pub const WHOLE: &str = "gpu";

impl Slice {
    /// From a profile's name, or `gpu` for the whole GPU.
    ///
    /// # Errors
    /// It is neither.
    pub fn parse(text: &str) -> Result<Self, NotAProfile> {
        match text.trim() {
            WHOLE => Ok(Self::Whole),
            name => name.parse().map(Self::Mig),
        }
    }

    /// Memory, compute slices: what makes one slice smaller than another.
    fn size(&self) -> (u32, u32, String) {
        match self {
            Self::Mig(p) => (p.gb, p.compute.unwrap_or(p.slices), p.to_string()),
            Self::Whole => (u32::MAX, u32::MAX, String::new()),
        }
    }
}

impl Ord for Slice {
    fn cmp(&self, other: &Self) -> Ordering {
        self.size().cmp(&other.size())
    }
}

impl PartialOrd for Slice {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mig(profile) => profile.fmt(f),
            Self::Whole => f.write_str(WHOLE),
        }
    }
}

/// What came of it.
#[derive(Clone, PartialEq, Debug)]
pub enum Outcome {
    /// It ran, and took so many seconds.
    Seconds(f64),
    /// It did not run.
    Error(Text),
}

/// A row of the book.
#[derive(Clone, PartialEq, Debug)]
pub struct Measured {
    /// The model, by the name that people ask for it.
    pub model: Text,
    /// What it was tried on.
    pub slice: Slice,
    /// The board that the slice was on, by its short name; `None`: it counts for every board with such slices.
    pub board: Option<&'static str>,
    /// What came of it.
    pub outcome: Outcome,
    /// What was measured, and with what beside it.
    pub note: Option<Text>,
}

impl Measured {
    /// Whether both measure the same.
    pub fn is_of(&self, other: &Self) -> bool {
        same_name(&self.model, &other.model)
            && self.slice == other.slice
            && self.board == other.board
    }
}

/// The book.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Book {
    /// Rows, in the order in which they were written.
    pub rows: Vec<Measured>,
    /// Where they were read; empty: there is no book.
    pub from: Vec<Text>,
    /// Where one would be looked for.
    pub place: Option<Text>,
}

impl Book {
    /// Names of the models, in the order in which they were written.
    pub fn models(&self) -> Vec<&Text> {
        let mut names: Vec<&Text> = Vec::new();
        for row in &self.rows {
            if !names.iter().any(|name| same_name(name, &row.model)) {
                names.push(&row.model);
            }
        }
        names
    }

    /// Models that somebody means who types this: the one of that name, else all whose names hold it.
    pub fn meant(&self, typed: &str) -> Vec<&Text> {
        let models = self.models();
        if let Some(one) = models.iter().find(|name| same_name(name, typed)) {
            return vec![*one];
        }
        let typed = typed.trim().to_lowercase();
        let holds = |name: &&Text| name.to_lowercase().contains(&typed);
        models.into_iter().filter(holds).collect()
    }
}

/// Case does not matter.
fn same_name(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

/// Short name of a board as a driver or a label calls it.
fn board_of(product: &str) -> Option<&'static str> {
    catalog::find(product).map(|board| board.model.as_str())
}
