//! A probe as a child process.
//!
//! The child may be stuck in the driver (state D), where no signal reaches it and nobody can wait for it. So nothing
//! here ever waits for it on the caller's thread: dropping a [`Feed`] closes its input and leaves the rest to a thread of
//! its own.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::domain::ids::StreamId;
use crate::domain::observation::Control;
use crate::domain::reading::{Absence, AbsentCode};
use crate::domain::text::Text;

use super::gate::{Gate, Pass};
use super::started::Started;
use super::{Line, Lines, Listener, StreamMsg, Tally};

/// Control lines that may wait for a probe that does not read.
const CONTROLS: usize = 16;
/// Lines of the child's standard error that are kept for the reason of its end.
const STDERR_LINES: usize = 8;
/// How long the end of the stream waits for the child's exit status and last words.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A control line that did not reach the probe.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ControlLost {
    /// Sixteen lines wait already.
    #[error("the probe does not read its control lines; it may hang in the driver")]
    NotRead,
    /// The probe has ended.
    #[error("the probe has ended")]
    Ended,
}

/// A running probe. Dropping it ends the probe, or abandons one that cannot be ended.
#[derive(Debug)]
pub struct Feed {
    id: StreamId,
    pid: u32,
    child: Arc<Started>,
    controls: SyncSender<Control>,
    tally: Tally,
}

impl Feed {
    /// Starts `argv` and sends what it writes.
    ///
    /// # Errors
    /// `argv` is empty or cannot be started, or no thread can be had.
    pub fn spawn(id: StreamId, argv: &[OsString], to: impl Listener) -> io::Result<Self> {
        Self::start(id, argv, None, to)
    }

    /// As [`Self::spawn`], in a session of its own, which has no terminal: a program that would ask the user there fails and
    /// says so on its standard error. `helper` is this program, of which `apart` starts `argv` so.
    ///
    /// # Errors
    /// As [`Self::spawn`]; that `argv` cannot be started is told by the stream.
    pub fn spawn_apart(
        id: StreamId,
        argv: &[OsString],
        helper: &Path,
        to: impl Listener,
    ) -> io::Result<Self> {
        Self::start(id, argv, Some(helper), to)
    }

    fn start(
        id: StreamId,
        argv: &[OsString],
        helper: Option<&Path>,
        to: impl Listener,
    ) -> io::Result<Self> {
        let (program, arguments) = argv.split_first().ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                "no program to start a probe with",
            )
        })?;
        let mut command = match helper {
            None => Command::new(program),
            Some(helper) => {
                let mut command = Command::new(helper);
                command.args(["apart", "--parent", &std::process::id().to_string(), "--"]);
                command.arg(program);
                command
            }
        };
        let mut child = command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let pid = child.id();
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(io::Error::other("the child came without its pipes"));
        };
        let child = Started::new(child, helper.is_some());
        let tally = Tally::default();
        let (controls, lines) = mpsc::sync_channel(CONTROLS);
        let words = Arc::new(Mutex::new(VecDeque::new()));
        let heard = Arc::clone(&words);
        let feed = Self {
            id,
            pid,
            child: Arc::clone(&child),
            controls,
            tally: tally.clone(),
        };
        // from here on an error drops the feed, and with it the child
        start(format!("control {id}"), move || write(stdin, &lines))?;
        let deaf = start(format!("stderr {id}"), move || listen(stderr, &heard))?;
        start(format!("stream {id}"), move || {
            let end = forward(id, stdout, &to, &tally);
            let deadline = Instant::now() + LAST_WORDS;
            let status = exit_status(&child, deadline);
            while !deaf.is_finished() && Instant::now() < deadline {
                thread::park_timeout(Duration::from_millis(5));
            }
            let words = words.lock().unwrap_or_else(PoisonError::into_inner);
            let why = reason(end, status, &words, &tally);
            to.tell(id, StreamMsg::Ended { why });
        })?;
        Ok(feed)
    }

    /// The stream's number.
    pub fn id(&self) -> StreamId {
        self.id
    }

    /// The child's process id; it may have ended.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// What has come through so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Hands a control line to the probe. Never blocks.
    ///
    /// # Errors
    /// The probe does not read, or has ended.
    pub fn write_control(&self, control: &Control) -> Result<(), ControlLost> {
        self.controls
            .try_send(control.clone())
            .map_err(|error| match error {
                TrySendError::Full(_) => ControlLost::NotRead,
                TrySendError::Disconnected(_) => ControlLost::Ended,
            })
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        Arc::clone(&self.child).let_go();
    }
}

