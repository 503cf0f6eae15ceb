//! The simulator. This file and those beside it in `sim/` are the only ones in the house that may name it.

mod api;
mod exporter;
mod host;
mod past;
mod pods;

use nvml_sim::scenario::Scenario;

pub use self::api::SimApi;
pub use self::exporter::{SimExporter, has_exporter};
pub use self::host::{ClusterObjects, SimError, SimHost};
pub use self::past::{Past, past};
pub use self::pods::SimPods;

/// Names of a scenario's hosts, in order. `spec` is a built-in name or a file, with `#host` for one host of it.
///
/// # Errors
/// There is no such scenario or host, or the file is none; the sentence says what exists.
pub fn hosts(spec: &str) -> Result<Vec<String>, String> {
    let scenario = Scenario::load(spec).map_err(|e| e.to_string())?;
    Ok(scenario.hosts.into_iter().map(|h| h.name).collect())
}

/// A good place for the folders of simulated hosts: memory where the system has such a file system, since a host is some
/// hundreds of small files.
pub fn place() -> std::path::PathBuf {
    nvml_sim::hostroot::place()
}
