//! Each rule with a node on which it speaks, and one that differs by what matters on which it does not.

use std::sync::Arc;

use jiff::SignedDuration;

use super::super::super::cluster::{
    Amounts, Cluster, ContainerFacts, ContainerKind, DeviceFacts, QuotaFacts,
};
use super::super::super::ids::ObjectUid;
use super::super::super::reading::Reading;
use super::super::super::shared::Shared;
use super::super::{Finding, Severity, findings};
use super::*;

mod board;

/// Minutes after the epoch, which is when everything here begins.
fn at(minutes: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
}

fn facts(labels: &[(&str, &str)], resources: &[(&str, u64, u64)]) -> NodeFacts {
    let key = |name: &str| Text::from(format!("nvidia.com/{name}"));
    NodeFacts {
        name: Some("worker-1".into()),
        labels: labels.iter().map(|(k, v)| (key(k), Text::new(v))).collect(),
        capacity: resources.iter().map(|(k, n, _)| (key(k), *n)).collect(),
        allocatable: resources.iter().map(|(k, _, n)| (key(k), *n)).collect(),
        ..NodeFacts::default()
    }
}

fn amounts(asked: &[(&str, u64)]) -> Amounts {
    let named = asked
        .iter()
        .map(|(name, n)| (Text::from(format!("nvidia.com/{name}")), *n));
    named.collect()
}

/// A pod that runs, with a container that asks for this.
fn pod(name: &str, asked: &[(&str, u64)]) -> PodFacts {
    PodFacts {
        node: Some("worker-1".into()),
        phase: "Running".into(),
        created: Some(at(0)),
        requests: amounts(asked),
        containers: [ContainerFacts {
            name: "main".into(),
            kind: ContainerKind::Main,
            requests: amounts(asked),
            devices: Box::default(),
        }]
        .into(),
        uid: ObjectUid::new(&format!("uid-{name}")),
        namespace: "svc".into(),
        name: name.into(),
        owner: None,
        app: None,
        exporter: None,
        claims: Box::default(),
        started: None,
        deleting: None,
        reason: None,
        ready: None,
        state: None,
        restarts: None,
        unschedulable: None,
    }
}

/// What is found of a node that no probe reads, an hour after the epoch.
fn of(facts: NodeFacts, pods: Vec<PodFacts>) -> Vec<Finding> {
    findings(&node(facts, pods))
}

fn node(facts: NodeFacts, pods: Vec<PodFacts>) -> Node {
    let mut node = Node::new("worker-1".into(), at(60));
    with(&mut node, facts, pods);
    node
}

fn with(node: &mut Node, facts: NodeFacts, pods: Vec<PodFacts>) {
    let pods = pods.into_iter().map(Shared::new).collect();
    node.cluster = Reading::Value(Shared::new(OnNode::new(facts, pods, &[], &[])));
}

fn found(all: &[Finding], id: &str) -> Finding {
    let found = all.iter().find(|f| f.id == id);
    found
        .unwrap_or_else(|| panic!("no {id} in {all:#?}"))
        .clone()
}

fn silent(all: &[Finding], id: &str) {
    assert!(all.iter().all(|f| f.id != id), "{id} in {all:#?}");
}

const WELL: [(&str, u64, u64); 1] = [("mig-1g.5gb", 7, 7)];

#[test]
fn a_node_that_is_well_has_nothing_to_find() {
    let labels = [
        ("mig.strategy", "mixed"),
        ("gfd.timestamp", "1"),
        ("gpu.present", "true"),
        ("mig.config", "all-1g.5gb"),
        ("mig.config.state", "success"),
        ("gpu.deploy.device-plugin", "true"),
        ("gpu-driver-upgrade-state", "upgrade-done"),
        ("gpu.product", "NVIDIA-A100-SXM4-40GB"),
    ];
    let all = of(facts(&labels, &WELL), vec![pod("a", &[("mig-1g.5gb", 1)])]);
    assert_eq!(all, []);
}

