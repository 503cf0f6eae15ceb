//! NVML's C interface behind safe functions: one function, one NVML function. The only file of migdeck with `unsafe`.
//!
//! `nvml-wrapper` finds and initialises the library; the calls go through its raw table, by its fields: the methods of
//! the same names panic where a symbol is missing. A missing symbol and FUNCTION_NOT_FOUND are one thing here,
//! [`Code::SymbolMissing`], so that fallbacks see no difference.
#![allow(unsafe_code)]

use std::ffi::{CStr, OsStr};
use std::mem::{size_of, zeroed};
use std::ptr::null_mut;
use std::sync::Arc;

use nvml_wrapper::Nvml;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper_sys::bindings as c;

use crate::ports::gpu_api::{ApiError, ApiResult, Code};

/// `NVML_DEVICE_UUID_V2_BUFFER_SIZE`, `NVML_DEVICE_NAME_V2_BUFFER_SIZE`: the longest text that NVML writes.
const TEXT: usize = 96;
/// More than any board has of instances of one profile, or of placements.
const LIST: usize = 64;
/// First guess for the number of processes of a GPU.
const PROCESSES: usize = 128;
/// Metrics that are asked for in one call.
pub(super) const GPM_METRICS: usize = 5;

/// A GPU or a MIG device. Handles stay valid as long as the library is initialised; NVML answers for a MIG device that
/// is gone with an error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Device(c::nvmlDevice_t);

/// A GPU instance; not kept, because it dies with the instance.
#[derive(Clone, Copy)]
pub(super) struct GpuInstance(c::nvmlGpuInstance_t);

/// A compute instance; not kept either.
#[derive(Clone, Copy)]
pub(super) struct ComputeInstance(c::nvmlComputeInstance_t);

// SAFETY: a handle is an opaque number of the library, which is thread-safe (nvml.h: "NVML is thread-safe so it is
// safe to make simultaneous NVML calls from multiple threads").
unsafe impl Send for Device {}
// SAFETY: as above.
unsafe impl Sync for Device {}

impl Device {
    /// The handle as a number, to be compared with another look at the same slot.
    pub(super) fn number(self) -> u64 {
        self.0 as usize as u64
    }
}

/// A process as a list has it, whatever version of the list.
#[derive(Clone, Copy)]
pub(super) struct Process {
    pub(super) pid: u32,
    pub(super) memory: u64,
    pub(super) gi: u32,
    pub(super) ci: u32,
}

/// The initialised library. Dropping the last owner calls `nvmlShutdown`.
pub(super) struct Library {
    nvml: Nvml,
}

/// Turns a return code into a result.
fn check(code: c::nvmlReturn_t, function: &'static str) -> ApiResult<()> {
    match code {
        0 => Ok(()),
        13 => Err(missing(function)),
        code => Err(ApiError {
            code: Code::from_raw(code),
            function,
        }),
    }
}

fn missing(function: &'static str) -> ApiError {
    ApiError {
        code: Code::SymbolMissing,
        function,
    }
}

/// Calls a function of the table.
macro_rules! call {
    ($self:expr, $symbol:ident ( $($arg:expr),* $(,)? )) => {
        match $self.nvml.lib().$symbol.as_ref() {
            Err(_) => Err(missing(stringify!($symbol))),
            Ok(function) => {
                super::watch::entered(stringify!($symbol));
                // SAFETY: the symbol has the signature of nvml.h (bindings generated from it). Handles come from this
                // library, which `self` keeps initialised; out-pointers are to live values of the type it writes, and
                // lengths are those of the buffers.
                check(unsafe { function($($arg),*) }, stringify!($symbol))
            }
        }
    };
}

/// Calls a function whose last argument is the place for its answer.
macro_rules! read {
    ($self:expr, $symbol:ident, $t:ty $(, $arg:expr)*) => {{
        // SAFETY: NVML's structs are plain integers and characters, for which all zeros is a value.
        let mut out: $t = unsafe { zeroed() };
        call!($self, $symbol($($arg,)* &raw mut out)).map(|()| out)
    }};
}

/// Calls a function that fills a versioned struct.
macro_rules! read_versioned {
    ($self:expr, $symbol:ident, $t:ty, $version:expr $(, $arg:expr)*) => {{
        // SAFETY: as in `read`.
        let mut out: $t = unsafe { zeroed() };
        out.version = size_of::<$t>() as u32 | ($version << 24);
        call!($self, $symbol($($arg,)* &raw mut out)).map(|()| out)
    }};
}

