//! Sources that fall silent, and come back.

use std::os::unix::fs::PermissionsExt;

use super::pty::{PATIENCE, program};
use super::{Machine, gpu_rows, live};

#[test]
fn a_probe_that_was_killed_is_started_again() {
    let machine = Machine::new("bank#dgx-dev-01");
    let session = machine.migdeck("--no-sudo").go();
    live(&session);
    let probe = session
        .process()
        .descendants()
        .into_iter()
        .find(|p| p.arguments().iter().any(|a| a == "probe"))
        .unwrap();
    probe.signal(rustix::process::Signal::KILL);
    session.wait_that("another probe", || {
        session
            .process()
            .descendants()
            .into_iter()
            .any(|p| p != probe && p.lives() && p.arguments().iter().any(|a| a == "probe"))
    });
    live(&session);
    session.keys("q");
    session.ends_clean(0);
}

#[test]
fn a_lost_link_shows_as_late_and_comes_back() {
    let machine = Machine::new("bank#dgx-dev-01");
    let folder = tempfile::tempdir().unwrap();
    let up = folder.path().join("up");
    std::fs::write(&up, "").unwrap();
    // an ssh that runs the probe here while the file is there, and refuses while it is not
    let script = format!(
        "#!/bin/bash\nif [ ! -e {up} ]; then echo 'ssh: connect to host gpu-7 port 22: Connection refused' >&2; exit 255; fi\nexec {probe} probe\n",
        up = up.display(),
        probe = program().display(),
    );
    let ssh = folder.path().join("ssh");
    std::fs::write(&ssh, script).unwrap();
    std::fs::set_permissions(&ssh, std::fs::Permissions::from_mode(0o755)).unwrap();
    let session = machine
        .migdeck("--ssh gpu-7")
        .path_first(folder.path())
        .go();
    live(&session);
    std::fs::remove_file(&up).unwrap();
    for process in session.process().descendants() {
        process.signal(rustix::process::Signal::KILL);
    }
    // what was read last stays, and is said to be old
    let shown = session.wait_for("LATE");
    assert_eq!(gpu_rows(&shown).len(), 8, "{}", shown.text());
    session.wait_for("exit status: 255");
    std::fs::write(&up, "").unwrap();
    session.wait_gone("LATE");
    live(&session);
    assert!(session.begun().elapsed() < 4 * *PATIENCE);
    session.keys("q");
    session.ends_clean(0);
}
