//! The console as a person has it: the real program in a terminal.

use nvml_sim::driver::Driver;
use nvml_sim::library;
use nvml_sim::scenario::Scenario;

use crate::common::pty::{self, Session, Start};

mod apart;
mod around;
mod described;
mod files;
mod keys;
mod leaving;
mod names;
mod quiet;
mod situations;
mod sizes;
mod sources;
mod together;
mod told;

/// The development server of the demo.
const DEV: &str = "demo --scenario bank#dgx-dev-01";

/// A simulated host as a real one: NVML behind its C library, the rest as files below a root of its own.
struct Machine {
    spec: String,
    folder: tempfile::TempDir,
}

impl Machine {
    fn new(spec: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let scenario = Scenario::load(spec).unwrap();
        let state = folder.path().join("state");
        let driver = Driver::open(&scenario, &scenario.hosts[0].name, Some(&state)).unwrap();
        let built = std::env::current_exe()
            .unwrap()
            .with_file_name("libnvidia_ml_sim.so");
        library::install(&built, &driver, folder.path()).unwrap();
        nvml_sim::hostroot::write(&folder.path().join("root"), &driver).unwrap();
        Self {
            spec: spec.to_owned(),
            folder,
        }
    }

    fn on(&self, start: Start) -> Start {
        start
            .env("LD_LIBRARY_PATH", self.folder.path())
            .env("NVML_SIM_SCENARIO", &self.spec)
            .env("NVML_SIM_STATE", self.folder.path().join("state"))
    }

    /// `migdeck ARGS..` with its library; processes, units and the kernel's log are those of where the test runs.
    fn migdeck(&self, args: &str) -> Start {
        self.on(pty::migdeck(args))
    }

    /// `migdeck` on all of it: its probe is configured with the host's own files.
    fn whole(&self) -> Start {
        let quoted = |path: &std::path::Path| format!("{:?}", path.display().to_string());
        let config = format!(
            "[[hosts]]\nname = \"host\"\nprobe = [{}, \"probe\", \"--host-root\", {}]\n",
            quoted(&pty::program()),
            quoted(&self.folder.path().join("root")),
        );
        self.migdeck("").file("config.toml", &config)
    }
}

/// Waits for the first numbers of a host of eight GPUs: the last row has a place and memory.
#[track_caller]
fn live(session: &Session) -> pty::Shown {
    session.until("eight GPUs with memory", |shown| gpu_rows(shown).len() >= 8)
}

/// Rows of the list of GPUs that have a memory reading, by index.
fn gpu_rows(shown: &pty::Shown) -> Vec<(usize, String)> {
    let memory = regex::Regex::new(r"\d\.\d ?/ ?\d+\.\d").unwrap();
    let index = regex::Regex::new(r"^\W*(\d+) ").unwrap();
    shown
        .lines()
        .into_iter()
        .filter(|line| memory.is_match(line))
        .filter_map(|line| Some((index.captures(&line)?[1].parse().ok()?, line.clone())))
        .collect()
}
