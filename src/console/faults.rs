//! Panics: the console goes on without the thread that had one, and leaves the terminal before it tells of its own.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write;
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};

use super::event::Event;
use super::tty::Tty;
use crate::app::Message;
use crate::domain::text::Text;

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Sync + Send + 'static>;

/// What panicked so far. Dropping it leaves panics to whoever had them before.
pub struct Faults {
    reports: Arc<Mutex<Vec<String>>>,
    before: Option<Hook>,
}

impl Faults {
    /// Takes panics from here on. One on this thread, which is to catch it, is recorded; of any other the loop is told, and
    /// the terminal stays as it is.
    pub fn watch(tty: Arc<Tty>, to: Sender<Event>) -> Self {
        let reports = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&reports);
        let before = std::panic::take_hook();
        let loops = thread::current().id();
        let falling = AtomicBool::new(false);
        std::panic::set_hook(Box::new(move |info| {
            // no thread may be kept from its own end: a lock that is taken here is never held in what could panic
            lock(&kept).push(report(info));
            match on_whose(loops, &falling) {
                Whose::Other => {
                    let _ = to.send(Event::Message(Message::Fault(sentence(info).into())));
                }
                Whose::Loop => {}
                // a panic during a panic ends the process before anybody could catch it
                Whose::LoopAgain => tty.restore(),
            }
        }));
        Self {
            reports,
            before: Some(before),
        }
    }

    /// Writes the reports to standard error; there may be nobody left to read them. Whether there were any.
    pub fn tell(&self) -> bool {
        let reports = std::mem::take(&mut *lock(&self.reports));
        for report in &reports {
            let _ = writeln!(std::io::stderr(), "migdeck: {report}");
        }
        !reports.is_empty()
    }
}

impl Drop for Faults {
    fn drop(&mut self) {
        // cannot be changed during a panic; the process ends then
        if let Some(before) = self.before.take()
            && !thread::panicking()
        {
            std::panic::set_hook(before);
        }
    }
}

fn lock(reports: &Mutex<Vec<String>>) -> std::sync::MutexGuard<'_, Vec<String>> {
    reports.lock().unwrap_or_else(PoisonError::into_inner)
}

enum Whose {
    Other,
    Loop,
    LoopAgain,
}

fn on_whose(loops: ThreadId, falling: &AtomicBool) -> Whose {
    if thread::current().id() != loops {
        return Whose::Other;
    }
    if falling.swap(true, Ordering::SeqCst) {
        Whose::LoopAgain
    } else {
        Whose::Loop
    }
}

/// One sentence for the screen.
fn sentence(info: &PanicHookInfo<'_>) -> String {
    let thread = thread::current();
    let name = thread.name().unwrap_or("?");
    let said = Text::new(said(info));
    match info.location() {
        Some(at) => format!("thread {name}: {said} ({}:{})", at.file(), at.line()),
        None => format!("thread {name}: {said}"),
    }
}

/// All that is known, for standard error.
fn report(info: &PanicHookInfo<'_>) -> String {
    let mut text = format!("a panic in {}", sentence(info));
    // taken only where RUST_BACKTRACE asks for it
    let trace = Backtrace::capture();
    if trace.status() == BacktraceStatus::Captured {
        text = format!("{text}\n{trace}");
    }
    text
}

fn said<'a>(info: &'a PanicHookInfo<'_>) -> &'a str {
    info.payload_as_str().unwrap_or("no message")
}
