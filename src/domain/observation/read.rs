//! Records as they come: time and kind first, as every writer puts them, and so read in one go.
//!
//! A record in any other order is read too. What serde derives for a tagged enum keeps a whole record aside before it
//! looks at it: of the samples, which are nearly all that a stream tells, that is most of the time.

use std::fmt;

use jiff::Timestamp;
use serde::de::value::{MapAccessDeserializer, StringDeserializer};
use serde::de::{DeserializeSeed, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Fact, Observation};

impl<'de> Deserialize<'de> for Observation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Record)
    }
}

struct Record;

impl<'de> Visitor<'de> for Record {
    type Value = Observation;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record of a stream")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Observation, A::Error> {
        let Some(first) = map.next_key::<String>()? else {
            return any(Begun::at(None, None, map));
        };
        if first != "at" {
            return any(Begun::at(Some(first), None, map));
        }
        let at: Timestamp = map.next_value()?;
        let Some(second) = map.next_key::<String>()? else {
            return Err(serde::de::Error::missing_field("kind"));
        };
        if second != "kind" {
            let rest = Begun::at(Some(second), None, map);
            let fact = Fact::deserialize(MapAccessDeserializer::new(rest))?;
            return Ok(Observation { at, fact });
        }
        let kind: String = map.next_value()?;
        let fact = if kind == "sample" {
            Fact::Sample(Deserialize::deserialize(MapAccessDeserializer::new(map))?)
        } else {
            let rest = Begun::at(Some(second), Some(kind), map);
            Fact::deserialize(MapAccessDeserializer::new(rest))?
        };
        Ok(Observation { at, fact })
    }
}

/// A record whose time may stand anywhere.
fn any<'de, A: MapAccess<'de>>(map: Begun<A>) -> Result<Observation, A::Error> {
    #[derive(Deserialize)]
    struct Any {
        at: Timestamp,
        #[serde(flatten)]
        fact: Fact,
    }
    let Any { at, fact } = Any::deserialize(MapAccessDeserializer::new(map))?;
    Ok(Observation { at, fact })
}

/// A map of which a key has been taken, and perhaps its value.
struct Begun<A> {
    key: Option<String>,
    value: Option<String>,
    rest: A,
}

impl<A> Begun<A> {
    fn at(key: Option<String>, value: Option<String>, rest: A) -> Self {
        Self { key, value, rest }
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Begun<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        match self.key.take() {
            Some(key) => {
                let key: StringDeserializer<A::Error> = key.into_deserializer();
                seed.deserialize(key).map(Some)
            }
            None => self.rest.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        match self.value.take() {
            Some(value) => {
                let value: StringDeserializer<A::Error> = value.into_deserializer();
                seed.deserialize(value)
            }
            None => self.rest.next_value_seed(seed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Observation, String> {
        serde_json::from_str(json).map_err(|e| e.to_string())
    }

    #[test]
    fn the_order_of_fields_does_not_matter() {
        let one = read(r#"{"at":"2026-01-02T03:04:05Z","kind":"beat","n":1,"dropped":0}"#);
        assert_eq!(one.as_ref().unwrap().fact, Fact::Beat { n: 1, dropped: 0 });
        for other in [
            r#"{"kind":"beat","n":1,"dropped":0,"at":"2026-01-02T03:04:05Z"}"#,
            r#"{"at":"2026-01-02T03:04:05Z","n":1,"kind":"beat","dropped":0,"mood":"good"}"#,
            r#"{"n":1,"at":"2026-01-02T03:04:05Z","dropped":0,"kind":"beat"}"#,
        ] {
            assert_eq!(read(other), one, "{other}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let why = |json| read(json).unwrap_err();
        assert!(why("{}").contains("at"), "{}", why("{}"));
        let at = r#"{"at":"2026-01-02T03:04:05Z"}"#;
        assert!(why(at).contains("kind"), "{}", why(at));
        let none = r#"{"at":"2026-01-02T03:04:05Z","kind":"sample"}"#;
        assert!(why(none).contains("gpu"), "{}", why(none));
    }
}