fn start(name: String, work: impl FnOnce() + Send + 'static) -> io::Result<thread::JoinHandle<()>> {
    thread::Builder::new().name(name).spawn(work)
}

fn write(mut stdin: ChildStdin, controls: &mpsc::Receiver<Control>) {
    for control in controls {
        let Ok(mut line) = serde_json::to_vec(&control) else {
            continue;
        };
        line.push(b'\n');
        if stdin.write_all(&line).and_then(|()| stdin.flush()).is_err() {
            return;
        }
    }
}

fn listen(stderr: ChildStderr, words: &Mutex<VecDeque<Text>>) {
    let mut input = BufReader::new(stderr);
    let mut line = Vec::new();
    loop {
        line.clear();
        // a line longer than this is cut into several
        let read = io::Read::take(&mut input, 4096).read_until(b'\n', &mut line);
        if !matches!(read, Ok(n) if n > 0) {
            return;
        }
        let text = Text::new(String::from_utf8_lossy(&line).trim_end());
        if text.is_empty() {
            continue;
        }
        let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
        if words.len() == STDERR_LINES {
            words.pop_front();
        }
        words.push_back(text);
    }
}

/// How the records came to an end.
enum End {
    /// The child closed its output.
    Closed,
    /// Reading failed.
    Failed(io::Error),
    /// Nobody listens any more.
    Unheard,
}

fn forward(id: StreamId, stdout: ChildStdout, to: &impl Listener, tally: &Tally) -> End {
    let mut lines = Lines::new(BufReader::new(stdout));
    let mut gate = Gate::new(Instant::now());
    loop {
        let now = Instant::now();
        let news = gate.is_due(now).then(|| gate.is_over());
        match gate.pass(now) {
            Pass::Wait(rest) => thread::park_timeout(rest),
            Pass::Skip => match lines.pass_over() {
                Ok(true) => gate.skipped(),
                Ok(false) => return End::Closed,
                Err(error) => return End::Failed(error),
            },
            Pass::Read => {
                let line = match lines.next() {
                    None => return End::Closed,
                    Some(Ok(line)) => line,
                    Some(Err(error)) => return End::Failed(error),
                };
                gate.took(lines.raw().len());
                tally.count(&line, lines.raw());
                if let Line::Record(record) = line
                    && !to.tell(id, StreamMsg::Observation(record))
                {
                    return End::Unheard;
                }
            }
        }
        if let Some((dropped, goes_on)) = news.and_then(|over| gate.news(over))
            && !to.tell(id, StreamMsg::Flood { dropped, goes_on })
        {
            return End::Unheard;
        }
    }
}

/// The child's exit status, if it can be had in time. A child in state D never has one.
fn exit_status(child: &Started, deadline: Instant) -> Option<ExitStatus> {
    loop {
        match child.ended() {
            Ok(None) if Instant::now() < deadline => {
                thread::park_timeout(Duration::from_millis(5));
            }
            Ok(status) => return status,
            Err(_) => return None,
        }
    }
}

