//! A key as the keymap knows it, and how it is written: `j`, `G`, `ctrl-r`, `alt-x`, `shift-tab`, `f1`, `space`.

use std::fmt;
use std::str::FromStr;

mod hangul;

/// A key with its modifiers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Key {
    /// What was pressed.
    pub code: Code,
    /// With Control.
    pub ctrl: bool,
    /// With Alt.
    pub alt: bool,
    /// With Shift; never set for a character, whose case says it.
    pub shift: bool,
}

/// What was pressed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[allow(missing_docs)] // the keys' own names
pub enum Code {
    Char(char),
    F(u8),
    Enter,
    Esc,
    Tab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
}

/// Names of keys that are no character of their own; the first name of a key is the one that is written.
const NAMES: &[(&str, Code)] = &[
    ("enter", Code::Enter),
    ("return", Code::Enter),
    ("esc", Code::Esc),
    ("escape", Code::Esc),
    ("tab", Code::Tab),
    ("backspace", Code::Backspace),
    ("delete", Code::Delete),
    ("del", Code::Delete),
    ("insert", Code::Insert),
    ("ins", Code::Insert),
    ("up", Code::Up),
    ("down", Code::Down),
    ("left", Code::Left),
    ("right", Code::Right),
    ("home", Code::Home),
    ("end", Code::End),
    ("page-up", Code::PageUp),
    ("pageup", Code::PageUp),
    ("pgup", Code::PageUp),
    ("page-down", Code::PageDown),
    ("pagedown", Code::PageDown),
    ("pgdn", Code::PageDown),
    ("space", Code::Char(' ')),
    ("minus", Code::Char('-')),
];

impl Key {
    /// A key without modifiers.
    pub const fn plain(code: Code) -> Self {
        Self {
            code,
            ctrl: false,
            alt: false,
            shift: false,
        }
    }

    /// A character.
    pub const fn char(c: char) -> Self {
        Self::plain(Code::Char(c))
    }

    /// A character with Control.
    pub const fn ctrl(c: char) -> Self {
        Self {
            code: Code::Char(c),
            ctrl: true,
            alt: false,
            shift: false,
        }
    }

    /// Whether it is a character that a text field would take.
    pub fn types(self) -> bool {
        matches!(self.code, Code::Char(_)) && !self.ctrl && !self.alt
    }

    /// The Latin keys that were pressed if this is Hangul: an input method was left on. Two Latin keys share most jamo
    /// (`a` and `A`); it is the lower-case one then.
    pub fn latin(self) -> Option<Vec<Self>> {
        let Code::Char(c) = self.code else {
            return None;
        };
        let keys = hangul::keys(c)?;
        let key = |c| Self {
            code: Code::Char(c),
            ..self
        };
        Some(keys.chars().map(key).collect())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [
            (self.ctrl, "ctrl-"),
            (self.alt, "alt-"),
            (self.shift, "shift-"),
        ] {
            if held {
                f.write_str(name)?;
            }
        }
        match self.code {
            Code::Char(' ') => f.write_str("space"),
            Code::Char(c) => write!(f, "{c}"),
            Code::F(n) => write!(f, "f{n}"),
            code => {
                let named = NAMES.iter().find(|(_, c)| *c == code);
                f.write_str(named.map_or("", |(name, _)| name))
            }
        }
    }
}

/// A key that cannot be: one sentence.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadKey(String);

/// What a terminal sends for Control and these letters is what it sends for other keys.
const SAME: [(char, &str); 3] = [('i', "tab"), ('m', "enter"), ('[', "esc")];

