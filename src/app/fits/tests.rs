use std::sync::Arc;

use super::page;
use crate::app::fixture::{gpu, instance, model, node, slot, untold};
use crate::app::palette::{self, Entry};
use crate::app::{Command, Key, Message, Modal, update};
use crate::domain::cluster::{NodeFacts, OnNode};
use crate::domain::fits::{Book, Measured, Outcome, Slice, answer, free};
use crate::domain::fleet::{Fleet, Node, SlotState};
use crate::domain::reading::{AbsentCode, Reading};
use crate::domain::shared::Shared;

fn fleet(nodes: Vec<Node>) -> Fleet {
    Fleet {
        nodes: nodes.into_iter().map(Arc::new).collect(),
        ..Fleet::default()
    }
}

fn row(model: &str, slice: &str, board: Option<&'static str>, seconds: Option<f64>) -> Measured {
    Measured {
        model: model.into(),
        slice: Slice::parse(slice).unwrap(),
        board,
        outcome: seconds.map_or_else(|| Outcome::Error("too large".into()), Outcome::Seconds),
        note: None,
    }
}

fn book(rows: Vec<Measured>) -> Book {
    Book {
        rows,
        ..Book::default()
    }
}

/// A node whose host nobody looks at.
fn believed(name: &str, product: &str, allocatable: &[(&str, u64)]) -> Node {
    let mut node = Node::new(name.into(), crate::app::fixture::now());
    node.driver = Reading::absent(AbsentCode::NoSource, "no probe");
    let facts = NodeFacts {
        name: Some(name.into()),
        labels: [("nvidia.com/gpu.product".into(), product.into())].into(),
        allocatable: allocatable.iter().map(|(r, n)| ((*r).into(), *n)).collect(),
        ..NodeFacts::default()
    };
    node.cluster = Reading::Value(Shared::new(OnNode {
        node: facts,
        ..OnNode::default()
    }));
    node
}

#[test]
fn the_smallest_is_the_smallest_that_was_measured_and_what_was_not_is_said() {
    let book = book(vec![
        row("net", "7g.40gb", None, Some(1.0)),
        row("net", "3g.20gb", None, Some(2.0)),
        row("net", "1g.5gb", None, None),
        row("other", "1g.5gb", None, Some(9.0)),
    ]);
    let slices = vec![
        slot(instance(1, "1g.5gb", 0, 1), SlotState::Free, vec![]),
        slot(instance(2, "2g.10gb", 2, 1), SlotState::Free, vec![]),
        slot(instance(3, "3g.20gb", 4, 1), SlotState::Busy, vec![]),
    ];
    let mut host = node("a");
    host.gpus = vec![gpu(0, true, slices)];
    let answer = answer(&book, &fleet(vec![host]), "NET");
    assert_eq!(answer.model, "net");
    let smallest = answer.smallest().unwrap();
    assert_eq!(smallest.slice.to_string(), "3g.20gb");
    let free = smallest.free.value().unwrap();
    assert_eq!((free.free, free.total), (0, 1));
    // the book does not guess that 2g.10gb would do, nor that it would not
    let untried: Vec<String> = answer.untried().map(|l| l.slice.to_string()).collect();
    assert_eq!(untried, ["2g.10gb"]);
    // and none of those that ran it is free, whatever else is
    assert_eq!(answer.smallest_free(), None);
}

#[test]
fn a_measurement_on_one_board_says_nothing_of_another() {
    let book = book(vec![row("net", "1g.10gb", Some("h100-80"), Some(1.0))]);
    let a100 = believed(
        "a",
        "NVIDIA-A100-SXM4-80GB",
        &[("nvidia.com/mig-1g.10gb", 3)],
    );
    let h100 = believed(
        "h",
        "NVIDIA-H100-80GB-HBM3",
        &[("nvidia.com/mig-1g.10gb", 2)],
    );
    let answer = answer(&book, &fleet(vec![a100, h100]), "net");
    let lines: Vec<(Option<&str>, bool, u64)> = answer
        .lines
        .iter()
        .map(|l| (l.board, l.measured.is_some(), l.free.value().unwrap().free))
        .collect();
    assert_eq!(
        lines,
        [(Some("a100-80"), false, 3), (Some("h100-80"), true, 2)]
    );
}

