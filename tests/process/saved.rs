//! Files for `--fleet`: what is no document, what cannot be true, and tapes with misread numbers.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::run::{Ended, migdeck, repository, simulated};
use crate::common::pty;

/// `migdeck status --fleet FILE`, given up on where it does not end: a number must not decide how long it runs.
fn shown(name: &str, bytes: impl AsRef<[u8]>, more: &str) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let file: PathBuf = folder.path().join(name);
    std::fs::write(&file, bytes).unwrap();
    let run = migdeck(&format!("status {more} --fleet")).arg(&file);
    // memory and processor time are bounded, so that a runaway fails instead of filling this machine
    let output = std::process::Command::new("/bin/sh")
        .args(["-c", "ulimit -v 4000000; ulimit -t 60; exec \"$@\"", "sh"])
        .arg(run.command().get_program())
        .args(run.command().get_args())
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    Ended {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_number_that_no_gpu_has_is_refused_by_name() {
    let saved = simulated("bank#dgx-mix-01");
    for (pointer, value) in [
        ("/instances/0/start", json!(4_000_000_000_u32)),
        ("/instances/0/size", json!(4_000_000_000_u32)),
        ("/instances/0/size", json!(0)),
        ("/instances/0/compute_instances/0/start", json!(u32::MAX)),
        ("/axis", json!(u32::MAX)),
        ("/axis", json!(0)),
    ] {
        let mut document = saved.clone();
        *document["nodes"][0]["gpus"][0]
            .pointer_mut(pointer)
            .unwrap() = value.clone();
        let ended = shown("huge.json", document.to_string(), "");
        assert_eq!(ended.code, 2, "{pointer}: {}", ended.err);
        let key = pointer.rsplit('/').next().unwrap();
        let named = format!("{key} is {value}");
        assert!(
            ended.err.contains("nodes[0].gpus[0].") && ended.err.contains(&named),
            "{pointer}: {}",
            ended.err
        );
    }
    let mut document = saved;
    document["nodes"][0]["gpus"][0]["free"] =
        json!([{"profile": "1g.5gb", "profile_id": 19, "size": u32::MAX, "starts": [1]}]);
    let ended = shown("huge.json", document.to_string(), "");
    assert_eq!(ended.code, 2, "{}", ended.err);
    assert!(ended.err.contains("free[0].size"), "{}", ended.err);
}

fn enlarge(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                if matches!(key.as_str(), "placement" | "placements") {
                    enlarge_starts(value);
                } else {
                    enlarge(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(enlarge),
        _ => {}
    }
}

fn enlarge_starts(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match key.as_str() {
                    "start" => *value = json!(4_000_000_000_u32),
                    _ => enlarge_starts(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(enlarge_starts),
        _ => {}
    }
}

#[test]
fn a_placement_that_no_axis_has_is_a_misreading_on_a_tape() {
    let golden = std::fs::read_to_string(repository("tests/golden/stream.jsonl")).unwrap();
    let tape: String = golden
        .lines()
        .map(|line| {
            let mut record: Value = serde_json::from_str(line).unwrap();
            enlarge(&mut record);
            format!("{record}\n")
        })
        .collect();
    assert!(tape.contains("4000000000"), "{tape}");
    let ended = shown("tape.jsonl", &tape, "--json");
    assert_eq!(ended.code, 0, "{}", ended.err);
    let status = ended.json();
    let instance = status["nodes"][0]["gpus"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|gpu| gpu["instances"].get(0))
        .unwrap()
        .clone();
    assert_eq!(instance["start"], Value::Null);
    let why = instance["absent"]["start"]["text"].as_str().unwrap();
    assert!(why.contains("misread"), "{why}");
    let page = shown("tape.jsonl", &tape, "");
    assert_eq!(page.code, 0, "{}", page.err);
    assert!(page.out.contains("misread"), "{}", page.out);
}

#[test]
fn a_file_is_called_what_it_is() {
    let holders = migdeck("demo --scenario a30 holders --json --wait 120").ok();
    for (name, bytes, says) in [
        (
            "binary",
            vec![0xff, 0xfe, 0x00, b'\n', 0xc0],
            "is neither a tape nor a saved `migdeck status --json`",
        ),
        (
            "holders.json",
            holders.out.into_bytes(),
            "is of schema migdeck/holders/v1",
        ),
        (
            "newer.json",
            br#"{"schema":"migdeck/status/v9"}"#.to_vec(),
            "is of schema migdeck/status/v9; this migdeck reads migdeck/status/v1",
        ),
    ] {
        let ended = shown(name, bytes, "");
        assert_eq!(ended.code, 2, "{name}: {}", ended.err);
        assert!(ended.err.contains(says), "{name}: {}", ended.err);
    }
}

#[test]
fn a_status_document_is_no_tape_on_a_terminal_and_in_a_pipe() {
    let saved = migdeck("demo --scenario a30 status --json --wait 120").ok();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("s.json");
    let shown_by = format!("migdeck status --fleet {}", file.display());
    let spread = serde_json::to_string_pretty(&saved.json()).unwrap();
    for document in [
        saved.out,
        spread,
        // of a version to come
        r#"{"schema":"migdeck/status/v9"}"#.to_owned(),
    ] {
        std::fs::write(&file, document).unwrap();
        for how in ["replay", "replay --raw", "replay --speed 10"] {
            let ended = migdeck(how).arg(&file).go();
            assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{how}");
            let says = format!("{} is a status document and not a tape", file.display());
            assert!(ended.err.contains(&says), "{how}: {}", ended.err);
            assert!(ended.err.contains(&shown_by), "{how}: {}", ended.err);
        }
        let session = pty::migdeck("replay").arg(&file).size(200, 20).go();
        assert_eq!(session.ended().0, pty::Exit::Code(2));
        let text = session.text();
        assert!(
            text.contains("is a status document and not a tape") && text.contains(&shown_by),
            "{text}"
        );
        assert!(!session.bytes().contains(&0x1b), "no screen was opened");
    }
    // the command that it names
    std::fs::write(
        &file,
        migdeck("demo --scenario a30 status --json --wait 120")
            .ok()
            .out,
    )
    .unwrap();
    migdeck("status --fleet").arg(&file).ok();
}

#[test]
fn what_is_neither_is_refused_the_same_way_on_a_terminal_and_in_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    for (text, code) in [(Some("buy milk\n"), 2), (Some(""), 2), (None, 1)] {
        let _ = std::fs::remove_file(&file);
        if let Some(text) = text {
            std::fs::write(&file, text).unwrap();
        }
        let piped = migdeck("replay").arg(&file).go();
        assert_eq!(piped.code, code, "{text:?}: {}", piped.err);
        assert!(piped.err.contains("notes.txt"), "{}", piped.err);
        let session = pty::migdeck("replay").arg(&file).size(200, 20).go();
        assert_eq!(
            session.ended().0,
            pty::Exit::Code(u32::from(code.unsigned_abs() as u8)),
            "{text:?}"
        );
        assert!(session.text().contains("notes.txt"), "{}", session.text());
    }
}

#[test]
fn a_tape_is_played_from_a_pipe_on_a_terminal_as_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let tape = folder.path().join("tape");
    migdeck("demo --scenario a30 record --seconds 2")
        .arg(&tape)
        .ok();
    let records = std::fs::read(&tape).unwrap();
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    // whoever opens it a second time, or reads it from its start again, finds nothing
    let writer = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::write(pipe, records)
    });
    let session = pty::migdeck("replay --speed 100").arg(&pipe).go();
    session.wait_for("A30");
    session.wait_for("TAPE");
    session.keys("q");
    session.ends_clean(0);
    writer.join().unwrap().unwrap();
}
