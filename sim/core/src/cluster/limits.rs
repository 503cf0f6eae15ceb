//! What holds pods back: disruption budgets and quotas.

use serde_json::{Value, json};

use crate::driver::Driver;
use crate::scenario::derive;

/// PodDisruptionBudgets of the scenario's cluster, as the controllers have counted them. The same from every host.
pub fn budgets_json(driver: &Driver) -> Vec<Value> {
    if driver.host().node.is_none() {
        return Vec::new();
    }
    let all = driver.budgets().iter().map(|budget| {
        json!({
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": metadata("budget", &budget.namespace, &budget.name),
            "spec": {
                "minAvailable": budget.min_available,
                "selector": { "matchLabels": budget.labels },
            },
            "status": {
                "observedGeneration": 1,
                "currentHealthy": budget.healthy,
                "desiredHealthy": budget.min_available,
                "expectedPods": budget.healthy,
                "disruptionsAllowed": budget.healthy.saturating_sub(budget.min_available),
            },
        })
    });
    all.collect()
}

/// ResourceQuotas of the scenario's cluster, as the controllers have counted them. The same from every host.
pub fn quotas_json(driver: &Driver) -> Vec<Value> {
    if driver.host().node.is_none() {
        return Vec::new();
    }
    let all = driver.quotas().iter().map(|quota| {
        let hard = amounts(quota.hard.iter().map(|(name, n)| (name, *n)));
        let used = quota.hard.keys();
        let used = used.map(|name| (name, quota.used.get(name).copied().unwrap_or(0)));
        json!({
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": metadata("quota", &quota.namespace, &quota.name),
            "spec": { "hard": hard },
            "status": { "hard": hard, "used": amounts(used) },
        })
    });
    all.collect()
}

fn amounts<'a>(all: impl Iterator<Item = (&'a String, u32)>) -> Value {
    let all = all.map(|(name, n)| (name.clone(), Value::from(n.to_string())));
    all.collect()
}

fn metadata(kind: &str, namespace: &str, name: &str) -> Value {
    json!({
        "name": name,
        "namespace": namespace,
        "uid": derive::uid(&[kind, namespace, name]),
        "resourceVersion": "1000",
        "generation": 1,
    })
}
