//! Xid and SXid reports from the kernel log since boot: `/dev/kmsg`, or the journal where that may not be read.
//!
//! Nothing here blocks: a poll takes what is there. What the ring buffer has overwritten is counted as lost, also what
//! was gone before the first poll, so that a history that looks clean is not taken for a clean one.
//!
//! Lines that say "fallen off the bus" without an Xid (an old GPU-lost path, and the three lines printed when a GPU does
//! not answer at probe time) become an Xid 79 whose message says so, unless the Xid itself stands beside them.
//! `RmInitAdapter failed` is no report of this kind and is left to NVML, which names the GPU that does not come up.

mod interpret;
mod journal;
mod kmsg;
mod lines;
mod record;

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use self::interpret::{Interpreter, Moment};
use self::journal::Journal;
use self::kmsg::Ring;
use super::root::HostRoot;
use crate::domain::ids::BootId;
use crate::domain::reading::Absence;
use crate::domain::xid::{XidEvent, XidSource};

/// Where journald's reader may be. PATH is not searched: as root that would be the caller's choice.
const JOURNALCTL: [&str; 3] = [
    "/usr/bin/journalctl",
    "/bin/journalctl",
    "/run/current-system/sw/bin/journalctl",
];

/// The kernel log of a host, read from its start and then followed.
#[derive(Debug)]
pub struct Kernlog {
    source: Source,
    interpreter: Interpreter,
    clock: Clock,
}

#[derive(Debug)]
enum Source {
    Ring(Ring),
    Journal(Journal),
}

/// How a time since boot becomes a time of day.
#[derive(Debug)]
enum Clock {
    /// This host: the clocks are read with each poll, because the time of day may have been set since.
    Live,
    /// Another root: seconds since the epoch at boot, from its `/proc/stat`.
    Booted(i64),
}

impl Kernlog {
    /// Opens the log at its start.
    ///
    /// # Errors
    /// [`Absence`] with `NoPermission` where neither the ring buffer nor the journal may be read, naming the setting
    /// and the group that would help; `NoSource` where there is neither.
    pub fn open(root: &HostRoot) -> Result<Self, Absence> {
        let boot = root.boot_id().ok().map(|id| BootId::new(&id));
        let clock = match root.boot_time() {
            Ok(seconds) if !root.is_host() => Clock::Booted(seconds),
            _ => Clock::Live,
        };
        let ring = match Ring::open(root) {
            Ok(ring) => {
                return Ok(Self {
                    source: Source::Ring(ring),
                    interpreter: Interpreter::new(XidSource::Kmsg, boot),
                    clock,
                });
            }
            Err(why) => why,
        };
        let journalctl = JOURNALCTL.iter().map(Path::new).find(|p| p.is_file());
        let (true, Some(program)) = (root.is_host(), journalctl) else {
            return Err(ring);
        };
        match Journal::start(program) {
            Ok(journal) => Ok(Self {
                source: Source::Journal(journal),
                interpreter: Interpreter::new(XidSource::Journal, boot),
                clock,
            }),
            Err(why) => Err(Absence::new(ring.code, format!("{}; {why}", ring.text))),
        }
    }

    /// Reports since the last poll, in the order of the log, and the number of kernel log records lost before them.
    pub fn poll(&mut self, now: Timestamp) -> (Vec<XidEvent>, u64) {
        let mut events = Vec::new();
        match &mut self.source {
            Source::Ring(ring) => {
                let boot = self.clock.boot(now);
                let interpreter = &mut self.interpreter;
                let lost = ring.drain(|record| {
                    let moment = Moment {
                        usec: record.usec,
                        at: wall(boot, record.usec, now),
                    };
                    interpreter.take(moment, &record.text, &mut events);
                });
                (events, lost)
            }
            Source::Journal(journal) => {
                let interpreter = &mut self.interpreter;
                journal.drain(now, |entry| {
                    let moment = Moment {
                        usec: entry.usec,
                        at: entry.at,
                    };
                    interpreter.take(moment, &entry.text, &mut events);
                });
                (events, 0)
            }
        }
    }

    /// When the NVIDIA kernel module was last loaded, if the log tells: Xids before that are of an earlier life of the
    /// driver.
    pub fn driver_loaded(&self) -> Option<Timestamp> {
        self.interpreter.driver_loaded()
    }
}

