//! Folders that go with the process that made them, by whatever end it comes to.
//!
//! Dropped, a folder is removed; [`clear`] (or [`clear_in_haste`]) removes all of them for an end that drops nothing. A
//! kill -9 leaves them: each
//! holds a file that its process keeps locked, and whoever makes the next folder removes those whose lock is free.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, Mode, OFlags, flock, fstat, open, openat};

/// Beginnings of the folders' names.
const PREFIXES: [&str; 2] = [DEMO, SIM];
/// Folders of a demo.
pub const DEMO: &str = "migdeck-demo-";
/// Folders of a simulated host.
pub const SIM: &str = "migdeck-sim-";
/// The file that a folder's process keeps locked.
const OWNER: &str = ".migdeck-owner";
/// How long to wait for threads and children that still write into a folder.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often to look whether they have ended.
const GLANCE: Duration = Duration::from_millis(2);

/// The folders of this process.
static MINE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
/// Read while something is written into one of them; written to once, at the end.
static WRITING: RwLock<()> = RwLock::new(());

/// A folder in place of which nothing is left when this is dropped.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    // locked until the folder is gone
    _owner: OwnedFd,
}

impl Scratch {
    /// Makes a folder under `place`, readable by this user only, after removing those there whose process has gone.
    ///
    /// # Errors
    /// The folder or its lock file cannot be made.
    pub fn new(place: &Path, prefix: &str) -> io::Result<Self> {
        sweep(place);
        loop {
            let folder = tempfile::Builder::new().prefix(prefix).tempdir_in(place)?;
            let owner = open(
                folder.path().join(OWNER),
                OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC,
                Mode::RUSR | Mode::WUSR,
            )?;
            flock(&owner, FlockOperation::LockExclusive)?;
            // between those two lines another process may have taken the folder for one that was left
            if is_still_there(&owner, &folder.path().join(OWNER))? {
                let path = folder.keep();
                mine().push(path.clone());
                return Ok(Self {
                    path,
                    _owner: owner,
                });
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(&self.path, PATIENCE, true);
        // an end that comes meanwhile must still find it
        mine().retain(|path| *path != self.path);
    }
}

/// Keeps [`clear`] waiting while files are written: a removed folder would come back with the next of them.
pub fn writing() -> RwLockReadGuard<'static, ()> {
    WRITING.read().unwrap_or_else(PoisonError::into_inner)
}

/// Removes all folders of this process, for an end that drops nothing: a signal, an exit from a thread. Nothing can be
/// written into them from then on.
pub fn clear() {
    clear_with(PATIENCE, true);
}

/// The same for an end in haste: waits so long at most for writers of this process, as long for the folders, and not for
/// children, which end after it. One that writes meanwhile may leave something.
pub fn clear_in_haste(patience: Duration) {
    clear_with(patience, false);
}

fn clear_with(patience: Duration, heed_children: bool) {
    let until = Instant::now() + patience;
    let writers_out = loop {
        match WRITING.try_write() {
            Ok(guard) => break Some(guard),
            Err(_) if Instant::now() >= until => break None,
            Err(_) => std::thread::sleep(GLANCE),
        }
    };
    // the process ends: whoever wants to write now waits until then
    std::mem::forget(writers_out);
    for path in mine().drain(..) {
        remove(&path, patience, heed_children);
    }
}

fn mine() -> MutexGuard<'static, Vec<PathBuf>> {
    MINE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn remove(folder: &Path, patience: Duration, heed_children: bool) {
    let until = Instant::now() + patience;
    loop {
        let late = Instant::now() >= until;
        if late || !(heed_children && is_lived_in(folder)) {
            match fs::remove_dir_all(folder) {
                Ok(()) => return,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return,
                Err(_) if late => return,
                Err(_) => {}
            }
        }
        std::thread::sleep(GLANCE);
    }
}

/// Whether a simulated host has its folder in this one and has not ended yet.
fn is_lived_in(folder: &Path) -> bool {
    let held = |path: &Path| {
        let owner = File::open(path.join(OWNER));
        owner.is_ok_and(|file| flock(&file, FlockOperation::NonBlockingLockShared).is_err())
    };
    fs::read_dir(folder).is_ok_and(|entries| {
        entries
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(SIM))
            .any(|entry| held(&entry.path()))
    })
}

