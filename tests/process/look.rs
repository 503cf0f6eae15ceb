//! Colours, widths, locales: what reaches the terminal.

use std::io::Write;

use unicode_width::UnicodeWidthStr;

use super::run::{Ended, migdeck};

const ESCAPE: char = '\u{1b}';

fn page(env: &[(&str, &str)], more: &str) -> Ended {
    env.iter()
        .fold(
            migdeck(&format!(
                "demo --scenario bank#dgx-mix-01 status --wait 120 {more}"
            )),
            |run, (name, value)| run.env(name, *value),
        )
        .ok()
}

#[test]
fn a_pipe_gets_plain_text_and_who_insists_gets_colours() {
    assert!(!page(&[], "").out.contains(ESCAPE));
    assert!(page(&[("CLICOLOR_FORCE", "1")], "").out.contains(ESCAPE));
    assert!(page(&[], "--colour always").out.contains(ESCAPE));
    assert!(page(&[], "--color always").out.contains(ESCAPE));
    let both = [("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")];
    assert!(!page(&both, "").out.contains(ESCAPE));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in ["80", "100", "160"] {
        let ended = page(&[("COLUMNS", width)], "");
        let most: usize = width.parse().unwrap();
        for line in ended.out.lines() {
            // what cannot be broken, such as a label or a path, has a line for itself
            assert!(
                line.width() <= most
                    || line.trim().split(' ').filter(|w| !w.is_empty()).count() <= 3,
                "{width}: {line}"
            );
        }
    }
}

#[test]
fn sixty_columns_are_enough_for_every_table() {
    for host in ["dgx-mix-01", "dgx-dev-01", "dgx-prod-01"] {
        let ended = migdeck(&format!("demo --scenario bank#{host} status --wait 120"))
            .env("COLUMNS", "60")
            .ok();
        for line in ended.out.lines() {
            // a path or a label is one word, which nothing can break; a command is copied whole
            let words = line.split_whitespace().count();
            let command = line.trim_start().starts_with("next: ");
            assert!(
                line.width() <= 60 || words == 1 || command,
                "{host}: {line}"
            );
        }
    }
}

#[test]
fn every_page_of_the_demo_says_that_it_is_simulated() {
    assert!(
        page(&[], "")
            .out
            .lines()
            .next()
            .unwrap()
            .ends_with("SIMULATED")
    );
    let holders = migdeck("demo --scenario bank#dgx-mix-01 holders --wait 120").ok();
    assert!(holders.out.contains("SIMULATED"), "{}", holders.out);
}

/// A tape in which everything that others choose is hostile.
fn hostile() -> tempfile::NamedTempFile {
    let evil = "\\u001b]0;pwned\\u0007\\u001b[2J\\u202e\\u200b한글";
    let mut tape = tempfile::NamedTempFile::new().unwrap();
    for record in [
        format!(
            r#""kind":"hello","schema":"migdeck/stream/v1","version":"0","host":"h{evil}","boot":null,"simulated":false,"uid":0,"gaps":["{evil}"],"beat_seconds":1.0"#
        ),
        format!(
            r#""kind":"processes","processes":[{{"pid":7,"user":{{"value":"{evil}"}},"command":"{evil}","started":{{"absent":{{"code":"failed","text":"{evil}"}}}},"uninterruptible":false,"unit":"{evil}","container":null,"pod":null}}]"#
        ),
        r#""kind":"holders","holders":[{"kind":"control","pid":7,"module":null,"gpu":null,"gi":null,"ci":null,"path":"/dev/nvidiactl"}],"hidden":null"#.to_owned(),
        format!(
            r#""kind":"driver","version":{{"value":"{evil}"}},"nvml":{{"value":"1"}},"cuda":{{"value":"1"}},"library":"x","limits":"{evil}","gpus":0"#
        ),
        r#""kind":"beat","n":1,"dropped":0"#.to_owned(),
    ] {
        writeln!(tape, r#"{{"at":"2026-01-02T03:04:05Z",{record}}}"#).unwrap();
    }
    tape
}

#[test]
fn what_others_chose_cannot_steer_the_terminal() {
    let tape = hostile();
    for command in ["status", "holders", "status --json", "holders --json"] {
        let ended = migdeck(&format!("{command} --fleet")).arg(tape.path()).ok();
        for c in ended.out.chars() {
            assert!(
                !c.is_control() || c == '\n',
                "{command} let {c:?} through: {}",
                ended.out
            );
            assert!(!matches!(c, '\u{202e}' | '\u{200b}'), "{command}: {c:?}");
        }
        assert!(ended.out.contains("한글"), "{command}: {}", ended.out);
    }
}

#[test]
fn a_locale_without_utf8_gets_ascii() {
    let tape = hostile();
    for run in [
        migdeck("status").env("LC_ALL", "C"),
        migdeck("status --ascii"),
        migdeck("holders").env("LC_ALL", "ko_KR.EUC-KR"),
    ] {
        let ended = run.arg("--fleet").arg(tape.path()).ok();
        assert!(ended.out.is_ascii(), "{}", ended.out);
        assert!(ended.out.contains("\\u{d55c}"), "{}", ended.out);
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let run = migdeck("man");
    let mut child = run
        .command()
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
}
