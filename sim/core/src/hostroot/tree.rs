//! A file tree in memory, and making a folder equal to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// List of what the last write left in the folder; what others put there is never touched.
const LIST: &str = ".hostroot";

enum Entry {
    /// Replaced as a whole: a reader sees the old text or the new one.
    File {
        text: Vec<u8>,
        mode: u32,
    },
    /// Grows in place, as a reader may have it open.
    Log(Vec<u8>),
    Link(PathBuf),
    Folder,
}

/// Files, links and folders by path relative to the root.
#[derive(Default)]
pub(super) struct Tree(BTreeMap<PathBuf, Entry>);

impl Tree {
    pub(super) fn file(&mut self, path: impl Into<PathBuf>, text: impl Into<Vec<u8>>) {
        self.file_with_mode(path, text, 0o644);
    }

    pub(super) fn file_with_mode(
        &mut self,
        path: impl Into<PathBuf>,
        text: impl Into<Vec<u8>>,
        mode: u32,
    ) {
        let text = text.into();
        self.0.insert(path.into(), Entry::File { text, mode });
    }

    pub(super) fn log(&mut self, path: impl Into<PathBuf>, text: impl Into<Vec<u8>>) {
        self.0.insert(path.into(), Entry::Log(text.into()));
    }

    pub(super) fn link(&mut self, path: impl Into<PathBuf>, target: impl Into<PathBuf>) {
        self.0.insert(path.into(), Entry::Link(target.into()));
    }

    pub(super) fn folder(&mut self, path: impl Into<PathBuf>) {
        self.0.insert(path.into(), Entry::Folder);
    }

    /// Makes `dir` hold this tree: writes what differs, removes what an earlier call wrote and this tree lacks.
    pub(super) fn write(&self, dir: &Path) -> io::Result<()> {
        fs::create_dir_all(dir)?;
        let old = listed(dir)?;
        let new: BTreeSet<&Path> = self.0.keys().map(PathBuf::as_path).collect();
        let same = old.len() == new.len() && old.iter().all(|p| new.contains(p.as_path()));
        if !same {
            // both, so that a writer killed half-way leaves nothing that the next one would not know
            let both = old
                .iter()
                .map(PathBuf::as_path)
                .chain(new.iter().copied())
                .collect();
            list(dir, &both)?;
            for gone in old.iter().filter(|p| !new.contains(p.as_path())) {
                remove(dir, gone)?;
            }
        }
        for (path, entry) in &self.0 {
            put(&dir.join(path), entry)?;
        }
        if same { Ok(()) } else { list(dir, &new) }
    }
}

fn listed(dir: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_to_string(dir.join(LIST)) {
        Ok(text) => Ok(text.lines().map(PathBuf::from).collect()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(e),
    }
}

fn list(dir: &Path, paths: &BTreeSet<&Path>) -> io::Result<()> {
    let mut text = String::new();
    for path in paths {
        text.push_str(&path.to_string_lossy());
        text.push('\n');
    }
    replace(&dir.join(LIST), text.as_bytes(), 0o644)
}

fn remove(dir: &Path, path: &Path) -> io::Result<()> {
    let full = dir.join(path);
    match fs::symlink_metadata(&full) {
        Ok(found) if found.is_dir() => {}
        Ok(_) => fs::remove_file(&full)?,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(e),
    }
    // and the folders that are empty now; one with something else in it stays
    let mut folder = if full.is_dir() {
        Some(full.as_path())
    } else {
        full.parent()
    };
    while let Some(at) = folder.filter(|f| *f != dir) {
        if fs::remove_dir(at).is_err() {
            break;
        }
        folder = at.parent();
    }
    Ok(())
}

fn put(path: &Path, entry: &Entry) -> io::Result<()> {
    match entry {
        Entry::Folder => fs::create_dir_all(path),
        Entry::File { text, mode } => match fs::read(path) {
            Ok(there) if there == *text => Ok(()),
            _ => replace(path, text, *mode),
        },
        Entry::Log(text) => match fs::read(path) {
            Ok(there) if text.starts_with(&there) => {
                if there.len() == text.len() {
                    return Ok(());
                }
                fs::OpenOptions::new()
                    .append(true)
                    .open(path)?
                    .write_all(&text[there.len()..])
            }
            _ => replace(path, text, 0o644),
        },
        Entry::Link(target) => match fs::read_link(path) {
            Ok(there) if there == *target => Ok(()),
            _ => {
                let beside = beside(path)?;
                symlink(target, &beside)?;
                fs::rename(&beside, path)
            }
        },
    }
}

fn replace(path: &Path, text: &[u8], mode: u32) -> io::Result<()> {
    let beside = beside(path)?;
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)?;
    file.write_all(text)?;
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    fs::rename(&beside, path)
}

/// A name in the same folder that no other writer uses and no reader of the tree looks for.
fn beside(path: &Path) -> io::Result<PathBuf> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    match fs::remove_file(&beside) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(beside),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        let mut tree = Tree::default();
        for (path, text) in files {
            tree.file(*path, *text);
        }
        tree
    }

    #[test]
    fn what_is_gone_is_removed_and_what_others_wrote_stays() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = tree(&[("a/b/one", "1"), ("a/two", "2"), ("c/d/three", "3")]);
        first.link("a/b/link", "/dev/nvidia0");
        first.write(dir.path()).unwrap();
        fs::write(dir.path().join("a/strange"), "mine").unwrap();

        tree(&[("c/d/three", "three")]).write(dir.path()).unwrap();
        assert!(!dir.path().join("a/b").exists());
        assert!(!dir.path().join("a/two").exists());
        assert_eq!(
            fs::read_to_string(dir.path().join("a/strange")).unwrap(),
            "mine"
        );
        assert_eq!(
            fs::read_to_string(dir.path().join("c/d/three")).unwrap(),
            "three"
        );
    }

    #[test]
    fn what_did_not_change_is_not_written() {
        use std::os::unix::fs::MetadataExt;
        let dir = tempfile::tempdir().unwrap();
        let same = tree(&[("a", "1"), ("b", "2")]);
        same.write(dir.path()).unwrap();
        let inode = |name: &str| fs::metadata(dir.path().join(name)).unwrap().ino();
        let (a, list) = (inode("a"), inode(LIST));
        same.write(dir.path()).unwrap();
        assert_eq!((inode("a"), inode(LIST)), (a, list));
    }

    #[test]
    fn a_log_grows_under_its_reader() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = Tree::default();
        log.log("kmsg", "one\n");
        log.write(dir.path()).unwrap();
        let mut reader = fs::File::open(dir.path().join("kmsg")).unwrap();
        let mut read = String::new();
        reader.read_to_string(&mut read).unwrap();
        log.log("kmsg", "one\ntwo\n");
        log.write(dir.path()).unwrap();
        reader.read_to_string(&mut read).unwrap();
        assert_eq!(read, "one\ntwo\n");
    }
}
