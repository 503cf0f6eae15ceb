//! PodDisruptionBudget and ResourceQuota.

use serde::Deserialize;

use super::Names;
use super::parts::{GpuAmounts, Meta, NoLabels};
use crate::domain::cluster::{BudgetFacts, QuotaFacts};
use crate::domain::ids::ObjectUid;

#[derive(Deserialize)]
pub(super) struct Budget<'a> {
    #[serde(borrow)]
    pub(super) metadata: Meta<'a, NoLabels>,
    #[serde(default)]
    status: BudgetStatus,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct BudgetStatus {
    observed_generation: Option<i64>,
    disruptions_allowed: u32,
    current_healthy: u32,
    desired_healthy: u32,
}

impl Budget<'_> {
    pub(super) fn facts(&self, names: &mut Names) -> Option<BudgetFacts> {
        let Self { metadata, status } = self;
        Some(BudgetFacts {
            uid: ObjectUid::new(metadata.uid.as_deref()?),
            namespace: names.of(metadata.namespace.as_deref()?),
            name: names.of(metadata.name.as_deref()?),
            // before that the numbers are zeros that nobody has worked out
            allowed: status
                .observed_generation
                .map(|_| status.disruptions_allowed),
            healthy: status.current_healthy,
            desired: status.desired_healthy,
        })
    }
}

#[derive(Deserialize)]
pub(super) struct Quota<'a> {
    #[serde(borrow)]
    pub(super) metadata: Meta<'a, NoLabels>,
    #[serde(borrow, default)]
    spec: QuotaSpec<'a>,
    #[serde(borrow, default)]
    status: QuotaStatus<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct QuotaSpec<'a> {
    #[serde(borrow)]
    hard: GpuAmounts<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct QuotaStatus<'a> {
    #[serde(borrow)]
    used: GpuAmounts<'a>,
}

impl Quota<'_> {
    /// What is kept of a quota that is about GPUs.
    pub(super) fn facts(&self, names: &mut Names) -> Option<QuotaFacts> {
        let hard = self.spec.hard.take(names);
        if hard.is_empty() {
            return None;
        }
        let metadata = &self.metadata;
        Some(QuotaFacts {
            uid: ObjectUid::new(metadata.uid.as_deref()?),
            namespace: names.of(metadata.namespace.as_deref()?),
            name: names.of(metadata.name.as_deref()?),
            hard,
            used: self.status.used.take(names),
        })
    }
}
