//! The simulated driver behind the port: what `sources/nvml` does for the real library, so that the sampler cannot tell
//! them apart.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nvml_sim::driver::{DeviceRef, Driver, EventCursor, FieldNumber, GpmSample, Pci, ProcKind};
use nvml_sim::ret::{Result as SimResult, Ret};

use crate::domain::gpu::{CiProfile, Engines, GiProfile, GpuIdentity, MigMode, RecoveryAction};
use crate::domain::ids::{CiId, GiId, GpuIndex, GpuUuid, MigUuid, PciAddress, Pid, ProfileId};
use crate::domain::placement::Placement;
use crate::domain::process::{GpuProcess, ProcessKind};
use crate::domain::reading::{AbsentCode, Reading};
use crate::domain::text::Text;
use crate::domain::units::Bytes;
use crate::ports::gpu_api::{
    ApiError, ApiResult, CiInfo, Clock, Code, GiInfo, Gpm, GpuApi, GpuEvent, Memory, MigAttributes,
    MigDevice, Pcie, RemappedRows, Versions,
};
use crate::sources::nvml;

/// Kinds are asked for until INVALID_ARGUMENT; this is only the end of patience.
const MOST_KINDS: u32 = 64;
const XID: u64 = 0x8;
const MIG_CONFIG_CHANGE: u64 = 0x100;
const GPM_METRICS: [u32; 5] = [1, 2, 3, 5, 10];
const RECOVERY_ACTION: u32 = 230;

/// A MIG device, and its GPU instance once asked.
type Slot = (DeviceRef, Option<GiId>);
/// What has been waited for, and the GPUs whose events are wanted.
type Registered = (EventCursor, Vec<(u32, u64)>);

/// The simulated driver as the port. Initialised while it lives, as a process that holds NVML.
pub struct SimApi {
    driver: Arc<Driver>,
    /// GPUs whose handle has been asked for: the real path keeps it too.
    gpus: Mutex<HashSet<u32>>,
    slots: Mutex<HashMap<(u32, u32), Slot>>,
    samples: Mutex<HashMap<(u32, GiId), (GpmSample, Instant)>>,
    events: Mutex<Option<Registered>>,
}

fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A return code in kind, with the function that gave it.
fn refused(ret: Ret, function: &'static str) -> ApiError {
    let code = match Code::from_raw(ret.0) {
        // As the real path has it: a library without the function.
        Code::FunctionNotFound => Code::SymbolMissing,
        code => code,
    };
    ApiError { code, function }
}

fn told<T>(result: SimResult<T>, function: &'static str) -> ApiResult<T> {
    result.map_err(|ret| refused(ret, function))
}

impl SimApi {
    /// Initialises the driver (`nvmlInit_v2`).
    ///
    /// # Errors
    /// As the real library refuses: a mismatch of versions, no driver, no library.
    pub fn open(driver: Arc<Driver>) -> Result<Self, nvml::OpenFailure> {
        nvml_sim::driver::observe_calls(nvml::watch::entered);
        if let Err(ret) = driver.init() {
            let library = library_of(&driver);
            let why = nvml::refusal(&library, ret.0);
            return Err(nvml::OpenFailure {
                tried: vec![(library, why.text.to_string())],
                why,
            });
        }
        Ok(Self {
            driver,
            gpus: Mutex::default(),
            slots: Mutex::default(),
            samples: Mutex::default(),
            events: Mutex::default(),
        })
    }

