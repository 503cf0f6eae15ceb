//! One configuration file: TOML, every problem found in one go.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::Problem;
use super::suggest::nearest;
use super::{Colour, Host};

mod book;
mod cluster;
mod host;
mod values;

pub use book::MEASURED_KEYS;
pub(super) use book::parse_book;
pub(super) use cluster::ClusterFile;
pub use host::is_destination;
pub use values::is_plain_name;

/// Keys of the top level, in the order of the documentation.
pub const KEYS: [&str; 14] = [
    "nvml_lib",
    "sudo",
    "beat_seconds",
    "colour",
    "ascii",
    "theme",
    "keymap",
    "language",
    "mouse",
    "bell",
    "dcgm",
    "prometheus",
    "cluster",
    "hosts",
];
/// Keys of the `[cluster]` table.
pub const CLUSTER_KEYS: [&str; 6] = [
    "off",
    "kubeconfig",
    "context",
    "namespace",
    "exporters",
    "prometheus",
];
/// Keys of a `[[hosts]]` table.
pub const HOST_KEYS: [&str; 7] = [
    "name",
    "ssh",
    "ssh_options",
    "probe",
    "sudo",
    "remote_path",
    "dcgm",
];
/// Languages of the console, as they are written.
pub const LANGUAGES: [&str; 2] = ["en", "ko"];
/// Shortest and longest time between beats, seconds.
pub const BEATS: std::ops::RangeInclusive<f64> = 0.1..=3600.0;

/// A value and its line.
pub(super) type Lined<T> = Option<(T, usize)>;

/// What a file says; `None`: nothing.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct File {
    pub nvml_lib: Lined<PathBuf>,
    pub sudo: Lined<bool>,
    pub beat_seconds: Lined<f64>,
    pub colour: Lined<Colour>,
    pub ascii: Lined<bool>,
    pub theme: Lined<String>,
    pub keymap: Lined<String>,
    pub language: Lined<String>,
    pub mouse: Lined<bool>,
    pub bell: Lined<bool>,
    pub dcgm: Lined<Vec<String>>,
    pub prometheus: Lined<Vec<String>>,
    pub cluster: ClusterFile,
    pub hosts: Lined<Vec<Host>>,
}

/// Reads `text`, which came from `path`. What is right is kept even where something else is wrong.
pub(super) fn parse(path: &Path, text: &str) -> (File, Vec<Problem>) {
    let mut reader = Reader {
        path,
        text,
        problems: Vec::new(),
    };
    let table = reader.table();
    let mut file = File::default();
    for (key, value) in table.iter().flat_map(|t| t.get_ref().iter()) {
        reader.top(key, value, &mut file);
    }
    let mut problems = reader.problems;
    problems.sort_by_key(|p| p.at);
    (file, problems)
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    problems: Vec<Problem>,
}

type Key<'a> = Spanned<std::borrow::Cow<'a, str>>;
type Value<'a> = Spanned<DeValue<'a>>;

impl<'a> Reader<'a> {
    /// The file as a table; `None` where it is no TOML.
    fn table(&mut self) -> Option<Spanned<DeTable<'a>>> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let start = error.span().map_or(0, |s| s.start);
            let line = self.place(start).0;
            // one slip makes several errors; the first of a line is the slip
            if self
                .problems
                .iter()
                .all(|p| p.at.map(|at| at.0) != Some(line))
            {
                self.problem(start, format!("not TOML: {}", error.message()), None);
            }
        }
        // what the parser made of broken lines is a guess: judging it would only mislead
        self.problems.is_empty().then_some(table)
    }
}

impl Reader<'_> {
    fn top(&mut self, key: &Key<'_>, value: &Value<'_>, file: &mut File) {
        let line = self.place(key.span().start).0;

        match key.get_ref().as_ref() {
            "nvml_lib" => {
                file.nvml_lib = self
                    .string("nvml_lib", value)
                    .and_then(|s| self.absolute(value, s))
                    .map(lined(line));
            }
            "sudo" => file.sudo = self.boolean("sudo", value).map(lined(line)),
            "ascii" => file.ascii = self.boolean("ascii", value).map(lined(line)),
            "theme" => file.theme = self.name("theme", value).map(lined(line)),
            "keymap" => file.keymap = self.name("keymap", value).map(lined(line)),
            "language" => file.language = self.language(value).map(lined(line)),
            "mouse" => file.mouse = self.boolean("mouse", value).map(lined(line)),
            "bell" => file.bell = self.boolean("bell", value).map(lined(line)),
            "dcgm" => file.dcgm = self.urls("dcgm", value).map(lined(line)),
            "prometheus" => file.prometheus = self.urls("prometheus", value).map(lined(line)),
            "cluster" => file.cluster = self.cluster(value),
            "beat_seconds" => {
                file.beat_seconds = self.beat(value).map(lined(line));
            }
            "colour" => file.colour = self.colour(value).map(lined(line)),
            "hosts" => file.hosts = self.hosts(value).map(lined(line)),
            other => self.unknown(key.span().start, other, &KEYS, ""),
        }
    }

    fn mismatch(&mut self, key: &str, value: &Value<'_>, expected: &str) {
        self.problem(
            value.span().start,
            format!("`{key}` must be {expected}"),
            None,
        );
    }

    fn unknown(&mut self, start: usize, key: &str, known: &[&str], of: &str) {
        let suggestion = match nearest(key, known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("the keys{of} are {}", known.join(", ")),
        };
        self.problem(
            start,
            format!("there is no key `{key}`{of}"),
            Some(suggestion),
        );
    }

    fn problem(&mut self, start: usize, message: String, suggestion: Option<String>) {
        let at = self.place(start);
        self.problems.push(Problem {
            file: self.path.to_owned(),
            at: Some(at),
            message,
            suggestion,
        });
    }

    /// Line and column of a byte, from 1.
    fn place(&self, byte: usize) -> (usize, usize) {
        let before = self.text.get(..byte).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
        (line, column)
    }
}

fn lined<T>(line: usize) -> impl FnOnce(T) -> (T, usize) {
    move |value| (value, line)
}

#[cfg(test)]
mod tests;
