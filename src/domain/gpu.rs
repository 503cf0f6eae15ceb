//! A GPU as its driver describes it: identity, MIG mode, profiles, instances, telemetry.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{CiId, GiId, GpuIndex, GpuUuid, MigUuid, PciAddress, ProfileId};
use super::metric::{Measured, Metric};
use super::placement::Placement;
use super::process::GpuProcess;
use super::reading::Reading;
use super::text::Text;
use super::units::Bytes;

/// Engines of a profile or an instance (shared by all compute instances of a GPU instance).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Engines {
    /// Copy engines.
    pub copy: u32,
    /// Video decoders (NVDEC).
    pub decoder: u32,
    /// Video encoders (NVENC).
    pub encoder: u32,
    /// JPEG decoders.
    pub jpeg: u32,
    /// Optical flow engines.
    pub ofa: u32,
}

/// MIG mode: what it is and what it will be (`nvmlDeviceGetMigMode`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct MigMode {
    /// In force now.
    pub current: bool,
    /// In force after the next reset. A change is under way, or stuck, where the two differ.
    pub pending: bool,
}

/// Who a GPU is. Read once per driver load.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct GpuIdentity {
    /// Position in NVML's enumeration.
    pub index: GpuIndex,
    /// Its identity.
    pub uuid: GpuUuid,
    /// Product name, such as `NVIDIA A100-SXM4-40GB`.
    pub name: Reading<Text>,
    /// PCI address.
    pub pci: Reading<PciAddress>,
    /// `nvmlPciInfo_t.pciDeviceId`: device id in the upper half, vendor 10DE in the lower.
    pub pci_device_id: Reading<u32>,
    /// Board serial number.
    pub serial: Reading<Text>,
    /// Minor of `/dev/nvidia<minor>`; may change at a reset.
    pub minor: Reading<u32>,
    /// Architecture: `ampere`, `hopper`, `blackwell`, or the number for one unknown here.
    pub architecture: Reading<Text>,
}

/// A GPU instance profile as the driver lists it (`nvmlGpuInstanceProfileInfo_v2_t` or its older forms).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct GiProfile {
    /// The enum value that was asked for (`NVML_GPU_INSTANCE_PROFILE_*`).
    pub kind: u32,
    /// The board's profile id.
    pub id: ProfileId,
    /// Name without `MIG `, as the driver gives it or derived where it gives none.
    pub name: Text,
    /// Compute slices.
    pub slices: u32,
    /// Most instances of it on one GPU.
    pub max: u32,
    /// Memory of one instance.
    pub memory: Bytes,
    /// Streaming multiprocessors.
    pub sm: u32,
    /// Engines.
    pub engines: Engines,
    /// Legal placements, occupied or not; all of one size.
    pub placements: Reading<Vec<Placement>>,
}

/// A compute instance profile as the driver lists it for one GPU instance.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CiProfile {
    /// The profile id; equals the enum value (`NVML_COMPUTE_INSTANCE_PROFILE_*`).
    pub id: ProfileId,
    /// Compute slices.
    pub slices: u32,
    /// Most instances of it in the GPU instance.
    pub max: u32,
    /// Streaming multiprocessors.
    pub sm: u32,
    /// Name without `MIG `, where the driver gives one.
    pub name: Option<Text>,
}

/// A compute instance, which with its UUID is a MIG device.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ComputeInstance {
    /// Its id in the GPU instance.
    pub ci: CiId,
    /// Its profile id; absent without the right to list instances.
    pub profile_id: Reading<ProfileId>,
    /// Name as the driver gives it or derived: `3g.20gb`, `1c.3g.20gb`.
    pub name: Reading<Text>,
    /// Compute slices inside the GPU instance; absent on drivers before 525 and without the right to list.
    pub placement: Reading<Placement>,
    /// UUID of the MIG device.
    pub uuid: Reading<MigUuid>,
    /// Position among the GPU's MIG devices; renumbered at every change.
    pub device_index: Reading<u32>,
    /// Streaming multiprocessors (`nvmlDeviceAttributes_t`).
    pub sm: Reading<u32>,
    /// `computeInstanceSliceCount`.
    pub slices: Reading<u32>,
}

/// A GPU instance with its compute instances. One without any is a normal, visible state.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct GpuInstance {
    /// Its id on the GPU.
    pub gi: GiId,
    /// Its profile id; absent without the right to list instances.
    pub profile_id: Reading<ProfileId>,
    /// Profile name: `3g.20gb`.
    pub profile: Reading<Text>,
    /// Memory slices; absent without the right to list instances.
    pub placement: Reading<Placement>,
    /// Size of its memory (`nvmlDeviceAttributes_t.memorySizeMB` or the profile's).
    pub memory: Reading<Bytes>,
    /// Streaming multiprocessors of the whole instance.
    pub sm: Reading<u32>,
    /// Engines.
    pub engines: Reading<Engines>,
    /// Its compute instances in the order of their ids.
    pub cis: Vec<ComputeInstance>,
    /// When this watcher first saw it; facts older than this are void. `None`: it was there at the first look.
    pub appeared: Option<Timestamp>,
}

