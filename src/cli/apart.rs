//! `migdeck apart`: starts a program in a session of its own. The console starts so what might ask the user for something
//! (ssh and what it runs, probes of the configuration): it has the terminal for itself, and what opens `/dev/tty` there
//! anyway fails with its own words (ENXIO).

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::process::{Signal, getppid, set_parent_process_death_signal, setsid};

use super::CliError;

/// As a shell reports a program that is not there.
const NOT_STARTED: u8 = 127;

/// `apart`.
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    /// Number of the process that starts it, with which it ends
    #[arg(long, value_name = "PID")]
    parent: i32,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "ARG")]
    argv: Vec<OsString>,
}

/// Becomes the program. Comes back only where it cannot.
///
/// # Errors
/// There is no session to be had, or the program cannot be started.
pub fn run(args: &Args) -> Result<u8, CliError> {
    let failed = |error| CliError::failed(format!("a session of its own cannot be had: {error}"));
    setsid().map_err(failed)?;
    // also where the console is killed; forgotten where the program runs with another user's rights
    set_parent_process_death_signal(Some(Signal::TERM)).map_err(failed)?;
    if getppid().is_none_or(|parent| parent.as_raw_pid() != args.parent) {
        // it was killed before it could be asked for that
        return Err(CliError::failed("whoever started this has ended"));
    }
    let Some((program, arguments)) = args.argv.split_first() else {
        return Err(CliError::usage("no program"));
    };
    let error = Command::new(program).args(arguments).exec();
    let mut told = CliError::failed(format!(
        "{} could not be started: {error}",
        program.display()
    ));
    told.code = NOT_STARTED;
    Err(told)
}
