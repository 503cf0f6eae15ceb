//! The port over the real library, with a fallback per function for drivers that lack the newer form.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nvml_wrapper_sys::bindings as c;

use super::events::Events;
use super::ffi::{self, Device, Library};
use super::gpm::Samples;
use super::{names, profiles};
use crate::domain::gpu::{CiProfile, Engines, GiProfile, GpuIdentity, MigMode, RecoveryAction};
use crate::domain::ids::{CiId, GiId, GpuIndex, GpuUuid, MigUuid, PciAddress, Pid, ProfileId};
use crate::domain::placement::Placement;
use crate::domain::process::{GpuProcess, ProcessKind};
use crate::domain::reading::{AbsentCode, Reading};
use crate::domain::units::Bytes;
use crate::ports::gpu_api::{
    ApiError, ApiResult, CiInfo, Clock, Code, GiInfo, Gpm, GpuApi, GpuEvent, Memory, MigAttributes,
    MigDevice, Pcie, RemappedRows, Versions,
};

/// `NVML_CLOCK_SM`.
const CLOCK_SM: u32 = 1;
/// `NVML_CLOCK_MEM`.
const CLOCK_MEM: u32 = 2;
/// `NVML_FI_DEV_GET_GPU_RECOVERY_ACTION`.
const RECOVERY_ACTION: u32 = 230;
/// `NVML_VALUE_NOT_AVAILABLE`.
pub(super) const NOT_AVAILABLE: u64 = u64::MAX;

/// Asks the older form of a function where the newer one is not there, or does not know our struct.
///
/// Where no form is there, the newest is the one that is named.
pub(super) fn or_older<T>(
    newer: ApiResult<T>,
    older: impl FnOnce() -> ApiResult<T>,
) -> ApiResult<T> {
    match newer {
        Err(e) if matches!(e.code, Code::SymbolMissing | Code::ArgumentVersionMismatch) => {
            match older() {
                Err(again) if again.code == Code::SymbolMissing => Err(e),
                other => other,
            }
        }
        other => other,
    }
}

/// An id that NVML attributes to nothing with 0xFFFFFFFF.
pub(super) fn attributed(id: u32) -> Option<u32> {
    (id != u32::MAX).then_some(id)
}

/// What is remembered of one GPU.
#[derive(Default)]
pub(super) struct Gpu {
    /// The GPU's own handle, good until the library is shut down.
    device: Option<Device>,
    /// MIG devices by slot, as of the last look, with their GPU instance once asked.
    slots: HashMap<u32, (Device, Option<GiId>)>,
}

/// The real library. Dropping it shuts NVML down.
pub(super) struct RealApi {
    library: Arc<Library>,
    path: String,
    gpus: Mutex<HashMap<u32, Gpu>>,
    samples: Samples,
    events: Events,
}

impl RealApi {
    pub(super) fn new(library: Library, path: String) -> Self {
        Self {
            library: Arc::new(library),
            path,
            gpus: Mutex::default(),
            samples: Samples::default(),
            events: Events::default(),
        }
    }

    /// Never held during a call: a call may not come back.
    fn remembered(&self) -> MutexGuard<'_, HashMap<u32, Gpu>> {
        self.gpus.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gpu(&self, gpu: u32) -> ApiResult<Device> {
        if let Some(device) = self.remembered().get(&gpu).and_then(|g| g.device) {
            return Ok(device);
        }
        let device = self.library.gpu(gpu)?;
        self.remembered().entry(gpu).or_default().device = Some(device);
        Ok(device)
    }

    fn slot(&self, gpu: u32, slot: u32) -> ApiResult<Device> {
        if let Some(&(device, _)) = self.remembered().get(&gpu).and_then(|g| g.slots.get(&slot)) {
            return Ok(device);
        }
        self.look_up(gpu, slot)
    }

    /// Asks for the handle of a slot, whatever is remembered.
    fn look_up(&self, gpu: u32, slot: u32) -> ApiResult<Device> {
        let parent = self.gpu(gpu)?;
        let device = self.library.mig_device(parent, slot);
        let mut gpus = self.remembered();
        let slots = &mut gpus.entry(gpu).or_default().slots;
        match device {
            Ok(device) if slots.get(&slot).is_some_and(|(known, _)| *known == device) => {}
            Ok(device) => drop(slots.insert(slot, (device, None))),
            Err(_) => drop(slots.remove(&slot)),
        }
        device
    }

