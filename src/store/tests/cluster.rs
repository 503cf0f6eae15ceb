//! What a cluster tells, joined with what hosts tell.

use super::*;
use crate::domain::cluster::news::{Change, ClusterHello, ClusterNews, Scope};
use crate::domain::cluster::{
    Amounts, ContainerFacts, ContainerKind, DeviceFacts, NodeFacts, PodFacts,
};
use crate::domain::fleet::{Fleet, SlotState};
use crate::domain::observation::{Health, SourceName, SourceState};
use crate::domain::reading::{Absence, AbsentCode};

const CLUSTER: StreamId = StreamId(99);

fn told_of(store: &mut Store, seconds: i64, fact: Fact) {
    store.apply(
        CLUSTER,
        Observation {
            at: at(seconds),
            fact,
        },
    );
}

fn news(store: &mut Store, news: ClusterNews) {
    told_of(store, 1, Fact::ClusterNews(Box::new(news)));
}

fn source(store: &mut Store, health: Health) {
    let source = SourceName::Kubernetes;
    told_of(store, 1, Fact::Source(SourceState { source, health }));
}

fn cluster_node(name: &str, boot: &str) -> NodeFacts {
    NodeFacts {
        uid: Some(ObjectUid::new(&format!("uid-{name}"))),
        name: Some(Text::new(name)),
        boot_id: Some(BootId::new(boot)),
        ..NodeFacts::default()
    }
}

fn pod(name: &str, node: Option<&str>, device: Option<&str>) -> PodFacts {
    let resource = Text::new("nvidia.com/mig-1g.5gb");
    let requests: Amounts = [(resource.clone(), 1)].into_iter().collect();
    let device = device.map(|id| DeviceFacts {
        resource,
        id: Text::new(id),
        replica: None,
        health: Text::new("Healthy"),
    });
    PodFacts {
        uid: ObjectUid::new(&format!("uid-{name}")),
        namespace: Text::new("svc"),
        name: Text::new(name),
        phase: Text::new("Running"),
        requests: requests.clone(),
        node: node.map(Text::new),
        owner: None,
        app: None,
        containers: Box::new([ContainerFacts {
            name: Text::new("main"),
            kind: ContainerKind::Main,
            requests,
            id: None,
            devices: device.into_iter().collect(),
        }]),
        claims: Box::default(),
        created: None,
        started: None,
        deleting: None,
        reason: None,
        state: None,
        restarts: None,
        unschedulable: None,
    }
}

fn of_node(name: &str) -> Scope {
    Scope::Node(Text::new(name))
}

fn pods(store: &mut Store, scope: Scope, change: Change<PodFacts>) {
    news(store, ClusterNews::Pods { scope, change });
}

/// A host with two slices, and a cluster whose node of another name it is by its boot.
fn joined() -> Store {
    let mut store = told(0, beginning());
    store.expect_cluster(CLUSTER);
    let hello = ClusterHello {
        context: Text::new("prod"),
        server: Text::new("https://prod:6443"),
        version: None,
        namespace: Text::new("default"),
    };
    news(&mut store, ClusterNews::Begun(hello));
    let nodes = vec![
        cluster_node("worker-7", "boot-1"),
        cluster_node("far", "boot-9"),
    ];
    news(&mut store, ClusterNews::Nodes(Change::All(nodes)));
    source(&mut store, Health::Live);
    store
}

fn named<'a>(fleet: &'a Fleet, name: &str) -> &'a Node {
    let found = fleet.nodes.iter().find(|node| node.name == name);
    found.unwrap_or_else(|| {
        let names: Vec<_> = fleet.nodes.iter().map(|n| &n.name).collect();
        panic!("{name} is not among {names:?}")
    })
}

fn names(node: &Node) -> Vec<&str> {
    let pods = node.cluster.value().unwrap().pods.iter();
    pods.map(|pod| pod.name.as_str()).collect()
}

fn host_name(store: &mut Store) -> Text {
    let fleet = store.fleet();
    let with_gpus = fleet.nodes.iter().find(|node| !node.gpus.is_empty());
    with_gpus.unwrap().name.clone()
}

