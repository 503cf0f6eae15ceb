//! Whatever is pressed: nothing panics, and nothing is done that no command does.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

/// The three keymaps, and the keys that are bound in any of them with some that are not.
static MAPS: LazyLock<(Vec<Keymap>, Vec<Key>)> = LazyLock::new(|| {
    let maps = ["default", "vim", "emacs"]
        .map(|name| Keymap::parse(name, shipped(name).unwrap(), &|_| None).0);
    let bound = |map: &Keymap| {
        crate::app::command::Context::ALL
            .iter()
            .flat_map(|layer| map.bindings(*layer))
            .flat_map(|b| b.keys)
            .collect::<Vec<_>>()
    };
    let mut keys: Vec<Key> = maps.iter().flat_map(bound).collect();
    keys.extend(sequence("한 ㅂ > 8 % m e alt-z ctrl-w delete f9").unwrap());
    keys.sort();
    keys.dedup();
    (maps.to_vec(), keys)
});
thread_local! {
    /// A console as each walk begins.
    static FRESH: Model = model();
}

#[derive(Clone, Debug)]
enum Step {
    Key(usize),
    News(bool),
    Paste(String),
    Click(u16, u16, bool),
    Tick,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => any::<prop::sample::Index>().prop_map(|i| Step::Key(i.index(MAPS.1.len()))),
        1 => any::<bool>().prop_map(Step::News),
        1 => ".{0,12}".prop_map(Step::Paste),
        1 => (0..80u16, 0..24u16, any::<bool>()).prop_map(|(x, y, d)| Step::Click(x, y, d)),
        1 => Just(Step::Tick),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn nothing_panics_and_only_commands_do_things(
        map in 0..3usize,
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let (maps, keys) = &*MAPS;
        let mut model = FRESH.with(Clone::clone);
        model.keys.map = maps[map].clone();
        model.session.themes = vec!["default".to_owned(), "light".to_owned()];
        for step in steps {
            let before = model.next_effect;
            let effects = match step {
                Step::Key(n) => update(&mut model, Message::Key(keys[n])),
                Step::News(all) => {
                    let mut nodes = vec![host("a")];
                    if all {
                        nodes.push(fixture::node("b"));
                    }
                    let mut news = snapshot(nodes);
                    std::sync::Arc::make_mut(&mut news.fleet).generation =
                        model.fleet().generation + 1;
                    update(&mut model, Message::Snapshot(news))
                }
                Step::Paste(text) => {
                    let effects = update(&mut model, Message::Paste(text));
                    prop_assert_eq!(&effects, &[]);
                    effects
                }
                Step::Click(x, y, double) => {
                    update(&mut model, Message::Mouse(Mouse::Click { x, y, double }))
                }
                Step::Tick => {
                    let at = model.now + SignedDuration::from_secs(1);
                    update(&mut model, Message::Tick(at))
                }
            };
            for effect in effects {
                match effect {
                    Effect::Copy { id, .. } | Effect::SaveScreen { id } => {
                        prop_assert!(id >= before && model.awaited.contains(&id));
                    }
                    Effect::Control { control, .. } => {
                        let retry = matches!(control, Control::Retry { .. });
                        prop_assert!(retry);
                    }
                    Effect::Theme(name) => prop_assert_eq!(&name, &model.theme),
                    // reading only: nothing that is asked changes anything
                    Effect::Ask { id, .. } => prop_assert!(id >= before),
                    Effect::Forget(_)
                    | Effect::Contexts
                    | Effect::Context(_)
                    | Effect::Namespace(_) => {}
                    Effect::Quit | Effect::Suspend | Effect::Redraw => {}
                    Effect::Bell | Effect::Play(_) => prop_assert!(false, "{:?}", effect),
                }
            }
            // whatever was done, there is a screen, and what is selected is on it
            let list = &model.screens.top().list;
            prop_assert!(list.at == 0 || list.at < list.rows.places.len());
        }
    }
}

#[test]
fn every_command_may_be_called_anywhere() {
    for opener in ["", "enter", "/", ":", "s S", "o", "?", "enter enter"] {
        for row in COMMANDS {
            let mut model = FRESH.with(Clone::clone);
            if !opener.is_empty() {
                press(&mut model, opener);
            }
            super::super::commands::run(&mut model, row.command);
        }
    }
}