#[test]
fn the_state_of_mig_manager_is_told() {
    let of_state = |state: Option<&str>| {
        let mut labels = vec![("mig.config", "custom")];
        labels.extend(state.map(|s| ("mig.config.state", s)));
        of(facts(&labels, &WELL), Vec::new())
    };
    let failed = found(&of_state(Some("failed")), "mig-config-failed");
    assert_eq!(failed.severity, Severity::Danger);
    assert_eq!(
        failed.next.unwrap(),
        "kubectl get pods -A -o wide -l app=nvidia-mig-manager --field-selector spec.nodeName=worker-1"
    );
    found(&of_state(Some("pending")), "mig-config-pending");
    found(&of_state(Some("rebooting")), "mig-config-pending");
    found(&of_state(None), "mig-config-untaken");
    for id in [
        "mig-config-failed",
        "mig-config-pending",
        "mig-config-untaken",
    ] {
        silent(&of_state(Some("success")), id);
        // without a wish there is nothing to fail
        silent(&of(facts(&[], &WELL), Vec::new()), id);
    }
}

#[test]
fn a_change_that_does_not_end_is_danger() {
    let state = |state, minutes: i64| {
        let labels = [("mig.config", "custom"), ("mig.config.state", state)];
        let mut facts = facts(&labels, &WELL);
        // the node is of an hour after the epoch
        facts.mig_state_written = Some(at(60 - minutes));
        of(facts, Vec::new())
    };
    let severity = |all: &[Finding]| found(all, "mig-config-pending").severity;
    assert_eq!(severity(&state("pending", 34)), Severity::Caution);
    assert_eq!(severity(&state("pending", 36)), Severity::Danger);
    assert_eq!(severity(&state("rebooting", 36)), Severity::Danger);
    silent(&state("success", 36), "mig-config-pending");
}

#[test]
fn the_log_is_that_of_the_pod_on_this_node() {
    let labels = [("mig.config", "custom"), ("mig.config.state", "failed")];
    let mut manager = pod("nvidia-mig-manager-x7k2p", &[]);
    manager.app = Some("nvidia-mig-manager".into());
    let all = of(facts(&labels, &WELL), vec![manager]);
    assert_eq!(
        found(&all, "mig-config-failed").next.unwrap(),
        "kubectl -n svc logs nvidia-mig-manager-x7k2p --tail=50"
    );
}

#[test]
fn success_without_the_instances_is_danger() {
    let labels = |config| {
        [
            ("mig.config", config),
            ("mig.config.state", "success"),
            ("mig.strategy", "mixed"),
        ]
    };
    // by resources, where nobody looks at the GPUs
    let all = of(facts(&labels("all-2g.10gb"), &WELL), Vec::new());
    assert_eq!(found(&all, "mig-config-missing").severity, Severity::Danger);
    for right in ["all-1g.5gb", "ours", "all-balanced"] {
        silent(
            &of(facts(&labels(right), &WELL), Vec::new()),
            "mig-config-missing",
        );
    }
    // by the GPUs themselves
    let seen = |config: &'static str, profiles: &[&[&str]]| {
        let mut node = probed(profiles);
        with(&mut node, facts(&labels(config), &WELL), Vec::new());
        findings(&node)
    };
    let two: &[&[&str]] = &[&["1g.5gb", "1g.5gb"], &[]];
    let missing = found(&seen("all-1g.5gb", two), "mig-config-missing");
    assert_eq!(missing.evidence[0], "GPU 1: no instance");
    found(&seen("all-2g.10gb", &[&["1g.5gb"]]), "mig-config-missing");
    found(&seen("all-disabled", &[&["1g.5gb"]]), "mig-config-missing");
    found(&seen("ours", &[&[], &[]]), "mig-config-missing");
    silent(&seen("all-1g.5gb", &[&["1g.5gb"]]), "mig-config-missing");
    // a site's own may leave some empty
    silent(&seen("ours", two), "mig-config-missing");
}

/// A host with a GPU for each list, MIG on, with instances of these profiles.
fn probed(profiles: &[&[&str]]) -> Node {
    let mut node = Node::new("worker-1".into(), at(60));
    node.gpus = (0..)
        .zip(profiles)
        .map(|(n, profiles)| board::gpu(n, profiles))
        .collect();
    node
}

