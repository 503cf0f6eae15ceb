//! The user's own themes and keymaps: files beside the configuration.

use std::path::PathBuf;

use crate::app::keymap::{Keymap, shipped};
use crate::config::Files;

/// A kind of file that a user may have made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Colours.
    Theme,
    /// Keys.
    Keymap,
}

impl Kind {
    const fn folder(self) -> &'static str {
        match self {
            Self::Theme => "themes",
            Self::Keymap => "keymaps",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Theme => "theme",
            Self::Keymap => "keymap",
        }
    }
}

/// Folders in which such files may be, the user's own first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnFiles(Vec<PathBuf>);

impl OwnFiles {
    /// Those beside the configuration files, whether or not these exist.
    pub fn beside(files: &Files) -> Self {
        let paths = match files {
            Files::Only(path) => vec![path.clone()],
            Files::Layers(paths) => paths.iter().rev().cloned().collect(),
        };
        let folder = |path: PathBuf| path.parent().map(std::path::Path::to_path_buf);
        Self(paths.into_iter().filter_map(folder).collect())
    }

    /// The text of a file; `None`: there is none. One that is there and cannot be read is an error.
    ///
    /// # Errors
    /// The path, and why it cannot be read.
    pub fn text(&self, kind: Kind, name: &str) -> Result<Option<String>, String> {
        for folder in &self.0 {
            let path = folder.join(kind.folder()).join(format!("{name}.toml"));
            match std::fs::read_to_string(&path) {
                Ok(text) => return Ok(Some(text)),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                Err(e) => return Err(format!("{}: {e}", path.display())),
            }
        }
        Ok(None)
    }

    /// Names of all files of a kind, each once, sorted.
    pub fn names(&self, kind: Kind) -> Vec<String> {
        let mut names: Vec<String> = self
            .0
            .iter()
            .filter_map(|folder| std::fs::read_dir(folder.join(kind.folder())).ok())
            .flat_map(|entries| entries.flatten())
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                Some(name.strip_suffix(".toml")?.to_owned())
            })
            .filter(|name| crate::config::file::is_plain_name(name))
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// The keymap of that name, and all that is wrong with it; what is wrong loses only its own row.
    pub fn keymap(&self, name: &str) -> (Keymap, Vec<String>) {
        let lookup = |name: &str| self.text(Kind::Keymap, name).ok().flatten();
        let (text, unread) = match self.text(Kind::Keymap, name) {
            Ok(text) => (text, None),
            Err(why) => (None, Some(why)),
        };
        let Some(text) = text.or_else(|| shipped(name).map(str::to_owned)) else {
            let why = unread.unwrap_or_else(|| missing(Kind::Keymap, name));
            return (Keymap::default_keymap(), vec![why]);
        };
        let (map, problems) = Keymap::parse(name, &text, &lookup);
        let told = problems.iter().map(ToString::to_string);
        (map, unread.into_iter().chain(told).collect())
    }
}

/// What is said of a name that nobody has given.
pub fn missing(kind: Kind, name: &str) -> String {
    format!(
        "there is no {} `{name}`, neither with migdeck nor as {}/{name}.toml beside config.toml",
        kind.word(),
        kind.folder()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_own_stands_above_the_hosts_and_both_above_what_comes_with_migdeck() {
        let place = tempfile::tempdir().unwrap();
        let file = |of: &str, name: &str, text: &str| {
            let folder = place.path().join(of).join("keymaps");
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(name), text).unwrap();
        };
        file("etc", "mine.toml", "# the host's\n");
        file("etc", "site.toml", "# the host's\n");
        file("user", "mine.toml", "# the user's\n");
        file("user", ".hidden.toml", "");
        let layer = |of: &str| place.path().join(of).join("config.toml");
        let own = OwnFiles::beside(&Files::Layers(vec![layer("etc"), layer("user")]));
        let text = own.text(Kind::Keymap, "mine").unwrap().unwrap();
        assert_eq!(text, "# the user's\n");
        assert_eq!(own.names(Kind::Keymap), ["mine", "site"]);
        assert_eq!(own.text(Kind::Theme, "mine"), Ok(None));
        assert_eq!(own.names(Kind::Theme), [""; 0]);
    }

    #[test]
    fn a_keymap_that_is_not_there_is_said_and_the_default_holds() {
        let place = tempfile::tempdir().unwrap();
        let own = OwnFiles::beside(&Files::Only(place.path().join("config.toml")));
        let (map, problems) = own.keymap("wim");
        assert_eq!(map, Keymap::default_keymap());
        assert_eq!(problems.len(), 1);
        assert!(problems[0].contains("keymaps/wim.toml"), "{problems:?}");
        let (map, problems) = own.keymap("vim");
        assert_eq!((map.name(), problems.len()), ("vim", 0));
    }
}
