//! What we use of NVML. `sources/nvml` speaks to the real library, `wiring/sim.rs` to the simulator; the sampler is the
//! same for both.
//!
//! Methods stand close to NVML's functions, one call each unless their comment says otherwise, so that the sampler can
//! keep its call budget. Struct versions and older forms of a function are the implementation's business.

use std::fmt;
use std::time::Duration;

use crate::domain::gpu::{CiProfile, Engines, GiProfile, GpuIdentity, MigMode, RecoveryAction};
use crate::domain::ids::{CiId, GiId, MigUuid, ProfileId};
use crate::domain::placement::Placement;
use crate::domain::process::{GpuProcess, ProcessKind};
use crate::domain::reading::{Absence, AbsentCode};
use crate::domain::units::Bytes;

/// An NVML return code, kept in kind (`nvmlReturn_t`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)] // the names are NVML's own
pub enum Code {
    Uninitialized,
    InvalidArgument,
    NotSupported,
    NoPermission,
    NotFound,
    InsufficientSize,
    DriverNotLoaded,
    Timeout,
    LibraryNotFound,
    FunctionNotFound,
    GpuIsLost,
    ResetRequired,
    OperatingSystem,
    LibRmVersionMismatch,
    InUse,
    Memory,
    NoData,
    InsufficientResources,
    ArgumentVersionMismatch,
    NotReady,
    GpuNotFound,
    InvalidState,
    Unknown,
    /// A code without a name here.
    Other(u32),
    /// Not a return code: the library exports no form of the function.
    SymbolMissing,
}

/// A call that did not succeed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ApiError {
    /// What came back.
    pub code: Code,
    /// The NVML function that was called.
    pub function: &'static str,
}

/// Result of a call.
pub type ApiResult<T> = Result<T, ApiError>;

/// A MIG device as its handle tells (no privilege needed).
#[derive(Clone, PartialEq, Debug)]
pub struct MigDevice {
    /// Its GPU instance.
    pub gi: GiId,
    /// Its compute instance.
    pub ci: CiId,
}

/// Attributes of a MIG device (`nvmlDeviceGetAttributes_v2`).
#[derive(Clone, PartialEq, Debug)]
pub struct MigAttributes {
    /// Streaming multiprocessors of the compute instance.
    pub sm: u32,
    /// Engines shared within the GPU instance.
    pub engines: Engines,
    /// Compute slices of the GPU instance.
    pub gi_slices: u32,
    /// Compute slices of the compute instance.
    pub ci_slices: u32,
    /// Memory of the GPU instance.
    pub memory: Bytes,
}

/// A GPU instance as `nvmlGpuInstanceGetInfo` tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GiInfo {
    /// Its id.
    pub gi: GiId,
    /// Its profile.
    pub profile: ProfileId,
    /// Its memory slices.
    pub placement: Placement,
}

/// A compute instance as `nvmlComputeInstanceGetInfo_v2` tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CiInfo {
    /// Its id in the GPU instance.
    pub ci: CiId,
    /// Its profile.
    pub profile: ProfileId,
    /// Its compute slices in the GPU instance; `None` where the driver does not say (unversioned struct).
    pub placement: Option<Placement>,
}

/// Total and used memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Memory {
    /// In total.
    pub total: Bytes,
    /// In use (reserved memory not counted where the driver tells it apart).
    pub used: Bytes,
}

/// Remapped rows (`nvmlDeviceGetRemappedRows`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)] // named as in NVML
pub struct RemappedRows {
    pub corrected: u64,
    pub uncorrected: u64,
    pub pending: bool,
    pub failed: bool,
}

/// PCI Express link values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Pcie {
    Generation,
    GenerationMax,
    Width,
    WidthMax,
}

/// Clocks that can be asked for, all in MHz.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Clock {
    Sm,
    Memory,
    SmMax,
    MemoryMax,
}

/// Something the driver reported (`nvmlEventData_t`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GpuEvent {
    /// Instances changed (`nvmlEventMigConfigChange`).
    MigConfigChange {
        /// The GPU.
        gpu: u32,
    },
    /// An Xid; 999 where the library does not know which.
    Xid {
        /// The GPU.
        gpu: u32,
        /// Its number.
        code: u64,
        /// GPU instance, if attributable.
        gi: Option<GiId>,
        /// Compute instance, if attributable.
        ci: Option<CiId>,
    },
}

/// Activity of one GPU instance between two samples, 0..100 (`nvmlGpmMetricsGet`); each metric fails by itself.
#[derive(Clone, PartialEq, Debug)]
pub struct Gpm {
    /// GPM 1.
    pub gr: ApiResult<f64>,
    /// GPM 2.
    pub sm: ApiResult<f64>,
    /// GPM 3.
    pub occupancy: ApiResult<f64>,
    /// GPM 5.
    pub tensor: ApiResult<f64>,
    /// GPM 10.
    pub dram: ApiResult<f64>,
}

