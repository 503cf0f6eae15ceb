//! Everything that a row says, for words.

use std::sync::LazyLock;

use super::Facts;
use crate::app::Texts;
use crate::app::happening::{seen, sentence};
use crate::app::occupant;
use crate::app::on_slot;
use crate::app::rows::{Item, gpu_of, slot_of};
use crate::app::texts::LANGUAGES;
use crate::app::trouble;
use crate::domain::fleet::{Gpu, Node, Slot, SlotState};
use crate::domain::ids::Pid;
use crate::domain::pods::KnownPod;
use crate::domain::xid::XidFamily;
use crate::domain::xid_catalog::meaning_of;

/// Sentences of every language: a filter finds a row by what it says, in whichever language that is read.
static TEXTS: LazyLock<[Texts; 2]> = LazyLock::new(|| LANGUAGES.map(Texts::of));

/// The word of a state in filters: the same in every language.
pub(super) const fn state(state: SlotState) -> &'static str {
    match state {
        SlotState::Busy => "busy",
        SlotState::Allocated => "allocated",
        SlotState::Free => "free",
        SlotState::NoCi => "no_ci",
        SlotState::Sick => "sick",
        SlotState::Unknown => "unknown",
    }
}

/// The product name of a GPU.
pub(super) fn model(gpu: &Gpu) -> Option<&str> {
    let told = gpu.inventory.value().and_then(|i| i.identity.name.value());
    let proc = gpu.proc.as_ref().and_then(|p| p.name.value());
    told.or(proc).map(|name| name.as_str())
}

/// Looks for a word piece by piece, so that nothing is put together that is not found.
struct Search<'w> {
    word: &'w str,
    found: bool,
}

impl Search<'_> {
    fn see(&mut self, text: &str) -> &mut Self {
        self.found = self.found || contains(text, self.word);
        self
    }

    fn see_some(&mut self, text: Option<&str>) -> &mut Self {
        if let Some(text) = text {
            self.see(text);
        }
        self
    }
}

/// Whether `word`, in lower case, is in `text` in any case.
fn contains(text: &str, word: &str) -> bool {
    if word.is_empty() {
        return true;
    }
    if text.is_ascii() && word.is_ascii() {
        let (text, word) = (text.as_bytes(), word.as_bytes());
        return text
            .windows(word.len())
            .any(|w| w.eq_ignore_ascii_case(word));
    }
    text.to_lowercase().contains(word)
}

impl Facts<'_> {
    /// Whether the row says a word (in lower case) somewhere.
    pub(in crate::app::filter) fn says(&self, word: &str) -> bool {
        let mut search = Search { word, found: false };
        match &*self.of {
            Item::Node(node) => of_node(&mut search, node),
            Item::Gpu(node, gpu) => of_gpu(&mut search, node, gpu),
            Item::Slot(node, gpu, slot) => of_slot(&mut search, node, gpu, slot),
            Item::Xid(node, xid) => {
                let family = match xid.family {
                    XidFamily::Xid => "xid",
                    XidFamily::Sxid => "sxid",
                };
                search
                    .see(&node.name)
                    .see(&format!("{family} {}", xid.code))
                    .see(&xid.message)
                    .see_some(xid.name.as_ref().map(|n| n.as_str()))
                    .see_some(xid.severity_word.as_ref().map(|n| n.as_str()));
                if let Some(pci) = xid.pci {
                    search.see(&pci.to_string());
                }
                if let Some(meaning) = meaning_of(xid) {
                    search
                        .see(meaning.name)
                        .see(meaning.fault.as_str())
                        .see(meaning.action);
                }
                // the words on the screen, in whatever language it is
                for texts in TEXTS.iter() {
                    search.see_some(trouble::name(texts, xid));
                }
                if let Some(pid) = xid.pid {
                    of_process(&mut search, node, pid);
                }
                if let Some(gpu) = gpu_of(node, xid) {
                    named(&mut search, gpu);
                    for pod in slot_of(node, gpu, xid).iter().flat_map(|s| &s.pods) {
                        search.see(&occupant::pod_name(pod));
                    }
                }
            }
            Item::Event(node, event) => {
                search.see(&node.name);
                for texts in TEXTS.iter() {
                    search
                        .see(&sentence(texts, &event.what))
                        .see(texts.get(seen(event.seen)));
                }
                if let Some(index) = event.index {
                    search.see(&format!("gpu {index}"));
                }
                search.see_some(event.gpu.as_ref().map(|g| g.as_str()));
            }
            Item::Holder(node, holding) => {
                search
                    .see(&node.name)
                    .see(holding.how.word())
                    .see(&holding.places(node))
                    .see(&holding.unit(node))
                    .see_some(holding.module.map(|m| m.as_str()));
                if let Some(pid) = holding.pid {
                    of_process(&mut search, node, pid);
                }
            }
            Item::Pod(pod) => of_pod(&mut search, pod),
            Item::Finding(node, finding) => {
                search
                    .see(&node.name)
                    .see(&finding.id)
                    .see(&finding.subject)
                    .see(&finding.text);
                for line in &finding.evidence {
                    search.see(line);
                }
                search.see_some(finding.next.as_ref().map(|n| n.as_str()));
            }
        }
        search.found
    }
}

