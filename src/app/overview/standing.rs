//! How a node stands in its cluster, in a column: whether it is ready and takes pods, and whether that is of now; its
//! pods, and those that wait for what it has.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::app::{Texts, words};
use crate::domain::fleet::{Fleet, Node};
use crate::domain::observation::{Health, SourceName};
use crate::domain::reading::{AbsentCode, Reading};

use super::{Piece, Tone};

/// `Ready`, `NotReady`, `cordoned`, `late 12s`; `-` of a host that is in no cluster, `..` of one that has not been read.
pub fn word(node: &Node, now: Timestamp, texts: &Texts) -> Piece {
    let on_node = match &node.cluster {
        Reading::Value(on_node) => on_node,
        Reading::Absent(why) => {
            return match why.code {
                AbsentCode::NotYet => Piece::new("..", Tone::Faint),
                AbsentCode::NoPermission => {
                    Piece::new(texts.get("standing.no_right"), Tone::Caution)
                }
                _ => Piece::new("-", Tone::Faint),
            };
        }
    };
    let facts = &on_node.node;
    let state = match (facts.is_told(), facts.is_ready()) {
        // its pods are known, and it is not: it may not be read
        (false, _) => Piece::new(texts.get("standing.no_right"), Tone::Caution),
        (true, Some(false)) => Piece::new("NotReady", Tone::Danger),
        (true, _) if facts.cordoned => Piece::new(texts.get("standing.cordoned"), Tone::Caution),
        (true, Some(true)) => Piece::new("Ready", Tone::Plain),
        (true, None) => Piece::new("?", Tone::Faint),
    };
    match late(node, now, texts) {
        None => state,
        // what it was is worth its room only where it was not as usual
        Some(late) if state.tone < Tone::Caution => late,
        Some(late) => Piece::new(format!("{} {}", state.text, late.text), state.tone),
    }
}

fn late(node: &Node, now: Timestamp, texts: &Texts) -> Option<Piece> {
    let mut sources = node.sources.iter();
    let source = sources.find(|s| s.source == SourceName::Kubernetes)?;
    let (key, since) = match &source.health {
        Health::Live => return None,
        Health::Late { since, .. } => ("health.late", since),
        Health::Hung { since, .. } => ("health.hung", since),
        Health::Down { since, .. } => ("health.down", since),
    };
    let text = format!("{} {}", texts.get(key), words::age(*since, now));
    Some(Piece::new(text, Tone::Caution))
}

/// Pods with GPUs on a node: as the API server tells, else those that the kubelet gave devices; `None`: neither tells.
pub fn pods(node: &Node) -> Option<usize> {
    if let Reading::Value(on_node) = &node.cluster {
        return Some(on_node.living().filter(|pod| pod.uses_gpus()).count());
    }
    let given = node.allocations.value()?;
    let pods: BTreeSet<_> = given
        .iter()
        .map(|a| (&a.pod_uid, &a.namespace, &a.pod))
        .collect();
    Some(pods.len())
}

/// Pods that wait for resources which this node advertises; `None`: nobody tells of pods that wait.
pub fn waiting(fleet: &Fleet, node: &Node) -> Option<usize> {
    let cluster = fleet.cluster.as_ref()?;
    let on_node = node.cluster.value()?;
    let wait = cluster.unbound.iter().filter(|pod| on_node.offers(pod));
    Some(wait.count())
}

/// That the cluster does not answer, and what of it may not be read. `key`: the key of the page that tells it all.
pub fn notes(fleet: &Fleet, now: Timestamp, texts: &Texts, key: &str) -> Vec<Piece> {
    let cluster = fleet.cluster.as_ref();
    let health = cluster.and_then(|c| c.health.as_ref());
    let late = health.and_then(|h| crate::app::describe::late(h, texts, now));
    late.into_iter().chain(gaps(fleet, texts, key)).collect()
}

/// What of the cluster may not be read, as RBAC spells it; `None`: nothing is known to be hidden.
pub fn gaps(fleet: &Fleet, texts: &Texts, key: &str) -> Option<Piece> {
    let gaps = &fleet.cluster.as_ref()?.gaps;
    let all: Vec<String> = gaps
        .iter()
        .map(|gap| crate::app::gaps::permission(gap, texts))
        .collect();
    let args: [(&str, &dyn std::fmt::Display); 2] = [("gaps", &all.join(", ")), ("key", &key)];
    (!all.is_empty()).then(|| Piece::new(texts.say("standing.gaps", &args), Tone::Caution))
}

