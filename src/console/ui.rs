//! The loop: messages in, effects done, frames out. It alone writes to the terminal.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::app::{Message, Model, update};
use crate::domain::text::Text;
use crate::sources::stream::started;
use crate::view::{Skin, view};
use crate::wiring::live::Live;

use super::backlog::Backlog;
use super::canvas::Canvas;
use super::capability::Environment;
use super::clock::until_next_second;
use super::decode::Reply;
use super::event::Event;
use super::look::Looks;
use super::modes::{ASK_SYNC, ASK_WIDTH};
use super::save::Folders;
use super::tty::Tty;

/// Frames are at least this far apart: a storm of events, as when a window's edge is dragged, makes no storm of frames.
const FRAME: Duration = Duration::from_millis(16);
/// Events are taken in for this long before the next frame.
const DRAIN: Duration = Duration::from_millis(8);
/// Mode 2026: synchronized output.
const SYNC: u16 = 2026;
/// How long after a question its answer may come, and how long the way out waits for it: what comes later is typed into
/// the shell.
const ANSWERED: Duration = Duration::from_secs(1);
const LAST_ANSWER: Duration = Duration::from_millis(50);

/// How the loop has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// The user leaves.
    Quit,
    /// A signal.
    Signal(i32),
    /// Nothing can be read from the terminal any more.
    Deaf,
}

/// The console, drawn on a terminal.
pub struct Ui {
    pub(super) model: Model,
    pub(super) looks: Looks,
    pub(super) skin: Skin,
    pub(super) tty: Arc<Tty>,
    pub(super) canvas: Canvas,
    pub(super) environment: Environment,
    pub(super) folders: Folders,
    pub(super) live: Option<Live>,
    /// What is typed and on its way.
    pub(super) backlog: Backlog,
    /// Where results of effects go.
    pub(super) to: Sender<Event>,
    /// What goes out before the next frame.
    pub(super) before: Vec<u8>,
    /// The node that is looked at.
    opened: Option<Text>,
    dirty: bool,
    drawn: Option<Instant>,
    /// Answers that the terminal owes, and since when.
    owed: Option<(u8, Instant)>,
    /// Stopped by a signal: the terminal is the shell's.
    stopped: bool,
    /// The whole job was told to stop, and has to be told to go on.
    pub(super) job_stopped: bool,
    /// A SIGCONT of our own is on its way.
    echo: bool,
}

impl Ui {
    /// A console that has not touched its terminal yet.
    pub fn new(
        model: Model,
        looks: Looks,
        tty: Arc<Tty>,
        environment: Environment,
        folders: Folders,
        to: Sender<Event>,
    ) -> Self {
        Self {
            model,
            skin: looks.skin(),
            looks,
            canvas: Canvas::new(tty.size()),
            tty,
            environment,
            folders,
            live: None,
            backlog: Backlog::default(),
            to,
            before: Vec::new(),
            opened: None,
            dirty: true,
            drawn: None,
            owed: None,
            stopped: false,
            job_stopped: false,
            echo: false,
        }
    }

    /// Sets the terminal up and draws: all in one write.
    ///
    /// # Errors
    /// The terminal cannot be set or written.
    pub fn begin(&mut self) -> io::Result<()> {
        self.set_up()?;
        self.draw().map(drop)
    }

