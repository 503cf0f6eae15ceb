//! What commands ask of the world: effects, and how it is told that they ended.

use super::*;

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
