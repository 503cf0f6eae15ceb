//! A log that is looked at: its last lines, as many as are worth keeping.

use std::collections::VecDeque;

use crate::domain::cluster::asked::PodName;
use crate::domain::text::Text;

/// Lines and bytes that are kept.
const LINES: usize = 5000;
const BYTES: usize = 2 << 20;

/// A log that is looked at.
#[derive(Clone, PartialEq, Debug)]
pub struct LogView {
    /// Number of the question that it answers.
    pub id: u64,
    /// Whose it is.
    pub pod: PodName,
    /// The container; `None`: not told yet.
    pub container: Option<Text>,
    /// All containers of the pod.
    pub containers: Vec<Text>,
    /// Of the container before it was started again.
    pub previous: bool,
    /// The last lines.
    pub lines: VecDeque<Text>,
    /// Lines that were there and are not kept any more.
    pub dropped: u64,
    /// The end stays in view.
    pub follow: bool,
    /// First line that is drawn where the end is not followed.
    pub offset: usize,
    /// How it goes on.
    pub state: LogState,
    bytes: usize,
}

/// How a log goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LogState {
    /// It was asked for.
    Asked,
    /// Further lines come as they are written.
    Goes,
    /// Nothing more comes.
    Ended,
    /// It is not read, or not any more, and why.
    Failed(Text),
}

impl LogView {
    /// A log that is being asked for.
    pub fn new(id: u64, pod: PodName, container: Option<Text>, previous: bool) -> Self {
        Self {
            id,
            pod,
            container,
            containers: Vec::new(),
            previous,
            lines: VecDeque::new(),
            dropped: 0,
            follow: true,
            offset: 0,
            state: LogState::Asked,
            bytes: 0,
        }
    }

    /// Takes further lines in, and drops what there is no room for.
    pub fn push(&mut self, lines: &[Text]) {
        for line in lines {
            self.bytes += line.len();
            self.lines.push_back(line.clone());
        }
        while self.lines.len() > LINES || self.bytes > BYTES {
            let Some(first) = self.lines.pop_front() else {
                break;
            };
            self.bytes -= first.len();
            self.dropped += 1;
            // what is looked at stays where it is
            self.offset = self.offset.saturating_sub(1);
        }
    }

    /// The container after the one that is shown, around the end; `None`: there is only one.
    pub fn next_container(&self) -> Option<Text> {
        let of = self.containers.len();
        let shown = self.container.as_ref();
        let at = self.containers.iter().position(|c| Some(c) == shown)?;
        (of > 1).then(|| self.containers[(at + 1) % of].clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_keeps_its_end_and_tells_what_it_dropped() {
        let pod = PodName {
            namespace: "a".into(),
            name: "b".into(),
            uid: None,
        };
        let mut log = LogView::new(1, pod, None, false);
        log.offset = 10;
        let lines: Vec<Text> = (0..LINES + 4).map(|n| n.to_string().into()).collect();
        log.push(&lines);
        assert_eq!((log.lines.len(), log.dropped, log.offset), (LINES, 4, 6));
        assert_eq!(log.lines.front().map(|l| l.as_str()), Some("4"));
        let long: Vec<Text> = (0..1000).map(|_| "x".repeat(4096).into()).collect();
        log.push(&long);
        assert!(log.bytes <= BYTES && log.lines.len() == BYTES / 4096);
    }
}
