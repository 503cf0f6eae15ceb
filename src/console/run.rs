//! A console from its start to its end.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use crate::app::message::Playback;
use crate::app::{Message, Snapshot};
use crate::sources::stream::started;
use crate::wiring::headless::Spec;
use crate::wiring::live::{Live, News, Ways};

use super::capability::Environment;
use super::event::Event;
use super::faults::Faults;
use super::look::Looks;
use super::options::{Error, Options};
#[cfg(debug_assertions)]
use super::planted;
use super::save::Folders;
use super::signals::Left;
use super::tty::Tty;
use super::ui::{End, Ui};
use super::{hangup, input, signals};

/// Exit code after a thread panicked, or the terminal could not be read any more.
const FAULTED: u8 = 1;

/// How long what was started may take to end by itself, once the terminal is the shell's again.
const LAST_MOMENT: Duration = Duration::from_millis(500);

/// Runs the console until the user leaves; comes back with the exit code. A terminal that is lost ends the process with
/// 129, and a panic of the loop goes on after the terminal was restored.
///
/// # Errors
/// The terminal cannot be set up or written, or the sources cannot be started.
pub fn run(options: Options) -> Result<u8, Error> {
    let Options {
        model,
        specs,
        ways,
        wishes,
        themes,
    } = options;
    let environment = Environment::of_process();
    environment.usable()?;
    let tty = Arc::new(Tty::open(wishes.mouse)?);
    let (to, events) = channel();
    let faults = Faults::watch(Arc::clone(&tty), to.clone());
    let left = Arc::new(Left::default());
    hangup::watch(Arc::clone(&tty))?;
    signals::take(Arc::clone(&tty), Arc::clone(&left), to.clone())?;

    let looks = Looks::new(&environment, &wishes, &model.theme, themes);
    let folders = Folders::of(wishes.state_dir.as_deref());
    let sender = to.clone();
    let mut ui = Ui::new(model, looks, Arc::clone(&tty), environment, folders, to);
    let done = catch_unwind(AssertUnwindSafe(|| {
        show(&mut ui, specs, ways, sender, &events)
    }));
    if tty.hung_up() {
        hangup::leave_at_once();
    }
    ui.leave(&events);
    left.set();
    // closes the pipes of what was started
    ui.live = None;
    started::see_them_end(LAST_MOMENT);
    let faulted = faults.tell();
    match done {
        Ok(Ok(End::Signal(signal))) => Ok(u8::try_from(128 + signal).unwrap_or(FAULTED)),
        Ok(Ok(End::Quit)) if !faulted => Ok(0),
        Ok(Ok(End::Quit)) => Ok(FAULTED),
        Ok(Ok(End::Deaf)) => Err(Error::Terminal(io::Error::other("no keys can be read"))),
        Ok(Err(error)) => match tty.ended_by() {
            // kept from writing, so that it ends
            Some(signal) => Ok(u8::try_from(128 + signal).unwrap_or(FAULTED)),
            None => Err(error),
        },
        Err(panic) => resume_unwind(panic),
    }
}

/// Draws first, then starts the sources.
fn show(
    ui: &mut Ui,
    specs: Vec<Spec>,
    ways: Ways,
    to: Sender<Event>,
    events: &Receiver<Event>,
) -> Result<End, Error> {
    ui.begin()?;
    input::listen(Arc::clone(&ui.tty), ui.backlog.clone(), to.clone())?;
    let live = Live::start(specs, ways, move |news| {
        // where nobody listens any more there is nothing to be told
        for message in messages(news) {
            let _ = to.send(Event::Message(message));
        }
    });
    ui.live = Some(live.map_err(Error::Sources)?);
    #[cfg(debug_assertions)]
    planted::panic()?;
    Ok(ui.run(events)?)
}

fn messages(news: News) -> impl Iterator<Item = Message> {
    let tape = news.tape.map(|tape| {
        Message::Played(Playback {
            speed: tape.speed.unwrap_or(f64::INFINITY),
            paused: tape.paused,
            at: tape.at,
            ended: tape.ended,
        })
    });
    let notice = news.notice.map(Message::NotWritten);
    let advice = news.advice.map(|a| Message::Advice(a.into()));
    let snapshot = Message::Snapshot(Snapshot {
        fleet: news.fleet,
        history: news.history,
    });
    let told = notice.into_iter().chain(advice);
    tape.into_iter().chain([snapshot]).chain(told)
}
