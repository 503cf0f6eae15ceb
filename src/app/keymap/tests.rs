//! Files that are right, files that are broken in each way, and what is left of them.

use super::*;
use crate::app::command::COMMANDS;
use crate::app::key::sequence;

fn parse(text: &str) -> (Keymap, Vec<Problem>) {
    Keymap::parse("mine", text, &|_| None)
}

fn said(text: &str) -> Vec<String> {
    let (_, problems) = parse(text);
    problems.iter().map(Problem::to_string).collect()
}

fn find(map: &Keymap, layers: &[Context], keys: &str) -> Match {
    map.find(layers, &sequence(keys).unwrap())
}

fn does(command: Command) -> Match {
    Match::Commands(vec![command])
}

const LIST: [Context; 2] = [Context::List, Context::Global];

#[test]
fn shipped_keymaps_have_no_problem_and_are_what_they_are_named_for() {
    for (name, text) in SHIPPED {
        let (map, problems) = Keymap::parse(name, text, &|_| None);
        assert_eq!(problems, [], "{name}");
        assert_eq!(map.name(), name);
    }
    let vim = Keymap::parse("vim", shipped("vim").unwrap(), &|_| None).0;
    assert_eq!(find(&vim, &LIST, "g g"), does(Command::First));
    assert_eq!(find(&vim, &LIST, "j"), does(Command::Down));
    let emacs = Keymap::parse("emacs", shipped("emacs").unwrap(), &|_| None).0;
    assert_eq!(find(&emacs, &LIST, "ctrl-x ctrl-c"), does(Command::Quit));
    assert_eq!(find(&emacs, &LIST, "ctrl-s"), does(Command::Filter));
}

#[test]
fn the_default_keymap_reaches_every_command() {
    let map = Keymap::default_keymap();
    for row in COMMANDS {
        let reached = Context::ALL
            .iter()
            .any(|layer| !map.keys_of(&[*layer], row.command).is_empty());
        assert!(reached, "{}", row.name);
    }
}

#[test]
fn case_and_shift_are_never_folded() {
    let map = Keymap::default_keymap();
    assert_eq!(find(&map, &LIST, "g"), does(Command::First));
    assert_eq!(find(&map, &LIST, "G"), does(Command::Last));
    assert_eq!(find(&map, &LIST, "tab"), does(Command::Next));
    assert_eq!(find(&map, &LIST, "shift-tab"), does(Command::Previous));
    assert_eq!(find(&map, &LIST, "shift-up"), Match::None);
}

#[test]
fn a_patch_keeps_what_it_does_not_name() {
    let (map, problems) = parse(
        "[list]\n\"x\" = \"mark\"\n\"k\" = \"none\"\n\"j\" = []\n\"G\" = \"\"\n\"t\" = [\"first\", \"mark\"]\n",
    );
    assert_eq!(problems, []);
    assert_eq!(find(&map, &LIST, "x"), does(Command::Mark));
    assert_eq!(find(&map, &[Context::Global], "x"), does(Command::Xids));
    for keys in ["k", "j", "G"] {
        assert_eq!(find(&map, &LIST, keys), Match::None, "{keys}");
    }
    assert_eq!(find(&map, &LIST, "down"), does(Command::Down));
    let two = Match::Commands(vec![Command::First, Command::Mark]);
    assert_eq!(find(&map, &LIST, "t"), two);
}

#[test]
fn a_patch_may_make_a_sequence_of_a_key_and_a_key_of_a_sequence() {
    let (map, problems) =
        parse("inherits = \"vim\"\n[list]\n\"g\" = \"last\"\n\"j j\" = \"down\"\n");
    assert_eq!(problems, []);
    assert_eq!(find(&map, &LIST, "g"), does(Command::Last));
    assert_eq!(find(&map, &LIST, "j j"), does(Command::Down));
    assert!(matches!(find(&map, &LIST, "j"), Match::Pending(_)));
    // unbinding the beginning unbinds all that goes on from it
    let (map, _) = parse("inherits = \"vim\"\n[list]\n\"y\" = \"none\"\n");
    assert_eq!(find(&map, &LIST, "y"), does(Command::Copy));
}

#[test]
fn sequences_of_several_layers_go_on_together() {
    let vim = Keymap::parse("vim", shipped("vim").unwrap(), &|_| None).0;
    let Match::Pending(next) = find(&vim, &LIST, "g") else {
        panic!("g goes on");
    };
    let keys: Vec<String> = next.iter().map(|n| n.key.to_string()).collect();
    assert_eq!(keys, ["g", "T", "t"]);
    assert_eq!(find(&vim, &LIST, "g t"), does(Command::Next));
    assert_eq!(find(&vim, &LIST, "g x"), Match::None);
}

