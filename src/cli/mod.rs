//! The command line: arguments, one file a subcommand, printing.

pub mod error;
pub mod holders;
pub mod layouts;
pub mod profiles;
pub mod status;
mod strip;
pub mod style;
pub mod text;
pub mod validate;

use std::process::ExitCode;

pub use error::CliError;

/// Runs the program with the process's own arguments.
pub fn main() -> ExitCode {
    ExitCode::from(2)
}
