//! What happens to the console.

use jiff::Timestamp;

use crate::domain::cluster::asked::Answer;
use crate::domain::text::Text;

use super::session::Advice;
use super::{Hits, Key, Snapshot};

/// Something that happened.
#[derive(Clone, PartialEq, Debug)]
pub enum Message {
    /// A key.
    Key(Key),
    /// A bracketed paste, as one piece.
    Paste(String),
    /// The mouse (only with `--mouse`).
    Mouse(Mouse),
    /// The terminal's size in cells; 0 by 0 where it does not say.
    Resized {
        /// Columns.
        width: u16,
        /// Lines.
        height: u16,
    },
    /// Only ASCII can be written, or more than that.
    OnlyAscii(bool),
    /// News from the sources.
    Snapshot(Snapshot),
    /// Time passes.
    Tick(Timestamp),
    /// A frame was drawn.
    Drawn(Hits),
    /// An effect has ended.
    Done {
        /// Its number.
        id: u64,
        /// How.
        outcome: Outcome,
    },
    /// So many keys, pastes and turns of the wheel came faster than they could be taken, and were dropped.
    Dropped(usize),
    /// A thread has panicked; the console goes on without it.
    Fault(Text),
    /// What happens cannot be written down, and why; told once.
    NotWritten(Text),
    /// How to see what this user's rights hide, once it is known that they do.
    Advice(Advice),
    /// An answer to what was asked about a pod.
    Answer {
        /// Its number.
        id: u64,
        /// What comes back.
        answer: Answer,
    },
    /// The contexts of the kubeconfig; or why they cannot be read.
    Contexts(Result<Vec<Text>, Text>),
    /// Something beside the screen could not be done: one sentence.
    Told(Text),
    /// How the tape does.
    Played(Playback),
}

/// The mouse, in cells from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mouse {
    /// The wheel; negative is up.
    Wheel(i32),
    /// A press of the first button.
    Click {
        /// Column.
        x: u16,
        /// Line.
        y: u16,
        /// The second press of a double click.
        double: bool,
    },
}

/// How an effect has ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The terminal was asked to take so many bytes to its clipboard (it does not say whether it did).
    Copied(usize),
    /// tmux has taken so many bytes into its buffer, and offered them to the terminal that it is in.
    InTmux(usize),
    /// Written to these files, which differ in their endings.
    Written {
        /// The first.
        file: Text,
        /// Endings of the others, such as `svg`.
        also: Vec<Text>,
    },
    /// Not written: to which place, and why.
    Failed(Text),
}

/// A tape that is played.
#[derive(Clone, PartialEq, Debug)]
pub struct Playback {
    /// So many times as fast as it was recorded.
    pub speed: f64,
    /// Whether it is stopped.
    pub paused: bool,
    /// Time on the tape.
    pub at: Option<Timestamp>,
    /// Whether it has come to its end.
    pub ended: bool,
}
