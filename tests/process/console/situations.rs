//! Situations that decide whether the console is of use, played to their end.

use std::time::Duration;

use base64::Engine as _;

use super::{Machine, gpu_rows};
use crate::common::wire::{Piece, Splitter};

#[test]
fn situation_1_the_firmware_of_gpu_5_hangs_and_seven_rows_live() {
    let machine = Machine::new("faults#hang");
    let session = machine.whole().go();
    let shown = session.until("seven rows live", |s| gpu_rows(s).len() >= 7);
    assert!(
        gpu_rows(&shown).iter().all(|(gpu, _)| *gpu != 5),
        "{}",
        shown.text()
    );
    let shown = session.until("GPU 5's row says that a call is stuck", |s| {
        s.lines()
            .iter()
            .any(|l| l.contains("▌5 ") && (l.contains("HUNG") || l.contains("STUCK")))
    });
    assert_eq!(gpu_rows(&shown).len(), 7, "{}", shown.text());
    // the console has opened on it; the Xid with its time, and for how long the call is stuck
    session.until("the Xid with its time", |s| {
        s.lines().iter().any(|l| timed(l, "Xid 119 at "))
    });
    session.until("for how long", |s| {
        s.lines().iter().any(|l| {
            let age = l.split("CALL STUCK ").nth(1).unwrap_or("");
            age.starts_with(|c: char| c.is_ascii_digit()) && age.contains(['s', 'm'])
        })
    });
    session.keys("<Enter>");
    session.wait_for("GPU 5");
    let pressed = std::time::Instant::now();
    session.keys("q");
    let at = session.ends_clean(0);
    let took = at.saturating_duration_since(pressed);
    // the budget is 100 ms; a call that is waited for takes for ever
    assert!(took < Duration::from_secs(1), "{took:?}");
}

/// Whether `line` has `head` and a time of day after it.
fn timed(line: &str, head: &str) -> bool {
    line.split(head).skip(1).any(|rest| {
        let clock: Vec<char> = rest.chars().take(5).collect();
        let [a, b, ':', c, d] = clock[..] else {
            return false;
        };
        [a, b, c, d].iter().all(char::is_ascii_digit)
    })
}

#[test]
fn situation_2_a_plain_user_sees_what_is_readable_and_how_to_see_the_rest() {
    let machine = Machine::new("faults#no-permission");
    let start = machine.migdeck("").env("USER", "kim");
    let start = if rustix::process::geteuid().is_root() {
        // as somebody who is not root, in a home and on a driver of theirs
        for folder in [start.home(), machine.folder.path()] {
            open_to_all(folder);
        }
        start.through("exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$0\" \"$@\"")
    } else {
        start
    };
    let session = start.size(100, 40).go();
    session.until("the host's GPUs", |s| s.text().contains("A100"));
    session.wait_for("not permitted");
    session.keys("A");
    let shown = session.wait_for("NOPASSWD");
    assert!(shown.has("kim"), "{}", shown.text());
    session.keys("q");
    session.ends_clean(0);
}

fn open_to_all(folder: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    let all = |mode| std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(folder, all(0o777)).unwrap();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            open_to_all(&entry.path());
        } else if kind.is_file() {
            std::fs::set_permissions(entry.path(), all(0o666)).unwrap();
        }
    }
}

#[test]
fn situation_3_a_cuda_error_is_the_applications_and_the_other_slices_are_fine() {
    let machine = Machine::new("faults#cuda-error");
    let session = machine.whole().go();
    session.wait_for("Xid 31");
    // pods are told after instances and reports
    session.wait_for("summarize");
    session.keys("/summarize<Enter><Enter>");
    // full to the brim, and whose fault it is
    session.until("its slice", |s| {
        s.lines()
            .iter()
            .any(|l| l.contains("4.7/4.8") && l.contains("summarize"))
    });
    session.until("whose fault it is", |s| {
        let text = s.text();
        text.contains("Xid 31") && text.contains("application or driver, this instance only")
    });
    let shown = session.shown();
    for other in ["intent", "ocr", "fraud", "embed"] {
        let fine = shown
            .line(other)
            .is_some_and(|l| l.contains("B busy") && !l.contains("Xid"));
        assert!(fine, "{other}\n{}", shown.text());
    }
    let mark = session.mark();
    session.keys("y");
    let copied = || clipboard(&session.since(mark));
    session.wait_that("a copy", || copied().is_some());
    let text = copied().unwrap();
    for word in ["summarize-ko", "Xid 31", "application"] {
        assert!(text.contains(word), "{word}\n{text}");
    }
    assert!(text.lines().all(|l| l.chars().count() <= 80), "{text}");
    session.keys("q");
    session.ends_clean(0);
}

/// What a terminal was asked to take to its clipboard.
fn clipboard(bytes: &[u8]) -> Option<String> {
    Splitter::split(bytes)
        .into_iter()
        .find_map(|piece| match piece {
            Piece::Osc(text) => {
                let coded = text.strip_prefix(b"52;c;")?;
                let text = base64::engine::general_purpose::STANDARD
                    .decode(coded)
                    .ok()?;
                String::from_utf8(text).ok()
            }
            _ => None,
        })
}

#[test]
fn situation_9_a_rebooted_host_is_empty_and_not_corrupt() {
    let machine = Machine::new("faults#rebooted");
    let session = machine.whole().size(120, 40).go();
    let shown = session.until("what is expected", |s| {
        let text = s.text();
        text.contains("mig-init")
            && text.contains("dev-v3")
            && text.to_lowercase().contains("empty")
    });
    assert!(
        !shown.text().to_lowercase().contains("corrupt"),
        "{}",
        shown.text()
    );
    session.keys("f");
    let found = session.until("the finding and how to ask its owner", |s| {
        let text = s.text();
        // GPU by GPU is read; then one finding has them all
        text.contains("empty since the boot")
            && text.contains("GPU 0-7")
            && text.contains("kubectl -n kube-system logs mig-init-t7w2m")
    });
    assert!(!found.text().contains("GPU 1 "), "{}", found.text());
    session.keys("q");
    session.ends_clean(0);
}
