//! Amounts of resources.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::text::Text;

/// How much of each resource: a short sorted list, because a cluster has many pods and a pod asks for one or two. Clones
/// share it: most of the pods ask for the same.
///
/// Written and read as an object: `{"nvidia.com/gpu": 1}`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(into = "BTreeMap<Text, u64>", from = "BTreeMap<Text, u64>")]
pub struct Amounts(Arc<[(Text, u64)]>);

impl Amounts {
    /// How much of a resource; 0 for one that is not named.
    pub fn of(&self, resource: &str) -> u64 {
        self.get(resource).unwrap_or_default()
    }

    /// How much of a resource; `None` for one that is not named, which is not the same as 0.
    pub fn get(&self, resource: &str) -> Option<u64> {
        let at = self.0.binary_search_by(|(name, _)| (**name).cmp(resource));
        at.ok().map(|at| self.0[at].1)
    }

    /// All of them by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Text, u64)> {
        self.0.iter().map(|(name, n)| (name, *n))
    }

    /// Nothing is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These and those.
    pub fn plus(&self, more: &Self) -> Self {
        let mut sum: BTreeMap<Text, u64> = self.clone().into();
        for (name, n) in more.iter() {
            let at = sum.entry(name.clone()).or_default();
            *at = at.saturating_add(n);
        }
        sum.into()
    }

    /// Of each the larger.
    pub fn max(&self, other: &Self) -> Self {
        let mut largest: BTreeMap<Text, u64> = self.clone().into();
        for (name, n) in other.iter() {
            let at = largest.entry(name.clone()).or_default();
            *at = (*at).max(n);
        }
        largest.into()
    }
}

impl From<BTreeMap<Text, u64>> for Amounts {
    fn from(map: BTreeMap<Text, u64>) -> Self {
        Self(map.into_iter().collect())
    }
}

impl From<Amounts> for BTreeMap<Text, u64> {
    fn from(amounts: Amounts) -> Self {
        amounts.0.iter().cloned().collect()
    }
}

impl FromIterator<(Text, u64)> for Amounts {
    fn from_iter<I: IntoIterator<Item = (Text, u64)>>(all: I) -> Self {
        all.into_iter().collect::<BTreeMap<_, _>>().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_that_is_not_named_is_not_a_zero_that_is() {
        let some: Amounts = [(Text::new("b"), 0), (Text::new("a"), 2)]
            .into_iter()
            .collect();
        assert_eq!(
            (some.get("a"), some.get("b"), some.get("c")),
            (Some(2), Some(0), None)
        );
        let more: Amounts = [(Text::new("a"), 3), (Text::new("c"), 1)]
            .into_iter()
            .collect();
        let sum = some.plus(&more);
        assert_eq!((sum.of("a"), sum.of("b"), sum.of("c")), (5, 0, 1));
        assert_eq!(some.max(&more).of("a"), 3);
        assert_eq!(
            serde_json::to_string(&sum).unwrap(),
            r#"{"a":5,"b":0,"c":1}"#
        );
    }
}
