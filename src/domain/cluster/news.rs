//! What a source of a whole cluster tells: objects as they come and go.

use serde::{Deserialize, Serialize};

use super::super::exporter::ExporterNews;
use super::super::ids::ObjectUid;
use super::super::observation::Health;
use super::super::text::Text;
use super::{BudgetFacts, ClaimFacts, NodeFacts, PodEvent, PodFacts, QuotaFacts, SliceFacts};

/// What is new of a cluster.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum ClusterNews {
    /// A source begins: everything will be told again.
    Begun(ClusterHello),
    /// What may not be read. Replaces the earlier list.
    Gaps {
        /// All of them.
        gaps: Vec<Gap>,
    },
    /// What the API server serves of what GPUs bring along. Replaces the earlier record.
    Serves(Serves),
    /// Nodes with GPUs.
    Nodes(Change<NodeFacts>),
    /// Pods that one watch covers.
    Pods {
        /// Which.
        scope: Scope,
        /// What is new of them.
        change: Change<PodFacts>,
    },
    /// ResourceClaims.
    Claims(Change<ClaimFacts>),
    /// ResourceSlices.
    Slices(Change<SliceFacts>),
    /// PodDisruptionBudgets.
    Budgets(Change<BudgetFacts>),
    /// ResourceQuotas.
    Quotas(Change<QuotaFacts>),
    /// Warnings about pods, whether or not they concern GPUs.
    Events(Change<PodEvent>),
    /// What an exporter tells that is read through the API server.
    Exporter(Box<ExporterNews>),
    /// How its API server does: on a tape, where the sources are the host's.
    Health {
        /// As of a source.
        health: Health,
    },
}

/// Which cluster, and as whom.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClusterHello {
    /// The context of the kubeconfig, or `in-cluster`.
    pub context: Text,
    /// URL of the API server.
    pub server: Text,
    /// Its version, such as `v1.36.2`; `None`: it has not told.
    pub version: Option<Text>,
    /// Namespace that holds where none is given.
    pub namespace: Text,
}

/// Something that may not be read, and what is missing for want of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Gap {
    /// What is not permitted, such as `list pods in all namespaces`.
    pub permission: Text,
    /// What is not seen for want of it.
    pub misses: Text,
    /// What the server said, if it did.
    pub reason: Option<Text>,
}

/// Which of the things that come with GPUs the API server knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Serves {
    /// `resource.k8s.io/v1`.
    pub dra: bool,
    /// ClusterPolicy: the GPU Operator with MIG manager.
    pub cluster_policies: bool,
    /// GPUCluster: the GPU Operator with the DRA driver.
    pub gpu_clusters: bool,
}

/// Which pods a watch covers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// All that have not ended.
    Everywhere,
    /// All of a namespace that have not ended.
    Namespace(Text),
    /// Those that are bound to a node.
    Node(Text),
    /// Those that are bound to none.
    Unbound,
}

/// What is new of objects of one kind.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change<T> {
    /// These are all there are: what is not among them is gone.
    All(Vec<T>),
    /// Some have come or changed, some have gone.
    Some {
        /// New or changed.
        set: Vec<T>,
        /// Gone.
        gone: Vec<ObjectUid>,
    },
    /// Nobody watches them any more, so nothing is known of them.
    Unwatched,
}
