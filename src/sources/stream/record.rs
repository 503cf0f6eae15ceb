//! A probe's stream as it stands, for a tape: records of kinds that this version does not know are kept.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use super::started::Started;

/// Lines that may wait to be written.
const WAITING: usize = 256;
/// How often a wait looks whether it is to end.
const GLANCE: Duration = Duration::from_millis(50);

/// A probe whose lines are kept. Dropping it ends the probe, or abandons one that cannot be ended.
#[derive(Debug)]
pub struct Recording {
    child: Arc<Started>,
    // the probe ends when this closes
    stdin: Option<ChildStdin>,
    lines: Receiver<Vec<u8>>,
    count: u64,
}

impl Recording {
    /// Starts `argv`. Its standard error is this process's.
    ///
    /// # Errors
    /// It cannot be started, or no thread can be had.
    pub fn start(argv: &[OsString]) -> io::Result<Self> {
        let (program, arguments) = argv.split_first().ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                "no program to start a probe with",
            )
        })?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take();
        let (to, lines) = sync_channel(WAITING);
        let recording = Self {
            child: Started::new(child, false),
            stdin,
            lines,
            count: 0,
        };
        let stdout = stdout.ok_or_else(|| io::Error::other("the child came without its pipes"))?;
        thread::Builder::new()
            .name("record".to_owned())
            .spawn(move || forward(stdout, &to))?;
        Ok(recording)
    }

    /// Writes whole lines until `stop` says so or the stream ends; true if it has ended by itself.
    ///
    /// # Errors
    /// Writing fails.
    pub fn write_to(&mut self, out: &mut impl Write, stop: impl Fn() -> bool) -> io::Result<bool> {
        while !stop() {
            match self.lines.recv_timeout(GLANCE) {
                Ok(line) => {
                    out.write_all(&line)?;
                    self.count += 1;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(true),
            }
        }
        Ok(false)
    }

    /// Lines written so far.
    pub fn lines(&self) -> u64 {
        self.count
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        drop(self.stdin.take());
        Arc::clone(&self.child).let_go();
    }
}

/// A line that was cut off by the end of the stream is left out.
fn forward(stdout: ChildStdout, to: &SyncSender<Vec<u8>>) {
    let mut input = BufReader::new(stdout);
    loop {
        let mut line = Vec::new();
        match input.read_until(b'\n', &mut line) {
            Ok(n) if n > 0 && line.ends_with(b"\n") => {
                if to.send(line).is_err() {
                    return;
                }
            }
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Vec<OsString> {
        ["/bin/sh", "-c", script].map(OsString::from).to_vec()
    }

    #[test]
    fn whole_lines_are_kept_as_they_are() {
        let mut recording = Recording::start(&shell("printf 'a\\n{\"x\": 1}\\ncut'")).unwrap();
        let mut tape = Vec::new();
        assert!(recording.write_to(&mut tape, || false).unwrap());
        assert_eq!(String::from_utf8(tape).unwrap(), "a\n{\"x\": 1}\n");
        assert_eq!(recording.lines(), 2);
    }

    #[test]
    fn stops_when_told_and_the_child_ends() {
        let mut recording = Recording::start(&shell("echo a; cat >/dev/null")).unwrap();
        let mut tape = Vec::new();
        assert!(!recording.write_to(&mut tape, || true).unwrap());
        let pid = recording.child.id().unwrap();
        drop(recording);
        while std::path::Path::new(&format!("/proc/{pid}")).exists() {
            thread::yield_now();
        }
    }
}
