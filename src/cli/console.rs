//! Plain `migdeck` and `migdeck demo`: the console.

use std::io::IsTerminal;

use jiff::Timestamp;

use crate::app::keymap::Keymap;
use crate::app::session::Session;
use crate::app::texts::Language;
use crate::app::{Model, Texts};
use crate::config::Config;
use crate::console::{Error, Options, Wishes, run as console};
use crate::wiring::headless::Spec;
use crate::wiring::live::Ways;

use super::CliError;

/// What does without a terminal.
const HEADLESS: &str = "migdeck status   writes the same to a pipe or a file";

/// Opens the console on these streams.
///
/// # Errors
/// Standard input or output is no terminal, or the terminal cannot be set up.
pub fn run(specs: Vec<Spec>, simulated: bool, config: &Config) -> Result<u8, CliError> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Err(CliError::usage("the console needs a terminal").hint(HEADLESS));
    }
    let hosts = specs
        .iter()
        .map(|spec| match spec {
            Spec::Probe { name, .. } => name.as_str().into(),
            Spec::Tape(path) => path.display().to_string().into(),
        })
        .collect();
    let session = Session {
        version: env!("CARGO_PKG_VERSION").into(),
        user: std::env::var("USER").unwrap_or_default().into(),
        simulated,
        saved: None,
        hosts,
        advice: Vec::new(),
        themes: Vec::new(),
        bell: false,
        started: Timestamp::now(),
        offset_seconds: 0,
    };
    let model = Model::new(
        session,
        Keymap::default_keymap(),
        Texts::of(Language::English),
        "default",
    );
    console(Options {
        model,
        specs,
        ways: Ways::default(),
        wishes: Wishes {
            ascii: config.ascii.value,
            colour: config.colour.value,
            ..Wishes::default()
        },
        themes: Vec::new(),
    })
    .map_err(|error| match error {
        Error::Unusable(_) => CliError::usage(error.to_string()).hint(HEADLESS),
        error => CliError::failed(error.to_string()),
    })
}
