//! Errors as far as they concern one instance: those that name it, and what they mean for its neighbours.

use crate::app::Texts;
use crate::domain::finding::xids::{Concern, concern};
use crate::domain::fleet::{Gpu, Node, Slot, SlotState};
use crate::domain::on_slot::names;
use crate::domain::xid::{XidEvent, XidFamily};
use crate::domain::xid_catalog::{Fault, Meaning, Scope, meaning_of};

/// Reports of a GPU, the newest first.
pub fn of_gpu<'a>(node: &'a Node, gpu: &Gpu) -> impl Iterator<Item = &'a XidEvent> {
    let pci = gpu.pci();
    node.xids
        .iter()
        .rev()
        .filter(move |x| x.family == XidFamily::Xid && x.pci.is_some() && x.pci == pci)
}

/// Reports that name an instance, the newest first: by its id, or by a process that is on it. One that is older than the
/// instance is about another.
pub fn of_slot<'a>(
    node: &'a Node,
    gpu: &'a Gpu,
    slot: &'a Slot,
) -> impl Iterator<Item = &'a XidEvent> {
    of_gpu(node, gpu).filter(move |x| names(x, node, gpu, slot))
}

/// How the other instances of a GPU do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Others {
    /// There are none.
    None,
    /// So many, and none has an error of its own.
    Fine(usize),
    /// So many have an error of their own, of so many.
    Some(usize, usize),
    /// An error concerns the whole GPU, and so all of them.
    Gpu,
    /// The GPU's calls do not come back: nothing is known.
    Unknown(usize),
}

/// How the other instances do.
pub fn others(node: &Node, gpu: &Gpu, slot: &Slot) -> Others {
    let rest: Vec<&Slot> = gpu
        .slots
        .iter()
        .filter(|s| s.instance.gi != slot.instance.gi)
        .collect();
    if rest.is_empty() {
        return Others::None;
    }
    if super::telemetry::stale_since(gpu).is_some() {
        return Others::Unknown(rest.len());
    }
    let all_sick = gpu.slots.iter().all(|s| s.state == SlotState::Sick);
    if all_sick && of_gpu(node, gpu).any(|x| concern(x) == Concern::Gpu) {
        return Others::Gpu;
    }
    let hit = rest
        .iter()
        .filter(|s| s.state == SlotState::Sick || of_slot(node, gpu, s).next().is_some())
        .count();
    match hit {
        0 => Others::Fine(rest.len()),
        n => Others::Some(n, rest.len()),
    }
}

/// A report in the words of the catalogue.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Worded {
    /// `Xid`, `SXid`.
    pub family: &'static str,
    /// What it means; `None`: no catalogue lists it.
    pub meaning: Option<&'static Meaning>,
}

/// A report in the words of the catalogue.
pub fn worded(xid: &XidEvent) -> Worded {
    Worded {
        family: match xid.family {
            XidFamily::Xid => "Xid",
            XidFamily::Sxid => "SXid",
        },
        meaning: meaning_of(xid),
    }
}

/// What a report means, in a few words of the language; `None`: no catalogue lists it.
pub fn name<'a>(texts: &'a Texts, xid: &XidEvent) -> Option<&'a str> {
    let meaning = meaning_of(xid)?;
    let key = match xid.family {
        XidFamily::Xid => format!("xid.{}", xid.code),
        XidFamily::Sxid => format!("sxid.{}", meaning.name),
    };
    Some(texts.find(&key).unwrap_or(meaning.name))
}

/// What the catalogue tells to do, in the language.
pub fn advice<'a>(texts: &'a Texts, english: &'static str) -> &'a str {
    texts.find(&format!("xid_do.{english}")).unwrap_or(english)
}

/// Key of the word for whose fault it usually is.
pub const fn fault_key(fault: Fault) -> &'static str {
    match fault {
        Fault::Application => "fault.application",
        Fault::ApplicationOrDriver => "fault.application_or_driver",
        Fault::Hardware => "fault.hardware",
        Fault::Driver => "fault.driver",
        Fault::HardwareOrDriver => "fault.hardware_or_driver",
        Fault::Link => "fault.link",
        Fault::Symptom => "fault.symptom",
        Fault::Configuration => "fault.configuration",
        Fault::Unclear => "fault.unclear",
    }
}

/// Key of the word for whom it concerns.
pub const fn scope_key(scope: Scope) -> &'static str {
    match scope {
        Scope::Instance => "scope.instance",
        Scope::Gpu => "scope.gpu",
        Scope::Port => "scope.port",
        Scope::Fabric => "scope.fabric",
        Scope::None => "scope.none",
    }
}