fn is_still_there(owner: &OwnedFd, path: &Path) -> io::Result<bool> {
    let held = fstat(owner)?;
    match fs::symlink_metadata(path) {
        Ok(found) => Ok((found.dev(), found.ino()) == (held.st_dev, held.st_ino)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Removes the folders of this user under `place` whose process has gone. What cannot be told apart stays.
fn sweep(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let ours = |name: &str| PREFIXES.iter().any(|p| name.starts_with(p));
        if name.to_str().is_some_and(ours)
            && let Some(_locked) = left(&entry.path())
        {
            remove(&entry.path(), PATIENCE, true);
        }
    }
}

/// The lock of a folder that its process has left; `None`: a link, another user's, one in use, or none of these folders.
fn left(folder: &Path) -> Option<File> {
    let no_link = OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let dir = open(folder, OFlags::DIRECTORY | no_link, Mode::empty()).ok()?;
    let me = rustix::process::geteuid().as_raw();
    if fstat(&dir).ok()?.st_uid != me {
        return None;
    }
    // not blocking: a pipe of that name would otherwise be waited for
    let owner = openat(
        &dir,
        OWNER,
        OFlags::RDWR | OFlags::NONBLOCK | no_link,
        Mode::empty(),
    )
    .ok()?;
    flock(&owner, FlockOperation::NonBlockingLockExclusive).ok()?;
    Some(File::from(owner))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder as a killed process leaves it.
    fn leftover(place: &Path, name: &str) -> PathBuf {
        let folder = place.join(name);
        fs::create_dir_all(folder.join("0.state.d")).unwrap();
        fs::write(folder.join(OWNER), "").unwrap();
        folder
    }

    #[test]
    fn a_folder_goes_with_its_owner_and_not_before() {
        let place = tempfile::tempdir().unwrap();
        let one = Scratch::new(place.path(), DEMO).unwrap();
        fs::write(one.path().join("0.state"), "x").unwrap();
        let two = Scratch::new(place.path(), SIM).unwrap();
        assert!(one.path().is_dir(), "it is in use");
        let (first, second) = (one.path().to_owned(), two.path().to_owned());
        drop(one);
        assert!(!first.exists() && second.is_dir());
    }

    #[test]
    fn in_haste_a_folder_goes_although_a_child_lives_in_it() {
        let place = tempfile::tempdir().unwrap();
        let demo = Scratch::new(place.path(), DEMO).unwrap();
        let child = Scratch::new(demo.path(), SIM).unwrap();
        assert!(is_lived_in(demo.path()));
        // a patience that the test would not survive if it were waited for
        remove(demo.path(), Duration::from_secs(3600), false);
        assert!(!demo.path().exists() && !child.path().exists());
    }

    #[test]
    fn what_a_killed_process_left_goes_with_the_next() {
        let place = tempfile::tempdir().unwrap();
        let gone = [
            leftover(place.path(), "migdeck-demo-abc"),
            leftover(place.path(), "migdeck-sim-abc"),
        ];
        let other = leftover(place.path(), "elsewhere-abc");
        let without_lock = place.path().join("migdeck-demo-older");
        fs::create_dir(&without_lock).unwrap();
        let _new = Scratch::new(place.path(), DEMO).unwrap();
        assert!(gone.iter().all(|folder| !folder.exists()));
        assert!(other.is_dir() && without_lock.is_dir());
    }

    #[test]
    fn links_are_not_followed() {
        let place = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let target = leftover(elsewhere.path(), "migdeck-demo-abc");
        std::os::unix::fs::symlink(&target, place.path().join("migdeck-demo-link")).unwrap();
        let linked = place.path().join("migdeck-demo-lock");
        fs::create_dir(&linked).unwrap();
        std::os::unix::fs::symlink(target.join(OWNER), linked.join(OWNER)).unwrap();
        let _new = Scratch::new(place.path(), DEMO).unwrap();
        assert!(target.join("0.state.d").is_dir());
        assert!(linked.is_dir());
    }
}