/// Versions of driver and library.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Versions {
    /// `nvmlSystemGetDriverVersion`.
    pub driver: String,
    /// `nvmlSystemGetNVMLVersion`.
    pub nvml: ApiResult<String>,
    /// `nvmlSystemGetCudaDriverVersion_v2`, 12020 for 12.2.
    pub cuda: ApiResult<i32>,
}

/// The driver's interface. `gpu` is NVML's index; `slot` the index of a MIG device on it.
///
/// All methods may block for as long as the driver likes. They are called from one thread per GPU.
pub trait GpuApi: Send + Sync {
    /// Versions (three calls; for start-up only).
    fn versions(&self) -> ApiResult<Versions>;
    /// What the library was loaded by.
    fn library(&self) -> String;
    /// Number of GPUs.
    fn count(&self) -> ApiResult<u32>;
    /// Who a GPU is (about seven calls). Fails only where there is no handle or no UUID.
    fn identity(&self, gpu: u32) -> ApiResult<GpuIdentity>;

    /// MIG mode.
    fn mig_mode(&self, gpu: u32) -> ApiResult<MigMode>;
    /// Persistence mode.
    fn persistence(&self, gpu: u32) -> ApiResult<bool>;
    /// Profiles with placements, by enumeration until INVALID_ARGUMENT (two calls a profile).
    fn gi_profiles(&self, gpu: u32) -> ApiResult<Vec<GiProfile>>;
    /// GPU instances of one profile (one call, and one for each instance).
    fn gpu_instances(&self, gpu: u32, profile: ProfileId) -> ApiResult<Vec<GiInfo>>;
    /// How many GPU instances of one profile there are (the list of `gpu_instances` without a look at each).
    fn gpu_instance_count(&self, gpu: u32, profile: ProfileId) -> ApiResult<u32>;
    /// One GPU instance by its id (two calls).
    fn gpu_instance(&self, gpu: u32, gi: GiId) -> ApiResult<GiInfo>;
    /// Compute instance profiles of a GPU instance, by enumeration.
    fn ci_profiles(&self, gpu: u32, gi: GiId) -> ApiResult<Vec<CiProfile>>;
    /// Compute instances of one profile in a GPU instance (two calls, and one for each instance).
    fn compute_instances(&self, gpu: u32, gi: GiId, profile: ProfileId) -> ApiResult<Vec<CiInfo>>;

    /// Upper bound of MIG device indexes.
    fn max_mig_devices(&self, gpu: u32) -> ApiResult<u32>;
    /// A number that stays the same while the handle at `slot` does: one call, NOT_FOUND for a hole.
    fn mig_handle(&self, gpu: u32, slot: u32) -> ApiResult<u64>;
    /// The instance behind a slot's handle (two calls with the handle of the last `mig_handle`).
    fn mig_device(&self, gpu: u32, slot: u32) -> ApiResult<MigDevice>;
    /// UUID of a MIG device.
    fn mig_uuid(&self, gpu: u32, slot: u32) -> ApiResult<MigUuid>;
    /// Attributes of a MIG device.
    fn mig_attributes(&self, gpu: u32, slot: u32) -> ApiResult<MigAttributes>;
    /// Name of a MIG device; ends in `MIG 1g.5gb`.
    fn mig_name(&self, gpu: u32, slot: u32) -> ApiResult<String>;
    /// Memory of a MIG device: that of its GPU instance.
    fn mig_memory(&self, gpu: u32, slot: u32) -> ApiResult<Memory>;

    /// Memory of the whole GPU.
    fn memory(&self, gpu: u32) -> ApiResult<Memory>;
    /// Degrees Celsius.
    fn temperature(&self, gpu: u32) -> ApiResult<u32>;
    /// Milliwatts.
    fn power(&self, gpu: u32) -> ApiResult<u32>;
    /// Power limit in force, milliwatts.
    fn power_limit(&self, gpu: u32) -> ApiResult<u32>;
    /// A clock.
    fn clock(&self, gpu: u32, clock: Clock) -> ApiResult<u32>;
    /// Performance state.
    fn pstate(&self, gpu: u32) -> ApiResult<u32>;
    /// Clock event reasons.
    fn throttle(&self, gpu: u32) -> ApiResult<u64>;
    /// GPU and memory utilisation, per cent.
    fn utilization(&self, gpu: u32) -> ApiResult<(u32, u32)>;
    /// Processes of one list.
    fn processes(&self, gpu: u32, kind: ProcessKind) -> ApiResult<Vec<GpuProcess>>;

