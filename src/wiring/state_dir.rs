//! What outlives a console: a log of events and the last sight of work, per host, in the user's state directory.
//!
//! `hosts/<host>.events.jsonl` is a line a record, appended in one write, so that two consoles at once only interleave
//! lines; what was cut short by a crash is passed over. It is turned over to `.1` when it is large. `hosts/<host>.work.json`
//! is replaced whole. Everything here is a convenience: what cannot be read is as if it were not there, what cannot be
//! written is told once.

mod files;
mod lines;

use std::io;
use std::path::{Path, PathBuf};

use crate::domain::ids::BootId;
use crate::domain::text::Text;
use crate::store::memory::{Chapter, Memory, Work};

use files::{Locked, private_folder, replace};
use lines::{Line, Logged, SightFile};

/// A log larger than this is turned over.
const LARGE: u64 = 1 << 20;

/// The state directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StateDir {
    root: PathBuf,
    simulated: bool,
}

impl StateDir {
    /// This folder, for real hosts; simulated ones leave no trace in it.
    pub fn at(root: PathBuf) -> Self {
        Self {
            root,
            simulated: false,
        }
    }

    /// This folder, which goes with the demo: for simulated hosts.
    pub fn of_demo(root: PathBuf) -> Self {
        Self {
            root,
            simulated: true,
        }
    }

    /// `$XDG_STATE_HOME/migdeck`, else `~/.local/state/migdeck`; `None` for a user without a home.
    pub fn usual() -> Option<Self> {
        let absolute = |name: &str| {
            let path = std::env::var_os(name).map(PathBuf::from);
            // the XDG base directory specification: relative paths are to be ignored
            path.filter(|p| p.is_absolute())
        };
        let base =
            absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
        Some(Self::at(base.join("migdeck")))
    }

    /// Whether something of this host may be kept here.
    pub(super) fn takes(&self, simulated: bool) -> bool {
        self.simulated || !simulated
    }

    /// What earlier consoles wrote down of a host in this boot of it.
    pub(super) fn load(&self, host: &Text, boot: Option<&BootId>) -> Memory {
        let log = self.log(host);
        let mut memory = Memory::default();
        for path in [older(&log), log] {
            for line in lines::read(&path) {
                match line.what {
                    Logged::Event(event) if boot.is_some() && line.boot.as_ref() == boot => {
                        memory.events.push(event);
                    }
                    Logged::Inventory(inventory) => memory.inventory = Some(inventory),
                    Logged::Event(_) | Logged::Unknown => {}
                }
            }
        }
        memory.events.sort_by_key(|event| event.at);
        memory.work = self.sights(host, boot);
        memory
    }

    fn sights(&self, host: &Text, boot: Option<&BootId>) -> Vec<Work> {
        let file = std::fs::read(self.sight(host)).ok();
        let file = file.and_then(|bytes| serde_json::from_slice::<SightFile>(&bytes).ok());
        file.filter(|f| f.v == lines::VERSION && boot.is_some() && f.boot.as_ref() == boot)
            .map(|f| f.work)
            .unwrap_or_default()
    }

    /// Adds to a host's log.
    ///
    /// # Errors
    /// The log cannot be written.
    pub(super) fn append(&self, chapter: &Chapter) -> io::Result<()> {
        let folder = self.folder()?;
        let log = self.log(&chapter.host);
        let lock = Locked::try_in(&folder)?;
        let is_large = std::fs::metadata(&log).is_ok_and(|m| m.len() > LARGE);
        // another console that holds the lock turns it over
        if is_large && lock.is_some() {
            let last = lines::read(&log).into_iter().rev();
            let last = last.into_iter().find(Line::is_inventory);
            std::fs::rename(&log, older(&log))?;
            if let (Some(line), None) = (last, &chapter.inventory) {
                files::append(&log, &line.to_bytes())?;
            }
        }
        let mut bytes = Vec::new();
        for line in Line::of(chapter) {
            bytes.extend(line.to_bytes());
        }
        files::append(&log, &bytes)
    }

    /// Replaces what is known of the work on a host. What another console saw later stays.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write_work(
        &self,
        host: &Text,
        boot: Option<&BootId>,
        work: Vec<Work>,
    ) -> io::Result<()> {
        let folder = self.folder()?;
        // whoever holds the lock writes the same now
        let Some(_lock) = Locked::try_in(&folder)? else {
            return Ok(());
        };
        let mut all = work;
        for other in self.sights(host, boot) {
            let same = |mine: &&mut Work| mine.gpu == other.gpu && mine.gi == other.gi;
            let longer = |mine: &&mut Work| {
                let watched = other.since < mine.since && other.seen >= mine.since;
                watched && mine.life.goes_on_as(&other.life)
            };
            // it has watched for longer, up to now
            if let Some(mine) = all.iter_mut().find(same).filter(longer) {
                mine.since = other.since;
                mine.busy = mine.busy.max(other.busy);
            }
        }
        let file = SightFile {
            v: lines::VERSION,
            boot: boot.cloned(),
            work: all,
        };
        replace(&self.sight(host), &serde_json::to_vec(&file)?)
    }

    /// Which place does not take what is to be written, and why.
    pub(super) fn refusal(&self, error: &io::Error) -> String {
        format!("{}: {}", self.root.join("hosts").display(), plain(error))
    }

    fn folder(&self) -> io::Result<PathBuf> {
        private_folder(&self.root.join("hosts"))
    }

    fn log(&self, host: &Text) -> PathBuf {
        self.root
            .join("hosts")
            .join(format!("{}.events.jsonl", file_name(host)))
    }

    fn sight(&self, host: &Text) -> PathBuf {
        self.root
            .join("hosts")
            .join(format!("{}.work.json", file_name(host)))
    }
}

/// An error in the system's words, without its number.
pub fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" (os error ") {
        Some((words, _)) => words.to_owned(),
        None => text,
    }
}

fn older(log: &Path) -> PathBuf {
    let mut name = log.as_os_str().to_owned();
    name.push(".1");
    name.into()
}

/// A host's name as a file's: hosts choose their names, and `../x` is one.
fn file_name(host: &str) -> String {
    let mut name = String::new();
    for byte in host.bytes().take(64) {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            b'.' if !name.is_empty() => name.push('.'),
            other => name.push_str(&format!("%{other:02x}")),
        }
    }
    if name.is_empty() {
        name.push('%');
    }
    name
}

#[cfg(test)]
mod tests;
