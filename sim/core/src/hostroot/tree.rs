//! A file tree in memory, and making a folder equal to it.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, symlink};
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

    /// Makes `dir` hold this tree: writes what differs from what the last call wrote, removes what that one wrote and
    /// this tree lacks. Files are not read to find out: a refresh costs about as many calls as there are changes.
    pub(super) fn write(&self, dir: &Path) -> io::Result<()> {
        fs::create_dir_all(dir)?;
        let old = read_list(dir)?;
        let new: List = self
            .0
            .iter()
            .map(|(path, entry)| (path.clone(), Some(entry.mark())))
            .collect();
        let changed: Vec<&PathBuf> = new
            .iter()
            .filter(|(path, mark)| old.get(*path) != Some(*mark))
            .map(|(path, _)| path)
            .collect();
        let gone: Vec<&PathBuf> = old.keys().filter(|path| !new.contains_key(*path)).collect();
        if changed.is_empty() && gone.is_empty() {
            return Ok(());
        }
        // what is about to change is listed without mark, so that the call after one that was killed does it again
        let mut under_way = old.clone();
        under_way.extend(changed.iter().map(|path| ((*path).clone(), None)));
        write_list(dir, &under_way)?;
        for path in gone {
            remove(dir, path, &new)?;
        }
        // a root that was never complete has no readers yet
        let fresh = old.is_empty();
        for path in changed {
            if let Some(entry) = self.0.get(path) {
                put(&dir.join(path), entry, fresh)?;
            }
        }
        write_list(dir, &new)
    }
}

/// Paths that were written, with the mark of what they hold.
type List = BTreeMap<PathBuf, Option<u64>>;

impl Entry {
    fn mark(&self) -> u64 {
        let mut hash = DefaultHasher::new();
        match self {
            Self::File { text, mode } => (0, text, mode).hash(&mut hash),
            Self::Log(text) => (1, text).hash(&mut hash),
            Self::Link(target) => (2, target).hash(&mut hash),
            Self::Folder => 3.hash(&mut hash),
        }
        hash.finish()
    }
}

fn read_list(dir: &Path) -> io::Result<List> {
    let text = match fs::read_to_string(dir.join(LIST)) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(List::new()),
        Err(e) => return Err(e),
    };
    let line = |line: &str| {
        let (mark, path) = line.split_once(' ')?;
        Some((PathBuf::from(path), u64::from_str_radix(mark, 16).ok()))
    };
    Ok(text.lines().filter_map(line).collect())
}

fn write_list(dir: &Path, list: &List) -> io::Result<()> {
    let mut text = String::new();
    for (path, mark) in list {
        let mark = mark.map_or_else(|| "-".to_owned(), |m| format!("{m:x}"));
        text.push_str(&format!("{mark} {}\n", path.display()));
    }
    replace(&dir.join(LIST), text.as_bytes(), 0o644)
}

fn remove(dir: &Path, path: &Path, wanted: &List) -> io::Result<()> {
    let full = dir.join(path);
    match fs::symlink_metadata(&full) {
        Ok(found) if found.is_dir() => {}
        Ok(_) => fs::remove_file(&full)?,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(e),
    }
    // and the folders that are empty now, unless wanted as such; one with something else in it stays
    let mut folder = if full.is_dir() {
        Some(path)
    } else {
        path.parent()
    };
    while let Some(at) = folder.filter(|f| !f.as_os_str().is_empty() && !wanted.contains_key(*f)) {
        if fs::remove_dir(dir.join(at)).is_err() {
            break;
        }
        folder = at.parent();
    }
    Ok(())
}

fn put(path: &Path, entry: &Entry, fresh: bool) -> io::Result<()> {
    match entry {
        Entry::Folder => fs::create_dir_all(path),
        Entry::File { text, mode } if fresh => {
            in_folder(path, || create(path, text, *mode)).or_else(|_| replace(path, text, *mode))
        }
        Entry::File { text, mode } => replace(path, text, *mode),
        Entry::Log(text) => match fs::read(path) {
            Ok(there) if text.starts_with(&there) => fs::OpenOptions::new()
                .append(true)
                .open(path)?
                .write_all(&text[there.len()..]),
            _ => replace(path, text, 0o644),
        },
        // a new link is whole at once
        Entry::Link(target) => in_folder(path, || symlink(target, path))
            .or_else(|_| swap_in(path, |beside| symlink(target, beside))),
    }
}

pub(super) fn replace(path: &Path, text: &[u8], mode: u32) -> io::Result<()> {
    swap_in(path, |beside| create(beside, text, mode))
}

fn create(path: &Path, text: &[u8], mode: u32) -> io::Result<()> {
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)?
        .write_all(text)
}

/// Makes a file or link beside `path`, under a name that no other writer uses, and moves it over.
fn swap_in(path: &Path, make: impl Fn(&Path) -> io::Result<()>) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    match in_folder(path, || make(&beside)) {
        // left by a writer that was killed
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(&beside)?;
            make(&beside)?;
        }
        other => other?,
    }
    fs::rename(&beside, path)
}

/// Does `make`, and does it again with the folder of `path` made if that was missing.
fn in_folder(path: &Path, make: impl Fn() -> io::Result<()>) -> io::Result<()> {
    match make() {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(path.parent().unwrap_or(path))?;
            make()
        }
        other => other,
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

    #[test]
    fn what_a_killed_writer_left_undone_is_done() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (tree(&[("a", "1"), ("b", "1")]), tree(&[("a", "2")]));
        one.write(dir.path()).unwrap();
        // killed after the list and `a` of the second tree
        write_list(
            dir.path(),
            &List::from([("a".into(), None), ("b".into(), Some(7))]),
        )
        .unwrap();
        fs::write(dir.path().join("a"), "2").unwrap();
        fs::write(
            dir.path().join(format!(".b.{}", std::process::id())),
            "half",
        )
        .unwrap();
        one.write(dir.path()).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("a")).unwrap(), "1");
        assert_eq!(fs::read_to_string(dir.path().join("b")).unwrap(), "1");
        two.write(dir.path()).unwrap();
        assert!(!dir.path().join("b").exists());
    }
}