#[test]
fn single_needs_all_gpus_alike() {
    let labels = [("mig.strategy", "single"), ("gpu.product", "A100")];
    let seen = |labels: &[(&str, &str)], profiles: &[&[&str]]| {
        let mut node = probed(profiles);
        with(&mut node, facts(labels, &[("gpu", 2, 2)]), Vec::new());
        findings(&node)
    };
    let id = "strategy-broken";
    found(&seen(&labels, &[&["3g.20gb"], &["1g.5gb"]]), id);
    found(&seen(&labels, &[&["3g.20gb"], &[]]), id);
    silent(&seen(&labels, &[&["3g.20gb"], &["3g.20gb"]]), id);
    let mixed = [("mig.strategy", "mixed")];
    silent(&seen(&mixed, &[&["3g.20gb"], &["1g.5gb"]]), id);
    // the label alone, and the label that is behind
    let invalid = [
        ("mig.strategy", "single"),
        ("gpu.product", "A100-MIG-INVALID"),
    ];
    let alone = found(&of(facts(&invalid, &[("gpu", 0, 0)]), Vec::new()), id);
    assert!(alone.text.contains("they are not"), "{alone:?}");
    let behind = found(&seen(&invalid, &[&["3g.20gb"], &["3g.20gb"]]), id);
    assert!(behind.text.contains("discovery is behind"), "{behind:?}");
}

#[test]
fn slices_without_a_resource_are_counted() {
    let seen = |labels: &[(&str, &str)], profile: &'static str| {
        let mut node = probed(&[&[profile, profile]]);
        with(&mut node, facts(labels, &WELL), Vec::new());
        findings(&node)
    };
    let id = "slices-unrequestable";
    let none = found(&seen(&[("gfd.timestamp", "1")], "1g.5gb"), id);
    assert!(none.text.contains("for 2 slices"), "{none:?}");
    let mixed = [("gfd.timestamp", "1"), ("mig.strategy", "mixed")];
    silent(&seen(&mixed, "1g.5gb"), id);
    found(&seen(&mixed, "1c.3g.20gb"), id);
    // nobody says that there is a device plugin at all
    silent(&seen(&[], "1g.5gb"), id);
}

#[test]
fn paused_operands_are_danger_once_nobody_works() {
    let key = "gpu.deploy.device-plugin";
    let of_state = |value, state| {
        let labels = [
            (key, value),
            ("mig.config", "x"),
            ("mig.config.state", state),
        ];
        of(facts(&labels, &WELL), Vec::new())
    };
    let left = found(
        &of_state("paused-for-mig-change", "failed"),
        "operands-paused",
    );
    assert_eq!(left.severity, Severity::Danger);
    assert_eq!(
        left.next.unwrap(),
        "kubectl label node worker-1 --overwrite nvidia.com/gpu.deploy.device-plugin=true"
    );
    let away = found(
        &of_state("paused-for-mig-change", "pending"),
        "operands-paused",
    );
    assert_eq!(away.severity, Severity::Info);
    silent(&of_state("true", "failed"), "operands-paused");
    // an administrator's own switch
    silent(&of_state("false", "failed"), "operands-paused");
}

#[test]
fn a_driver_upgrade_is_told_until_it_is_done() {
    let of_state = |state| {
        let all = of(
            facts(&[("gpu-driver-upgrade-state", state)], &WELL),
            Vec::new(),
        );
        all.into_iter()
            .find(|f| f.id == "driver-upgrade")
            .map(|f| f.severity)
    };
    assert_eq!(of_state("drain-required"), Some(Severity::Caution));
    assert_eq!(of_state("upgrade-failed"), Some(Severity::Danger));
    assert_eq!(of_state("upgrade-required"), Some(Severity::Info));
    assert_eq!(of_state("upgrade-done"), None);
}

#[test]
fn zero_of_zero_is_gone_and_zero_of_some_is_withheld() {
    let of = |resources: &[(&str, u64, u64)]| {
        of(facts(&[("gpu.present", "true")], resources), Vec::new())
    };
    let said = |resources: &[(&str, u64, u64)]| {
        found(&of(resources), "nothing-advertised").text.to_string()
    };
    assert!(said(&[]).contains("has not registered"));
    assert!(said(&[("mig-1g.5gb", 0, 0)]).contains("0 of 0"));
    assert!(said(&[("mig-1g.5gb", 7, 0)]).contains("none of its devices"));
    silent(&of(&WELL), "nothing-advertised");

    let some = [("mig-1g.5gb", 7, 6), ("mig-2g.10gb", 0, 0)];
    let withheld = found(&of(&some), "devices-withheld");
    assert_eq!(
        withheld.evidence[0],
        "nvidia.com/mig-1g.5gb: 6 of 7 allocatable"
    );
    assert!(
        found(&of(&some), "resource-gone")
            .text
            .ends_with(": mig-2g.10gb")
    );
    silent(&of(&WELL), "devices-withheld");
    silent(&of(&WELL), "resource-gone");
    // paused operands say it already
    let labels = [
        ("gpu.present", "true"),
        ("gpu.deploy.device-plugin", "paused-for-mig-change"),
    ];
    silent(
        &super::tests::of(facts(&labels, &[("gpu", 8, 0)]), Vec::new()),
        "nothing-advertised",
    );
}

