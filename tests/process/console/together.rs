//! Two consoles of one user at once, on one state directory.

use std::path::{Path, PathBuf};
use std::time::Duration;

use nvml_sim::driver::Driver;
use nvml_sim::scenario::Scenario;
use serde_json::Value;

use super::pty::{Session, Shown};
use super::{Machine, live};

/// Makes a GPU instance wherever one finds room, and takes it away again when it is told to.
struct Admin {
    driver: Driver,
    made: (u32, u32),
}

impl Admin {
    fn creates(machine: &Machine) -> Self {
        let scenario = Scenario::load(&machine.spec).unwrap();
        let state = machine.folder.path().join("state");
        let driver = Driver::open(&scenario, &scenario.hosts[0].name, Some(&state)).unwrap();
        driver.init().unwrap();
        let made = (0..driver.count().unwrap())
            .find_map(|gpu| {
                // 1g.5gb of an A100
                Some((gpu, driver.create_gi(gpu, 19, None).ok()?))
            })
            .unwrap();
        driver.create_ci(made.0, made.1, 0, None).unwrap();
        Self { driver, made }
    }

    fn destroys(self) {
        self.driver.destroy_ci(self.made.0, self.made.1, 0).unwrap();
        self.driver.destroy_gi(self.made.0, self.made.1).unwrap();
    }
}

/// The log of the only host in this state directory.
fn log(state: &Path) -> Option<PathBuf> {
    let hosts = std::fs::read_dir(state.join("hosts")).ok()?;
    let logs: Vec<PathBuf> = hosts
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".events.jsonl"))
        .collect();
    assert!(logs.len() <= 1, "{logs:?}");
    logs.into_iter().next()
}

/// Its records. None is torn, and none is glued to another.
#[track_caller]
fn records(state: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(log(state).unwrap()).unwrap();
    assert!(text.ends_with('\n'), "{text}");
    let records: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect();
    for record in &records {
        assert_eq!(record["v"], 1, "{record}");
        assert!(record["boot"].is_string(), "{record}");
        let kind = record["kind"].as_str();
        assert!(matches!(kind, Some("event" | "inventory")), "{record}");
    }
    records
}

/// How often it is written down that an instance came or went.
fn written(state: &Path, what: &str) -> usize {
    let Some(log) = log(state) else {
        return 0;
    };
    // in the middle of a write the last line may be short
    let text = std::fs::read_to_string(log).unwrap();
    let records = text.lines().filter_map(|l| serde_json::from_str(l).ok());
    records
        .filter(|record: &Value| !record["what"]["what"][what].is_null())
        .count()
}

fn lines_with(shown: &Shown, words: &str) -> usize {
    shown.lines().iter().filter(|l| l.contains(words)).count()
}

fn on(machine: &Machine, home: &Path) -> super::pty::Start {
    machine
        .migdeck("--no-sudo")
        .env("XDG_STATE_HOME", home)
        .size(120, 40)
}

#[test]
fn two_consoles_write_one_log_and_a_third_tells_each_event_once() {
    let machine = Machine::new("bank#dgx-dev-01");
    let home = tempfile::tempdir().unwrap();
    let state = home.path().join("migdeck");
    let two: [Session; 2] = [
        on(&machine, home.path()).go(),
        on(&machine, home.path()).go(),
    ];
    for session in &two {
        live(session);
        session.keys("E");
    }
    let admin = Admin::creates(&machine);
    for session in &two {
        session.wait_for("is there now");
    }
    admin.destroys();
    for session in &two {
        session.wait_for("has gone");
    }
    // each console has written what it saw, and said it once
    two[0].wait_that("both have written both events", || {
        ["instance_appeared", "instance_vanished"]
            .iter()
            .all(|what| written(&state, what) == 2)
    });
    for session in &two {
        let shown = session.shown();
        assert_eq!(lines_with(&shown, "is there now"), 1, "{}", shown.text());
        assert_eq!(lines_with(&shown, "has gone"), 1, "{}", shown.text());
        assert_eq!(
            lines_with(&shown, "cannot be written"),
            0,
            "{}",
            shown.text()
        );
    }
    for session in &two {
        session.keys("q");
        session.ends_clean(0);
    }
    let before = records(&state);

    // the same folder by its flag
    let third = machine
        .migdeck("--no-sudo")
        .arg("--state-dir")
        .arg(&state)
        .size(120, 40)
        .go();
    live(&third);
    third.keys("E");
    third.wait_for("is there now");
    third.wait_for("an earlier console");
    // nor does it see them anew when it has looked some more times
    third.written_in(Duration::from_secs(3));
    let shown = third.shown();
    for words in ["is there now", "has gone"] {
        let told: Vec<String> = shown
            .lines()
            .into_iter()
            .filter(|l| l.contains(words))
            .collect();
        assert_eq!(told.len(), 1, "{}", shown.text());
        assert!(told[0].contains("an earlier console"), "{}", shown.text());
    }
    third.keys("q");
    third.ends_clean(0);
    let after = records(&state);
    assert_eq!(after[..before.len()], before[..], "nothing is rewritten");
    for what in ["instance_appeared", "instance_vanished"] {
        assert_eq!(written(&state, what), 2, "the third saw nothing new");
    }
}