impl Clock {
    /// The time of day at which the kernel's clock was zero.
    fn boot(&self, now: Timestamp) -> Timestamp {
        let at = match self {
            Self::Booted(seconds) => Timestamp::from_second(*seconds).ok(),
            Self::Live => {
                // printk counts like CLOCK_MONOTONIC; drift over months stays, as in `dmesg -T`
                let up = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
                let up =
                    SignedDuration::from_secs(up.tv_sec) + SignedDuration::from_nanos(up.tv_nsec);
                now.checked_sub(up).ok()
            }
        };
        at.unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// The time of day of a record. Drift must not put it into the future.
fn wall(boot: Timestamp, usec: u64, now: Timestamp) -> Timestamp {
    let since = SignedDuration::from_micros(i64::try_from(usec).unwrap_or(i64::MAX));
    boot.checked_add(since).unwrap_or(now).min(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reading::AbsentCode;
    use std::fs::{self, OpenOptions};
    use std::io::Write;

    fn root(kmsg: &str) -> (tempfile::TempDir, HostRoot) {
        let dir = tempfile::tempdir().unwrap();
        let root = HostRoot::new(dir.path());
        for folder in ["dev", "proc/sys/kernel/random"] {
            fs::create_dir_all(root.path(folder)).unwrap();
        }
        fs::write(root.path("dev/kmsg"), kmsg).unwrap();
        fs::write(root.path("proc/stat"), "btime 1700000000\n").unwrap();
        fs::write(
            root.path("proc/sys/kernel/random/boot_id"),
            "0fdd1f2c-0b8e-4a0b-9d3e-f3b1a8a3a111\n",
        )
        .unwrap();
        (dir, root)
    }

    fn append(root: &HostRoot, text: &str) {
        OpenOptions::new()
            .append(true)
            .open(root.path("dev/kmsg"))
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
    }

    const XID_94: &str = "4,12,1500000,-,caller=T77;NVRM: Xid (PCI:0000:4e:00): 94, pid=4242, name=python3, Contained: SM (0x1). RST: No, D-RST: No\n SUBSYSTEM=pci\n DEVICE=+pci:0000:4e:00.0\n";

    #[test]
    fn a_log_file_is_read_from_its_start_and_then_followed() {
        let (_dir, root) = root(&format!("6,11,1000,-;usb 1-1: new device\n{XID_94}"));
        let now = Timestamp::from_second(1_700_000_100).unwrap();
        let mut log = Kernlog::open(&root).unwrap();
        let (events, lost) = log.poll(now);
        assert_eq!(events.len(), 1);
        assert_eq!(lost, 11, "what was gone before the first record counts");
        let event = &events[0];
        assert_eq!(event.code, 94);
        assert_eq!(event.boot_usec, Some(1_500_000));
        assert_eq!(event.at.as_millisecond(), 1_700_000_001_500);
        assert_eq!(event.source, XidSource::Kmsg);
        assert!(
            event
                .boot
                .as_ref()
                .unwrap()
                .as_str()
                .starts_with("0fdd1f2c")
        );

        assert_eq!(log.poll(now), (vec![], 0), "nothing new, nothing again");
        // half a line is no record yet
        append(
            &root,
            "4,15,2000000,-;NVRM: Xid (PCI:0000:4e:00): 31, pid=1,",
        );
        assert_eq!(log.poll(now), (vec![], 0));
        append(&root, " name=a, Ch 00000008\n");
        let (events, lost) = log.poll(now);
        assert_eq!((events.len(), events[0].code), (1, 31));
        assert_eq!(lost, 2, "records 13 and 14 are missing");
    }

    #[test]
    fn a_log_that_was_written_anew_is_not_told_twice() {
        let (_dir, root) = root(XID_94);
        let now = Timestamp::from_second(1_700_000_100).unwrap();
        let mut log = Kernlog::open(&root).unwrap();
        assert_eq!(log.poll(now).0.len(), 1);
        let new = root.path("dev/new");
        fs::write(
            &new,
            format!("{XID_94}4,13,1600000,-;NVRM: Xid (PCI:0000:4e:00): 45, Ch 00000001\n"),
        )
        .unwrap();
        fs::rename(new, root.path("dev/kmsg")).unwrap();
        let (events, lost) = log.poll(now);
        assert_eq!(events.iter().map(|e| e.code).collect::<Vec<_>>(), [45]);
        assert_eq!(lost, 0);
    }

    #[test]
    fn a_time_never_lies_in_the_future() {
        let (_dir, root) = root(XID_94);
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let (events, _) = Kernlog::open(&root).unwrap().poll(now);
        assert_eq!(events[0].at, now);
    }

    #[test]
    fn a_host_without_a_kernel_log_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let why = Kernlog::open(&HostRoot::new(dir.path())).unwrap_err();
        assert_eq!(why.code, AbsentCode::NoSource);
        assert!(why.text.contains("/dev/kmsg"), "{}", why.text);
    }

    #[test]
    fn the_load_of_the_driver_begins_a_new_life() {
        let (_dir, root) = root(
            "6,0,7000000,-;NVRM: loading NVIDIA UNIX x86_64 Kernel Module  535.161.08  Sat Feb 24 22:26:14 UTC 2024\n",
        );
        let mut log = Kernlog::open(&root).unwrap();
        assert_eq!(log.driver_loaded(), None);
        let _ = log.poll(Timestamp::from_second(1_700_000_100).unwrap());
        assert_eq!(log.driver_loaded().unwrap().as_second(), 1_700_000_007);
    }
}
