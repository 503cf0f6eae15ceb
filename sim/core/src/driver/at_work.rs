//! Which processes work on what, for the simulated host's files: the same answer as NVML's process lists give.

use std::collections::{BTreeMap, BTreeSet};

use super::Driver;

impl Driver {
    /// By process id the GPU-instance and compute-instance ids (`None` without MIG) of every process that has work on a
    /// GPU, also while it is away. Uncounted.
    pub(crate) fn at_work(&self) -> BTreeMap<u32, Option<(u32, u32)>> {
        let Ok(state) = self.state() else {
            return BTreeMap::new();
        };
        (0..self.host.gpus.len() as u32)
            .flat_map(|gpu| self.work_ever(&state, gpu))
            .map(|work| (work.process.pid, work.gi.zip(work.ci)))
            .collect()
    }

    /// Ids of the processes that have ended.
    pub(crate) fn ended(&self) -> BTreeSet<u32> {
        self.state().map(|s| s.ended.clone()).unwrap_or_default()
    }

    /// Ends processes of the scenario for all who share the state, as their pod's end does. Uncounted.
    pub fn end(&self, pids: &[u32]) {
        // an unreadable state stays as it is, and the next call says so
        let _ = self.update(|state| state.ended.extend(pids));
    }
}
