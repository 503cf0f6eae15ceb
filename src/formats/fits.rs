//! `migdeck/fits/v1`: which slices ran a model, as measured, and how many such slices are free now.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::fits::{Answer, Book, Free, Line, Outcome, answer};
use crate::domain::fleet::Fleet;
use crate::domain::text::Text;

use super::absent::Absent;
use super::status::{Cluster, Source, Status};

/// Name of the schema.
pub const SCHEMA: &str = "migdeck/fits/v1";

/// The document.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Fits {
    /// [`SCHEMA`].
    pub schema: Text,
    /// True if any of the hosts is simulated.
    pub simulated: bool,
    /// When the document was made.
    pub at: Timestamp,
    /// Books that were read.
    pub books: Vec<Text>,
    /// Where the facts about what is free come from.
    pub sources: Vec<Source>,
    /// The cluster that is read besides; `null`: none is.
    pub cluster: Option<Cluster>,
    /// Models, in the order of the book.
    pub models: Vec<Model>,
}

/// A model.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Model {
    /// Its name.
    pub model: Text,
    /// The smallest slice that ran it; `null`: none did that it was measured on.
    pub smallest: Option<Text>,
    /// The smallest slice that ran it of which one is free now; `null`: none is, or nobody tells.
    pub smallest_free: Option<Text>,
    /// Slices of the fleet that are smaller than the smallest that ran it, and on which it was not measured.
    pub untried: Vec<Text>,
    /// Slices that it was measured on, and those of the fleet that it was not, smallest first.
    pub slices: Vec<Slice>,
}

/// A kind of slice.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Slice {
    /// Profile, or `gpu` for a GPU with MIG off.
    pub slice: Text,
    /// Short name of the board that is meant; `null`: any.
    pub board: Option<Text>,
    /// Whether the model was measured on it.
    pub measured: bool,
    /// Seconds that it took; `null`: it did not run, or was not measured.
    pub seconds: Option<f64>,
    /// How it failed; `null`: it ran, or was not measured.
    pub error: Option<Text>,
    /// What was measured, and with what beside it.
    pub note: Option<Text>,
    /// Such slices now.
    pub now: Option<Now>,
    /// Why keys are `null`.
    #[serde(default, skip_serializing_if = "Absent::is_empty")]
    pub absent: Absent,
}

/// Slices of a kind at this moment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Now {
    /// All.
    pub total: u64,
    /// Those that nobody has, on nodes that take work.
    pub free: u64,
    /// Those that nobody has on nodes that take no pods.
    pub closed: u64,
    /// Those of which nobody can tell.
    pub unknown: u64,
    /// Nodes with such slices.
    pub nodes: Vec<Place>,
    /// Nodes that do not tell all their slices.
    pub unread: Vec<Text>,
}

/// Slices of a kind on a node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Place {
    /// The node.
    pub node: Text,
    /// Those that nobody has.
    pub free: u64,
    /// All.
    pub total: u64,
    /// Whether the node takes no pods.
    pub closed: bool,
}

impl Fits {
    /// What a book says of these models, beside a snapshot.
    pub fn of(book: &Book, models: &[&Text], fleet: &Fleet, at: Timestamp) -> Self {
        let status = Status::from_fleet(fleet, at);
        let models = models.iter().map(|model| answer(book, fleet, model));
        Self {
            schema: SCHEMA.into(),
            simulated: status.simulated,
            at,
            books: book.from.clone(),
            sources: status.sources,
            cluster: status.cluster,
            models: models.map(|answer| Model::from(&answer)).collect(),
        }
    }
}

impl From<&Answer> for Model {
    fn from(answer: &Answer) -> Self {
        let name = |line: &Line| Text::from(line.slice.to_string());
        let mut untried: Vec<Text> = answer.untried().map(name).collect();
        untried.dedup();
        Self {
            model: answer.model.clone(),
            smallest: answer.smallest().map(name),
            smallest_free: answer.smallest_free().map(name),
            untried,
            slices: answer.lines.iter().map(Slice::from).collect(),
        }
    }
}

impl From<&Line> for Slice {
    fn from(line: &Line) -> Self {
        let mut absent = Absent::default();
        let now = absent.take_as("now", &line.free, |free| Now::from(free));
        let measured = line.measured.as_ref();
        let error = measured.and_then(|row| match &row.outcome {
            Outcome::Error(error) => Some(error.clone()),
            Outcome::Seconds(_) => None,
        });
        Self {
            slice: line.slice.to_string().into(),
            board: line.board.map(Text::new),
            measured: measured.is_some(),
            seconds: line.seconds(),
            error,
            note: measured.and_then(|row| row.note.clone()),
            now,
            absent,
        }
    }
}

impl From<&Free> for Now {
    fn from(free: &Free) -> Self {
        Self {
            total: free.total,
            free: free.free,
            closed: free.closed,
            unknown: free.unknown,
            nodes: free
                .places
                .iter()
                .map(|place| Place {
                    node: place.node.clone(),
                    free: place.free,
                    total: place.total,
                    closed: place.closed,
                })
                .collect(),
            unread: free.unread.clone(),
        }
    }
}
