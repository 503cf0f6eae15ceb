//! Parts that several kinds of objects have.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, de};

use super::Names;
use super::written::Written;
use crate::domain::cluster::{Amounts, OwnerRef};

/// NVIDIA's prefix of labels and resources.
pub(super) const NVIDIA: &str = "nvidia.com/";
/// The annotation of the bookmark that ends the first part of a watch.
const INITIAL_EVENTS_END: &str = "k8s.io/initial-events-end";

pub(super) type Str<'a> = Option<Cow<'a, str>>;

/// A page of a list.
#[derive(Deserialize)]
pub(super) struct List<'a, T> {
    #[serde(borrow)]
    pub(super) metadata: ListMeta<'a>,
    #[serde(default = "Option::default")]
    pub(super) items: Option<Vec<T>>,
}

#[derive(Deserialize)]
pub(super) struct ListMeta<'a> {
    #[serde(borrow, default, rename = "resourceVersion")]
    pub(super) version: Cow<'a, str>,
    #[serde(borrow, default, rename = "continue")]
    pub(super) go_on: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Meta<'a, L> {
    #[serde(borrow)]
    pub(super) name: Str<'a>,
    #[serde(borrow)]
    pub(super) namespace: Str<'a>,
    #[serde(borrow)]
    pub(super) uid: Str<'a>,
    #[serde(borrow, rename = "resourceVersion")]
    pub(super) version: Str<'a>,
    #[serde(borrow)]
    pub(super) creation_timestamp: Str<'a>,
    #[serde(borrow)]
    pub(super) deletion_timestamp: Str<'a>,
    pub(super) labels: Option<L>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) owner_references: Vec<Owner<'a>>,
    pub(super) annotations: Annotations,
    pub(super) managed_fields: Written,
}

impl<L> Default for Meta<'_, L> {
    fn default() -> Self {
        Self {
            name: None,
            namespace: None,
            uid: None,
            version: None,
            creation_timestamp: None,
            deletion_timestamp: None,
            labels: None,
            owner_references: Vec::new(),
            annotations: Annotations::default(),
            managed_fields: Written::default(),
        }
    }
}

/// Labels that nobody asks for.
pub(super) struct NoLabels;

impl<'de> Deserialize<'de> for NoLabels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// Whether the one annotation is there that matters.
#[derive(Default)]
pub(super) struct Annotations {
    ends: bool,
}

impl Annotations {
    pub(super) fn initial_events_end(&self) -> bool {
        self.ends
    }
}

impl<'de> Deserialize<'de> for Annotations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Annotations;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("annotations")
            }

            fn visit_unit<E>(self) -> Result<Annotations, E> {
                Ok(Annotations::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Annotations, A::Error> {
                let mut found = Annotations::default();
                while let Some(Key(key)) = map.next_key()? {
                    found.ends |= key == INITIAL_EVENTS_END;
                    map.next_value::<IgnoredAny>()?;
                }
                Ok(found)
            }
        }
        deserializer.deserialize_any(V)
    }
}

/// A key of a map. `Cow` by itself would be copied each time.
pub(super) struct Key<'a>(pub(super) Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(v)))
            }

            fn visit_str<E>(self, v: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(v.to_owned())))
            }
        }
        deserializer.deserialize_str(V)
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Owner<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
    controller: bool,
}

/// The controller among the owners, else the first.
pub(super) fn owner(owners: &[Owner<'_>], names: &mut Names) -> Option<OwnerRef> {
    let controller = owners.iter().find(|owner| owner.controller);
    let owner = controller.or(owners.first())?;
    Some(OwnerRef {
        kind: names.of(&owner.kind),
        name: names.of(&owner.name),
    })
}

/// Amounts of the resources that concern GPUs. In a quota their names begin with `requests.`.
#[derive(Default)]
pub(super) struct GpuAmounts<'a>(Vec<(Cow<'a, str>, u64)>);

impl GpuAmounts<'_> {
    pub(super) fn take(&self, names: &mut Names) -> Amounts {
        let one = |(name, n): &(Cow<'_, str>, u64)| {
            let name = name.strip_prefix("requests.").unwrap_or(name);
            (names.of(name), *n)
        };
        self.0.iter().map(one).collect()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for GpuAmounts<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = GpuAmounts<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("amounts of resources")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(GpuAmounts::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut found = Vec::new();
                while let Some(Key(key)) = map.next_key()? {
                    if key
                        .strip_prefix("requests.")
                        .unwrap_or(&key)
                        .starts_with(NVIDIA)
                    {
                        if let Quantity(Some(n)) = map.next_value()? {
                            found.push((key, n));
                        }
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(GpuAmounts(found))
            }
        }
        deserializer.deserialize_any(V)
    }
}

/// A quantity of an extended resource, which is a whole number: `16`, rarely `2k` (apimachinery's `resource.Quantity`).
struct Quantity(Option<u64>);

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Quantity;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a quantity")
            }

            fn visit_u64<E>(self, n: u64) -> Result<Quantity, E> {
                Ok(Quantity(Some(n)))
            }

            fn visit_i64<E>(self, n: i64) -> Result<Quantity, E> {
                Ok(Quantity(u64::try_from(n).ok()))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Quantity, E> {
                Ok(Quantity(None))
            }

            fn visit_unit<E>(self) -> Result<Quantity, E> {
                Ok(Quantity(None))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Quantity, E> {
                let text = text.trim();
                let (digits, factor) = match text.strip_suffix('k') {
                    Some(digits) => (digits, 1000),
                    None => (text, 1),
                };
                let n = digits.parse::<u64>().ok();
                Ok(Quantity(n.and_then(|n| n.checked_mul(factor))))
            }
        }
        deserializer.deserialize_any(V)
    }
}

/// The API writes `null` for an empty list now and then.
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A time of the API.
pub(super) fn time(text: Option<&str>) -> Option<Timestamp> {
    text?.parse().ok()
}
