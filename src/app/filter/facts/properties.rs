//! What holds of a row or does not: states, pods, processes.

use super::Facts;
use crate::app::filter::evaluate::Truth;
use crate::app::filter::term::Property;
use crate::app::on_slot;
use crate::app::rows::{Item, gpu_of, slot_of};
use crate::domain::fleet::{Gpu, PodLink, SlotState};
use crate::domain::observation::{CallState, Health};
use crate::domain::reading::AbsentCode;

impl Facts<'_> {
    /// The state of an instance, or of a GPU that is used as one piece; of a GPU with instances they are asked.
    pub(super) fn state(&self) -> Option<SlotState> {
        match &*self.of {
            Item::Slot(.., slot) => Some(slot.state),
            Item::Gpu(_, gpu) => gpu.whole.as_ref().map(|w| w.state),
            _ => None,
        }
    }

    /// Whether a property holds; `None` for things that have no such property.
    pub(in crate::app::filter) fn is(&self, property: Property) -> Option<Truth> {
        let hardware = matches!(&*self.of, Item::Node(_) | Item::Gpu(..) | Item::Slot(..));
        let state = |wanted| {
            hardware.then(|| {
                self.state()
                    .map_or(Truth::Absent, |s| Truth::of(s == wanted))
            })
        };
        match property {
            Property::Busy => state(SlotState::Busy),
            Property::Allocated | Property::Idle => state(SlotState::Allocated),
            Property::Free => state(SlotState::Free),
            Property::NoCi => state(SlotState::NoCi),
            Property::Sick => state(SlotState::Sick),
            Property::Unknown => state(SlotState::Unknown),
            Property::Pod => self.has_pod(),
            Property::Process => self.has_process(),
            Property::Pending if let Item::Pod(pod) = &*self.of => Some(
                pod.facts
                    .map_or(Truth::Absent, |f| Truth::of(f.phase == "Pending")),
            ),
            Property::Pending => hardware.then(|| {
                let mig = self.board().and_then(|g| g.inventory.value()?.mig.value());
                mig.map_or(Truth::Absent, |m| Truth::of(m.current != m.pending))
            }),
            Property::Hung => match &*self.of {
                Item::Node(node) => Some(Truth::of(
                    node.sources
                        .iter()
                        .any(|s| matches!(s.health, Health::Hung { .. })),
                )),
                Item::Gpu(_, gpu) | Item::Slot(_, gpu, _) => {
                    Some(Truth::of(matches!(gpu.calls, CallState::Hung { .. })))
                }
                _ => None,
            },
        }
    }

    pub(super) fn has_pod(&self) -> Option<Truth> {
        let node = self.node();
        let among = |pods: &[PodLink]| {
            let untold = node
                .allocations
                .reason()
                .is_some_and(|why| why.code != AbsentCode::NoSource);
            match pods {
                [] if untold => Truth::Absent,
                pods => Truth::of(!pods.is_empty()),
            }
        };
        Some(match &*self.of {
            Item::Slot(.., slot) => among(&slot.pods),
            Item::Gpu(_, gpu) => match &gpu.whole {
                Some(whole) => among(&whole.pods),
                None => Truth::Absent,
            },
            Item::Node(_) => Truth::Absent,
            Item::Xid(node, xid) => {
                let slot = gpu_of(node, xid).and_then(|g| slot_of(node, g, xid));
                slot.map_or(Truth::Absent, |s| among(&s.pods))
            }
            Item::Holder(_, holding) => match holding.process {
                Some(process) => Truth::of(process.pod.is_some()),
                None => Truth::Absent,
            },
            Item::Pod(_) => Truth::Yes,
            Item::Event(..) | Item::Finding(..) => return None,
        })
    }

    pub(super) fn has_process(&self) -> Option<Truth> {
        let told = |gpu: &Gpu, any: bool| {
            if any {
                Truth::Yes
            } else if gpu.processes.value().is_some() {
                Truth::No
            } else {
                Truth::Absent
            }
        };
        Some(match &*self.of {
            Item::Slot(_, gpu, slot) => told(
                gpu,
                on_slot::processes(gpu, &slot.instance).next().is_some(),
            ),
            Item::Gpu(_, gpu) if gpu.slots.is_empty() => {
                told(gpu, gpu.processes.value().is_some_and(|p| !p.is_empty()))
            }
            Item::Gpu(..) | Item::Node(_) => Truth::Absent,
            Item::Holder(_, holding) => Truth::of(holding.pid.is_some()),
            Item::Xid(_, xid) => Truth::of(xid.pid.is_some()),
            Item::Event(..) | Item::Finding(..) | Item::Pod(_) => return None,
        })
    }
}
