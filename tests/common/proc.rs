//! Processes as `/proc` shows them.

use std::time::Duration;

/// A process by its number and its start, so that another of the same number is another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Process {
    pub pid: u32,
    start: u64,
}

struct Stat {
    command: String,
    state: char,
    parent: u32,
    session: u32,
    cpu_ticks: u64,
    start: u64,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (before, after) = text.rsplit_once(')')?;
    let fields: Vec<&str> = after.split_whitespace().collect();
    let number = |n: usize| fields.get(n)?.parse::<u64>().ok();
    Some(Stat {
        command: before.split_once('(')?.1.to_owned(),
        state: fields.first()?.chars().next()?,
        parent: u32::try_from(number(1)?).ok()?,
        session: u32::try_from(number(3)?).ok()?,
        cpu_ticks: number(11)? + number(12)?,
        start: number(19)?,
    })
}

impl Process {
    /// The process of that number, if there is one.
    pub fn of(pid: u32) -> Option<Self> {
        stat(pid).map(|s| Self {
            pid,
            start: s.start,
        })
    }

    fn stat(self) -> Option<Stat> {
        stat(self.pid).filter(|s| s.start == self.start)
    }

    /// Whether it runs, sleeps or is stopped; one that nobody has waited for has ended.
    pub fn lives(self) -> bool {
        self.stat().is_some_and(|s| !matches!(s.state, 'Z' | 'X'))
    }

    /// Its state's letter.
    pub fn state(self) -> Option<char> {
        self.stat().map(|s| s.state)
    }

    /// Name of its program, as the kernel cuts it.
    pub fn command(self) -> String {
        self.stat().map(|s| s.command).unwrap_or_default()
    }

    /// Its arguments.
    pub fn arguments(self) -> Vec<String> {
        let raw = std::fs::read(format!("/proc/{}/cmdline", self.pid)).unwrap_or_default();
        raw.split(|b| *b == 0)
            .filter(|a| !a.is_empty())
            .map(|a| String::from_utf8_lossy(a).into_owned())
            .collect()
    }

    /// Whether it leads a session of its own.
    pub fn is_apart(self) -> bool {
        self.stat().is_some_and(|s| s.session == self.pid)
    }

    /// Processor time that it has used.
    pub fn cpu(self) -> Duration {
        let ticks = self.stat().map_or(0, |s| s.cpu_ticks);
        // clock ticks of 10 ms, whatever the kernel itself counts in
        Duration::from_millis(ticks * 10)
    }

    /// Memory that it holds, in KiB.
    pub fn resident_kib(self) -> u64 {
        let text =
            std::fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        text.lines()
            .find_map(|l| l.strip_prefix("VmRSS:"))
            .and_then(|l| l.split_whitespace().next()?.parse().ok())
            .unwrap_or(0)
    }

    /// Its children, theirs, and so on.
    pub fn descendants(self) -> Vec<Self> {
        let all: Vec<(Self, u32)> = std::fs::read_dir("/proc")
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                let pid = entry.ok()?.file_name().to_str()?.parse().ok()?;
                let s = stat(pid)?;
                let start = s.start;
                Some((Self { pid, start }, s.parent))
            })
            .collect();
        let mut found = vec![self];
        let mut next = 0;
        while next < found.len() {
            let parent = found[next].pid;
            found.extend(all.iter().filter(|(_, p)| *p == parent).map(|(c, _)| *c));
            next += 1;
        }
        found.remove(0);
        found
    }

    /// Sends a signal.
    pub fn signal(self, signal: rustix::process::Signal) {
        let pid = i32::try_from(self.pid)
            .ok()
            .and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid.filter(|_| self.lives()) {
            let _ = rustix::process::kill_process(pid, signal);
        }
    }
}
