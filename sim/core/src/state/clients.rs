//! Processes that have the driver open. A killed one is recognised by its pid and start time.

use serde::{Deserialize, Serialize};

/// A process between its first `nvmlInit` and its last `nvmlShutdown`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Client {
    pub(crate) serial: u64,
    pub(crate) pid: u32,
    /// Field 22 of `/proc/<pid>/stat`, clock ticks since boot.
    pub(crate) start: u64,
}

impl Client {
    /// This process under a serial.
    pub(crate) fn this(serial: u64) -> Self {
        let pid = std::process::id();
        Self {
            serial,
            pid,
            start: started(pid).unwrap_or(0),
        }
    }

    pub(crate) fn alive(&self) -> bool {
        started(self.pid) == Some(self.start)
    }
}

/// When a living process started; `None`: it is gone, or a zombie.
fn started(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // the command name may hold blanks and parentheses: what follows the last one counts
    let mut rest = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    if matches!(rest.next()?, "Z" | "X") {
        return None;
    }
    rest.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_another_start_time_does_not() {
        let client = Client::this(1);
        assert!(client.start > 0);
        assert!(client.alive());
        let earlier = Client {
            start: client.start - 1,
            ..client
        };
        assert!(!earlier.alive());
    }
}
