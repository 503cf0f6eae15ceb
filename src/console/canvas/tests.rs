use std::num::NonZeroU16;

use proptest::prelude::*;
use ratatui::style::Style;

use super::*;

const SIZE: (u16, u16) = (24, 5);

fn screen() -> vt100::Parser {
    let n = |n| NonZeroU16::new(n).unwrap();
    vt100::Parser::new(n(SIZE.1), n(SIZE.0), 0)
}

/// What the terminal shows is what was drawn, with its looks.
fn same(screen: &vt100::Screen, drawn: &Buffer) {
    let mut hidden = false;
    for y in 0..SIZE.1 {
        for x in 0..SIZE.0 {
            let cell = &drawn[(x, y)];
            let seen = screen.cell(y, x).unwrap();
            if hidden {
                hidden = false;
                assert!(seen.is_wide_continuation(), "{x} {y}");
                continue;
            }
            hidden = seen.is_wide();
            let symbol = match cell.symbol() {
                " " if seen.contents().is_empty() => "",
                other => other,
            };
            assert_eq!(seen.contents(), symbol, "{x} {y}");
            assert_eq!(seen.bold(), cell.modifier.contains(Modifier::BOLD));
            assert_eq!(seen.dim(), cell.modifier.contains(Modifier::DIM));
            assert_eq!(seen.inverse(), cell.modifier.contains(Modifier::REVERSED));
            assert_eq!(
                seen.underline(),
                cell.modifier.contains(Modifier::UNDERLINED)
            );
            let colour = |c: Color| match c {
                Color::Reset => vt100::Color::Default,
                Color::Red => vt100::Color::Idx(1),
                Color::LightCyan => vt100::Color::Idx(14),
                Color::Indexed(n) => vt100::Color::Idx(n),
                Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
                other => panic!("{other:?}"),
            };
            assert_eq!(seen.fgcolor(), colour(cell.fg), "{x} {y}");
            assert_eq!(seen.bgcolor(), colour(cell.bg), "{x} {y}");
        }
    }
}

#[test]
fn a_paused_screen_writes_nothing_whatever_comes_and_however_late_it_gets() {
    use crate::app::fixture::{self, now, snapshot};
    use crate::app::{Key, Message, update};
    use jiff::SignedDuration;

    let skin = crate::view::fixture::skin(false);
    // nodes, node, gpu, slices, Xids, events, holders, findings, about, help, palette
    for keys in ["", "\r", "\r\r", "s", "x", "E", "H", "f", "A", "?", ":"] {
        let mut model = fixture::model(vec![fixture::node("a"), fixture::node("b")]);
        let mut canvas = Canvas::new((120, 40));
        let mut written = |model: &mut crate::app::Model| {
            let drawn = canvas.frame(|area, buf| crate::view::view(model, &skin, area, buf));
            let (hits, bytes) = (drawn.0, drawn.1.len());
            update(model, Message::Drawn(hits));
            bytes
        };
        for key in std::iter::once('p').chain(keys.chars()) {
            let key = match key {
                '\r' => crate::app::key::sequence("enter").unwrap().remove(0),
                key => Key::char(key),
            };
            update(&mut model, Message::Key(key));
            assert!(written(&mut model) > 0);
        }
        let later = |seconds| now() + SignedDuration::from_secs(seconds);
        // the notice of the pause goes, once
        update(&mut model, Message::Tick(later(6)));
        written(&mut model);
        for second in 7..30 {
            let mut late = fixture::node("a");
            late.at = later(second);
            late.gpus.truncate(1);
            let mut snapshot = snapshot(vec![late]);
            if let Some(fleet) = std::sync::Arc::get_mut(&mut snapshot.fleet) {
                fleet.generation = u64::try_from(second).unwrap();
            }
            update(&mut model, Message::Snapshot(snapshot));
            update(&mut model, Message::Tick(later(second)));
            assert_eq!(written(&mut model), 0, "{keys:?} {second}");
        }
        if keys != ":" {
            update(&mut model, Message::Key(Key::char('p')));
            assert!(written(&mut model) > 0, "it goes on");
        }
    }
}

