//! What is switched on in a terminal to draw on all of it, and off again.

use std::io;

/// Mode 2026: what is drawn becomes visible at once.
pub const SYNC_ON: &[u8] = b"\x1b[?2026h";
/// The end of what becomes visible at once.
pub const SYNC_OFF: &[u8] = b"\x1b[?2026l";
/// All attributes off, and everything cleared.
pub const CLEAR: &[u8] = b"\x1b[0m\x1b[2J\x1b[H";

/// The end of a string (OSC, DCS); nothing where there is none.
pub const STRING_END: &[u8] = b"\x1b\\";

/// How wide is a character drawn that may be one or two columns wide: where is the cursor after it, in the second line, as
/// an answer from the first one could be F3. The first frame covers the character.
pub const ASK_WIDTH: &[u8] = "\x1b[2;1H│\x1b[6n".as_bytes();
/// Is mode 2026 known?
pub const ASK_SYNC: &[u8] = b"\x1b[?2026$p";

/// Alternate screen, cursor hidden, pastes bracketed, and the mouse where it is wanted (presses and wheel, not moves).
pub fn enter(mouse: bool) -> Vec<u8> {
    let mut bytes = b"\x1b[?1049h\x1b[?25l\x1b[?2004h".to_vec();
    if mouse {
        bytes.extend(b"\x1b[?1000h\x1b[?1006h");
    }
    bytes.extend(CLEAR);
    bytes
}

/// Everything off that may be on, also what is off already. A terminal without alternate screen is left cleared.
const LEAVE: &[u8] =
    b"\x1b[?2026l\x1b[?1006l\x1b[?1000l\x1b[?2004l\x1b[0m\x1b[2J\x1b[H\x1b[?1049l\x1b[?25h";

/// Where the steps of leaving go.
pub trait Outlet {
    /// Writes to the terminal.
    ///
    /// # Errors
    /// It cannot be written.
    fn write(&self, bytes: &[u8]) -> io::Result<()>;

    /// Gives it back its line discipline.
    ///
    /// # Errors
    /// It cannot be set.
    fn cook(&self) -> io::Result<()>;
}

/// Leaves the terminal: each step is tried, whatever became of the one before.
pub fn leave(to: &impl Outlet) {
    let _ = to.write(LEAVE);
    let _ = to.cook();
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    struct Steps {
        seen: RefCell<Vec<String>>,
        broken: bool,
    }

    impl Steps {
        fn step(&self, what: String) -> io::Result<()> {
            self.seen.borrow_mut().push(what);
            if self.broken {
                return Err(io::Error::other("gone"));
            }
            Ok(())
        }
    }

    impl Outlet for Steps {
        fn write(&self, bytes: &[u8]) -> io::Result<()> {
            self.step(String::from_utf8_lossy(bytes).into_owned())
        }

        fn cook(&self) -> io::Result<()> {
            self.step("cook".to_owned())
        }
    }

    fn steps(broken: bool) -> Vec<String> {
        let steps = Steps {
            seen: RefCell::default(),
            broken,
        };
        leave(&steps);
        steps.seen.into_inner()
    }

    #[test]
    fn a_step_that_fails_keeps_no_other_from_being_tried() {
        assert_eq!(steps(true), steps(false));
        assert_eq!(steps(true).last().map(String::as_str), Some("cook"));
    }

    #[test]
    fn whatever_is_switched_on_is_switched_off() {
        let on = String::from_utf8(enter(true)).unwrap();
        let off = steps(false).concat();
        for mode in on.split("\u{1b}[?").filter_map(|m| m.split_once('h')) {
            if mode.0.parse::<u16>().is_ok() {
                assert!(off.contains(&format!("\u{1b}[?{}l", mode.0)), "{}", mode.0);
            }
        }
        assert!(on.contains("?25l") && off.ends_with("\u{1b}[?25hcook"));
    }

    #[test]
    fn the_screen_is_cleared_before_the_alternate_one_is_left_and_never_after() {
        let off = steps(false).concat();
        let clear = off.find("\u{1b}[2J").unwrap();
        assert!(clear < off.find("\u{1b}[?1049l").unwrap());
        assert!(clear > off.find("\u{1b}[?2026l").unwrap());
    }
}
