use super::*;
use crate::app::at::{PodId, RowId};
use crate::app::fixture::{self, cluster, model_of, node, now, on_node, pod_facts};
use crate::app::key::sequence;
use crate::app::texts::Language;
use crate::app::{Message, Model, Scope, Screen, update};
use crate::domain::fleet::SlotState;
use crate::domain::pods;
use crate::domain::reading::Reading;

const WANTED: &str = "nvidia.com/mig-3g.20gb";

/// The first host of the fixture in a cluster: one pod by status, one that nobody but the kubelet tells of, one waiting.
fn model() -> Model {
    let mut a = node("a");
    let busy = "MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87e070";
    let bert = pod_facts("nlp/bert-0", Some("a"), "nvidia.com/mig-1g.5gb", Some(busy));
    let lost = pod_facts(
        "nlp/lost-0",
        Some("a"),
        "nvidia.com/mig-1g.5gb",
        Some("MIG-gone"),
    );
    a.cluster = Reading::Value(on_node("a", &[(WANTED, 0)], vec![bert, lost]));
    let mut waits = pod_facts("team/train-1", None, WANTED, None);
    waits.unschedulable = Some("0/1 nodes are available: 1 Insufficient".into());
    model_of(vec![a], cluster(vec![waits]))
}

fn press(model: &mut Model, keys: &str) {
    for key in sequence(keys).unwrap() {
        update(model, Message::Key(key));
    }
}

