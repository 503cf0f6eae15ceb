//! What is started over ssh or as configured: it has no terminal, stops and goes on with the console, and ends with it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::process::Signal;

use super::pty::{Process, Session, Start, migdeck, program};
use super::{DEV, Machine, live};

/// `migdeck --ssh gpu-7` where this script stands in place of ssh.
pub(super) fn over_ssh(folder: &Path, script: &str) -> Start {
    executable(&folder.join("ssh"), script);
    migdeck("--ssh gpu-7").path_first(folder)
}

pub(super) fn executable(path: &Path, script: &str) {
    std::fs::write(path, format!("#!/bin/bash\n{script}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A script that runs the probe of a simulated host.
pub(super) fn probe() -> String {
    format!("exec {} probe --sim bank#dgx-dev-01", program().display())
}

const ASKS: &str = "printf Password: >/dev/tty; read -r x </dev/tty; echo \"got $x\" >&2; exit 255";

#[track_caller]
fn asks_nobody(session: &Session) {
    // in the shell's own words
    session.wait_for("No such device or address");
    session.keys("?");
    session.wait_for("This screen:");
    session.keys("<Esc>");
    session.wait_for("No such device or address");
    let written = String::from_utf8_lossy(&session.bytes()).into_owned();
    assert!(!written.contains("Password:"));
    session.keys("q");
    session.ends_clean(0);
}

#[test]
fn what_would_ask_on_the_terminal_fails_with_its_own_words() {
    let folder = tempfile::tempdir().unwrap();
    asks_nobody(&over_ssh(folder.path(), ASKS).size(160, 40).go());
    let script = folder.path().join("reach");
    executable(&script, ASKS);
    let config = format!(
        "[[hosts]]\nname = \"far\"\nprobe = [{:?}]\n",
        script.display().to_string()
    );
    asks_nobody(&migdeck("").file("config.toml", &config).size(160, 40).go());
}

#[test]
fn what_is_not_there_is_named() {
    let config = "[[hosts]]\nname = \"far\"\nprobe = [\"/nowhere/reach\"]\n";
    let session = migdeck("").file("config.toml", config).size(160, 40).go();
    session.wait_for("/nowhere/reach could not be started");
    session.keys("q");
    session.ends_clean(0);
}

#[test]
fn it_stops_with_the_job_and_goes_on_with_it() {
    let folder = tempfile::tempdir().unwrap();
    executable(&folder.path().join("ssh"), &probe());
    let session = Start::new("bash", "--norc --noprofile -i")
        .env("PS1", "shell> ")
        .env("MIGDECK", program())
        .path_first(folder.path())
        .go();
    session.wait_for("shell>");
    session.keys("\"$MIGDECK\" --ssh gpu-7<Enter>");
    live(&session);
    let far = far(&session);
    session.keys("<C-z>");
    session.wait_for("Stopped");
    session.wait_that("what runs apart is stopped", || far.state() == Some('T'));
    session.keys("fg<Enter>");
    live(&session);
    session.wait_that("it goes on", || far.state() != Some('T'));
    session.keys("q");
    session.wait_that("it ended", || !far.lives() && !session.mode(1049));
    session.wait_for("shell>");
    session.keys("exit<Enter>");
    session.ended();
}

/// The process that runs in a session of its own.
#[track_caller]
fn far(session: &Session) -> Process {
    let mut found = None;
    session.wait_that("something runs apart", || {
        let all = session.process().descendants();
        found = all
            .into_iter()
            .find(|p| p.is_apart() && !p.arguments().iter().any(|a| a == "apart"));
        found.is_some()
    });
    found.unwrap()
}

/// Heeds neither the end of its input nor a polite signal, and has a child of its own.
const STAYS: &str = "trap '' TERM HUP INT; sleep 1001 & wait; sleep 1001";

#[test]
fn nothing_stays_behind() {
    let folder = tempfile::tempdir().unwrap();
    let leave: [fn(&mut Session); 3] = [
        |session| session.keys("q"),
        |session| {
            session.hang_up();
        },
        |session| session.process().signal(Signal::TERM),
    ];
    for leave in leave {
        let mut session = over_ssh(folder.path(), STAYS).go();
        let far = far(&session);
        session.wait_that("it has a child", || !far.descendants().is_empty());
        let all = session.process().descendants();
        leave(&mut session);
        session.ended();
        session.wait_that("all ended", || all.iter().all(|p| !p.lives()));
    }
    // killed, it can do nothing more itself
    let session = over_ssh(folder.path(), "exec sleep 1001").go();
    let far = far(&session);
    session.process().signal(Signal::KILL);
    session.ended();
    session.wait_that("it ended with the console", || !far.lives());
}

#[test]
fn a_probe_that_was_stopped_does_not_stay_behind() {
    let leave: [fn(&mut Session); 2] = [
        |session| session.keys("q"),
        |session| {
            session.hang_up();
        },
    ];
    for leave in leave {
        let mut session = migdeck(DEV).go();
        live(&session);
        let all = session.process().descendants();
        for probe in &all {
            probe.signal(Signal::STOP);
        }
        leave(&mut session);
        session.ended();
        session.wait_that("all ended", || all.iter().all(|p| !p.lives()));
    }
}

#[test]
fn a_probe_here_keeps_the_terminal() {
    // sudo remembers for each terminal who it let
    let machine = Machine::new("bank#dgx-dev-01");
    let session = machine.migdeck("--no-sudo").go();
    live(&session);
    let all = session.process().descendants();
    assert!(!all.is_empty() && all.iter().all(|p| !p.is_apart()));
    session.keys("q");
    session.ends_clean(0);
}
