//! Text that came from outside and is safe to print.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A string that carries nothing a terminal would act on.
///
/// Process names, NVML strings, kernel log lines, labels and event messages are chosen by others. They become `Text`
/// where they enter migdeck, also when they come out of a file, and nothing else is ever drawn. Control characters,
/// bidirectional controls, zero-width characters, line separators and tag characters are shown as `\u{..}`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(Arc<str>);

impl Text {
    /// Sanitises `raw`. Never fails; text without dangerous characters is kept as it is.
    pub fn new(raw: &str) -> Self {
        // nearly all of it is plain
        let plain = raw.bytes().all(|b| matches!(b, b' '..=b'~'));
        if plain || !raw.chars().any(is_dangerous) {
            return Self(Arc::from(raw));
        }
        let mut clean = String::with_capacity(raw.len() + 8);
        for c in raw.chars() {
            if is_dangerous(c) {
                clean.extend(c.escape_unicode());
            } else {
                clean.push(c);
            }
        }
        Self(Arc::from(clean))
    }

    /// One of few words that are said again and again: kept once.
    pub fn word(raw: &str) -> Self {
        read(raw)
    }

    /// The sanitised text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True for text without any character.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether a terminal, or a reader's eye, could be misled by `c`.
fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

impl From<&str> for Text {
    fn from(raw: &str) -> Self {
        Self::new(raw)
    }
}

impl From<String> for Text {
    fn from(raw: String) -> Self {
        Self::new(&raw)
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Equal texts are equal strings and hash alike, so that a set of texts is searched by a string.
impl std::borrow::Borrow<str> for Text {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl std::ops::Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl Visitor<'_> for V {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E>(self, raw: &str) -> Result<Text, E> {
                Ok(read(raw))
            }
        }
        deserializer.deserialize_str(V)
    }
}

/// Texts that a thread remembers having read.
const LATELY: usize = 512;

thread_local! {
    /// By a number that follows from the text. Streams say the same again and again, of each of many instances: it is
    /// kept once.
    static READ: RefCell<Vec<Option<Text>>> = const { RefCell::new(Vec::new()) };
}

/// A text that was read: the same one as lately, where it says the same.
fn read(raw: &str) -> Text {
    READ.with_borrow_mut(|known| {
        known.resize(LATELY, None);
        let Some(place) = known.get_mut(number(raw) % LATELY) else {
            return Text::new(raw);
        };
        match place {
            Some(text) if *text == *raw => text.clone(),
            _ => place.insert(Text::new(raw)).clone(),
        }
    })
}

fn number(raw: &str) -> usize {
    const MIX: u64 = 0x517c_c1b7_2722_0a95;
    let mix = |n: u64, part: u64| (n.rotate_left(5) ^ part).wrapping_mul(MIX);
    let (words, rest) = raw.as_bytes().as_chunks::<8>();
    let words = words.iter().map(|word| u64::from_le_bytes(*word));
    let rest = rest.iter().fold(0, |n, b| n << 8 | u64::from(*b));
    let n = words.chain([rest]).fold(raw.len() as u64, mix);
    // the upper bits are the ones that all of it has mixed
    (n >> 40) as usize
}

/// `text` with what is not ASCII spelled out: `\u{d55c}`.
pub fn in_ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            out.extend(c.escape_unicode());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_a_terminal_would_obey() {
        assert_eq!(Text::new("a\u{1b}[31mb").as_str(), "a\\u{1b}[31mb");
        assert_eq!(Text::new("52%\u{202e}gpj").as_str(), "52%\\u{202e}gpj");
        assert_eq!(Text::new("한글 │ ok").as_str(), "한글 │ ok");
    }

    #[test]
    fn what_is_read_again_is_the_same_text() {
        let read = |json: &str| serde_json::from_str::<Text>(json).unwrap();
        let (one, other) = (read(r#""not supported""#), read(r#""not supported""#));
        assert!(Arc::ptr_eq(&one.0, &other.0));
        assert_eq!(read(r#""not supporteD""#).as_str(), "not supporteD");
        for n in 0..2 * LATELY {
            let text = format!("text {n}");
            assert_eq!(read(&format!("\"{text}\"")).as_str(), text);
        }
        assert_eq!(read("\"a\\u001b\""), read("\"a\\u001b\""));
    }

    #[test]
    fn sanitises_also_what_is_read_from_a_file() {
        let text: Text = serde_json::from_str(r#""x\u001b]52;c;y\u0007""#).unwrap();
        assert_eq!(text.as_str(), "x\\u{1b}]52;c;y\\u{7}");
    }
}