    /// The form of a function that this driver's library has, of several from new to old; the newest if it has none.
    fn form(&self, forms: &[&'static str]) -> &'static str {
        forms
            .iter()
            .copied()
            .find(|form| self.driver.offers(form))
            .unwrap_or(forms[0])
    }

    fn gpu(&self, gpu: u32) -> ApiResult<u32> {
        if !hold(&self.gpus).contains(&gpu) {
            told(self.driver.by_index(gpu), "nvmlDeviceGetHandleByIndex_v2")?;
            hold(&self.gpus).insert(gpu);
        }
        Ok(gpu)
    }

    fn device(&self, gpu: u32) -> ApiResult<DeviceRef> {
        self.gpu(gpu).map(DeviceRef::Gpu)
    }

    fn slot(&self, gpu: u32, slot: u32) -> ApiResult<DeviceRef> {
        let known = hold(&self.slots)
            .get(&(gpu, slot))
            .map(|(device, _)| *device);
        known.map_or_else(|| self.look_up(gpu, slot), Ok)
    }

    fn look_up(&self, gpu: u32, slot: u32) -> ApiResult<DeviceRef> {
        let found = self.gpu(gpu).and_then(|gpu| {
            told(
                self.driver.mig_by_index(gpu, slot),
                "nvmlDeviceGetMigDeviceHandleByIndex",
            )
        });
        let device = found.map(|(gi, ci)| DeviceRef::Mig { gpu, gi, ci });
        let mut slots = hold(&self.slots);
        match device {
            Ok(device)
                if slots
                    .get(&(gpu, slot))
                    .is_some_and(|(known, _)| *known == device) => {}
            Ok(device) => drop(slots.insert((gpu, slot), (device, None))),
            Err(_) => drop(slots.remove(&(gpu, slot))),
        }
        device
    }

    fn memory_of(&self, device: DeviceRef) -> ApiResult<Memory> {
        let apart = "nvmlDeviceGetMemoryInfo_v2";
        let form = self.form(&[apart, "nvmlDeviceGetMemoryInfo"]);
        let memory = told(self.driver.memory(device), form)?;
        // The first form counts as used what the driver keeps for itself.
        let reserved = if form == apart { 0 } else { memory.reserved };
        Ok(Memory {
            total: Bytes(memory.total),
            used: Bytes(memory.used + reserved),
        })
    }

    fn gi_by_id(&self, gpu: u32, gi: GiId) -> ApiResult<u32> {
        told(
            self.driver.gi_by_id(self.gpu(gpu)?, gi.0),
            "nvmlDeviceGetGpuInstanceById",
        )
    }

    fn gi_info(&self, gpu: u32, gi: u32) -> ApiResult<GiInfo> {
        let info = told(self.driver.gi_info(gpu, gi), "nvmlGpuInstanceGetInfo")?;
        Ok(GiInfo {
            gi: GiId(info.gi),
            profile: ProfileId(info.profile),
            placement: Placement {
                start: info.start,
                size: info.size,
            },
        })
    }

    fn gi_profile(&self, gpu: u32, kind: u32) -> ApiResult<GiProfile> {
        let named = "nvmlDeviceGetGpuInstanceProfileInfoV";
        let form = self.form(&[named, "nvmlDeviceGetGpuInstanceProfileInfo"]);
        let p = told(self.driver.gi_profile(gpu, kind), form)?;
        let placements = told(
            self.driver.gi_placements(gpu, p.id),
            self.form(&[
                "nvmlDeviceGetGpuInstancePossiblePlacements_v2",
                "nvmlDeviceGetGpuInstancePossiblePlacements",
            ]),
        );
        Ok(GiProfile {
            kind,
            id: ProfileId(p.id),
            // The first form of the struct has no name.
            name: if form == named {
                plain(&p.name)
            } else {
                Text::new("")
            },
            slices: p.slices,
            max: p.max,
            memory: Bytes::mib(p.memory_mib),
            sm: p.sm,
            engines: Engines {
                copy: p.ce,
                decoder: p.dec,
                encoder: p.enc,
                jpeg: p.jpg,
                ofa: p.ofa,
            },
            placements: placements
                .map(|all| {
                    all.into_iter()
                        .map(|(start, size)| Placement { start, size })
                        .collect()
                })
                .into(),
        })
    }

    fn register(&self) -> ApiResult<Registered> {
        let mut registered = Vec::new();
        let mut last = None;
        for gpu in 0..told(self.driver.count(), "nvmlDeviceGetCount_v2")? {
            let kinds = self.gpu(gpu).and_then(|gpu| {
                told(
                    self.driver.supported_events(gpu),
                    "nvmlDeviceGetSupportedEventTypes",
                )
            });
            match kinds {
                Ok(kinds) => registered.push((gpu, kinds & (XID | MIG_CONFIG_CHANGE))),
                Err(e) => last = Some(e),
            }
        }
        match last {
            Some(e) if registered.is_empty() => Err(e),
            _ => Ok((self.driver.event_cursor(), registered)),
        }
    }
}

impl Drop for SimApi {
    fn drop(&mut self) {
        // As with the real library: who lets go has nobody to tell of a failure.
        let _ = self.driver.shutdown();
    }
}

/// What stands where a library's path would.
fn library_of(driver: &Driver) -> String {
    format!(
        "simulated {}#{}",
        driver.scenario_name(),
        driver.host().name
    )
}

/// A profile name without `MIG `.
fn plain(name: &str) -> Text {
    Text::new(name.strip_prefix("MIG ").unwrap_or(name))
}

/// Asks for kinds of profiles as the real path does.
fn enumerate<T>(mut one: impl FnMut(u32) -> ApiResult<T>) -> ApiResult<Vec<T>> {
    let mut found = Vec::new();
    let mut refused = None;
    for kind in 0..MOST_KINDS {
        match one(kind) {
            Ok(profile) => found.push(profile),
            Err(e) if e.code == Code::InvalidArgument => break,
            Err(e) if e.code == Code::NotSupported => refused = Some(e),
            Err(e) => return Err(e),
        }
    }
    match refused {
        Some(e) if found.is_empty() => Err(e),
        _ => Ok(found),
    }
}

impl GpuApi for SimApi {
    fn versions(&self) -> ApiResult<Versions> {
        Ok(Versions {
            driver: told(self.driver.driver_version(), "nvmlSystemGetDriverVersion")?,
            nvml: told(self.driver.nvml_version(), "nvmlSystemGetNVMLVersion"),
            cuda: told(
                self.driver.cuda_version(),
                "nvmlSystemGetCudaDriverVersion_v2",
            ),
        })
    }

    fn library(&self) -> String {
        library_of(&self.driver)
    }

    fn count(&self) -> ApiResult<u32> {
        told(self.driver.count(), "nvmlDeviceGetCount_v2")
    }

    fn identity(&self, gpu: u32) -> ApiResult<GpuIdentity> {
        let device = self.device(gpu)?;
        let uuid = told(self.driver.uuid(device), "nvmlDeviceGetUUID")?;
        let pci = told(self.driver.pci(gpu), "nvmlDeviceGetPciInfo_v3");
        let address = |p: &Pci| PciAddress {
            domain: p.domain,
            bus: p.bus as u8,
            device: p.device as u8,
            function: 0,
        };
        Ok(GpuIdentity {
            index: GpuIndex(gpu),
            uuid: GpuUuid::new(&uuid),
            name: told(self.driver.name(device), "nvmlDeviceGetName")
                .map(Text::from)
                .into(),
            pci: pci.as_ref().map(address).map_err(|e| *e).into(),
            pci_device_id: pci.map(|p| p.device_id).into(),
            serial: told(self.driver.serial(gpu), "nvmlDeviceGetSerial")
                .map(Text::from)
                .into(),
            minor: told(self.driver.minor(gpu), "nvmlDeviceGetMinorNumber").into(),
            architecture: told(self.driver.architecture(gpu), "nvmlDeviceGetArchitecture")
                .map(nvml::architecture)
                .into(),
        })
    }

    fn mig_mode(&self, gpu: u32) -> ApiResult<MigMode> {
        let (current, pending) =
            told(self.driver.mig_mode(self.gpu(gpu)?), "nvmlDeviceGetMigMode")?;
        Ok(MigMode { current, pending })
    }

    fn persistence(&self, gpu: u32) -> ApiResult<bool> {
        told(
            self.driver.persistence(self.gpu(gpu)?),
            "nvmlDeviceGetPersistenceMode",
        )
    }

    fn gi_profiles(&self, gpu: u32) -> ApiResult<Vec<GiProfile>> {
        let device = self.device(gpu)?;
        let mut profiles = enumerate(|kind| self.gi_profile(gpu, kind))?;
        if profiles.iter().any(|p| p.name.is_empty()) {
            nvml::name_profiles(&mut profiles, self.memory_of(device).ok().map(|m| m.total));
        }
        Ok(profiles)
    }

    fn gpu_instances(&self, gpu: u32, profile: ProfileId) -> ApiResult<Vec<GiInfo>> {
        let list = told(
            self.driver.gis(self.gpu(gpu)?, profile.0),
            "nvmlDeviceGetGpuInstances",
        )?;
        list.into_iter().map(|gi| self.gi_info(gpu, gi)).collect()
    }

    fn gpu_instance_count(&self, gpu: u32, profile: ProfileId) -> ApiResult<u32> {
        let list = told(
            self.driver.gis(self.gpu(gpu)?, profile.0),
            "nvmlDeviceGetGpuInstances",
        )?;
        Ok(list.len() as u32)
    }

    fn gpu_instance(&self, gpu: u32, gi: GiId) -> ApiResult<GiInfo> {
        let gi = self.gi_by_id(gpu, gi)?;
        self.gi_info(gpu, gi)
    }

    fn ci_profiles(&self, gpu: u32, gi: GiId) -> ApiResult<Vec<CiProfile>> {
        let gi = self.gi_by_id(gpu, gi)?;
        let named = "nvmlGpuInstanceGetComputeInstanceProfileInfoV";
        let form = self.form(&[named, "nvmlGpuInstanceGetComputeInstanceProfileInfo"]);
        enumerate(|kind| {
            let p = told(self.driver.ci_profile(gpu, gi, kind, 0), form)?;
            Ok(CiProfile {
                id: ProfileId(p.id),
                slices: p.slices,
                max: p.max,
                sm: p.sm,
                name: (form == named).then(|| plain(&p.name)),
            })
        })
    }

    fn compute_instances(&self, gpu: u32, gi: GiId, profile: ProfileId) -> ApiResult<Vec<CiInfo>> {
        let gi = self.gi_by_id(gpu, gi)?;
        let placed = "nvmlComputeInstanceGetInfo_v2";
        let form = self.form(&[placed, "nvmlComputeInstanceGetInfo"]);
        let list = told(
            self.driver.cis(gpu, gi, profile.0),
            "nvmlGpuInstanceGetComputeInstances",
        )?;
        list.into_iter()
            .map(|ci| {
                let info = told(self.driver.ci_info(gpu, gi, ci), form)?;
                Ok(CiInfo {
                    ci: CiId(info.ci),
                    profile: ProfileId(info.profile),
                    placement: (form == placed).then_some(Placement {
                        start: info.start,
                        size: info.size,
                    }),
                })
            })
            .collect()
    }

    fn max_mig_devices(&self, gpu: u32) -> ApiResult<u32> {
        told(
            self.driver.max_mig_devices(self.gpu(gpu)?),
            "nvmlDeviceGetMaxMigDeviceCount",
        )
    }

    fn mig_handle(&self, gpu: u32, slot: u32) -> ApiResult<u64> {
        self.look_up(gpu, slot).map(|device| match device {
            DeviceRef::Gpu(gpu) => u64::from(gpu),
            DeviceRef::Mig { gi, ci, .. } => (1 << 63) | u64::from(gi) << 32 | u64::from(ci),
        })
    }

    fn mig_device(&self, gpu: u32, slot: u32) -> ApiResult<MigDevice> {
        let device = self.slot(gpu, slot)?;
        let gi = GiId(told(
            self.driver.gi_id(device),
            "nvmlDeviceGetGpuInstanceId",
        )?);
        let ci = CiId(told(
            self.driver.ci_id(device),
            "nvmlDeviceGetComputeInstanceId",
        )?);
        if let Some(known) = hold(&self.slots).get_mut(&(gpu, slot)) {
            known.1 = Some(gi);
        }
        Ok(MigDevice { gi, ci })
    }

    fn mig_uuid(&self, gpu: u32, slot: u32) -> ApiResult<MigUuid> {
        let uuid = told(self.driver.uuid(self.slot(gpu, slot)?), "nvmlDeviceGetUUID")?;
        Ok(MigUuid::new(&uuid))
    }

    fn mig_attributes(&self, gpu: u32, slot: u32) -> ApiResult<MigAttributes> {
        let form = self.form(&["nvmlDeviceGetAttributes_v2", "nvmlDeviceGetAttributes"]);
        let a = told(self.driver.attributes(self.slot(gpu, slot)?), form)?;
        Ok(MigAttributes {
            sm: a.sm,
            engines: Engines {
                copy: a.ce,
                decoder: a.dec,
                encoder: a.enc,
                jpeg: a.jpg,
                ofa: a.ofa,
            },
            gi_slices: a.gi_slices,
            ci_slices: a.ci_slices,
            memory: Bytes::mib(a.memory_mib),
        })
    }

    fn mig_name(&self, gpu: u32, slot: u32) -> ApiResult<String> {
        told(self.driver.name(self.slot(gpu, slot)?), "nvmlDeviceGetName")
    }

    fn mig_memory(&self, gpu: u32, slot: u32) -> ApiResult<Memory> {
        self.memory_of(self.slot(gpu, slot)?)
    }

    fn memory(&self, gpu: u32) -> ApiResult<Memory> {
        self.memory_of(self.device(gpu)?)
    }

    fn temperature(&self, gpu: u32) -> ApiResult<u32> {
        told(
            self.driver.temperature(self.gpu(gpu)?),
            "nvmlDeviceGetTemperature",
        )
    }

    fn power(&self, gpu: u32) -> ApiResult<u32> {
        told(
            self.driver.power_mw(self.gpu(gpu)?),
            "nvmlDeviceGetPowerUsage",
        )
    }

    fn power_limit(&self, gpu: u32) -> ApiResult<u32> {
        told(
            self.driver.power_limit_mw(self.gpu(gpu)?),
            "nvmlDeviceGetEnforcedPowerLimit",
        )
    }

    fn clock(&self, gpu: u32, clock: Clock) -> ApiResult<u32> {
        let gpu = self.gpu(gpu)?;
        match clock {
            Clock::Sm => told(self.driver.clock_mhz(gpu, 1), "nvmlDeviceGetClockInfo"),
            Clock::Memory => told(self.driver.clock_mhz(gpu, 2), "nvmlDeviceGetClockInfo"),
            Clock::SmMax => told(
                self.driver.max_clock_mhz(gpu, 1),
                "nvmlDeviceGetMaxClockInfo",
            ),
            Clock::MemoryMax => told(
                self.driver.max_clock_mhz(gpu, 2),
                "nvmlDeviceGetMaxClockInfo",
            ),
        }
    }

    fn pstate(&self, gpu: u32) -> ApiResult<u32> {
        told(
            self.driver.pstate(self.gpu(gpu)?),
            "nvmlDeviceGetPerformanceState",
        )
    }

    fn throttle(&self, gpu: u32) -> ApiResult<u64> {
        let form = self.form(&[
            "nvmlDeviceGetCurrentClocksEventReasons",
            "nvmlDeviceGetCurrentClocksThrottleReasons",
        ]);
        told(self.driver.throttle_reasons(self.gpu(gpu)?), form)
    }

    fn utilization(&self, gpu: u32) -> ApiResult<(u32, u32)> {
        told(
            self.driver.utilization(self.device(gpu)?),
            "nvmlDeviceGetUtilizationRates",
        )
    }

    fn processes(&self, gpu: u32, kind: ProcessKind) -> ApiResult<Vec<GpuProcess>> {
        let (list, forms) = match kind {
            ProcessKind::Compute => (
                ProcKind::Compute,
                [
                    "nvmlDeviceGetComputeRunningProcesses_v3",
                    "nvmlDeviceGetComputeRunningProcesses_v2",
                    "nvmlDeviceGetComputeRunningProcesses",
                ],
            ),
            ProcessKind::Graphics => (
                ProcKind::Graphics,
                [
                    "nvmlDeviceGetGraphicsRunningProcesses_v3",
                    "nvmlDeviceGetGraphicsRunningProcesses_v2",
                    "nvmlDeviceGetGraphicsRunningProcesses",
                ],
            ),
            ProcessKind::Mps => (
                ProcKind::Mps,
                [
                    "nvmlDeviceGetMPSComputeRunningProcesses_v3",
                    "nvmlDeviceGetMPSComputeRunningProcesses_v2",
                    "nvmlDeviceGetMPSComputeRunningProcesses",
                ],
            ),
        };
        let form = self.form(&forms);
        // The first form of the struct has no instance ids.
        let attributes = form != forms[2];
        let list = told(self.driver.processes(self.device(gpu)?, list, form), form)?;
        Ok(list
            .into_iter()
            .map(|p| GpuProcess {
                pid: Pid(p.pid),
                kind,
                memory: p.memory.map_or_else(
                    || Reading::absent(AbsentCode::NotSupported, nvml::NO_PROCESS_MEMORY),
                    |bytes| Reading::Value(Bytes(bytes)),
                ),
                gi: p.gi.filter(|_| attributes).map(GiId),
                ci: p.ci.filter(|_| attributes).map(CiId),
            })
            .collect())
    }

    fn pcie(&self, gpu: u32, what: Pcie) -> ApiResult<u32> {
        let gpu = self.gpu(gpu)?;
        match what {
            Pcie::Generation => told(
                self.driver.pcie_generation(gpu),
                "nvmlDeviceGetCurrPcieLinkGeneration",
            ),
            Pcie::GenerationMax => told(
                self.driver.pcie_generation_max(gpu),
                "nvmlDeviceGetMaxPcieLinkGeneration",
            ),
            Pcie::Width => told(
                self.driver.pcie_width(gpu),
                "nvmlDeviceGetCurrPcieLinkWidth",
            ),
            Pcie::WidthMax => told(
                self.driver.pcie_width_max(gpu),
                "nvmlDeviceGetMaxPcieLinkWidth",
            ),
        }
    }

    fn nvlink(&self, gpu: u32, link: u32) -> ApiResult<bool> {
        told(
            self.driver.nvlink_state(self.gpu(gpu)?, link),
            "nvmlDeviceGetNvLinkState",
        )
    }

    fn ecc_mode(&self, gpu: u32) -> ApiResult<(bool, bool)> {
        told(self.driver.ecc_mode(self.gpu(gpu)?), "nvmlDeviceGetEccMode")
    }

    fn ecc_errors(&self, gpu: u32, uncorrected: bool) -> ApiResult<u64> {
        told(
            self.driver.ecc_total(self.device(gpu)?, uncorrected, false),
            "nvmlDeviceGetTotalEccErrors",
        )
    }

    fn remapped_rows(&self, gpu: u32) -> ApiResult<RemappedRows> {
        let (corrected, uncorrected, pending, failed) = told(
            self.driver.remapped_rows(self.gpu(gpu)?),
            "nvmlDeviceGetRemappedRows",
        )?;
        Ok(RemappedRows {
            corrected: corrected.into(),
            uncorrected: uncorrected.into(),
            pending,
            failed,
        })
    }

    fn remap_histogram(&self, gpu: u32) -> ApiResult<[u32; 5]> {
        told(
            self.driver.remap_histogram(self.gpu(gpu)?),
            "nvmlDeviceGetRowRemapperHistogram",
        )
    }

    fn recovery(&self, gpu: u32) -> ApiResult<RecoveryAction> {
        let device = self.device(gpu)?;
        let function = "nvmlDeviceGetFieldValues";
        told(self.driver.enter(function, Some(gpu)), function)?;
        let value = told(self.driver.field(device, RECOVERY_ACTION, 0), function)?;
        Ok(nvml::recovery(match value.value {
            FieldNumber::U32(n) => n,
            FieldNumber::U64(n) => n as u32,
        }))
    }

    fn gpm_supported(&self, gpu: u32) -> ApiResult<bool> {
        told(
            self.driver.gpm_supported(self.gpu(gpu)?),
            "nvmlGpmQueryDeviceSupport",
        )
    }

    fn gpm(&self, gpu: u32, gi: GiId) -> ApiResult<Option<Gpm>> {
        let gpu = self.gpu(gpu)?;
        let before = hold(&self.samples).get(&(gpu, gi)).copied();
        if before.is_some_and(|(_, taken)| taken.elapsed() < nvml::SHORTEST_WINDOW) {
            return Ok(None);
        }
        hold(&self.samples).remove(&(gpu, gi));
        let by_gpu = "nvmlGpmMigSampleGet";
        let sample = if self.driver.offers(by_gpu) {
            told(self.driver.gpm_mig_sample(gpu, gi.0), by_gpu)
        } else {
            let device = hold(&self.slots)
                .iter()
                .find(|((on, _), (_, of))| (*on, *of) == (gpu, Some(gi)))
                .map(|(_, (device, _))| *device);
            let device = device.ok_or(ApiError {
                code: Code::SymbolMissing,
                function: by_gpu,
            })?;
            told(self.driver.gpm_sample(device), "nvmlGpmSampleGet")
        }?;
        hold(&self.samples).insert((gpu, gi), (sample, Instant::now()));
        let Some((before, _)) = before else {
            return Ok(None);
        };
        let function = "nvmlGpmMetricsGet";
        told(self.driver.enter(function, Some(gpu)), function)?;
        let [gr, sm, occupancy, tensor, dram] =
            GPM_METRICS.map(|id| told(self.driver.gpm_metric(id, &before, &sample), function));
        Ok(Some(Gpm {
            gr,
            sm,
            occupancy,
            tensor,
            dram,
        }))
    }

    fn gpm_forget(&self, gpu: u32, gi: GiId) {
        hold(&self.samples).remove(&(gpu, gi));
    }

    fn wait_event(&self, timeout: Duration) -> ApiResult<Option<GpuEvent>> {
        let mut events = hold(&self.events);
        let (cursor, registered) = match &mut *events {
            Some(events) => events,
            none => none.insert(self.register()?),
        };
        let event = match self.driver.next_event(cursor, registered, timeout) {
            Err(Ret::TIMEOUT) => return Ok(None),
            other => told(other, "nvmlEventSetWait_v2")?,
        };
        Ok(match event.kind {
            MIG_CONFIG_CHANGE => Some(GpuEvent::MigConfigChange { gpu: event.gpu }),
            XID => Some(GpuEvent::Xid {
                gpu: event.gpu,
                code: event.data,
                gi: event.gi.map(GiId),
                ci: event.ci.map(CiId),
            }),
            _ => None,
        })
    }
}