/// Methods that read one value of a device.
macro_rules! device_values {
    ($($name:ident: $t:ty = $symbol:ident $(($arg:expr))?;)*) => {
        $(pub(super) fn $name(&self, device: Device) -> ApiResult<$t> {
            read!(self, $symbol, $t, device.0 $(, $arg)?)
        })*
    };
}

/// Methods that read a text of a device.
macro_rules! device_texts {
    ($($name:ident = $symbol:ident;)*) => {
        $(pub(super) fn $name(&self, device: Device) -> ApiResult<String> {
            text(|at, len| call!(self, $symbol(device.0, at, len)))
        })*
    };
}

/// Methods that list processes, by element type.
macro_rules! process_lists {
    ($($name:ident: $t:ty = $symbol:ident, $ids:expr;)*) => {
        $(pub(super) fn $name(&self, device: Device) -> ApiResult<Vec<Process>> {
            let ids: fn(&$t) -> (u32, u32) = $ids;
            let list = grown(|at: *mut $t, count| call!(self, $symbol(device.0, count, at)))?;
            Ok(list.iter().map(|p| {
                let (gi, ci) = ids(p);
                Process { pid: p.pid, memory: p.usedGpuMemory, gi, ci }
            }).collect())
        })*
    };
}

fn text(call: impl FnOnce(*mut std::ffi::c_char, u32) -> ApiResult<()>) -> ApiResult<String> {
    let mut buffer = [0; TEXT];
    call(buffer.as_mut_ptr(), TEXT as u32)?;
    Ok(chars(&buffer))
}

/// The text in a fixed field, up to its end or the field's.
pub(super) fn chars(field: &[std::ffi::c_char]) -> String {
    let bytes: Vec<u8> = field.iter().map(|&b| b as u8).chain([0]).collect();
    CStr::from_bytes_until_nul(&bytes)
        .map_or_else(|_| String::new(), |s| s.to_string_lossy().into_owned())
}

/// Reads a list whose length is known only afterwards: the count goes in as room and comes out as length.
fn grown<T: Copy>(mut call: impl FnMut(*mut T, *mut u32) -> ApiResult<()>) -> ApiResult<Vec<T>> {
    let mut room = PROCESSES;
    loop {
        // SAFETY: `T` is one of NVML's process structs: integers, for which all zeros is a value.
        let mut list: Vec<T> = vec![unsafe { zeroed() }; room];
        let mut count = room as u32;
        match call(list.as_mut_ptr(), &raw mut count) {
            // Processes may start between two calls: leave some room; a list of 65536 is no process list.
            Err(e) if e.code == Code::InsufficientSize && room < 1 << 16 => {
                room = (count as usize + PROCESSES).max(room * 2);
            }
            Err(e) => return Err(e),
            Ok(()) => {
                list.truncate(count as usize);
                return Ok(list);
            }
        }
    }
}

/// Reads a list of handles or placements of at most [`LIST`] entries.
fn listed<T: Copy>(
    empty: T,
    call: impl FnOnce(*mut T, *mut u32) -> ApiResult<()>,
    count: u32,
) -> ApiResult<Vec<T>> {
    let mut list = [empty; LIST];
    let mut count = count.min(LIST as u32);
    call(list.as_mut_ptr(), &raw mut count)?;
    Ok(list[..(count as usize).min(LIST)].to_vec())
}

impl Library {
    /// Loads and initialises (`nvmlInit_v2`).
    pub(super) fn open(path: &OsStr) -> Result<Self, NvmlError> {
        super::watch::entered("nvmlInit_v2");
        Nvml::builder()
            .lib_path(path)
            .init()
            .map(|nvml| Self { nvml })
    }

    pub(super) fn driver_version(&self) -> ApiResult<String> {
        text(|at, len| call!(self, nvmlSystemGetDriverVersion(at, len)))
    }

    pub(super) fn nvml_version(&self) -> ApiResult<String> {
        text(|at, len| call!(self, nvmlSystemGetNVMLVersion(at, len)))
    }

    pub(super) fn cuda_version_v2(&self) -> ApiResult<i32> {
        read!(self, nvmlSystemGetCudaDriverVersion_v2, i32)
    }

