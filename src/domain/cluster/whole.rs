//! What is known of a cluster besides its nodes.

use serde::{Deserialize, Serialize};

use super::super::ids::ObjectUid;
use super::super::observation::Health;
use super::super::shared::Shared;
use super::news::{ClusterHello, Gap, Serves};
use super::{BudgetFacts, PodEvent, PodFacts, QuotaFacts};

/// A cluster, without what each node has of it.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Cluster {
    /// Which; `None`: it has not been reached.
    pub hello: Option<ClusterHello>,
    /// How its API server does; `None`: not tried yet.
    pub health: Option<Health>,
    /// What may not be read.
    pub gaps: Vec<Gap>,
    /// What it serves.
    pub serves: Serves,
    /// Pods that are bound to no node, by namespace and name.
    pub unbound: Vec<Shared<PodFacts>>,
    /// Warnings about those pods, the newest last.
    #[serde(default)]
    pub events: Vec<PodEvent>,
    /// Disruption budgets.
    pub budgets: Vec<BudgetFacts>,
    /// Quotas about GPUs.
    pub quotas: Vec<QuotaFacts>,
}

impl Cluster {
    /// Warnings about a pod that is bound to no node, the newest last.
    pub fn events_of<'a>(&'a self, pod: &'a ObjectUid) -> impl Iterator<Item = &'a PodEvent> {
        self.events.iter().filter(move |event| event.pod == *pod)
    }
}
