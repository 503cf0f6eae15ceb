//! What outlives a console: events, the last inventory, and who was last seen at work.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::event::Event;
use crate::domain::fleet::Gpu;
use crate::domain::gpu::{Listing, MigMode};
use crate::domain::ids::{BootId, GiId, GpuUuid, PciAddress};
use crate::domain::life::Life;
use crate::domain::reading::AbsentCode;
use crate::domain::text::Text;

/// What is known of a host's GPUs, as far as changes of it are events.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Inventory {
    /// GPUs.
    pub gpus: Vec<KnownGpu>,
}

/// A GPU. What is `None` could not be read.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct KnownGpu {
    /// Its identity.
    pub uuid: GpuUuid,
    /// Its address.
    pub pci: Option<PciAddress>,
    /// Its index.
    pub index: u32,
    /// Its mode.
    pub mode: Option<MigMode>,
    /// Its instances.
    pub instances: Option<Vec<KnownInstance>>,
    /// They were listed by device: those without a compute instance are not among them.
    #[serde(default)]
    pub by_device: bool,
}

/// A GPU instance.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct KnownInstance {
    /// Its id.
    pub gi: GiId,
    /// Which of those under that id.
    pub life: Life,
    /// Name of its profile.
    pub profile: Option<Text>,
    /// How many compute instances it has.
    pub cis: u32,
}

/// What was seen of the work on an instance.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Work {
    /// The GPU.
    pub gpu: GpuUuid,
    /// The instance.
    pub gi: GiId,
    /// Which of those under that id.
    pub life: Life,
    /// It has been watched without a hole since then.
    pub since: Timestamp,
    /// When it was looked at last.
    pub seen: Timestamp,
    /// When somebody was last seen at work in that time.
    pub busy: Option<Timestamp>,
}

/// What an earlier console has written down of a host.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Memory {
    /// Events of this boot, in the order of time.
    pub events: Vec<Event>,
    /// The last inventory, of whatever boot.
    pub inventory: Option<Inventory>,
    /// Work on instances, of this boot.
    pub work: Vec<Work>,
}

/// What is to be written down of a host.
#[derive(Clone, PartialEq, Debug)]
pub struct Chapter {
    /// The host's name.
    pub host: Text,
    /// Its boot.
    pub boot: Option<BootId>,
    /// Whether it is simulated.
    pub simulated: bool,
    /// When, by the host's clock.
    pub at: Timestamp,
    /// New events.
    pub events: Vec<Event>,
    /// The inventory, if it has changed.
    pub inventory: Option<Inventory>,
}

impl KnownGpu {
    /// What is known of this GPU now; `None` where its identity is not, or where it is lost.
    pub(super) fn of(gpu: &Gpu) -> Option<Self> {
        let lost = |code| matches!(code, AbsentCode::GpuLost);
        if gpu.inventory.reason().is_some_and(|why| lost(why.code)) {
            return None;
        }
        let inventory = gpu.inventory.value();
        let instances = inventory.and_then(|i| i.instances.value());
        Some(Self {
            uuid: gpu.uuid()?.clone(),
            pci: gpu.pci(),
            index: gpu.index,
            mode: inventory.and_then(|i| i.mig.value().copied()),
            instances: instances.map(|all| {
                all.iter()
                    .map(|instance| KnownInstance {
                        gi: instance.gi,
                        life: Life::of(instance),
                        profile: instance.profile.value().cloned(),
                        cis: u32::try_from(instance.cis.len()).unwrap_or(u32::MAX),
                    })
                    .collect()
            }),
            by_device: inventory.is_some_and(|i| matches!(i.listing, Listing::ByDevice { .. })),
        })
    }
}
