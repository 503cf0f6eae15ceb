//! A tape: a stream in a file.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::domain::ids::StreamId;
use crate::domain::observation::{Fact, Observation, SCHEMA};
use crate::domain::text::Text;

use super::{Deck, Line, Lines, Listener, StreamMsg, Tally};

/// How fast a tape is played.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Speed {
    /// As fast as it is read.
    AtOnce,
    /// So many times as fast as it was recorded; 1 is real time. Positive and finite.
    Times(f64),
}

/// A file that cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum TapeError {
    /// It cannot be opened or read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It does not begin as a stream does.
    #[error("{path} is no tape: {why}")]
    NoTape {
        /// The file.
        path: PathBuf,
        /// What was found instead of a hello.
        why: Text,
    },
}

/// A record on a tape.
#[derive(Clone, PartialEq, Debug)]
pub struct Taped<'a> {
    /// What it says.
    pub record: Box<Observation>,
    /// The line as it stands in the file, without its newline.
    pub raw: &'a [u8],
}

/// A tape, opened and seen to begin with the hello of a stream that this version reads.
#[derive(Debug)]
pub struct Tape {
    path: PathBuf,
    lines: Lines<BufReader<File>>,
    first: Option<Line>,
    tally: Tally,
    torn: Option<u64>,
    malformed: Vec<Text>,
}

impl Tape {
    /// Opens a tape.
    ///
    /// # Errors
    /// The file cannot be read, or its first line is not the hello of a `migdeck/stream/v1`.
    pub fn open(path: &Path) -> Result<Self, TapeError> {
        let failed = |source| TapeError::Io {
            path: path.to_owned(),
            source,
        };
        let mut lines = Lines::new(BufReader::new(File::open(path).map_err(failed)?));
        let first = lines.next().transpose().map_err(failed)?;
        match begins_well(first.as_ref()) {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                lines,
                first,
                tally: Tally::default(),
                torn: None,
                malformed: Vec::new(),
            }),
            Err(why) => Err(TapeError::NoTape {
                path: path.to_owned(),
                why,
            }),
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// When its first record was made; `None` once that was read.
    pub fn begins(&self) -> Option<Timestamp> {
        match self.first.as_ref()? {
            Line::Record(record) => Some(record.at),
            Line::Malformed { .. } | Line::Torn { .. } => None,
        }
    }

    /// What has been read so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Number of the last line, if it was cut short (the recorder was stopped in the middle of it); known at the end.
    pub fn torn(&self) -> Option<u64> {
        self.torn
    }

    /// Lines that were no records, one sentence each; the first hundred.
    pub fn malformed(&self) -> &[Text] {
        &self.malformed
    }

    /// The next record, passing over lines that are none.
    ///
    /// # Errors
    /// Reading fails.
    pub fn next_record(&mut self) -> Result<Option<Taped<'_>>, TapeError> {
        loop {
            let line = match self.first.take() {
                Some(line) => line,
                None => match self.lines.next() {
                    None => return Ok(None),
                    Some(Ok(line)) => line,
                    Some(Err(source)) => {
                        return Err(TapeError::Io {
                            path: self.path.clone(),
                            source,
                        });
                    }
                },
            };
            self.tally.count(&line, self.lines.raw());
            match line {
                Line::Record(record) => {
                    let raw = self.lines.raw();
                    return Ok(Some(Taped { record, raw }));
                }
                Line::Torn { number } => self.torn = Some(number),
                Line::Malformed { number, why } if self.malformed.len() < 100 => self
                    .malformed
                    .push(Text::from(format!("line {number}: {why}"))),
                Line::Malformed { .. } => {}
            }
        }
    }

    /// Plays the tape on a thread of its own. Dropping the result stops it.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn play(mut self, id: StreamId, speed: Speed, to: impl Listener) -> io::Result<Playing> {
        let tally = self.tally.clone();
        let deck = Deck::new(speed);
        let player = deck.clone();
        thread::Builder::new()
            .name(format!("tape {id}"))
            .spawn(move || {
                let why = loop {
                    match self.next_record() {
                        Ok(Some(Taped { record, .. })) => {
                            if !player.wait(record.at)
                                || !to.tell(id, StreamMsg::Observation(record))
                            {
                                return;
                            }
                        }
                        Ok(None) => break None,
                        Err(error) => {
                            use crate::domain::reading::{Absence, AbsentCode};
                            break Some(Absence::new(AbsentCode::Failed, error.to_string()));
                        }
                    }
                };
                player.end();
                to.tell(id, StreamMsg::Ended { why });
            })?;
        Ok(Playing { deck, tally })
    }
}

/// A tape that is being played.
#[derive(Debug)]
pub struct Playing {
    deck: Deck,
    tally: Tally,
}