/// How complete the list of instances is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Listing {
    /// By GPU instance: those without a compute instance are seen too.
    ByInstance,
    /// By MIG device handles only: no placements, instances without a compute instance are not seen.
    ByDevice {
        /// Why not by instance.
        why: super::reading::Absence,
    },
}

/// What changes seldom about a GPU: identity, mode, profiles and instances. Sent when any of it changes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct GpuInventory {
    /// Who it is.
    pub identity: GpuIdentity,
    /// MIG mode; absent where the board has no MIG.
    pub mig: Reading<MigMode>,
    /// Persistence mode.
    pub persistence: Reading<bool>,
    /// Profiles of the board.
    pub profiles: Reading<Vec<GiProfile>>,
    /// Instances in the order of (placement, GI id).
    pub instances: Reading<Vec<GpuInstance>>,
    /// How they were listed.
    pub listing: Listing,
}

/// PCI Express link, now and at most.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PcieLink {
    /// Generation in use.
    pub generation: Reading<u32>,
    /// Highest generation of device and slot.
    pub generation_max: Reading<u32>,
    /// Lanes in use.
    pub width: Reading<u32>,
    /// Most lanes.
    pub width_max: Reading<u32>,
}

/// ECC and row remapping.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct MemoryHealth {
    /// ECC on now.
    pub ecc: Reading<bool>,
    /// ECC on after the next reset.
    pub ecc_pending: Reading<bool>,
    /// Corrected errors since the driver was loaded.
    pub corrected: Reading<u64>,
    /// Uncorrected errors since the driver was loaded.
    pub uncorrected: Reading<u64>,
    /// Rows remapped for corrected errors.
    pub remapped_corrected: Reading<u64>,
    /// Rows remapped for uncorrected errors.
    pub remapped_uncorrected: Reading<u64>,
    /// A row waits for the next reset to be remapped.
    pub remap_pending: Reading<bool>,
    /// A remapping has failed: RMA check.
    pub remap_failed: Reading<bool>,
    /// Banks by spare rows left: max, high, partial, low, none (`nvmlDeviceGetRowRemapperHistogram`).
    pub spare_banks: Reading<[u32; 5]>,
}

/// What the driver says must be done to recover (`NVML_FI_DEV_GET_GPU_RECOVERY_ACTION`, field 230).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoveryAction {
    /// 0: nothing.
    None,
    /// 1: reset the GPU.
    GpuReset,
    /// 2: reboot the node.
    NodeReboot,
    /// 3: end peer-to-peer work.
    DrainP2p,
    /// 4: drain, then reset.
    DrainAndReset,
    /// Any other number.
    Other(u32),
}

/// What changes slowly: read every ten seconds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SlowTelemetry {
    /// Power limit in force, milliwatts.
    pub power_limit_mw: Reading<u32>,
    /// Highest SM clock, MHz.
    pub sm_clock_max_mhz: Reading<u32>,
    /// Highest memory clock, MHz.
    pub memory_clock_max_mhz: Reading<u32>,
    /// PCI Express link.
    pub pcie: PcieLink,
    /// NVLink states in the order of links: true is up. Empty where the board has none.
    pub nvlinks: Reading<Vec<bool>>,
    /// Memory errors.
    pub memory: MemoryHealth,
    /// Recovery action.
    pub recovery: Reading<RecoveryAction>,
}

/// What changes all the time: read each beat.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FastTelemetry {
    /// Memory in total, on the whole GPU.
    pub memory_total: Reading<Bytes>,
    /// Memory in use, on the whole GPU.
    pub memory_used: Reading<Bytes>,
    /// Degrees Celsius.
    pub temperature_c: Reading<u32>,
    /// Milliwatts.
    pub power_mw: Reading<u32>,
    /// SM clock, MHz.
    pub sm_clock_mhz: Reading<u32>,
    /// Memory clock, MHz.
    pub memory_clock_mhz: Reading<u32>,
    /// Performance state 0 (highest) .. 15.
    pub pstate: Reading<u32>,
    /// Clock event (throttle) reasons, `nvmlClocksEventReason*` bits; 0 is full speed.
    pub throttle: Reading<u64>,
    /// `nvmlUtilization_t.gpu`; absent with MIG on.
    pub utilization: Reading<u32>,
    /// `nvmlUtilization_t.memory`; absent with MIG on.
    pub memory_utilization: Reading<u32>,
}

/// One instance at one beat.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct InstanceSample {
    /// The GPU instance.
    pub gi: GiId,
    /// Memory in total.
    pub memory_total: Reading<Bytes>,
    /// Memory in use.
    pub memory_used: Reading<Bytes>,
    /// Percentages with their meaning; a metric that no source here offers has its reason.
    pub metrics: Vec<(Metric, Reading<Measured>)>,
}

/// One GPU at one beat.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct GpuSample {
    /// The GPU.
    pub gpu: GpuUuid,
    /// Fast telemetry.
    pub fast: FastTelemetry,
    /// Slow telemetry, in the beats that read it.
    pub slow: Option<SlowTelemetry>,
    /// Instances, memory and activity.
    pub instances: Vec<InstanceSample>,
    /// Processes on the GPU, with GI and CI where the driver attributes them.
    pub processes: Reading<Vec<GpuProcess>>,
}
