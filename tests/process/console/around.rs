//! Terminals, locales and wishes that are not the usual ones.

use super::pty::{Answers, Exit, Shown, Start, migdeck};
use super::{DEV, live};
use crate::common::wire::{Piece, Splitter};

/// Every SGR parameter that was written.
fn sgr(bytes: &[u8]) -> Vec<String> {
    Splitter::split(bytes)
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Csi {
                mark: 0,
                params,
                last: b'm',
                ..
            } => Some(params),
            _ => None,
        })
        .collect()
}

fn is_colour(params: &str) -> bool {
    params
        .split(';')
        .filter_map(|p| p.parse::<u16>().ok())
        .any(|n| matches!(n, 30..=38 | 40..=48 | 90..=97 | 100..=107))
}

#[track_caller]
fn seen(start: Start) -> (Shown, Vec<u8>) {
    let session = start.go();
    let shown = live(&session);
    let bytes = session.bytes();
    session.keys("q");
    session.ends_clean(0);
    (shown, bytes)
}

#[test]
fn without_colour_the_selection_is_still_to_be_seen() {
    let (shown, bytes) = seen(migdeck(DEV).env("NO_COLOR", "1"));
    let colours: Vec<_> = sgr(&bytes).into_iter().filter(|p| is_colour(p)).collect();
    assert_eq!(colours, [""; 0]);
    let marked = shown
        .rows
        .iter()
        .flatten()
        .any(|c| c.look.inverse || c.look.bold);
    assert!(marked, "{}", shown.text());
    let (_, bytes) = seen(migdeck(DEV));
    assert!(
        sgr(&bytes).iter().any(|p| is_colour(p)),
        "the test sees colours where there are some"
    );
}

#[test]
fn the_linux_console_gets_its_sixteen_colours() {
    let (_, bytes) = seen(migdeck(DEV).env("TERM", "linux"));
    let rich: Vec<_> = sgr(&bytes)
        .into_iter()
        .filter(|p| p.contains("38;") || p.contains("48;"))
        .collect();
    assert_eq!(rich, [""; 0]);
}

#[test]
fn a_terminal_that_cannot_be_drawn_on_is_refused_with_the_way_round() {
    let session = migdeck(DEV).env("TERM", "dumb").go();
    let (exit, _) = session.ended();
    assert_eq!(exit, Exit::Code(2));
    let shown = session.text();
    assert!(
        shown.contains("TERM=dumb") && shown.contains("migdeck"),
        "{shown}"
    );
    assert!(!session.bytes().contains(&0x1b));
}

#[test]
fn what_is_no_terminal_is_refused_with_the_way_round() {
    let ended = super::super::run::migdeck(DEV).go();
    assert_eq!(ended.code, 2);
    assert!(
        ended.err.contains("migdeck status") || ended.err.contains("migdeck demo status"),
        "{}",
        ended.err
    );
    assert_eq!(ended.out, "");
}

/// Every byte between sequences is ASCII.
#[track_caller]
fn only_ascii(bytes: &[u8]) {
    let other: String = Splitter::split(bytes)
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Char(c) if !c.is_ascii() => Some(c),
            Piece::Broken(_) => Some('\u{fffd}'),
            _ => None,
        })
        .collect();
    // what was written before the width of a line was known to be two columns
    assert_eq!(other, "");
}

#[test]
fn ascii_is_ascii_on_the_wire() {
    let (_, bytes) = seen(migdeck(DEV).arg("--ascii"));
    only_ascii(&bytes);
}

#[test]
fn a_locale_without_utf_8_gets_ascii() {
    for locale in ["C", "POSIX", "ko_KR.eucKR"] {
        let (_, bytes) = seen(migdeck(DEV).env("LC_ALL", locale));
        only_ascii(&bytes);
    }
}

#[test]
fn a_terminal_that_draws_lines_two_columns_wide_gets_ascii() {
    let (shown, _) = seen(migdeck(DEV).answers(Answers::AmbiguousWide));
    let wide: String = shown
        .text()
        .chars()
        .filter(|c| matches!(c, '\u{2500}'..='\u{259f}' | '\u{25a0}'..='\u{25ff}'))
        .collect();
    assert_eq!(wide, "", "{}", shown.text());
}

#[test]
fn a_terminal_that_answers_nothing_is_not_waited_for() {
    let (shown, bytes) = seen(migdeck(DEV).answers(Answers::Never));
    assert!(shown.has("dgx-dev-01"));
    let text = String::from_utf8_lossy(&bytes);
    assert!(
        !text.contains("\x1b[?2026h"),
        "synchronized output is not assumed"
    );
}

#[test]
fn a_terminal_where_nobody_has_asked_for_a_copy_is_never_told_to_take_one() {
    let (_, bytes) = seen(migdeck(DEV));
    let copies = Splitter::split(&bytes)
        .into_iter()
        .filter(|p| matches!(p, Piece::Osc(o) if o.starts_with(b"52;")))
        .count();
    assert_eq!(copies, 0);
}

#[test]
fn korean_is_spoken_where_it_can_be_written_and_english_elsewhere() {
    for (flag, word) in [("", "점유자"), ("--ascii", "holders")] {
        let session = migdeck(&format!("demo --scenario bank#dgx-dev-01 --lang ko {flag}")).go();
        session.until("the foot line", |s| {
            s.lines().last().is_some_and(|l| l.contains(word))
        });
        assert!(!session.text().contains("??"), "{}", session.text());
        session.keys("q");
        session.ends_clean(0);
    }
}