#[test]
fn a_node_is_the_host_of_its_boot_whatever_it_is_called_and_the_others_stand_alone() {
    let mut store = joined();
    let host = host_name(&mut store);
    let fleet = store.fleet();
    assert_eq!(fleet.nodes.len(), 2);
    let here = named(&fleet, &host);
    assert_eq!(
        here.cluster.value().unwrap().node.name.as_deref(),
        Some("worker-7")
    );
    let far = named(&fleet, "far");
    assert_eq!(far.driver.reason().unwrap().code, AbsentCode::NoSource);
    assert!(far.gpus.is_empty());
    assert_eq!(
        fleet
            .cluster
            .as_ref()
            .unwrap()
            .hello
            .as_ref()
            .unwrap()
            .context,
        "prod"
    );
    // a new boot of the host, of which the node does not know yet, with the machine's id
    let again = |boot: &str| Hello {
        boot: Some(BootId::new(boot)),
        machine_id: Some(Text::new("m-1")),
        ..match hello(&host, boot) {
            Fact::Hello(hello) => hello,
            _ => unreachable!(),
        }
    };
    store.apply(
        STREAM,
        Observation {
            at: at(5),
            fact: Fact::Hello(again("boot-2")),
        },
    );
    assert_eq!(named(&store.fleet(), &host).cluster.value(), None);
    let node = NodeFacts {
        machine_id: Some(Text::new("m-1")),
        ..cluster_node("worker-7", "boot-1")
    };
    let change = Change::Some {
        set: vec![node],
        gone: Vec::new(),
    };
    news(&mut store, ClusterNews::Nodes(change));
    assert!(named(&store.fleet(), &host).cluster.value().is_some());
}

#[test]
fn two_hosts_of_one_name_are_not_one_node() {
    let mut store = Store::new();
    store.expect_cluster(CLUSTER);
    for (id, boot) in [(1, "boot-a"), (2, "boot-b")] {
        store.apply(
            StreamId(id),
            Observation {
                at: at(0),
                fact: hello("dgx", boot),
            },
        );
    }
    let by_name = NodeFacts {
        boot_id: None,
        ..cluster_node("dgx", "")
    };
    news(&mut store, ClusterNews::Nodes(Change::All(vec![by_name])));
    let fleet = store.fleet();
    assert!(
        fleet.nodes.iter().any(|n| n.name == "dgx (k8s)"),
        "{:?}",
        fleet.nodes.len()
    );
    // the boot says which
    let by_boot = cluster_node("dgx", "boot-b");
    news(&mut store, ClusterNews::Nodes(Change::All(vec![by_boot])));
    let fleet = store.fleet();
    let joined: Vec<_> = fleet
        .nodes
        .iter()
        .filter(|n| n.cluster.value().is_some())
        .collect();
    assert_eq!(joined.len(), 1);
    assert_eq!(
        joined[0].hello.as_ref().unwrap().boot,
        Some(BootId::new("boot-b"))
    );
}

#[test]
fn a_pod_is_on_its_slice_with_evidence_and_the_other_slice_is_free() {
    let mut store = joined();
    let host = host_name(&mut store);
    pods(
        &mut store,
        of_node("worker-7"),
        Change::All(vec![pod("ocr", Some("worker-7"), Some("MIG-7"))]),
    );
    let fleet = store.fleet();
    let gpu = &named(&fleet, &host).gpus[0];
    let slot = gpu.slots.iter().find(|s| s.instance.gi == GiId(7)).unwrap();
    let link = &slot.pods[0];
    assert_eq!(
        (link.name.as_deref(), link.container.as_deref()),
        (Some("ocr"), Some("main"))
    );
    assert_eq!(link.evidence, ["pod-status"]);
}

#[test]
fn a_device_that_the_status_does_not_name_makes_no_slice_free() {
    let mut store = joined();
    let state = |store: &mut Store| {
        let fleet = store.fleet();
        let host = fleet.nodes.iter().find(|n| !n.gpus.is_empty()).unwrap();
        let slots = host.gpus[0].slots.iter();
        slots.map(|s| s.state).collect::<Vec<_>>()
    };
    store.apply(
        STREAM,
        Observation {
            at: at(2),
            fact: Fact::Allocations {
                // the kubelet cannot be read here
                allocations: Reading::absent(AbsentCode::NoPermission, "root only"),
                pods: Vec::new(),
            },
        },
    );
    pods(
        &mut store,
        of_node("worker-7"),
        Change::All(vec![pod("ocr", Some("worker-7"), Some("MIG-7"))]),
    );
    let named = state(&mut store);
    assert!(
        named.contains(&SlotState::Free) && named.contains(&SlotState::Allocated),
        "{named:?}"
    );
    pods(
        &mut store,
        of_node("worker-7"),
        Change::All(vec![pod("old-kubelet", Some("worker-7"), None)]),
    );
    let unnamed = state(&mut store);
    assert!(!unnamed.contains(&SlotState::Free), "{unnamed:?}");
}

