//! Counters of a process that one cannot ask: it writes them down itself.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::hold;

/// Time between two entries.
const EVERY: Duration = Duration::from_millis(250);

/// A file to which each process appends its counters, one JSON object a line:
/// `{"pid": 1, "at": 1767000000.25, "calls": {"nvmlDeviceGetName": 8}}`.
pub(super) struct Ledger {
    path: PathBuf,
    last: Mutex<Duration>,
}

impl Ledger {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            last: Mutex::default(),
        }
    }

    /// Appends an entry if the last one is old enough. At a call, so that a process which makes none writes nothing.
    pub(super) fn note(&self, counters: &BTreeMap<&'static str, u64>) {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let mut last = hold(&self.last);
        if now.saturating_sub(*last) < EVERY {
            return;
        }
        *last = now;
        let entry = serde_json::json!({
            "pid": std::process::id(),
            "at": now.as_secs_f64(),
            "calls": counters,
        });
        // Who asked for the file sees that nothing comes; the simulated driver works without.
        let _ = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)
            .and_then(|mut file| file.write_all(format!("{entry}\n").as_bytes()));
    }
}