#[test]
fn pods_above_what_can_be_given_out_are_named() {
    let two = || {
        vec![
            pod("a", &[("mig-1g.5gb", 1)]),
            pod("b", &[("mig-1g.5gb", 1)]),
        ]
    };
    let all = of(facts(&[], &[("mig-1g.5gb", 1, 1)]), two());
    let over = found(&all, "pods-above-allocatable");
    assert_eq!(
        over.evidence[0],
        "nvidia.com/mig-1g.5gb: 2 asked for, 1 allocatable"
    );
    silent(
        &of(facts(&[], &[("mig-1g.5gb", 2, 2)]), two()),
        "pods-above-allocatable",
    );
    // where nodes may not be read nothing is known of amounts
    silent(&of(facts(&[], &[]), two()), "pods-above-allocatable");
}

#[test]
fn pods_that_do_not_start_or_end_or_were_refused() {
    let of_pod = |change: &dyn Fn(&mut PodFacts)| {
        let mut one = pod("a", &[("mig-1g.5gb", 1)]);
        change(&mut one);
        of(facts(&[], &WELL), vec![one])
    };
    let slow = of_pod(&|p| p.phase = "Pending".into());
    assert_eq!(
        found(&slow, "pods-not-started").next.unwrap(),
        "kubectl -n svc describe pod a"
    );
    silent(
        &of_pod(&|p| (p.phase, p.created) = ("Pending".into(), Some(at(50)))),
        "pods-not-started",
    );
    found(&of_pod(&|p| p.deleting = Some(at(57))), "pods-not-ended");
    silent(&of_pod(&|p| p.deleting = Some(at(59))), "pods-not-ended");
    let refused = |reason: &'static str| {
        of_pod(&move |p| (p.phase, p.reason) = ("Failed".into(), Some(reason.into())))
    };
    found(&refused("UnexpectedAdmissionError"), "pods-refused");
    silent(&refused("Evicted"), "pods-refused");
}

#[test]
fn a_container_that_asks_for_several_slices_gets_one() {
    let of_pod = |asked: &[(&str, u64)]| of(facts(&[], &[]), vec![pod("a", asked)]);
    let id = "several-slices-asked";
    let sizes = found(&of_pod(&[("mig-1g.5gb", 1), ("mig-2g.10gb", 1)]), id);
    assert!(sizes.text.contains("mig-1g.5gb + mig-2g.10gb"), "{sizes:?}");
    found(&of_pod(&[("mig-1g.5gb", 2)]), id);
    found(&of_pod(&[("mig-1g.5gb", 1), ("gpu", 1)]), id);
    silent(&of_pod(&[("mig-1g.5gb", 1)]), id);
    // whole GPUs are another matter
    silent(&of_pod(&[("gpu", 8)]), id);
    // two containers with a slice each are right
    let mut two = pod("a", &[("mig-1g.5gb", 1)]);
    let mut other = two.containers[0].clone();
    other.requests = amounts(&[("mig-2g.10gb", 1)]);
    two.containers = [two.containers[0].clone(), other].into();
    silent(&of(facts(&[], &[]), vec![two]), id);
}

