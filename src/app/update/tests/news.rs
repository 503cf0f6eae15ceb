//! What sources and threads tell: where it leads, what it rings and says.

use super::*;

#[test]
fn the_bell_rings_for_a_new_danger_on_a_host_that_was_watched() {
    let calm = |name: &str| {
        let mut node = host(name);
        node.findings.clear();
        node
    };
    let worse = host("a");
    assert!(!worse.findings.is_empty());
    let ring = |bell: bool, before: Vec<Node>, after: Vec<Node>| {
        let mut model = fixture::model(before);
        model.session.bell = bell;
        update(&mut model, Message::Snapshot(snapshot(after)))
    };
    let bell = [Effect::Bell];
    assert_eq!(ring(true, vec![calm("a")], vec![worse.clone()]), bell);
    assert_eq!(ring(false, vec![calm("a")], vec![worse.clone()]), []);
    assert_eq!(ring(true, vec![worse.clone()], vec![worse.clone()]), []);
    assert_eq!(ring(true, vec![], vec![worse.clone()]), [], "the first");
    assert_eq!(ring(true, vec![calm("b")], vec![calm("b"), worse]), []);
}

#[test]
fn a_fault_is_said_and_kept() {
    let mut model = model();
    update(&mut model, Message::Fault("thread links".into()));
    assert!(said(&model).contains("thread links"));
    assert_eq!(model.faults.len(), 1);
}

#[test]
fn what_could_not_be_done_beside_the_screen_is_said() {
    let mut model = model();
    update(&mut model, Message::Told("nothing is written down".into()));
    let notice = model.notice.unwrap();
    assert!(notice.failed);
    assert_eq!(notice.text, "nothing is written down");
}

fn wounded(name: &str, severity: Severity) -> Node {
    let mut node = host(name);
    node.stream.beat = Some(9);
    node.findings.truncate(1);
    node.findings[0].severity = severity;
    node.findings[0].subject = format!("{name} GPU 2").as_str().into();
    node
}

fn news(model: &mut Model, generation: u64, nodes: Vec<Node>) {
    let mut snapshot = snapshot(nodes);
    if let Some(fleet) = std::sync::Arc::get_mut(&mut snapshot.fleet) {
        fleet.generation = generation;
    }
    update(model, Message::Snapshot(snapshot));
}

fn on(model: &Model) -> &str {
    match model.selected() {
        Some(RowId::Node(name)) => name,
        other => panic!("{other:?} is no host"),
    }
}

#[test]
fn the_console_opens_on_what_is_worst_once_all_hosts_have_told_of_themselves() {
    let first = |name| Node::new(name, now());
    let caution = || wounded("b", Severity::Caution);
    let danger = || wounded("c", Severity::Danger);
    let mut model = fixture::model(vec![
        first("a".into()),
        first("b".into()),
        first("c".into()),
    ]);
    news(
        &mut model,
        2,
        vec![first("a".into()), caution(), first("c".into())],
    );
    assert_eq!(on(&model), "a", "no hopping about while hosts arrive");
    let fine = || wounded("a", Severity::Info);
    news(&mut model, 3, vec![fine(), caution(), danger()]);
    assert_eq!(on(&model), "c");
    // one jump: what comes later does not lead away
    news(
        &mut model,
        4,
        vec![wounded("a", Severity::Danger), caution(), danger()],
    );
    assert_eq!(on(&model), "c");
    // inside, the same among GPUs
    press(&mut model, "enter");
    let Some(RowId::Gpu(at)) = model.selected().cloned() else {
        panic!("no GPU is selected");
    };
    assert_eq!(at.find(model.fleet()).unwrap().1.index, 2);
}

#[test]
fn what_a_host_finds_in_its_first_beats_still_leads() {
    let at = |mut node: Node, beat| {
        node.stream.beat = Some(beat);
        node
    };
    let mut model = fixture::model(vec![]);
    let caution = |beat| at(wounded("a", Severity::Caution), beat);
    let fine = at(wounded("b", Severity::Info), 1);
    let danger = |beat| at(wounded("b", Severity::Danger), beat);
    news(&mut model, 2, vec![caution(1), fine]);
    assert_eq!(on(&model), "a");
    news(&mut model, 3, vec![caution(2), danger(2)]);
    assert_eq!(on(&model), "b", "it came a beat later");
    news(&mut model, 4, vec![caution(9), danger(9)]);
    // from here on the user stays
    let worse = at(wounded("a", Severity::Danger), 10);
    news(&mut model, 5, vec![worse, danger(10)]);
    assert_eq!(on(&model), "b");
}

#[test]
fn gpus_that_tell_first_lead_nobody_down_a_list() {
    let mut late = wounded("a", Severity::Info);
    late.stream.beat = Some(1);
    let whole = late.gpus.clone();
    // the first GPU is the last to answer
    late.gpus.remove(0);
    let mut model = fixture::model(vec![]);
    model.screens.jump(Screen::Slices(Scope::Fleet));
    news(&mut model, 2, vec![late.clone()]);
    let first = model.selected().cloned();
    assert!(first.is_some(), "something is selected");
    late.gpus = whole;
    late.stream.beat = Some(2);
    news(&mut model, 3, vec![late]);
    let list = &model.screens.top().list;
    assert_eq!(list.at, 0);
    assert_ne!(model.selected().cloned(), first, "what came above it");
}

#[test]
fn a_host_that_has_not_answered_yet_leads_nobody_for_good() {
    use crate::domain::observation::{Health, SourceName, SourceState};
    let silent = |name: &str| {
        let mut node = wounded(name, Severity::Caution);
        node.hello = None;
        node.stream.beat = None;
        node.sources = vec![SourceState {
            source: SourceName::Stream,
            health: Health::Late {
                since: now(),
                why: "not answered yet".into(),
            },
        }];
        node
    };
    let mut model = fixture::model(vec![]);
    news(&mut model, 2, vec![silent("a"), silent("b")]);
    assert_eq!(on(&model), "a");
    let fine = wounded("a", Severity::Info);
    news(&mut model, 3, vec![fine, wounded("b", Severity::Danger)]);
    assert_eq!(on(&model), "b");
}

#[test]
fn who_has_touched_a_key_is_not_led_away() {
    let mut model = fixture::model(vec![
        Node::new("a".into(), now()),
        Node::new("b".into(), now()),
    ]);
    press(&mut model, "j k");
    let fine = wounded("a", Severity::Info);
    news(&mut model, 2, vec![fine, wounded("b", Severity::Danger)]);
    assert_eq!(on(&model), "a");
}
