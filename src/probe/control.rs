//! Control lines.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use crate::domain::observation::Control;

use super::Controls;
use super::session::Session;

/// Longest control line.
const LONGEST: u64 = 4096;
/// Seconds that a beat may have.
const BEATS: std::ops::RangeInclusive<f64> = 0.1..=3600.0;

/// Starts the thread that reads them.
pub(super) fn start(controls: Controls, session: &Arc<Session>) -> io::Result<()> {
    let session = Arc::clone(session);
    super::start("control", move || {
        read(controls.lines, |line| {
            if let Err(why) = obey(line, &session) {
                // standard error may be closed: there is nobody left to tell
                let _ = writeln!(io::stderr(), "migdeck probe: {why}");
            }
        });
        if controls.end_with_them {
            session.rounds().end();
            session.outlet().close();
        }
    })
}

fn read(lines: impl Read, mut each: impl FnMut(&[u8])) {
    let mut lines = BufReader::new(lines);
    let mut line = Vec::new();
    loop {
        line.clear();
        match lines.by_ref().take(LONGEST).read_until(b'\n', &mut line) {
            Ok(n) if n > 0 => {}
            _ => return,
        }
        let text = line.trim_ascii();
        if !text.is_empty() {
            each(text);
        }
    }
}

/// Does what a line says. A line that is not understood is no reason to end: a newer console may know more.
fn obey(line: &[u8], session: &Session) -> Result<(), String> {
    let shown = || String::from_utf8_lossy(line).escape_debug().to_string();
    let control: Control = serde_json::from_slice(line)
        .map_err(|error| format!("control line `{}` is not understood: {error}", shown()))?;
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
                return Err(format!("there is no GPU `{gpu}` to be asked again"));
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
    fn lines_are_read_one_by_one_and_long_ones_in_pieces() {
        let text = format!("a\n\n  b  \n{}\nc", "x".repeat(5000));
        let mut seen = Vec::new();
        read(text.as_bytes(), |line| seen.push(line.to_vec()));
        assert_eq!(seen[0], b"a");
        assert_eq!(seen[1], b"b");
        assert_eq!(seen[2].len(), 4096);
        assert_eq!(seen.last().unwrap(), b"c");
    }
}
