//! Xid and SXid reports from the kernel log since boot: `/dev/kmsg`, or the journal where that may not be read.
//!
//! Nothing here blocks: a poll takes what is there. What the ring buffer has overwritten before it was first read comes
//! from the journal, where that reaches back to the boot; else it is counted as lost, like what is overwritten later, so
//! that a history that looks clean is not taken for a clean one.
//!
//! Lines that say "fallen off the bus" without an Xid (an old GPU-lost path, and the three lines printed when a GPU does
//! not answer at probe time) become an Xid 79 whose message says so, unless the Xid itself stands beside them.
//! `RmInitAdapter failed` is no report of this kind and is left to NVML, which names the GPU that does not come up.

mod interpret;
mod journal;
mod kmsg;
mod lines;
mod record;

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use self::interpret::{Interpreter, Moment};
use self::journal::{Entry, History, Journal};
use self::kmsg::Ring;
use super::root::HostRoot;
use crate::domain::ids::BootId;
use crate::domain::observation::DriverLoad;
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
    Ring(Ring, Beginning),
    Journal(Journal),
}

/// What was before the oldest record of the ring buffer.
#[derive(Debug)]
enum Beginning {
    /// Nothing has been read; the journal's reader, where there is one.
    Unread(Option<PathBuf>),
    /// So many records are gone from the ring buffer, and the journal is being read for them.
    Sought(u64, History, Interpreter),
    /// As much as can be known is known.
    Settled,
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
        let journalctl = JOURNALCTL.iter().map(Path::new).find(|p| p.is_file());
        Self::open_with(root, journalctl.filter(|_| root.is_host()))
    }

    fn open_with(root: &HostRoot, journalctl: Option<&Path>) -> Result<Self, Absence> {
        let boot = root.boot_id().ok().map(|id| BootId::new(&id));
        let clock = match root.boot_time() {
            Ok(seconds) if !root.is_host() => Clock::Booted(seconds),
            _ => Clock::Live,
        };
        let (source, name) = match (Ring::open(root), journalctl) {
            (Ok(ring), program) => {
                let beginning = Beginning::Unread(program.map(Path::to_owned));
                (Source::Ring(ring, beginning), XidSource::Kmsg)
            }
            (Err(why), None) => return Err(why),
            (Err(ring), Some(program)) => match Journal::start(program) {
                Ok(journal) => (Source::Journal(journal), XidSource::Journal),
                Err(why) => {
                    return Err(Absence::new(ring.code, format!("{}; {why}", ring.text)));
                }
            },
        };
        Ok(Self {
            source,
            interpreter: Interpreter::new(name, boot),
            clock,
        })
    }

    /// Reports since the last poll, in the order of the log, and the number of kernel log records lost before them.
    pub fn poll(&mut self, now: Timestamp) -> (Vec<XidEvent>, u64) {
        let mut events = Vec::new();
        let interpreter = &mut self.interpreter;
        let lost = match &mut self.source {
            Source::Ring(ring, beginning) => {
                let boot = self.clock.boot(now);
                let mut oldest = None;
                let mut lost = ring.drain(|record| {
                    oldest.get_or_insert((record.seq, record.usec));
                    if !record.of_kernel {
                        return;
                    }
                    let moment = Moment {
                        usec: record.usec,
                        at: wall(boot, record.usec, now),
                    };
                    interpreter.take(moment, &record.text, &mut events);
                });
                if let (Beginning::Unread(program), Some((gone, usec))) = (&*beginning, oldest) {
                    *beginning = Beginning::seek(program.as_deref(), gone, usec, interpreter);
                    if matches!(beginning, Beginning::Sought(..)) {
                        // told as lost once it is known that the journal has not got them
                        lost -= gone;
                    }
                }
                lost + beginning.read_on(interpreter, &mut events)
            }
            Source::Journal(journal) => {
                journal.drain(now, |entry| take_entry(interpreter, &entry, &mut events));
                0
            }
        };
        (events, lost)
    }

    /// When the NVIDIA kernel module was loaded since boot, as far as the log tells: Xids before the last load are of an
    /// earlier life of the driver.
    pub fn loads(&self) -> &[DriverLoad] {
        self.interpreter.loads()
    }
}

impl Beginning {
    fn seek(program: Option<&Path>, gone: u64, oldest: u64, interpreter: &Interpreter) -> Self {
        let history = program
            .filter(|_| gone > 0)
            .and_then(|program| History::start(program, oldest).ok());
        match history {
            Some(history) => Self::Sought(gone, history, interpreter.of_the_journal()),
            None => Self::Settled,
        }
    }

