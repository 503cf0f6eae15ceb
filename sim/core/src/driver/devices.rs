//! MIG device handles.

use super::{DeviceRef, Driver, of};
use crate::ret::{Result, Ret};
use crate::rules::compute;
use crate::tables;

/// `nvmlDeviceAttributes_t`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)] // named as in NVML
pub struct Attributes {
    /// Streaming multiprocessors of the compute instance.
    pub sm: u32,
    pub ce: u32,
    pub dec: u32,
    pub enc: u32,
    pub jpg: u32,
    pub ofa: u32,
    /// Compute slices of the GPU instance.
    pub gi_slices: u32,
    /// Compute slices of the compute instance.
    pub ci_slices: u32,
    /// Memory of the GPU instance in MiB.
    pub memory_mib: u64,
}

impl Driver {
    /// `nvmlDeviceGetMaxMigDeviceCount`: 0 with MIG off.
    pub fn max_mig_devices(&self, gpu: u32) -> Result<u32> {
        self.enter("nvmlDeviceGetMaxMigDeviceCount", Some(gpu))?;
        let state = self.state()?;
        Ok(if of(&state, gpu)?.mode {
            self.board.slices
        } else {
            0
        })
    }

    /// `nvmlDeviceGetMigDeviceHandleByIndex`: devices in the order of GPU-instance id, renumbered at every change.
    /// NOT_FOUND behind the last one; NOT_SUPPORTED: MIG off.
    pub fn mig_by_index(&self, gpu: u32, slot: u32) -> Result<(u32, u32)> {
        self.enter("nvmlDeviceGetMigDeviceHandleByIndex", Some(gpu))?;
        let state = self.state()?;
        let there = of(&state, gpu)?;
        if !there.mode {
            return Err(Ret::NOT_SUPPORTED);
        }
        there
            .devices()
            .get(slot as usize)
            .map(|(gi, ci)| (gi.id, ci.id))
            .ok_or(Ret::NOT_FOUND)
    }

    /// `nvmlDeviceIsMigDeviceHandle`
    pub fn is_mig(&self, d: DeviceRef) -> Result<bool> {
        self.enter("nvmlDeviceIsMigDeviceHandle", Some(d.gpu()))?;
        Ok(matches!(d, DeviceRef::Mig { .. }))
    }

    /// `nvmlDeviceGetGpuInstanceId`. NOT_SUPPORTED for a GPU; INVALID_ARGUMENT: it is gone.
    pub fn gi_id(&self, d: DeviceRef) -> Result<u32> {
        self.enter("nvmlDeviceGetGpuInstanceId", Some(d.gpu()))?;
        let state = self.state()?;
        self.mig(&state, d)?
            .map(|(gi, _)| gi.id)
            .ok_or(Ret::NOT_SUPPORTED)
    }

    /// `nvmlDeviceGetComputeInstanceId`. NOT_SUPPORTED for a GPU; INVALID_ARGUMENT: it is gone.
    pub fn ci_id(&self, d: DeviceRef) -> Result<u32> {
        self.enter("nvmlDeviceGetComputeInstanceId", Some(d.gpu()))?;
        let state = self.state()?;
        self.mig(&state, d)?
            .map(|(_, ci)| ci.id)
            .ok_or(Ret::NOT_SUPPORTED)
    }

    /// `nvmlDeviceGetDeviceHandleFromMigDeviceHandle`. INVALID_ARGUMENT for a GPU, or it is gone.
    pub fn parent(&self, d: DeviceRef) -> Result<u32> {
        self.enter(
            "nvmlDeviceGetDeviceHandleFromMigDeviceHandle",
            Some(d.gpu()),
        )?;
        let state = self.state()?;
        self.mig(&state, d)?
            .map(|_| d.gpu())
            .ok_or(Ret::INVALID_ARGUMENT)
    }

    /// `nvmlDeviceGetAttributes_v2`. NOT_SUPPORTED for a GPU; INVALID_ARGUMENT: it is gone.
    pub fn attributes(&self, d: DeviceRef) -> Result<Attributes> {
        self.enter("nvmlDeviceGetAttributes_v2", Some(d.gpu()))?;
        let state = self.state()?;
        let (gi, ci) = self.mig(&state, d)?.ok_or(Ret::NOT_SUPPORTED)?;
        let (gi, row) = self.gi_row(of(&state, d.gpu())?, gi.id)?;
        let profile = compute::profile(self.board, row, ci.profile)?;
        Ok(Attributes {
            sm: profile.sm,
            ce: row.engines.ce,
            dec: row.engines.dec,
            enc: row.engines.enc,
            jpg: row.engines.jpg,
            ofa: row.engines.ofa,
            gi_slices: row.slices,
            ci_slices: profile.slices,
            memory_mib: tables::instance_mib(self.board, row, gi.start, self.major),
        })
    }
}
