//! What is said of a node, by what is known of it.

use super::*;
use crate::app::fixture::{
    ago, gpu, in_cluster, instance, node, node_facts, now, operand, pod_facts, slot,
};
use crate::app::texts::Language;
use crate::domain::cluster::news::Gap;
use crate::domain::cluster::{NodeFacts, PodFacts};
use crate::domain::fleet::SlotState;
use crate::domain::observation::SourceState;
use crate::domain::shared::Shared;
use crate::domain::text::Text;

/// Two free instances of 1g.5gb, one that appeared an hour ago.
fn host() -> Node {
    let mut node = node("a");
    let mut new = instance(8, "1g.5gb", 1, 1);
    new.appeared = Some(ago(3600));
    node.gpus = vec![gpu(
        0,
        true,
        vec![
            slot(instance(7, "1g.5gb", 0, 1), SlotState::Free, vec![]),
            slot(new, SlotState::Free, vec![]),
        ],
    )];
    node
}

fn facts() -> NodeFacts {
    let mut facts = node_facts("a");
    facts.capacity.remove("nvidia.com/gpu");
    facts.allocatable.remove("nvidia.com/gpu");
    facts
}

fn labelled(facts: &mut NodeFacts, key: &str, value: &str) {
    let key = Text::from(format!("nvidia.com/{key}"));
    facts.labels.insert(key, value.into());
}

fn said_with(node: Node, cluster: Cluster) -> Vec<String> {
    let fleet = Fleet {
        cluster: Some(Shared::new(cluster)),
        ..Fleet::default()
    };
    let texts = Texts::of(Language::English);
    lines(&fleet, &node, &texts, now())
        .into_iter()
        .map(|line| match line {
            Line::Head(text) => format!("# {text}"),
            Line::Note(piece) => piece.text,
            Line::Fact(label, pieces) => {
                let said: Vec<_> = pieces.into_iter().map(|p| p.text).collect();
                format!("{label}: {}", said.join("  "))
            }
            Line::Heads(cells) => cells.join(" "),
            Line::Resource(cells, verdict) => format!("{} {}", cells.join(" "), verdict.text),
        })
        .collect()
}

fn said(facts: NodeFacts, pods: Vec<PodFacts>) -> Vec<String> {
    said_with(in_cluster(host(), facts, pods), Cluster::default())
}

#[track_caller]
fn has(all: &[String], line: &str) {
    assert!(all.iter().any(|l| l == line), "no `{line}` in {all:#?}");
}

#[test]
fn a_node_as_it_should_be_says_so_beside_what_nvml_lists() {
    let mut facts = facts();
    labelled(&mut facts, "mig.config", "all-1g.5gb");
    labelled(&mut facts, "mig.config.state", "success");
    facts.mig_state_written = Some(ago(3 * 3600));
    labelled(&mut facts, "gpu.count", "1");
    let pods = vec![
        pod_facts("svc/ocr", Some("a"), "nvidia.com/mig-1g.5gb", None),
        operand("nvidia-mig-manager", "a", Some(true)),
        operand("nvidia-device-plugin-daemonset", "a", Some(false)),
    ];
    let all = said(facts, pods);
    has(&all, "state: Ready  since 41d  kubelet v1.36.2");
    has(&all, "taints: none");
    has(&all, "mig-1g.5gb 2 2 1 2 as here");
    has(&all, "its state: success  written 3h ago");
    has(&all, "GPU 0: 2x 1g.5gb");
    has(&all, "with GPUs: 1  svc/ocr");
    has(
        &all,
        "mig-manager: Running  ready  default/nvidia-mig-manager-x7k2d",
    );
    let plugin = "device-plugin: Running  NOT READY  default/nvidia-device-plugin-daemonset-x7k2d";
    has(&all, plugin);
    assert!(!all.iter().any(|l| l.contains("DIFFERS")), "{all:#?}");
}