    pub(super) fn cuda_version(&self) -> ApiResult<i32> {
        read!(self, nvmlSystemGetCudaDriverVersion, i32)
    }

    pub(super) fn count(&self) -> ApiResult<u32> {
        read!(self, nvmlDeviceGetCount_v2, u32)
    }

    pub(super) fn gpu(&self, index: u32) -> ApiResult<Device> {
        read!(self, nvmlDeviceGetHandleByIndex_v2, c::nvmlDevice_t, index).map(Device)
    }

    pub(super) fn mig_device(&self, gpu: Device, slot: u32) -> ApiResult<Device> {
        read!(
            self,
            nvmlDeviceGetMigDeviceHandleByIndex,
            c::nvmlDevice_t,
            gpu.0,
            slot
        )
        .map(Device)
    }

    device_texts! {
        name = nvmlDeviceGetName;
        uuid = nvmlDeviceGetUUID;
        serial = nvmlDeviceGetSerial;
    }

    device_values! {
        minor: u32 = nvmlDeviceGetMinorNumber;
        pci_v3: c::nvmlPciInfo_t = nvmlDeviceGetPciInfo_v3;
        pci_v2: c::nvmlPciInfo_t = nvmlDeviceGetPciInfo_v2;
        architecture: u32 = nvmlDeviceGetArchitecture;
        persistence: u32 = nvmlDeviceGetPersistenceMode;
        memory_v1: c::nvmlMemory_t = nvmlDeviceGetMemoryInfo;
        utilization: c::nvmlUtilization_t = nvmlDeviceGetUtilizationRates;
        power: u32 = nvmlDeviceGetPowerUsage;
        power_limit: u32 = nvmlDeviceGetEnforcedPowerLimit;
        pstate: u32 = nvmlDeviceGetPerformanceState;
        event_reasons: u64 = nvmlDeviceGetCurrentClocksEventReasons;
        throttle_reasons: u64 = nvmlDeviceGetCurrentClocksThrottleReasons;
        pcie_generation: u32 = nvmlDeviceGetCurrPcieLinkGeneration;
        pcie_generation_max: u32 = nvmlDeviceGetMaxPcieLinkGeneration;
        pcie_width: u32 = nvmlDeviceGetCurrPcieLinkWidth;
        pcie_width_max: u32 = nvmlDeviceGetMaxPcieLinkWidth;
        remap_histogram: c::nvmlRowRemapperHistogramValues_t = nvmlDeviceGetRowRemapperHistogram;
        max_mig_devices: u32 = nvmlDeviceGetMaxMigDeviceCount;
        gi_id: u32 = nvmlDeviceGetGpuInstanceId;
        ci_id: u32 = nvmlDeviceGetComputeInstanceId;
        attributes_v2: c::nvmlDeviceAttributes_t = nvmlDeviceGetAttributes_v2;
        attributes_v1: c::nvmlDeviceAttributes_t = nvmlDeviceGetAttributes;
        temperature: u32 = nvmlDeviceGetTemperature(0);
        supported_events: u64 = nvmlDeviceGetSupportedEventTypes;
    }

    process_lists! {
        compute_v3: c::nvmlProcessInfo_t = nvmlDeviceGetComputeRunningProcesses_v3, |p| (p.gpuInstanceId, p.computeInstanceId);
        compute_v2: c::nvmlProcessInfo_v2_t = nvmlDeviceGetComputeRunningProcesses_v2, |p| (p.gpuInstanceId, p.computeInstanceId);
        compute_v1: c::nvmlProcessInfo_v1_t = nvmlDeviceGetComputeRunningProcesses, |_| (u32::MAX, u32::MAX);
        graphics_v3: c::nvmlProcessInfo_t = nvmlDeviceGetGraphicsRunningProcesses_v3, |p| (p.gpuInstanceId, p.computeInstanceId);
        graphics_v2: c::nvmlProcessInfo_v2_t = nvmlDeviceGetGraphicsRunningProcesses_v2, |p| (p.gpuInstanceId, p.computeInstanceId);
        graphics_v1: c::nvmlProcessInfo_v1_t = nvmlDeviceGetGraphicsRunningProcesses, |_| (u32::MAX, u32::MAX);
        mps_v3: c::nvmlProcessInfo_t = nvmlDeviceGetMPSComputeRunningProcesses_v3, |p| (p.gpuInstanceId, p.computeInstanceId);
        mps_v2: c::nvmlProcessInfo_v2_t = nvmlDeviceGetMPSComputeRunningProcesses_v2, |p| (p.gpuInstanceId, p.computeInstanceId);
        mps_v1: c::nvmlProcessInfo_v1_t = nvmlDeviceGetMPSComputeRunningProcesses, |_| (u32::MAX, u32::MAX);
    }

