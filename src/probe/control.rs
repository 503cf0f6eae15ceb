//! Control lines.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::time::Duration;

use crate::domain::observation::Control;

use super::Controls;
use super::complaints::Complaints;
use super::session::Session;

/// Longest control line, in bytes with its end.
const LONGEST: u64 = 4096;
/// How much of a line that is not understood is shown, in characters.
const SHOWN: usize = 80;
/// Seconds that a beat may have.
const BEATS: std::ops::RangeInclusive<f64> = 0.1..=3600.0;

/// Starts the thread that reads them.
pub(super) fn start(controls: Controls, session: &Arc<Session>) -> io::Result<()> {
    let session = Arc::clone(session);
    let complaints = Complaints::start(io::stderr())?;
    super::start("control", move || {
        read(controls.lines, |line| {
            let result = match line {
                Line::Whole(line) => obey(line, &session),
                Line::TooLong(begin) => Err(format!(
                    "control line `{}` is longer than {LONGEST} bytes and was left out",
                    shown(begin)
                )),
            };
            if let Err(why) = result {
                complaints.put(why);
            }
        });
        complaints.settle();
        if controls.end_with_them {
            session.rounds().end();
            session.outlet().close();
        }
    })
}

/// A line as it was read.
#[derive(PartialEq, Eq, Debug)]
enum Line<'a> {
    Whole(&'a [u8]),
    /// Its beginning.
    TooLong(&'a [u8]),
}

fn read(lines: impl Read, mut each: impl FnMut(Line<'_>)) {
    let mut lines = BufReader::new(lines);
    let mut line = Vec::new();
    loop {
        line.clear();
        match lines.by_ref().take(LONGEST).read_until(b'\n', &mut line) {
            Ok(n) if n > 0 => {}
            _ => return,
        }
        let fits = line.ends_with(b"\n") || (line.len() as u64) < LONGEST;
        let text = line.trim_ascii();
        if !fits {
            each(Line::TooLong(text));
            // what follows on the same line is no command of its own
            if lines.skip_until(b'\n').is_err() {
                return;
            }
        } else if !text.is_empty() {
            each(Line::Whole(text));
        }
    }
}

/// The beginning of a line, for whoever wrote it.
fn shown(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let mut shown: String = text.chars().take(SHOWN).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown.escape_debug().to_string()
}

/// Does what a line says. A line that is not understood is no reason to end: a newer console may know more.
fn obey(line: &[u8], session: &Session) -> Result<(), String> {
    let control: Control = serde_json::from_slice(line).map_err(|error| {
        format!(
            "control line `{}` is not understood: {}",
            shown(line),
            shown(error.to_string().as_bytes())
        )
    })?;
    match control {
        Control::Beat { seconds } if BEATS.contains(&seconds) => {
            session.rounds().set_beat(Duration::from_secs_f64(seconds));
        }
        Control::Beat { seconds } => {
            return Err(format!(
                "a beat of {seconds} s is not possible, {} to {} s are",
                BEATS.start(),
                BEATS.end()
            ));
        }
        Control::Detail { gpu } => session.set_detail(gpu),
        Control::Pause => session.set_paused(true),
        Control::Resume => session.set_paused(false),
        Control::Retry { gpu } => {
            let lanes = session.lanes();
            let mut meant = lanes.iter().filter(|lane| lane.is_called(&gpu)).peekable();
            if meant.peek().is_none() {
                return Err(format!(
                    "there is no GPU `{}` to be asked again",
                    shown(gpu.as_bytes())
                ));
            }
            meant.for_each(|lane| lane.retry());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_one_by_one_and_nothing_of_a_long_one_is_a_line() {
        let command = r#"{"do":"pause"}"#;
        let long = "x".repeat(LONGEST as usize);
        let longer = "y".repeat(5 * LONGEST as usize);
        let text = format!("a\n\n  b  \n{long}{command}\nc\n{longer}\n{command}\n{long}{command}");
        let mut seen = Vec::new();
        read(text.as_bytes(), |line| {
            seen.push(match line {
                Line::Whole(text) => String::from_utf8(text.to_vec()).unwrap(),
                Line::TooLong(begin) => format!("too long: {}", &shown(begin)[..3]),
            });
        });
        let expected = [
            "a",
            "b",
            "too long: xxx",
            "c",
            "too long: yyy",
            command,
            "too long: xxx",
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn the_longest_line_is_one() {
        let most = "x".repeat(LONGEST as usize - 1);
        let mut seen = 0;
        read(format!("{most}\n").as_bytes(), |line| {
            assert_eq!(line, Line::Whole(most.as_bytes()));
            seen += 1;
        });
        assert_eq!(seen, 1);
    }

    #[test]
    fn what_is_shown_of_a_line_is_short_and_safe() {
        assert_eq!(shown(b"\x1b[2J"), r"\u{1b}[2J");
        assert_eq!(shown(&[b'x'; 4000]).chars().count(), SHOWN + 1);
    }
}
