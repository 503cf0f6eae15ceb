//! `NVML_SIM_CALLS=FILE`: how often this process has called each function, for benches of programs that are not ours.
//!
//! One line a function, `name count`, by name. Written when the last initialisation ends, and meanwhile at most once a
//! second by a call that comes in, since no thread is started here and a program may be killed.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nvml_sim::driver::Driver;

static FILE: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    let path = std::env::var_os("NVML_SIM_CALLS").filter(|path| !path.is_empty());
    path.map(PathBuf::from)
});

static WRITTEN: Mutex<Option<Instant>> = Mutex::new(None);

const INTERVAL: Duration = Duration::from_secs(1);

/// Writes the file if it is wanted and a second old.
pub(crate) fn report_now_and_then(driver: &Driver) {
    if FILE.is_none() {
        return;
    }
    let mut written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
    if written.is_none_or(|at| at.elapsed() >= INTERVAL) {
        *written = Some(Instant::now());
        drop(written);
        report(driver);
    }
}

/// Writes the file if it is wanted.
pub(crate) fn report(driver: &Driver) {
    let Some(path) = &*FILE else {
        return;
    };
    let mut text = String::new();
    for (name, count) in driver.counters() {
        // writing to a string does not fail
        let _ = writeln!(text, "{name} {count}");
    }
    let fresh = path.with_extension(format!("{}.new", std::process::id()));
    let done = std::fs::write(&fresh, text).and_then(|()| std::fs::rename(&fresh, path));
    if let Err(why) = done {
        eprintln!("simulated NVML: NVML_SIM_CALLS: {}: {why}", path.display());
    }
}
