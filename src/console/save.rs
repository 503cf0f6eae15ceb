//! Files for the user: readable by nobody else, and nothing that is there is ever written over.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::wiring::state_dir::plain;
use jiff::Timestamp;
use jiff::tz::Offset;

/// Names that are tried before one gives up.
const TRIES: u32 = 100;
/// Longest name, without folder, number and ending.
const LONGEST: usize = 100;

/// Where files go: the first of both that takes them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Folders {
    /// In the state directory; made where it is not there.
    saved: Option<PathBuf>,
    home: Option<PathBuf>,
}

impl Folders {
    /// The folder of saved things in the state directory (that given, else the user's), else the user's home.
    pub fn of(state: Option<&Path>) -> Self {
        let variable = |name| std::env::var_os(name).map(PathBuf::from);
        Self::from(state, variable("XDG_STATE_HOME"), variable("HOME"))
    }

    fn from(state: Option<&Path>, xdg: Option<PathBuf>, home: Option<PathBuf>) -> Self {
        let home = home.filter(|path| path.is_absolute());
        let usual = || {
            let base = xdg.filter(|path| path.is_absolute());
            let base = base.or_else(|| Some(home.as_ref()?.join(".local/state")));
            base.map(|path| path.join("migdeck"))
        };
        let state = state.map(Path::to_owned).or_else(usual);
        Self {
            saved: state.map(|path| path.join("saved")),
            home,
        }
    }

    /// Writes files of one name and these endings into one folder; their paths.
    ///
    /// # Errors
    /// No folder takes them.
    pub fn write(&self, name: &str, files: &[(&str, &[u8])]) -> io::Result<Vec<PathBuf>> {
        let name = file_name(name);
        let mut last = io::Error::other("there is neither a state directory nor a home");
        for folder in self.saved.iter().chain(&self.home) {
            let made = if self.saved.as_ref() == Some(folder) {
                DirBuilder::new().recursive(true).mode(0o700).create(folder)
            } else {
                Ok(())
            };
            // in the home it lies among other things
            let name = if self.saved.as_ref() == Some(folder) || name.starts_with("migdeck") {
                name.clone()
            } else {
                format!("migdeck-{name}")
            };
            match made.and_then(|()| write_in(folder, &name, files)) {
                Ok(paths) => return Ok(paths),
                Err(error) => {
                    last = io::Error::new(
                        error.kind(),
                        format!("{}: {}", folder.display(), plain(&error)),
                    );
                }
            }
        }
        Err(last)
    }
}

fn write_in(folder: &Path, name: &str, files: &[(&str, &[u8])]) -> io::Result<Vec<PathBuf>> {
    let mut n = 1;
    loop {
        let path = |ending: &str| match n {
            1 => folder.join(format!("{name}.{ending}")),
            _ => folder.join(format!("{name}-{n}.{ending}")),
        };
        let taken = files
            .iter()
            .any(|(ending, _)| path(ending).symlink_metadata().is_ok());
        if !taken {
            match files
                .iter()
                .map(|(ending, bytes)| create(path(ending), bytes))
                .collect()
            {
                // somebody else was faster
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && n < TRIES => {}
                done => return done,
            }
        } else if n >= TRIES {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        n += 1;
    }
}

/// A new file; never one that a link leads to.
fn create(path: PathBuf, bytes: &[u8]) -> io::Result<PathBuf> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    file.write_all(bytes)?;
    Ok(path)
}

/// Letters, digits and `._-`; what else a host's name may hold becomes `-`.
fn file_name(name: &str) -> String {
    let kept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let name: String = name
        .chars()
        .take(LONGEST)
        .map(|c| if kept(c) { c } else { '-' })
        .collect();
    let name = name.trim_start_matches(['.', '-']);
    if name.is_empty() {
        "migdeck".to_owned()
    } else {
        name.to_owned()
    }
}

/// A moment for a file's name, as the clocks on screen have it: `20260804-031244`.
pub fn stamp(at: Timestamp, offset_seconds: i32) -> String {
    let offset = Offset::from_seconds(offset_seconds).unwrap_or(Offset::UTC);
    offset.to_datetime(at).strftime("%Y%m%d-%H%M%S").to_string()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn names(paths: &[PathBuf]) -> Vec<String> {
        let name = |p: &PathBuf| p.file_name().unwrap().to_str().unwrap().to_owned();
        paths.iter().map(name).collect()
    }

    #[test]
    fn files_are_the_users_alone_and_none_is_written_over() {
        let state = tempfile::tempdir().unwrap();
        let folders = Folders::from(Some(state.path()), None, None);
        let both: [(&str, &[u8]); 2] = [("txt", b"text"), ("svg", b"<svg/>")];
        let first = folders.write("dgx", &both).unwrap();
        assert_eq!(names(&first), ["dgx.txt", "dgx.svg"]);
        assert_eq!(fs::read(&first[0]).unwrap(), b"text");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&first[0]), 0o600);
        assert_eq!(mode(first[0].parent().unwrap()), 0o700);
        // the pair keeps together, also where one name alone is taken
        fs::write(first[0].with_file_name("dgx-2.svg"), "").unwrap();
        assert_eq!(
            names(&folders.write("dgx", &both).unwrap()),
            ["dgx-3.txt", "dgx-3.svg"]
        );
    }

    #[test]
    fn a_link_is_not_followed() {
        let state = tempfile::tempdir().unwrap();
        let folders = Folders::from(Some(state.path()), None, None);
        let saved = state.path().join("saved");
        fs::create_dir(&saved).unwrap();
        let target = state.path().join("elsewhere");
        std::os::unix::fs::symlink(&target, saved.join("dgx.txt")).unwrap();
        let paths = folders.write("dgx", &[("txt", b"text")]).unwrap();
        assert_eq!(names(&paths), ["dgx-2.txt"]);
        assert!(!target.exists());
    }

    #[test]
    fn the_home_takes_what_the_state_directory_does_not() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        fs::write(&file, "").unwrap();
        let folders = Folders::from(Some(&file), None, Some(home.path().to_owned()));
        let paths = folders.write("x", &[("txt", b"")]).unwrap();
        assert_eq!(paths, [home.path().join("migdeck-x.txt")]);
        let nowhere = Folders::from(Some(&file), None, None);
        let error = nowhere.write("x", &[("txt", b"")]).unwrap_err();
        assert!(error.to_string().contains("file"), "{error}");
        let lost = Folders::from(None, Some("relative".into()), None);
        assert!(lost.write("x", &[]).is_err());
    }

    #[test]
    fn a_name_cannot_lead_out_of_the_folder() {
        assert_eq!(file_name("../../etc/passwd"), "etc-passwd");
        assert_eq!(file_name("a b\u{202e}한/c"), "a-b---c");
        assert_eq!(file_name(".."), "migdeck");
        assert_eq!(file_name(&"x".repeat(300)).len(), LONGEST);
    }

    #[test]
    fn a_stamp_is_the_time_on_the_screens_clock() {
        let at = "2026-08-04T03:12:44Z".parse().unwrap();
        assert_eq!(stamp(at, 0), "20260804-031244");
        assert_eq!(stamp(at, 9 * 3600), "20260804-121244");
    }
}
