//! The hosts of the demo: each a probe on the simulator, with its state in a folder that goes with the demo.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use super::exporters::{Exporter, Way};
use super::headless::{Argv, Spec};
use super::scratch::{self, Scratch};
use super::sim::{self, SimPods};
use super::state_dir::StateDir;

/// What the demo shows unless told otherwise: four hosts.
pub const SCENARIOS: [&str; 2] = ["bank", "h100"];

/// How long a simulated host may take to come up: a real one is there already.
const START: Duration = Duration::from_secs(10);

/// Hosts of the demo. Dropping it removes their state.
#[derive(Debug)]
pub struct Demo {
    // removed when dropped
    folder: Scratch,
    specs: Vec<Spec>,
    scenarios: Vec<String>,
    pods: SimPods,
}

/// A demo that cannot be given.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// No such scenario.
    #[error("{0}")]
    Scenario(String),
    /// No folder for its state.
    #[error("no temporary folder could be made for the simulated hosts: {0}")]
    Folder(#[from] std::io::Error),
}

impl Demo {
    /// Prepares the hosts of `scenarios` (names or files, `#host` for one host of it).
    ///
    /// # Errors
    /// A scenario does not exist or is none; no temporary folder can be made.
    pub fn new(scenarios: &[String], program: &Path) -> Result<Self, DemoError> {
        let folder = Scratch::new(&sim::place(), scratch::DEMO)?;
        let mut specs = Vec::new();
        let mut exporters = Vec::new();
        let mut pods = SimPods::default();
        for scenario in scenarios {
            let file = scenario
                .split_once('#')
                .map_or(scenario.as_str(), |(f, _)| f);
            for host in sim::hosts(scenario).map_err(DemoError::Scenario)? {
                let state = folder.path().join(format!("{}.state", specs.len()));
                let spec = format!("{file}#{host}");
                if sim::has_exporter(&spec) {
                    exporters.push(Spec::Exporter(Exporter {
                        way: Way::Simulated {
                            scenario: spec.clone(),
                            state: state.clone(),
                        },
                        host: Some(host.clone()),
                    }));
                }
                pods.add(spec.clone(), state.clone());
                let argv: Vec<OsString> = vec![
                    program.into(),
                    "probe".into(),
                    "--sim".into(),
                    spec.into(),
                    "--sim-state".into(),
                    state.into(),
                ];
                specs.push(Spec::Probe {
                    name: host,
                    argv: Argv::Known(argv),
                    connect: START,
                });
            }
        }
        specs.append(&mut exporters);
        Ok(Self {
            folder,
            specs,
            scenarios: scenarios.to_vec(),
            pods,
        })
    }

    /// The simulated cluster, which can be asked about its pods.
    pub fn pods(&self) -> SimPods {
        self.pods.clone()
    }

    /// The state directory of its console, which goes with it. In it stands what a console that had watched these hosts
    /// until a moment ago would have written down: nobody is idle for an hour in a demo of five minutes.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn state(&self) -> Result<StateDir, DemoError> {
        let state = StateDir::of_demo(self.folder.path().join("state"));
        for scenario in &self.scenarios {
            let hosts = sim::past(scenario).map_err(|e| DemoError::Scenario(e.to_string()))?;
            for past in hosts {
                state.write_work(&past.host, Some(&past.boot), past.work)?;
            }
        }
        Ok(state)
    }

    /// A stream a host, and the exporters of those that have one.
    pub fn specs(&self) -> &[Spec] {
        &self.specs
    }
}
