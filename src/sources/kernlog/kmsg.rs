//! The ring buffer: a device that gives one record a read, or, under another root, a file with one record a line.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::PathBuf;

use super::super::root::{HostRoot, absence};
use super::record::{Record, parse};
use crate::domain::reading::Absence;

/// The kernel answers EINVAL to a buffer smaller than a record (`PRINTKRB_RECORD_MAX` is 1 KiB, older kernels 8 KiB).
const BUFFER: usize = 32 << 10;

/// What would open the ring buffer to a plain user.
const HELP: &str = "kernel.dmesg_restrict=1 or the file's mode lets only root (CAP_SYSLOG) read it: run the probe with sudo, or join the group systemd-journal (or adm) so that the journal can be read";

/// The ring buffer, at the place reached so far.
#[derive(Debug)]
pub(super) struct Ring {
    feed: Feed,
    next: u64,
}

#[derive(Debug)]
enum Feed {
    Device(File),
    Lines(LineFile),
}

impl Ring {
    pub fn open(root: &HostRoot) -> Result<Self, Absence> {
        let path = root.path("dev/kmsg");
        let why = |e: &io::Error| {
            let help = match e.kind() {
                ErrorKind::PermissionDenied => HELP,
                _ => "",
            };
            absence(e, "/dev/kmsg", help)
        };
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32)
            .open(&path)
            .map_err(|e| why(&e))?;
        let feed = if file.metadata().map_err(|e| why(&e))?.is_file() {
            Feed::Lines(LineFile::new(path, file))
        } else {
            Feed::Device(file)
        };
        Ok(Self { feed, next: 0 })
    }

    /// Hands over what is new; returns how many records were overwritten before it was read.
    pub fn drain(&mut self, mut sink: impl FnMut(Record)) -> u64 {
        let mut lost = 0;
        let next = &mut self.next;
        let mut take = |bytes: &[u8]| {
            if let Some(record) = parse(bytes)
                // a file that was written anew tells old records again
                && record.seq >= *next
            {
                lost += record.seq - *next;
                *next = record.seq.saturating_add(1);
                sink(record);
            }
        };
        match &mut self.feed {
            Feed::Device(file) => drain_device(file, &mut take),
            Feed::Lines(lines) => lines.drain(&mut take),
        }
        lost
    }
}

/// Reads records until there is none left for now.
fn drain_device(device: &mut impl Read, take: &mut impl FnMut(&[u8])) {
    let mut buffer = vec![0; BUFFER];
    loop {
        match device.read(&mut buffer) {
            Ok(0) => return,
            Ok(n) => take(&buffer[..n]),
            // overwritten under us: the next read begins at the oldest record, and its number tells how many are gone
            Err(e) if e.kind() == ErrorKind::BrokenPipe => {}
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// A growing file with one record a line.
#[derive(Debug)]
struct LineFile {
    path: PathBuf,
    file: File,
    read: u64,
    tail: Vec<u8>,
}

impl LineFile {
    fn new(path: PathBuf, file: File) -> Self {
        Self {
            path,
            file,
            read: 0,
            tail: Vec::new(),
        }
    }

    fn drain(&mut self, take: &mut impl FnMut(&[u8])) {
        self.follow();
        let before = self.tail.len();
        if self.file.read_to_end(&mut self.tail).is_err() {
            return;
        }
        self.read += (self.tail.len() - before) as u64;
        let Some(end) = self.tail.iter().rposition(|b| *b == b'\n') else {
            return;
        };
        let rest = self.tail.split_off(end + 1);
        for line in self.tail.split(|b| *b == b'\n') {
            take(line);
        }
        self.tail = rest;
    }

    /// Begins anew where the file was replaced or cut.
    fn follow(&mut self) {
        let Ok(now) = self.path.metadata() else {
            return;
        };
        if self.file.metadata().is_ok_and(|m| m.ino() != now.ino()) {
            let Ok(file) = File::open(&self.path) else {
                return;
            };
            self.file = file;
        } else if now.len() >= self.read || self.file.seek(SeekFrom::Start(0)).is_err() {
            return;
        }
        self.read = 0;
        self.tail.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads as the device does: a record, an error or the end for now.
    struct Device(Vec<Result<&'static str, i32>>);

    impl Read for Device {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Err(ErrorKind::WouldBlock.into());
            }
            match self.0.remove(0) {
                Ok(text) => {
                    buffer[..text.len()].copy_from_slice(text.as_bytes());
                    Ok(text.len())
                }
                Err(errno) => Err(io::Error::from_raw_os_error(errno)),
            }
        }
    }

    #[test]
    fn what_was_overwritten_while_reading_does_not_end_the_reading() {
        const EPIPE: i32 = 32;
        let mut device = Device(vec![
            Ok("4,7,1,-;a\n"),
            Err(EPIPE),
            Ok("4,20,2,-;b\n K=v\n"),
        ]);
        let mut seen = Vec::new();
        drain_device(&mut device, &mut |bytes: &[u8]| {
            seen.push(parse(bytes).unwrap().seq);
        });
        assert_eq!(seen, [7, 20]);
    }

    #[test]
    fn an_error_that_stays_ends_the_poll() {
        const EINVAL: i32 = 22;
        let mut device = Device(vec![Err(EINVAL), Ok("4,7,1,-;a\n")]);
        drain_device(&mut device, &mut |_: &[u8]| panic!("read on after EINVAL"));
    }
}
