//! What limits pods: disruption budgets and quotas.

use serde::{Deserialize, Serialize};

use super::super::ids::ObjectUid;
use super::super::text::Text;
use super::Amounts;

/// A PodDisruptionBudget.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BudgetFacts {
    /// UID.
    pub uid: ObjectUid,
    /// Namespace.
    pub namespace: Text,
    /// Name.
    pub name: Text,
    /// How many pods may be evicted now; `None`: not worked out yet.
    pub allowed: Option<u32>,
    /// Pods that are well now.
    pub healthy: u32,
    /// Pods that have to be.
    pub desired: u32,
}

/// A ResourceQuota, as far as it is about GPUs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QuotaFacts {
    /// UID.
    pub uid: ObjectUid,
    /// Namespace.
    pub namespace: Text,
    /// Name.
    pub name: Text,
    /// How much of each GPU resource may be asked for (`requests.` left out of the names).
    pub hard: Amounts,
    /// How much is.
    pub used: Amounts,
}
