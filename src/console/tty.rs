//! The terminal as a device: its two ends, its line discipline, its size.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::termios::{
    Action, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflow, tcflush, tcgetattr,
    tcgetwinsize, tcsetattr,
};

use super::modes::{self, Outlet, STRING_END};

/// Columns and lines of a terminal that does not say.
const USUAL: (u16, u16) = (80, 24);
/// Largest window that is drawn in; one that claims more is no window.
const LARGEST: (u16, u16) = (1000, 500);

/// Bytes that are written at once: whoever is kept from writing stops after as many.
const PIECE: usize = 2048;
/// How often a write that must not wait is tried, and how long each try waits for room: 300 ms in all.
const FORCED: u8 = 150;
const MOMENT: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 2_000_000,
};

/// The terminal of standard input and output.
#[derive(Debug)]
pub struct Tty {
    input: OwnedFd,
    output: OwnedFd,
    /// As it was found.
    cooked: Termios,
    mouse: bool,
    /// Whether it is set up, and so has something to be restored.
    held: AtomicBool,
    /// The signal for which nothing more is written; 0: none yet.
    ended_by: AtomicI32,
}

impl Tty {
    /// Takes hold of the terminal, and changes nothing yet.
    ///
    /// # Errors
    /// Standard input or output is no terminal.
    pub fn open(mouse: bool) -> io::Result<Self> {
        let input = rustix::io::fcntl_dupfd_cloexec(std::io::stdin(), 3)?;
        let output = rustix::io::fcntl_dupfd_cloexec(std::io::stdout(), 3)?;
        let cooked = tcgetattr(&input)?;
        tcgetattr(&output)?;
        Ok(Self {
            input,
            output,
            cooked,
            mouse,
            held: AtomicBool::new(false),
            ended_by: AtomicI32::new(0),
        })
    }

    /// What the erase key sends.
    pub fn erase(&self) -> u8 {
        self.cooked.special_codes[SpecialCodeIndex::VERASE]
    }

    /// Keys come one by one and unchanged from here on; what has to be written for it comes back, so that it can go out
    /// together with the first frame.
    ///
    /// # Errors
    /// The terminal does not let itself be set.
    pub fn set_up(&self) -> io::Result<Vec<u8>> {
        self.held.store(true, Ordering::SeqCst);
        let mut raw = self.cooked.clone();
        raw.make_raw();
        // Drain and Flush would wait for a reader that may have stopped
        again(|| tcsetattr(&self.input, OptionalActions::Now, &raw))?;
        Ok(modes::enter(self.mouse))
    }

    /// Leaves the terminal as it was found; does nothing if that was done. Never fails and never prints anything else.
    pub fn restore(&self) {
        if self.held.swap(false, Ordering::SeqCst) {
            if self.mouse {
                // reports on their way would be typed into the shell
                let _ = tcflush(&self.input, QueueSelector::IFlush);
            }
            if self.ended_by().is_some() {
                // the last piece of what nobody reads is still there
                self.make_room();
                modes::leave(&Forced(self));
            } else {
                modes::leave(self);
            }
        }
    }

    /// The same while another thread may be stuck in writing: what waits to be read is thrown away, and nothing is waited
    /// for.
    pub fn restore_by_force(&self) {
        self.make_room();
        if self.held.swap(false, Ordering::SeqCst) {
            modes::leave(&Forced(self));
        }
    }

    /// Whoever is stuck in writing goes on, and writes no more: it would only fill the room again that leaving needs. What
    /// was written and not yet read is thrown away.
    pub fn let_go(&self, signal: i32) {
        self.ended_by.store(signal, Ordering::SeqCst);
        self.make_room();
    }

    /// The signal for which the loop was kept from writing.
    pub fn ended_by(&self) -> Option<i32> {
        Some(self.ended_by.load(Ordering::SeqCst)).filter(|signal| *signal != 0)
    }

    fn make_room(&self) {
        let _ = tcflush(&self.output, QueueSelector::OFlush);
        // that makes room and wakes nobody (Linux, pty); stopping and starting the flow does
        let _ = tcflow(&self.output, Action::OOff);
        let _ = tcflow(&self.output, Action::OOn);
    }

    /// Columns and lines: 80 by 24 for those it does not say.
    pub fn size(&self) -> (u16, u16) {
        let size = tcgetwinsize(&self.output).map_or((0, 0), |s| (s.ws_col, s.ws_row));
        sensible(size)
    }

    /// Whether the terminal is gone.
    pub fn hung_up(&self) -> bool {
        let mut fds = self.ends();
        let at_once = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        poll(&mut fds, Some(&at_once)).is_ok() && fds.iter().any(is_gone)
    }

    /// Waits until the terminal is gone.
    pub fn wait_for_hang_up(&self) {
        loop {
            let mut fds = self.ends();
            match poll(&mut fds, None) {
                Ok(_) if fds.iter().any(is_gone) => return,
                Ok(_) | Err(Errno::INTR | Errno::AGAIN) => {}
                Err(_) => return,
            }
        }
    }

    /// Both ends, asked for nothing but their loss.
    fn ends(&self) -> [PollFd<'_>; 2] {
        [
            PollFd::new(&self.input, PollFlags::empty()),
            PollFd::new(&self.output, PollFlags::empty()),
        ]
    }

