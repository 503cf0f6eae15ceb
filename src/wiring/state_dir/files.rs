//! Files that only their user reads, written so that another process never sees half of one.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;

const PRIVATE: u32 = 0o600;

/// Makes a folder that only its user reads, with those above it.
pub(super) fn private_folder(path: &Path) -> io::Result<PathBuf> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    Ok(path.to_owned())
}

fn no_links() -> i32 {
    // a link in its place could lead what is written somewhere else
    (OFlags::NOFOLLOW | OFlags::CLOEXEC).bits() as i32
}

/// Adds whole lines in one write. After a line that was cut short a new one is begun.
pub(super) fn append(path: &Path, lines: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(PRIVATE)
        .custom_flags(no_links())
        .open(path)?;
    let mut bytes = Vec::with_capacity(lines.len() + 1);
    if is_torn(&mut file)? {
        bytes.push(b'\n');
    }
    bytes.extend_from_slice(lines);
    file.write_all(&bytes)
}

fn is_torn(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last[0] != b'\n')
}

/// Puts a file in place of another, whole.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // made readable by its user only
    let mut file = tempfile::Builder::new()
        .prefix(".migdeck-")
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// The right to rename and replace files in a folder, until this is dropped.
#[derive(Debug)]
pub(super) struct Locked(#[allow(dead_code)] File);

impl Locked {
    /// `None`: another process has it.
    pub(super) fn try_in(folder: &Path) -> io::Result<Option<Self>> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(PRIVATE)
            .custom_flags(no_links())
            .open(folder.join(".lock"))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Self(file))),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
