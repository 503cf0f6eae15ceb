//! What a finding says: an English sentence, and what another language needs to say it in its own words.

use std::fmt;
use std::ops::Deref;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::text::Text;

/// A sentence in English with the places `{name}` that facts fill. Rules say nothing but phrases and what is foreign, so
/// that all they say has a key by which another language has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Phrase {
    /// Its key: `gpu-call-hung`, and `mig-pending.lost` for a variant.
    pub key: &'static str,
    /// The sentence.
    pub english: &'static str,
}

impl Phrase {
    /// The sentence with its places filled. The facts have to be those of the places.
    pub(super) fn say(self, facts: Vec<(&str, Fact)>) -> Said {
        debug_assert_eq!(
            places(self.english).collect::<std::collections::BTreeSet<_>>(),
            facts.iter().map(|(name, _)| *name).collect(),
            "facts of {}",
            self.key
        );
        let facts: Vec<_> = facts
            .into_iter()
            .map(|(name, fact)| (Text::new(name), fact))
            .collect();
        let english = |name: &str| {
            let fact = facts.iter().find(|(known, _)| *known == name);
            fact.map(|(_, fact)| fact.to_string())
        };
        Said {
            text: Text::from(filled(self.english, english)),
            key: Some(Text::from(format!("said.{}", self.key))),
            facts,
        }
    }
}

/// A value in a sentence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// A name, a number: the same in every language.
    Plain(Text),
    /// A time.
    At(Timestamp),
    /// Words that a language may have its own for.
    Said(Box<Said>),
    /// Several such.
    Several(Vec<Said>, Text),
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(text) => f.write_str(text),
            Self::At(at) => write!(f, "{at:.0}"),
            Self::Said(said) => f.write_str(said),
            Self::Several(all, between) => {
                for (n, said) in all.iter().enumerate() {
                    f.write_str(if n == 0 { "" } else { between })?;
                    f.write_str(said)?;
                }
                Ok(())
            }
        }
    }
}

macro_rules! plain {
    ($($kind:ty),*) => {$(
        impl From<$kind> for Fact {
            fn from(value: $kind) -> Self {
                Self::Plain(Text::from(value.to_string()))
            }
        }
    )*};
}
plain!(&str, String, &Text, u32, u64, usize);

impl From<Text> for Fact {
    fn from(text: Text) -> Self {
        Self::Plain(text)
    }
}

impl From<Timestamp> for Fact {
    fn from(at: Timestamp) -> Self {
        Self::At(at)
    }
}

impl From<Said> for Fact {
    fn from(said: Said) -> Self {
        Self::Said(Box::new(said))
    }
}

/// What is said in English, and what it was made of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Said {
    /// In English.
    pub text: Text,
    /// By which key a language has it: `said.mig-pending.lost`, `xid.94`; `None`: somebody else's words, the same in
    /// every language.
    #[serde(default)]
    pub key: Option<Text>,
    /// What fills its places.
    #[serde(default)]
    pub facts: Vec<(Text, Fact)>,
}

impl Said {
    /// Somebody else's words: of the kernel, of a library, a name, a command.
    pub fn foreign(text: impl Into<Text>) -> Self {
        Self {
            text: text.into(),
            key: None,
            facts: Vec::new(),
        }
    }

    /// Words of a table that languages have by this key.
    pub(super) fn word(key: String, english: &str) -> Self {
        Self {
            text: Text::new(english),
            key: Some(Text::from(key)),
            facts: Vec::new(),
        }
    }
}

impl Deref for Said {
    type Target = Text;

    fn deref(&self) -> &Text {
        &self.text
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.text, f)
    }
}

impl PartialEq<&str> for Said {
    fn eq(&self, other: &&str) -> bool {
        self.text == *other
    }
}

#[cfg(test)]
impl From<&str> for Said {
    fn from(text: &str) -> Self {
        Self::foreign(text)
    }
}

/// Names of the places of a sentence.
pub fn places(sentence: &str) -> impl Iterator<Item = &str> {
    let rests = sentence.split('{').skip(1);
    rests.filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// A sentence with its places filled. What fills one is not looked through for places; one that nothing fills stays.
pub fn filled(sentence: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after
            .split_once('}')
            .and_then(|(name, end)| Some((value(name)?, end)))
        {
            Some((value, end)) => {
                out.push_str(&value);
                rest = end;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out + rest
}

/// `say!(PHRASE, place = value, ..)`.
macro_rules! say {
    ($phrase:expr $(, $place:ident = $value:expr)* $(,)?) => {
        $phrase.say(vec![$((stringify!($place), $crate::domain::finding::said::Fact::from($value))),*])
    };
}
pub(super) use say;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fills_a_place_is_not_filled_again() {
        let value = |name: &str| (name == "a").then(|| "{b} }".to_owned());
        assert_eq!(filled("x {a} {b} {", value), "x {b} } {b} {");
        assert_eq!(places("x {a} {b} {").collect::<Vec<_>>(), ["a", "b"]);
    }
}