/// `k8s late 12s`: for the title of every screen.
pub fn title(fleet: &Fleet, now: Timestamp, texts: &Texts) -> Option<String> {
    let (key, since) = match fleet.cluster.as_ref()?.health.as_ref()? {
        Health::Live => return None,
        Health::Late { since, .. } => ("health.late", since),
        Health::Hung { since, .. } => ("health.hung", since),
        Health::Down { since, .. } => ("health.down", since),
    };
    let word = texts.get(key).to_uppercase();
    Some(format!("k8s {word} {}", words::age(*since, now)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{ago, cluster, in_cluster, node, node_facts, now, pod_facts};
    use crate::app::texts::Language;
    use crate::domain::cluster::NodeFacts;
    use crate::domain::cluster::news::Gap;
    use crate::domain::observation::SourceState;
    use crate::domain::reading::Absence;

    fn said(node: &Node) -> String {
        word(node, now(), &Texts::of(Language::English)).text
    }

    fn late_source() -> Health {
        Health::Late {
            since: ago(12),
            why: "connection refused".into(),
        }
    }

    #[test]
    fn each_state_and_each_absence_has_a_word_of_its_own() {
        let with = |change: &dyn Fn(&mut NodeFacts)| {
            let mut facts = node_facts("a");
            change(&mut facts);
            in_cluster(node("a"), facts, Vec::new())
        };
        assert_eq!(said(&with(&|_| {})), "Ready");
        assert_eq!(said(&with(&|f| f.cordoned = true)), "cordoned");
        assert_eq!(
            said(&with(&|f| f.conditions[0].status = "Unknown".into())),
            "NotReady"
        );
        assert_eq!(said(&with(&|f| f.conditions.clear())), "?");
        assert_eq!(said(&with(&|f| *f = NodeFacts::default())), "no right");
        assert_eq!(said(&node("a")), "..");
        let mut stranger = node("a");
        stranger.cluster = Reading::absent(AbsentCode::NoSource, "no node of it");
        assert_eq!(said(&stranger), "-");
    }

    #[test]
    fn a_late_cluster_does_not_hide_that_a_node_was_not_as_usual() {
        let mut facts = node_facts("a");
        let mut late = in_cluster(node("a"), facts.clone(), Vec::new());
        late.sources.push(SourceState {
            source: SourceName::Kubernetes,
            health: late_source(),
        });
        assert_eq!(said(&late), "late 12s");
        facts.cordoned = true;
        let late = in_cluster(late, facts, Vec::new());
        assert_eq!(said(&late), "cordoned late 12s");
    }

    #[test]
    fn pods_wait_for_a_node_that_has_what_they_ask_for() {
        let here = pod_facts("ocr", Some("a"), "nvidia.com/mig-1g.5gb", None);
        let a = in_cluster(node("a"), node_facts("a"), vec![here]);
        let wants =
            |name, profile: &str| pod_facts(name, None, &format!("nvidia.com/mig-{profile}"), None);
        let mut fleet = Fleet {
            cluster: Some(cluster(vec![wants("x", "1g.5gb"), wants("y", "7g.40gb")])),
            ..Fleet::default()
        };
        assert_eq!((pods(&a), waiting(&fleet, &a)), (Some(1), Some(1)));
        // without a cluster nobody tells
        fleet.cluster = None;
        assert_eq!(waiting(&fleet, &a), None);
        assert_eq!(pods(&node("a")), None);
    }

    #[test]
    fn what_may_not_be_read_and_that_it_is_late_are_told_together() {
        let texts = Texts::of(Language::English);
        let mut all = (*cluster(Vec::new())).clone();
        let fleet = |all: &crate::domain::cluster::Cluster| Fleet {
            cluster: Some(crate::domain::shared::Shared::new(all.clone())),
            ..Fleet::default()
        };
        assert!(notes(&fleet(&all), now(), &texts, "A").is_empty());
        assert_eq!(title(&fleet(&all), now(), &texts), None);
        all.health = Some(late_source());
        all.gaps = vec![Gap {
            permission: "list resourcequotas in all namespaces".into(),
            misses: "x".into(),
            reason: None,
        }];
        let said: Vec<String> = notes(&fleet(&all), now(), &texts, "A")
            .into_iter()
            .map(|p| p.text)
            .collect();
        assert!(said[0].contains("late 12s: connection refused"), "{said:?}");
        assert_eq!(
            said[1],
            "k8s rights missing (A): list resourcequotas in all namespaces"
        );
        assert_eq!(
            title(&fleet(&all), now(), &texts).as_deref(),
            Some("k8s LATE 12s")
        );
        all.health = Some(Health::Down {
            since: ago(60),
            why: Absence::new(AbsentCode::Failed, "refused"),
        });
        assert_eq!(
            title(&fleet(&all), now(), &texts).as_deref(),
            Some("k8s DOWN 1m")
        );
    }
}
