//! The scenario's processes as the driver sees them.

use std::time::Duration;

use super::load::Curve;
use super::{DeviceRef, Driver, of};
use crate::ret::{Result, Ret};
use crate::scenario::model::Process;
use crate::state::State;

/// One of NVML's process lists.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProcKind {
    /// Compute contexts.
    Compute,
    /// Graphics contexts.
    Graphics,
    /// MPS compute contexts; no scenario has any.
    Mps,
}

/// A process on a device (`nvmlProcessInfo_t`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Proc {
    /// Process id.
    pub pid: u32,
    /// Memory in bytes.
    pub memory: Option<u64>,
    /// GPU instance; `None` without MIG.
    pub gi: Option<u32>,
    /// Compute instance; `None` without MIG.
    pub ci: Option<u32>,
}

/// A process at work on a GPU, or on an instance of it.
pub(super) struct Work<'a> {
    pub(super) process: &'a Process,
    pub(super) gi: Option<u32>,
    pub(super) ci: Option<u32>,
}

impl Driver {
    /// `symbol` says which form was called. A GPU's own list under MIG: of all instances, NO_PERMISSION without
    /// privilege (nvml.h).
    pub fn processes(
        &self,
        d: DeviceRef,
        kind: ProcKind,
        symbol: &'static str,
    ) -> Result<Vec<Proc>> {
        self.enter(symbol, Some(d.gpu()))?;
        let state = self.state()?;
        let on_instance = self.mig(&state, d)?.map(|(gi, ci)| (gi.id, ci.id));
        if on_instance.is_none() && of(&state, d.gpu())?.mode {
            self.privileged()?;
        }
        let mut list: Vec<Proc> = self
            .work(&state, d.gpu())
            .iter()
            .filter(|work| match kind {
                ProcKind::Compute => !work.process.graphics,
                ProcKind::Graphics => work.process.graphics,
                ProcKind::Mps => false,
            })
            .filter(|work| {
                on_instance.is_none_or(|(gi, ci)| (work.gi, work.ci) == (Some(gi), Some(ci)))
            })
            .map(|work| Proc {
                pid: work.process.pid,
                memory: Some(self.process_memory(work)),
                gi: work.gi,
                ci: work.ci,
            })
            .collect();
        list.sort_by_key(|process| process.pid);
        Ok(list)
    }

    /// `nvmlSystemGetProcessName`. NOT_FOUND.
    pub fn process_name(&self, pid: u32) -> Result<String> {
        self.enter("nvmlSystemGetProcessName", None)?;
        let state = self.state()?;
        self.host
            .processes
            .iter()
            .filter(|process| !state.ended.contains(&process.pid))
            .chain(&state.started)
            .find(|process| process.pid == pid && self.present(process))
            .and_then(|process| process.argv.first().cloned())
            .ok_or(Ret::NOT_FOUND)
    }

    /// Whether a process exists now.
    pub(super) fn present(&self, process: &Process) -> bool {
        Curve::of_process(process).present(self.now())
    }

    /// Who works on a GPU now.
    pub(super) fn work<'a>(&'a self, state: &'a State, gpu: u32) -> Vec<Work<'a>> {
        self.work_at(state, gpu, self.now())
    }

    /// Who of those that now have a place on a GPU worked on it at another time.
    pub(super) fn work_at<'a>(&'a self, state: &'a State, gpu: u32, at: Duration) -> Vec<Work<'a>> {
        let mut all = self.work_ever(state, gpu);
        all.retain(|work| Curve::of_process(work.process).present(at));
        all
    }

    /// Who works on a GPU, also those that are away for the moment. A process belongs to the instance that the scenario
    /// put it on: it does not appear on another one that was created later in the same place. One that began meanwhile
    /// works on what it found there.
    pub(super) fn work_ever<'a>(&'a self, state: &'a State, gpu: u32) -> Vec<Work<'a>> {
        let Ok(there) = of(state, gpu) else {
            return Vec::new();
        };
        if state.reloads > 0 {
            return Vec::new();
        }
        let alive = self.host.processes.iter();
        let alive = alive.filter(|p| !state.ended.contains(&p.pid));
        let alive = alive.map(|p| (p, true));
        let on_gpu = alive.chain(state.started.iter().map(|p| (p, false)));
        on_gpu
            .filter(|(process, _)| process.gpu == Some(gpu))
            .filter_map(|(process, original)| {
                let Some(start) = process.at else {
                    return Some(Work {
                        process,
                        gi: None,
                        ci: None,
                    });
                };
                let gi = there
                    .gis
                    .iter()
                    .find(|gi| (gi.original || !original) && gi.start == start)?;
                let mut cis = gi.cis.iter();
                let ci = match original {
                    true => cis.find(|ci| ci.original == Some(process.ci))?,
                    false => cis.nth(process.ci as usize)?,
                };
                Some(Work {
                    process,
                    gi: Some(gi.id),
                    ci: Some(ci.id),
                })
            })
            .collect()
    }

    /// Whether someone in the scenario keeps a GPU from being reset: works on it, or has its device node open.
    pub(super) fn held_in_scenario(&self, state: &State, gpu: u32) -> bool {
        !self.work(state, gpu).is_empty()
            || self
                .host
                .processes
                .iter()
                .filter(|process| !state.ended.contains(&process.pid))
                .chain(&state.started)
                .any(|process| process.holds.contains(&gpu) && self.present(process))
    }

    /// Memory in bytes: the scenario's, with a slow swing of two per cent while it works.
    pub(super) fn process_memory(&self, work: &Work) -> u64 {
        process_memory_at(work, self.now())
    }

    pub(super) fn seconds(&self) -> f64 {
        seconds(self.now())
    }
}

pub(super) fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}

pub(super) fn process_memory_at(work: &Work, at: Duration) -> u64 {
    let swing = Curve::memory(work.process).at(at);
    (work.process.memory_mib as f64 * swing * 16.0).round() as u64 * (1 << 16)
}
