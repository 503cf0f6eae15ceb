//! What is told when things do not go as they should, or as they were asked for.

use std::path::Path;

use rustix::process::Signal;

use super::apart::{executable, over_ssh, probe};
use super::pty::{PATIENCE, Session, Start, migdeck, program};
use super::{DEV, Machine, live};

#[test]
fn what_is_no_stream_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    // once a second; bytes without sense; without end
    for (script, words) in [
        ("while :; do echo '{\"broken'; sleep 1; done", "{\"broken"),
        ("exec cat /dev/urandom", ""),
        ("exec yes 'Welcome to gpu-7'", "`Welcome to gpu-7`"),
        ("exec cat /dev/zero", ""),
    ] {
        let session = over_ssh(folder.path(), script).size(160, 40).go();
        let shown = session.wait_for("not a migdeck stream: `");
        assert!(shown.has(words), "{script}\n{}", shown.text());
        session.wait_for("LATE");
        assert!(!session.shown().has("waiting for the first answer"));
        session.keys("q");
        session.ends_clean(0);
    }
}

#[test]
fn a_host_that_never_speaks_is_late_also_where_it_is_the_only_one() {
    let folder = tempfile::tempdir().unwrap();
    let session = over_ssh(folder.path(), "exec sleep 1001").go();
    session.wait_for("waiting for the first answer");
    let late = regex::Regex::new(r"late \d+s: no record has come").unwrap();
    session.until("it is late, with its age", |shown| {
        shown.lines().iter().any(|line| late.is_match(line))
    });
    let shown = session.wait_for("LATE");
    assert!(
        !shown.has("waiting for the first answer"),
        "{}",
        shown.text()
    );
    session.keys("q");
    session.ends_clean(0);
}