    /// A MIG device of a GPU instance, for functions that take no instance id.
    fn device_of(&self, gpu: u32, gi: GiId) -> Option<Device> {
        let gpus = self.remembered();
        let slots = &gpus.get(&gpu)?.slots;
        slots
            .values()
            .find(|(_, of)| *of == Some(gi))
            .map(|(device, _)| *device)
    }

    fn memory_of(&self, device: Device) -> ApiResult<Memory> {
        let newer = self.library.memory_v2(device).map(|m| Memory {
            total: Bytes(m.total),
            used: Bytes(m.used),
        });
        or_older(newer, || {
            let m = self.library.memory_v1(device)?;
            Ok(Memory {
                total: Bytes(m.total),
                used: Bytes(m.used),
            })
        })
    }

    fn pci(&self, device: Device) -> ApiResult<(PciAddress, u32)> {
        let pci: c::nvmlPciInfo_t =
            or_older(self.library.pci_v3(device), || self.library.pci_v2(device))?;
        let address = PciAddress {
            domain: pci.domain,
            bus: pci.bus as u8,
            device: pci.device as u8,
            function: 0,
        };
        Ok((address, pci.pciDeviceId))
    }
}

impl GpuApi for RealApi {
    fn versions(&self) -> ApiResult<Versions> {
        Ok(Versions {
            driver: self.library.driver_version()?,
            nvml: self.library.nvml_version(),
            cuda: or_older(self.library.cuda_version_v2(), || {
                self.library.cuda_version()
            }),
        })
    }

    fn library(&self) -> String {
        self.path.clone()
    }

    fn count(&self) -> ApiResult<u32> {
        self.library.count()
    }

    fn identity(&self, gpu: u32) -> ApiResult<GpuIdentity> {
        let device = self.gpu(gpu)?;
        let uuid = self.library.uuid(device)?;
        let pci = self.pci(device);
        Ok(GpuIdentity {
            index: GpuIndex(gpu),
            uuid: GpuUuid::new(&uuid),
            name: self.library.name(device).map(Into::into).into(),
            pci: pci.map(|(address, _)| address).into(),
            pci_device_id: pci.map(|(_, id)| id).into(),
            serial: self.library.serial(device).map(Into::into).into(),
            minor: self.library.minor(device).into(),
            architecture: self
                .library
                .architecture(device)
                .map(names::architecture)
                .into(),
        })
    }

    fn mig_mode(&self, gpu: u32) -> ApiResult<MigMode> {
        let (current, pending) = self.library.mig_mode(self.gpu(gpu)?)?;
        Ok(MigMode {
            current: current == 1,
            pending: pending == 1,
        })
    }

    fn persistence(&self, gpu: u32) -> ApiResult<bool> {
        Ok(self.library.persistence(self.gpu(gpu)?)? == 1)
    }

    fn gi_profiles(&self, gpu: u32) -> ApiResult<Vec<GiProfile>> {
        profiles::of_gpu(&self.library, self.gpu(gpu)?)
    }

    fn gpu_instances(&self, gpu: u32, profile: ProfileId) -> ApiResult<Vec<GiInfo>> {
        let list = self.library.gpu_instances(self.gpu(gpu)?, profile.0)?;
        list.into_iter()
            .map(|gi| self.library.gpu_instance_info(gi).map(gi_info))
            .collect()
    }

    fn gpu_instance_count(&self, gpu: u32, profile: ProfileId) -> ApiResult<u32> {
        let list = self.library.gpu_instances(self.gpu(gpu)?, profile.0)?;
        Ok(list.len() as u32)
    }

    fn gpu_instance(&self, gpu: u32, gi: GiId) -> ApiResult<GiInfo> {
        let gi = self.library.gpu_instance_by_id(self.gpu(gpu)?, gi.0)?;
        self.library.gpu_instance_info(gi).map(gi_info)
    }

    fn ci_profiles(&self, gpu: u32, gi: GiId) -> ApiResult<Vec<CiProfile>> {
        let gi = self.library.gpu_instance_by_id(self.gpu(gpu)?, gi.0)?;
        profiles::of_instance(&self.library, gi)
    }

