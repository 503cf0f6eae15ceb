//! The thread that takes signals.

use std::io;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;

use super::event::Event;
use super::hangup;
use super::tty::Tty;
use crate::wiring::signals::heeded;

/// How long the loop may take to leave the terminal by itself.
const PATIENCE: Duration = Duration::from_millis(300);
/// How long it may take once it writes nothing any more but how to leave, which may take 300 ms.
const LAST: Duration = Duration::from_millis(400);

/// Whether the loop has left the terminal.
#[derive(Debug, Default)]
pub struct Left(Mutex<bool>, Condvar);

impl Left {
    /// It has.
    pub fn set(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.1.notify_all();
    }

    /// Waits for it; whether it has.
    fn within(&self, patience: Duration) -> bool {
        let left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.1.wait_timeout_while(left, patience, |left| !*left);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Starts taking signals: those that end, stop and continue a program, and the window's changes of size.
///
/// # Errors
/// No thread can be had, or signals cannot be caught.
pub fn take(tty: Arc<Tty>, left: Arc<Left>, to: Sender<Event>) -> io::Result<()> {
    let ending = heeded(&[SIGTERM, SIGINT, SIGQUIT, SIGHUP]);
    let others = [SIGTSTP, SIGCONT, SIGWINCH];
    let mut signals = Signals::new(ending.iter().chain(&others))?;
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for signal in signals.forever() {
                // whoever listened may have left already: then ending is all that remains
                let _ = to.send(match signal {
                    SIGWINCH => Event::Resized,
                    SIGCONT => Event::Continued,
                    SIGTSTP => Event::Suspend,
                    _ => Event::End(signal),
                });
                if ending.contains(&signal) {
                    see_it_end(&tty, &left, signal);
                }
            }
        })
        .map(drop)
}

/// Gives the loop a moment to end; ends the process without it where it is stuck.
fn see_it_end(tty: &Tty, left: &Left, signal: i32) {
    let was_left = left.within(Duration::ZERO);
    if tty.hung_up() {
        hangup::leave_at_once();
    }
    if !was_left {
        if left.within(PATIENCE) {
            return;
        }
        // whoever reads the terminal has stopped, and the loop is stuck in writing a frame
        tty.let_go(signal);
        if left.within(LAST) {
            return;
        }
        tty.restore_by_force();
    }
    // the second signal does not wait for what is still being tidied up
    hangup::tidy_up();
    signal_hook::low_level::exit(128 + signal);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_when_the_loop_has_left_and_not_before() {
        let left = Arc::new(Left::default());
        assert!(!left.within(Duration::from_millis(1)));
        let other = Arc::clone(&left);
        let thread = std::thread::spawn(move || other.set());
        assert!(left.within(Duration::from_secs(60)));
        thread.join().unwrap();
        assert!(left.within(Duration::ZERO));
    }
}
