//! Which processes work on what, for the simulated host's files: the same answer as NVML's process lists give.

use std::collections::{BTreeMap, BTreeSet};

use super::Driver;
use crate::scenario::model::Process;

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

    /// Processes that have begun since the start of the simulation.
    pub(crate) fn started(&self) -> Vec<Process> {
        self.state().map(|s| s.started.clone()).unwrap_or_default()
    }

    /// Ends processes for all who share the state, as their pod's end does. Uncounted.
    pub fn end(&self, pids: &[u32]) {
        // an unreadable state stays as it is, and the next call says so
        let _ = self.update(|state| {
            state.started.retain(|p| !pids.contains(&p.pid));
            state.ended.extend(pids);
        });
    }

    /// Begins a process for all who share the state, now: on the instance that is at its place, whoever made that.
    /// One with the same pid is replaced. Uncounted.
    pub fn begin(&self, mut process: Process) {
        process.starts_at = self.now().as_secs_f64();
        let _ = self.update(|state| {
            state.ended.remove(&process.pid);
            state.started.retain(|p| p.pid != process.pid);
            state.started.push(process);
        });
    }
}