    /// Runs until the user leaves, or has to.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub fn run(&mut self, events: &Receiver<Event>) -> io::Result<End> {
        let mut tick = Instant::now() + until_next_second(Timestamp::now());
        loop {
            let now = Instant::now();
            let frame = self.next_frame();
            if frame.is_some_and(|at| at <= now)
                && let ControlFlow::Break(end) = self.draw()?
            {
                return Ok(end);
            }
            let until = self.next_frame().map_or(tick, |at| at.min(tick));
            let mut next = match events.recv_timeout(until.saturating_duration_since(now)) {
                Ok(event) => Some(event),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return Ok(End::Deaf),
            };
            let begun = Instant::now();
            while let Some(event) = next {
                if let ControlFlow::Break(end) = self.take(event)? {
                    return Ok(end);
                }
                let in_time = begun.elapsed() < DRAIN;
                next = in_time.then(|| events.try_recv().ok()).flatten();
            }
            let dropped = self.backlog.dropped();
            if dropped > 0
                && let ControlFlow::Break(end) = self.tell(Message::Dropped(dropped))?
            {
                return Ok(end);
            }
            if tick <= Instant::now() {
                tick = Instant::now() + until_next_second(Timestamp::now());
                let at = self.live.as_ref().map_or_else(Timestamp::now, Live::now);
                if let ControlFlow::Break(end) = self.tell(Message::Tick(at))? {
                    return Ok(end);
                }
            }
        }
    }

    /// Leaves the terminal as it was found.
    pub fn leave(&mut self, events: &Receiver<Event>) {
        if let Some((_, since)) = self.owed
            && since.elapsed() < ANSWERED
            && !self.tty.hung_up()
        {
            let until = Instant::now() + LAST_ANSWER;
            while self.owed.is_some()
                && let Ok(event) =
                    events.recv_timeout(until.saturating_duration_since(Instant::now()))
            {
                if let Event::Reply(_) = event {
                    self.answered();
                }
            }
        }
        self.tty.restore();
    }

    fn next_frame(&self) -> Option<Instant> {
        if !self.dirty || self.stopped {
            return None;
        }
        Some(self.drawn.map_or_else(Instant::now, |at| at + FRAME))
    }

    fn take(&mut self, event: Event) -> io::Result<ControlFlow<End>> {
        match event {
            Event::Message(message) => {
                self.backlog.arrived(&message);
                return self.tell(message);
            }
            Event::Reply(reply) => self.heard(reply),
            Event::Resized => return self.resized(),
            Event::End(signal) => return Ok(ControlFlow::Break(End::Signal(signal))),
            Event::Deaf => return Ok(ControlFlow::Break(End::Deaf)),
            Event::Suspend => self.stop()?,
            Event::Continued => return self.go_on(),
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Tells the model, and does what comes of it.
    fn tell(&mut self, message: Message) -> io::Result<ControlFlow<End>> {
        self.dirty = true;
        let old = matches!(message, Message::Snapshot(_)).then(|| self.model.shown.clone());
        let effects = update(&mut self.model, message);
        if let (Some(old), Some(live)) = (old, &self.live) {
            live.give_back(old.fleet, old.history);
        }
        self.look_at();
        for effect in effects {
            if self.perform(effect)?.is_break() {
                return Ok(ControlFlow::Break(End::Quit));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Tells the streams which node is looked at.
    fn look_at(&mut self) {
        let screen = self.model.screen();
        let scope = screen.scope();
        if scope.node() != self.opened.as_ref() {
            self.opened = scope.node().cloned();
            if let Some(live) = &self.live {
                live.open(self.opened.as_ref());
            }
        }
    }

    fn draw(&mut self) -> io::Result<ControlFlow<End>> {
        self.dirty = false;
        let (hits, bytes) = self
            .canvas
            .frame(|area, buf| view(&self.model, &self.skin, area, buf));
        if !self.before.is_empty() {
            self.before.extend(bytes);
            self.tty.write(&self.before)?;
            self.before.clear();
        } else if !bytes.is_empty() {
            self.tty.write(bytes)?;
        }
        self.drawn = Some(Instant::now());
        let flow = self.tell(Message::Drawn(hits))?;
        // what drawing has found out is no reason to draw
        self.dirty = false;
        Ok(flow)
    }

    /// The next frame writes everything, with another look perhaps.
    pub(super) fn draw_anew(&mut self) {
        self.skin = self.looks.skin();
        self.canvas.forget(self.canvas.size());
        self.dirty = true;
    }

    fn heard(&mut self, reply: Reply) {
        self.answered();
        match reply {
            // the question is asked in the first column of the second line
            Reply::Cursor { line: 2, column } if self.looks.boxes_are_wide(column == 3) => {
                // told without a dirty screen of its own: all is drawn anew
                let only = self.looks.ascii();
                update(&mut self.model, Message::OnlyAscii(only));
                self.draw_anew();
            }
            Reply::Mode { mode: SYNC, state } => {
                self.canvas.synchronized = matches!(state, 1..=3);
            }
            _ => {}
        }
    }

    /// Whether only ASCII is drawn, however wide boxes turn out to be.
    fn only_ascii(&mut self) -> bool {
        let by_width = self.looks.boxes_are_wide(false);
        let only = self.looks.ascii();
        if by_width {
            self.looks.boxes_are_wide(true);
        }
        only
    }

    fn answered(&mut self) {
        self.owed = self
            .owed
            .and_then(|(n, since)| Some((n.checked_sub(1).filter(|n| *n > 0)?, since)));
    }

    fn resized(&mut self) -> io::Result<ControlFlow<End>> {
        let size = self.tty.size();
        if size == self.canvas.size() {
            return Ok(ControlFlow::Continue(()));
        }
        self.canvas.forget(size);
        self.tell(Message::Resized {
            width: size.0,
            height: size.1,
        })
    }

    fn set_up(&mut self) -> io::Result<()> {
        let size = self.tty.size();
        self.canvas.forget(size);
        self.before = self.tty.set_up()?;
        if self.environment.answers() {
            let mut asked = 1;
            self.before.extend(ASK_SYNC);
            // where ASCII is drawn anyway, nothing else may go out
            if !self.only_ascii() {
                asked += 1;
                self.before.extend(ASK_WIDTH);
            }
            self.owed = Some((asked, Instant::now()));
        }
        // until it is known: the terminal may be another than before
        self.canvas.synchronized = false;
        let only = self.looks.ascii();
        if self.tell(Message::OnlyAscii(only))?.is_break() {
            return Ok(());
        }
        self.tell(Message::Resized {
            width: size.0,
            height: size.1,
        })
        .map(drop)
    }

    /// Stops as a job does: the terminal belongs to the shell meanwhile.
    fn stop(&mut self) -> io::Result<()> {
        self.tty.restore();
        self.stopped = true;
        started::stop_those_apart();
        signal_hook::low_level::raise(signal_hook::consts::SIGSTOP)
    }

    /// Goes on, after a stop of our own or one from outside.
    fn go_on(&mut self) -> io::Result<ControlFlow<End>> {
        if std::mem::take(&mut self.echo) {
            return Ok(ControlFlow::Continue(()));
        }
        if std::mem::take(&mut self.job_stopped) {
            // a shell continues the job; whoever continues this process alone must not leave the probes behind
            self.echo = true;
            let _ = rustix::process::kill_current_process_group(rustix::process::Signal::CONT);
        }
        started::continue_those_apart();
        self.stopped = false;
        self.set_up()?;
        self.dirty = true;
        Ok(ControlFlow::Continue(()))
    }
}
