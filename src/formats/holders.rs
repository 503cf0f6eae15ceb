//! `migdeck/holders/v1`: what keeps GPUs and instances in use, host by host.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::text::Text;

use super::absent::Reason;
use super::status::{Holder, Source, Status};

/// Name of the schema.
pub const SCHEMA: &str = "migdeck/holders/v1";

/// The document.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Holders {
    /// [`SCHEMA`].
    pub schema: Text,
    /// True if any of the hosts is simulated.
    pub simulated: bool,
    /// When the document was made.
    pub at: Timestamp,
    /// Where the facts come from.
    pub sources: Vec<Source>,
    /// Hosts by name.
    pub nodes: Vec<NodeHolders>,
}

/// Holders on one host.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct NodeHolders {
    /// The host.
    pub name: Text,
    /// What could be seen.
    pub holders: Vec<Holder>,
    /// Why there may be more; `null`: that is all.
    pub hidden: Option<Reason>,
}

impl From<&Status> for Holders {
    fn from(status: &Status) -> Self {
        Self {
            schema: SCHEMA.into(),
            simulated: status.simulated,
            at: status.at,
            sources: status.sources.clone(),
            nodes: status
                .nodes
                .iter()
                .map(|n| NodeHolders {
                    name: n.name.clone(),
                    holders: n.holders.clone(),
                    hidden: n.absent.reason("holders").cloned(),
                })
                .collect(),
        }
    }
}
