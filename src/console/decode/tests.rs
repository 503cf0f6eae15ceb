use proptest::prelude::*;

use super::*;

const DEL: u8 = 0x7f;

/// What `bytes` and then silence mean.
fn all(bytes: &[u8]) -> Vec<Seen> {
    let mut decoder = Decoder::new(DEL);
    let mut out = Vec::new();
    decoder.feed(bytes, &mut out);
    decoder.silence(&mut out);
    assert!(!decoder.waits());
    out
}

/// The keys, written as `ctrl-alt-shift-code`.
fn keys(bytes: &[u8]) -> String {
    let words = all(bytes).into_iter().map(|seen| match seen {
        Seen::Key(key) => {
            let mut word = String::new();
            for (held, name) in [
                (key.ctrl, "ctrl-"),
                (key.alt, "alt-"),
                (key.shift, "shift-"),
            ] {
                if held {
                    word.push_str(name);
                }
            }
            match key.code {
                Code::Char(c) => word.push(c),
                Code::F(n) => word.push_str(&format!("F{n}")),
                code => word.push_str(&format!("{code:?}")),
            }
            word
        }
        other => format!("{other:?}"),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn characters_and_control_characters_are_keys() {
    assert_eq!(keys(b"jG?"), "j G ?");
    assert_eq!(keys("ㅓ한".as_bytes()), "ㅓ 한");
    assert_eq!(keys(b"\r\t\x7f"), "Enter Tab Backspace");
    assert_eq!(keys(b"\x03\x1a\n"), "ctrl-c ctrl-z ctrl-j");
    assert_eq!(keys(b"\x00"), "ctrl- ");
    assert_eq!(keys(b"\x1c\x1d\x1e\x1f"), "ctrl-\\ ctrl-] ctrl-^ ctrl-_");
}

#[test]
fn control_h_is_backspace_where_the_terminal_erases_with_it() {
    assert_eq!(keys(b"\x08"), "ctrl-h");
    let mut out = Vec::new();
    Decoder::new(0x08).feed(b"\x08", &mut out);
    assert_eq!(out, [key(Code::Backspace)]);
}

#[test]
fn a_lone_escape_is_a_key_only_after_silence() {
    let mut decoder = Decoder::new(DEL);
    let mut out = Vec::new();
    decoder.feed(b"\x1b", &mut out);
    assert!(out.is_empty() && decoder.waits());
    decoder.silence(&mut out);
    assert_eq!(out, [key(Code::Esc)]);
    assert_eq!(keys(b"\x1b\x1b"), "Esc Esc");
    assert_eq!(keys(b"\x1bx\x1b["), "alt-x alt-[");
    assert_eq!(keys(b"\x1b]\x1b"), "");
    assert_eq!(keys(b"\x1bO"), "alt-O");
    assert_eq!(keys("\u{1b}한".as_bytes()), "alt-한");
}

#[test]
fn cursor_function_and_editing_keys_in_all_their_spellings() {
    assert_eq!(keys(b"\x1b[A\x1bOB\x1b[C\x1b[D"), "Up Down Right Left");
    assert_eq!(keys(b"\x1b[H\x1b[1~\x1b[7~\x1bOH"), "Home Home Home Home");
    assert_eq!(keys(b"\x1b[F\x1b[4~\x1b[8~"), "End End End");
    assert_eq!(
        keys(b"\x1b[2~\x1b[3~\x1b[5~\x1b[6~"),
        "Insert Delete PageUp PageDown"
    );
    assert_eq!(keys(b"\x1bOP\x1b[[A\x1b[11~\x1b[P"), "F1 F1 F1 F1");
    assert_eq!(
        keys(b"\x1b[15~\x1b[17~\x1b[20~\x1b[21~\x1b[23~\x1b[24~"),
        "F5 F6 F9 F10 F11 F12"
    );
    assert_eq!(keys(b"\x1b[Z"), "shift-Tab");
    assert_eq!(
        keys(b"\x1b[1;5A\x1b[3;3~\x1b[1;2P"),
        "ctrl-Up alt-Delete shift-F1"
    );
    assert_eq!(keys(b"\x1b\x1b[A"), "alt-Up");
    assert_eq!(keys(b"\x1b[1;5R"), "ctrl-F3");
    assert_eq!(keys(b"\x1bOM\x1bOj\x1bOy"), "Enter * 9");
}

#[test]
fn keys_by_number_and_their_releases() {
    assert_eq!(keys(b"\x1b[97;5u\x1b[27;5;97~"), "ctrl-a ctrl-a");
    assert_eq!(keys(b"\x1b[97;2u"), "A");
    assert_eq!(keys(b"\x1b[97;1:3u"), "", "a release");
    assert_eq!(keys(b"\x1b[13;2u"), "shift-Enter");
}

#[test]
fn answers_are_no_keys_wherever_they_come() {
    assert_eq!(
        all(b"a\x1b[2;3R\x1b[?2026;2$yb"),
        [
            Seen::Key(Key::char('a')),
            Seen::Reply(Reply::Cursor { line: 2, column: 3 }),
            Seen::Reply(Reply::Mode {
                mode: 2026,
                state: 2
            }),
            Seen::Key(Key::char('b')),
        ]
    );
    // device attributes, focus, colours, a version: never asked for
    assert_eq!(
        keys(b"\x1b[?62;22c\x1b[I\x1b[O\x1b]11;rgb:0000/0000/0000\x07\x1bP>|xterm(379)\x1b\\q"),
        "q"
    );
}

#[test]
fn esc_just_before_an_answer_is_the_key() {
    let cursor = Seen::Reply(Reply::Cursor { line: 2, column: 3 });
    assert_eq!(
        all(b"\x1b\x1b[2;3R"),
        [Seen::Key(Key::plain(Code::Esc)), cursor]
    );
    assert_eq!(keys(b"\x1b\x1b[?62;22cq"), "Esc q");
    let pasted = Seen::Paste("x".to_owned());
    assert_eq!(
        all(b"\x1b\x1b[200~x\x1b[201~"),
        [Seen::Key(Key::plain(Code::Esc)), pasted]
    );
}

#[test]
fn a_paste_is_one_piece_and_its_line_ends_are_no_enter() {
    assert_eq!(
        all(b"\x1b[200~a\rb\r\n\x1b[A\x1b[201~x"),
        [
            Seen::Paste("a\nb\n\u{1b}[A".to_owned()),
            Seen::Key(Key::char('x'))
        ]
    );
    assert_eq!(all(b"\x1b[200~lost"), [Seen::Paste("lost".to_owned())]);
}

#[test]
fn a_paste_without_measure_is_cut_and_still_ends() {
    let mut bytes = b"\x1b[200~".to_vec();
    bytes.extend(std::iter::repeat_n(b'a', PASTE + 5000));
    bytes.extend(b"\x1b[201~q");
    let seen = all(&bytes);
    let Seen::Paste(text) = &seen[0] else {
        panic!("{:?}", seen[0]);
    };
    assert!(text.len() <= PASTE);
    assert_eq!(seen[1..], [Seen::Key(Key::char('q'))]);
}

#[test]
fn the_mouse_tells_presses_of_the_first_button_and_the_wheel() {
    assert_eq!(
        all(b"\x1b[<0;5;3M\x1b[<0;5;3m\x1b[<64;1;1M\x1b[<65;1;1M\x1b[<2;1;1M\x1b[<35;9;9M"),
        [
            Seen::Mouse(Pointer::Press { x: 4, y: 2 }),
            Seen::Mouse(Pointer::Wheel { up: true }),
            Seen::Mouse(Pointer::Wheel { up: false }),
        ]
    );
    assert_eq!(
        keys(b"\x1b[M !!q"),
        "q",
        "coordinates of an old mouse are no keys"
    );
}

#[test]
fn bytes_that_are_no_text_are_dropped() {
    assert_eq!(keys(b"\xff\xfea"), "a");
    assert_eq!(keys(b"\xb0\xa1a"), "a", "EUC-KR");
    assert_eq!(keys("\u{9b}a".as_bytes()), "a", "C1");
}

proptest! {
    #[test]
    fn no_bytes_break_it_and_how_they_are_cut_does_not_matter(
        bytes in prop::collection::vec(prop_oneof![
            Just(0x1b_u8), Just(b'['), Just(b'O'), Just(b';'), Just(b'~'), Just(b'2'), Just(b'M'), any::<u8>()
        ], 0..60),
        cut in 0_usize..60,
    ) {
        let whole = all(&bytes);
        let mut decoder = Decoder::new(DEL);
        let mut out = Vec::new();
        let (a, b) = bytes.split_at(cut.min(bytes.len()));
        decoder.feed(a, &mut out);
        decoder.feed(b, &mut out);
        decoder.silence(&mut out);
        prop_assert_eq!(out, whole);
    }

    #[test]
    fn after_silence_a_key_is_a_key(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let mut decoder = Decoder::new(DEL);
        let mut out = Vec::new();
        decoder.feed(&bytes, &mut out);
        decoder.silence(&mut out);
        out.clear();
        decoder.feed(b"q", &mut out);
        prop_assert_eq!(out, vec![Seen::Key(Key::char('q'))]);
    }
}
