//! Windows of every size, and of sizes that change all the time.

use std::time::Duration;

use super::pty::{Session, Shown, migdeck};
use super::{DEV, gpu_rows, live};

#[test]
fn a_hundred_sizes_in_a_row_end_in_the_last_one() {
    let mut session = migdeck(DEV).size(120, 40).go();
    live(&session);
    for n in 0..100u16 {
        session.resize(40 + (n * 37) % 160, 10 + (n * 13) % 60);
    }
    session.resize(80, 24);
    let settled = |session: &Session| {
        session.wait_quiet(Duration::from_millis(300));
        session.until("the host in 80x24", |s| {
            s.has("READ-ONLY") && gpu_rows(s).len() >= 8
        })
    };
    let shown = settled(&session);
    let fresh = migdeck(DEV).go();
    let other = settled(&fresh);
    assert_eq!(
        frame(&shown),
        frame(&other),
        "{}\n{}",
        shown.text(),
        other.text()
    );
    session.keys("q");
    session.ends_clean(0);
}

/// What does not depend on the moment: the first word of each line.
fn frame(shown: &Shown) -> Vec<String> {
    shown
        .lines()
        .iter()
        .map(|l| l.split_whitespace().next().unwrap_or("").to_owned())
        .collect()
}

#[test]
fn the_smallest_window_shows_the_host_and_a_smaller_one_says_what_is_needed() {
    let mut session = migdeck(DEV).size(60, 15).go();
    let shown = session.until("a GPU", |s| !gpu_rows(s).is_empty());
    assert!(shown.has("SIMULATED"), "{}", shown.text());
    for (width, height) in [(59, 15), (60, 14), (30, 5), (1, 1)] {
        session.resize(width, height);
        if width > 20 {
            session.until("what is needed", |s| {
                s.text().replace('\n', " ").contains("60x15")
            });
        }
    }
    session.resize(60, 15);
    session.until("a GPU again", |s| !gpu_rows(s).is_empty());
    session.keys("q");
    session.ends_clean(0);
}

#[test]
fn keys_work_in_a_window_that_is_too_small() {
    let session = migdeck(DEV).size(20, 5).go();
    session.until("it draws", |_| session.mode(1049));
    session.keys("q");
    session.ends_clean(0);
}

#[test]
fn a_terminal_that_has_no_size_is_taken_for_a_usual_one() {
    let session = migdeck(DEV).size(0, 0).go();
    live(&session);
    let before = session.process().cpu();
    session.written_in(Duration::from_millis(1500));
    let used = session.process().cpu() - before;
    assert!(used < Duration::from_millis(750), "{used:?}");
    session.keys("q");
    session.ends_clean(0);
}
