//! What a host is in a few lines: decided here, drawn in `view`.
//!
//! [`headline`] is what it is, [`owner`] who manages MIG, [`sources`] how facts come in, [`worst`] what is wrong,
//! [`notes`] the most important word on each GPU, [`tally`] how much of it is used, [`freshness`] whether all that is of
//! now, [`standing`] how it stands in its cluster.

pub mod freshness;
pub mod headline;
pub mod hidden;
pub mod notes;
pub mod owner;
pub mod places;
pub mod services;
pub mod sources;
pub mod standing;
pub mod tally;
pub mod worst;

/// How a piece of a line is to be taken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub enum Tone {
    /// There to be skipped.
    Faint,
    /// As any other text.
    #[default]
    Plain,
    /// A name.
    Strong,
    /// All is well.
    Ok,
    /// Good to know.
    Info,
    /// It was true a while ago.
    Stale,
    /// Somebody should look.
    Caution,
    /// Work is lost or will be.
    Danger,
}

/// A piece of a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    /// What it says.
    pub text: String,
    /// How it is to be taken.
    pub tone: Tone,
}

impl Piece {
    /// A piece of a line.
    pub fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self {
            text: text.into(),
            tone,
        }
    }
}

impl From<crate::domain::finding::Severity> for Tone {
    fn from(severity: crate::domain::finding::Severity) -> Self {
        use crate::domain::finding::Severity;
        match severity {
            Severity::Info => Self::Info,
            Severity::Caution => Self::Caution,
            Severity::Danger => Self::Danger,
        }
    }
}
