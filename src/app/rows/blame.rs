//! What is known of the process that an Xid names.

use crate::app::on_slot;
use crate::domain::fleet::Node;
use crate::domain::xid::XidEvent;

/// What is known now of the process that a report names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It still runs on a GPU.
    Runs,
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
            _ => Fate::Runs,
        },
        None if node.stream.beat.is_none() => Fate::NotRead,
        None => Fate::Gone,
    })
}
