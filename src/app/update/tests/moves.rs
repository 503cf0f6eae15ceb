//! Moving on lists and from screen to screen.

use super::*;

#[test]
fn the_selection_moves_by_rows_and_pages_and_to_the_ends() {
    let mut model = fixture::model(vec![host("a")]);
    let at = |model: &Model| model.screens.top().list.at;
    press(&mut model, "j down j j j");
    assert_eq!(at(&model), 3, "four GPUs");
    press(&mut model, "k");
    assert_eq!(at(&model), 2);
    press(&mut model, "g");
    assert_eq!(at(&model), 0);
    press(&mut model, "G");
    assert_eq!(at(&model), 3);
    update(
        &mut model,
        Message::Drawn(Hits {
            height: 2,
            ..Hits::default()
        }),
    );
    press(&mut model, "page-up");
    assert_eq!(at(&model), 1);
    press(&mut model, "ctrl-f");
    assert_eq!(at(&model), 3);
    assert!(matches!(model.selected(), Some(RowId::Gpu(_))));
}

#[test]
fn enter_goes_in_and_escape_comes_back_and_never_quits() {
    let mut model = model();
    assert_eq!(model.screen(), Screen::Fleet);
    press(&mut model, "enter");
    assert_eq!(model.screen(), Screen::Node("a".into()));
    press(&mut model, "g l");
    assert_eq!(gpu(&model), 0);
    // on an instance there is no deeper screen: a window tells the rest
    press(&mut model, "enter");
    assert!(matches!(model.modal, Some(Modal::Reader { .. })));
    press(&mut model, "esc");
    assert_eq!(model.modal, None);
    for screen in [Screen::Node("a".into()), Screen::Fleet, Screen::Fleet] {
        assert_eq!(press(&mut model, "esc"), []);
        assert_eq!(model.screen(), screen);
    }
    assert_eq!(press(&mut model, "q"), [Effect::Quit]);
}

#[test]
fn escape_drops_the_filter_then_marks_then_the_screen() {
    let mut model = model();
    press(&mut model, "enter s space / f r e e enter");
    let list = &model.screens.top().list;
    assert_eq!((list.filter.as_str(), list.marks.len()), ("free", 1));
    press(&mut model, "esc");
    let list = &model.screens.top().list;
    assert_eq!((list.filter.as_str(), list.marks.len()), ("", 1));
    press(&mut model, "esc");
    assert_eq!(model.screens.top().list.marks.len(), 0);
    assert_eq!(model.screen().name(), "slices");
    press(&mut model, "esc");
    assert_eq!(model.screen().name(), "node");
}

#[test]
fn each_screen_has_its_key_and_keeps_what_it_is_about() {
    let mut model = model();
    press(&mut model, "enter");
    let scope = || Scope::Node("a".into());
    for (key, screen) in [
        ("s", Screen::Slices(scope())),
        ("H", Screen::Holders(scope())),
        ("x", Screen::Xids(scope())),
        ("E", Screen::Events(scope())),
        ("f", Screen::Findings(scope())),
        ("D", Screen::Describe("a".into())),
    ] {
        press(&mut model, key);
        assert_eq!(model.screen(), screen);
    }
    for (key, screen) in [
        ("A", Screen::About),
        ("?", Screen::Help),
        ("n", Screen::Fleet),
    ] {
        press(&mut model, key);
        assert_eq!(model.screen(), screen);
    }
    assert_eq!(model.screens.crumbs().count(), 1);
    // help called twice goes away
    press(&mut model, "? ?");
    assert_eq!(model.screen(), Screen::Fleet);
}

#[test]
fn a_node_is_described_from_its_row_and_one_that_nobody_probes_opens_so() {
    let mut model = model();
    press(&mut model, "D");
    assert_eq!(model.screen(), Screen::Describe("a".into()));
    // down scrolls, tab goes on, esc goes back to the row
    press(&mut model, "j j");
    assert_eq!(model.screens.top().list.offset, 2);
    press(&mut model, "tab");
    assert_eq!(model.screen(), Screen::Describe("b".into()));
    assert_eq!(model.screens.top().list.offset, 0);
    press(&mut model, "esc");
    assert_eq!(model.screen(), Screen::Fleet);

    let mut alone = Node::new("k".into(), now());
    let why = "no probe reads this host";
    alone.driver =
        crate::domain::reading::Reading::absent(crate::domain::reading::AbsentCode::NoSource, why);
    let alone = fixture::in_cluster(alone, fixture::node_facts("k"), Vec::new());
    let mut model = fixture::model(vec![alone, fixture::node("z")]);
    press(&mut model, "g enter");
    assert_eq!(model.screen(), Screen::Describe("k".into()));
    press(&mut model, "y");
    let copied = crate::app::copy::text(&model).unwrap();
    assert!(copied.name.contains("k-cluster"), "{}", copied.name);
    for what in ["ALLOCATABLE", "mig-1g.5gb", "strategy", why] {
        assert!(copied.text.contains(what), "{what}\n{}", copied.text);
    }
    assert!(
        copied.text.lines().all(|l| l.len() <= 80),
        "{}",
        copied.text
    );
}

