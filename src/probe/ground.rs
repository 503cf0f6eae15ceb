//! What the probe stands on: the real host, or a simulated one.

use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::observation::Fact;
use crate::domain::reading::{Absence, AbsentCode};
use crate::ports::gpu_api::GpuApi;
use crate::sources::root::HostRoot;
use crate::sources::{kube, nvml};
use crate::wiring::sim::SimHost;

use super::Options;

/// A host to be read.
pub(super) struct Ground {
    root: HostRoot,
    nvml_lib: Option<PathBuf>,
    sim: Option<SimHost>,
    /// Somebody else keeps the host's files, and may keep a cluster for it.
    files_given: bool,
}

impl Ground {
    /// # Errors
    /// There is no such simulated host, or its state or files cannot be made; the sentence says which.
    pub(super) fn new(options: &Options) -> Result<Self, String> {
        let sim = match &options.sim {
            Some(spec) => Some(
                SimHost::start(spec, options.sim_state.as_deref()).map_err(|e| e.to_string())?,
            ),
            None => None,
        };
        let root = match (&options.host_root, &sim) {
            (Some(given), _) => HostRoot::new(given),
            (None, Some(sim)) => HostRoot::new(sim.root()),
            (None, None) => HostRoot::new("/"),
        };
        Ok(Self {
            root,
            nvml_lib: options.nvml_lib.clone(),
            sim,
            files_given: options.host_root.is_some(),
        })
    }

    pub(super) fn root(&self) -> &HostRoot {
        &self.root
    }

    pub(super) fn is_simulated(&self) -> bool {
        self.sim.is_some()
    }

    /// Who reads: on a simulated host whom that host takes the reader for.
    pub(super) fn uid(&self) -> u32 {
        match &self.sim {
            Some(sim) => sim.uid(),
            None => rustix::process::geteuid().as_raw(),
        }
    }

    /// Opens NVML. May take for ever.
    pub(super) fn open(&self) -> Result<Arc<dyn GpuApi>, Absence> {
        let opened = match &self.sim {
            Some(sim) => sim.api(),
            None => nvml::open(self.nvml_lib.as_deref()),
        };
        opened.map_err(|failure| failure.why)
    }

    /// Lets a simulated host's files follow its driver.
    ///
    /// # Errors
    /// They cannot be written; what is read of them then is old.
    pub(super) fn refresh(&self) -> Result<(), Absence> {
        match &self.sim {
            Some(sim) => sim
                .refresh()
                .map_err(|error| Absence::new(AbsentCode::Failed, error.to_string())),
            None => Ok(()),
        }
    }

    /// What a simulated host's cluster says of it; a cluster that is kept elsewhere speaks for itself.
    pub(super) fn cluster(&self) -> Option<Fact> {
        if self.files_given {
            return None;
        }
        let objects = self.sim.as_ref()?.cluster_objects()?;
        Some(Fact::Cluster {
            node: kube::node_facts(&objects.node),
            pods: objects.pods.iter().filter_map(kube::pod_facts).collect(),
            unbound: objects.pending.iter().filter_map(kube::pod_facts).collect(),
            claims: objects
                .claims
                .iter()
                .filter_map(kube::claim_facts)
                .collect(),
            slices: objects
                .slices
                .iter()
                .filter_map(kube::slice_facts)
                .collect(),
            quotas: objects
                .quotas
                .iter()
                .filter_map(kube::quota_facts)
                .collect(),
        })
    }

    /// Removes the files of a simulated host, which threads that never end would keep.
    pub(super) fn clear(&self) {
        if let Some(sim) = &self.sim {
            // what is left is in a folder for temporary files
            let _ = std::fs::remove_dir_all(sim.root());
        }
    }
}