    /// Where keys come from.
    pub fn input(&self) -> BorrowedFd<'_> {
        self.input.as_fd()
    }

    /// Writes all of it, however long that takes.
    ///
    /// # Errors
    /// The terminal is gone, or nothing more is to be written.
    pub fn write(&self, bytes: &[u8]) -> io::Result<()> {
        for piece in bytes.chunks(PIECE) {
            if self.ended_by().is_some() {
                return Err(Errno::INTR.into());
            }
            write_all(&self.output, piece, None)?;
        }
        Ok(())
    }

    /// The terminal opened once more, so that a write neither waits for a reader nor for who is writing.
    fn another_way_in(&self) -> Option<OwnedFd> {
        let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let own = format!("/proc/self/fd/{}", self.output.as_raw_fd());
        [own.as_str(), "/dev/tty"]
            .iter()
            .find_map(|path| rustix::fs::open(*path, flags, Mode::empty()).ok())
    }
}

impl Outlet for Tty {
    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        Self::write(self, bytes)
    }

    fn cook(&self) -> io::Result<()> {
        again(|| tcsetattr(&self.input, OptionalActions::Now, &self.cooked))
    }
}

/// The terminal while a thread is stuck in writing to it.
struct Forced<'a>(&'a Tty);

impl Outlet for Forced<'_> {
    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let way = self.0.another_way_in().ok_or(Errno::NODEV)?;
        // what was thrown away may have been the rest of a string: it ends here
        let bytes = [STRING_END, bytes].concat();
        write_all(&way, &bytes, Some(FORCED))
    }

    fn cook(&self) -> io::Result<()> {
        self.0.cook()
    }
}

/// Writes all of it; where there is no room waits so many times for a moment, or for ever.
fn write_all(to: impl AsFd, mut bytes: &[u8], mut tries: Option<u8>) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(&to, bytes) {
            Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            // whoever had the terminal before may have left it like this
            Err(Errno::AGAIN) => {
                if let Some(left) = &mut tries {
                    *left = left.checked_sub(1).ok_or(Errno::AGAIN)?;
                }
                let moment = tries.map(|_| MOMENT);
                let mut fds = [PollFd::new(&to, PollFlags::OUT)];
                match poll(&mut fds, moment.as_ref()) {
                    Ok(_) | Err(Errno::INTR) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Until no signal comes between.
fn again(mut call: impl FnMut() -> Result<(), Errno>) -> io::Result<()> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            done => return Ok(done?),
        }
    }
}

fn is_gone(fd: &PollFd<'_>) -> bool {
    fd.revents()
        .intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
}

fn sensible((width, height): (u16, u16)) -> (u16, u16) {
    let or = |n: u16, usual: u16, most: u16| if n == 0 { usual } else { n.min(most) };
    (
        or(width, USUAL.0, LARGEST.0),
        or(height, USUAL.1, LARGEST.1),
    )
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::sync::Arc;

    use portable_pty::{MasterPty, PtySize, native_pty_system};

    use super::*;

    /// A terminal that nobody reads until its other end is.
    fn terminal() -> (Tty, Box<dyn MasterPty + Send>) {
        let pair = native_pty_system().openpty(PtySize::default()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let path = pair.master.tty_name().unwrap();
        let end = || rustix::fs::open(&path, flags, Mode::empty()).unwrap();
        let (input, output) = (end(), end());
        let tty = Tty {
            cooked: tcgetattr(&input).unwrap(),
            input,
            output,
            mouse: false,
            held: AtomicBool::new(false),
            ended_by: AtomicI32::new(0),
        };
        (tty, pair.master)
    }

    #[test]
    fn who_is_stuck_in_a_long_write_stops_and_the_terminal_is_left_last() {
        let (tty, master) = terminal();
        let tty = Arc::new(tty);
        let before = tty.set_up().unwrap();
        let writer = {
            let tty = Arc::clone(&tty);
            std::thread::spawn(move || {
                let frame = [before, vec![b'x'; 4 << 20]].concat();
                let written = tty.write(&frame);
                tty.restore();
                written
            })
        };
        // the room is used up: the writer waits, or is about to
        let mut fds = [PollFd::new(&tty.output, PollFlags::OUT)];
        let at_once = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        while poll(&mut fds, Some(&at_once)).unwrap() > 0 {
            std::thread::yield_now();
        }
        tty.let_go(15);
        assert!(writer.join().unwrap().is_err());
        assert_eq!(tty.ended_by(), Some(15));
        let modes = |tty: &Tty| tcgetattr(&tty.input).unwrap().local_modes;
        assert_eq!(modes(&tty), tty.cooked.local_modes);

        let mut reader = master.try_clone_reader().unwrap();
        drop(tty);
        let mut seen = Vec::new();
        // ends with an error once the last of it is read and nobody holds the terminal
        let _ = reader.read_to_end(&mut seen);
        assert!(seen.ends_with(b"\x1b[?1049l\x1b[?25h"), "{}", seen.len());
    }

    #[test]
    fn a_window_without_size_is_80_by_24_and_none_is_drawn_beyond_measure() {
        assert_eq!(sensible((0, 0)), (80, 24));
        assert_eq!(sensible((120, 0)), (120, 24));
        assert_eq!(sensible((7, 3)), (7, 3));
        assert_eq!(sensible((u16::MAX, u16::MAX)), LARGEST);
    }
}
