//! Programs that were started, and that none of them stays behind.
//!
//! All that are not known to have ended are known here, whoever owns them: they are stopped and continued with the
//! console, and what is left at its end is killed. Nothing here waits for one that hangs in the driver (state D).

use std::io;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid,
};

/// How often a wait looks again.
const GLANCE: Duration = Duration::from_millis(5);
/// How long one that is let go may take to end by itself.
const LAST_WORDS: Duration = Duration::from_millis(500);

static ALL: Mutex<Vec<Weak<Started>>> = Mutex::new(Vec::new());

/// A program that was started, until its end is known.
#[derive(Debug)]
pub(super) struct Started {
    /// It leads a session of its own, and with it a process group.
    apart: bool,
    // as long as it is here nobody has waited for it, so that its number is its own
    child: Mutex<Option<Child>>,
}

impl Started {
    pub(super) fn new(child: Child, apart: bool) -> Arc<Self> {
        let this = Arc::new(Self {
            apart,
            child: Mutex::new(Some(child)),
        });
        let mut all = lock(&ALL);
        all.retain(|started| started.strong_count() > 0);
        all.push(Arc::downgrade(&this));
        drop(all);
        this
    }

    /// Its process id; `None`: its end is known.
    #[cfg(test)]
    pub(super) fn id(&self) -> Option<u32> {
        lock(&self.child).as_ref().map(Child::id)
    }

    /// How it has ended, if it has; what it started in its own session ends with it.
    pub(super) fn ended(&self) -> io::Result<Option<ExitStatus>> {
        let mut child = lock(&self.child);
        let Some(it) = child.as_mut() else {
            return Ok(None);
        };
        if self.apart && has_ended(pid(it)) {
            // nobody has waited for it yet, so that this is still the number of its group
            signal(pid(it), true, Signal::KILL);
        }
        let status = it.try_wait()?;
        if status.is_some() {
            *child = None;
        }
        Ok(status)
    }

    /// Whether its end is not known.
    fn is_left(&self) -> bool {
        matches!(self.ended(), Ok(None)) && lock(&self.child).is_some()
    }

    fn signal(&self, what: Signal) {
        if let Some(child) = lock(&self.child).as_ref() {
            signal(pid(child), self.apart, what);
        }
    }

    /// Whether a signal has stopped it, so that it cannot see that its pipes are closed.
    fn is_stopped(&self) -> bool {
        let child = lock(&self.child);
        let Some(child) = child.as_ref() else {
            return false;
        };
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id()));
        let state = stat.ok().and_then(|stat| state(&stat));
        matches!(state, Some('T' | 't'))
    }

    /// Ends it, or abandons one that cannot be ended, without waiting for it here. Its standard input is, or is about to be,
    /// closed: it gets a moment to end by that, as one that sudo runs as root must, and is killed then.
    pub(super) fn let_go(self: Arc<Self>) {
        let _ = thread::Builder::new()
            .name("reap".to_owned())
            .spawn(move || {
                let deadline = Instant::now() + LAST_WORDS;
                while Instant::now() < deadline {
                    if !self.is_left() {
                        return;
                    }
                    thread::park_timeout(GLANCE);
                }
                self.signal(Signal::KILL);
                let pid = lock(&self.child).as_ref().and_then(pid);
                if let Some(pid) = pid {
                    // however long that takes, without keeping others from asking for it
                    let end = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
                    let _ = waitid(WaitId::Pid(pid), end);
                }
                let _ = self.ended();
            });
    }
}

/// Stops those in sessions of their own: what a terminal does with a job does not reach them.
pub fn stop_those_apart() {
    for started in left().iter().filter(|started| started.apart) {
        started.signal(Signal::STOP);
    }
}

/// Lets those in sessions of their own go on.
pub fn continue_those_apart() {
    for started in left().iter().filter(|started| started.apart) {
        started.signal(Signal::CONT);
    }
}

/// Gives those that are left, and whose pipes were closed, a moment to end by themselves, and kills the rest. Whoever
/// cannot be killed is not waited for.
pub fn see_them_end(moment: Duration) {
    let deadline = Instant::now() + moment;
    loop {
        let left = left();
        if left.is_empty() {
            return;
        }
        let late = Instant::now() >= deadline;
        for started in &left {
            if late || started.is_stopped() {
                started.signal(Signal::KILL);
            }
        }
        if late {
            return;
        }
        thread::park_timeout(GLANCE);
    }
}

/// For an end that waits for nobody: kills those that would not see that their pipes are closed, or need not obey it.
pub fn kill_those_that_would_stay() {
    for started in left() {
        if started.apart || started.is_stopped() {
            started.signal(Signal::KILL);
        }
    }
}

fn left() -> Vec<Arc<Started>> {
    let all: Vec<Arc<Started>> = lock(&ALL).iter().filter_map(Weak::upgrade).collect();
    all.into_iter()
        .filter(|started| started.is_left())
        .collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn pid(child: &Child) -> Option<Pid> {
    Pid::from_raw(i32::try_from(child.id()).ok()?)
}

/// Whether it has, without taking note of it.
fn has_ended(pid: Option<Pid>) -> bool {
    let look = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    pid.is_some_and(|pid| matches!(waitid(WaitId::Pid(pid), look), Ok(Some(_))))
}

fn signal(pid: Option<Pid>, group: bool, what: Signal) {
    let Some(pid) = pid else {
        return;
    };
    // one that has only just been started leads no group yet; a process of root's is not ours to signal
    if !group || kill_process_group(pid, what).is_err() {
        let _ = kill_process(pid, what);
    }
}

/// The state's letter in `/proc/PID/stat`, behind the name, which may hold anything (proc(5)).
fn state(stat: &str) -> Option<char> {
    stat.rsplit_once(')')?.1.trim_start().chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_state_is_read_behind_any_name() {
        assert_eq!(state("12 (a) b (c)) T 1 12"), Some('T'));
        assert_eq!(state("rubbish"), None);
    }

    #[test]
    fn one_that_was_stopped_is_killed_when_it_is_let_go() {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "kill -STOP $$"]).stdin(Stdio::null());
        let started = Started::new(command.spawn().unwrap(), false);
        let until = Instant::now() + Duration::from_secs(20);
        while !started.is_stopped() {
            assert!(Instant::now() < until);
            thread::yield_now();
        }
        Arc::clone(&started).let_go();
        while started.is_left() {
            assert!(Instant::now() < until, "it stays");
            thread::yield_now();
        }
    }
}
