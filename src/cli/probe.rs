//! `migdeck probe`: writes what this host's sources see as one stream (`migdeck/stream/v1`). Started by the console, here,
//! through sudo or over ssh; of use by hand to see what a console would get.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{FileType, fstat};

use crate::probe::{self, Controls, Options};
use crate::wiring::scratch;

use super::{CliError, rights, signals};

/// `probe`.
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    /// Read a simulated host: NAME#HOST of a built-in scenario, or FILE#HOST
    #[arg(long, value_name = "SPEC")]
    sim: Option<String>,
    /// Share the simulated driver with other processes through this file
    #[arg(long, value_name = "FILE", requires = "sim")]
    sim_state: Option<PathBuf>,
    /// Read the host's files under this folder
    #[arg(long, value_name = "DIR")]
    host_root: Option<PathBuf>,
    /// Seconds between beats (0.1 to 3600)
    #[arg(long, value_name = "SEC", default_value = "1", value_parser = seconds)]
    beat: f64,
    /// End after N beats
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    beats: Option<u64>,
    /// Call a GPU hung when a call has not come back after this
    #[arg(long, value_name = "SEC", default_value = "1", value_parser = seconds, hide = true)]
    call_deadline: f64,
}

/// Writes the stream until its reader has gone. Comes back only with an error.
///
/// # Errors
/// A path was given to a root that sudo made, there is no such simulated host, or the stream cannot be written.
pub fn run(args: Args, nvml_lib: Option<&Path>) -> Result<u8, CliError> {
    rights::forbid(&[
        ("--sim", args.sim.is_some()),
        ("--sim-state", args.sim_state.is_some()),
        ("--host-root", args.host_root.is_some()),
        ("--nvml-lib", nvml_lib.is_some()),
    ])?;
    let options = Options {
        sim: args.sim,
        sim_state: args.sim_state,
        host_root: args.host_root,
        nvml_lib: nvml_lib.map(Path::to_owned),
        beat: Duration::from_secs_f64(args.beat),
        beats: args.beats,
        call_deadline: Duration::from_secs_f64(args.call_deadline),
    };
    if options.sim.is_some() {
        signals::before_the_end(scratch::clear)?;
    }
    end_with_reader().map_err(|e| CliError::failed(format!("no thread could be started: {e}")))?;
    let controls = Controls {
        lines: Box::new(io::stdin()),
        end_with_them: comes_through_a_pipe(),
    };
    match probe::run(options, io::stdout(), controls) {
        // threads may be stuck in the driver, and its library's own exit function with them: leave without either
        Ok(()) => {
            scratch::clear();
            signal_hook::low_level::exit(0)
        }
        Err(error @ probe::ProbeError::Simulation(_)) => Err(CliError::usage(error.to_string())),
        Err(error) => Err(CliError::failed(error.to_string())),
    }
}

/// Whoever started this probe writes to its standard input, and ends it by closing that. A terminal or /dev/null is
/// nobody who would.
fn comes_through_a_pipe() -> bool {
    fstat(rustix::stdio::stdin()).is_ok_and(|stat| {
        let kind = FileType::from_raw_mode(stat.st_mode);
        matches!(kind, FileType::Fifo | FileType::Socket)
    })
}

/// Ends the process when nobody can read its output any more, also while there is nothing to write.
fn end_with_reader() -> io::Result<()> {
    std::thread::Builder::new()
        .name("reader".to_owned())
        .spawn(|| {
            let out = rustix::stdio::stdout();
            loop {
                // asked for nothing, poll tells of errors and hang-ups only; a file has neither
                let mut fds = [PollFd::new(&out, PollFlags::empty())];
                match poll(&mut fds, None) {
                    Ok(_) if fds[0].revents().contains(PollFlags::NVAL) => return,
                    Ok(n) if n > 0 => {
                        scratch::clear();
                        signal_hook::low_level::exit(0)
                    }
                    Ok(_) | Err(rustix::io::Errno::INTR) => {}
                    Err(_) => return,
                }
            }
        })
        .map(drop)
}

fn seconds(typed: &str) -> Result<f64, String> {
    match typed.parse::<f64>() {
        Ok(seconds) if (0.1..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("expected seconds from 0.1 to 3600".to_owned()),
    }
}
