//! One row of a theme file: `bold 117 on 24`.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};

use crate::domain::nearest::nearest;

/// Colours that a theme names itself.
pub(super) type Palette = BTreeMap<String, Color>;

/// What is wrong with a word, and what may be meant.
pub(super) type Wrong = (String, Option<String>);

const COLOURS: [(&str, Color); 18] = [
    ("none", Color::Reset),
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("grey", Color::DarkGray),
    ("gray", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

const MODIFIERS: [(&str, Modifier); 5] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underline", Modifier::UNDERLINED),
    ("reverse", Modifier::REVERSED),
];

/// A colour: a name, 0 to 255, or `#rrggbb`.
pub(super) fn colour(word: &str, palette: &Palette) -> Result<Color, Wrong> {
    if let Some(colour) = palette.get(word) {
        return Ok(*colour);
    }
    if let Some((_, colour)) = COLOURS.iter().find(|(name, _)| *name == word) {
        return Ok(*colour);
    }
    if let Some(hex) = word.strip_prefix('#') {
        let wrong = || {
            (
                format!("`{word}` is no colour"),
                Some("a colour by its light is `#rrggbb`".to_owned()),
            )
        };
        if hex.len() != 6 || !hex.is_ascii() {
            return Err(wrong());
        }
        let part = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).map_err(|_| wrong());
        return Ok(Color::Rgb(part(0)?, part(2)?, part(4)?));
    }
    if word.bytes().all(|b| b.is_ascii_digit()) && !word.is_empty() {
        return word.parse().map(Color::Indexed).map_err(|_| {
            (
                format!("there is no colour {word}"),
                Some("colours by number are 0 to 255".to_owned()),
            )
        });
    }
    let mut known: Vec<&str> = COLOURS.iter().map(|(name, _)| *name).collect();
    known.extend(MODIFIERS.iter().map(|(name, _)| *name));
    known.push("on");
    known.extend(palette.keys().map(String::as_str));
    let meant = nearest(word, &known).map(|w| format!("did you mean `{w}`?"));
    Err((
        format!("`{word}` is neither a colour nor a modifier"),
        meant.or_else(|| {
            Some(
                "a style is such as `bold blue on 236`; modifiers are bold, dim, italic, underline, reverse"
                    .to_owned(),
            )
        }),
    ))
}

/// A style: modifiers and a colour in any order, and a background after `on`. `none` as the only word is no style at
/// all: what is below shines through.
pub(super) fn style(text: &str, palette: &Palette) -> Result<Style, Wrong> {
    let mut style = Style::new();
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        if word == "on" {
            let Some(ground) = words.next().filter(|w| *w != "on") else {
                return Err(("`on` without a colour behind it".to_owned(), None));
            };
            style.bg = shown(colour(ground, palette)?);
        } else if let Some((_, modifier)) = MODIFIERS.iter().find(|(name, _)| *name == word) {
            style.add_modifier |= *modifier;
        } else {
            if style.fg.is_some() {
                return Err((
                    format!("`{word}` is a second colour"),
                    Some(format!("a background is `on {word}`")),
                ));
            }
            style.fg = shown(colour(word, palette)?);
        }
    }
    Ok(style)
}

fn shown(colour: Color) -> Option<Color> {
    (colour != Color::Reset).then_some(colour)
}
