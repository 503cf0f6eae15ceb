//! Windows, text fields, pastes and the mouse.

use super::*;

fn type_in(model: &mut Model, text: &str) -> Vec<Effect> {
    text.chars()
        .flat_map(|c| update(model, Message::Key(Key::char(c))))
        .collect()
}

#[test]
fn the_list_follows_the_filter_and_comes_back_when_it_is_given_up() {
    let mut model = model();
    press(&mut model, "s /");
    let all = model.screens.top().list.rows.places.len();
    type_in(&mut model, "free");
    assert!(model.screens.top().list.rows.places.len() < all);
    press(&mut model, "esc");
    assert_eq!(model.modal, None);
    assert_eq!(model.screens.top().list.rows.places.len(), all);
    press(&mut model, "/");
    type_in(&mut model, "free");
    press(&mut model, "enter");
    assert_eq!(
        (model.screens.top().list.filter.as_str(), &model.modal),
        ("free", &None)
    );
    // the prompt begins with what holds, and giving up keeps that
    press(&mut model, "/ ctrl-u");
    type_in(&mut model, "busy");
    press(&mut model, "esc");
    assert_eq!(model.screens.top().list.filter, "free");
    press(&mut model, "backspace");
    assert_eq!(model.screens.top().list.rows.places.len(), all);
}

#[test]
fn a_filter_that_is_given_up_leads_back_to_what_was_selected() {
    let mut model = model();
    press(&mut model, "s j j");
    let row = |model: &Model| match model.selected() {
        Some(RowId::Slot(slot)) => slot.gi,
        other => panic!("{other:?} is no instance"),
    };
    assert_eq!(row(&model), GiId(3), "the free one");
    // what the first letters find is another; the rest finds nothing
    press(&mut model, "/");
    type_in(&mut model, "bert");
    assert_eq!(row(&model), GiId(7));
    type_in(&mut model, "zz");
    assert_eq!(model.selected(), None);
    press(&mut model, "esc");
    assert_eq!(row(&model), GiId(3));
    // taken with nothing found, and dropped later
    press(&mut model, "/");
    type_in(&mut model, "bertzz");
    press(&mut model, "enter");
    assert_eq!(model.selected(), None);
    press(&mut model, "esc");
    assert_eq!(row(&model), GiId(3));
    // what is found and taken stays selected, as does what was gone to by hand
    press(&mut model, "/");
    type_in(&mut model, "bert");
    press(&mut model, "enter esc");
    assert_eq!(row(&model), GiId(7));
    press(&mut model, "/");
    type_in(&mut model, "1g");
    let before = model.selected().cloned();
    update(&mut model, Message::Mouse(Mouse::Wheel(1)));
    let gone_to = model.selected().cloned();
    assert_ne!(gone_to, before);
    press(&mut model, "esc");
    assert_eq!(model.selected().cloned(), gone_to);
}

#[test]
fn a_filter_that_is_wrong_says_so_and_is_not_taken() {
    let mut model = model();
    press(&mut model, "s /");
    let all = model.screens.top().list.rows.places.len();
    type_in(&mut model, "free");
    assert!(model.screens.top().list.rows.places.len() < all);
    update(&mut model, Message::Paste(" mmem>3".to_owned()));
    let Some(Modal::Filter {
        error: Some(error), ..
    }) = &model.modal
    else {
        panic!("{:?}", model.modal);
    };
    assert!(error.contains("mmem"), "{error}");
    assert_eq!(
        model.screens.top().list.rows.places.len(),
        all,
        "as it was before"
    );
    press(&mut model, "enter");
    assert!(model.modal.is_some());
    press(&mut model, "esc");
    assert_eq!(model.screens.top().list.filter, "");
}

#[test]
fn letters_are_typed_and_never_act() {
    let mut model = model();
    press(&mut model, "/");
    assert_eq!(type_in(&mut model, "qHxA"), []);
    let Some(Modal::Filter { input, .. }) = &model.modal else {
        panic!();
    };
    assert_eq!(input.text(), "qHxA");
    // Hangul too, as it is
    type_in(&mut model, "한글");
    let Some(Modal::Filter { input, .. }) = &model.modal else {
        panic!();
    };
    assert_eq!(input.text(), "qHxA한글");
    assert_eq!(model.screen(), Screen::Fleet);
}

