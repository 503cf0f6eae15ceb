//! What was typed, in files and flags, and what it means, with the origin of each value.
//!
//! `docs/config.md` lists every key; a test holds it against [`file::KEYS`].

mod book;
pub mod cluster;
#[cfg(test)]
mod documentation;
pub mod file;
mod problem;
mod resolve;
mod suggest;

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

pub use book::{BOOK, book, demo_book};
pub use cluster::{Cluster, InCluster};
pub use problem::{Problem, Problems};
pub use resolve::{Files, Overrides, resolve, resolve_as_far_as_possible};

/// Where a value comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// A line of a file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A flag.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// A value and its origin.
#[derive(Clone, PartialEq, Debug)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Its origin.
    pub origin: Origin,
}

impl<T> Sourced<T> {
    /// What holds when nobody says anything.
    pub const fn default(value: T) -> Self {
        Self {
            value,
            origin: Origin::Default,
        }
    }
}

/// When to use colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    /// On a terminal that can, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Also into a pipe.
    Always,
    /// Never.
    Never,
}

impl Colour {
    /// The word in files and flags.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}

/// How a host is reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reach {
    /// It is this machine.
    Local,
    /// `ssh <destination>`.
    Ssh(String),
    /// A command whose output is the stream.
    Probe(Vec<String>),
}

/// A host to read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Host {
    /// Name by which messages call it before it has told its own.
    pub name: String,
    /// How it is reached.
    pub reach: Reach,
    /// Over ssh: more of ssh's own options, each as `Name=value`.
    pub ssh_options: Vec<String>,
    /// Over ssh: start the probe through `sudo -n`.
    pub sudo: bool,
    /// Over ssh: path of migdeck there.
    pub remote_path: String,
    /// Its dcgm-exporter, as a URL that this machine can ask.
    pub dcgm: Option<String>,
}

impl Host {
    /// This machine.
    pub fn local() -> Self {
        Self {
            name: "this host".to_owned(),
            reach: Reach::Local,
            ssh_options: Vec::new(),
            sudo: false,
            remote_path: DEFAULT_REMOTE_PATH.to_owned(),
            dcgm: None,
        }
    }
}

/// Where migdeck is looked for on a host reached over ssh: on its PATH.
pub const DEFAULT_REMOTE_PATH: &str = "migdeck";

/// What holds after files and flags.
#[derive(Clone, PartialEq, Debug)]
pub struct Config {
    /// NVML library; `None`: searched.
    pub nvml_lib: Sourced<Option<PathBuf>>,
    /// Whether to start the local probe through sudo where a rule allows it.
    pub sudo: Sourced<bool>,
    /// Seconds between beats, 0.1 .. 3600.
    pub beat_seconds: Sourced<f64>,
    /// Colours.
    pub colour: Sourced<Colour>,
    /// ASCII only; `None`: as the locale says.
    pub ascii: Sourced<Option<bool>>,
    /// Name of the console's theme.
    pub theme: Sourced<String>,
    /// Name of the console's keymap.
    pub keymap: Sourced<String>,
    /// Language of the console.
    pub language: Sourced<String>,
    /// Whether the console takes the mouse.
    pub mouse: Sourced<bool>,
    /// Whether the console rings on a new finding of severity danger.
    pub bell: Sourced<bool>,
    /// URLs of dcgm-exporters, of whatever hosts.
    pub dcgm: Sourced<Vec<String>>,
    /// URLs of Prometheus servers that scrape dcgm-exporters.
    pub prometheus: Sourced<Vec<String>>,
    /// The cluster that is read besides.
    pub cluster: Cluster,
    /// Hosts to read; never empty.
    pub hosts: Sourced<Vec<Host>>,
    /// Files that were read, in the order of precedence, lowest first.
    pub files: Vec<PathBuf>,
}
