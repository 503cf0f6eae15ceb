//! Whose processes they are: user, command line, start time, unit, container and pod.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::super::root::process::Stat;
use super::super::root::{HostRoot, absence};
use crate::domain::ids::Pid;
use crate::domain::process::HostProcess;
use crate::domain::reading::{AbsentCode, Reading};
use crate::domain::text::Text;

/// `USER_HZ`: the clock ticks of `/proc` are 1/100 s on every Linux that NVIDIA supports.
const TICKS_PER_SECOND: u64 = 100;

/// Threads looked at for state D in one process; a process has more than this only if it leaks them.
const MOST_THREADS: usize = 512;

/// The given processes, in the order of their ids, without those that are gone.
pub fn processes(root: &HostRoot, pids: &BTreeSet<Pid>) -> Vec<HostProcess> {
    let known = Known::read(root);
    pids.iter()
        .filter_map(|&pid| known.process(pid, root.stat(pid).ok()?))
        .collect()
}

/// What is the same for all processes of a host.
pub(super) struct Known<'a> {
    root: &'a HostRoot,
    users: BTreeMap<u32, String>,
    boot_time: Reading<i64>,
}

impl<'a> Known<'a> {
    pub fn read(root: &'a HostRoot) -> Self {
        Self {
            root,
            users: names_of_users(root),
            boot_time: root
                .boot_time()
                .map_err(|e| absence(&e, "/proc/stat", ""))
                .into(),
        }
    }

    /// The process, or nothing if it vanished meanwhile.
    pub fn process(&self, pid: Pid, stat: Stat) -> Option<HostProcess> {
        let stuck = stat.state == 'D' || any_thread_stuck(self.root, pid, &stat);
        // the kernel reads the command line under the process's memory lock: where a driver has wedged the process with
        // the lock held, the reader would hang as well
        let argv = if stuck {
            Vec::new()
        } else {
            self.root.argv(pid).ok()?
        };
        let command = if argv.is_empty() {
            format!("[{}]", stat.comm)
        } else {
            argv.join(" ")
        };
        let place = self.root.place(pid).unwrap_or_default();
        Some(HostProcess {
            pid,
            user: self.user(pid),
            command: Text::from(command),
            started: self.started(&stat),
            uninterruptible: stuck,
            unit: place.unit,
            container: place.container,
            pod: place.pod,
        })
    }

    fn user(&self, pid: Pid) -> Reading<Text> {
        let file = format!("proc/{pid}/status");
        let text = match self.root.read(&file) {
            Ok(text) => text,
            Err(e) => return Reading::Absent(absence(&e, &format!("/{file}"), "")),
        };
        let uid = text.lines().find_map(|line| {
            let mut ids = line.strip_prefix("Uid:")?.split_ascii_whitespace();
            // real, effective: who it acts as
            ids.nth(1)?.parse::<u32>().ok()
        });
        match uid {
            Some(uid) => Reading::Value(match self.users.get(&uid) {
                Some(name) => Text::new(name),
                None => Text::from(uid.to_string()),
            }),
            None => Reading::absent(AbsentCode::Failed, format!("/{file} has no Uid line")),
        }
    }

    fn started(&self, stat: &Stat) -> Reading<Timestamp> {
        let boot = match &self.boot_time {
            Reading::Value(seconds) => *seconds,
            Reading::Absent(why) => return Reading::Absent(why.clone()),
        };
        let milliseconds = stat.start_ticks.saturating_mul(1000) / TICKS_PER_SECOND;
        let at = i64::try_from(milliseconds)
            .ok()
            .and_then(|ms| boot.checked_mul(1000)?.checked_add(ms))
            .and_then(|ms| Timestamp::from_millisecond(ms).ok());
        match at {
            Some(at) => Reading::Value(at),
            None => Reading::absent(AbsentCode::Failed, "the start time is out of range"),
        }
    }
}

/// Whether a thread beside the main one is in uninterruptible sleep.
pub(super) fn any_thread_stuck(root: &HostRoot, pid: Pid, stat: &Stat) -> bool {
    if stat.threads < 2 {
        return false;
    }
    let folder = format!("proc/{pid}/task");
    root.names(&folder)
        .unwrap_or_default()
        .iter()
        .take(MOST_THREADS)
        .any(|thread| {
            root.stat_at(&format!("{folder}/{thread}/stat"))
                .is_ok_and(|s| s.state == 'D')
        })
}

