//! The boards as the driver describes them: profiles, placements, engines, memory.
//!
//! Numbers come from real `nvidia-smi mig -lgip`/`-lgipp` listings and NVIDIA's MIG User Guide. Rows with
//! [`GiRow::derived`] hold figures that no published listing shows; they follow from the neighbouring rows.

mod ampere;
mod blackwell;
mod compute;
mod hopper;
mod shapes;

pub use compute::{CiRow, ci_profiles, full_ci};
pub use shapes::kind;

/// `nvmlDeviceArchitecture_t`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Architecture {
    /// 7
    Ampere = 7,
    /// 9
    Hopper = 9,
    /// 10
    Blackwell = 10,
}

/// Engine counts of a GPU instance, shared by its compute instances.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Engines {
    /// Video decoders (NVDEC).
    pub dec: u32,
    /// Video encoders (NVENC).
    pub enc: u32,
    /// Copy engines.
    pub ce: u32,
    /// JPEG decoders.
    pub jpg: u32,
    /// Optical flow accelerators.
    pub ofa: u32,
}

impl Engines {
    /// Whether any of them works on pictures: what `-me` profiles lack.
    pub const fn has_media(self) -> bool {
        self.dec + self.enc + self.jpg + self.ofa > 0
    }
}

/// A GPU-instance profile of a board.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GiRow {
    /// `NVML_GPU_INSTANCE_PROFILE_*`.
    pub kind: u32,
    /// The board's profile id (19, 14, 9, 5, 0 ..).
    pub id: u32,
    /// Without `MIG `: `1g.5gb+me`.
    pub name: &'static str,
    /// Compute slices.
    pub slices: u32,
    /// Memory slices on the board's axis.
    pub size: u32,
    /// Most instances of it on one GPU.
    pub max: u32,
    /// Memory in MiB.
    pub mib: u64,
    /// Streaming multiprocessors.
    pub sm: u32,
    /// Engines.
    pub engines: Engines,
    /// Legal starts on the memory-slice axis.
    pub starts: &'static [u32],
    /// First major driver version that offers it; 0: from the board's first.
    pub since: u32,
    /// Memory, SM or engines are not in any published listing.
    pub derived: bool,
}

/// Power in watts and clocks in MHz that the load curves move between.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Envelope {
    /// Power with nothing to do.
    pub idle_watts: f64,
    /// Lowest limit that can be set.
    pub min_limit_watts: u32,
    /// Default and highest limit.
    pub limit_watts: u32,
    /// SM clock with nothing to do.
    pub idle_mhz: u32,
    /// Highest SM clock.
    pub boost_mhz: u32,
    /// Memory clock.
    pub memory_mhz: u32,
}

/// A board.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Board {
    /// Short name, as in scenarios.
    pub short: &'static str,
    /// Product name as NVML gives it.
    pub product: &'static str,
    /// Architecture.
    pub architecture: Architecture,
    /// CUDA compute capability.
    pub compute_capability: (i32, i32),
    /// Device id in the upper, vendor id in the lower half (`nvmlPciInfo_t.pciDeviceId`).
    pub pci_device_id: u32,
    /// Memory of the GPU in MiB.
    pub memory_mib: u64,
    /// Length of the memory-slice axis.
    pub axis: u32,
    /// Compute slices in total.
    pub slices: u32,
    /// Streaming multiprocessors without MIG.
    pub sm: u32,
    /// NVLinks.
    pub nvlinks: u32,
    /// PCI Express generation.
    pub pcie: u32,
    /// Power and clocks.
    pub envelope: Envelope,
    /// Profiles in the order of the driver's listing.
    pub profiles: &'static [GiRow],
}

/// Every board.
pub fn boards() -> impl Iterator<Item = &'static Board> {
    ampere::BOARDS
        .iter()
        .chain(hopper::BOARDS)
        .chain(blackwell::BOARDS)
}

/// The board of a short name.
pub fn board(short: &str) -> Option<&'static Board> {
    boards().find(|board| board.short == short)
}

impl Board {
    /// The profile with this id, whatever the driver.
    pub fn profile(&self, id: u32) -> Option<&'static GiRow> {
        self.profiles.iter().find(|row| row.id == id)
    }

    /// The profiles that a driver of this major version offers.
    pub fn offered(&self, major: u32) -> impl Iterator<Item = &'static GiRow> + use<> {
        self.profiles.iter().filter(move |row| row.since <= major)
    }

    /// GPM exists from Hopper on (nvml.h, `nvmlGpmQueryDeviceSupport`).
    pub fn has_gpm(&self) -> bool {
        self.architecture >= Architecture::Hopper
    }

    /// MIG mode changes without a reset, and is lost with the driver (MIG User Guide, getting started; the kernel
    /// module's `PDB_PROP_GPU_RESETLESS_MIG_SUPPORTED`).
    pub fn resetless(&self) -> bool {
        self.architecture >= Architecture::Hopper
    }

    /// On NVSwitch boards of the Ampere generation the links are trained off while MIG is on (Fabric Manager guide).
    pub fn links_off_with_mig(&self) -> bool {
        self.architecture == Architecture::Ampere
    }
}

/// Memory in MiB of an instance. With drivers before R510 the A100 40 GB has slightly larger halves, and the two are
/// not equal (MIG User Guide listings: 20224 and 20096 MiB).
pub fn instance_mib(board: &Board, row: &GiRow, start: u32, major: u32) -> u64 {
    if board.short == "a100-40" && major < 510 && row.size == 4 {
        return if start == 0 { 20_224 } else { 20_096 };
    }
    row.mib
}

/// Memory in MiB that the profile states (`memorySizeMB`): the smaller where instances differ.
pub fn profile_mib(board: &Board, row: &GiRow, major: u32) -> u64 {
    row.starts
        .iter()
        .map(|&start| instance_mib(board, row, start, major))
        .min()
        .unwrap_or(row.mib)
}

/// The profile's name by driver: the first drivers of the A100 80 GB said `7g.79gb`
/// (<https://github.com/NVIDIA/gpu-operator/issues/351>).
pub fn profile_name(board: &Board, row: &GiRow, major: u32) -> &'static str {
    if board.short == "a100-80" && row.id == 0 && major < 470 {
        return "7g.79gb";
    }
    row.name
}

#[cfg(test)]
mod tests;
