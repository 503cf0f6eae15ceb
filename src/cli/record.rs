//! `migdeck record FILE`: a probe's stream into a file, which `replay`, `--fleet` and the tests read.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::sources::stream::record::Recording;
use crate::wiring::headless::Spec;

use super::read::Sources;
use super::{CliError, signals};

/// `record`.
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    /// The tape to write
    file: PathBuf,
    /// Stop after SEC seconds (default: at Ctrl-C)
    #[arg(long, value_name = "SEC", value_parser = seconds)]
    seconds: Option<f64>,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
}

/// Records one host's stream.
///
/// # Errors
/// There is not exactly one host, the file exists or cannot be written, the probe does not start or ends early.
pub fn run(args: &Args, sources: &Sources) -> Result<u8, CliError> {
    let argv = match sources {
        Sources::Streams(specs) => match hosts(specs).as_slice() {
            [Spec::Probe { argv, .. }] => argv.settled(),
            hosts => {
                return Err(CliError::usage(format!(
                    "a tape holds one host, and {} are configured",
                    hosts.len()
                ))
                .hint("name one: `migdeck record FILE --ssh HOST`"));
            }
        },
        Sources::Tape(_) | Sources::Saved(_) => {
            return Err(CliError::usage("a file cannot be recorded"));
        }
    };
    let stop = signals::interruption()?;
    let mut tape = create(args)?;
    let mut recording = Recording::start(&argv)
        .map_err(|e| CliError::failed(format!("the probe could not be started: {e}")))?;
    let until = args
        .seconds
        .and_then(|seconds| Instant::now().checked_add(Duration::from_secs_f64(seconds)));
    let ended = recording
        .write_to(&mut tape, || {
            stop.load(Ordering::Relaxed) || until.is_some_and(|until| Instant::now() >= until)
        })
        .and_then(|ended| tape.sync_all().map(|()| ended))
        .map_err(|e| CliError::failed(format!("{}: {e}", args.file.display())))?;
    let said = format!("{} records in {}", recording.lines(), args.file.display());
    if ended && !stop.load(Ordering::Relaxed) {
        return Err(CliError::failed(format!("the probe ended early; {said}")));
    }
    // standard error may be closed: there is nobody left to tell
    let _ = writeln!(io::stderr(), "{said}");
    Ok(0)
}

/// A tape holds hosts only.
fn hosts(specs: &[Spec]) -> Vec<&Spec> {
    let is_host = |spec: &&Spec| !matches!(spec, Spec::Cluster { .. });
    specs.iter().filter(is_host).collect()
}

/// Process arguments and pod names are nobody else's business: the file is its owner's.
fn create(args: &Args) -> Result<File, CliError> {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    if args.force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    options.open(&args.file).map_err(|error| {
        let path = args.file.display();
        if error.kind() == io::ErrorKind::AlreadyExists {
            CliError::refused(format!("{path} exists already")).hint("--force replaces it")
        } else {
            CliError::failed(format!("{path}: {error}"))
        }
    })
}

fn seconds(typed: &str) -> Result<f64, String> {
    match typed.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() && seconds > 0.0 => Ok(seconds),
        _ => Err("expected a number of seconds above 0".to_owned()),
    }
}
