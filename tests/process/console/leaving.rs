//! Every way out leaves the terminal as it was found, and nothing behind.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::pty::{Exit, PATIENCE, Process, Session, Start, migdeck};
use super::{DEV, live};

/// What a machine that builds something beside the tests may make of "at once".
const AT_ONCE: Duration = Duration::from_secs(5);

const SIGHUP_IGNORED: &str = "trap '' HUP; exec \"$0\" \"$@\"";

#[track_caller]
fn opened(start: Start) -> (Session, Vec<Process>) {
    let session = start.go();
    live(&session);
    let probes = session.process().descendants();
    assert!(!probes.is_empty(), "it reads through a probe");
    (session, probes)
}

#[track_caller]
fn gone(session: &Session, probes: &[Process]) {
    session.wait_that("the probes ended", || probes.iter().all(|p| !p.lives()));
}

#[test]
fn q_and_control_c_return_to_a_clean_shell() {
    for key in ["q", "<C-c>"] {
        let (session, probes) = opened(migdeck(DEV));
        assert!(session.mode(1049), "it draws on the alternate screen");
        assert!(session.mode(2004), "it asks for pastes in brackets");
        assert!(!session.is_cooked());
        session.keys(key);
        session.ends_clean(0);
        gone(&session, &probes);
    }
}

#[test]
fn control_c_also_ends_it_before_the_first_answer() {
    let session = migdeck(DEV).go();
    session.until("it draws", |_| session.mode(1049));
    session.keys("<C-c>");
    session.ends_clean(0);
}

#[test]
fn asked_to_end_it_restores_the_terminal() {
    for signal in [Signal::TERM, Signal::INT] {
        let (session, probes) = opened(migdeck(DEV));
        session.process().signal(signal);
        let (exit, _) = session.ended();
        let number = u32::try_from(signal.as_raw()).unwrap();
        assert!(
            matches!(exit, Exit::Code(code) if code == 0 || code == 128 + number),
            "{exit:?}"
        );
        assert_eq!(session.left(), [""; 0]);
        assert!(session.is_cooked());
        gone(&session, &probes);
    }
}

#[test]
fn a_lost_terminal_ends_it_at_once_whatever_it_does() {
    // idle: nothing to be drawn; drawing: keys are still to be worked off; modal: a window is open
    type Bring = fn(&Session);
    let states: [(&str, Bring); 3] = [
        ("idle", |session| {
            session.keys("p");
            session.wait_quiet(Duration::from_millis(300));
        }),
        ("drawing", |session| {
            session.keys(&"jk".repeat(2000));
        }),
        ("modal", |session| {
            session.keys(":");
            session.wait_for("a command, what it does");
        }),
    ];
    for (name, bring) in states {
        for ignored in [false, true] {
            let start = migdeck(DEV);
            let (mut session, probes) = opened(if ignored {
                start.through(SIGHUP_IGNORED)
            } else {
                start
            });
            bring(&session);
            let lost = session.hang_up();
            let (exit, at) = session.ended();
            let took = at.saturating_duration_since(lost);
            let case = format!("{name}, SIGHUP ignored: {ignored}");
            // a core file or an abort would be a signal; to die of an unhandled SIGHUP is no fault
            let killed = Exit::Signal("Hangup".to_owned());
            assert!(
                exit == Exit::Code(129) || !ignored && exit == killed,
                "{case}: {exit:?}"
            );
            assert!(took < AT_ONCE, "{case}: {took:?}");
            assert!(!session.process().lives(), "{case}");
            gone(&session, &probes);
        }
    }
}

#[test]
fn a_reader_that_takes_nothing_more_cannot_hold_it() {
    let (session, probes) = opened(migdeck(DEV).size(200, 60));
    session.stall();
    // more frames than any buffer between takes
    for _ in 0..60 {
        session.keys("<C-l>jk");
    }
    session.wait_that("it is stuck in writing", || stuck(session.process()));
    let asked = Instant::now();
    session.process().signal(Signal::TERM);
    let (exit, at) = session.ended();
    assert!(matches!(exit, Exit::Code(_)), "{exit:?}");
    assert!(at.saturating_duration_since(asked) < AT_ONCE);
    session.unstall();
    gone(&session, &probes);
    assert!(session.is_cooked());
}