    /// Adds what the journal has; returns the records that turn out to be lost.
    fn read_on(&mut self, ring: &mut Interpreter, events: &mut Vec<XidEvent>) -> u64 {
        let Self::Sought(gone, history, interpreter) = self else {
            return 0;
        };
        let lost = match history.drain(|entry| take_entry(interpreter, &entry, events)) {
            None => return 0,
            Some(true) => 0,
            Some(false) => *gone,
        };
        ring.comes_after(interpreter);
        *self = Self::Settled;
        // what the journal had is older than all that the ring buffer gave
        events.sort_by_key(|e| e.at);
        lost
    }
}

fn take_entry(interpreter: &mut Interpreter, entry: &Entry, events: &mut Vec<XidEvent>) {
    let moment = Moment {
        usec: entry.usec,
        at: entry.at,
    };
    interpreter.take(moment, &entry.text, events);
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
    fn what_a_process_writes_is_no_report_of_the_driver() {
        let (_dir, root) = root(concat!(
            "12,0,1000,-;NVRM: Xid (PCI:0000:07:00): 79, fake\n",
            "12,1,2000,-;sshd says NVRM: Xid (PCI:0000:07:00): 79, fake\n",
            "4,2,3000,-;usb 1-1: Product: NVRM: Xid (PCI:0000:07:00): 79, fake\n",
            "4,3,3000,-;usb 1-1: Product: x\\x0aNVRM: Xid (PCI:0000:07:00): 79, fake\n",
            "12,4,4000,-;NVRM: loading NVIDIA UNIX x86_64 Kernel Module  535.161.08\n",
        ));
        let mut log = Kernlog::open(&root).unwrap();
        let told = log.poll(Timestamp::from_second(1_700_000_100).unwrap());
        assert_eq!(told, (vec![], 0));
        assert_eq!(log.loads(), []);
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

    /// Polls until the journal has been read to its end.
    fn poll_all(log: &mut Kernlog, now: Timestamp) -> (Vec<XidEvent>, u64) {
        let (mut events, mut lost) = log.poll(now);
        while matches!(&log.source, Source::Ring(_, Beginning::Sought(..))) {
            let (more, also) = log.poll(now);
            events.extend(more);
            lost += also;
            std::thread::yield_now();
        }
        (events, lost)
    }

    #[test]
    fn what_the_ring_buffer_has_lost_comes_from_the_journal() {
        let (dir, root) = root(XID_94);
        let now = Timestamp::from_second(1_700_000_100).unwrap();
        let entry = |usec: u64, text: &str| {
            format!(
                r#"{{"MESSAGE":"{text}","_TRANSPORT":"kernel","__REALTIME_TIMESTAMP":"1700000000000000","_SOURCE_MONOTONIC_TIMESTAMP":"{usec}"}}"#
            )
        };
        let early = entry(900, "NVRM: Xid (PCI:0000:4e:00): 63, Row Remapper: New row");
        let same = entry(
            1_500_000,
            "NVRM: Xid (PCI:0000:4e:00): 94, pid=4242, name=python3, x",
        );
        let program =
            journal::tests::program(dir.path(), &format!("echo '{early}'\necho '{same}'"));
        let mut log = Kernlog::open_with(&root, Some(&program)).unwrap();
        let (events, lost) = poll_all(&mut log, now);
        let seen: Vec<_> = events.iter().map(|e| (e.code, e.source)).collect();
        assert_eq!(seen.len(), 2, "{seen:?}");
        assert!(seen.contains(&(63, XidSource::Journal)), "{seen:?}");
        assert!(
            seen.contains(&(94, XidSource::Kmsg)),
            "the ring buffer's own is not told twice"
        );
        assert_eq!(lost, 0);
        // a journal that begins later does not make up for it
        let program = journal::tests::program(dir.path(), "true");
        let mut log = Kernlog::open_with(&root, Some(&program)).unwrap();
        let (events, lost) = poll_all(&mut log, now);
        assert_eq!((events.len(), lost), (1, 12));
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
        assert_eq!(log.loads(), []);
        let _ = log.poll(Timestamp::from_second(1_700_000_100).unwrap());
        let [load] = log.loads() else {
            panic!("{:?}", log.loads());
        };
        assert_eq!(load.at.as_second(), 1_700_000_007);
        assert_eq!(load.version.as_deref(), Some("535.161.08"));
    }
}
