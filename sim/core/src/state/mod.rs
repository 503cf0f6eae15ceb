//! What changes while the simulation runs: modes, instances, injected faults, clients. Shared by processes as a file.

mod clients;
mod store;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::rules::Placed;
use crate::scenario::model::{Fault, Process};

pub(crate) use clients::Client;
pub use store::StateError;
pub(crate) use store::Store;

/// Version of the file's shape.
pub(crate) const FORMAT: u32 = 1;

/// The state of one simulated host.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) format: u32,
    pub(crate) scenario: String,
    pub(crate) host: String,
    /// Start of the simulation, milliseconds of Unix time.
    pub(crate) epoch_ms: u64,
    /// Driver reloads; the scenario's GPU work exists only before the first.
    pub(crate) reloads: u32,
    /// Processes of the scenario that have ended.
    #[serde(default)]
    pub(crate) ended: BTreeSet<u32>,
    /// Processes that have begun meanwhile.
    #[serde(default)]
    pub(crate) started: Vec<Process>,
    pub(crate) gpus: Vec<GpuState>,
    /// The scenario's own faults count.
    pub(crate) scenario_faults: bool,
    pub(crate) injected: Vec<Injected>,
    pub(crate) clients: Vec<Client>,
    /// Last number given to an instance, fault or client.
    pub(crate) serial: u64,
}

/// MIG on one GPU.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct GpuState {
    pub(crate) mode: bool,
    pub(crate) pending: bool,
    /// Grows with every change of instances or mode.
    pub(crate) change: u64,
    pub(crate) gis: Vec<Gi>,
}

/// A GPU instance.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Gi {
    pub(crate) id: u32,
    pub(crate) profile: u32,
    pub(crate) start: u32,
    /// Tells it from an earlier one of the same id.
    pub(crate) serial: u64,
    /// The scenario's own, which its processes work on.
    pub(crate) original: bool,
    /// Times that destroying it still answers IN_USE (fault).
    pub(crate) sticky: u32,
    pub(crate) cis: Vec<Ci>,
}

/// A compute instance.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Ci {
    pub(crate) id: u32,
    pub(crate) profile: u32,
    pub(crate) start: u32,
    /// Its place in the scenario's list, which the scenario's processes name.
    pub(crate) original: Option<u32>,
}

/// A fault that came while the simulation ran.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Injected {
    pub(crate) serial: u64,
    /// When, milliseconds since the epoch; the fault's own times count from here.
    pub(crate) at_ms: u64,
    pub(crate) fault: Fault,
}

/// A serial is given once: what it names does not change.
impl PartialEq for Injected {
    fn eq(&self, other: &Self) -> bool {
        self.serial == other.serial
    }
}

impl State {
    pub(crate) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }
}

impl GpuState {
    pub(crate) fn gi(&self, id: u32) -> Option<&Gi> {
        self.gis.iter().find(|gi| gi.id == id)
    }

    pub(crate) fn gi_mut(&mut self, id: u32) -> Option<&mut Gi> {
        self.gis.iter_mut().find(|gi| gi.id == id)
    }

    pub(crate) fn layout(&self) -> Vec<Placed> {
        self.gis.iter().map(|gi| (gi.profile, gi.start)).collect()
    }

    /// MIG devices in NVML's order: by GPU instance id, then compute instance id, without holes.
    pub(crate) fn devices(&self) -> Vec<(&Gi, &Ci)> {
        let mut all: Vec<(&Gi, &Ci)> = self
            .gis
            .iter()
            .flat_map(|gi| gi.cis.iter().map(move |ci| (gi, ci)))
            .collect();
        all.sort_by_key(|(gi, ci)| (gi.id, ci.id));
        all
    }
}

impl Gi {
    pub(crate) fn ci(&self, id: u32) -> Option<&Ci> {
        self.cis.iter().find(|ci| ci.id == id)
    }

    pub(crate) fn placed(&self) -> Vec<Placed> {
        self.cis.iter().map(|ci| (ci.profile, ci.start)).collect()
    }
}