fn of_pod(search: &mut Search<'_>, pod: &KnownPod<'_>) {
    search.see(&crate::app::pods::name(pod));
    if let Some(node) = pod.node {
        search.see(&node.name);
    }
    if let Some(facts) = pod.facts {
        search
            .see(facts.status())
            .see_some(facts.unschedulable.as_ref().map(|m| m.as_str()))
            .see_some(facts.owner.as_ref().map(|o| o.name.as_str()));
        for (resource, _) in facts.requests.iter() {
            search.see(resource);
        }
    }
    for held in pod.devices() {
        for evidence in held.evidence() {
            search.see(evidence);
        }
        if let Some(gpu) = held.gpu {
            named(search, gpu);
        }
        if let Some(slot) = held.slot {
            search.see_some(slot.instance.profile.value().map(|p| p.as_str()));
        }
        if let Some(told) = held.told {
            search
                .see(&told.id)
                .see_some(told.profile.as_ref().map(|p| p.as_str()));
        }
    }
}

fn of_node(search: &mut Search<'_>, node: &Node) {
    search.see(&node.name).see(&node.owner.name);
    if let Some(driver) = node.driver.value() {
        search.see_some(driver.version.value().map(|v| v.as_str()));
    }
    if let Some(host) = &node.host {
        search
            .see_some(host.machine.value().map(|m| m.as_str()))
            .see_some(host.os.value().map(|o| o.as_str()));
    }
    for finding in &node.findings {
        search.see(&finding.id).see(&finding.text);
    }
}

/// What tells it from other GPUs.
fn named(search: &mut Search<'_>, gpu: &Gpu) {
    search
        .see(&format!("gpu {}", gpu.index))
        .see_some(model(gpu))
        .see_some(gpu.uuid().map(|u| u.as_str()));
    if let Some(pci) = gpu.pci() {
        search.see(&pci.to_string());
    }
    if let Some(inventory) = gpu.inventory.value() {
        search.see_some(inventory.identity.serial.value().map(|s| s.as_str()));
    }
}

fn of_gpu(search: &mut Search<'_>, node: &Node, gpu: &Gpu) {
    search.see(&node.name);
    named(search, gpu);
    if let Some(whole) = &gpu.whole {
        search.see(state(whole.state));
        for pod in &whole.pods {
            search.see(&occupant::pod_name(pod));
        }
    }
    // those of instances are said there
    for process in gpu.processes.value().into_iter().flatten() {
        if process.gi.is_none() {
            of_process(search, node, process.pid);
        }
    }
}

fn of_slot(search: &mut Search<'_>, node: &Node, gpu: &Gpu, slot: &Slot) {
    let instance = &slot.instance;
    search.see(&node.name);
    named(search, gpu);
    search
        .see_some(instance.profile.value().map(|p| p.as_str()))
        .see(state(slot.state))
        .see(&format!("gi {}", instance.gi));
    for ci in &instance.cis {
        search
            .see_some(ci.uuid.value().map(|u| u.as_str()))
            .see_some(ci.name.value().map(|n| n.as_str()));
    }
    for pod in &slot.pods {
        search
            .see(&occupant::pod_name(pod))
            .see_some(pod.container.as_ref().map(|c| c.as_str()));
    }
    for process in on_slot::processes(gpu, &slot.instance) {
        of_process(search, node, process.pid);
    }
    for pid in on_slot::openers(node, gpu, slot) {
        of_process(search, node, pid);
    }
}

fn of_process(search: &mut Search<'_>, node: &Node, pid: Pid) {
    search.see(&pid.to_string());
    if let Some(process) = on_slot::host_process(node, pid) {
        search
            .see(&process.command)
            .see_some(process.user.value().map(|u| u.as_str()))
            .see_some(process.unit.as_ref().map(|u| u.as_str()));
    }
}