impl FromStr for Key {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let bad = |why: String| Err(BadKey(format!("'{text}' {why}")));
        let mut key = Self::plain(Code::Esc);
        let mut rest = text;
        loop {
            let (held, tail) = if let Some(tail) = rest.strip_prefix("ctrl-") {
                (&mut key.ctrl, tail)
            } else if let Some(tail) = rest.strip_prefix("alt-") {
                (&mut key.alt, tail)
            } else if let Some(tail) = rest.strip_prefix("shift-") {
                (&mut key.shift, tail)
            } else {
                break;
            };
            if tail.is_empty() {
                return bad("ends without a key".to_owned());
            }
            if std::mem::replace(held, true) {
                return bad("says a modifier twice".to_owned());
            }
            rest = tail;
        }
        let mut chars = rest.chars();
        key.code = match (chars.next(), chars.next()) {
            (None, _) => return bad("is no key".to_owned()),
            (Some(c), None) if c.is_control() => {
                return bad("is no key that can be bound".to_owned());
            }
            (Some(c), None) => Code::Char(c),
            _ => {
                let number = rest.strip_prefix('f').and_then(|n| n.parse::<u8>().ok());
                let named = NAMES.iter().find(|(name, _)| *name == rest);
                match (named, number) {
                    (Some((_, code)), _) => *code,
                    (None, Some(n @ 1..=24)) => Code::F(n),
                    _ => return bad("is no key".to_owned()),
                }
            }
        };
        if let Code::Char(c) = key.code {
            if key.shift {
                let upper: String = c.to_uppercase().collect();
                return bad(format!(
                    "is written '{upper}': the case of a character says Shift"
                ));
            }
            if key.ctrl && c.is_uppercase() {
                let lower: String = c.to_lowercase().collect();
                return bad(format!("arrives as 'ctrl-{lower}' from a terminal"));
            }
            if let Some((_, other)) = SAME.iter().find(|(same, _)| key.ctrl && *same == c) {
                return bad(format!("arrives as '{other}' from a terminal"));
            }
        }
        Ok(key)
    }
}

/// Keys pressed one after the other: `g g`, `ctrl-x s`.
///
/// # Errors
/// The first key that cannot be.
pub fn sequence(text: &str) -> Result<Vec<Key>, BadKey> {
    let keys: Vec<Key> = text
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    if keys.is_empty() {
        return Err(BadKey("no key is given".to_owned()));
    }
    Ok(keys)
}

/// How a sequence is written.
pub fn written(keys: &[Key]) -> String {
    let keys: Vec<String> = keys.iter().map(Key::to_string).collect();
    keys.join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        let read = |text: &str| text.parse::<Key>().unwrap();
        assert_eq!(read("j"), Key::char('j'));
        assert_eq!(read("J"), Key::char('J'));
        assert_eq!(read("ctrl-r"), Key::ctrl('r'));
        assert_eq!(read("space"), Key::char(' '));
        assert_eq!(read("minus"), Key::char('-'));
        assert_eq!(read("-"), Key::char('-'));
        assert_eq!(read("ctrl--"), Key::ctrl('-'));
        assert_eq!(read("f12"), Key::plain(Code::F(12)));
        assert_eq!(read("f"), Key::char('f'));
        assert_eq!(read("escape"), read("esc"));
        let back = read("shift-tab");
        assert!(back.shift && back.code == Code::Tab);
        let both = read("ctrl-alt-x");
        assert!(both.ctrl && both.alt && both.to_string() == "ctrl-alt-x");
        assert_eq!(sequence("g  g").unwrap(), [Key::char('g'); 2]);
    }

    #[test]
    fn what_no_terminal_sends_is_no_key_and_says_what_it_sends() {
        for (text, said) in [
            ("shift-a", "written 'A'"),
            ("ctrl-R", "'ctrl-r'"),
            ("ctrl-i", "'tab'"),
            ("ctrl-m", "'enter'"),
            ("ctrl-", "without a key"),
            ("ctrl-ctrl-x", "twice"),
            ("f25", "no key"),
            ("f0", "no key"),
            ("hello", "no key"),
            ("Ctrl-x", "no key"),
            ("", "no key"),
        ] {
            let error = text.parse::<Key>().unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
        assert!(sequence(" ").is_err());
    }

    fn any_key() -> impl Strategy<Value = Key> {
        let named = (0..NAMES.len()).prop_map(|n| NAMES[n].1);
        let code = prop_oneof![
            named,
            (1..=24u8).prop_map(Code::F),
            proptest::char::range('!', '~').prop_map(Code::Char),
        ];
        (code, any::<[bool; 3]>()).prop_map(|(code, [ctrl, alt, shift])| Key {
            code,
            ctrl,
            alt,
            shift: shift && !matches!(code, Code::Char(_)),
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(key in any_key()) {
            // keys that no terminal tells apart are refused, and only those
            if let Ok(back) = key.to_string().parse::<Key>() {
                prop_assert_eq!(back, key);
            } else {
                prop_assert!(key.ctrl && matches!(key.code, Code::Char(_)));
            }
        }
    }
}
