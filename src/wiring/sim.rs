//! The simulator, which nothing else in the house may name.

mod api;
mod host;

use nvml_sim::scenario::Scenario;

pub use self::api::SimApi;
pub use self::host::{SimError, SimHost};
// for the files of this module
use nvml_sim;

/// Names of a scenario's hosts, in order. `spec` is a built-in name or a file, with `#host` for one host of it.
///
/// # Errors
/// There is no such scenario or host, or the file is none; the sentence says what exists.
pub fn hosts(spec: &str) -> Result<Vec<String>, String> {
    let scenario = Scenario::load(spec).map_err(|e| e.to_string())?;
    Ok(scenario.hosts.into_iter().map(|h| h.name).collect())
}

/// Where the files of simulated hosts lie best: in memory, where the system has such a file system.
pub fn place() -> std::path::PathBuf {
    nvml_sim::hostroot::place()
}
