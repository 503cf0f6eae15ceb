//! The child that writes the journal into a pipe, a JSON object a line.

use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Entries longer than this are cut off from the reading: no line of the driver is that long.
const LONGEST_LINE: usize = 1 << 20;

/// A child that writes one JSON object a line.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) child: Child,
    out: ChildStdout,
    tail: Vec<u8>,
}

impl Reader {
    pub(super) fn spawn(program: &Path, args: &[&str]) -> io::Result<Self> {
        let mut child = Command::new(program)
            .args(["-k", "-o", "json", "--no-pager", "-q"])
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let Some(out) = child.stdout.take() else {
            return Err(io::Error::other("no pipe"));
        };
        rustix::io::ioctl_fionbio(&out, true)?;
        Ok(Self {
            child,
            out,
            tail: Vec::new(),
        })
    }

    /// Waits for a line, at most `patience`.
    pub(super) fn first_line(&mut self, patience: Duration) -> Option<Vec<u8>> {
        let until = Instant::now() + patience;
        loop {
            let mut first = None;
            let open = self.drain(1, |line| {
                if first.is_none() && !line.is_empty() {
                    first = Some(line.to_vec());
                }
            });
            let left = until.saturating_duration_since(Instant::now());
            if first.is_some() || !open || left.is_zero() {
                return first;
            }
            let timeout = Timespec {
                tv_sec: left.as_secs() as i64,
                tv_nsec: i64::from(left.subsec_nanos()),
            };
            let mut fds = [PollFd::new(&self.out, PollFlags::IN)];
            poll(&mut fds, Some(&timeout)).ok()?;
        }
    }

    /// Hands over whole lines from at most `reads` reads; false once the child has closed its end.
    pub(super) fn drain(&mut self, reads: usize, mut take: impl FnMut(&[u8])) -> bool {
        let mut buffer = [0; 16 << 10];
        for _ in 0..reads {
            match self.out.read(&mut buffer) {
                Ok(0) => return false,
                Ok(n) => {
                    self.tail.extend_from_slice(&buffer[..n]);
                    if let Some(end) = self.tail.iter().rposition(|b| *b == b'\n') {
                        let rest = self.tail.split_off(end + 1);
                        self.tail.split(|b| *b == b'\n').for_each(&mut take);
                        self.tail = rest;
                    } else if self.tail.len() > LONGEST_LINE {
                        self.tail.clear();
                    }
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return e.kind() == ErrorKind::WouldBlock,
            }
        }
        true
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // a reader that follows would wait for the next message before it noticed that nobody listens
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