    pub(super) fn memory_v2(&self, device: Device) -> ApiResult<c::nvmlMemory_v2_t> {
        read_versioned!(
            self,
            nvmlDeviceGetMemoryInfo_v2,
            c::nvmlMemory_v2_t,
            2,
            device.0
        )
    }

    pub(super) fn clock(&self, device: Device, kind: u32) -> ApiResult<u32> {
        read!(self, nvmlDeviceGetClockInfo, u32, device.0, kind)
    }

    pub(super) fn max_clock(&self, device: Device, kind: u32) -> ApiResult<u32> {
        read!(self, nvmlDeviceGetMaxClockInfo, u32, device.0, kind)
    }

    pub(super) fn nvlink(&self, device: Device, link: u32) -> ApiResult<u32> {
        read!(self, nvmlDeviceGetNvLinkState, u32, device.0, link)
    }

    /// Current and pending.
    pub(super) fn ecc_mode(&self, device: Device) -> ApiResult<(u32, u32)> {
        let (mut current, mut pending) = (0, 0);
        call!(
            self,
            nvmlDeviceGetEccMode(device.0, &raw mut current, &raw mut pending)
        )
        .map(|()| (current, pending))
    }

    /// Current and pending.
    pub(super) fn mig_mode(&self, device: Device) -> ApiResult<(u32, u32)> {
        let (mut current, mut pending) = (0, 0);
        call!(
            self,
            nvmlDeviceGetMigMode(device.0, &raw mut current, &raw mut pending)
        )
        .map(|()| (current, pending))
    }

    /// Volatile errors of one kind: 0 corrected, 1 uncorrected.
    pub(super) fn ecc_errors(&self, device: Device, kind: u32) -> ApiResult<u64> {
        read!(self, nvmlDeviceGetTotalEccErrors, u64, device.0, kind, 0)
    }

    /// Corrected, uncorrected, pending, failed.
    pub(super) fn remapped_rows(&self, device: Device) -> ApiResult<[u32; 4]> {
        let [mut a, mut b, mut p, mut f] = [0; 4];
        call!(
            self,
            nvmlDeviceGetRemappedRows(device.0, &raw mut a, &raw mut b, &raw mut p, &raw mut f)
        )
        .map(|()| [a, b, p, f])
    }

    /// A field value that is an unsigned int.
    pub(super) fn field(&self, device: Device, id: u32) -> ApiResult<u32> {
        // SAFETY: integers and a union of numbers: all zeros is a value.
        let mut field: c::nvmlFieldValue_t = unsafe { zeroed() };
        field.fieldId = id;
        call!(self, nvmlDeviceGetFieldValues(device.0, 1, &raw mut field))?;
        check(field.nvmlReturn, "nvmlDeviceGetFieldValues")?;
        // SAFETY: every variant of the union is a number that starts at its first byte, and all bytes were written
        // or zeroed; a wider value is cut to the small number that it holds.
        Ok(unsafe { field.value.uiVal })
    }

    pub(super) fn gi_profile_v(
        &self,
        gpu: Device,
        kind: u32,
    ) -> ApiResult<c::nvmlGpuInstanceProfileInfo_v2_t> {
        read_versioned!(
            self,
            nvmlDeviceGetGpuInstanceProfileInfoV,
            c::nvmlGpuInstanceProfileInfo_v2_t,
            2,
            gpu.0,
            kind
        )
    }

    pub(super) fn gi_profile_v1(
        &self,
        gpu: Device,
        kind: u32,
    ) -> ApiResult<c::nvmlGpuInstanceProfileInfo_t> {
        read!(
            self,
            nvmlDeviceGetGpuInstanceProfileInfo,
            c::nvmlGpuInstanceProfileInfo_t,
            gpu.0,
            kind
        )
    }

