//! Names that others chose: escapes, controls of direction, 300 columns, Hangul.

use super::pty::{Session, migdeck};
use crate::common::wire::{Piece, Splitter};

/// A process that tries to clear the screen, one that turns the line round, one that is longer than any window, and one
/// of two-column characters.
const HOST: &str = r#"
name = "names"
about = "Names that others chose"

[[hosts]]
name = "names-01"
board = "a100-40"
driver = "535.161.08"
cuda = "12.2"
gpus = [{ mig = true, instances = ["9@0", "9@4"] }, { mig = true, instances = ["9@0", "9@4"] }]
processes = [
  { pid = 30100, user = "kim", argv = ["train\u001b[2J\u001b[1;1HOWNED", "--x\u009b31m", "a\tb\nc"], age_seconds = 100, gpu = 0, at = 0, memory_mib = 1200, load = 10.0, control = true },
  { pid = 30200, user = "kim", argv = ["evil\u202etxt.exe\u2066\u200b\ufeff", "52%"], age_seconds = 100, gpu = 0, at = 4, memory_mib = 1200, load = 10.0, control = true },
  { pid = 30300, user = "kim", argv = ["LONG"], age_seconds = 100, gpu = 1, at = 0, memory_mib = 1200, load = 10.0, control = true },
  { pid = 30400, user = "kim", argv = ["한국어모델학습", "문서분류_데이터셋_전처리_파이프라인"], age_seconds = 100, gpu = 1, at = 4, memory_mib = 1200, load = 10.0, control = true },
]
"#;

fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// Nothing but cells and the program's own sequences: placing, looks, modes, erasing a cleared screen.
#[track_caller]
fn clean(session: &Session) {
    for piece in Splitter::split(&session.bytes()) {
        match piece {
            Piece::Char(c) => assert!(!is_dangerous(c), "{c:?} reached the terminal"),
            Piece::Control(b'\r' | b'\n' | 7 | 8) => {}
            Piece::Csi {
                mark, params, last, ..
            } => match last {
                b'H' | b'm' | b'h' | b'l' | b'n' | b'p' | b'c' | b'K' | b'C' | b'G' | b'q' => {}
                b'J' => assert!(matches!(params.as_str(), "" | "2" | "3"), "{params}"),
                other => panic!(
                    "a sequence of nobody's: {mark} {params} {}",
                    char::from(other)
                ),
            },
            Piece::Osc(text) => panic!("an OSC of nobody's: {}", String::from_utf8_lossy(&text)),
            Piece::Esc(bytes) => assert!(
                matches!(bytes.as_slice(), b"7" | b"8" | b"(B" | b"=" | b">"),
                "{bytes:?}"
            ),
            other => panic!("{other:?} reached the terminal"),
        }
    }
}

#[test]
fn no_name_acts_on_the_terminal_and_columns_line_up() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("names.toml");
    std::fs::write(&file, HOST.replace("LONG", &"x".repeat(300))).unwrap();
    for width in [80, 120, 200] {
        let session = migdeck("demo --scenario").arg(&file).size(width, 40).go();
        for (key, sign) in [
            ("", "GPU"),
            ("s", "kim"),
            ("H", "30100"),
            ("<Enter>", "pid 30100"),
        ] {
            session.keys(key);
            session.wait_for(sign);
        }
        clean(&session);
        let first = &session.shown().lines()[0];
        assert!(
            first.contains("SIMULATED") && !first.contains("OWNED"),
            "{first}"
        );
        session.keys("<Esc><Esc>");
        session.keys("H");
        let shown = session.until("all four", |s| {
            ["30100", "30200", "30300", "30400"]
                .iter()
                .all(|pid| s.has(pid))
        });
        // the last column, right of the names, ends in one place on all four rows
        let ends: Vec<Option<usize>> = ["30100", "30200", "30300", "30400"]
            .iter()
            .map(|pid| {
                let row = &shown.rows[shown.find(pid).unwrap().0];
                row.iter().rposition(|cell| cell.text == "m")
            })
            .collect();
        assert!(
            ends[0] > Some(usize::from(width) / 2),
            "{ends:?}\n{}",
            shown.text()
        );
        assert!(
            ends.iter().all(|e| *e == ends[0]),
            "{ends:?}\n{}",
            shown.text()
        );
        clean(&session);
        session.keys("q");
        session.ends_clean(0);
        clean(&session);
    }
}
