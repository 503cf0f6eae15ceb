//! An Xid or SXid report: when, where, the kernel's words, what they mean, what to do, whom it hit.

use crate::app::at::RowId;
use crate::app::occupant::pod_name;
use crate::app::rows::Item;
use crate::app::rows::blame::fate;
use crate::app::rows::{gpu_of, slot_of};
use crate::domain::fleet::Node;
use crate::domain::xid::{XidEvent, XidFamily};
use crate::domain::xid_catalog::meaning_of;

use super::Writer;
use super::page::Page;

/// The report that a row stands for.
pub(super) fn find<'a>(node: &'a Node, id: &RowId) -> Option<&'a XidEvent> {
    node.xids
        .iter()
        .find(|one| Item::Xid(node, one).id() == *id)
}

/// `Xid 94`.
pub(super) fn name(xid: &XidEvent) -> String {
    match xid.family {
        XidFamily::Xid => format!("Xid {}", xid.code),
        XidFamily::Sxid => format!("SXid {}", xid.code),
    }
}

pub(super) fn write(writer: &Writer<'_>, node: &Node, xid: &XidEvent, page: &mut Page) {
    let gpu = gpu_of(node, xid);
    page.line(&format!("{} at {}", name(xid), writer.time(xid.at)));
    let mut device = Vec::new();
    device.extend(gpu.map(|g| format!("GPU {}", g.index)));
    device.extend(xid.pci.map(|p| p.to_string()));
    if let Some(gpu) = gpu {
        device.extend(gpu.uuid().map(ToString::to_string));
        let serial = gpu
            .inventory
            .value()
            .and_then(|i| i.identity.serial.value());
        device.extend(serial.map(|s| format!("sn {s}")));
    }
    if !device.is_empty() {
        page.labelled("device", &device.join("  "));
    }
    let slot = gpu.and_then(|g| slot_of(node, g, xid));
    match (xid.gi, slot) {
        (Some(gi), _) => {
            let ci = xid.ci.map(|ci| format!(" CI {ci}")).unwrap_or_default();
            page.labelled("instance", &format!("GI {gi}{ci}"));
        }
        (None, Some(slot)) => page.labelled(
            "instance",
            &format!(
                "GI {}, by its process: the report names none",
                slot.instance.gi
            ),
        ),
        (None, None) => {}
    }
    if !xid.message.is_empty() {
        page.labelled("message", &xid.message);
    }
    match meaning_of(xid) {
        Some(meaning) => {
            let text = format!("{} ({})", meaning.name, meaning.fault.as_str());
            page.labelled("meaning", &text);
            page.labelled("do", meaning.action);
            if !meaning.investigate.is_empty() {
                page.labelled("then", meaning.investigate);
            }
        }
        None => page.labelled("meaning", writer.texts.get("xids.no_catalogue")),
    }
    if let (Some(pid), Some(fate)) = (xid.pid, fate(node, xid)) {
        let name = xid.name.as_ref().map_or("", |n| n.as_str());
        let text = format!("{pid} {name}: {}", writer.texts.get(fate.key()));
        page.labelled("process", &text);
    }
    let whole = gpu.and_then(|g| g.whole.as_ref()).map(|w| &w.pods);
    for pod in whole.or(slot.map(|s| &s.pods)).into_iter().flatten() {
        page.labelled("pod now", &pod_name(pod));
    }
}
