//! The lane of MIG device handles: which slots are taken, and whether that is still so.

use std::collections::BTreeMap;

use super::watched::Watched;
use crate::domain::ids::{CiId, GiId, MigUuid};
use crate::domain::reading::Reading;
use crate::ports::gpu_api::{ApiError, ApiResult, Code, MigAttributes};

/// What a MIG device's handle told when it was looked at.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Device {
    /// Index of the handle; renumbered when instances change.
    pub(super) slot: u32,
    /// The handle.
    pub(super) handle: u64,
    pub(super) gi: GiId,
    pub(super) ci: CiId,
    pub(super) uuid: Reading<MigUuid>,
    pub(super) attributes: ApiResult<MigAttributes>,
}

/// The devices of one GPU, as far as its handles tell.
#[derive(Default)]
pub(super) struct Devices {
    /// Slots that can exist.
    max: u32,
    known: BTreeMap<u32, Device>,
    /// The free slot to be looked at next.
    next_free: u32,
}

impl Devices {
    /// Looks at every slot.
    ///
    /// # Errors
    /// If handles cannot be asked for at all; a hole is none.
    pub(super) fn look(&mut self, api: &Watched) -> ApiResult<()> {
        *self = Self::default();
        self.max = api.max_mig_devices()?;
        for slot in 0..self.max {
            match api.mig_handle(slot) {
                Ok(handle) => self.add(api, slot, handle)?,
                Err(e) if e.code == Code::NotFound => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    fn add(&mut self, api: &Watched, slot: u32, handle: u64) -> ApiResult<()> {
        let device = match api.mig_device(slot) {
            Ok(device) => device,
            // It went between the two calls; the next look at the slot finds it free.
            Err(e) if is_gone(&e) => return Ok(()),
            Err(e) => return Err(e),
        };
        let uuid = api.mig_uuid(slot).into();
        let attributes = api.mig_attributes(slot);
        self.known.insert(
            slot,
            Device {
                slot,
                handle,
                gi: device.gi,
                ci: device.ci,
                uuid,
                attributes,
            },
        );
        Ok(())
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Device> {
        self.known.values()
    }

    pub(super) fn len(&self) -> u32 {
        self.known.len() as u32
    }

    /// The device of a compute instance.
    pub(super) fn find(&self, gi: GiId, ci: CiId) -> Option<&Device> {
        self.all().find(|d| (d.gi, d.ci) == (gi, ci))
    }

    /// The first device of a GPU instance.
    pub(super) fn of_instance(&self, gi: GiId) -> Option<&Device> {
        self.all().find(|d| d.gi == gi)
    }

    /// Asks for every other known handle again, beginning with the first or the second: all of them in two beats.
    pub(super) fn half_is_unchanged(&self, api: &Watched, odd: bool) -> bool {
        self.all().skip(usize::from(odd)).step_by(2).all(|device| {
            match api.mig_handle(device.slot) {
                Ok(handle) => handle == device.handle,
                Err(e) => !is_gone(&e),
            }
        })
    }

    /// Whether the lowest free slot is still free. Drivers number devices without gaps, so a new one comes there, or
    /// moves a known one.
    pub(super) fn lowest_free_is_free(&self, api: &Watched) -> bool {
        self.free()
            .next()
            .is_none_or(|slot| api.mig_handle(slot).is_err())
    }

    /// Whether the next of the other free slots is still free: NVML allows gaps.
    pub(super) fn next_free_is_free(&mut self, api: &Watched) -> bool {
        let from = self.next_free;
        let Some(slot) = self
            .free()
            .skip(1)
            .find(|&slot| slot >= from)
            .or_else(|| self.free().nth(1))
        else {
            return true;
        };
        self.next_free = slot + 1;
        api.mig_handle(slot).is_err()
    }

    fn free(&self) -> impl Iterator<Item = u32> {
        (0..self.max).filter(|slot| !self.known.contains_key(slot))
    }
}

/// Whether an error says that the instance behind a handle or an id is no more.
pub(super) fn is_gone(error: &ApiError) -> bool {
    matches!(error.code, Code::NotFound | Code::InvalidArgument)
}
