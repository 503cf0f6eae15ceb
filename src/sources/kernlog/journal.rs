//! The journal, for those who may not read the ring buffer: `journalctl -k -o json`, followed through a pipe.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

mod entry;
mod reader;

pub(super) use entry::Entry;
use entry::Raw;
use reader::Reader;

/// How long the journal may take to show that it has anything for us.
const PATIENCE: Duration = Duration::from_secs(2);

/// A reader that ended is not started again before this time has passed.
const RESTART_SECONDS: i64 = 60;

/// An entry from the first minute says that the journal has the boot from its start.
const EARLY_USEC: u64 = 60_000_000;

/// Reads of 16 KiB in one poll of the history: some thousand entries.
const HISTORY_READS: usize = 128;

/// What the journal still has of this boot from before the oldest record of the ring buffer.
#[derive(Debug)]
pub(super) struct History {
    reader: Reader,
    before: u64,
    reaches_boot: bool,
}

impl History {
    /// Starts to read; entries at and after `before` (microseconds since boot) are the ring buffer's own.
    pub fn start(program: &Path, before: u64) -> io::Result<Self> {
        Ok(Self {
            reader: Reader::spawn(program, &[])?,
            before,
            reaches_boot: false,
        })
    }

    /// Hands over what has come in, not all at once. After the last entry: whether the journal reached back to the boot.
    pub fn drain(&mut self, mut sink: impl FnMut(Entry)) -> Option<bool> {
        let (before, reaches_boot) = (self.before, &mut self.reaches_boot);
        let open = self.reader.drain(HISTORY_READS, |line| {
            let entry = Raw::parse(line).and_then(|raw| raw.entry());
            if let Some(entry) = entry.filter(|e| e.usec < before) {
                *reaches_boot |= entry.usec < EARLY_USEC;
                sink(entry);
            }
        });
        (!open).then_some(self.reaches_boot)
    }
}

/// A running reader of the journal.
#[derive(Debug)]
pub(super) struct Journal {
    program: PathBuf,
    reader: Option<Reader>,
    cursor: Option<String>,
    started: Option<Timestamp>,
}

impl Journal {
    /// Starts to read this boot's kernel messages from the first.
    ///
    /// # Errors
    /// A sentence, where the journal cannot be read or shows the caller no kernel message.
    pub fn start(program: &Path) -> Result<Self, String> {
        let shown = program.display();
        match Reader::spawn(program, &["-n", "1"]) {
            Ok(mut reader) => {
                if reader.first_line(PATIENCE).is_none() {
                    return Err(format!(
                        "{shown} -k shows no kernel message (it needs root or the group systemd-journal or adm)"
                    ));
                }
            }
            Err(e) => return Err(format!("{shown} could not be started: {e}")),
        }
        let reader = Reader::spawn(program, &["-f", "-n", "all"])
            .map_err(|e| format!("{shown} could not be started: {e}"))?;
        Ok(Self {
            program: program.to_owned(),
            reader: Some(reader),
            cursor: None,
            started: None,
        })
    }

