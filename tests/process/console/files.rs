//! A user's theme and keymap, broken in each way.

use super::pty::{Exit, Start, migdeck};
use super::{DEV, live};

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

/// It starts, works, and says on the screen or when it leaves what is wrong.
#[track_caller]
fn starts_and_says(start: Start, said: &[&str]) {
    let session = start.go();
    live(&session);
    session.keys("?");
    session.wait_for("help");
    session.keys("<Esc>");
    session.keys("<C-c>");
    session.ends_clean(0);
    let all = String::from_utf8_lossy(&session.bytes()).into_owned();
    for word in said {
        assert!(all.contains(word), "{word:?} is said nowhere");
    }
}

/// It refuses before it draws anything, with all that is wrong at once.
#[track_caller]
fn refuses(start: Start, said: &[&str]) {
    let session = start.go();
    let (exit, _) = session.ended();
    assert_eq!(exit, Exit::Code(2), "{}", session.text());
    assert!(session.left().is_empty());
    for word in said {
        assert!(
            session.text().contains(word),
            "{word:?}\n{}",
            session.text()
        );
    }
}
