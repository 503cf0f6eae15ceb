//! Keys: screens, filter, palette, help.

use migdeck::app::command::COMMANDS;

use super::pty::{Session, migdeck};
use super::{DEV, gpu_rows, live};

#[track_caller]
fn titled(session: &Session, name: &str) {
    session.until(&format!("{name:?} in the title"), |s| {
        s.lines()
            .first()
            .is_some_and(|title| title.to_lowercase().contains(name))
    });
}

#[test]
fn every_screen_opens_by_its_key_says_its_name_and_goes_back() {
    let session = migdeck(DEV).go();
    live(&session);
    for (key, name) in [
        ("s", "slices"),
        ("H", "holders"),
        ("x", "xids"),
        ("E", "events"),
        ("f", "findings"),
        ("A", "about"),
        ("D", "what the cluster says"),
        ("<Enter>", "gpu"),
        ("?", "help"),
    ] {
        session.keys(key);
        titled(&session, name);
        assert!(
            session.shown().has("SIMULATED"),
            "{name}\n{}",
            session.text()
        );
        session.keys("<Esc>");
        live(&session);
    }
    // Esc never quits
    session.keys("<Esc><Esc><Esc>");
    session.keys("x");
    titled(&session, "xids");
    session.keys("q");
    session.ends_clean(0);
}

#[test]
fn each_screen_is_where_one_can_start() {
    for view in [
        "fleet", "slices", "holders", "xids", "events", "findings", "about", "help",
    ] {
        let session = migdeck(DEV).arg("--view").arg(view).go();
        match view {
            "fleet" => drop(live(&session)),
            _ => titled(&session, view),
        }
        session.keys("q");
        session.ends_clean(0);
    }
}

#[test]
fn jamo_are_the_keys_they_lie_on() {
    let session = migdeck(DEV).go();
    live(&session);
    // x and q of a keyboard that was left in Korean
    session.keys("ㅌ");
    titled(&session, "xids");
    session.keys("ㅂ");
    session.ends_clean(0);
}

#[test]
fn a_filter_narrows_as_it_is_typed_and_esc_takes_it_away() {
    let session = migdeck(DEV).arg("--view").arg("slices").go();
    session.wait_for("nb-kim-");
    session.keys("/");
    session.keys("docclf");
    session.wait_gone("nb-kim-");
    session.wait_for("docclf-");
    session.keys("<Enter>");
    session.until("the filter stays to be seen", |s| {
        s.has("docclf") && !s.has("nb-kim")
    });
    session.keys("<Esc>");
    // the row that was found stays selected among all
    session.until("all rows", |s| {
        s.has("docclf-") && s.has("aml-") && s.has("26 instances")
    });
    session.keys("q");
    session.ends_clean(0);
}

#[test]
fn a_bad_filter_says_what_is_wrong_and_leaves_the_list_as_it_was() {
    let session = migdeck(DEV).arg("--view").arg("slices").go();
    session.wait_for("nb-kim-");
    session.keys("/");
    session.keys("resnet<Enter>");
    session.wait_gone("nb-kim-");
    session.wait_for("resnet-tune");
    session.keys("/");
    session.keys("<BS><BS><BS><BS><BS><BS>mem>lots");
    let shown = session.wait_for("`mem>lots`");
    assert!(
        shown.has("80%"),
        "an example of what is meant\n{}",
        shown.text()
    );
    // the list is as it was before, not by what `mem` alone would mean
    assert!(
        shown.has("filter resnet") && shown.has("resnet-tune"),
        "{}",
        shown.text()
    );
    assert!(!shown.has("nb-kim-minjun-0"), "{}", shown.text());
    session.keys("<Esc>");
    session.wait_gone("mem>");
    session.keys("<Esc>");
    session.wait_for("26 instances");
    session.keys("q");
    session.ends_clean(0);
}

#[test]
fn a_filter_that_leaves_nothing_says_what_it_hides() {
    let session = migdeck(DEV).arg("--view").arg("slices").go();
    session.wait_for("nb-kim-");
    session.keys("/");
    session.keys("nosuchthing");
    // a frame may show what was typed so far: wait for all of it
    session.until("the empty list of the whole filter", |shown| {
        shown.has("No row matches `nosuchthing`. Without the filter: 26.")
    });
    session.keys("<Esc>");
    session.wait_for("26 instances");
    session.keys("q");
    session.ends_clean(0);
}

#[test]
fn the_palette_finds_a_command_by_letters_of_its_name() {
    let session = migdeck(DEV).go();
    live(&session);
    session.keys(":");
    session.wait_for("findings");
    session.keys("hold");
    session.wait_gone("findings");
    session.keys("<Enter>");
    titled(&session, "holders");
    session.keys("q");
    session.ends_clean(0);
}

#[test]
fn help_lists_every_command() {
    let session = migdeck(DEV).size(160, 200).go();
    live(&session);
    session.keys("?");
    titled(&session, "help");
    for row in COMMANDS {
        session.until(&format!("{:?} in help", row.doc), |s| {
            // long sentences are wrapped
            let words: String = s.text().split_whitespace().collect::<Vec<_>>().join(" ");
            let doc: String = row.doc.chars().take(24).collect();
            words.contains(doc.trim_end())
        });
    }
    session.keys("<Esc>");
    session.keys("q");
    session.ends_clean(0);
}

#[test]
fn a_paste_is_no_typing() {
    let session = migdeck(DEV).go();
    live(&session);
    session.write(b"\x1b[200~q\nq\n\x1b[201~");
    session.wait_for("paste");
    assert!(!session.has_ended());
    assert_eq!(gpu_rows(&session.shown()).len(), 8);
    session.keys("q");
    session.ends_clean(0);
}

#[test]
fn a_copy_goes_to_the_clipboard_only_when_asked_for() {
    let session = migdeck(DEV).go();
    live(&session);
    let mark = session.mark();
    session.keys("y");
    session.wait_that("OSC 52", || {
        String::from_utf8_lossy(&session.since(mark)).contains("\x1b]52;c;")
    });
    session.keys("q");
    session.ends_clean(0);
}

#[test]
fn a_screen_is_saved_as_text_and_picture() {
    let session = migdeck(DEV).go();
    live(&session);
    session.keys("p");
    let shown = session.wait_for("PAUSED");
    session.keys("<C-s>");
    session.wait_for("written");
    let saved = |ending: &str| {
        let files = files_below(session.home());
        files
            .into_iter()
            .find(|f| f.to_string_lossy().ends_with(ending))
    };
    let text = std::fs::read_to_string(saved(".txt").unwrap()).unwrap();
    // what the terminal made of the bytes is what was drawn; the last line has said other things meanwhile
    let lines = |text: &str| {
        text.lines()
            .take(23)
            .map(|l| l.trim_end().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(lines(&text), lines(&shown.text()));
    let picture = std::fs::read_to_string(saved(".svg").unwrap()).unwrap();
    assert!(picture.starts_with("<svg"));
    session.keys("q");
    session.ends_clean(0);
}

fn files_below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}