fn reason(
    end: End,
    status: Option<ExitStatus>,
    words: &VecDeque<Text>,
    tally: &Tally,
) -> Option<Absence> {
    let (code, mut text) = match (end, status) {
        (End::Closed, Some(status)) if status.success() && tally.records() > 0 => return None,
        (End::Closed | End::Unheard, Some(status)) => {
            (AbsentCode::NoSource, format!("the probe ended: {status}"))
        }
        (End::Closed | End::Unheard, None) => (
            AbsentCode::Hung,
            "the probe closed its stream and has not ended; it may hang in the driver".to_owned(),
        ),
        (End::Failed(error), _) => (
            AbsentCode::Failed,
            format!("reading from the probe failed: {error}"),
        ),
    };
    for word in words {
        text.push_str("; ");
        text.push_str(word);
    }
    if let (Some(words), 0) = (tally.misread(), tally.records()) {
        text.push_str(&format!("; what came is not a migdeck stream: {words}"));
    } else if tally.malformed() > 0 {
        text.push_str(&format!("; {} lines were no records", tally.malformed()));
    }
    Some(Absence::new(code, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Vec<OsString> {
        ["/bin/sh", "-c", script].map(OsString::from).to_vec()
    }

    fn until_end(messages: &mpsc::Receiver<(StreamId, StreamMsg)>) -> (usize, Option<Absence>) {
        let mut records = 0;
        loop {
            match messages.recv_timeout(Duration::from_secs(20)).unwrap().1 {
                StreamMsg::Observation(_) => records += 1,
                StreamMsg::Flood { .. } => {}
                StreamMsg::Ended { why } => return (records, why),
            }
        }
    }

    const BEAT: &str = r#"{"at":"2026-01-02T03:04:05Z","kind":"beat","n":1,"dropped":0}"#;

    #[test]
    fn tells_records_and_an_end_as_asked() {
        let (to, messages) = mpsc::sync_channel(4);
        let script = format!("echo '{BEAT}'; echo nonsense; echo '{BEAT}'");
        let feed = Feed::spawn(StreamId(7), &shell(&script), to).unwrap();
        assert_eq!(until_end(&messages), (2, None));
        assert_eq!((feed.tally().records(), feed.tally().malformed()), (2, 1));
    }

    #[test]
    fn a_flood_is_told_with_what_was_dropped_of_it() {
        let (to, messages) = mpsc::sync_channel(4);
        let _feed = Feed::spawn(StreamId(1), &shell(&format!("yes '{BEAT}'")), to).unwrap();
        let dropped = loop {
            match messages.recv_timeout(Duration::from_secs(20)).unwrap().1 {
                StreamMsg::Observation(_) => {}
                StreamMsg::Flood { dropped, goes_on } => break (dropped, goes_on),
                StreamMsg::Ended { why } => panic!("{why:?}"),
            }
        };
        assert!(dropped.0 > 0 && dropped.1, "{dropped:?}");
    }

    #[test]
    fn an_early_end_is_told_with_the_last_words() {
        let (to, messages) = mpsc::sync_channel(4);
        let script = "echo 'Permission denied (publickey).' >&2; exit 255";
        let _feed = Feed::spawn(StreamId(1), &shell(script), to).unwrap();
        let (records, why) = until_end(&messages);
        let why = why.unwrap();
        assert_eq!(records, 0);
        assert!(why.text.contains("exit status: 255"), "{why:?}");
        assert!(
            why.text.contains("Permission denied (publickey)."),
            "{why:?}"
        );
    }

    #[test]
    fn control_lines_reach_the_child() {
        let (to, messages) = mpsc::sync_channel(4);
        let script = format!(r#"read -r line; test "$line" = '{{"do":"pause"}}' && echo '{BEAT}'"#);
        let feed = Feed::spawn(StreamId(1), &shell(&script), to).unwrap();
        feed.write_control(&Control::Pause).unwrap();
        assert_eq!(until_end(&messages), (1, None));
    }

    #[test]
    fn a_child_that_does_not_read_never_blocks_its_owner() {
        let (to, _messages) = mpsc::sync_channel(4);
        // the first line is read, so that the test knows that the child runs; the pipe itself holds some 64 KiB
        let feed = Feed::spawn(StreamId(1), &shell("exec sleep 1000"), to).unwrap();
        let lost = (0..100_000).find_map(|_| feed.write_control(&Control::Resume).err());
        assert_eq!(lost, Some(ControlLost::NotRead));
        let pid = feed.pid();
        drop(feed);
        // reaped in the background: the entry in /proc goes
        let deadline = Instant::now() + Duration::from_secs(20);
        while std::path::Path::new(&format!("/proc/{pid}")).exists() {
            assert!(Instant::now() < deadline, "process {pid} was not reaped");
            thread::yield_now();
        }
    }
}
