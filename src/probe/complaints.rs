//! Complaints on standard error, which nobody may read: who complains never waits for it.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Complaints that may wait to be written.
const WAITING: usize = 16;
/// Complaints in one [`SPELL`]; a pipe that nobody drains is not filled with more.
const MOST: u32 = 20;
const SPELL: Duration = Duration::from_secs(60);
/// How long the end waits for what is still unwritten.
const SETTLE: Duration = Duration::from_millis(200);

/// Where complaints are put.
pub(super) struct Complaints {
    to: SyncSender<String>,
    open: Arc<Open>,
}

/// Complaints that have not been written yet.
#[derive(Default)]
struct Open {
    count: Mutex<usize>,
    written: Condvar,
}

impl Complaints {
    /// Starts the thread that writes them to `out`.
    pub(super) fn start(out: impl Write + Send + 'static) -> io::Result<Self> {
        let (to, from) = sync_channel(WAITING);
        let open = Arc::new(Open::default());
        let seen = Arc::clone(&open);
        super::start("complaints", move || write(out, &from, &seen))?;
        Ok(Self { to, open })
    }

    /// Puts one. Where too many wait it is dropped.
    pub(super) fn put(&self, complaint: String) {
        let lock = || {
            self.open
                .count
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        *lock() += 1;
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) =
            self.to.try_send(complaint)
        {
            *lock() -= 1;
        }
    }

    /// Waits a moment for what has been put to be written.
    pub(super) fn settle(&self) {
        let count = self
            .open
            .count
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // what is unwritten after that stays so: the process is about to end
        let _ = self
            .open
            .written
            .wait_timeout_while(count, SETTLE, |count| *count > 0);
    }
}

fn write(mut out: impl Write, from: &Receiver<String>, open: &Open) {
    let mut spell = (Instant::now(), 0);
    for complaint in from {
        if spell.0.elapsed() >= SPELL {
            spell = (Instant::now(), 0);
        }
        spell.1 += 1;
        // standard error may be closed: there is nobody left to tell
        let _ = match spell.1 {
            ..=MOST => writeln!(out, "migdeck probe: {complaint}"),
            n if n == MOST + 1 => writeln!(
                out,
                "migdeck probe: more complaints of this minute are not shown"
            ),
            _ => Ok(()),
        };
        *open.count.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        open.written.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Sender, channel};

    /// Nobody drains it.
    struct Full(Sender<()>, Receiver<()>);

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            let _ = self.0.send(());
            let _ = self.1.recv();
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(text)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_waits_where_nobody_reads() {
        let (stuck, is_stuck) = channel();
        let (_never, go_on) = channel();
        let complaints = Complaints::start(Full(stuck, go_on)).unwrap();
        complaints.put("first".to_owned());
        is_stuck.recv().unwrap();
        for n in 0..1000 {
            complaints.put(n.to_string());
        }
        complaints.settle();
    }

    #[test]
    fn a_flood_is_cut_and_said_to_be() {
        let page = Page::default();
        let complaints = Complaints::start(page.clone()).unwrap();
        for n in 0..2 * MOST {
            complaints.put(format!("number {n}"));
            complaints.settle();
        }
        let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count() as u32, MOST + 1);
        assert!(
            text.ends_with("more complaints of this minute are not shown\n"),
            "{text}"
        );
    }
}