#[test]
fn late_is_not_empty_and_only_a_complete_list_takes_pods_away() {
    let mut store = joined();
    let host = host_name(&mut store);
    let two = ["a", "b"].map(|n| pod(n, Some("worker-7"), None));
    pods(&mut store, of_node("worker-7"), Change::All(two.to_vec()));
    let since = at(9);
    let why = Text::new("connection refused");
    source(&mut store, Health::Late { since, why });
    let fleet = store.fleet();
    let node = named(&fleet, &host);
    assert_eq!(names(node), ["a", "b"]);
    let k8s = |node: &Node| {
        let mut sources = node.sources.iter();
        sources
            .find(|s| s.source == SourceName::Kubernetes)
            .unwrap()
            .health
            .clone()
    };
    assert!(matches!(k8s(node), Health::Late { since, .. } if since == at(9)));
    assert!(matches!(k8s(named(&fleet, "far")), Health::Late { .. }));
    assert!(node.findings.iter().any(|f| f.id == "source-late"));
    // it comes back, with one of them
    pods(
        &mut store,
        of_node("worker-7"),
        Change::All(two[1..].to_vec()),
    );
    source(&mut store, Health::Live);
    let fleet = store.fleet();
    assert_eq!(names(named(&fleet, &host)), ["b"]);
    assert_eq!(k8s(named(&fleet, &host)), Health::Live);
}

#[test]
fn a_pod_that_is_bound_is_not_lost_between_two_watches() {
    let mut store = joined();
    let host = host_name(&mut store);
    let some = |pod: PodFacts| Change::Some {
        set: vec![pod],
        gone: Vec::new(),
    };
    let gone = || Change::Some {
        set: Vec::new(),
        gone: vec![ObjectUid::new("uid-ocr")],
    };
    pods(&mut store, Scope::Unbound, some(pod("ocr", None, None)));
    assert_eq!(store.fleet().cluster.as_ref().unwrap().unbound.len(), 1);
    // its node's watch is the first to tell
    pods(
        &mut store,
        of_node("worker-7"),
        some(pod("ocr", Some("worker-7"), None)),
    );
    pods(&mut store, Scope::Unbound, some(pod("ocr", None, None)));
    pods(&mut store, Scope::Unbound, gone());
    let fleet = store.fleet();
    assert_eq!(names(named(&fleet, &host)), ["ocr"]);
    assert!(fleet.cluster.as_ref().unwrap().unbound.is_empty());
    // everything is watched at once now; the watch of the node ends, and takes nothing with it
    pods(
        &mut store,
        Scope::Everywhere,
        Change::All(vec![pod("ocr", Some("worker-7"), None)]),
    );
    pods(&mut store, of_node("worker-7"), Change::Unwatched);
    assert_eq!(names(named(&store.fleet(), &host)), ["ocr"]);
    pods(&mut store, Scope::Everywhere, gone());
    assert_eq!(names(named(&store.fleet(), &host)), [""; 0]);
}

#[test]
fn a_name_that_comes_back_is_another_pod() {
    let mut store = joined();
    let host = host_name(&mut store);
    let again = |uid: &str| PodFacts {
        uid: ObjectUid::new(uid),
        ..pod("kim-0", Some("worker-7"), None)
    };
    pods(
        &mut store,
        of_node("worker-7"),
        Change::All(vec![again("first")]),
    );
    // in one breath, the new one before the old one's end is told
    let change = Change::Some {
        set: vec![again("second")],
        gone: vec![ObjectUid::new("first")],
    };
    pods(&mut store, of_node("worker-7"), change);
    let fleet = store.fleet();
    let pods = &named(&fleet, &host).cluster.value().unwrap().pods;
    assert_eq!(pods.len(), 1);
    assert_eq!(pods[0].uid.as_str(), "second");
}

#[test]
fn a_node_that_goes_leaves_its_host_without_one() {
    let mut store = joined();
    let host = host_name(&mut store);
    let change = Change::Some {
        set: Vec::new(),
        gone: vec![ObjectUid::new("uid-worker-7"), ObjectUid::new("uid-far")],
    };
    news(&mut store, ClusterNews::Nodes(change));
    let fleet = store.fleet();
    assert_eq!(fleet.nodes.len(), 1);
    let why = named(&fleet, &host).cluster.reason().unwrap().clone();
    assert!(why.text.contains("no node of the cluster"), "{why:?}");
}

#[test]
fn a_cluster_that_was_never_reached_says_why_at_every_host() {
    let mut store = told(0, beginning());
    store.expect_cluster(CLUSTER);
    let why = Absence::new(AbsentCode::Failed, "connection refused");
    let since = at(1);
    source(
        &mut store,
        Health::Down {
            since,
            why: why.clone(),
        },
    );
    let node = node(&mut store);
    assert_eq!(node.cluster.reason(), Some(&why));
    assert!(node.findings.iter().any(|f| f.id == "source-down"));
}

