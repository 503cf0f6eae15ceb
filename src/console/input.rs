//! The thread that reads the terminal.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::backlog::Backlog;
use super::decode::{Decoder, Pointer, Seen};
use super::event::Event;
use super::tty::Tty;
use crate::app::Message;
use crate::app::message::Mouse;

/// Silence after which a lone ESC is the key: terminals send a sequence in one piece.
const ESC: Timespec = millis(12);
/// Silence after which a paste that has not ended has.
const PASTE: Timespec = millis(2000);
/// Two presses within this time on one place are a double click.
const DOUBLE: Duration = Duration::from_millis(400);

const fn millis(ms: i64) -> Timespec {
    Timespec {
        tv_sec: ms / 1000,
        tv_nsec: ms % 1000 * 1_000_000,
    }
}

/// Starts reading; ends with the terminal, or with who listens.
///
/// # Errors
/// No thread can be had.
pub fn listen(tty: Arc<Tty>, backlog: Backlog, to: Sender<Event>) -> io::Result<()> {
    std::thread::Builder::new()
        .name("keys".to_owned())
        .spawn(move || {
            // also where a panic ends it: without keys nobody could leave
            let _last = Last(to.clone());
            read(&tty, &backlog, &to);
        })
        .map(drop)
}

struct Last(Sender<Event>);

impl Drop for Last {
    fn drop(&mut self) {
        let _ = self.0.send(Event::Deaf);
    }
}

fn read(tty: &Tty, backlog: &Backlog, to: &Sender<Event>) {
    let mut decoder = Decoder::new(tty.erase());
    let mut clicks = Clicks::default();
    let mut seen = Vec::new();
    let mut bytes = [0; 4096];
    loop {
        let patience = match (decoder.waits(), decoder.pasting()) {
            (_, true) => Some(&PASTE),
            (true, false) => Some(&ESC),
            (false, false) => None,
        };
        let input = tty.input();
        let mut fds = [PollFd::new(&input, PollFlags::IN)];
        match poll(&mut fds, patience) {
            Ok(0) => decoder.silence(&mut seen),
            Ok(_) => match rustix::io::read(input, &mut bytes) {
                Ok(0) => return,
                Ok(n) => decoder.feed(bytes.get(..n).unwrap_or_default(), &mut seen),
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(_) => return,
            },
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(_) => return,
        }
        for one in seen.drain(..) {
            let message = match one {
                Seen::Key(key) => Message::Key(key),
                Seen::Paste(text) => Message::Paste(text),
                Seen::Mouse(pointer) => Message::Mouse(clicks.mouse(pointer, Instant::now())),
                Seen::Reply(reply) => {
                    if to.send(Event::Reply(reply)).is_err() {
                        return;
                    }
                    continue;
                }
            };
            if backlog.takes(&message) && to.send(Event::Message(message)).is_err() {
                return;
            }
        }
    }
}

/// Tells double clicks.
#[derive(Debug, Default)]
struct Clicks {
    last: Option<(u16, u16, Instant)>,
}

impl Clicks {
    fn mouse(&mut self, pointer: Pointer, now: Instant) -> Mouse {
        match pointer {
            Pointer::Wheel { up } => Mouse::Wheel(if up { -1 } else { 1 }),
            Pointer::Press { x, y } => {
                let double = self.last.is_some_and(|(before_x, before_y, at)| {
                    (before_x, before_y) == (x, y) && now.duration_since(at) < DOUBLE
                });
                // a third press begins anew
                self.last = (!double).then_some((x, y, now));
                Mouse::Click { x, y, double }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_double_click_is_two_presses_on_one_place_soon_after_each_other() {
        let mut clicks = Clicks::default();
        let begun = Instant::now();
        let mut press = |x, ms| {
            let mouse = clicks.mouse(
                Pointer::Press { x, y: 1 },
                begun + Duration::from_millis(ms),
            );
            matches!(mouse, Mouse::Click { double: true, .. })
        };
        assert!(!press(5, 0));
        assert!(press(5, 300));
        assert!(!press(5, 400), "a third press is the first of another");
        assert!(!press(6, 500), "elsewhere");
        assert!(!press(6, 1000), "later");
        assert!(press(6, 1100));
    }
}
