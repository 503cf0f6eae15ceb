//! Every way out leaves the terminal as it was found.

use super::pty::{Exit, migdeck};

const HOST: &str = "demo --scenario bank#dgx-dev-01";

#[test]
fn q_and_control_c_return_to_a_clean_shell() {
    for key in ["q", "<C-c>"] {
        let session = migdeck(HOST).go();
        session.wait_for("dgx-dev-01");
        assert!(session.mode(1049), "it draws on the alternate screen");
        session.keys(key);
        session.ends_clean(0);
    }
}

#[test]
fn a_lost_terminal_ends_it_at_once() {
    for ignored in [false, true] {
        let start = migdeck(HOST);
        let start = if ignored {
            start.through("trap '' HUP; exec \"$0\" \"$@\"")
        } else {
            start
        };
        let mut session = start.go();
        session.wait_for("dgx-dev-01");
        let probes = session.process().descendants();
        assert!(!probes.is_empty());
        session.hang_up();
        let (exit, _) = session.ended();
        let asked_to = Exit::Code(129);
        let killed = Exit::Signal("Hangup".to_owned());
        assert!(exit == asked_to || !ignored && exit == killed, "{exit:?}");
        session.wait_that("the probes ended", || probes.iter().all(|p| !p.lives()));
    }
}
