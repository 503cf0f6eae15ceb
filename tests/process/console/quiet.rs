//! What does not change is not written.

use std::time::Duration;

use super::pty::{Shown, migdeck};
use super::{DEV, live};

#[test]
fn a_frozen_screen_writes_nothing_and_uses_next_to_nothing() {
    let session = migdeck(DEV).go();
    live(&session);
    session.keys("p");
    session.wait_for("PAUSED");
    session.wait_quiet(Duration::from_millis(500));
    let before = session.process().cpu();
    // three beats
    let written = session.written_in(Duration::from_millis(3200));
    assert_eq!(String::from_utf8_lossy(&written), "");
    let used = session.process().cpu() - before;
    assert!(
        used < Duration::from_millis(500),
        "{used:?} in three seconds"
    );
    session.keys("p");
    session.wait_gone("PAUSED");
    // it has jumped to the present; then the clock goes
    let clock = |shown: &Shown| {
        shown.lines()[0]
            .split_whitespace()
            .last()
            .map(str::to_owned)
    };
    let present = clock(&session.shown());
    session.until("it goes on", |s| clock(s) != present);
    session.keys("q");
    session.ends_clean(0);
}

#[test]
fn frames_come_whole_where_the_terminal_can_take_them_so() {
    let session = migdeck(DEV).go();
    live(&session);
    let bytes = session.bytes();
    let text = String::from_utf8_lossy(&bytes);
    assert!(
        text.contains("\x1b[?2026h"),
        "synchronized output is used where the terminal knows it"
    );
    assert!(text.matches("\x1b[?2026h").count() <= text.matches("\x1b[?2026l").count() + 1);
    session.keys("q");
    session.ends_clean(0);
}
