//! When a label was written, as far as `metadata.managedFields` tells: a time for all fields of one writer.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::parts::{Key, time};

const MIG_STATE: &str = "f:nvidia.com/mig.config.state";

/// When somebody wrote what is asked for.
#[derive(Default)]
pub(super) struct Written {
    /// The state of the MIG configuration.
    pub(super) mig_state: Option<Timestamp>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Entry<'a> {
    #[serde(borrow)]
    time: Option<Cow<'a, str>>,
    #[serde(rename = "fieldsV1")]
    fields: Fields,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Fields {
    #[serde(rename = "f:metadata")]
    metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata {
    #[serde(rename = "f:labels")]
    labels: Labels,
}

/// Whether the label is among those written.
#[derive(Default)]
struct Labels(bool);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Written;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("writers of fields")
            }

            fn visit_unit<E>(self) -> Result<Written, E> {
                Ok(Written::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Written, A::Error> {
                let mut mig_state = None;
                while let Some(entry) = all.next_element::<Entry<'de>>()? {
                    if entry.fields.metadata.labels.0 {
                        mig_state = mig_state.max(time(entry.time.as_deref()));
                    }
                }
                Ok(Written { mig_state })
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Labels;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("labels that were written")
            }

            fn visit_unit<E>(self) -> Result<Labels, E> {
                Ok(Labels::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels, A::Error> {
                let mut found = Labels::default();
                while let Some(Key(key)) = map.next_key()? {
                    found.0 |= key == MIG_STATE;
                    map.next_value::<IgnoredAny>()?;
                }
                Ok(found)
            }
        }
        deserializer.deserialize_any(V)
    }
}
