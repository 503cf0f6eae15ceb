//! Where the state lives: private memory, or a file that processes share.
//!
//! Writers hold a lock on a file beside it, write a new file and rename it over the old one: a reader sees one whole
//! state or another, and a writer killed at any moment leaves the last one.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{FlockOperation, flock};

use super::{FORMAT, State};

/// Why the state file cannot be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StateError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it and what to do.
    pub why: String,
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "state file {}: {}", self.path.display(), self.why)
    }
}

impl std::error::Error for StateError {}

type Result<T> = std::result::Result<T, StateError>;

/// The state, private or shared.
pub(crate) enum Store {
    Memory(Mutex<Arc<State>>),
    Shared(Shared),
}

/// A state file, with what was last read from it.
pub(crate) struct Shared {
    path: PathBuf,
    last: Mutex<Option<Seen>>,
}

/// A file that stays open keeps its inode number from being given to a newer one, so that number alone tells whether
/// the file is still the same.
struct Seen {
    file: File,
    state: Arc<State>,
}

impl Store {
    /// Opens the file, or creates it with `fresh`; without a path the state stays private.
    pub(crate) fn open(path: Option<&Path>, fresh: State) -> Result<Self> {
        let Some(path) = path else {
            return Ok(Self::Memory(Mutex::new(Arc::new(fresh))));
        };
        let shared = Shared {
            path: path.to_path_buf(),
            last: Mutex::new(None),
        };
        let _lock = shared.lock()?;
        if !path.exists() {
            shared.write(&fresh)?;
        }
        let found = shared.read()?;
        shared.same_host(&found, &fresh)?;
        Ok(Self::Shared(shared))
    }

    /// The present state.
    pub(crate) fn read(&self) -> Result<Arc<State>> {
        match self {
            Self::Memory(state) => Ok(Arc::clone(
                &state.lock().unwrap_or_else(PoisonError::into_inner),
            )),
            Self::Shared(shared) => shared.read(),
        }
    }

    /// Changes the state as one step that no other process can come between.
    pub(crate) fn update<T>(&self, change: impl FnOnce(&mut State) -> T) -> Result<T> {
        match self {
            Self::Memory(state) => {
                let mut slot = state.lock().unwrap_or_else(PoisonError::into_inner);
                let mut next = (**slot).clone();
                let answer = change(&mut next);
                *slot = Arc::new(next);
                Ok(answer)
            }
            Self::Shared(shared) => {
                let _lock = shared.lock()?;
                let before = shared.read()?;
                let mut next = (*before).clone();
                next.clients.retain(super::Client::alive);
                let answer = change(&mut next);
                if next != *before {
                    shared.write(&next)?;
                }
                Ok(answer)
            }
        }
    }
}

impl Shared {
    fn error(&self, why: impl fmt::Display) -> StateError {
        StateError {
            path: self.path.clone(),
            why: why.to_string(),
        }
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name: OsString = self.path.clone().into_os_string();
        name.push(suffix);
        PathBuf::from(name)
    }

    /// The lock ends with the returned file, also when the process is killed.
    fn lock(&self) -> Result<File> {
        let path = self.beside(".lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|why| self.error(format_args!("cannot open {}: {why}", path.display())))?;
        loop {
            match flock(&file, FlockOperation::LockExclusive) {
                Ok(()) => return Ok(file),
                Err(rustix::io::Errno::INTR) => {}
                Err(why) => {
                    return Err(self.error(format_args!("cannot lock {}: {why}", path.display())));
                }
            }
        }
    }

    fn read(&self) -> Result<Arc<State>> {
        let now = fs::metadata(&self.path).map_err(|why| self.error(why))?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = &*last
            && seen
                .file
                .metadata()
                .is_ok_and(|then| (then.dev(), then.ino()) == (now.dev(), now.ino()))
        {
            return Ok(Arc::clone(&seen.state));
        }
        let mut file = File::open(&self.path).map_err(|why| self.error(why))?;
        let mut text = String::new();
        file.read_to_string(&mut text)
            .map_err(|why| self.error(why))?;
        let state: State = serde_json::from_str(&text).map_err(|why| {
            self.error(format_args!(
                "not a simulator state ({why}); it was left as it is: move it away to start afresh"
            ))
        })?;
        if state.format != FORMAT {
            return Err(self.error(format_args!(
                "format {} where this version knows {FORMAT}; move it away to start afresh",
                state.format
            )));
        }
        let state = Arc::new(state);
        *last = Some(Seen {
            file,
            state: Arc::clone(&state),
        });
        Ok(state)
    }

    fn write(&self, state: &State) -> Result<()> {
        let next = self.beside(".new");
        let text = serde_json::to_string_pretty(state).map_err(|why| self.error(why))?;
        fs::write(&next, text)
            .and_then(|()| fs::rename(&next, &self.path))
            .map_err(|why| self.error(format_args!("cannot write {}: {why}", next.display())))
    }

    fn same_host(&self, found: &State, wanted: &State) -> Result<()> {
        if (&found.scenario, &found.host) != (&wanted.scenario, &wanted.host) {
            return Err(self.error(format_args!(
                "holds {}#{}, not {}#{}: one file a host",
                found.scenario, found.host, wanted.scenario, wanted.host
            )));
        }
        if found.gpus.len() != wanted.gpus.len() {
            return Err(self.error(format_args!(
                "holds {} GPUs where the scenario has {}; move it away to start afresh",
                found.gpus.len(),
                wanted.gpus.len()
            )));
        }
        Ok(())
    }
}
