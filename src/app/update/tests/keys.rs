//! Sequences, Hangul, and keys that mean several commands.

use super::*;

fn vim() -> Model {
    let mut model = fixture::model(vec![host("a")]);
    model.keys.map = Keymap::parse("vim", shipped("vim").unwrap(), &|_| None).0;
    model
}

#[test]
fn a_sequence_waits_for_its_keys_and_a_tick_does_not_break_it() {
    let mut model = vim();
    press(&mut model, "g g j j g");
    assert_eq!(model.keys.pending.len(), 1);
    update(
        &mut model,
        Message::Tick(now() + SignedDuration::from_mins(3)),
    );
    update(&mut model, Message::Snapshot(snapshot(vec![host("a")])));
    assert_eq!(model.keys.pending.len(), 1);
    assert_eq!(model.screens.top().list.at, 2);
    press(&mut model, "g");
    assert_eq!(model.keys.pending.len(), 0);
    assert_eq!(model.screens.top().list.at, 0);
}

#[test]
fn escape_and_a_key_that_leads_nowhere_drop_a_sequence_and_do_nothing_else() {
    let mut model = vim();
    press(&mut model, "enter g esc");
    assert_eq!(model.keys.pending, []);
    assert_eq!(model.screen().name(), "gpu");
    assert_eq!(press(&mut model, "Z q"), []);
    assert_eq!(model.keys.pending, []);
    assert_eq!(press(&mut model, "Z Z"), [Effect::Quit]);
}

#[test]
fn hangul_is_the_keys_that_typed_it() {
    let mut model = vim();
    press(&mut model, "g g ㅓ ㅓ");
    assert_eq!(model.screens.top().list.at, 2);
    press(&mut model, "ㅎ ㅎ");
    assert_eq!(model.screens.top().list.at, 0, "gg");
    press(&mut model, "ㅌ");
    assert_eq!(model.screen().name(), "xids");
    assert_eq!(press(&mut model, "ㅂ"), [Effect::Quit]);
    // 하 is typed with g and k
    let mut model = fixture::model(vec![host("a")]);
    press(&mut model, "j j 하");
    assert_eq!(model.screens.top().list.at, 0);
}

#[test]
fn a_binding_of_hangul_itself_wins() {
    let mut model = model();
    let text = "[global]\n\"ㅂ\" = \"help\"\n";
    model.keys.map = Keymap::parse("mine", text, &|_| None).0;
    assert_eq!(press(&mut model, "ㅂ"), []);
    assert_eq!(model.screen(), Screen::Help);
}

#[test]
fn a_key_may_mean_several_commands_in_order_as_far_as_they_make_sense() {
    let mut model = fixture::model(vec![host("a")]);
    let text = "[list]\n\"t\" = [\"last\", \"open\"]\n\"v\" = [\"filter\", \"mark\", \"slices\"]\n";
    model.keys.map = Keymap::parse("mine", text, &|_| None).0;
    press(&mut model, "t");
    assert_eq!(gpu(&model), 3);
    press(&mut model, "esc v");
    // what only lists know does nothing in a window
    assert_eq!(model.screens.crumbs().count(), 2);
}

#[test]
fn the_tour_shows_each_stop_and_ends_where_one_is() {
    let mut model = fixture::model(vec![]);
    model.tour = Some(Tour::default());
    update(&mut model, Message::Snapshot(snapshot(vec![])));
    assert!(!model.tour.as_ref().unwrap().there, "nothing to show yet");
    let mut news = snapshot(vec![host("a"), host("b")]);
    std::sync::Arc::make_mut(&mut news.fleet).generation = 2;
    update(&mut model, Message::Snapshot(news));
    assert!(model.tour.as_ref().unwrap().there);
    let mut seen = vec![model.screen().name()];
    for _ in 1..STOPS.len() {
        press(&mut model, "space");
        seen.push(model.screen().name());
    }
    assert_eq!(
        seen,
        [
            "fleet", "node", "gpu", "gpu", "xids", "holders", "findings", "slices", "help"
        ]
    );
    press(&mut model, "left");
    assert_eq!(model.screen().name(), "slices");
    assert_eq!(model.screens.top().list.filter, "allocated");
    press(&mut model, "esc");
    assert_eq!(model.tour, None);
    assert_eq!(model.screen().name(), "slices");
    press(&mut model, "esc");
    assert_eq!(model.screens.top().list.filter, "");
}
