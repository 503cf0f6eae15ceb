//! MIG mode.

use super::{Driver, hold, of};
use crate::ret::{Result, Ret};

impl Driver {
    /// `nvmlDeviceGetMigMode`: now, and after the next reset.
    pub fn mig_mode(&self, gpu: u32) -> Result<(bool, bool)> {
        self.enter("nvmlDeviceGetMigMode", Some(gpu))?;
        let state = self.state()?;
        let there = of(&state, gpu)?;
        Ok((there.mode, there.pending))
    }

    /// `nvmlDeviceSetMigMode`. The answer is the activation status: SUCCESS, or IN_USE where the change only waits for
    /// a reset.
    ///
    /// Ampere resets the GPU and cannot while another client or a process holds it; Hopper and later change at once
    /// (MIG User Guide, getting started). Setting the mode in force takes a waiting change back. Switching off with
    /// instances is IN_USE: published failures read "Unable to disable MIG Mode .. In use by another client", and
    /// NVIDIA's guide and mig-parted destroy them first; what a driver does with idle ones is not published.
    pub fn set_mig_mode(&self, gpu: u32, on: bool) -> Result<Ret> {
        self.enter("nvmlDeviceSetMigMode", Some(gpu))?;
        self.privileged()?;
        let own = hold(&self.uses).1;
        self.update_gpu(gpu, |state, i| {
            if state.gpus[i].mode == on {
                state.gpus[i].pending = on;
                return Ok(Ret::SUCCESS);
            }
            if !on && !state.gpus[i].gis.is_empty() {
                return Err(Ret::IN_USE);
            }
            let others = state
                .clients
                .iter()
                .any(|client| Some(client.serial) != own);
            let held = others || self.held_in_scenario(state, gpu);
            let there = &mut state.gpus[i];
            there.pending = on;
            if held && !self.board.resetless() {
                return Ok(Ret::IN_USE);
            }
            there.mode = on;
            there.change += 1;
            Ok(Ret::SUCCESS)
        })
    }
}