#[test]
fn the_health_of_devices_is_told() {
    let of_health = |health: &'static str, labels: &[(&str, &str)]| {
        let mut one = pod("a", &[("mig-1g.5gb", 1)]);
        one.containers[0].devices = [DeviceFacts {
            resource: "nvidia.com/mig-1g.5gb".into(),
            id: "MIG-1".into(),
            replica: None,
            health: health.into(),
        }]
        .into();
        let all = of(facts(labels, &WELL), vec![one]);
        all.into_iter()
            .find(|f| f.id == "device-unhealthy")
            .map(|f| f.severity)
    };
    let paused = [("gpu.deploy.device-plugin", "paused-for-mig-change")];
    assert_eq!(of_health("Unhealthy", &[]), Some(Severity::Danger));
    assert_eq!(of_health("Unknown", &[]), Some(Severity::Caution));
    assert_eq!(of_health("Unknown", &paused), None);
    assert_eq!(of_health("Healthy", &[]), None);
}

fn cluster(unbound: Vec<PodFacts>, quotas: Vec<QuotaFacts>) -> Vec<Finding> {
    let nodes = [Arc::new(node(facts(&[], &WELL), Vec::new()))];
    let cluster = Cluster {
        unbound: unbound.into_iter().map(Shared::new).collect(),
        quotas,
        ..Cluster::default()
    };
    whole::findings(&nodes, &cluster)
}

fn waiting(asked: &[(&str, u64)], since: i64) -> PodFacts {
    PodFacts {
        node: None,
        phase: "Pending".into(),
        created: Some(at(since)),
        unschedulable: Some("0/1 nodes are available".into()),
        ..pod("a", asked)
    }
}

#[test]
fn pods_that_wait_for_long_or_for_what_nobody_has() {
    let long = cluster(vec![waiting(&[("mig-1g.5gb", 1)], 40)], Vec::new());
    let wait = found(&long, "pods-wait");
    assert_eq!(wait.subject, "pod svc/a");
    assert!(
        wait.evidence
            .iter()
            .any(|e| *e == "0/1 nodes are available")
    );
    silent(&long, "resource-nowhere");
    let short = cluster(vec![waiting(&[("mig-1g.5gb", 1)], 55)], Vec::new());
    assert_eq!(short, []);
    // at once: it will wait for ever
    let never = cluster(vec![waiting(&[("mig-3g.40gb", 1)], 59)], Vec::new());
    assert!(
        found(&never, "resource-nowhere")
            .text
            .ends_with(": mig-3g.40gb")
    );
    let sizes = cluster(vec![waiting(&[("mig-1g.5gb", 2)], 59)], Vec::new());
    found(&sizes, "several-slices-asked");
}

#[test]
fn a_quota_on_nothing_is_named_unless_no_node_was_told() {
    let quota = |name: &str| QuotaFacts {
        uid: ObjectUid::new("q"),
        namespace: "svc".into(),
        name: "slices".into(),
        hard: amounts(&[(name, 2)]),
        used: Amounts::default(),
    };
    let all = cluster(Vec::new(), vec![quota("mig-3g.40gb")]);
    let found = found(&all, "quota-of-nothing");
    assert_eq!(found.subject, "quota svc/slices");
    assert_eq!(
        found.next.unwrap(),
        "kubectl -n svc describe resourcequota slices"
    );
    assert_eq!(cluster(Vec::new(), vec![quota("mig-1g.5gb")]), []);
    let unread = Cluster {
        quotas: vec![quota("mig-3g.40gb")],
        ..Cluster::default()
    };
    let untold = [Arc::new(node(facts(&[], &[]), Vec::new()))];
    assert_eq!(whole::findings(&untold, &unread), []);
}

#[test]
fn a_slice_that_is_younger_than_its_pod_was_taken_from_it() {
    use crate::domain::fleet::PodLink;
    let seen = |appeared: Option<Timestamp>| {
        let mut node = probed(&[&["1g.5gb"]]);
        let mut one = pod("a", &[("mig-1g.5gb", 1)]);
        one.started = Some(at(5));
        let slot = &mut node.gpus[0].slots[0];
        slot.instance.appeared = appeared;
        slot.pods = vec![PodLink {
            namespace: Some("svc".into()),
            name: Some("a".into()),
            uid: Some(one.uid.clone()),
            container: None,
            ci: None,
            evidence: vec!["checkpoint".into()],
        }];
        with(
            &mut node,
            facts(&[("mig.strategy", "mixed")], &WELL),
            vec![one],
        );
        findings(&node)
    };
    let id = "slice-newer-than-pod";
    found(&seen(Some(at(30))), id);
    silent(&seen(Some(at(4))), id);
    silent(&seen(None), id);
}