#[test]
fn open_goes_where_the_row_is() {
    let mut model = model();
    // a slice: its GPU, with the slice selected
    press(&mut model, "s j enter");
    assert_eq!(gpu(&model), 0);
    assert!(matches!(model.selected(), Some(RowId::Slot(slot)) if slot.gi == GiId(8)));
    // an Xid: all of it, and from there the slice that it names; newest first
    press(&mut model, "n x enter");
    assert!(matches!(model.modal, Some(Modal::Reader { .. })));
    press(&mut model, "enter");
    assert_eq!(gpu(&model), 0);
    assert!(matches!(model.selected(), Some(RowId::Slot(slot)) if slot.gi == GiId(8)));
    // an Xid of nobody knows what: all that it says
    press(&mut model, "n x j enter");
    let Some(Modal::Reader { lines, .. }) = &model.modal else {
        panic!("no window");
    };
    assert!(lines.iter().any(|l| l.ends_with("Contained")), "{lines:?}");
    // a holder: who, and all that it holds
    press(&mut model, "q n H enter");
    let Some(Modal::Reader { title, lines, .. }) = &model.modal else {
        panic!("no window");
    };
    assert_eq!(title, "pid 4242");
    assert!(lines.iter().any(|l| l.contains("train.py")), "{lines:?}");
    assert!(lines.iter().any(|l| l.contains("GPU 0 gi 7")), "{lines:?}");
    assert!(!lines.concat().contains('\u{1b}'));
}

#[test]
fn a_gpu_opens_on_the_instance_that_somebody_should_look_at() {
    let chosen = |node: Node| {
        let mut model = fixture::model(vec![node, Node::new("down".into(), now())]);
        let first = |g: &&crate::domain::fleet::Gpu| g.index == 0;
        let node = &model.fleet().nodes[0];
        let at = GpuAt::of(node, node.gpus.iter().find(first).unwrap());
        model.screens.push(Screen::Node("a".into()));
        press(&mut model, "g");
        assert_eq!(model.selected(), Some(&RowId::Gpu(at)));
        press(&mut model, "enter");
        match model.selected() {
            Some(RowId::Slot(slot)) => slot.gi,
            other => panic!("{other:?} is no instance"),
        }
    };
    let with = |findings: &[(Severity, &str)]| {
        let mut node = host("a");
        let one = node.findings[0].clone();
        node.findings = findings
            .iter()
            .map(|(severity, subject)| {
                let mut finding = one.clone();
                (finding.severity, finding.subject) = (*severity, (*subject).into());
                finding
            })
            .collect();
        node
    };
    let (danger, caution) = (Severity::Danger, Severity::Caution);
    let worst = [
        (danger, "a GPU 1 gi 7"),
        (danger, "a GPU 0"),
        (caution, "a GPU 0 gi 77"),
        (caution, "a GPU 0 gi 9"),
        (danger, "a GPU 0 gi 3"),
    ];
    assert_eq!(chosen(with(&worst)), GiId(3));
    // one that is as it should be leads nowhere: the first, as ever
    assert_eq!(chosen(with(&[(Severity::Info, "a GPU 0 gi 3")])), GiId(7));
    let mut sick = with(&[]);
    sick.gpus[0].slots[1].state = crate::domain::fleet::SlotState::Sick;
    assert_eq!(chosen(sick), GiId(8));
}

#[test]
fn a_finding_opens_what_it_concerns() {
    let mut model = model();
    press(&mut model, "f");
    let rows = model.screens.top().list.rows.places.len();
    assert!(rows > 1);
    let mut opened = 0;
    for _ in 0..rows {
        let Some(RowId::Finding { subject, .. }) = model.selected().cloned() else {
            panic!("no finding");
        };
        press(&mut model, "enter");
        let Some(Modal::Reader { title, .. }) = &model.modal else {
            panic!("no window");
        };
        assert!(title.contains(subject.as_str()), "{title}");
        if subject.contains("GPU 3") {
            press(&mut model, "enter");
            assert_eq!(gpu(&model), 3);
            opened += 1;
        }
        press(&mut model, "esc");
        assert_eq!(model.screen().name(), "findings");
        press(&mut model, "j");
    }
    assert!(opened > 0);
}

#[test]
fn siblings_come_around_the_end() {
    let mut model = model();
    press(&mut model, "tab");
    assert_eq!(model.screen(), Screen::Fleet, "the fleet has none");
    press(&mut model, "enter tab");
    assert_eq!(model.screen(), Screen::Node("b".into()));
    press(&mut model, "tab");
    assert_eq!(model.screen(), Screen::Node("a".into()));
    press(&mut model, "g enter shift-tab");
    assert_eq!(gpu(&model), 3);
    press(&mut model, "tab tab");
    assert_eq!(gpu(&model), 1);
    press(&mut model, "x tab");
    let Screen::Xids(Scope::Gpu(at)) = model.screen() else {
        panic!("{:?}", model.screen());
    };
    assert_eq!(at.find(model.fleet()).unwrap().1.index, 2);
    // a sibling stands in the place of its sibling
    press(&mut model, "esc esc");
    assert_eq!(model.screen(), Screen::Node("a".into()));
}

#[test]
fn views_are_walked_back_and_forth() {
    let mut model = model();
    press(&mut model, "enter x");
    press(&mut model, "[");
    assert_eq!(model.screen().name(), "node");
    press(&mut model, "[ ]");
    assert_eq!(model.screen().name(), "node");
    press(&mut model, "]");
    assert_eq!(model.screen().name(), "xids");
    press(&mut model, "]");
    assert_eq!(said(&model), "no other view");
}
