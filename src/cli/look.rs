//! How this run writes, from configuration and environment, and the writing itself.

use std::io::{self, IsTerminal, Write};

use crate::config::Config;

use super::CliError;
use super::style::{Style, locale_is_utf8};
use super::text::to_ascii;

/// How this run writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Look {
    /// Colour and width.
    pub style: Style,
    /// ASCII only.
    pub ascii: bool,
    /// Standard output is a terminal.
    pub terminal: bool,
}

impl Look {
    /// From what was configured, for standard output.
    pub fn of(config: &Config) -> Self {
        Self {
            style: Style::detect(config.colour.value),
            ascii: config.ascii.value.unwrap_or_else(|| !locale_is_utf8()),
            terminal: io::stdout().is_terminal(),
        }
    }

    /// Writes a page for people.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn page(self, text: String) -> Result<(), CliError> {
        print(&if self.ascii { to_ascii(text) } else { text })
    }
}

/// Writes to standard output. A reader that has gone (`| head`) is no error.
///
/// # Errors
/// Standard output cannot be written.
pub fn print(text: &str) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(e) => Err(CliError::failed(format!("standard output: {e}"))),
        Ok(()) => Ok(()),
    }
}

/// A document as other programs read it: JSON on one line for a pipe that carries many, else indented, and a line end.
///
/// # Errors
/// The document cannot be written as JSON.
pub fn to_json(document: &impl serde::Serialize, one_line: bool) -> Result<String, CliError> {
    let text = if one_line {
        serde_json::to_string(document)
    } else {
        serde_json::to_string_pretty(document)
    };
    text.map(|text| text + "\n")
        .map_err(|e| CliError::failed(format!("the document cannot be written as JSON: {e}")))
}

/// Prints a document as [`to_json`] gives it.
///
/// # Errors
/// The document cannot be written as JSON, or standard output cannot be written.
pub fn print_json(document: &impl serde::Serialize, one_line: bool) -> Result<(), CliError> {
    print(&to_json(document, one_line)?)
}