/// Names of `/etc/passwd`. Users of a directory service are not in it and are shown by number: asking the service
/// could take as long as the network likes.
pub fn names_of_users(root: &HostRoot) -> BTreeMap<u32, String> {
    let mut users = BTreeMap::new();
    for line in root.read("etc/passwd").unwrap_or_default().lines() {
        let mut fields = line.split(':');
        if let (Some(name), Some(uid)) = (fields.next(), fields.nth(1))
            && let Ok(uid) = uid.parse()
        {
            // the first of several names of one number counts, as with getpwuid
            users.entry(uid).or_insert_with(|| name.to_owned());
        }
    }
    users
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn put(root: &HostRoot, path: &str, text: &str) {
        let file = root.path(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn stat(comm: &str, state: char, threads: u32) -> String {
        format!(
            "7 ({comm}) {state} 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 {threads} 0 360000 0 0\n"
        )
    }

    fn host() -> (tempfile::TempDir, HostRoot) {
        let dir = tempfile::tempdir().unwrap();
        let root = HostRoot::new(dir.path());
        put(
            &root,
            "proc/stat",
            "cpu 1 2 3\nbtime 1700000000\nprocesses 9\n",
        );
        put(
            &root,
            "etc/passwd",
            "root:x:0:0::/root:/bin/sh\nkim:x:1042:1042::/home/kim:/bin/sh\ntwin:x:1042:1::/:/bin/sh\n",
        );
        put(&root, "proc/7/stat", &stat("python3", 'S', 1));
        put(
            &root,
            "proc/7/status",
            "Name:\tpython3\nUid:\t0\t1042\t0\t0\n",
        );
        put(&root, "proc/7/cmdline", "python3\0train.py\0--name\0a b\0");
        put(
            &root,
            "proc/7/cgroup",
            "0::/user.slice/user-1042.slice/session-3.scope\n",
        );
        (dir, root)
    }

    fn one(root: &HostRoot) -> HostProcess {
        let mut all = processes(root, &BTreeSet::from([Pid(7), Pid(8)]));
        assert_eq!(all.len(), 1, "a process that is gone is left out");
        all.remove(0)
    }

    #[test]
    fn a_process_is_known_by_user_command_and_start() {
        let (_dir, root) = host();
        let p = one(&root);
        assert_eq!(p.user.value().unwrap(), "kim");
        assert_eq!(p.command, "python3 train.py --name a b");
        assert_eq!(p.started.value().unwrap().as_second(), 1_700_003_600);
        assert_eq!(p.unit.as_deref(), Some("session-3.scope"));
        assert!(!p.uninterruptible);
    }

    #[test]
    fn a_user_that_passwd_does_not_know_is_a_number() {
        let (_dir, root) = host();
        put(&root, "proc/7/status", "Uid:\t70011\t70011\t70011\t70011\n");
        assert_eq!(one(&root).user.value().unwrap(), "70011");
        fs::remove_file(root.path("proc/7/status")).unwrap();
        assert_eq!(one(&root).user.reason().unwrap().code, AbsentCode::NoSource);
    }

    #[test]
    fn one_stuck_thread_is_a_stuck_process() {
        let (_dir, root) = host();
        put(&root, "proc/7/stat", &stat("python3", 'S', 2));
        put(&root, "proc/7/task/7/stat", &stat("python3", 'S', 2));
        put(&root, "proc/7/task/9/stat", &stat("cuda-EvtHandlr", 'S', 2));
        assert!(!one(&root).uninterruptible);
        put(&root, "proc/7/task/9/stat", &stat("cuda-EvtHandlr", 'D', 2));
        let stuck = one(&root);
        assert!(stuck.uninterruptible);
        assert_eq!(stuck.command, "[python3]", "its command line is left alone");
    }

    #[test]
    fn names_chosen_by_others_cannot_command_a_terminal() {
        let (_dir, root) = host();
        put(
            &root,
            "proc/7/cmdline",
            "evil\u{1b}]52;c;aGk=\u{7}\0\u{202e}x\0",
        );
        assert_eq!(one(&root).command, "evil\\u{1b}]52;c;aGk=\\u{7} \\u{202e}x");
        put(&root, "proc/7/cmdline", "");
        put(&root, "proc/7/stat", &stat("k\u{1b}[2J) (x", 'S', 1));
        assert_eq!(one(&root).command, "[k\\u{1b}[2J) (x]");
    }

    #[test]
    fn without_a_boot_time_there_is_no_start_time() {
        let (_dir, root) = host();
        put(&root, "proc/stat", "cpu 1 2 3\n");
        assert!(one(&root).started.reason().is_some());
    }
}
