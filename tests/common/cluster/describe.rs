//! The configuration with which migdeck reads the hosts of a cluster's nodes.

use std::path::Path;
use std::sync::Arc;

use nvml_sim::scenario::Scenario;

use super::agent::NodeAgent;

/// Writes it, and the scenario beside it.
///
/// # Errors
/// A file cannot be written.
pub fn describe(
    scenario: &Scenario,
    agents: &[Arc<NodeAgent>],
    migdeck: &Path,
    config: &Path,
) -> Result<(), String> {
    let unwritten = |e: std::io::Error| format!("{}: {e}", config.display());
    // with the UIDs that the API server gave
    let file = config.with_file_name("scenario.toml");
    let text = toml::to_string(scenario).map_err(|e| e.to_string())?;
    std::fs::write(&file, text).map_err(unwritten)?;
    let hosts: Vec<toml::Value> = agents
        .iter()
        .map(|agent| {
            let sim = format!("{}#{}", file.display(), agent.name());
            let path = |p: &Path| p.display().to_string();
            let probe = [
                path(migdeck),
                "probe".into(),
                "--sim".into(),
                sim,
                "--sim-state".into(),
                path(agent.state()),
                "--host-root".into(),
                path(agent.files()),
            ];
            let mut host = toml::Table::new();
            host.insert("name".into(), agent.name().into());
            host.insert("probe".into(), probe.to_vec().into());
            host.into()
        })
        .collect();
    let mut table = toml::Table::new();
    table.insert("hosts".into(), hosts.into());
    std::fs::write(config, table.to_string()).map_err(unwritten)
}
