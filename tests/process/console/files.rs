//! A user's theme and keymap, broken in each way.

use super::pty::{Exit, Session, Start, migdeck};
use super::{DEV, live};
use crate::common::shown::Color;

fn theme(text: &str) -> Start {
    migdeck(DEV)
        .file("themes/mine.toml", text)
        .arg("--theme")
        .arg("mine")
}

fn keymap(text: &str) -> Start {
    migdeck(DEV)
        .file("keymaps/mine.toml", text)
        .arg("--keymap")
        .arg("mine")
}

/// It opens with a window that says all that is wrong, and works.
#[track_caller]
fn opens_and_says(start: Start, said: &[&str]) {
    works(&opened(start, said));
}

/// It goes from screen to screen, and out.
#[track_caller]
fn works(session: &Session) {
    session.keys("x");
    session.wait_for("→ xids");
    session.keys("<C-c>");
    session.ends_clean(0);
}

/// Opened, with the window closed that says all that is wrong.
#[track_caller]
fn opened(start: Start, said: &[&str]) -> Session {
    let session = start.go();
    for words in said {
        session.until(&format!("{words:?} is said"), |s| {
            unwrapped(&s.text()).contains(words)
        });
    }
    session.keys("<Esc>");
    live(&session);
    session
}

/// Text without the frame of a window and its line ends.
fn unwrapped(text: &str) -> String {
    let inner = text.replace(['│', '─', '┌', '┐', '└', '┘'], " ");
    inner.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_slip_in_a_theme_is_told_at_once_and_the_rest_of_it_holds() {
    let session = opened(
        theme(
            "inherits = \"ligth\"\ncolour = 1\n\n[roles]\ntitel = \"bold\"\ntitle = \"bold purpel\"\ndim = 7\nstrong = \"green\"\n",
        )
        .env("COLORTERM", "")
        .env("TERM", "xterm-16color"),
        &[
            "mine",
            "there is no theme `ligth`",
            "light",
            "there is no role `titel`",
            "purpel",
        ],
    );
    let shown = session.shown();
    let (y, x) = shown
        .find("kube-system/mig-init")
        .expect("the owner's name");
    assert_eq!(
        shown.rows[y][x].look.fg,
        Color::Idx(2),
        "the role that is right holds"
    );
    works(&session);
}

#[test]
fn a_theme_that_is_no_toml_or_inherits_from_itself_opens_with_the_default() {
    opens_and_says(theme("[roles\n= 3"), &["not TOML"]);
    opens_and_says(theme("inherits = \"mine\"\n"), &["theme mine, line 1"]);
}

#[test]
fn every_slip_in_a_keymap_is_told_at_once_and_the_rest_of_it_holds() {
    let session = opened(
        keymap(
            "inherits = \"vmi\"\n[globl]\n\"a\" = \"quit\"\n[global]\n\"Z\" = \"findings\"\n\"b\" = \"qiut\"\n\"hyper-c\" = \"quit\"\n[input]\n\"d\" = \"accept\"\n",
        ),
        &[
            "there is no keymap 'vmi'",
            "there is no layer 'globl'",
            "there is no command 'qiut'",
            "hyper-c",
            "typed there",
        ],
    );
    session.keys("Z");
    session.wait_for("→ findings");
    works(&session);
}

#[test]
fn a_keymap_without_a_way_out_keeps_one() {
    let start = keymap("[global]\n\"q\" = \"none\"\n\"ctrl-c\" = \"none\"\n");
    opens_and_says(start, &["no key quits"]);
}

#[test]
fn a_keymap_that_is_no_toml_opens_with_the_default() {
    opens_and_says(keymap("[global\n\"a\" ="), &["not TOML"]);
}

#[test]
fn a_users_own_key_works() {
    let session = keymap("[global]\n\"Z\" = \"xids\"\n").go();
    live(&session);
    assert!(!session.shown().has("→"));
    session.keys("Z");
    session.wait_for("→ xids");
    session.keys("q");
    session.ends_clean(0);
}

#[test]
fn a_theme_or_keymap_that_is_not_there_is_told_with_where_it_would_be() {
    for (flag, name) in [("--theme", "themes"), ("--keymap", "keymaps")] {
        let session = migdeck(DEV).arg(flag).arg("nosuch").go();
        let shown = session.until("the name", |s| s.text().contains("nosuch"));
        assert!(unwrapped(&shown.text()).contains(name), "{}", shown.text());
        if session.mode(1049) {
            session.keys("<Esc>");
            session.keys("<C-c>");
            session.ends_clean(0);
        } else {
            assert_eq!(session.ended().0, Exit::Code(2));
        }
    }
}