    pub(super) fn placements_v2(
        &self,
        gpu: Device,
        profile: u32,
    ) -> ApiResult<Vec<c::nvmlGpuInstancePlacement_t>> {
        let mut count = 0;
        call!(
            self,
            nvmlDeviceGetGpuInstancePossiblePlacements_v2(
                gpu.0,
                profile,
                null_mut(),
                &raw mut count
            )
        )?;
        let empty = c::nvmlGpuInstancePlacement_t { start: 0, size: 0 };
        listed(
            empty,
            |at, n| {
                call!(
                    self,
                    nvmlDeviceGetGpuInstancePossiblePlacements_v2(gpu.0, profile, at, n)
                )
            },
            count,
        )
    }

    /// The first form takes no question for the length: its buffer must hold all.
    pub(super) fn placements_v1(
        &self,
        gpu: Device,
        profile: u32,
    ) -> ApiResult<Vec<c::nvmlGpuInstancePlacement_t>> {
        let empty = c::nvmlGpuInstancePlacement_t { start: 0, size: 0 };
        listed(
            empty,
            |at, n| {
                call!(
                    self,
                    nvmlDeviceGetGpuInstancePossiblePlacements(gpu.0, profile, at, n)
                )
            },
            LIST as u32,
        )
    }

    /// NVML has no way to ask for the length: it may write as many as the profile's instance count says.
    pub(super) fn gpu_instances(&self, gpu: Device, profile: u32) -> ApiResult<Vec<GpuInstance>> {
        let list = listed(
            null_mut(),
            |at, n| call!(self, nvmlDeviceGetGpuInstances(gpu.0, profile, at, n)),
            LIST as u32,
        )?;
        Ok(list.into_iter().map(GpuInstance).collect())
    }

    pub(super) fn gpu_instance_by_id(&self, gpu: Device, id: u32) -> ApiResult<GpuInstance> {
        read!(
            self,
            nvmlDeviceGetGpuInstanceById,
            c::nvmlGpuInstance_t,
            gpu.0,
            id
        )
        .map(GpuInstance)
    }

    pub(super) fn gpu_instance_info(&self, gi: GpuInstance) -> ApiResult<c::nvmlGpuInstanceInfo_t> {
        read!(self, nvmlGpuInstanceGetInfo, c::nvmlGpuInstanceInfo_t, gi.0)
    }

    pub(super) fn ci_profile_v(
        &self,
        gi: GpuInstance,
        kind: u32,
    ) -> ApiResult<c::nvmlComputeInstanceProfileInfo_v2_t> {
        read_versioned!(
            self,
            nvmlGpuInstanceGetComputeInstanceProfileInfoV,
            c::nvmlComputeInstanceProfileInfo_v2_t,
            2,
            gi.0,
            kind,
            0
        )
    }

    pub(super) fn ci_profile_v1(
        &self,
        gi: GpuInstance,
        kind: u32,
    ) -> ApiResult<c::nvmlComputeInstanceProfileInfo_t> {
        read!(
            self,
            nvmlGpuInstanceGetComputeInstanceProfileInfo,
            c::nvmlComputeInstanceProfileInfo_t,
            gi.0,
            kind,
            0
        )
    }

    pub(super) fn compute_instances(
        &self,
        gi: GpuInstance,
        profile: u32,
    ) -> ApiResult<Vec<ComputeInstance>> {
        let list = listed(
            null_mut(),
            |at, n| {
                call!(
                    self,
                    nvmlGpuInstanceGetComputeInstances(gi.0, profile, at, n)
                )
            },
            LIST as u32,
        )?;
        Ok(list.into_iter().map(ComputeInstance).collect())
    }

    pub(super) fn compute_instance_info_v2(
        &self,
        ci: ComputeInstance,
    ) -> ApiResult<c::nvmlComputeInstanceInfo_t> {
        read!(
            self,
            nvmlComputeInstanceGetInfo_v2,
            c::nvmlComputeInstanceInfo_t,
            ci.0
        )
    }

    /// The unversioned form writes a shorter struct, without placement.
    pub(super) fn compute_instance_info_v1(
        &self,
        ci: ComputeInstance,
    ) -> ApiResult<c::nvmlComputeInstanceInfo_t> {
        read!(
            self,
            nvmlComputeInstanceGetInfo,
            c::nvmlComputeInstanceInfo_t,
            ci.0
        )
    }