#[derive(Clone, Debug)]
struct Stroke {
    x: u16,
    y: u16,
    text: &'static str,
    style: Style,
}

fn stroke() -> impl Strategy<Value = Stroke> {
    let text = prop::sample::select(vec![
        "a",
        "GPU 5  54%",
        "한글",
        "│─█▁",
        "e\u{301}x",
        "漢字",
        "    ",
        "한",
    ]);
    let colour = prop::sample::select(vec![
        Color::Reset,
        Color::Red,
        Color::LightCyan,
        Color::Indexed(240),
        Color::Rgb(9, 8, 7),
    ]);
    let modifier = prop::sample::select(vec![
        Modifier::empty(),
        Modifier::BOLD,
        Modifier::DIM,
        Modifier::REVERSED,
        Modifier::BOLD | Modifier::UNDERLINED,
    ]);
    (0..SIZE.0, 0..SIZE.1, text, colour.clone(), colour, modifier).prop_map(
        |(x, y, text, fg, bg, modifier)| Stroke {
            x,
            y,
            text,
            style: Style::reset().fg(fg).bg(bg).add_modifier(modifier),
        },
    )
}

proptest! {
    #[test]
    fn bytes_read_back_are_what_was_drawn(
        frames in prop::collection::vec(prop::collection::vec(stroke(), 0..8), 1..5),
        synchronized: bool,
        forget in 0_usize..5,
    ) {
        let mut canvas = Canvas::new(SIZE);
        canvas.synchronized = synchronized;
        let mut screen = screen();
        screen.process("garbage│한글".as_bytes());
        for (n, strokes) in frames.iter().enumerate() {
            if n == forget {
                screen.process(b"\x1b[3;3Hgarbage");
                canvas.forget(SIZE);
            }
            let ((), bytes) = canvas.frame(|_, buf| {
                for s in strokes {
                    buf.set_string(s.x, s.y, s.text, s.style);
                }
            });
            screen.process(bytes);
            same(screen.screen(), canvas.shown());
        }
    }
}

fn text(canvas: &mut Canvas, text: &str) -> String {
    let ((), bytes) = canvas.frame(|_, buf| buf.set_string(3, 2, text, Style::new()));
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn nothing_is_written_where_nothing_changes() {
    for synchronized in [false, true] {
        let mut canvas = Canvas::new(SIZE);
        canvas.synchronized = synchronized;
        assert!(!text(&mut canvas, "same").is_empty());
        assert_eq!(text(&mut canvas, "same"), "");
        assert_eq!(text(&mut canvas, "same"), "");
    }
}

#[test]
fn a_change_is_written_and_no_more() {
    let mut canvas = Canvas::new(SIZE);
    text(&mut canvas, "10 of 20");
    assert_eq!(text(&mut canvas, "11 of 21"), "\u{1b}[3;5H1\u{1b}[5C\u{31}");
    canvas.synchronized = true;
    assert_eq!(
        text(&mut canvas, "12 of 21"),
        "\u{1b}[?2026h\u{1b}[3;5H2\u{1b}[?2026l"
    );
}

#[test]
fn clearing_comes_before_the_frame_and_outside_of_what_is_shown_at_once() {
    let mut canvas = Canvas::new(SIZE);
    canvas.synchronized = true;
    text(&mut canvas, "x");
    canvas.clear();
    let bytes = text(&mut canvas, "x");
    assert!(
        bytes.starts_with("\u{1b}[0m\u{1b}[2J\u{1b}[H\u{1b}[?2026h"),
        "{bytes:?}"
    );
    assert_eq!(text(&mut canvas, "x"), "");
}

#[test]
fn the_sixteen_colours_are_written_as_such() {
    let mut canvas = Canvas::new(SIZE);
    text(&mut canvas, "");
    let style = Style::new().fg(Color::Red).bg(Color::LightCyan);
    let ((), bytes) = canvas.frame(|_, buf| buf.set_string(0, 0, "x", style));
    assert_eq!(bytes, b"\x1b[1;1H\x1b[31;106mx\x1b[0m");
}
