//! Which pods are watched how, by the size of the fleet.

use std::collections::BTreeSet;

use crate::domain::cluster::news::Scope;
use crate::domain::text::Text;

/// Up to so many nodes with GPUs each has a watch of its own: what else runs in the cluster is then never sent. Above, one
/// watch of everything costs the server less.
pub(super) const OWN_WATCHES: usize = 32;

/// Events that are watched. A cluster makes several of every start of every pod, nearly all of them `Normal`: these are not
/// sent.
pub(super) const WARNINGS: &str = "involvedObject.kind=Pod,type=Warning";

/// What may be listed and watched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Reach {
    /// Pods of all namespaces.
    Cluster,
    /// Only those of this one.
    Namespace(Text),
}

/// What is to be watched of pods. Once everything is watched that stays so: a fleet does not shrink for long.
pub(super) fn scopes(
    reach: &Reach,
    nodes: &BTreeSet<Text>,
    now: &BTreeSet<Scope>,
) -> BTreeSet<Scope> {
    match reach {
        Reach::Namespace(name) => [Scope::Namespace(name.clone())].into(),
        Reach::Cluster if now.contains(&Scope::Everywhere) || nodes.len() > OWN_WATCHES => {
            [Scope::Everywhere].into()
        }
        Reach::Cluster => {
            let own = nodes.iter().cloned().map(Scope::Node);
            own.chain([Scope::Unbound]).collect()
        }
    }
}

/// Path and field selector of a scope.
pub(super) fn query(scope: &Scope) -> (String, String) {
    // a pod that ends leaves such a watch as if it were deleted
    let living = "status.phase!=Succeeded,status.phase!=Failed";
    let all = "/api/v1/pods".to_owned();
    match scope {
        Scope::Everywhere => (all, living.to_owned()),
        Scope::Namespace(name) => (format!("/api/v1/namespaces/{name}/pods"), living.to_owned()),
        // one that failed says why a node does not take it
        Scope::Node(name) => (all, format!("spec.nodeName={name},status.phase!=Succeeded")),
        Scope::Unbound => (all, format!("spec.nodeName=,{living}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(n: usize) -> BTreeSet<Text> {
        (0..n).map(|n| Text::from(format!("dgx-{n}"))).collect()
    }

    #[test]
    fn a_small_fleet_has_a_watch_a_node_and_a_large_one_has_one() {
        let none = BTreeSet::new();
        let small = scopes(&Reach::Cluster, &nodes(2), &none);
        assert_eq!(
            small.iter().cloned().collect::<Vec<_>>(),
            [
                Scope::Node(Text::new("dgx-0")),
                Scope::Node(Text::new("dgx-1")),
                Scope::Unbound
            ]
        );
        let most = scopes(&Reach::Cluster, &nodes(OWN_WATCHES), &small);
        assert_eq!(most.len(), OWN_WATCHES + 1);
        let large = scopes(&Reach::Cluster, &nodes(OWN_WATCHES + 1), &most);
        assert_eq!(large, [Scope::Everywhere].into());
        assert_eq!(scopes(&Reach::Cluster, &nodes(3), &large), large);
    }

    #[test]
    fn who_may_read_one_namespace_reads_that() {
        let reach = Reach::Namespace(Text::new("team-a"));
        let scopes = scopes(&reach, &nodes(3), &BTreeSet::new());
        let scope = scopes.first().unwrap();
        assert_eq!(query(scope).0, "/api/v1/namespaces/team-a/pods");
        assert!(query(&Scope::Unbound).1.starts_with("spec.nodeName=,"));
    }
}
