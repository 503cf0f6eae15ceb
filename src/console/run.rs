//! The loop.

use std::io::{self, Write};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::crossterm::{execute, terminal};

use crate::app::key::{Code, Key};
use crate::app::{Effect, Message, Model, Snapshot, update};
use crate::view::{Glyphs, Skin, Theme, view};
use crate::wiring::headless::Spec;
use crate::wiring::live::{Live, Ways};

/// What a console is started with.
#[derive(Debug)]
pub struct Options {
    /// The model as it begins.
    pub model: Model,
    /// ASCII only.
    pub ascii: bool,
    /// Streams to read.
    pub specs: Vec<Spec>,
}

/// Runs the console until the user leaves.
///
/// # Errors
/// The terminal cannot be set up or written.
pub fn run(options: Options) -> io::Result<()> {
    let Options {
        mut model,
        ascii,
        specs,
    } = options;
    let skin = Skin {
        theme: Theme::default(),
        glyphs: if ascii {
            Glyphs::ascii()
        } else {
            Glyphs::unicode()
        },
    };
    let (to, messages) = channel();
    let news = to.clone();
    let _live = Live::start(specs, Ways::default(), move |told| {
        let _ = news.send(Message::Snapshot(Snapshot {
            fleet: told.fleet,
            history: told.history,
        }));
    })?;
    read_keys(to)?;
    terminal::enable_raw_mode()?;
    let mut out = io::BufWriter::with_capacity(256 << 10, io::stdout());
    execute!(out, terminal::EnterAlternateScreen)?;
    let mut screen = Terminal::new(CrosstermBackend::new(out))?;
    let mut dirty = true;
    let mut ticked = Instant::now();
    let done = 'run: loop {
        if dirty {
            let mut hits = None;
            screen.draw(|frame| {
                let area = frame.area();
                hits = Some(view(&model, &skin, area, frame.buffer_mut()));
            })?;
            if let Some(hits) = hits {
                update(&mut model, Message::Drawn(hits));
            }
            dirty = false;
        }
        let wait = Duration::from_secs(1).saturating_sub(ticked.elapsed());
        let mut next = messages.recv_timeout(wait).ok();
        if ticked.elapsed() >= Duration::from_secs(1) {
            ticked = Instant::now();
            update(&mut model, Message::Tick(Timestamp::now()));
            dirty = true;
        }
        while let Some(message) = next {
            dirty = true;
            for effect in update(&mut model, message) {
                if effect == Effect::Quit {
                    break 'run Ok(());
                }
            }
            next = messages.try_recv().ok();
        }
    };
    execute!(screen.backend_mut(), terminal::LeaveAlternateScreen)?;
    screen.show_cursor()?;
    terminal::disable_raw_mode()?;
    screen.backend_mut().flush()?;
    done
}

fn read_keys(to: Sender<Message>) -> io::Result<()> {
    std::thread::Builder::new()
        .name("keys".to_owned())
        .spawn(move || {
            while let Ok(event) = event::read() {
                let message = match event {
                    Event::Key(key) => key_of(key).map(Message::Key),
                    Event::Resize(width, height) => Some(Message::Resized { width, height }),
                    _ => None,
                };
                if let Some(message) = message
                    && to.send(message).is_err()
                {
                    return;
                }
            }
        })?;
    Ok(())
}

/// The keymap's key of a terminal's.
fn key_of(event: KeyEvent) -> Option<Key> {
    let code = match event.code {
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        _ => return None,
    };
    Some(Key {
        code,
        ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
        alt: event.modifiers.contains(KeyModifiers::ALT),
        shift: false,
    })
}
