//! What is known of the process that an Xid names.

use crate::app::on_slot;
use crate::domain::fleet::Node;
use crate::domain::xid::XidEvent;

/// What is known now of the process that a report names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It still runs on a GPU.
    Runs,
    /// It waits in the driver, and no signal ends it.
    Stuck,
    /// Another process has its number now: it has ended.
    Replaced,
    /// No process of that number is on a GPU now.
    Gone,
    /// Processes have not been read yet.
    NotRead,
}

impl Fate {
    /// Its word in texts.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Runs => "xids.runs",
            Self::Stuck => "xids.stuck",
            Self::Replaced => "xids.replaced",
            Self::Gone => "xids.gone",
            Self::NotRead => "xids.not_read",
        }
    }
}

/// What became of the process that a report names; `None`: it names none.
pub fn fate(node: &Node, xid: &XidEvent) -> Option<Fate> {
    let pid = xid.pid?;
    Some(match on_slot::host_process(node, pid) {
        Some(process) => match process.started.value() {
            Some(started) if *started > xid.at => Fate::Replaced,
            _ if process.uninterruptible => Fate::Stuck,
            _ => Fate::Runs,
        },
        None if node.stream.beat.is_none() => Fate::NotRead,
        None => Fate::Gone,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::sparse::{before, node, process, xid};
    use crate::domain::ids::Pid;

    #[test]
    fn a_process_that_no_signal_ends_does_not_run() {
        let mut node = node("a", Vec::new());
        let mut report = xid(119, 0, before(5));
        report.pid = Some(Pid(7));
        node.processes = vec![process(7, "kim", "nvidia-smi")];
        assert_eq!(fate(&node, &report), Some(Fate::Runs));
        node.processes[0].uninterruptible = true;
        assert_eq!(fate(&node, &report), Some(Fate::Stuck));
    }
}