/// A tape of the development server with so many beats.
fn tape(path: &Path, beats: u32) {
    let status = std::process::Command::new(program())
        .args([
            "probe",
            "--sim",
            "bank#dgx-dev-01",
            "--beat",
            "0.2",
            "--beats",
        ])
        .arg(beats.to_string())
        .stdin(std::process::Stdio::null())
        .stdout(std::fs::File::create(path).unwrap())
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn a_tape_that_is_played_too_fast_makes_no_time_pass() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tape");
    tape(&path, 10);
    let text = std::fs::read_to_string(&path).unwrap();
    let (head, last) = text.trim_end().rsplit_once('\n').unwrap();
    let at = regex::Regex::new(r#""at":"\d+-\d+-\d+T(\d+:\d+:\d+)"#).unwrap();
    let end = at.captures(last).unwrap()[1].to_owned();
    // a line that takes its time to be read, and is none
    let slow = format!("{head}\n{}\n{last}\n", "x".repeat(12 << 20));
    std::fs::write(&path, slow).unwrap();
    let session = migdeck("replay --speed 1000").arg(&path).size(120, 40).go();
    let shown = session.wait_for("TAPE ENDED");
    assert!(!shown.has("late"), "{}", shown.text());
    session.wait_for(&end);
    let written = String::from_utf8_lossy(&session.bytes()).into_owned();
    assert!(!written.contains("late "), "at no time");
    session.keys("E");
    session.wait_for("events");
    assert!(!session.shown().has("late"), "{}", session.text());
    session.keys("<Esc>q");
    session.ends_clean(0);
}

#[test]
fn what_cannot_be_saved_or_written_down_is_told_with_its_place() {
    let start = migdeck("demo --scenario bank#dgx-dev-01 --state-dir /dev/null/state")
        .env("HOME", "/dev/null/home")
        .size(160, 40);
    let session = start.go();
    live(&session);
    session.keys("<C-s>");
    session.wait_for("not saved: /dev/null/home: Not a directory. Another folder: --state-dir DIR");
    session.keys("q");
    session.ends_clean(0);

    let machine = Machine::new("bank#dgx-dev-01");
    let session = machine
        .migdeck("--no-sudo --state-dir /dev/null/state")
        .size(160, 40)
        .go();
    session.wait_for("not written down: /dev/null/state/hosts: Not a directory");
    session.keys("q");
    session.ends_clean(0);
}

/// A tmux of the test's own.
struct Tmux(tempfile::TempDir);

impl Tmux {
    fn ask(&self, arguments: &[&str]) -> String {
        let output = std::process::Command::new("tmux")
            .env("TMUX_TMPDIR", self.0.path())
            .env_remove("TMUX")
            .args(["-L", "migdeck", "-f", "/dev/null"])
            .args(arguments)
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.ask(&["kill-server"]);
    }
}

#[test]
fn inside_tmux_a_copy_is_in_its_buffer() {
    if std::process::Command::new("tmux")
        .arg("-V")
        .output()
        .is_err()
    {
        return;
    }
    let tmux = Tmux(tempfile::tempdir().unwrap());
    let session = Start::new("tmux", "-L migdeck -f /dev/null new-session")
        .arg(program())
        .arg("demo")
        .arg("--scenario")
        .arg("bank#dgx-dev-01")
        .env("TMUX_TMPDIR", tmux.0.path())
        .size(100, 40)
        .go();
    live(&session);
    session.keys("y");
    session.wait_for("in tmux's buffer");
    let buffer = tmux.ask(&["show-buffer"]);
    assert!(
        buffer.contains("A100") && buffer.lines().count() > 1,
        "{buffer:?}"
    );
    session.keys("q");
    session.wait_that("it has ended", || session.has_ended());
}

#[test]
fn a_tmux_that_takes_nothing_is_no_reason_to_lose_it() {
    let folder = tempfile::tempdir().unwrap();
    executable(&folder.path().join("tmux"), "exit 1");
    let session = migdeck(DEV)
        .env("TMUX", "/nowhere,1,0")
        .path_first(folder.path())
        .size(100, 40)
        .go();
    live(&session);
    session.keys("y");
    session.wait_for("written: ~/");
    session.keys("q");
    session.ends_clean(0);
}

fn bells(session: &Session) -> usize {
    session.bytes().iter().filter(|byte| **byte == 7).count()
}

#[test]
fn a_new_danger_rings_once_where_that_is_wished() {
    for (flag, rings) in [("--bell", 1), ("", 0)] {
        let start = migdeck(&format!("demo --scenario faults#xid79 {flag}")).size(120, 40);
        let session = start.go();
        // five seconds after the start it loses a GPU
        session.wait_for("Xid 79");
        session.wait_that("it rings", || bells(&session) == rings);
        session.written_in(std::time::Duration::from_secs(2));
        assert_eq!(bells(&session), rings);
        session.keys("q");
        session.ends_clean(0);
    }
}

#[test]
fn the_mouse_selects_what_it_is_pressed_on() {
    let session = migdeck(&format!("{DEV} --mouse")).go();
    let shown = live(&session);
    assert!(session.mode(1000) && session.mode(1006));
    let lines = shown.lines();
    let is_row = |line: &String| regex::Regex::new(r"^\W*2 ").unwrap().is_match(line);
    let row = lines.iter().position(is_row).unwrap() + 1;
    session.write(format!("\x1b[<0;4;{row}M\x1b[<0;4;{row}m").as_bytes());
    session.wait_for("── GPU 2 ");
    // the wheel
    session.write(format!("\x1b[<65;4;{row}M").as_bytes());
    session.wait_gone("── GPU 2 ");
    session.keys("q");
    session.ends_clean(0);
    let session = migdeck(DEV).go();
    live(&session);
    assert!(
        !session.mode(1000) && !session.mode(1006),
        "it is the terminal's"
    );
    session.keys("q");
    session.ends_clean(0);
}

#[test]
fn a_window_of_no_size_is_outlived() {
    let mut session = migdeck(DEV).go();
    live(&session);
    for (width, height) in [(0, 0), (0, 24), (80, 0), (1, 1)] {
        session.tell_size(width, height);
        session.process().signal(Signal::WINCH);
        session.keys("j");
    }
    session.resize(100, 30);
    live(&session);
    session.keys("g");
    session.wait_for("── GPU 0 ");
    session.keys("q");
    session.ends_clean(0);
    assert!(session.begun().elapsed() < 4 * *PATIENCE);
}

#[test]
fn words_before_the_stream_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let motd = "printf '\\n*** Welcome to gpu-7 ***\\n\\e[31mmaintained by kim\\e[0m\\n\\n'; ";
    let session = over_ssh(folder.path(), &format!("{motd}{}", probe())).go();
    let shown = live(&session);
    for word in ["Welcome", "not a migdeck stream", " LATE "] {
        assert!(!shown.has(word), "{}", shown.text());
    }
    session.keys("q");
    session.ends_clean(0);
}
