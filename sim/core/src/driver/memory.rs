//! Memory of GPUs and instances.

use std::time::Duration;

use super::processes::{Work, process_memory_at};
use super::{DeviceRef, Driver, of};
use crate::ret::{Result, Ret};
use crate::state::{Gi, State};
use crate::tables::{self, Board};

/// Memory in bytes (`nvmlMemory_v2_t`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Memory {
    /// In all.
    pub total: u64,
    /// Taken by the driver for itself.
    pub reserved: u64,
    /// Left.
    pub free: u64,
    /// Used by processes and contexts, without what is reserved.
    pub used: u64,
}

/// BAR1 memory in bytes (`nvmlBAR1Memory_t`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bar1 {
    /// In all.
    pub total: u64,
    /// Left.
    pub free: u64,
    /// Mapped.
    pub used: u64,
}

const MIB: u64 = 1 << 20;

/// What an instance shows as used with nothing on it: 11 MiB per 20 GB on A100 (MIG User Guide).
const IDLE_SHARE: u64 = 1800;

/// What the driver keeps of a GPU's memory for itself, in MiB.
pub(crate) fn reserved_mib(board: &Board) -> u64 {
    board.memory_mib / 64
}

impl Driver {
    /// `nvmlDeviceGetMemoryInfo_v2`, before R510 `nvmlDeviceGetMemoryInfo`. A GPU's own under MIG: the sum, NO_PERMISSION
    /// without privilege (nvml.h).
    pub fn memory(&self, d: DeviceRef) -> Result<Memory> {
        let symbol = self.newest(&["nvmlDeviceGetMemoryInfo_v2", "nvmlDeviceGetMemoryInfo"]);
        self.enter(symbol, Some(d.gpu()))?;
        let state = self.state()?;
        let gpu = of(&state, d.gpu())?;
        let at = self.now();
        if let Some((gi, _)) = self.mig(&state, d)? {
            let work = self.work_at(&state, d.gpu(), at);
            return Ok(self.gi_memory(gi, &work, at));
        }
        if gpu.mode {
            self.privileged()?;
        }
        self.gpu_memory(&state, d.gpu(), at)
    }

    pub(super) fn gpu_memory(&self, state: &State, gpu: u32, at: Duration) -> Result<Memory> {
        let work = self.work_at(state, gpu, at);
        let reserved = reserved_mib(self.board) * MIB;
        let total = self.board.memory_mib * MIB;
        let instances: u64 = of(state, gpu)?
            .gis
            .iter()
            .map(|gi| self.gi_memory(gi, &work, at).used)
            .sum();
        let whole: u64 = work
            .iter()
            .filter(|work| work.gi.is_none())
            .map(|work| process_memory_at(work, at))
            .sum();
        let used = (instances + whole).min(total - reserved);
        Ok(Memory {
            total,
            reserved,
            free: total - reserved - used,
            used,
        })
    }

    pub(super) fn gi_memory(&self, gi: &Gi, work: &[Work], at: Duration) -> Memory {
        let total = self.gi_bytes(gi);
        let taken: u64 = work
            .iter()
            .filter(|work| work.gi == Some(gi.id))
            .map(|work| process_memory_at(work, at))
            .sum();
        let used = (total / IDLE_SHARE / MIB * MIB + taken).min(total);
        Memory {
            total,
            reserved: 0,
            free: total - used,
            used,
        }
    }

    pub(super) fn gi_bytes(&self, gi: &Gi) -> u64 {
        self.board.profile(gi.profile).map_or(0, |row| {
            tables::instance_mib(self.board, row, gi.start, self.major)
        }) * MIB
    }

    /// `nvmlDeviceGetBAR1MemoryInfo`; under MIG as memory.
    pub fn bar1(&self, d: DeviceRef) -> Result<Bar1> {
        self.enter("nvmlDeviceGetBAR1MemoryInfo", Some(d.gpu()))?;
        let state = self.state()?;
        let gpu = of(&state, d.gpu())?;
        let whole = self.board.memory_mib.next_power_of_two() * MIB;
        let (total, used) = match self.mig(&state, d)? {
            Some((gi, _)) => (self.bar1_share(gi, whole), 0),
            None => {
                if gpu.mode {
                    self.privileged()?;
                }
                (whole, MIB + 2 * MIB * self.busy_processes(&state, d.gpu()))
            }
        };
        Ok(Bar1 {
            total,
            free: total.saturating_sub(used),
            used,
        })
    }

    fn bar1_share(&self, gi: &Gi, whole: u64) -> u64 {
        self.board.profile(gi.profile).map_or(0, |row| {
            whole / u64::from(self.board.axis) * u64::from(row.size)
        })
    }

    fn busy_processes(&self, state: &State, gpu: u32) -> u64 {
        self.work(state, gpu).len() as u64
    }

    /// `nvmlDeviceGetAccountingMode` and such do not work under MIG; this one neither (nvml.h).
    pub(super) fn without_mig(&self, state: &State, d: DeviceRef) -> Result<()> {
        if matches!(d, DeviceRef::Mig { .. }) || of(state, d.gpu())?.mode {
            Err(Ret::NOT_SUPPORTED)
        } else {
            Ok(())
        }
    }
}
