//! Sentences, one table a language.
//!
//! A key is `section.name`. A sentence may have places `{name}`. What a table lacks is taken from English; a test holds
//! that none lacks any. A language that has another form for one thing has it under `name_one`.

use std::collections::BTreeMap;
use std::fmt::Display;

/// A language of the console.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Korean.
    Korean,
}

/// All languages, in the order in which they are cycled through.
pub const LANGUAGES: [Language; 2] = [Language::English, Language::Korean];

impl Language {
    /// Its code in `--lang`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Korean => "ko",
        }
    }

    /// The language of that code.
    pub fn of(code: &str) -> Option<Self> {
        LANGUAGES.into_iter().find(|l| l.code() == code)
    }

    /// Whether it can be written in ASCII.
    pub const fn is_ascii(self) -> bool {
        matches!(self, Self::English)
    }

    const fn table(self) -> &'static str {
        match self {
            Self::English => include_str!("en.toml"),
            Self::Korean => include_str!("ko.toml"),
        }
    }
}

/// What the key of a form for one thing ends in.
const ONE: &str = "_one";

/// The sentences of one language.
#[derive(Clone, PartialEq, Debug)]
pub struct Texts {
    language: Language,
    table: BTreeMap<String, String>,
    english: BTreeMap<String, String>,
}

impl Texts {
    /// The table of a language.
    pub fn of(language: Language) -> Self {
        Self {
            language,
            table: flat(language.table()),
            english: flat(Language::English.table()),
        }
    }

    /// Which language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The sentence of a key; the key itself where no table has one, so that a gap is seen.
    pub fn get<'a>(&'a self, key: &'a str) -> &'a str {
        self.find(key).unwrap_or(key)
    }

    /// The sentence of a key, if there is one.
    pub fn find(&self, key: &str) -> Option<&str> {
        let found = self.table.get(key).or_else(|| self.english.get(key));
        found.map(String::as_str)
    }

    /// The sentence of a key with its places filled.
    pub fn say(&self, key: &str, args: &[(&str, &dyn Display)]) -> String {
        let is_one = |(name, value): &(&str, &dyn Display)| {
            matches!(*name, "n" | "rows") && value.to_string() == "1"
        };
        let of_one = args.iter().any(is_one).then(|| format!("{key}{ONE}"));
        let of_one = of_one.and_then(|key| self.table.get(&key));
        let mut out = of_one
            .map_or_else(|| self.get(key), String::as_str)
            .to_owned();
        for (name, value) in args {
            out = out.replace(&format!("{{{name}}}"), &value.to_string());
        }
        out
    }

    /// What a command does: the language's sentence, or the table's own in English.
    pub fn command(&self, command: super::Command) -> &str {
        let row = command.row();
        self.table
            .get(&format!("command.{}", row.name))
            .map_or(row.doc, String::as_str)
    }
}

/// `[section] name = ".."` as `section.name`.
fn flat(table: &str) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let parsed: toml::Table = table.parse().unwrap_or_default();
    for (section, rows) in parsed {
        if let toml::Value::Table(rows) = rows {
            for (name, text) in rows {
                if let toml::Value::String(text) = text {
                    out.insert(format!("{section}.{name}"), text);
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests;
