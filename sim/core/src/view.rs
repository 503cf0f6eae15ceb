//! The host as it is now, for the fake host tree and the cluster objects: scenario, present layout, time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use crate::driver::{CiSnapshot, Driver, GiSnapshot, GpuSnapshot, Snapshot};
use crate::scenario::model::{Host, Process, Scenario};
use crate::tables::Board;

pub(crate) struct View<'a> {
    pub(crate) host: &'a Host,
    pub(crate) board: &'static Board,
    /// The layout now.
    pub(crate) layout: Snapshot,
    /// The layout that the scenario starts with: what pods were given then.
    pub(crate) first: Snapshot,
    at_work: BTreeMap<u32, Option<(u32, u32)>>,
    ended: BTreeSet<u32>,
    started: Vec<Process>,
    /// Since the start of the simulation.
    pub(crate) now: Duration,
    /// Start of the simulation.
    pub(crate) epoch: SystemTime,
}

impl<'a> View<'a> {
    pub(crate) fn of(driver: &'a Driver) -> Self {
        let host = driver.host();
        let alone = Scenario {
            name: driver.scenario_name().to_owned(),
            about: String::new(),
            pods: Vec::new(),
            budgets: Vec::new(),
            quotas: Vec::new(),
            hosts: vec![host.clone()],
        };
        // the host was opened before, so it opens again
        let first = Driver::open(&alone, &host.name, None)
            .map_or_else(|_| Snapshot::default(), |d| d.peek());
        Self {
            host,
            board: driver.table(),
            layout: driver.peek(),
            at_work: driver.at_work(),
            ended: driver.ended(),
            started: driver.started(),
            first,
            now: driver.now(),
            epoch: driver.epoch(),
        }
    }

    /// Time since boot.
    pub(crate) fn uptime(&self) -> Duration {
        Duration::from_secs(self.host.uptime_seconds) + self.now
    }

    /// Wall-clock time `seconds` before the start of the simulation.
    pub(crate) fn before_start(&self, seconds: u64) -> SystemTime {
        self.epoch
            .checked_sub(Duration::from_secs(seconds))
            .unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// Whether no GPU's layout differs from the scenario's.
    pub(crate) fn is_as_at_start(&self) -> bool {
        let bare = |snapshot: &Snapshot| -> Vec<(bool, Vec<GiSnapshot>)> {
            snapshot
                .gpus
                .iter()
                .map(|g| (g.mig, g.instances.clone()))
                .collect()
        };
        bare(&self.layout) == bare(&self.first)
    }

    /// The processes that run now: not those that come and go and are away, nor those that have ended or whose instance
    /// is gone.
    pub(crate) fn processes(&self) -> impl Iterator<Item = &Process> {
        let scenario = self.host.processes.iter();
        scenario
            .filter(|p| !self.ended.contains(&p.pid))
            .chain(&self.started)
            .filter(|p| present(p, self.now) && self.has_its_gpu(p))
    }

    /// GPU-instance id and compute-instance id that a process works on.
    pub(crate) fn instance_of(&self, process: &Process) -> Option<(u32, u32)> {
        *self.at_work.get(&process.pid)?
    }

    /// Device id that the device plugin gave for a slot of the scenario (`[gpu]` or `[gpu, start]`) when the
    /// simulation started. It stays a pod's until the pod goes, whatever became of the instance.
    pub(crate) fn given_device(&self, slot: &[u32]) -> Option<String> {
        match *slot {
            [gpu] => Some(self.first.gpus.get(gpu as usize)?.uuid.clone()),
            [gpu, start] => {
                let gi = instance(self.first.gpus.get(gpu as usize)?, start)?;
                Some(gi.cis.first()?.uuid.clone())
            }
            _ => None,
        }
    }

    /// MIG devices of a GPU in NVML's order.
    pub(crate) fn devices(gpu: &GpuSnapshot) -> Vec<(&GiSnapshot, &CiSnapshot)> {
        let mut all: Vec<_> = gpu
            .instances
            .iter()
            .flat_map(|gi| gi.cis.iter().map(move |ci| (gi, ci)))
            .collect();
        all.sort_by_key(|(_, ci)| ci.index);
        all
    }

    /// A process does not outlive the instance that it works on, nor the driver.
    fn has_its_gpu(&self, process: &Process) -> bool {
        process.gpu.is_none() || self.at_work.contains_key(&process.pid)
    }
}

fn instance(gpu: &GpuSnapshot, start: u32) -> Option<&GiSnapshot> {
    gpu.instances.iter().find(|gi| gi.start == start)
}

/// Whether a process that comes and goes is there: first the present part of its cycle, then the absent one.
pub(crate) fn present(process: &Process, now: Duration) -> bool {
    if process.starts_at > now.as_secs_f64() {
        return false;
    }
    match process.cycle_seconds.as_slice() {
        [on, off, ..] if on + off > 0 => now.as_secs() % (on + off) < *on,
        _ => true,
    }
}
