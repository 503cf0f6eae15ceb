//! The API's objects as far as they are read: everything else is skipped while parsing, and names that repeat are kept
//! once. A pod of 10 kB becomes 0.6 kB here, before the next one is looked at.

mod dra;
mod names;
mod node;
mod parts;
mod pod;
mod policy;
mod state;

use serde::Deserialize;

pub use names::Names;

use crate::domain::cluster::{
    BudgetFacts, ClaimFacts, NodeFacts, PodFacts, QuotaFacts, SliceFacts,
};
use crate::domain::ids::ObjectUid;

/// A kind of objects that is watched.
pub trait Kind {
    /// What is kept of one.
    type Facts;

    /// Parses one object.
    ///
    /// # Errors
    /// It is no such object.
    fn parse(json: &str, names: &mut Names) -> Result<Object<Self::Facts>, serde_json::Error>;

    /// Parses a page of a list.
    ///
    /// # Errors
    /// It is no list of such objects.
    fn parse_list(json: &str, names: &mut Names) -> Result<List<Self::Facts>, serde_json::Error>;
}

/// An object that came.
#[derive(Clone, PartialEq, Debug)]
pub struct Object<T> {
    /// Its UID.
    pub uid: ObjectUid,
    /// Its version, from which a watch goes on.
    pub version: String,
    /// Marks the end of the objects that there are at the beginning of a watch.
    pub initial_events_end: bool,
    /// What is kept of it; `None`: it does not concern GPUs.
    pub facts: Option<T>,
}

/// A page of a list.
#[derive(Clone, PartialEq, Debug)]
pub struct List<T> {
    /// Version of the list, from which a watch goes on.
    pub version: String,
    /// Where the next page begins; empty: this is the last.
    pub go_on: String,
    /// Objects that concern GPUs.
    pub items: Vec<T>,
}

macro_rules! kind {
    ($(#[$doc:meta])* $name:ident, $slim:path, $facts:ty) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl Kind for $name {
            type Facts = $facts;

            fn parse(json: &str, names: &mut Names) -> Result<Object<$facts>, serde_json::Error> {
                let slim: $slim = serde_json::from_str(json)?;
                Ok(Object {
                    uid: ObjectUid::new(slim.metadata.uid.as_deref().unwrap_or_default()),
                    version: slim.metadata.version.as_deref().unwrap_or_default().to_owned(),
                    initial_events_end: slim.metadata.annotations.initial_events_end(),
                    facts: slim.facts(names),
                })
            }

            fn parse_list(
                json: &str,
                names: &mut Names,
            ) -> Result<List<$facts>, serde_json::Error> {
                let list: parts::List<'_, $slim> = serde_json::from_str(json)?;
                Ok(List {
                    version: list.metadata.version.into_owned(),
                    go_on: list.metadata.go_on.into_owned(),
                    items: list.items.iter().flatten().filter_map(|slim| slim.facts(names)).collect(),
                })
            }
        }
    };
}

kind!(
    /// Nodes with GPUs.
    Nodes,
    node::Node<'_>,
    NodeFacts
);
kind!(
    /// Pods that concern GPUs.
    Pods,
    pod::Pod<'_>,
    PodFacts
);
kind!(
    /// Claims of GPU drivers' devices.
    Claims,
    dra::Claim<'_>,
    ClaimFacts
);
kind!(
    /// What GPU drivers publish.
    Slices,
    dra::Slice<'_>,
    SliceFacts
);
kind!(
    /// Disruption budgets.
    Budgets,
    policy::Budget<'_>,
    BudgetFacts
);
kind!(
    /// Quotas about GPUs.
    Quotas,
    policy::Quota<'_>,
    QuotaFacts
);

/// A Node object, whether or not it has GPUs.
pub fn node_facts(node: &serde_json::Value) -> NodeFacts {
    let slim = node::Node::deserialize(node);
    slim.map_or_else(|_| NodeFacts::default(), |n| n.all(&mut Names::default()))
}

/// A Pod object; `None` for one without UID, namespace or name, which the API server never sends, and for one that does
/// not concern GPUs.
pub fn pod_facts(pod: &serde_json::Value) -> Option<PodFacts> {
    let slim = pod::Pod::deserialize(pod).ok()?;
    slim.facts(&mut Names::default())
}

/// A ResourceClaim object with devices of a GPU driver.
pub fn claim_facts(claim: &serde_json::Value) -> Option<ClaimFacts> {
    let slim = dra::Claim::deserialize(claim).ok()?;
    slim.facts(&mut Names::default())
}

/// A ResourceSlice object of a GPU driver.
pub fn slice_facts(slice: &serde_json::Value) -> Option<SliceFacts> {
    let slim = dra::Slice::deserialize(slice).ok()?;
    slim.facts(&mut Names::default())
}

/// A ResourceQuota object about GPUs.
pub fn quota_facts(quota: &serde_json::Value) -> Option<QuotaFacts> {
    let slim = policy::Quota::deserialize(quota).ok()?;
    slim.facts(&mut Names::default())
}

#[cfg(test)]
mod tests;