#[test]
fn the_palette_finds_commands_words_for_them_and_places() {
    let run = |typed: &str| {
        let mut model = model();
        press(&mut model, ":");
        type_in(&mut model, typed);
        let effects = press(&mut model, "enter");
        (model, effects)
    };
    for typed in ["q", "q!", "quit", "exit"] {
        assert_eq!(run(typed).1, [Effect::Quit], "{typed}");
    }
    for (typed, screen) in [
        ("slices", "slices"),
        ("slcs", "slices"),
        ("nodes", "fleet"),
        ("errors", "xids"),
        ("keeps gpus", "holders"),
        ("b", "node"),
    ] {
        assert_eq!(run(typed).0.screen().name(), screen, "{typed}");
    }
    assert_eq!(run("b").0.screen(), Screen::Node("b".into()));
    assert_eq!(gpu(&run("gpu 2").0), 2);
    let Screen::Gpu(at) = run("b gpu 3").0.screen() else {
        panic!();
    };
    assert_eq!(at.node, "b");
    // nothing found: nothing happens, and the palette stays
    let (model, effects) = run("zzzzzz");
    assert_eq!(effects, []);
    assert!(model.modal.is_some());
}

#[test]
fn the_palette_finds_what_commands_do_in_the_language_in_force() {
    let mut model = fixture::model_in(Language::Korean, vec![host("a")]);
    press(&mut model, ":");
    type_in(&mut model, "점유자");
    press(&mut model, "enter");
    assert_eq!(model.screen().name(), "holders");
}

#[test]
fn the_palette_moves_and_closes() {
    let mut model = model();
    press(&mut model, ": tab down ctrl-n up");
    let Some(Modal::Palette {
        selected, found, ..
    }) = &model.modal
    else {
        panic!();
    };
    assert_eq!(*selected, 2);
    assert!(found.len() > 20);
    press(&mut model, "esc");
    assert_eq!(model.modal, None);
}

#[test]
fn the_picker_sorts_by_the_column_and_back() {
    let mut model = model();
    press(&mut model, "s S j enter");
    let first = crate::app::sort::columns(&model.screen())[0];
    let sort = model.screens.top().list.sort.unwrap();
    assert_eq!((sort.column, sort.reverse), (first, false));
    press(&mut model, "I");
    assert!(model.screens.top().list.sort.unwrap().reverse);
    // chosen again: the other way round
    press(&mut model, "S enter");
    assert!(!model.screens.top().list.sort.unwrap().reverse);
    press(&mut model, "S g enter");
    assert_eq!(model.screens.top().list.sort, None);
    press(&mut model, "I");
    assert!(model.screens.top().list.sort.unwrap().reverse);
    press(&mut model, "? S");
    assert_eq!(model.modal, None);
    assert_eq!(said(&model), "there is nothing to sort here");
}

#[test]
fn the_reader_scrolls_as_far_as_was_drawn_and_copies_itself() {
    let mut model = model();
    press(&mut model, "o");
    press(&mut model, "j j G");
    update(
        &mut model,
        Message::Drawn(Hits {
            window: Some(Window {
                first: 4,
                height: 3,
            }),
            ..Hits::default()
        }),
    );
    press(&mut model, "k");
    let Some(Modal::Reader { offset, lines, .. }) = &model.modal else {
        panic!();
    };
    assert_eq!(*offset, 3);
    assert!(lines[0].starts_with("a: "), "{lines:?}");
    let effects = press(&mut model, "y");
    let [Effect::Copy { text, .. }] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert!(text.contains("a: "));
    press(&mut model, "x");
    assert_eq!((model.screen().name(), &model.modal), ("xids", &None));
}

#[test]
fn help_scrolls_and_looks_for_words() {
    let mut model = model();
    press(&mut model, "? j j");
    assert_eq!(model.screens.top().list.offset, 2);
    press(&mut model, "/");
    type_in(&mut model, "xid repo");
    press(&mut model, "enter");
    let sections = crate::app::help::sections(&model);
    let rows: Vec<_> = sections.iter().flat_map(|s| &s.rows).collect();
    assert!(!rows.is_empty());
    assert!(rows.iter().all(|r| r.doc.contains("Xid")), "{rows:?}");
    press(&mut model, "esc");
    assert_eq!(model.screen(), Screen::Help);
    press(&mut model, "esc");
    assert_eq!(model.screen(), Screen::Fleet);
}

