//! What is typed while the loop is busy, or stuck in writing: so much of it waits, and what is beyond is dropped and counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::app::Message;

/// Keys and turns of the wheel that wait, or bytes of pastes.
const ROOM: usize = 4096;

/// How much typed input is on its way to the loop. Shared by who reads the terminal and the loop.
#[derive(Clone, Debug, Default)]
pub struct Backlog(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    waiting: AtomicUsize,
    dropped: AtomicUsize,
}

impl Backlog {
    /// Whether there is room for it, which is taken then; where there is none it is counted as dropped. One that is larger
    /// than all the room finds some when nothing else waits.
    pub fn takes(&self, message: &Message) -> bool {
        let size = size(message);
        let room = |waiting: usize| {
            let after = waiting.saturating_add(size);
            (waiting == 0 || after <= ROOM).then_some(after)
        };
        let waiting = &self.0.waiting;
        let taken = waiting.fetch_update(Ordering::AcqRel, Ordering::Acquire, room);
        if taken.is_err() {
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
        }
        taken.is_ok()
    }

    /// The loop has it.
    pub fn arrived(&self, message: &Message) {
        self.0.waiting.fetch_sub(size(message), Ordering::AcqRel);
    }

    /// How many were dropped since this was last asked.
    pub fn dropped(&self) -> usize {
        self.0.dropped.swap(0, Ordering::Relaxed)
    }
}

/// 0 for what is not typed.
fn size(message: &Message) -> usize {
    match message {
        Message::Key(_) | Message::Mouse(_) => 1,
        Message::Paste(text) => text.len().max(1),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::message::Mouse;

    #[test]
    fn what_finds_no_room_is_dropped_and_counted_once() {
        let backlog = Backlog::default();
        let wheel = Message::Mouse(Mouse::Wheel(1));
        assert_eq!(
            (0..ROOM + 7).filter(|_| backlog.takes(&wheel)).count(),
            ROOM
        );
        assert_eq!((backlog.dropped(), backlog.dropped()), (7, 0));
        backlog.arrived(&wheel);
        assert!(backlog.takes(&wheel) && !backlog.takes(&wheel));
    }

    #[test]
    fn a_large_paste_waits_alone_and_news_needs_no_room() {
        let backlog = Backlog::default();
        let paste = Message::Paste("x".repeat(ROOM * 2));
        let news = Message::Resized {
            width: 1,
            height: 1,
        };
        assert!(backlog.takes(&paste) && !backlog.takes(&paste));
        backlog.arrived(&news);
        assert!(!backlog.takes(&Message::Paste(String::new())));
        backlog.arrived(&paste);
        assert!(backlog.takes(&Message::Paste(String::new())));
    }
}
