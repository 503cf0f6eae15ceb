//! A console on a recorded host, and its picture as text with a layer of styles.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use jiff::Timestamp;
use migdeck::app::keymap::Keymap;
use migdeck::app::session::Session;
use migdeck::app::texts::Language;
use migdeck::app::{Key, Message, Model, Snapshot, Texts, update};
use migdeck::domain::ids::StreamId;
use migdeck::sources::stream::Tape;
use migdeck::store::Store;
use migdeck::view::theme::Depth;
use migdeck::view::{Glyphs, Skin, Theme, view};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

/// How the terminal shows it.
#[derive(Clone, Copy)]
pub enum Look {
    /// The default theme in 256 colours.
    Default,
    /// Without colour.
    Mono,
    /// The default theme in ASCII.
    Ascii,
}

impl Look {
    fn skin(self) -> Skin {
        let (theme, depth) = match self {
            Self::Mono => ("mono", Depth::Mono),
            Self::Default | Self::Ascii => ("default", Depth::Ansi256),
        };
        Skin {
            theme: Theme::named(theme).at(depth),
            glyphs: match self {
                Self::Ascii => Glyphs::ascii(),
                Self::Default | Self::Mono => Glyphs::unicode(),
            },
        }
    }
}

/// The four hosts of the demo, recorded at once for three beats (`migdeck demo --scenario bank#HOST record`, without the
/// samples after the second).
pub const FOUR: [&str; 4] = ["dgx-dev-01", "dgx-h100-01", "dgx-mix-01", "dgx-prod-01"];

/// A console that has heard the whole tape of one host.
pub fn console(language: Language) -> Model {
    on(&["dgx-dev-01"], "tests/golden", language)
}

/// A console that has heard the tapes of [`FOUR`].
pub fn console_of_four(language: Language) -> Model {
    on(&FOUR, "tests/golden/hosts", language)
}

fn on(hosts: &[&str], folder: &str, language: Language) -> Model {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut store = Store::new();
    let mut at = Timestamp::UNIX_EPOCH;
    for (n, host) in (0..).zip(hosts) {
        let mut tape = Tape::open(&folder.join(host).with_extension("jsonl")).unwrap();
        while let Some(taped) = tape.next_record().unwrap() {
            at = at.max(taped.record.at);
            store.apply(StreamId(n), *taped.record);
        }
        assert!(tape.malformed().is_empty(), "{host}");
    }
    let session = Session {
        book: migdeck::config::demo_book(),
        version: "0.0.0".into(),
        user: "kim".into(),
        simulated: true,
        saved: None,
        hosts: hosts.iter().map(|h| (*h).into()).collect(),
        advice: None,
        themes: vec!["default".into(), "mono".into()],
        bell: false,
        started: at,
        offset_seconds: 9 * 3600,
    };
    let mut model = Model::new(
        session,
        Keymap::default_keymap(),
        Texts::of(language),
        "default",
    );
    update(
        &mut model,
        Message::Snapshot(Snapshot {
            fleet: store.fleet(),
            history: store.history(),
        }),
    );
    model
}

/// Presses keys, one a character.
pub fn press(model: &mut Model, keys: &str) {
    for c in keys.chars() {
        let key = match c {
            '\n' => Key::plain(migdeck::app::key::Code::Enter),
            other => Key::char(other),
        };
        update(model, Message::Key(key));
    }
}

/// The picture: what is written, and below it which style each cell has.
pub fn picture(model: &mut Model, look: Look, width: u16, height: u16) -> String {
    update(model, Message::Resized { width, height });
    let skin = look.skin();
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    // twice: what a frame finds out about its own height holds for the next
    for _ in 0..2 {
        buf = Buffer::empty(area);
        let hits = view(model, &skin, area, &mut buf);
        update(model, Message::Drawn(hits));
    }
    written(&buf)
}

fn written(buf: &Buffer) -> String {
    let mut text = String::new();
    let mut layer = String::new();
    let mut letters: BTreeMap<String, char> = BTreeMap::new();
    for y in 0..buf.area.height {
        let (mut line, mut styles) = (String::new(), String::new());
        let mut hidden = 0;
        for x in 0..buf.area.width {
            let cell = &buf[(x, y)];
            if hidden == 0 {
                line.push_str(cell.symbol());
                hidden = unicode_width::UnicodeWidthStr::width(cell.symbol()).max(1);
            }
            hidden -= 1;
            let name = named(cell.style());
            let next = letters.len();
            let letter = match name.as_str() {
                "plain" => '.',
                _ => *letters.entry(name).or_insert_with(|| letter(next)),
            };
            styles.push(letter);
        }
        text.push_str(line.trim_end());
        text.push('\n');
        layer.push_str(styles.trim_end_matches('.'));
        layer.push('\n');
    }
    let mut legend: Vec<(char, String)> = letters.into_iter().map(|(n, l)| (l, n)).collect();
    legend.sort_unstable();
    let mut out = format!("{text}\n----\n{layer}\n----\n");
    for (letter, style) in legend {
        let _ = writeln!(out, "{letter}  {style}");
    }
    out
}

fn letter(n: usize) -> char {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    LETTERS.get(n).map_or('#', |b| char::from(*b))
}

fn named(style: Style) -> String {
    let colour = |c: Option<Color>| match c {
        None | Some(Color::Reset) => None,
        Some(c) => Some(c.to_string().to_lowercase()),
    };
    let mut parts = Vec::new();
    parts.extend(colour(style.fg));
    parts.extend(colour(style.bg).map(|c| format!("on {c}")));
    for (modifier, name) in [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::ITALIC, "italic"),
        (Modifier::UNDERLINED, "underline"),
        (Modifier::REVERSED, "reverse"),
    ] {
        if style.add_modifier.contains(modifier) {
            parts.push(name.to_owned());
        }
    }
    if parts.is_empty() {
        "plain".to_owned()
    } else {
        parts.join(" ")
    }
}
