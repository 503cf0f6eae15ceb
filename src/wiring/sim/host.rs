//! A simulated host: its driver, and its files under a folder of their own.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::SimApi;
use crate::ports::gpu_api::GpuApi;
use crate::sources::nvml::OpenFailure;
use crate::wiring::scratch::{self, Scratch};
use nvml_sim::cluster;
use nvml_sim::driver::{Driver, OpenError};
use nvml_sim::hostroot::{self, Writer};
use nvml_sim::scenario::{Scenario, ScenarioError};
use serde_json::Value;

/// A simulated host could not be started.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// There is no such scenario or host, or its file is wrong.
    #[error("scenario: {0}")]
    Scenario(#[from] ScenarioError),
    /// A scenario without hosts.
    #[error("scenario `{0}` has no host")]
    NoHost(String),
    /// The simulated driver cannot be opened, mostly for its state file.
    #[error("simulated driver: {0}")]
    Driver(#[from] OpenError),
    /// The host's files cannot be written.
    #[error("files of the simulated host under {}: {source}; TMPDIR names another place", .at.display())]
    Files {
        /// Where.
        at: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// A host of a scenario. Its files go when it is dropped.
pub struct SimHost {
    driver: Arc<Driver>,
    root: Scratch,
    writer: Mutex<Writer>,
}

impl SimHost {
    /// Starts the host that `spec` names: a built-in scenario or a file, `#host` for another than the first. Processes
    /// that give the same `state` file see the same driver.
    ///
    /// # Errors
    /// There is no such scenario or host, or state or files cannot be written.
    pub fn start(spec: &str, state: Option<&Path>) -> Result<Self, SimError> {
        let scenario = Scenario::load(spec)?;
        let host = scenario
            .hosts
            .first()
            .ok_or_else(|| SimError::NoHost(scenario.name.clone()))?;
        let driver = Arc::new(Driver::open(&scenario, &host.name, state)?);
        // beside the state, so that who made a folder for it removes all of the host with it
        let place = match state.and_then(Path::parent) {
            Some(folder) if folder != Path::new("") => folder.to_path_buf(),
            _ => hostroot::place(),
        };
        let root = Scratch::new(&place, scratch::SIM)
            .map_err(|source| SimError::Files { at: place, source })?;
        let host = Self {
            driver,
            root,
            writer: Mutex::default(),
        };
        host.refresh()?;
        Ok(host)
    }

    /// NVML on this host; it is held until the last owner of the answer lets go.
    ///
    /// # Errors
    /// As the real library refuses to initialise.
    pub fn api(&self) -> Result<Arc<dyn GpuApi>, OpenFailure> {
        SimApi::open(Arc::clone(&self.driver)).map(|api| Arc::new(api) as Arc<dyn GpuApi>)
    }

    /// The root of the host's files.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// User id of whoever reads this host: root, or a plain user where the scenario gives no rights.
    pub fn uid(&self) -> u32 {
        if self.driver.host().privileged {
            0
        } else {
            1000
        }
    }

    /// Name of the host.
    pub fn name(&self) -> &str {
        &self.driver.host().name
    }

    /// Writes what has changed since: layouts, processes that came or went, kernel records whose time has come.
    ///
    /// Comes back late while the host is stalled.
    ///
    /// # Errors
    /// The files cannot be written.
    pub fn refresh(&self) -> Result<(), SimError> {
        std::thread::sleep(self.driver.stalled());
        let _writing = scratch::writing();
        let at = self.root.path();
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer
            .write(at, &self.driver)
            .map_err(|source| SimError::Files {
                at: at.to_path_buf(),
                source,
            })
    }

    /// What the API server has of the host; `None` for a host without a cluster.
    pub fn cluster_objects(&self) -> Option<ClusterObjects> {
        let driver = &self.driver;
        cluster::node_json(driver).map(|node| ClusterObjects {
            node,
            pods: cluster::pods_json(driver),
            pending: cluster::pending_json(driver),
            claims: cluster::claims_json(driver),
            slices: cluster::resource_slices_json(driver),
            quotas: cluster::quotas_json(driver),
        })
    }
}

/// Objects of a simulated cluster, as the API server would write them.
#[derive(Debug)]
pub struct ClusterObjects {
    /// The host's node.
    pub node: Value,
    /// Pods on it.
    pub pods: Vec<Value>,
    /// Pods of the cluster that no node has taken.
    pub pending: Vec<Value>,
    /// Claims of pods on it.
    pub claims: Vec<Value>,
    /// What its GPU driver publishes.
    pub slices: Vec<Value>,
    /// Quotas of the cluster.
    pub quotas: Vec<Value>,
}
