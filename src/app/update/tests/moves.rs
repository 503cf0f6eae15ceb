//! Moving on lists, from screen to screen, and what commands ask of the world.

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

#[test]
fn pause_keeps_what_is_shown_and_what_came() {
    let mut model = fixture::model(vec![host("a")]);
    press(&mut model, "p");
    assert_eq!(model.frozen.as_ref().unwrap().since, now());
    let mut news = snapshot(vec![host("a"), host("c")]);
    std::sync::Arc::make_mut(&mut news.fleet).generation = 2;
    update(&mut model, Message::Snapshot(news));
    assert_eq!(model.fleet().nodes.len(), 1);
    press(&mut model, "p");
    assert_eq!(model.frozen, None);
    assert_eq!(model.fleet().nodes.len(), 2);
}

#[test]
fn refresh_asks_resting_gpus_alone_and_says_so() {
    let mut node = host("a");
    assert_eq!(press(&mut fixture::model(vec![node.clone()]), "ctrl-r"), []);
    node.gpus[1].calls = CallState::Resting {
        since: ago(60),
        until: None,
        why: Absence::new(AbsentCode::Hung, "Xid 79"),
    };
    let uuid = node.gpus[1].uuid().unwrap().as_str().to_owned();
    let mut model = fixture::model(vec![node]);
    let effects = press(&mut model, "ctrl-r");
    assert_eq!(
        effects,
        [Effect::Control {
            node: Some("a".into()),
            control: Control::Retry {
                gpu: uuid.as_str().into()
            },
        }]
    );
    assert!(said(&model).contains("a GPU 1"));
}

#[test]
fn copies_and_screens_are_numbered_and_told_of_once() {
    let mut model = model();
    let effects = press(&mut model, "enter y ctrl-s");
    let [
        Effect::Copy { id: 0, name, text },
        Effect::SaveScreen { id: 1 },
    ] = effects.as_slice()
    else {
        panic!("{effects:?}");
    };
    assert!(!name.is_empty() && text.lines().count() > 1);
    let done = |id| Message::Done {
        id,
        outcome: Outcome::Copied(812),
    };
    update(&mut model, done(7));
    assert_eq!(said(&model), "", "nobody waits for it");
    update(&mut model, done(0));
    assert!(said(&model).starts_with("copied (812 bytes)"));
    update(
        &mut model,
        Message::Tick(now() + SignedDuration::from_secs(4)),
    );
    assert!(model.notice.is_some());
    update(
        &mut model,
        Message::Tick(now() + SignedDuration::from_secs(5)),
    );
    assert_eq!(model.notice, None);
    update(&mut model, done(0));
    assert_eq!(model.notice, None, "told already");
    let failed = Message::Done {
        id: 1,
        outcome: Outcome::Failed("no space left".into()),
    };
    update(&mut model, failed);
    assert!(model.notice.as_ref().unwrap().failed);
    press(&mut model, "j");
    assert_eq!(model.notice, None, "a key takes it away");
}

#[test]
fn theme_and_language_go_round() {
    let mut model = model();
    assert_eq!(press(&mut model, "T"), [], "no other theme");
    model.session.themes = ["default", "light"].map(str::to_owned).to_vec();
    assert_eq!(press(&mut model, "T"), [Effect::Theme("light".to_owned())]);
    assert_eq!(model.theme, "light");
    assert_eq!(
        press(&mut model, "T"),
        [Effect::Theme("default".to_owned())]
    );
    press(&mut model, "K");
    assert_eq!(model.texts.language(), Language::Korean);
    press(&mut model, "ㅏ ctrl-e");
    assert!(model.compact);
    press(&mut model, "K");
    assert_eq!(model.texts.language(), Language::English);
}

#[test]
fn plain_effects_are_what_they_say() {
    let mut model = model();
    assert_eq!(press(&mut model, "ctrl-l"), [Effect::Redraw]);
    assert_eq!(press(&mut model, "ctrl-z"), [Effect::Suspend]);
    assert_eq!(press(&mut model, "ctrl-c"), [Effect::Quit]);
}

#[test]
fn a_tape_is_told_and_tells() {
    let mut model = model();
    assert_eq!(press(&mut model, "P >"), [], "no tape");
    let played = |speed, paused| {
        Message::Played(Playback {
            speed,
            paused,
            at: Some(now()),
            ended: false,
        })
    };
    update(&mut model, played(1.0, false));
    assert_eq!(press(&mut model, "P"), [Effect::Play(Play::Pause)]);
    update(&mut model, played(1.0, true));
    assert_eq!(press(&mut model, "P"), [Effect::Play(Play::Resume)]);
    assert_eq!(press(&mut model, ">"), [Effect::Play(Play::Speed(2.0))]);
    assert_eq!(press(&mut model, "<"), [Effect::Play(Play::Speed(0.5))]);
    update(&mut model, played(256.0, false));
    assert_eq!(press(&mut model, ">"), [Effect::Play(Play::Speed(256.0))]);
}

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