/// Whether the console waits for its reader: its processor time stands still although keys wait.
fn stuck(process: Process) -> bool {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", process.pid));
    tasks.into_iter().flatten().flatten().any(|task| {
        let wchan = std::fs::read_to_string(task.path().join("wchan")).unwrap_or_default();
        let call = std::fs::read_to_string(task.path().join("syscall")).unwrap_or_default();
        // write(2) is call 1 on x86-64 and 64 on arm64
        let writing = if cfg!(target_arch = "aarch64") {
            "64 "
        } else {
            "1 "
        };
        wchan.contains("n_tty_write") || wchan.contains("wait_woken") && call.starts_with(writing)
    })
}

#[test]
fn a_dead_standard_error_is_no_reason_to_fall() {
    // closed; full; a pipe that nobody reads
    for line in [
        "exec \"$0\" \"$@\" 2>&-",
        "exec \"$0\" \"$@\" 2>/dev/full",
        "exec \"$0\" \"$@\" 2> >(exit 0)",
    ] {
        let session = migdeck(DEV).through(line).go();
        live(&session);
        session.keys("q");
        session.ends_clean(0);
    }
}

#[test]
fn suspended_it_gives_the_shell_back_and_continued_it_draws_again() {
    let session = Start::new("bash", "--norc --noprofile -i")
        .env("PS1", "shell> ")
        .env("MIGDECK", super::pty::program())
        .go();
    session.wait_for("shell>");
    session.keys(&format!("\"$MIGDECK\" {DEV}<Enter>"));
    live(&session);
    session.keys("<C-z>");
    let shown = session.wait_for("Stopped");
    assert!(!shown.has("OWNER"), "{}", shown.text());
    assert_eq!(
        session
            .left()
            .iter()
            .filter(|l| !l.contains("paste"))
            .count(),
        0,
        "{:?}",
        session.left()
    );
    let console = session
        .process()
        .descendants()
        .into_iter()
        .find(|p| p.command() == "migdeck")
        .unwrap();
    assert_eq!(console.state(), Some('T'));
    session.keys("fg<Enter>");
    live(&session);
    session.until("the alternate screen", |_| session.mode(1049));
    session.keys("q");
    session.wait_that("it ended", || !console.lives());
    session.wait_for("shell>");
    session.keys("exit<Enter>");
    let (exit, _) = session.ended();
    assert_eq!(exit, Exit::Code(0));
    assert!(session.begun().elapsed() < 4 * *PATIENCE);
}

#[test]
fn a_worker_that_panics_is_told_of_and_the_screen_goes_on() {
    let session = migdeck(DEV).env("MIGDECK_PLANT_PANIC", "worker").go();
    session.wait_for("planted in a worker");
    assert!(session.mode(1049), "it stays on its own screen");
    assert!(!session.is_cooked());
    live(&session);
    session.keys("x");
    session.wait_for("→ xids");
    session.keys("q");
    let (exit, _) = session.ended();
    assert!(matches!(exit, Exit::Code(_)), "{exit:?}");
    assert_eq!(session.left(), [""; 0]);
    assert!(session.is_cooked());
    // the report comes after the terminal was given back
    session.wait_for("planted in a worker");
}

#[test]
fn a_panic_of_its_own_leaves_the_terminal_before_it_is_told() {
    let session = migdeck(DEV).env("MIGDECK_PLANT_PANIC", "loop").go();
    let (exit, _) = session.ended();
    assert!(matches!(exit, Exit::Code(1..)), "{exit:?}");
    session.wait_for("planted in the loop");
    assert_eq!(session.left(), [""; 0]);
    assert!(session.is_cooked());
}