    fn compute_instances(&self, gpu: u32, gi: GiId, profile: ProfileId) -> ApiResult<Vec<CiInfo>> {
        let gi = self.library.gpu_instance_by_id(self.gpu(gpu)?, gi.0)?;
        let list = self.library.compute_instances(gi, profile.0)?;
        list.into_iter()
            .map(|ci| {
                let newer = self
                    .library
                    .compute_instance_info_v2(ci)
                    .map(|i| ci_info(&i, true));
                or_older(newer, || {
                    self.library
                        .compute_instance_info_v1(ci)
                        .map(|i| ci_info(&i, false))
                })
            })
            .collect()
    }

    fn max_mig_devices(&self, gpu: u32) -> ApiResult<u32> {
        self.library.max_mig_devices(self.gpu(gpu)?)
    }

    fn mig_handle(&self, gpu: u32, slot: u32) -> ApiResult<u64> {
        self.look_up(gpu, slot).map(Device::number)
    }

    fn mig_device(&self, gpu: u32, slot: u32) -> ApiResult<MigDevice> {
        let device = self.slot(gpu, slot)?;
        let gi = GiId(self.library.gi_id(device)?);
        let ci = CiId(self.library.ci_id(device)?);
        if let Some(known) = self
            .remembered()
            .get_mut(&gpu)
            .and_then(|g| g.slots.get_mut(&slot))
        {
            known.1 = Some(gi);
        }
        Ok(MigDevice { gi, ci })
    }

    fn mig_uuid(&self, gpu: u32, slot: u32) -> ApiResult<MigUuid> {
        self.library
            .uuid(self.slot(gpu, slot)?)
            .map(|uuid| MigUuid::new(&uuid))
    }

    fn mig_attributes(&self, gpu: u32, slot: u32) -> ApiResult<MigAttributes> {
        let device = self.slot(gpu, slot)?;
        let a = or_older(self.library.attributes_v2(device), || {
            self.library.attributes_v1(device)
        })?;
        Ok(MigAttributes {
            sm: a.multiprocessorCount,
            engines: Engines {
                copy: a.sharedCopyEngineCount,
                decoder: a.sharedDecoderCount,
                encoder: a.sharedEncoderCount,
                jpeg: a.sharedJpegCount,
                ofa: a.sharedOfaCount,
            },
            gi_slices: a.gpuInstanceSliceCount,
            ci_slices: a.computeInstanceSliceCount,
            memory: Bytes::mib(a.memorySizeMB),
        })
    }

    fn mig_name(&self, gpu: u32, slot: u32) -> ApiResult<String> {
        self.library.name(self.slot(gpu, slot)?)
    }

    fn mig_memory(&self, gpu: u32, slot: u32) -> ApiResult<Memory> {
        self.memory_of(self.slot(gpu, slot)?)
    }

    fn memory(&self, gpu: u32) -> ApiResult<Memory> {
        self.memory_of(self.gpu(gpu)?)
    }

    fn temperature(&self, gpu: u32) -> ApiResult<u32> {
        self.library.temperature(self.gpu(gpu)?)
    }

    fn power(&self, gpu: u32) -> ApiResult<u32> {
        self.library.power(self.gpu(gpu)?)
    }

    fn power_limit(&self, gpu: u32) -> ApiResult<u32> {
        self.library.power_limit(self.gpu(gpu)?)
    }

    fn clock(&self, gpu: u32, clock: Clock) -> ApiResult<u32> {
        let device = self.gpu(gpu)?;
        match clock {
            Clock::Sm => self.library.clock(device, CLOCK_SM),
            Clock::Memory => self.library.clock(device, CLOCK_MEM),
            Clock::SmMax => self.library.max_clock(device, CLOCK_SM),
            Clock::MemoryMax => self.library.max_clock(device, CLOCK_MEM),
        }
    }

    fn pstate(&self, gpu: u32) -> ApiResult<u32> {
        self.library.pstate(self.gpu(gpu)?)
    }

    fn throttle(&self, gpu: u32) -> ApiResult<u64> {
        let device = self.gpu(gpu)?;
        or_older(self.library.event_reasons(device), || {
            self.library.throttle_reasons(device)
        })
    }

    fn utilization(&self, gpu: u32) -> ApiResult<(u32, u32)> {
        let rates = self.library.utilization(self.gpu(gpu)?)?;
        Ok((rates.gpu, rates.memory))
    }