    /// A value of the PCI Express link.
    fn pcie(&self, gpu: u32, what: Pcie) -> ApiResult<u32>;
    /// Whether an NVLink is up; INVALID_ARGUMENT past the last one, NOT_SUPPORTED on a board without.
    fn nvlink(&self, gpu: u32, link: u32) -> ApiResult<bool>;
    /// ECC now and after the next reset.
    fn ecc_mode(&self, gpu: u32) -> ApiResult<(bool, bool)>;
    /// Corrected (`false`) or uncorrected (`true`) errors since the driver was loaded.
    fn ecc_errors(&self, gpu: u32, uncorrected: bool) -> ApiResult<u64>;
    /// Remapped rows.
    fn remapped_rows(&self, gpu: u32) -> ApiResult<RemappedRows>;
    /// Banks by spare rows: max, high, partial, low, none.
    fn remap_histogram(&self, gpu: u32) -> ApiResult<[u32; 5]>;
    /// Recovery action.
    fn recovery(&self, gpu: u32) -> ApiResult<RecoveryAction>;

    /// Whether the GPU offers GPM.
    fn gpm_supported(&self, gpu: u32) -> ApiResult<bool>;
    /// Takes a sample of one GPU instance, and the metrics since the instance's previous sample: `None` for the first,
    /// or if less than 100 ms have passed. Two calls (one for the first).
    fn gpm(&self, gpu: u32, gi: GiId) -> ApiResult<Option<Gpm>>;
    /// Forgets the previous sample (the instance is gone or another).
    fn gpm_forget(&self, gpu: u32, gi: GiId);

    /// Waits for an event of any GPU, at most `timeout`; `None` at time-out.
    fn wait_event(&self, timeout: Duration) -> ApiResult<Option<GpuEvent>>;
}

impl Code {
    /// From NVML's number.
    pub const fn from_raw(raw: u32) -> Self {
        match raw {
            1 => Self::Uninitialized,
            2 => Self::InvalidArgument,
            3 => Self::NotSupported,
            4 => Self::NoPermission,
            6 => Self::NotFound,
            7 => Self::InsufficientSize,
            9 => Self::DriverNotLoaded,
            10 => Self::Timeout,
            12 => Self::LibraryNotFound,
            13 => Self::FunctionNotFound,
            15 => Self::GpuIsLost,
            16 => Self::ResetRequired,
            17 => Self::OperatingSystem,
            18 => Self::LibRmVersionMismatch,
            19 => Self::InUse,
            20 => Self::Memory,
            21 => Self::NoData,
            23 => Self::InsufficientResources,
            25 => Self::ArgumentVersionMismatch,
            27 => Self::NotReady,
            28 => Self::GpuNotFound,
            29 => Self::InvalidState,
            999 => Self::Unknown,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Uninitialized => "not initialised",
            Self::InvalidArgument => "invalid argument",
            Self::NotSupported => "not supported",
            Self::NoPermission => "no permission",
            Self::NotFound => "not found",
            Self::InsufficientSize => "buffer too small",
            Self::DriverNotLoaded => "driver not loaded",
            Self::Timeout => "time-out",
            Self::LibraryNotFound => "library not found",
            Self::FunctionNotFound => "function not found",
            Self::GpuIsLost => "GPU is lost (fell off the bus)",
            Self::ResetRequired => "GPU needs a reset",
            Self::OperatingSystem => "blocked by the operating system",
            Self::LibRmVersionMismatch => "library and kernel module are of different versions",
            Self::InUse => "in use",
            Self::Memory => "out of memory",
            Self::NoData => "no data",
            Self::InsufficientResources => "insufficient resources",
            Self::ArgumentVersionMismatch => "struct version not known to the driver",
            Self::NotReady => "not ready",
            Self::GpuNotFound => "GPU not found",
            Self::InvalidState => "invalid state",
            Self::Unknown => "unknown error",
            Self::Other(raw) => return write!(f, "error {raw}"),
            Self::SymbolMissing => "not offered by this driver's library",
        };
        f.write_str(text)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.function, self.code)
    }
}

impl std::error::Error for ApiError {}

impl From<ApiError> for Absence {
    fn from(error: ApiError) -> Self {
        let code = match error.code {
            Code::NotSupported => AbsentCode::NotSupported,
            Code::NoPermission => AbsentCode::NoPermission,
            Code::GpuIsLost => AbsentCode::GpuLost,
            Code::ResetRequired => AbsentCode::ResetRequired,
            Code::SymbolMissing | Code::FunctionNotFound => AbsentCode::DriverTooOld,
            Code::LibRmVersionMismatch => AbsentCode::DriverMismatch,
            _ => AbsentCode::Failed,
        };
        Self::new(code, error.to_string())
    }
}