#[test]
fn what_differs_is_told_in_words() {
    let mut facts = facts();
    facts.capacity.insert("nvidia.com/mig-1g.5gb".into(), 3);
    facts.allocatable.insert("nvidia.com/mig-1g.5gb".into(), 3);
    labelled(&mut facts, "mig-1g.5gb.count", "3");
    labelled(
        &mut facts,
        "gfd.timestamp",
        &ago(7200).as_second().to_string(),
    );
    let all = said(facts, Vec::new());
    has(&all, "mig-1g.5gb 3 3 0 2 DIFFERS: 1 more than here");
    has(&all, "mig-1g.5gb.count: 3  DIFFERS: here 2");
    has(&all, "gpu.count: 4  DIFFERS: here 1");
    has(&all, "gpu.product: NVIDIA-A100-SXM4-40GB");
    has(
        &all,
        "labels of GFD: made 2h ago  OLDER than an instance here",
    );
}

#[test]
fn a_node_that_is_not_ready_says_why_and_one_that_is_cordoned_says_so() {
    let mut facts = facts();
    facts.cordoned = true;
    facts.conditions[0].status = "Unknown".into();
    facts.conditions[0].reason = "NodeStatusUnknown".into();
    facts.conditions[0].message = "Kubelet stopped posting node status.".into();
    let all = said(facts, Vec::new());
    let why = "NodeStatusUnknown: Kubelet stopped posting node status.";
    has(
        &all,
        &format!("state: NotReady  since 41d  {why}  kubelet v1.36.2"),
    );
    has(&all, ": cordoned: it takes no new pods");
}

#[test]
fn not_allowed_not_told_and_none_are_three_things() {
    let pods = vec![pod_facts(
        "svc/ocr",
        Some("a"),
        "nvidia.com/mig-1g.5gb",
        None,
    )];
    let bare = NodeFacts {
        name: Some("a".into()),
        ..NodeFacts::default()
    };
    let untold = said(bare.clone(), pods.clone());
    has(
        &untold,
        "The API server has told of pods on this node, and not of the node itself.",
    );
    let gap = |permission: &str| Gap {
        permission: permission.into(),
        misses: "x".into(),
        reason: None,
    };
    let cluster = Cluster {
        gaps: vec![gap("list nodes"), gap("list pods in all namespaces")],
        ..Cluster::default()
    };
    let refused = said_with(in_cluster(host(), bare, pods), cluster);
    let missing = "not seen: what nodes advertise, their labels, taints and conditions";
    has(&refused, &format!("not allowed: list nodes; {missing}"));
    assert!(refused.iter().any(|l| l.contains("not allowed: list pods")));
    let none = said(facts(), Vec::new());
    has(&none, "with GPUs: none");
    has(&none, "wait for such: none");
}

#[test]
fn without_a_probe_the_node_is_as_readable_and_nvml_is_absent() {
    let mut alone = Node::new("a".into(), now());
    alone.driver = Reading::absent(AbsentCode::NoSource, "no probe reads this host");
    let waiting = pod_facts("svc/late", None, "nvidia.com/mig-1g.5gb", None);
    let other = pod_facts("other", None, "nvidia.com/mig-7g.40gb", None);
    let cluster = Cluster {
        unbound: vec![Shared::new(waiting), Shared::new(other)],
        ..Cluster::default()
    };
    let all = said_with(in_cluster(alone, facts(), Vec::new()), cluster);
    has(&all, "mig-1g.5gb 2 2 0 n/a ");
    has(&all, "NVML n/a: no probe reads this host");
    has(&all, "wait for such: 1  svc/late");
    has(&all, "gpu.count: 4");
}

#[test]
fn a_cluster_that_does_not_answer_is_late_and_what_it_told_stays() {
    let mut node = in_cluster(host(), facts(), Vec::new());
    node.sources.push(SourceState {
        source: SourceName::Kubernetes,
        health: Health::Late {
            since: ago(12),
            why: "connection refused".into(),
        },
    });
    let all = said_with(node, Cluster::default());
    assert_eq!(
        all[0],
        "k8s late 12s: connection refused. What it told last is shown."
    );
    has(&all, "mig-1g.5gb 2 2 0 2 as here");
}

#[test]
fn a_host_that_is_in_no_cluster_says_why() {
    let mut node = host();
    node.cluster = Reading::absent(AbsentCode::NoSource, "this host is no node");
    let all = said_with(node, Cluster::default());
    assert_eq!(
        all,
        ["The cluster says nothing of this host: this host is no node"]
    );
    let mut node = host();
    node.cluster = Reading::not_yet();
    let all = said_with(node, Cluster::default());
    assert!(all[0].contains("has not been read yet"), "{all:?}");
}