#[test]
fn this_machine_is_left_out_where_it_has_no_gpu_and_the_cluster_has() {
    let mut store = Store::new();
    store.expect(STREAM, Text::new("this host"), at(0));
    store.bystander(STREAM);
    store.expect_cluster(CLUSTER);
    assert_eq!(
        store.fleet().nodes.len(),
        1,
        "until there is something else to see"
    );
    store.apply(
        STREAM,
        Observation {
            at: at(0),
            fact: hello("bastion", "boot-b"),
        },
    );
    news(
        &mut store,
        ClusterNews::Nodes(Change::All(vec![cluster_node("far", "boot-9")])),
    );
    let fleet = store.fleet();
    assert_eq!(fleet.nodes.len(), 1);
    assert_eq!(fleet.nodes[0].name, "far");
    // one that is a node itself stays
    news(
        &mut store,
        ClusterNews::Nodes(Change::All(vec![cluster_node("far", "boot-b")])),
    );
    assert_eq!(store.fleet().nodes[0].name, "bastion");
}

#[test]
fn the_api_server_and_the_kubelet_that_disagree_are_a_finding() {
    let mut store = joined();
    pods(
        &mut store,
        of_node("worker-7"),
        Change::All(vec![
            pod("ocr", Some("worker-7"), Some("MIG-7")),
            pod("bert", Some("worker-7"), None),
        ]),
    );
    let given = allocation(
        AllocationSource::Checkpoint,
        "bert",
        "nvidia.com/mig-1g.5gb",
        "MIG-7",
    );
    let fact = Fact::Allocations {
        allocations: Reading::Value(vec![given]),
        pods: Vec::new(),
    };
    store.apply(STREAM, Observation { at: at(3), fact });
    let fleet = store.fleet();
    let host = fleet.nodes.iter().find(|n| !n.gpus.is_empty()).unwrap();
    let found = host.findings.iter().find(|f| f.id == "pods-disagree");
    let found = found.unwrap_or_else(|| panic!("{:?}", host.findings));
    assert!(
        found.text.contains("svc/ocr") && found.text.contains("svc/bert"),
        "{found:?}"
    );
    assert!(found.evidence.iter().any(|e| e.contains("pod-status")));
}

#[test]
fn nodes_that_nothing_is_new_of_are_shared_between_generations() {
    let mut store = joined();
    let first = store.fleet();
    let change = Change::Some {
        set: vec![pod("ocr", Some("worker-7"), None)],
        gone: Vec::new(),
    };
    pods(&mut store, of_node("worker-7"), change);
    let second = store.fleet();
    let of = |fleet: &Arc<Fleet>, name: &str| {
        let found = fleet.nodes.iter().find(|n| n.name == name);
        Arc::clone(found.unwrap())
    };
    assert!(Arc::ptr_eq(&of(&first, "far"), &of(&second, "far")));
}

#[test]
fn a_tape_tells_of_a_cluster_beside_its_host() {
    let mut store = told(0, beginning());
    let beside = |store: &mut Store, news: ClusterNews| {
        let fact = Fact::ClusterNews(Box::new(news));
        // as it is written and read
        let line = serde_json::to_string(&Observation { at: at(1), fact }).unwrap();
        store.apply(STREAM, serde_json::from_str(&line).unwrap());
    };
    let hello = ClusterHello {
        context: Text::new("prod"),
        server: Text::new("https://prod:6443"),
        version: None,
        namespace: Text::new("default"),
    };
    beside(&mut store, ClusterNews::Begun(hello));
    let nodes = vec![
        cluster_node("worker-7", "boot-1"),
        cluster_node("far", "boot-9"),
    ];
    beside(&mut store, ClusterNews::Nodes(Change::All(nodes)));
    for (scope, name, node) in [
        (Scope::Everywhere, "here", "worker-7"),
        (of_node("far"), "there", "far"),
    ] {
        let change = Change::Some {
            set: vec![pod(name, Some(node), None)],
            gone: Vec::new(),
        };
        beside(&mut store, ClusterNews::Pods { scope, change });
    }
    let quotas = ClusterNews::Quotas(Change::Unwatched);
    beside(&mut store, quotas);
    beside(
        &mut store,
        ClusterNews::Health {
            health: Health::Live,
        },
    );
    let host = host_name(&mut store);
    let fleet = store.fleet();
    assert_eq!(names(named(&fleet, &host)), ["here"]);
    assert_eq!(names(named(&fleet, "far")), ["there"]);
    assert_eq!(fleet.cluster.as_ref().unwrap().health, Some(Health::Live));
    // the host's own records are its own all the same
    assert!(!named(&fleet, &host).gpus.is_empty());
}

#[test]
fn a_tape_does_not_mix_its_cluster_into_one_that_is_read() {
    let mut store = joined();
    let fact = Fact::ClusterNews(Box::new(ClusterNews::Nodes(Change::All(Vec::new()))));
    store.apply(STREAM, Observation { at: at(2), fact });
    assert!(named(&store.fleet(), "far").cluster.value().is_some());
}