impl Playing {
    /// What has been played so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Its buttons and its clock.
    pub fn deck(&self) -> &Deck {
        &self.deck
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        self.deck.stop();
    }
}

/// Keeps the distance in time between records.
#[derive(Debug)]
pub struct Pace {
    speed: Speed,
    begun: Option<(Instant, Timestamp)>,
}

impl Pace {
    /// A pace that begins with the first record.
    pub fn new(speed: Speed) -> Self {
        Self { speed, begun: None }
    }

    /// Waits until a record of time `at` is due; false if `stopped` was closed meanwhile.
    ///
    /// Records that go back in time are due at once.
    pub fn wait(&mut self, at: Timestamp, stopped: &Receiver<()>) -> bool {
        let now = Instant::now();
        let (begun, first) = *self.begun.get_or_insert((now, at));
        let due = match self.speed {
            Speed::AtOnce => Duration::ZERO,
            Speed::Times(times) => {
                let recorded = at.duration_since(first).as_secs_f64().max(0.0);
                Duration::try_from_secs_f64(recorded / times).unwrap_or(Duration::MAX)
            }
        };
        let rest = due.saturating_sub(now.duration_since(begun));
        !matches!(
            stopped.recv_timeout(rest),
            Err(RecvTimeoutError::Disconnected)
        )
    }
}

fn begins_well(first: Option<&Line>) -> Result<(), Text> {
    match first {
        None => Err(Text::new("the file is empty")),
        Some(Line::Malformed { why, .. }) => {
            Err(Text::from(format!("its first line is no record ({why})")))
        }
        Some(Line::Torn { .. }) => Err(Text::new("its only line is cut short")),
        Some(Line::Record(record)) => match &record.fact {
            Fact::Hello(hello) if hello.schema == SCHEMA => Ok(()),
            Fact::Hello(hello) => Err(Text::from(format!(
                "it is of schema {}, this migdeck reads {SCHEMA}",
                hello.schema
            ))),
            _ => Err(Text::new("its first record is no hello")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::mpsc::sync_channel;

    const HELLO: &str = r#"{"at":"2026-01-02T03:04:05Z","kind":"hello","schema":"migdeck/stream/v1","version":"0.1.0","host":"h","boot":null,"simulated":true,"uid":0,"gaps":[],"beat_seconds":1.0}"#;
    const BEAT: &str = r#"{"at":"2026-01-02T03:04:06Z","kind":"beat","n":1,"dropped":0}"#;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    #[test]
    fn a_torn_last_line_is_left_out_and_said() {
        let file = file(&format!("{HELLO}\n{BEAT}\nrubbish\n{}", &BEAT[..20]));
        let mut tape = Tape::open(file.path()).unwrap();
        let mut raw = Vec::new();
        while let Some(taped) = tape.next_record().unwrap() {
            raw.push(String::from_utf8(taped.raw.to_vec()).unwrap());
        }
        assert_eq!(raw, [HELLO, BEAT]);
        assert_eq!(tape.torn(), Some(4));
        assert_eq!(tape.malformed().len(), 1);
        assert!(tape.malformed()[0].starts_with("line 3: "));
    }

    #[test]
    fn what_is_no_tape_is_refused_with_what_it_is() {
        let newer = HELLO.replace("stream/v1", "stream/v9");
        for (text, part) in [
            ("", "empty"),
            ("{\"schema\":\"migdeck/status/v1\"}\n", "no record"),
            (BEAT, "no hello"),
            (&newer, "migdeck/stream/v9"),
        ] {
            let error = Tape::open(file(text).path()).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn plays_to_its_end() {
        let file = file(&format!("{HELLO}\n{BEAT}\n"));
        let (to, messages) = sync_channel(1);
        let playing = Tape::open(file.path())
            .unwrap()
            .play(StreamId(3), Speed::AtOnce, to)
            .unwrap();
        let told: Vec<_> = messages.iter().map(|(_, message)| message).collect();
        assert_eq!(told.len(), 3);
        assert_eq!(told[2], StreamMsg::Ended { why: None });
        assert_eq!(playing.tally().records(), 2);
    }

    #[test]
    fn keeps_the_distance_between_records() {
        let (_stop, stopped) = sync_channel(0);
        let mut pace = Pace::new(Speed::Times(100.0));
        let first: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let begun = Instant::now();
        assert!(pace.wait(first, &stopped));
        assert!(pace.wait(first + Duration::from_secs(2), &stopped));
        assert!(begun.elapsed() >= Duration::from_millis(20));
    }

    #[test]
    fn a_stopped_tape_does_not_wait_for_its_next_record() {
        let (stop, stopped) = sync_channel(0);
        let mut pace = Pace::new(Speed::Times(1.0));
        let first: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        assert!(pace.wait(first, &stopped));
        drop(stop);
        assert!(!pace.wait(first + Duration::from_secs(3600), &stopped));
    }
}