#[test]
fn the_users_own_key_is_told_first() {
    let (map, _) = parse("[list]\n\"m\" = \"down\"\n");
    let keys = map.keys_of(&LIST, Command::Down);
    assert_eq!(keys[0], [Key::char('m')]);
    assert_eq!(keys.len(), 3);
    // what a layer above hides cannot be pressed
    let (map, _) = parse("[list]\n\"q\" = \"mark\"\n");
    let keys = map.keys_of(&LIST, Command::Quit);
    assert_eq!(keys, [[Key::ctrl('c')]]);
}

#[test]
fn each_thing_that_is_wrong_is_told_with_its_line_all_at_once() {
    let text = r#"speed = 3
[list]
"j" = "dwon"
"shift-a" = "down"
"k" = 3
"l" = ["open", 4]
"esc" = "back"
"escape" = "mark"
"z" = "first"
"z z" = "last"
"v" = "accept"
"w" = "up"
[lits]
"j" = "down"
[pick]
"a" = "up"
"ctrl-a" = "up"
"#;
    let (map, problems) = parse(text);
    let lines: Vec<usize> = problems.iter().map(|p| p.line).collect();
    assert_eq!(lines, [1, 3, 4, 5, 6, 8, 10, 11, 13, 16], "{problems:#?}");
    let text: Vec<String> = problems.iter().map(Problem::to_string).collect();
    for (n, part) in [
        (0, "'speed' is no layer"),
        (
            1,
            "keymap mine, line 3: there is no command 'dwon'; did you mean 'down'?",
        ),
        (2, "written 'A'"),
        (3, "name of a command"),
        (4, "array holds names"),
        (5, "'esc' has a meaning already (line 7)"),
        (6, "'z z' is never reached: 'z' acts at once (line 9)"),
        (
            7,
            "'accept' does nothing in layer 'list'; it belongs to input, pick",
        ),
        (8, "there is no layer 'lits'; did you mean [list]?"),
        (9, "'a' is a character that is typed there"),
    ] {
        assert!(text[n].contains(part), "{}", text[n]);
    }
    // bad rows lost only themselves
    assert_eq!(find(&map, &LIST, "j"), does(Command::Down), "default's");
    assert_eq!(find(&map, &LIST, "w"), does(Command::Up));
    assert_eq!(find(&map, &LIST, "esc"), does(Command::Back));
    assert_eq!(find(&map, &LIST, "z"), does(Command::First));
    assert_eq!(find(&map, &[Context::Pick], "ctrl-a"), does(Command::Up));
}

#[test]
fn what_is_no_toml_loses_its_line_and_a_broken_head_its_rows() {
    let (map, problems) = parse("[list]\n\"w\" = \"up\"\n\"v = \"up\"\n\"W\" = \"down\"\n");
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].line, 3);
    assert_eq!(find(&map, &LIST, "w"), does(Command::Up));
    assert_eq!(find(&map, &LIST, "W"), does(Command::Down));
    let (map, problems) =
        parse("[list]\n\"w\" = \"up\"\n[global\n\"W\" = \"quit\"\n[reader]\n\"w\" = \"up\"\n");
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(find(&map, &LIST, "w"), does(Command::Up));
    assert_eq!(find(&map, &LIST, "W"), Match::None);
    assert_eq!(find(&map, &[Context::Reader], "w"), does(Command::Up));
    let twice = said("[list]\n\"w\" = \"up\"\n\"w\" = \"down\"\n");
    assert_eq!(twice.len(), 1);
    assert!(
        twice[0].contains("line 3") && twice[0].contains("twice"),
        "{twice:?}"
    );
}

#[test]
fn inheritance_finds_the_users_own_first_and_ends() {
    let lookup = |name: &str| match name {
        "team" => Some("inherits = \"vim\"\n[global]\n\"Q\" = \"quit\"\n".to_owned()),
        "a" => Some("inherits = \"b\"\n".to_owned()),
        "b" => Some("inherits = \"a\"\n".to_owned()),
        "vim" => Some("inherits = \"vim\"\n[global]\n\"v\" = \"quit\"\n".to_owned()),
        _ => None,
    };
    let (map, problems) = Keymap::parse("mine", "inherits = \"team\"\n", &lookup);
    assert_eq!(problems, []);
    for keys in ["Q", "v", "Z Z"] {
        assert_eq!(find(&map, &LIST, keys), does(Command::Quit), "{keys}");
    }
    let (map, problems) = Keymap::parse("a", &lookup("a").unwrap(), &lookup);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].to_string().contains("inherits from itself"));
    assert_eq!(find(&map, &LIST, "j"), does(Command::Down));
    let unknown = said("inherits = \"vmi\"\n");
    assert_eq!(
        unknown,
        ["keymap mine, line 1: there is no keymap 'vmi'; migdeck comes with vim"]
    );
}

#[test]
fn a_keymap_without_a_way_out_keeps_one() {
    let (map, problems) = parse("[global]\n\"q\" = \"none\"\n\"ctrl-c\" = \"back\"\n");
    assert_eq!(problems.len(), 1);
    assert_eq!(find(&map, &LIST, "ctrl-c"), does(Command::Quit));
}
