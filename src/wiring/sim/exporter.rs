//! The exporter of a simulated host, without HTTP.

use std::path::Path;
use std::sync::Arc;

use nvml_sim::driver::Driver;
use nvml_sim::exporter;
use nvml_sim::scenario::Scenario;

/// What dcgm-exporter would say on a simulated host.
pub struct SimExporter(Arc<Driver>);

impl SimExporter {
    /// The exporter of the host that `scenario` names, which shares `state` with its probe.
    ///
    /// # Errors
    /// There is no such host, its state cannot be read, or no exporter runs on it.
    pub fn open(scenario: &str, state: &Path) -> Result<Self, String> {
        let scenario = Scenario::load(scenario).map_err(|e| e.to_string())?;
        let host = scenario.hosts.first().ok_or("a scenario without hosts")?;
        let driver = Driver::open(&scenario, &host.name, Some(state)).map_err(|e| e.to_string())?;
        match exporter::runs(&driver) {
            true => Ok(Self(Arc::new(driver))),
            false => Err("no exporter runs on this host".to_owned()),
        }
    }

    /// Its page now.
    pub fn page(&self) -> String {
        exporter::text(&self.0)
    }
}

/// Whether an exporter runs on a host of a scenario.
pub fn has_exporter(scenario: &str) -> bool {
    let Ok(scenario) = Scenario::load(scenario) else {
        return false;
    };
    let driver = |host: &str| Driver::open(&scenario, host, None).ok();
    let host = scenario.hosts.first();
    host.and_then(|host| driver(&host.name))
        .is_some_and(|driver| exporter::runs(&driver))
}
