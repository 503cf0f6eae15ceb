//! `migdeck replay FILE`: a tape on standard output, with the pauses it was recorded with. A host may be configured by
//! `probe = ["migdeck", "replay", FILE]`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;

use crate::sources::stream::tape::Pace;
use crate::sources::stream::{Speed, Tape, TapeError, Taped};

use super::CliError;

/// `replay`.
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    /// The tape
    file: PathBuf,
    /// Play it X times as fast as it was recorded
    #[arg(long, value_name = "X", default_value = "1", value_parser = times)]
    speed: f64,
    /// Play it at once, without pauses
    #[arg(long, conflicts_with = "speed")]
    raw: bool,
}

/// Writes the tape.
///
/// # Errors
/// The file cannot be read or is no tape, or standard output cannot be written.
pub fn run(args: &Args) -> Result<u8, CliError> {
    let mut tape = Tape::open(&args.file).map_err(|error| match error {
        TapeError::Io { .. } => CliError::failed(error.to_string()),
        TapeError::NoTape { .. } => CliError::usage(error.to_string()),
    })?;
    let speed = if args.raw {
        Speed::AtOnce
    } else {
        Speed::Times(args.speed)
    };
    let mut pace = Pace::new(speed);
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