    fn processes(&self, gpu: u32, kind: ProcessKind) -> ApiResult<Vec<GpuProcess>> {
        let (l, device) = (&self.library, self.gpu(gpu)?);
        let list = match kind {
            ProcessKind::Compute => or_older(l.compute_v3(device), || {
                or_older(l.compute_v2(device), || l.compute_v1(device))
            }),
            ProcessKind::Graphics => or_older(l.graphics_v3(device), || {
                or_older(l.graphics_v2(device), || l.graphics_v1(device))
            }),
            ProcessKind::Mps => or_older(l.mps_v3(device), || {
                or_older(l.mps_v2(device), || l.mps_v1(device))
            }),
        }?;
        Ok(list.into_iter().map(|p| process(p, kind)).collect())
    }

    fn pcie(&self, gpu: u32, what: Pcie) -> ApiResult<u32> {
        let device = self.gpu(gpu)?;
        match what {
            Pcie::Generation => self.library.pcie_generation(device),
            Pcie::GenerationMax => self.library.pcie_generation_max(device),
            Pcie::Width => self.library.pcie_width(device),
            Pcie::WidthMax => self.library.pcie_width_max(device),
        }
    }

    fn nvlink(&self, gpu: u32, link: u32) -> ApiResult<bool> {
        Ok(self.library.nvlink(self.gpu(gpu)?, link)? == 1)
    }

    fn ecc_mode(&self, gpu: u32) -> ApiResult<(bool, bool)> {
        let (current, pending) = self.library.ecc_mode(self.gpu(gpu)?)?;
        Ok((current == 1, pending == 1))
    }

    fn ecc_errors(&self, gpu: u32, uncorrected: bool) -> ApiResult<u64> {
        self.library
            .ecc_errors(self.gpu(gpu)?, u32::from(uncorrected))
    }

    fn remapped_rows(&self, gpu: u32) -> ApiResult<RemappedRows> {
        let [corrected, uncorrected, pending, failed] =
            self.library.remapped_rows(self.gpu(gpu)?)?;
        Ok(RemappedRows {
            corrected: corrected.into(),
            uncorrected: uncorrected.into(),
            pending: pending == 1,
            failed: failed == 1,
        })
    }

    fn remap_histogram(&self, gpu: u32) -> ApiResult<[u32; 5]> {
        let h = self.library.remap_histogram(self.gpu(gpu)?)?;
        Ok([h.max, h.high, h.partial, h.low, h.none])
    }

    fn recovery(&self, gpu: u32) -> ApiResult<RecoveryAction> {
        self.library
            .field(self.gpu(gpu)?, RECOVERY_ACTION)
            .map(names::recovery)
    }

    fn gpm_supported(&self, gpu: u32) -> ApiResult<bool> {
        self.library.gpm_supported(self.gpu(gpu)?)
    }

    fn gpm(&self, gpu: u32, gi: GiId) -> ApiResult<Option<Gpm>> {
        let device = self.gpu(gpu)?;
        self.samples.next(&self.library, (gpu, gi), |sample| {
            or_older(sample.take_by_gpu(device, gi.0), || {
                match self.device_of(gpu, gi) {
                    Some(mig) => sample.take(mig),
                    None => Err(ApiError {
                        code: Code::SymbolMissing,
                        function: "nvmlGpmMigSampleGet",
                    }),
                }
            })
        })
    }

    fn gpm_forget(&self, gpu: u32, gi: GiId) {
        self.samples.forget((gpu, gi));
    }

    fn wait_event(&self, timeout: Duration) -> ApiResult<Option<GpuEvent>> {
        self.events
            .wait(&self.library, timeout, |index| self.gpu(index))
    }
}

fn gi_info(info: c::nvmlGpuInstanceInfo_t) -> GiInfo {
    GiInfo {
        gi: GiId(info.id),
        profile: ProfileId(info.profileId),
        placement: Placement {
            start: info.placement.start,
            size: info.placement.size,
        },
    }
}

fn ci_info(info: &c::nvmlComputeInstanceInfo_t, placed: bool) -> CiInfo {
    CiInfo {
        ci: CiId(info.id),
        profile: ProfileId(info.profileId),
        placement: placed.then_some(Placement {
            start: info.placement.start,
            size: info.placement.size,
        }),
    }
}

fn process(process: ffi::Process, kind: ProcessKind) -> GpuProcess {
    GpuProcess {
        pid: Pid(process.pid),
        kind,
        memory: if process.memory == NOT_AVAILABLE {
            Reading::absent(AbsentCode::NotSupported, names::NO_PROCESS_MEMORY)
        } else {
            Reading::Value(Bytes(process.memory))
        },
        gi: attributed(process.gi).map(GiId),
        ci: attributed(process.ci).map(CiId),
    }
}
