//! What this user may read, asked beforehand: what is missing is named, and the rest works.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::api::{Api, CallError};
use super::session::WatchId;
use crate::domain::cluster::news::{Gap, Scope};
use crate::domain::text::Text;

const REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
const LIMIT: Duration = Duration::from_secs(10);

/// What a watch reads.
pub(super) struct Subject {
    group: &'static str,
    resource: &'static str,
    misses: &'static str,
}

/// What a watch of this kind reads.
pub(super) fn subject(id: &WatchId) -> Subject {
    let (group, resource, misses) = match id {
        WatchId::Nodes => (
            "",
            "nodes",
            "what nodes advertise, their labels, taints and conditions",
        ),
        WatchId::Pods(_) => ("", "pods", "which pods have GPUs and which wait for some"),
        WatchId::Claims => (
            "resource.k8s.io",
            "resourceclaims",
            "devices that pods have by claims",
        ),
        WatchId::Slices => (
            "resource.k8s.io",
            "resourceslices",
            "which slice a claimed device is",
        ),
        WatchId::Budgets => (
            "policy",
            "poddisruptionbudgets",
            "whether a pod may be evicted",
        ),
        WatchId::Quotas => ("", "resourcequotas", "quotas that name GPU resources"),
        WatchId::Events => ("", "events", "warnings about pods"),
    };
    Subject {
        group,
        resource,
        misses,
    }
}

/// A verb on what a watch reads, in a namespace or in all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Question<'a> {
    pub(super) of: &'a WatchId,
    pub(super) verb: &'static str,
    pub(super) namespace: Option<&'a str>,
}

#[derive(Deserialize)]
struct Answer {
    status: AnswerStatus,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct AnswerStatus {
    allowed: bool,
    reason: String,
}

impl Question<'_> {
    /// Whether the user may; the server's reason, if it gives one.
    pub(super) async fn ask(&self, api: &Api) -> Result<(bool, Option<Text>), CallError> {
        let Subject {
            group, resource, ..
        } = subject(self.of);
        let attributes = json!({
            "verb": self.verb,
            "group": group,
            "resource": resource,
            "namespace": self.namespace.unwrap_or_default(),
        });
        review(api, &attributes).await
    }

    /// The gap that it is if the user may not.
    pub(super) fn gap(&self, reason: Option<Text>) -> Gap {
        gap(self.of, self.verb, self.namespace, reason)
    }
}

/// Whether the user may do what the attributes say; the server's reason, if it gives one.
pub(super) async fn review(
    api: &Api,
    attributes: &serde_json::Value,
) -> Result<(bool, Option<Text>), CallError> {
    let body = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    });
    let answer = api.post(REVIEWS, &body, LIMIT).await?;
    let answer: Answer = serde_json::from_str(&answer).map_err(CallError::garbled)?;
    let reason = Some(answer.status.reason).filter(|r| !r.is_empty());
    Ok((answer.status.allowed, reason.map(Text::from)))
}

/// What may not be read of all this, as far as the server says beforehand.
pub(super) async fn gaps(api: &Api, of: &[WatchId], namespace: Option<&str>) -> BTreeSet<Gap> {
    let mut gaps = BTreeSet::new();
    // one after the other: nobody waits for this, and a server is not to be stormed
    for id in of.iter().chain([&WatchId::Pods(Scope::Everywhere)]) {
        for verb in ["list", "watch"] {
            let question = Question {
                of: id,
                verb,
                namespace,
            };
            match question.ask(api).await {
                Ok((false, reason)) => drop(gaps.insert(question.gap(reason))),
                Ok((true, _)) => {}
                Err(_) => return gaps,
            }
        }
    }
    gaps
}

/// A verb that is missing on what a watch reads.
pub(super) fn gap(of: &WatchId, verb: &str, namespace: Option<&str>, reason: Option<Text>) -> Gap {
    let Subject {
        group,
        resource,
        misses,
    } = subject(of);
    let dot = if group.is_empty() { "" } else { "." };
    let place = match (of, namespace) {
        (WatchId::Nodes | WatchId::Slices, _) => String::new(),
        (_, Some(namespace)) => format!(" in namespace {namespace}"),
        (_, None) => " in all namespaces".to_owned(),
    };
    Gap {
        permission: format!("{verb} {resource}{dot}{group}{place}").into(),
        misses: misses.into(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_names_the_permission_as_rbac_does() {
        let claims = gap(&WatchId::Claims, "list", None, None);
        assert_eq!(
            claims.permission,
            "list resourceclaims.resource.k8s.io in all namespaces"
        );
        assert_eq!(
            gap(&WatchId::Nodes, "watch", None, None).permission,
            "watch nodes"
        );
        let quotas = gap(&WatchId::Quotas, "list", Some("team"), None);
        assert_eq!(quotas.permission, "list resourcequotas in namespace team");
    }
}
