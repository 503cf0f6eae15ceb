//! `migdeck replay FILE`: a tape in the console or, where there is no terminal, on standard output, with the pauses it was
//! recorded with. A host may be configured by `probe = ["migdeck", "replay", FILE]`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;

use crate::sources::stream::tape::Pace;
use crate::sources::stream::{Reel, Speed, Tape, TapeError, Taped};
use crate::wiring::headless::Spec;

use super::{CliError, read};

/// `replay`.
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    /// The tape
    file: PathBuf,
    /// Play it X times as fast as it was recorded
    #[arg(long, value_name = "X", default_value = "1", value_parser = times)]
    speed: f64,
    /// Write its records at once, without pauses, also to a terminal
    #[arg(long, conflicts_with = "speed")]
    raw: bool,
}

impl Args {
    /// On a terminal the console shows the tape; `--raw`, or a pipe, gets its records.
    pub fn is_for_the_console(&self) -> bool {
        !self.raw && super::console::terminal().is_ok()
    }

    /// How fast it is to be played.
    pub fn speed(&self) -> Speed {
        if self.raw {
            Speed::AtOnce
        } else {
            Speed::Times(self.speed)
        }
    }

    /// The tape, open: what is none is refused before a console is opened on it, as it is in a pipe.
    ///
    /// # Errors
    /// The file cannot be read or is no tape.
    pub fn spec(&self) -> Result<Spec, CliError> {
        Ok(Spec::Tape(refused(&self.file, Reel::open(&self.file))?))
    }
}

/// Writes the tape.
///
/// # Errors
/// The file cannot be read or is no tape, or standard output cannot be written.
pub fn run(args: &Args) -> Result<u8, CliError> {
    let mut tape = refused(&args.file, Tape::open(&args.file))?;
    let mut pace = Pace::new(args.speed());
    let (_playing, stopped) = sync_channel(0);
    let mut out = io::stdout().lock();
    loop {
        match tape.next_record() {
            Ok(Some(Taped { record, raw })) => {
                pace.wait(record.at, &stopped);
                let mut line = raw.to_vec();
                line.push(b'\n');
                match out.write_all(&line).and_then(|()| out.flush()) {
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(0),
                    Err(error) => {
                        return Err(CliError::failed(format!("standard output: {error}")));
                    }
                    Ok(()) => {}
                }
            }
            Ok(None) => break,
            Err(error) => return Err(CliError::failed(error.to_string())),
        }
    }
    for why in tape.malformed() {
        say(&format!("left out {why}"));
    }
    if let Some(line) = tape.torn() {
        say(&format!("left out line {line}, which is cut short"));
    }
    Ok(0)
}

fn refused<T>(file: &Path, opened: Result<T, TapeError>) -> Result<T, CliError> {
    opened.map_err(|error| match error {
        TapeError::Io { .. } => CliError::failed(error.to_string()),
        TapeError::NoTape { .. } if read::is_status(file) => {
            let file = file.display();
            CliError::usage(format!("{file} is a status document and not a tape"))
                .hint(format!("migdeck status --fleet {file}   shows it"))
                .hint("`migdeck record` makes a tape")
        }
        TapeError::NoTape { .. } => CliError::usage(error.to_string()),
    })
}

fn say(what: &str) {
    // standard error may be closed: there is nobody left to tell
    let _ = writeln!(io::stderr(), "migdeck replay: {what}");
}

fn times(typed: &str) -> Result<f64, String> {
    match typed.parse::<f64>() {
        Ok(times) if times.is_finite() && times > 0.0 => Ok(times),
        _ => Err("expected a number above 0".to_owned()),
    }
}