fn shown(model: &Model) -> Vec<String> {
    let (screen, fleet) = (model.screen(), model.fleet());
    let places = &model.screens.top().list.rows.places;
    let item = |p| crate::app::rows::item(&screen, fleet, p);
    places
        .iter()
        .map(|p| match item(*p) {
            Some(crate::app::rows::Item::Pod(pod)) => name(&pod),
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn pods_that_wait_come_first_and_those_that_only_the_kubelet_tells_of_are_there_too() {
    let mut model = model();
    model.screens.push(Screen::Pods(Scope::Fleet));
    let news = model.shown.clone();
    update(&mut model, Message::Snapshot(news));
    let all = [
        "team/train-1",
        "nlp/bert-0",
        "nlp/lost-0",
        "jupyter/한글-노트북",
        "train/llm-0",
    ];
    assert_eq!(shown(&model), all);
    for (filter, left) in [
        ("pending", vec!["team/train-1"]),
        ("!pending pod~lost", vec!["nlp/lost-0"]),
        ("ns=nlp", vec!["nlp/bert-0", "nlp/lost-0"]),
        ("profile=1g.5gb gi=7", vec!["nlp/bert-0"]),
        ("node=a gpu=1", vec!["train/llm-0"]),
        ("uuid~gone", vec!["nlp/lost-0"]),
        (
            "pod-resources",
            vec!["nlp/bert-0", "jupyter/한글-노트북", "train/llm-0"],
        ),
        ("age>2h", vec![]),
        ("insufficient", vec!["team/train-1"]),
    ] {
        press(&mut model, "/ ctrl-u");
        update(&mut model, Message::Paste(filter.to_owned()));
        press(&mut model, "enter");
        assert_eq!(shown(&model), left, "{filter}");
    }
    press(&mut model, "esc");
    model.namespace = Some("nlp".into());
    let news = model.shown.clone();
    update(&mut model, Message::Snapshot(news));
    assert_eq!(shown(&model), ["nlp/bert-0", "nlp/lost-0"]);
    assert_eq!(model.screens.top().list.rows.unfiltered, 2);
}

#[test]
fn a_pod_leads_to_its_slice_and_one_without_to_what_is_known_of_it() {
    let mut model = model();
    press(&mut model, "w down enter");
    let Screen::Gpu(_) = model.screen() else {
        panic!("{:?}", model.screen());
    };
    let Some(RowId::Slot(slot)) = model.selected() else {
        panic!()
    };
    assert_eq!(slot.gi.0, 7);
    press(&mut model, "esc g enter");
    let Some(crate::app::Modal::Reader { title, lines, .. }) = &model.modal else {
        panic!("{:?}", model.modal);
    };
    assert_eq!(title, "team/train-1");
    assert!(
        lines.iter().any(|l| l.contains("Insufficient")),
        "{lines:?}"
    );
}

#[test]
fn a_pod_stays_selected_when_it_is_given_a_node() {
    let mut model = model();
    press(&mut model, "w g");
    let before = model.selected().cloned();
    let mut a = node("a");
    let mut bound = pod_facts("team/train-1", Some("a"), WANTED, None);
    bound.phase = "Pending".into();
    a.cluster = Reading::Value(on_node("a", &[], vec![bound]));
    let mut snapshot = fixture::snapshot(vec![a]);
    snapshot.fleet = std::sync::Arc::new(Fleet {
        generation: 3,
        ..(*snapshot.fleet).clone()
    });
    update(&mut model, Message::Snapshot(snapshot));
    assert_eq!(model.selected(), before.as_ref());
    let Some(RowId::Pod(id)) = &before else {
        panic!()
    };
    assert_eq!(id.find(model.fleet()).unwrap().node.unwrap().name, "a");
    assert!(matches!(id, PodId::Uid(_)));
}

fn told(model: &Model, label: &str) -> Vec<String> {
    let pod = pods::unbound(model.fleet(), 0).unwrap();
    let texts = crate::app::Texts::of(Language::English);
    let lines = lines(&pod, model.fleet(), &texts, now());
    let of_label = lines.into_iter().filter(|l| l.label == label);
    of_label.map(|l| l.text).collect()
}

#[test]
fn who_waits_is_told_where_a_slice_could_be_made_and_what_would_have_to_go() {
    let mut model = model();
    assert_eq!(told(&model, "pods.slices"), ["no GPU has a slice 3g.20gb"]);
    let owner = model.fleet().nodes[0].owner.name.to_string();
    assert_eq!(
        told(&model, "pods.layout"),
        [
            format!("a GPU 2: 3g.20gb@0 fits beside what is there, by its owner {owner}"),
            // the instance without CI at 4 is nobody's; 0 and 1 are taken, so 0 is no place for it
            format!(
                "a GPU 0: 3g.20gb@4 in place of 1g.5gb@4, which nobody has, by its owner {owner}"
            ),
            "the instances of 1 GPU are not read: there may be more".to_owned(),
        ]
    );
    // once somebody has it, nothing may go
    let mut snapshot = model.shown.clone();
    let mut a = (*snapshot.fleet.nodes[0]).clone();
    a.gpus.truncate(1);
    a.gpus[0].slots[3].state = SlotState::Allocated;
    snapshot.fleet = std::sync::Arc::new(Fleet {
        generation: 4,
        nodes: vec![std::sync::Arc::new(a)],
        cluster: snapshot.fleet.cluster.clone(),
        findings: Vec::new(),
    });
    update(&mut model, Message::Snapshot(snapshot));
    assert_eq!(
        told(&model, "pods.layout"),
        ["no GPU has room for 3g.20gb unless a pod gives its slice back"]
    );
}

#[test]
fn a_slice_that_is_free_and_not_advertised_is_told_as_both() {
    let mut a = node("a");
    a.cluster = Reading::Value(on_node("a", &[("nvidia.com/mig-2g.10gb", 0)], vec![]));
    let waits = pod_facts("team/train-1", None, "nvidia.com/mig-2g.10gb", None);
    let model = model_of(vec![a], cluster(vec![waits]));
    assert_eq!(
        told(&model, "pods.slices"),
        ["a: 1x 2g.10gb, free on GPU 0, the node advertises 0"]
    );
    assert_eq!(
        told(&model, "pods.free"),
        ["1 more mig-2g.10gb would have to be free on one node"]
    );
    assert_eq!(
        told(&model, "pods.scheduler"),
        ["has not said anything yet"]
    );
}
