//! Streams of observations (`migdeck/stream/v1`): from a probe that runs as a child, here, through sudo or over ssh, or
//! from a tape, which is a file of the same lines.
//!
//! Every stream sends its records with its number on one bounded channel. A reader that is slow makes the stream wait;
//! the probe at its other end then drops records and says how many.

pub mod child;
pub mod deck;
mod gate;
pub mod lines;
pub mod record;
pub mod reel;
pub mod started;
pub mod tape;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::ids::StreamId;
use crate::domain::observation::{Fact, Observation};
use crate::domain::reading::Absence;
use crate::domain::text::Text;

pub use child::{ControlLost, Feed};
pub use deck::Deck;
pub use lines::{Line, Lines};
pub use reel::Reel;
pub use tape::{Playing, Speed, Tape, TapeError, Taped};

/// Longest beginning that is shown of what is no stream, in characters.
const SHOWN: usize = 40;

/// What a stream tells.
#[derive(Clone, PartialEq, Debug)]
pub enum StreamMsg {
    /// A record.
    Observation(Box<Observation>),
    /// It sends far more than was asked for: what was beyond was dropped unread.
    Flood {
        /// Records dropped so far.
        dropped: u64,
        /// Whether it still does.
        goes_on: bool,
    },
    /// There will be no more records.
    Ended {
        /// What went wrong; `None` for a tape at its end and for a probe that has sent the beats it was asked for.
        why: Option<Absence>,
    },
}

/// Who hears what streams tell.
pub trait Listener: Clone + Send + 'static {
    /// Takes a message in, and waits while there is no room for it; false: nobody listens any more.
    fn tell(&self, id: StreamId, message: StreamMsg) -> bool;
}

impl Listener for SyncSender<(StreamId, StreamMsg)> {
    fn tell(&self, id: StreamId, message: StreamMsg) -> bool {
        self.send((id, message)).is_ok()
    }
}

/// What has come through a stream so far. Shared: a clone counts with the original.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    records: AtomicU64,
    unknown: AtomicU64,
    malformed: AtomicU64,
    /// Whether `words` holds something.
    misread: AtomicBool,
    words: Mutex<Option<Text>>,
}

impl Tally {
    /// Records understood.
    pub fn records(&self) -> u64 {
        self.0.records.load(Ordering::Relaxed)
    }

    /// Records of a kind that this version does not know.
    pub fn unknown(&self) -> u64 {
        self.0.unknown.load(Ordering::Relaxed)
    }

    /// Lines that are no record.
    pub fn malformed(&self) -> u64 {
        self.0.malformed.load(Ordering::Relaxed)
    }

    /// The beginning of the first line since the last record that was none; `None`: there was none.
    pub fn misread(&self) -> Option<Text> {
        let words = self.0.words.lock();
        words.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, raw: &[u8], is_record: bool) {
        if self.0.misread.swap(!is_record, Ordering::Relaxed) != is_record {
            return;
        }
        let words = (!is_record).then(|| {
            let begin: String = String::from_utf8_lossy(&raw[..raw.len().min(4 * SHOWN)])
                .chars()
                .take(SHOWN)
                .collect();
            Text::from(format!("`{}`", begin.trim()))
        });
        *self.0.words.lock().unwrap_or_else(PoisonError::into_inner) = words;
    }

    fn count(&self, line: &Line, raw: &[u8]) {
        self.note(raw, matches!(line, Line::Record(_)));
        let counter = match line {
            Line::Record(record) if record.fact == Fact::Unknown => &self.0.unknown,
            Line::Record(_) => &self.0.records,
            Line::Malformed { .. } | Line::Torn { .. } => &self.0.malformed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}
