//! A tape that is open and waits to be played.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::{Tape, TapeError};

/// A tape that was opened once, by whom first asked whether it is one. A pipe cannot be opened a second time: what was
/// read of it to find out would be gone. Clones are the same tape.
#[derive(Clone, Debug)]
pub struct Reel {
    path: PathBuf,
    begins: Option<Timestamp>,
    tape: Arc<Mutex<Option<Tape>>>,
}

impl Reel {
    /// Opens a tape.
    ///
    /// # Errors
    /// As of [`Tape::open`].
    pub fn open(path: &Path) -> Result<Self, TapeError> {
        let tape = Tape::open(path)?;
        Ok(Self {
            path: path.to_owned(),
            begins: tape.begins(),
            tape: Arc::new(Mutex::new(Some(tape))),
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// When its first record was made.
    pub fn begins(&self) -> Option<Timestamp> {
        self.begins
    }

    /// The tape, to be played; where it was taken before, opened anew.
    ///
    /// # Errors
    /// As of [`Tape::open`].
    pub fn take(&self) -> Result<Tape, TapeError> {
        let held = self
            .tape
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        held.map_or_else(|| Tape::open(&self.path), Ok)
    }
}

impl PartialEq for Reel {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for Reel {}
