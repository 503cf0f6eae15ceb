//! Whole numbers that name things: of GPUs, instances, processes and error reports.

use super::Facts;
use crate::app::filter::field::Field;
use crate::app::on_slot;
use crate::app::rows::{Item, concerns, gpu_of, slot_of};
use crate::domain::ids::Pid;

impl Facts<'_> {
    pub(super) fn counts(&self, field: Field) -> Vec<u32> {
        match field {
            Field::Gpu => self.gpus(),
            Field::Gi => self.gis(),
            Field::Ci => self.cis(),
            Field::Pid => self.pids().iter().map(|p| p.0).collect(),
            Field::Xid => self.xids(),
            _ => Vec::new(),
        }
    }

    fn gpus(&self) -> Vec<u32> {
        match &*self.of {
            Item::Gpu(_, gpu) | Item::Slot(_, gpu, _) => vec![gpu.index],
            Item::Xid(node, xid) => gpu_of(node, xid).map(|g| g.index).into_iter().collect(),
            Item::Event(_, event) => event.index.into_iter().collect(),
            Item::Holder(node, holding) => holding.gpus(node).into_iter().collect(),
            Item::Finding(node, finding) if finding.subject != node.name => node
                .gpus
                .iter()
                .map(|g| g.index)
                .filter(|index| concerns(node, *index, &finding.subject))
                .collect(),
            Item::Pod(pod) => {
                let devices = pod.devices();
                devices.iter().filter_map(|h| Some(h.gpu?.index)).collect()
            }
            Item::Finding(..) | Item::Node(_) => Vec::new(),
        }
    }

    fn gis(&self) -> Vec<u32> {
        use crate::domain::event::Happening as H;
        match &*self.of {
            Item::Slot(.., slot) => vec![slot.instance.gi.0],
            Item::Xid(_, xid) => xid.gi.iter().map(|gi| gi.0).collect(),
            Item::Event(_, event) => match &event.what {
                H::InstanceAppeared { gi, .. }
                | H::InstanceVanished { gi, .. }
                | H::InstanceUnlisted { gi, .. }
                | H::ComputeChanged { gi, .. } => vec![gi.0],
                _ => Vec::new(),
            },
            Item::Holder(_, holding) => holding
                .records
                .iter()
                .filter_map(|h| Some(h.gi?.0))
                .collect(),
            Item::Finding(_, finding) => {
                let gi = finding.subject.split_once(" gi ").map(|(_, gi)| gi);
                gi.and_then(|gi| gi.parse().ok()).into_iter().collect()
            }
            Item::Pod(pod) => {
                let devices = pod.devices();
                let slots = devices.iter().filter_map(|h| h.slot);
                slots.map(|slot| slot.instance.gi.0).collect()
            }
            Item::Gpu(..) | Item::Node(_) => Vec::new(),
        }
    }

    fn cis(&self) -> Vec<u32> {
        match &*self.of {
            Item::Slot(.., slot) => slot.instance.cis.iter().map(|c| c.ci.0).collect(),
            Item::Xid(_, xid) => xid.ci.iter().map(|ci| ci.0).collect(),
            Item::Holder(_, holding) => holding
                .records
                .iter()
                .filter_map(|h| Some(h.ci?.0))
                .collect(),
            _ => Vec::new(),
        }
    }

    pub(super) fn pids(&self) -> Vec<Pid> {
        match &*self.of {
            Item::Slot(node, gpu, slot) => {
                let mut pids: Vec<Pid> = on_slot::processes(gpu, &slot.instance)
                    .map(|p| p.pid)
                    .collect();
                pids.extend(on_slot::openers(node, gpu, slot));
                pids
            }
            // those of instances are asked there
            Item::Gpu(_, gpu) => {
                let all = gpu.processes.value().into_iter().flatten();
                all.filter(|p| p.gi.is_none()).map(|p| p.pid).collect()
            }
            Item::Xid(_, xid) => xid.pid.into_iter().collect(),
            Item::Holder(_, holding) => holding.pid.into_iter().collect(),
            Item::Node(_) | Item::Event(..) | Item::Finding(..) | Item::Pod(_) => Vec::new(),
        }
    }

    fn xids(&self) -> Vec<u32> {
        match &*self.of {
            Item::Xid(_, xid) => vec![xid.code],
            Item::Node(node) => node.xids.iter().map(|x| x.code).collect(),
            Item::Gpu(node, gpu) => {
                let own = |x: &&crate::domain::xid::XidEvent| x.pci.is_some() && x.pci == gpu.pci();
                node.xids.iter().filter(own).map(|x| x.code).collect()
            }
            Item::Slot(node, gpu, slot) => node
                .xids
                .iter()
                .filter(|x| x.pci.is_some() && x.pci == gpu.pci())
                .filter(|x| {
                    slot_of(node, gpu, x).is_some_and(|s| s.instance.gi == slot.instance.gi)
                })
                .map(|x| x.code)
                .collect(),
            Item::Finding(_, finding) => number_after(&finding.text, "Xid ").into_iter().collect(),
            Item::Event(..) | Item::Holder(..) | Item::Pod(_) => Vec::new(),
        }
    }
}

/// The number that stands after a word.
fn number_after(text: &str, word: &str) -> Option<u32> {
    let (_, rest) = text.split_once(word)?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    rest[..end].parse().ok()
}
