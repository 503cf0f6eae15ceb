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
    lines: Receiver<Said>,
    to: SyncSender<Said>,
    count: u64,
}

/// A line, and who says it.
#[derive(Debug)]
enum Said {
    Probe(Vec<u8>),
    Beside(Vec<u8>),
    /// The probe says no more.
    Ended,
}

/// Puts lines of other sources on the tape.
#[derive(Clone, Debug)]
pub struct Beside(SyncSender<Said>);

impl Beside {
    /// Puts a record there, without its line's end; false: nothing is recorded any more.
    pub fn tell(&self, mut line: Vec<u8>) -> bool {
        line.push(b'\n');
        self.0.send(Said::Beside(line)).is_ok()
    }
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
            to: to.clone(),
            count: 0,
        };
        let stdout = stdout.ok_or_else(|| io::Error::other("the child came without its pipes"))?;
        thread::Builder::new()
            .name("record".to_owned())
            .spawn(move || forward(stdout, &to))?;
        Ok(recording)
    }

    /// For what is not the probe's.
    pub fn beside(&self) -> Beside {
        Beside(self.to.clone())
    }

    /// Writes whole lines until `stop` says so or the stream ends; true if it has ended by itself.
    ///
    /// # Errors
    /// Writing fails.
    pub fn write_to(&mut self, out: &mut impl Write, stop: impl Fn() -> bool) -> io::Result<bool> {
        // a tape begins with its probe's hello
        let mut waiting: Vec<Vec<u8>> = Vec::new();
        while !stop() {
            match self.lines.recv_timeout(GLANCE) {
                Ok(Said::Probe(line)) => {
                    self.write(&line, out)?;
                    for line in waiting.drain(..) {
                        self.write(&line, out)?;
                    }
                }
                Ok(Said::Beside(line)) if self.count == 0 => waiting.push(line),
                Ok(Said::Beside(line)) => self.write(&line, out)?,
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Said::Ended) | Err(RecvTimeoutError::Disconnected) => return Ok(true),
            }
        }
        Ok(false)
    }

    fn write(&mut self, line: &[u8], out: &mut impl Write) -> io::Result<()> {
        out.write_all(line)?;
        self.count += 1;
        Ok(())
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
fn forward(stdout: ChildStdout, to: &SyncSender<Said>) {
    let mut input = BufReader::new(stdout);
    loop {
        let mut line = Vec::new();
        match input.read_until(b'\n', &mut line) {
            Ok(n) if n > 0 && line.ends_with(b"\n") => {
                if to.send(Said::Probe(line)).is_err() {
                    return;
                }
            }
            _ => {
                let _ = to.send(Said::Ended);
                return;
            }
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
    fn what_others_say_stands_behind_the_probes_first_line() {
        let mut recording = Recording::start(&shell("read _; echo hello")).unwrap();
        assert!(recording.beside().tell(b"beside".to_vec()));
        recording
            .stdin
            .as_mut()
            .unwrap()
            .write_all(b"go\n")
            .unwrap();
        let mut tape = Vec::new();
        assert!(recording.write_to(&mut tape, || false).unwrap());
        assert_eq!(String::from_utf8(tape).unwrap(), "hello\nbeside\n");
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