    /// Hands over what has come in. A reader that has ended is started again after the last entry, once a minute.
    pub fn drain(&mut self, now: Timestamp, mut sink: impl FnMut(Entry)) {
        let started = *self.started.get_or_insert(now);
        if self.reader.is_none() && now.duration_since(started).as_secs() >= RESTART_SECONDS {
            self.started = Some(now);
            let after = self.cursor.as_ref().map(|c| format!("--after-cursor={c}"));
            let mut args = vec!["-f", "-n", "all"];
            args.extend(after.as_deref());
            self.reader = Reader::spawn(&self.program, &args).ok();
        }
        let Some(reader) = &mut self.reader else {
            return;
        };
        let cursor = &mut self.cursor;
        let open = reader.drain(usize::MAX, |line| {
            if let Some(raw) = Raw::parse(line) {
                if let Some(entry) = raw.entry() {
                    sink(entry);
                }
                *cursor = raw.cursor.or(cursor.take());
            }
        });
        if !open {
            self.reader = None;
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::process::Command;
    use std::time::Instant;

    use super::*;

    const LINE: &str = r#"{"MESSAGE":"NVRM: Xid (PCI:0000:4e:00): 31, pid=1, name=a, Ch 1","PRIORITY":"4","_TRANSPORT":"kernel","__REALTIME_TIMESTAMP":"1700000001500000","__MONOTONIC_TIMESTAMP":"1600000","_SOURCE_MONOTONIC_TIMESTAMP":"1500000","__CURSOR":"s=1;i=2"}"#;

    #[test]
    fn an_entry_has_the_kernels_own_time_and_the_journals_time_of_day() {
        let entry = Raw::parse(LINE.as_bytes()).unwrap().entry().unwrap();
        assert_eq!(entry.usec, 1_500_000);
        assert_eq!(entry.at.as_microsecond(), 1_700_000_001_500_000);
        assert!(entry.text.starts_with("NVRM: Xid"));
    }

    #[test]
    fn an_entry_is_the_kernels_own() {
        let with = |fields: &str| {
            let line = LINE.replace(r#""_TRANSPORT":"kernel""#, fields);
            Raw::parse(line.as_bytes()).unwrap().entry()
        };
        assert!(with(r#""_TRANSPORT":"kernel","SYSLOG_FACILITY":"0""#).is_some());
        for other in [
            r#""_TRANSPORT":"syslog""#,
            r#""_TRANSPORT":"kernel","SYSLOG_FACILITY":"1""#,
            r#""SYSLOG_FACILITY":"0""#,
        ] {
            assert_eq!(with(other), None, "{other}");
        }
    }

    #[test]
    fn a_message_may_be_bytes_or_nothing() {
        let entry = |message: &str| {
            Raw::parse(
                format!(r#"{{"MESSAGE":{message},"_TRANSPORT":"kernel","__REALTIME_TIMESTAMP":"5","__MONOTONIC_TIMESTAMP":"4"}}"#).as_bytes(),
            )
            .unwrap()
            .entry()
        };
        assert_eq!(entry("[78,86,255]").unwrap().text, "NV\u{fffd}");
        assert_eq!(entry("null"), None);
        assert!(Raw::parse(b"Hint: You are currently not seeing messages").is_none());
    }

    /// A program in place of journalctl. Another process writes it: one that this process had open for writing could
    /// not be started while a test beside this one forks.
    pub(in super::super) fn program(dir: &Path, body: &str) -> PathBuf {
        let path = dir.join("journalctl");
        let done = Command::new("/bin/sh")
            .args([
                "-c",
                "printf '#!/bin/sh\n%s\n' \"$1\" > \"$2\" && chmod 755 \"$2\"",
                "sh",
            ])
            .arg(body)
            .arg(&path)
            .status()
            .unwrap();
        assert!(done.success());
        path
    }

    #[test]
    fn entries_come_through_the_pipe() {
        let dir = tempfile::tempdir().unwrap();
        let path = program(
            dir.path(),
            &format!("echo '{LINE}'\ncase \"$*\" in *-f*) exec sleep 1000;; esac"),
        );
        let mut journal = Journal::start(&path).unwrap();
        let mut entries = Vec::new();
        let until = Instant::now() + Duration::from_secs(30);
        while entries.is_empty() && Instant::now() < until {
            journal.drain(Timestamp::UNIX_EPOCH, |e| entries.push(e));
            std::thread::yield_now();
        }
        assert_eq!(entries.len(), 1);
        assert_eq!(journal.cursor.as_deref(), Some("s=1;i=2"));
        // the child does not outlive its reader
        let pid = journal.reader.as_ref().unwrap().child.id();
        drop(journal);
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
    }

    #[test]
    fn a_journal_that_shows_nothing_is_a_reason() {
        let dir = tempfile::tempdir().unwrap();
        let path = program(dir.path(), "exit 1");
        let why = Journal::start(&path).unwrap_err();
        assert!(why.contains("systemd-journal"), "{why}");
        assert!(Journal::start(&dir.path().join("none")).is_err());
    }

    #[test]
    fn a_reader_that_ended_is_started_again_after_a_minute() {
        let dir = tempfile::tempdir().unwrap();
        let path = program(
            dir.path(),
            &format!("echo '{LINE}'\necho \"$*\" >> \"${{0%/*}}/calls\""),
        );
        let mut journal = Journal::start(&path).unwrap();
        let at = |s| Timestamp::from_second(s).unwrap();
        let until = Instant::now() + Duration::from_secs(30);
        while journal.reader.is_some() && Instant::now() < until {
            journal.drain(at(100), |_| {});
        }
        assert!(journal.reader.is_none());
        journal.drain(at(120), |_| {});
        assert!(journal.reader.is_none(), "too early");
        journal.drain(at(161), |_| {});
        while journal.reader.is_some() && Instant::now() < until {
            journal.drain(at(161), |_| {});
        }
        let calls = std::fs::read_to_string(dir.path().join("calls")).unwrap();
        assert!(
            calls
                .lines()
                .last()
                .unwrap()
                .ends_with("--after-cursor=s=1;i=2"),
            "{calls}"
        );
    }
}
