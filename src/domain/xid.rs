//! Xid and SXid errors.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{BootId, CiId, GiId, PciAddress, Pid};
use super::text::Text;

/// Who reported it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum XidSource {
    /// The kernel's ring buffer.
    Kmsg,
    /// The journal.
    Journal,
    /// An NVML event (`nvmlEventTypeXidCriticalError`): no text, no pid, but GI and CI.
    NvmlEvent,
}

/// A GPU's Xid or a switch's SXid.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum XidFamily {
    /// Of a GPU.
    Xid,
    /// Of an NVSwitch: the PCI address is the switch's.
    Sxid,
}

/// One error report.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct XidEvent {
    /// GPU's or switch's.
    pub family: XidFamily,
    /// The number.
    pub code: u32,
    /// Address of the GPU or switch; `None` if an event's device could not be resolved.
    pub pci: Option<PciAddress>,
    /// Wall-clock time (derived from the kernel's clock for the ring buffer).
    pub at: Timestamp,
    /// Microseconds since boot, with the boot id the ordering key.
    pub boot_usec: Option<u64>,
    /// The boot it belongs to.
    pub boot: Option<BootId>,
    /// GPU instance, where the report names one.
    pub gi: Option<GiId>,
    /// Compute instance, where the report names one.
    pub ci: Option<CiId>,
    /// Process id at the time of the error; the process may be gone.
    pub pid: Option<Pid>,
    /// Thread name at the time (15 bytes, chosen by the process).
    pub name: Option<Text>,
    /// The message after number, pid and name.
    pub message: Text,
    /// For an SXid: its own word (`Fatal`, `Non-fatal`, `Correctable`).
    pub severity_word: Option<Text>,
    /// For an SXid: the switch's port.
    pub link: Option<u32>,
    /// Who reported it.
    pub source: XidSource,
}
