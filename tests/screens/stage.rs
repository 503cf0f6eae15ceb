//! The console on tapes, with a clock that stands still.

use std::path::Path;

use migdeck::app::key::{Code, Key};
use migdeck::app::keymap::Keymap;
use migdeck::app::session::Session;
use migdeck::app::texts::Language;
use migdeck::app::{Message, Model, Snapshot, Texts, update};
use migdeck::domain::ids::StreamId;
use migdeck::sources::stream::tape::Tape;
use migdeck::store::Store;
use migdeck::view::{Glyphs, Skin, Theme, view};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// How it looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    Default,
    Mono,
    Ascii,
    Korean,
}

impl Look {
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Mono => "mono",
            Self::Ascii => "ascii",
            Self::Korean => "korean",
        }
    }
}

/// A console that has played the tapes of these hosts to their end.
pub struct Stage {
    model: Model,
    skin: Skin,
    size: (u16, u16),
}

impl Stage {
    pub fn new(hosts: &[&str], size: (u16, u16), look: Look) -> Self {
        let mut store = Store::new();
        let mut now = None;
        for (n, host) in (0..).zip(hosts) {
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("tests/golden/tapes")
                .join(host)
                .with_extension("jsonl");
            let mut tape = Tape::open(&path).unwrap();
            while let Some(taped) = tape.next_record().unwrap() {
                now = now.max(Some(taped.record.at));
                store.apply(StreamId(n), *taped.record);
            }
            assert!(tape.malformed().is_empty(), "{path:?}");
        }
        let now = now.unwrap();
        store.tick(now);
        let language = match look {
            Look::Korean => Language::Korean,
            _ => Language::English,
        };
        let theme = if look == Look::Mono {
            "mono"
        } else {
            "default"
        };
        let session = Session {
            version: "0.1.0".into(),
            user: "kim".into(),
            simulated: true,
            saved: None,
            hosts: hosts.iter().map(|h| (*h).into()).collect(),
            advice: Vec::new(),
            themes: vec![theme.to_owned()],
            bell: false,
            started: now,
            offset_seconds: 0,
        };
        let model = Model::new(
            session,
            Keymap::default_keymap(),
            Texts::of(language),
            theme,
        );
        let glyphs = match look {
            Look::Ascii => Glyphs::ascii(),
            _ => Glyphs::unicode(),
        };
        let mut stage = Self {
            model,
            skin: Skin {
                theme: Theme::named(theme),
                glyphs,
            },
            size,
        };
        let (width, height) = size;
        stage.tell(Message::Resized { width, height });
        stage.tell(Message::Snapshot(Snapshot {
            fleet: store.fleet(),
            history: store.history(),
        }));
        stage.tell(Message::Tick(now));
        stage
    }

    fn tell(&mut self, message: Message) {
        update(&mut self.model, message);
        self.draw();
    }

    /// A key of each character; `\r` is Enter.
    pub fn keys(mut self, keys: &str) -> Self {
        for c in keys.chars() {
            let code = match c {
                '\r' => Code::Enter,
                c => Code::Char(c),
            };
            self.tell(Message::Key(Key {
                code,
                ctrl: false,
                alt: false,
                shift: false,
            }));
        }
        self
    }

    /// What is drawn now.
    pub fn draw(&mut self) -> Buffer {
        let area = Rect::new(0, 0, self.size.0, self.size.1);
        let mut buffer = Buffer::empty(area);
        let hits = view(&self.model, &self.skin, area, &mut buffer);
        update(&mut self.model, Message::Drawn(hits));
        buffer
    }
}
