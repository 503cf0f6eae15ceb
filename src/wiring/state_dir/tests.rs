//! Logs that are torn, large, shared, and of hosts with bad names.

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::domain::event::{Event, Happening, Seen};
use crate::store::memory::Inventory;

fn boot(name: &str) -> BootId {
    BootId::new(name)
}

fn chapter(n: i64, inventory: bool) -> Chapter {
    let at = jiff::Timestamp::from_second(1_800_000_000 + n).unwrap();
    Chapter {
        host: Text::new("dgx-1"),
        boot: Some(boot("b1")),
        simulated: false,
        at,
        events: vec![Event {
            n: 0,
            at,
            gpu: None,
            index: Some(3),
            what: Happening::GpuVanished,
            seen: Seen::Watched,
        }],
        inventory: inventory.then(Inventory::default),
    }
}

fn place() -> (tempfile::TempDir, StateDir) {
    let folder = tempfile::tempdir().unwrap();
    let state = StateDir::at(folder.path().join("migdeck"));
    (folder, state)
}

fn load(state: &StateDir, of: &str) -> Memory {
    state.load(&Text::new("dgx-1"), Some(&boot(of)))
}

#[test]
fn what_one_console_writes_the_next_reads_in_the_same_boot_only() {
    let (_folder, state) = place();
    assert_eq!(load(&state, "b1"), Memory::default());
    state.append(&chapter(1, true)).unwrap();
    state.append(&chapter(2, false)).unwrap();
    let memory = load(&state, "b1");
    assert_eq!(memory.events.len(), 2);
    assert_eq!(memory.inventory, Some(Inventory::default()));
    let later = load(&state, "b2");
    assert_eq!(later.events, []);
    assert!(later.inventory.is_some(), "a reboot is a change too");
    let nobody = state.load(&Text::new("dgx-1"), None);
    assert_eq!(nobody.events, []);
}

#[test]
fn only_its_user_reads_it() {
    let (_folder, state) = place();
    state.append(&chapter(1, true)).unwrap();
    state
        .write_work(&Text::new("dgx-1"), None, Vec::new())
        .unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state.root), 0o700);
    for entry in std::fs::read_dir(state.root.join("hosts")).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

#[test]
fn a_line_that_was_cut_short_or_is_of_another_version_loses_only_itself() {
    let (_folder, state) = place();
    state.append(&chapter(1, false)).unwrap();
    let log = state.log(&Text::new("dgx-1"));
    let line = std::fs::read_to_string(&log).unwrap();
    let newer = line.replace("\"v\":1", "\"v\":9");
    let other = line.replace("\"kind\":\"event\"", "\"kind\":\"weather\"");
    files::append(&log, newer.as_bytes()).unwrap();
    files::append(&log, other.as_bytes()).unwrap();
    files::append(&log, b"{\"v\":1,\"at\":\"20").unwrap();
    state.append(&chapter(2, false)).unwrap();
    assert_eq!(load(&state, "b1").events.len(), 2);
}

#[test]
fn a_large_log_is_turned_over_and_keeps_its_inventory() {
    let (_folder, state) = place();
    state.append(&chapter(1, true)).unwrap();
    let log = state.log(&Text::new("dgx-1"));
    let large = usize::try_from(LARGE).unwrap();
    files::append(&log, format!("{}\n", "x".repeat(large)).as_bytes()).unwrap();
    state.append(&chapter(2, false)).unwrap();
    assert!(std::fs::metadata(&log).unwrap().len() < LARGE);
    let memory = load(&state, "b1");
    assert_eq!(memory.events.len(), 2, "the older file is read too");
    std::fs::remove_file(older(&log)).unwrap();
    assert!(load(&state, "b1").inventory.is_some());
}

#[test]
fn two_consoles_at_once_lose_nothing() {
    let (_folder, state) = place();
    let write = |from: i64| {
        let state = state.clone();
        std::thread::spawn(move || {
            for n in 0..100 {
                state.append(&chapter(from + n, n % 10 == 0)).unwrap();
                state
                    .write_work(&Text::new("dgx-1"), None, Vec::new())
                    .unwrap();
            }
        })
    };
    let (a, b) = (write(0), write(1000));
    a.join().unwrap();
    b.join().unwrap();
    assert_eq!(load(&state, "b1").events.len(), 200);
}

#[test]
fn a_host_cannot_choose_where_it_is_written() {
    for (host, name) in [
        ("dgx-1.lab", "dgx-1.lab"),
        ("../../etc/passwd", "%2e%2e%2f..%2fetc%2fpasswd"),
        ("", "%"),
        (".hidden", "%2ehidden"),
        ("한", "%ed%95%9c"),
    ] {
        let made = file_name(host);
        assert!(!made.contains('/') && !made.starts_with('.'), "{made}");
        if host != "../../etc/passwd" {
            assert_eq!(made, name);
        }
    }
    assert!(file_name(&"/".repeat(300)).len() <= 200);
}

#[test]
fn simulated_hosts_leave_no_trace_among_real_ones() {
    let (_folder, state) = place();
    assert!(state.takes(false) && !state.takes(true));
    assert!(StateDir::of_demo(state.root).takes(true));
}

#[test]
fn a_place_that_cannot_be_written_is_an_error_to_be_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(StateDir::at(file).append(&chapter(1, true)).is_err());
}