    pub(super) fn gpm_supported(&self, gpu: Device) -> ApiResult<bool> {
        let mut out = c::nvmlGpmSupport_t {
            version: 1,
            isSupportedDevice: 0,
        };
        call!(self, nvmlGpmQueryDeviceSupport(gpu.0, &raw mut out))
            .map(|()| out.isSupportedDevice != 0)
    }
}

/// Room for one sample of GPM counters.
pub(super) struct GpmSample {
    library: Arc<Library>,
    sample: c::nvmlGpmSample_t,
}

// SAFETY: a sample is memory of the library without ties to a thread; whoever holds it has it alone.
unsafe impl Send for GpmSample {}

impl GpmSample {
    pub(super) fn new(library: &Arc<Library>) -> ApiResult<Self> {
        let sample = read!(library, nvmlGpmSampleAlloc, c::nvmlGpmSample_t)?;
        Ok(Self {
            library: Arc::clone(library),
            sample,
        })
    }

    /// Takes the counters of a GPU instance, by its GPU.
    pub(super) fn take_by_gpu(&mut self, gpu: Device, gi: u32) -> ApiResult<()> {
        call!(self.library, nvmlGpmMigSampleGet(gpu.0, gi, self.sample))
    }

    /// Takes the counters of a MIG device (drivers before 12.9's NVML).
    pub(super) fn take(&mut self, device: Device) -> ApiResult<()> {
        call!(self.library, nvmlGpmSampleGet(device.0, self.sample))
    }

    /// Metrics by their numbers, between `earlier` and this sample.
    pub(super) fn metrics_since(
        &self,
        earlier: &Self,
        ids: [u32; GPM_METRICS],
    ) -> ApiResult<[ApiResult<f64>; GPM_METRICS]> {
        // SAFETY: integers, doubles and pointers: all zeros is a value.
        let mut get: Box<c::nvmlGpmMetricsGet_t> = Box::new(unsafe { zeroed() });
        get.version = 1;
        get.numMetrics = GPM_METRICS as u32;
        get.sample1 = earlier.sample;
        get.sample2 = self.sample;
        for (metric, id) in get.metrics.iter_mut().zip(ids) {
            metric.metricId = id;
        }
        call!(self.library, nvmlGpmMetricsGet(&raw mut *get))?;
        Ok(std::array::from_fn(|i| {
            let metric = &get.metrics[i];
            check(metric.nvmlReturn, "nvmlGpmMetricsGet").map(|()| metric.value)
        }))
    }
}

impl Drop for GpmSample {
    fn drop(&mut self) {
        // Nothing can be done about a sample that the library will not take back.
        let _ = call!(self.library, nvmlGpmSampleFree(self.sample));
    }
}

/// A set of events to wait for.
pub(super) struct EventSet {
    library: Arc<Library>,
    set: c::nvmlEventSet_t,
}

// SAFETY: as for a sample.
unsafe impl Send for EventSet {}

/// What a wait brought.
pub(super) struct Event {
    pub(super) device: Device,
    pub(super) kind: u64,
    pub(super) data: u64,
    pub(super) gi: u32,
    pub(super) ci: u32,
}

impl EventSet {
    pub(super) fn new(library: &Arc<Library>) -> ApiResult<Self> {
        let set = read!(library, nvmlEventSetCreate, c::nvmlEventSet_t)?;
        Ok(Self {
            library: Arc::clone(library),
            set,
        })
    }

    pub(super) fn register(&self, gpu: Device, kinds: u64) -> ApiResult<()> {
        call!(
            self.library,
            nvmlDeviceRegisterEvents(gpu.0, kinds, self.set)
        )
    }

    pub(super) fn wait(&self, milliseconds: u32) -> ApiResult<Event> {
        // SAFETY: a pointer and integers: all zeros is a value.
        let mut event: c::nvmlEventData_t = unsafe { zeroed() };
        call!(
            self.library,
            nvmlEventSetWait_v2(self.set, &raw mut event, milliseconds)
        )?;
        Ok(Event {
            device: Device(event.device),
            kind: event.eventType,
            data: event.eventData,
            gi: event.gpuInstanceId,
            ci: event.computeInstanceId,
        })
    }
}

impl Drop for EventSet {
    fn drop(&mut self) {
        // As for a sample.
        let _ = call!(self.library, nvmlEventSetFree(self.set));
    }
}
