//! The root under which a host's files are read: `/`, or a folder that holds the files of another (or a made-up) host.
//!
//! Every source of host facts takes a [`HostRoot`] and names files relative to it, so that what runs on a DGX and what
//! runs in a test is the same code on real files.

pub mod cgroup;
pub mod process;
pub mod units;

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::domain::reading::{Absence, AbsentCode};
use crate::domain::text::Text;

/// Files larger than this are cut: nothing that is read here is longer, and a file is never trusted to be small.
const MOST_BYTES: u64 = 16 << 20;

/// Where a host's files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRoot {
    base: PathBuf,
}

impl HostRoot {
    /// A root at `base`.
    pub fn new(base: impl Into<PathBuf>) -> Self {
        Self { base: base.into() }
    }

    /// The folder itself.
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// True for `/`: this very host, where its clocks, its sockets and its journal may be asked too.
    pub fn is_host(&self) -> bool {
        self.base == Path::new("/")
    }

    /// The path of `relative` (written without a leading slash: `proc/1/stat`) under this root.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.base.join(relative.trim_start_matches('/'))
    }

    /// The text of a file, with anything that is not UTF-8 replaced.
    pub fn read(&self, relative: &str) -> io::Result<String> {
        self.read_at_most(relative, MOST_BYTES)
    }

    /// The first `limit` bytes of a file as text.
    pub fn read_at_most(&self, relative: &str, limit: u64) -> io::Result<String> {
        text(File::open(self.path(relative))?, limit)
    }

    /// The first `limit` bytes of a regular file as text. Anything else is refused without waiting on it: a pipe in the
    /// place of a file that others can choose would hold the reader for ever.
    pub fn read_regular(&self, relative: &str, limit: u64) -> io::Result<String> {
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32)
            .open(self.path(relative))?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "not a regular file",
            ));
        }
        text(file, limit)
    }

    /// The text of a one-line file without surrounding white space.
    pub fn line(&self, relative: &str) -> io::Result<String> {
        self.read(relative).map(|text| text.trim().to_owned())
    }

    /// Names in a folder, sorted. Names that are not UTF-8 are left out: no file that is looked for has such a name.
    pub fn names(&self, relative: &str) -> io::Result<Vec<String>> {
        let mut names: Vec<String> = std::fs::read_dir(self.path(relative))?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    /// True if something has this name, also a link that leads nowhere (links of another host's root often do).
    pub fn has(&self, relative: &str) -> bool {
        self.path(relative).symlink_metadata().is_ok()
    }

    /// True if only this root's administrator can have written the file: owned by root and writable by nobody else.
    ///
    /// Under another root than `/` the owner of the root folder takes root's place.
    pub fn is_administrators(&self, relative: &str) -> io::Result<bool> {
        let file = self.path(relative).symlink_metadata()?;
        let administrator = if self.is_host() {
            0
        } else {
            self.base.metadata()?.uid()
        };
        Ok(file.is_file() && file.uid() == administrator && file.mode() & 0o022 == 0)
    }
}

fn text(file: File, limit: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => String::from_utf8_lossy(e.as_bytes()).into_owned(),
    })
}

/// The reason why a file could not be read; `help` says what would let it be read.
pub fn absence(error: &io::Error, what: &str, help: &str) -> Absence {
    let code = match error.kind() {
        io::ErrorKind::NotFound => AbsentCode::NoSource,
        io::ErrorKind::PermissionDenied => AbsentCode::NoPermission,
        _ => AbsentCode::Failed,
    };
    let mut text = format!("{what}: {}", plain(error));
    if !help.is_empty() {
        text.push_str("; ");
        text.push_str(help);
    }
    Absence::new(code, Text::from(text))
}

/// An I/O error in words, without the number that `std` appends.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_lowercase(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_and_a_forbidden_one_are_different_reasons() {
        let dir = tempfile::tempdir().unwrap();
        let root = HostRoot::new(dir.path());
        let error = root.read("etc/nothing").unwrap_err();
        let why = absence(&error, "/etc/nothing", "");
        assert_eq!(why.code, AbsentCode::NoSource);
        assert_eq!(why.text, "/etc/nothing: no such file or directory");
        let forbidden = io::Error::from_raw_os_error(13);
        let why = absence(&forbidden, "/x", "run it with sudo");
        assert_eq!(why.code, AbsentCode::NoPermission);
        assert_eq!(why.text, "/x: permission denied; run it with sudo");
    }

    #[test]
    fn a_pipe_in_the_place_of_a_file_does_not_hold_the_reader() {
        let dir = tempfile::tempdir().unwrap();
        let root = HostRoot::new(dir.path());
        rustix::fs::mknodat(
            rustix::fs::CWD,
            root.path("pipe"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::from_raw_mode(0o600),
            0,
        )
        .unwrap();
        assert!(root.read_regular("pipe", 100).is_err());
        std::fs::write(root.path("file"), "text").unwrap();
        assert_eq!(root.read_regular("file", 2).unwrap(), "te");
    }

    #[test]
    fn a_file_that_others_can_write_is_not_the_administrators() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let root = HostRoot::new(dir.path());
        let file = root.path("guard");
        std::fs::write(&file, "").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(root.is_administrators("guard").unwrap());
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o664)).unwrap();
        assert!(!root.is_administrators("guard").unwrap());
    }
}
