//! What a console is started with.

use std::io;
use std::path::PathBuf;

use crate::app::Model;
use crate::config::Colour;
use crate::wiring::headless::Spec;
use crate::wiring::live::Ways;

use super::capability::Unusable;

/// What a console is started with.
#[derive(Debug)]
pub struct Options {
    /// The model as it begins.
    pub model: Model,
    /// Streams to read.
    pub specs: Vec<Spec>,
    /// What is to hold for all of them.
    pub ways: Ways,
    /// How the terminal is to be used.
    pub wishes: Wishes,
    /// The user's theme files.
    pub themes: Vec<ThemeFile>,
}

/// A theme file of the user's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ThemeFile {
    /// Its name: `themes/NAME.toml`.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// How the terminal is to be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wishes {
    /// ASCII only, or never; `None`: as the terminal can.
    pub ascii: Option<bool>,
    /// When to use colours.
    pub colour: Colour,
    /// Take the mouse.
    pub mouse: bool,
    /// The state directory, where it is not the usual one: saved screens go there.
    pub state_dir: Option<PathBuf>,
}

impl Default for Wishes {
    fn default() -> Self {
        Self {
            ascii: None,
            colour: Colour::Auto,
            mouse: false,
            state_dir: None,
        }
    }
}

/// Why there is no console.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// This terminal cannot show one.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// The terminal does not do what it should.
    #[error("the terminal cannot be used: {0}")]
    Terminal(#[from] io::Error),
    /// The sources cannot be started.
    #[error("{0}")]
    Sources(io::Error),
}