#[test]
fn a_paste_is_typed_and_never_acts() {
    let mut model = model();
    let paste = |model: &mut Model, text: &str| {
        assert_eq!(update(model, Message::Paste(text.to_owned())), []);
    };
    paste(&mut model, "q\nx");
    assert_eq!(model.screen(), Screen::Fleet);
    assert!(said(&model).contains("ignored"));
    press(&mut model, "/");
    paste(&mut model, "free\nenter\nmore");
    let Some(Modal::Filter { input, .. }) = &model.modal else {
        panic!();
    };
    assert_eq!(input.text(), "free");
    assert_eq!(model.screens.top().list.filter, "free");
    assert!(said(&model).contains("2 more"));
    press(&mut model, "esc :");
    paste(&mut model, "quit\n");
    assert!(matches!(model.modal, Some(Modal::Palette { .. })));
    assert_eq!(said(&model), "");
}

#[test]
fn the_mouse_selects_what_lies_under_it() {
    let mut model = fixture::model(vec![host("a")]);
    let row = |y, target| Region {
        x: 0,
        y,
        width: 80,
        height: 1,
        target,
    };
    let hits = Hits {
        height: 10,
        regions: vec![
            row(3, Target::Row(0)),
            row(4, Target::Row(1)),
            row(9, Target::Row(2)),
            row(9, Target::Command(Command::Help)),
        ],
        ..Hits::default()
    };
    update(&mut model, Message::Drawn(hits));
    let click = |y, double| Message::Mouse(Mouse::Click { x: 5, y, double });
    update(&mut model, click(4, false));
    assert_eq!(model.screens.top().list.at, 1);
    update(&mut model, click(20, true));
    assert_eq!(model.screen().name(), "node", "nothing is there");
    update(&mut model, Message::Mouse(Mouse::Wheel(1)));
    assert_eq!(model.screens.top().list.at, 3);
    update(&mut model, Message::Mouse(Mouse::Wheel(-1)));
    assert_eq!(model.screens.top().list.at, 0);
    update(&mut model, click(9, false));
    assert_eq!(model.screen(), Screen::Help, "what was drawn last");
    press(&mut model, "esc");
    update(&mut model, click(4, true));
    assert_eq!(gpu(&model), 1);
}

#[test]
fn who_asks_for_an_order_sees_what_comes_first_in_it() {
    let mut model = model();
    press(&mut model, "s G");
    let last = model.screens.top().list.rows.places.len() - 1;
    assert_eq!(model.screens.top().list.at, last);
    // the second column of the choice, then the other way round
    for keys in ["S down down enter", "S enter", "I"] {
        press(&mut model, "G");
        press(&mut model, keys);
        let list = &model.screens.top().list;
        assert!(list.sort.is_some(), "{keys}");
        assert_eq!((list.at, list.offset), (0, 0), "{keys}");
        assert_eq!(list.selected, first(&model), "{keys}");
    }
}

fn first(model: &Model) -> Option<RowId> {
    let place = model.screens.top().list.rows.places.first()?;
    crate::app::rows::id(&model.screen(), model.fleet(), *place)
}

#[test]
fn a_window_closes_with_the_gpu_that_it_tells_of() {
    let mut model = model();
    press(&mut model, "enter g l enter");
    let Some(Modal::Reader { title, .. }) = &model.modal else {
        panic!("{:?}", model.modal);
    };
    assert!(title.starts_with("GPU 0"), "{title}");
    press(&mut model, "tab");
    assert_eq!((gpu(&model), &model.modal), (1, &None));
}

#[test]
fn a_gpu_without_instances_is_told_whole() {
    let mut model = model();
    press(&mut model, "enter g");
    while let Some(RowId::Gpu(at)) = model.selected().cloned() {
        if at.find(model.fleet()).unwrap().1.slots.is_empty() {
            break;
        }
        press(&mut model, "down");
    }
    press(&mut model, "l");
    assert_eq!(model.selected(), None);
    press(&mut model, "enter");
    let Some(Modal::Reader { title, lines, .. }) = &model.modal else {
        panic!("{:?}", model.modal);
    };
    assert_eq!(*title, format!("GPU {}", gpu(&model)));
    assert!(lines.iter().any(|l| l.contains("serial")), "{lines:?}");
}

#[test]
fn a_key_without_a_next_one_to_go_to_says_so() {
    let mut model = model();
    press(&mut model, "s");
    press(&mut model, "tab");
    assert_eq!(said(&model), "no next GPU or node to go to from here");
}

#[test]
fn a_commands_own_name_goes_before_other_words_that_begin_so() {
    let mut model = model();
    press(&mut model, ":");
    type_in(&mut model, "ho");
    press(&mut model, "enter");
    assert_eq!(model.screen().name(), "holders");
    press(&mut model, ":");
    type_in(&mut model, "hosts");
    press(&mut model, "enter");
    assert_eq!(model.screen(), Screen::Fleet);
}