#[test]
fn under_strategy_single_a_gpu_is_a_slice_and_a_cordoned_node_takes_nobody() {
    let book = book(vec![row("net", "3g.20gb", None, Some(1.0))]);
    let open = believed(
        "a",
        "A100-SXM4-40GB-MIG-3g.20gb",
        &[("nvidia.com/gpu", 16), ("nvidia.com/mig-3g.20gb", 0)],
    );
    let mut closed = open.clone();
    closed.name = "b".into();
    let Reading::Value(on) = &closed.cluster else {
        panic!("made above");
    };
    let mut on = (**on).clone();
    on.node.cordoned = true;
    closed.cluster = Reading::Value(Shared::new(on));
    let answer = answer(&book, &fleet(vec![open, closed]), "net");
    let free = answer.lines[0].free.value().unwrap();
    assert_eq!((free.total, free.free, free.closed), (32, 16, 16));
}

#[test]
fn what_nobody_tells_is_not_none() {
    let slice = Slice::parse("1g.5gb").unwrap();
    assert!(free(&fleet(vec![]), slice, None).value().is_none());
    let mut host = node("a");
    host.gpus = vec![untold(0)];
    assert!(
        free(&fleet(vec![host.clone()]), slice, None)
            .value()
            .is_none()
    );
    // beside a host that tells it is named as missing
    let mut told = node("b");
    told.gpus = vec![gpu(0, true, vec![])];
    let free = free(&fleet(vec![host, told]), slice, None);
    let free = free.value().unwrap();
    assert_eq!((free.total, free.free), (0, 0));
    assert_eq!(free.unread, ["a"]);
}

#[test]
fn the_palette_finds_a_model_and_its_window_follows_the_fleet() {
    let slices = |state| vec![slot(instance(1, "3g.20gb", 0, 1), state, vec![])];
    let host = |state| {
        let mut host = node("a");
        host.gpus = vec![gpu(0, true, slices(state))];
        host
    };
    let mut console = model(vec![host(SlotState::Free)]);
    console.session.book = book(vec![
        row("ResNet-50", "3g.20gb", None, Some(498.0)),
        row("BERT", "7g.40gb", None, Some(470.0)),
    ]);
    let fits = |name: &str| Entry::Fits(name.into());
    for typed in ["fits resnet", "resnet", "RESNET-50"] {
        assert_eq!(
            palette::find(&console, typed)[0],
            fits("ResNet-50"),
            "{typed}"
        );
    }
    assert_eq!(
        palette::find(&console, "fits")[0],
        Entry::Command(Command::Fits)
    );
    assert!(!palette::find(&console, "fits").is_empty());
    // no letters here and there: what is typed is in the name
    assert!(!palette::find(&console, "rt50").contains(&fits("ResNet-50")));

    for key in ":fits resnet".chars() {
        update(&mut console, Message::Key(Key::char(key)));
    }
    let enter: Key = "enter".parse().unwrap();
    update(&mut console, Message::Key(enter));
    let Some(Modal::Fits {
        model: Some(name), ..
    }) = console.modal.clone()
    else {
        panic!("{:?}", console.modal);
    };
    let shown = |console: &crate::app::Model| page(console, Some(&name)).1.join("\n");
    let before = shown(&console);
    assert!(
        before.contains("smallest that ran it: 3g.20gb, 498 s, 1 of 1 free"),
        "{before}"
    );
    assert!(!before.contains("BERT"), "{before}");
    update(
        &mut console,
        Message::Snapshot(crate::app::fixture::snapshot(vec![host(SlotState::Busy)])),
    );
    let after = shown(&console);
    assert!(after.contains("0 of 1 free"), "{after}");
    assert!(
        after.contains("none of those that ran it is known to be free"),
        "{after}"
    );
}
