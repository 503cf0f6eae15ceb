//! What stands in a row, where, and in which role.

use super::*;
use crate::domain::fleet::SlotState;
use crate::domain::holder::{HoldKind, Holder};
use crate::domain::ids::Pid;
use crate::view::widgets::strip::letter;

#[test]
fn each_state_has_its_letter_its_word_and_its_role() {
    let page = drawn(&shows(Screen::Slices(all()), vec![node("a")]), 120, 30);
    for (state, word) in [
        (SlotState::Busy, "busy"),
        (SlotState::Allocated, "allocated"),
        (SlotState::Free, "free"),
    ] {
        let cell = format!("{} {word}", letter(state));
        assert_eq!(page.look(&cell), page.role(Role::of_state(state)), "{cell}");
    }
    // without a compute instance there is nobody who could have it
    let without_ci = page.line(&format!("{} ", letter(SlotState::NoCi)));
    assert!(!without_ci.contains('/'), "{without_ci}");
}

#[test]
fn what_is_absent_is_never_a_number() {
    let mut unknown = node("a");
    unknown.gpus.truncate(1);
    unknown.gpus[0].slots.truncate(2);
    unknown.gpus[0].slots[0].sample = None;
    let page = drawn(&shows(Screen::Slices(all()), vec![unknown]), 80, 10);
    let row = page.line("bert-0");
    assert_eq!(
        row.matches("n/a").count(),
        3,
        "memory, its share, activity: {row}"
    );
}

#[test]
fn hangul_keeps_the_columns_behind_it_in_line() {
    let page = drawn(&shows(Screen::Slices(all()), vec![node("a")]), 160, 30);
    let (head, _) = page.place("EVIDENCE");
    for pod in ["nlp/bert-0", "jupyter/한글-노트북"] {
        let (_, y) = page.place(pod);
        let evidence = page.from(head, y);
        assert!(evidence.starts_with("pod-resources"), "{pod}: {evidence}");
    }
    // and where the name has to be cut, it is cut before the next column
    for width in 60..160 {
        let page = drawn(&shows(Screen::Slices(all()), vec![node("a")]), width, 30);
        let (who, _) = page.place("POD or");
        let (_, y) = page.place("a allocated");
        assert!(page.from(who, y).starts_with("jupyter/한글"), "{width}");
    }
}

#[test]
fn columns_go_in_the_order_of_their_worth() {
    let model = shows(Screen::Slices(all()), vec![node("a")]);
    // least worth first; the others are never dropped
    let dropped = ["GI/CI", "EVIDENCE", "MEM GiB", "SINCE", "PLACE"];
    let mut counts = Vec::new();
    for width in 60..=160 {
        let head = drawn(&model, width, 30).line("PROFILE");
        for kept in ["GPU", "PROFILE", "STATE", "%", "POD or PROCESS"] {
            assert!(head.contains(kept), "{width}: {head}");
        }
        let there = dropped.map(|name| head.contains(name));
        assert!(there.is_sorted(), "{width}: {head}");
        counts.push(there.iter().filter(|t| **t).count());
    }
    assert!(
        counts.is_sorted(),
        "a wider list never has fewer: {counts:?}"
    );
    assert_eq!(counts.last(), Some(&dropped.len()));
    assert!(counts[0] < dropped.len(), "at 60 columns some must go");
}

#[test]
fn several_hosts_have_a_column_and_one_has_none() {
    let one = drawn(&shows(Screen::Slices(all()), vec![node("dgx-a")]), 100, 30);
    assert!(!one.line("PROFILE").contains("NODE"));
    let two = shows(Screen::Slices(all()), vec![node("dgx-a"), node("dgx-b")]);
    let two = drawn(&two, 100, 30);
    assert!(two.line("PROFILE").contains("NODE"));
    assert!(two.line("bert-0").contains("dgx-a"));
}

#[test]
fn a_report_that_no_catalogue_knows_is_not_called_harmless() {
    let mut sick = host("a");
    sick.xids = vec![xid(4242, 3600), xid(94, 7200), xid(94, 9000)];
    let page = drawn(&shows(Screen::Xids(all()), vec![sick]), 120, 20);
    assert_eq!(page.look("in no catalogue"), page.role(Role::Dim));
    assert_eq!(page.look("? 4242"), page.role(Role::Caution));
    // numbers end in one column
    let ends = |code: &str| {
        let (x, _) = page.place(code);
        usize::from(x) + code.len()
    };
    assert_eq!(ends("? 4242"), ends("! 94").max(ends("4242")));
}

#[test]
fn an_event_tells_how_bad_it_is_and_how_it_is_known() {
    let mut node = host("a");
    let call = Happening::CallHung {
        call: "nvmlDeviceGetName".into(),
    };
    node.events = vec![
        event(1, Happening::Booted),
        event(2, call),
        event(3, Happening::Booted),
    ];
    let page = drawn(&shows(Screen::Events(all()), vec![node]), 100, 20);
    let hung = "nvmlDeviceGetName has not come back";
    assert_eq!(page.look(hung), page.role(Role::Danger));
    assert!(page.line(hung).ends_with("watched"));
    let lines = page.lines();
    let order: Vec<&str> = lines
        .iter()
        .filter_map(|l| l.split_whitespace().nth(1))
        .collect();
    assert!(
        order.windows(3).any(|w| w == ["1s", "2s", "3s"]),
        "newest first: {order:?}"
    );
}

#[test]
fn a_process_that_cannot_be_ended_and_one_that_has_gone_are_told_apart() {
    let mut node = node("a");
    node.holders = [4242, 77, 78]
        .map(|pid| Holder {
            kind: HoldKind::Device,
            pid: Some(Pid(pid)),
            module: None,
            gpu: node.gpus[0].uuid().cloned(),
            gi: None,
            ci: None,
            path: None,
        })
        .into();
    node.processes[0].uninterruptible = true;
    let page = drawn(&shows(Screen::Holders(all()), vec![node]), 100, 20);
    let (x, y) = page.place("opens D");
    assert!(page.lines()[usize::from(y)].contains("4242"));
    assert_eq!(page.look_at(x, y), page.role(Role::Text));
    assert_eq!(page.look_at(x + 6, y), page.role(Role::Danger));
    assert!(page.line(" 77 ").contains("(not in /proc)"));
    assert_eq!(page.look("(not in /proc)"), page.role(Role::Dim));
}

#[test]
fn findings_are_led_by_their_severity_and_the_worst_come_first() {
    let mut model = shows(Screen::Findings(all()), vec![node("a"), node("b")]);
    model.screens.top_mut().list.at = 0;
    let page = drawn(&model, 100, 30);
    let lines = page.lines();
    assert!(lines[0].starts_with(" 2 danger"), "{}", lines[0]);
    // of both hosts, before any caution of the first
    for (y, host) in [(2, "a"), (3, "b")] {
        let row = page.from(1, y);
        assert!(row.contains("danger") && row.contains("GPU 3"), "{row}");
        assert!(row.split_whitespace().any(|word| word == host), "{row}");
    }
    assert_eq!(page.look_at(1, 3), page.role(Role::Danger));
    assert!(page.from(1, 4).contains("caution"), "{}", lines[4]);
}
