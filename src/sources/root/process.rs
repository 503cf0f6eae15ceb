//! Single facts of single processes under `/proc`. A process may vanish between two reads: every function can fail.

use std::io;

use super::HostRoot;
use super::cgroup::Place;
use crate::domain::ids::Pid;

/// Longest command line that is read; the rest of a longer one tells nothing that is used.
const COMMAND_BYTES: u64 = 4096;

/// `PF_KTHREAD` of include/linux/sched.h.
const KERNEL_THREAD: u64 = 0x0020_0000;

/// What `/proc/<pid>/stat` says (proc_pid_stat(5)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    /// Name of the main thread, as the process chose it.
    pub comm: String,
    /// State letter.
    pub state: char,
    /// True for a thread of the kernel itself.
    pub kernel: bool,
    /// Number of threads.
    pub threads: u64,
    /// Start time in clock ticks since boot.
    pub start_ticks: u64,
}

impl HostRoot {
    /// Processes that are visible now, in the order of their ids.
    pub fn pids(&self) -> io::Result<Vec<Pid>> {
        let mut pids: Vec<Pid> = std::fs::read_dir(self.path("proc"))?
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok().map(Pid))
            .collect();
        pids.sort_unstable();
        Ok(pids)
    }

    /// `/proc/<pid>/stat`.
    pub fn stat(&self, pid: Pid) -> io::Result<Stat> {
        self.stat_at(&format!("proc/{pid}/stat"))
    }

    /// A `stat` file of a process or of one of its threads.
    pub fn stat_at(&self, relative: &str) -> io::Result<Stat> {
        parse_stat(&self.read_at_most(relative, COMMAND_BYTES)?)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not a stat line"))
    }

    /// The command line's arguments; empty for threads of the kernel and for zombies.
    pub fn argv(&self, pid: Pid) -> io::Result<Vec<String>> {
        let text = self.read_at_most(&format!("proc/{pid}/cmdline"), COMMAND_BYTES)?;
        let text = text.trim_end_matches('\0');
        if text.is_empty() {
            return Ok(Vec::new());
        }
        Ok(text.split('\0').map(str::to_owned).collect())
    }

    /// Unit, container and pod of a process, from its cgroup.
    pub fn place(&self, pid: Pid) -> io::Result<Place> {
        self.read_at_most(&format!("proc/{pid}/cgroup"), 64 << 10)
            .map(|text| Place::parse(&text))
    }

    /// `/proc/sys/kernel/random/boot_id`.
    pub fn boot_id(&self) -> io::Result<String> {
        self.line("proc/sys/kernel/random/boot_id")
    }

    /// Seconds since the epoch at which the host booted (`btime` of `/proc/stat`).
    pub fn boot_time(&self) -> io::Result<i64> {
        self.read("proc/stat")?
            .lines()
            .find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok())
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no btime line"))
    }
}

/// The name may hold blanks and parentheses, so everything is counted from the last closing one.
fn parse_stat(text: &str) -> Option<Stat> {
    let (head, tail) = text.rsplit_once(')')?;
    let (_, comm) = head.split_once('(')?;
    let fields: Vec<&str> = tail.split_ascii_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Stat {
        comm: comm.to_owned(),
        state: fields.first()?.chars().next()?,
        kernel: number(6)? & KERNEL_THREAD != 0,
        threads: number(17)?,
        start_ticks: number(19)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let line =
            "4242 (a) b (c) D 1 4242 4242 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 12 0 987654 0 0\n";
        let stat = parse_stat(line).unwrap();
        assert_eq!(stat.comm, "a) b (c");
        assert_eq!(stat.state, 'D');
        assert!(!stat.kernel);
        assert_eq!((stat.threads, stat.start_ticks), (12, 987_654));
    }

    #[test]
    fn a_kernel_thread_is_known_by_its_flag() {
        let line = "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 3 0 0";
        assert!(parse_stat(line).unwrap().kernel);
        assert!(parse_stat("not a stat line").is_none());
    }

    #[test]
    fn this_process_can_be_read() {
        let root = HostRoot::new("/");
        let me = Pid(std::process::id());
        assert!(root.pids().unwrap().contains(&me));
        assert!(root.stat(me).unwrap().threads >= 1);
        assert!(!root.argv(me).unwrap().is_empty());
        assert!(root.boot_time().unwrap() > 1_000_000_000);
    }
}
