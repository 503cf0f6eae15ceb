//! What windows say of a holder, a finding, an Xid, an event, and of who owns MIG.

use jiff::Timestamp;

use crate::app::Model;
use crate::app::at::{GpuAt, RowId, SlotAt};
use crate::app::happening::{seen, sentence};
use crate::app::occupant::pod_name;
use crate::app::overview::worst;
use crate::app::pods;
use crate::app::rows::blame::fate;
use crate::app::rows::{Place, gpu_of, slot_of};
use crate::app::screen::Screen;
use crate::app::times;
use crate::app::trouble;
use crate::app::words::age;
use crate::domain::event::Event;
use crate::domain::fleet::{Gpu, Node};
use crate::domain::holder::HoldKind;
use crate::domain::owner::OwnerKind;
use crate::domain::reading::Reading;
use crate::domain::xid::{XidEvent, XidFamily};
use crate::domain::xid_catalog::meaning_of;

/// Title and lines.
pub(super) type Page = (String, Vec<String>);

fn place(model: &Model) -> Option<Place> {
    let list = &model.screens.top().list;
    list.rows.places.get(list.at).copied()
}

fn node(model: &Model, place: Place) -> Option<&Node> {
    model.fleet().nodes.get(place.node as usize).map(|n| &**n)
}

/// The selected Xid.
pub(super) fn xid(model: &Model) -> Option<(&Node, &XidEvent)> {
    let place = place(model)?;
    let node = node(model, place)?;
    Some((node, node.xids.get(place.item as usize)?))
}

/// The selected event.
pub(super) fn event(model: &Model) -> Option<(&Node, &Event)> {
    let place = place(model)?;
    let node = node(model, place)?;
    Some((node, node.events.get(place.item as usize)?))
}

/// What is known of the selected row of a list that leads to no screen.
pub(super) fn selected(model: &Model) -> Option<Page> {
    match model.screen() {
        Screen::Holders(_) => holder(model),
        Screen::Findings(_) => finding(model),
        Screen::Pods(_) => pod(model),
        Screen::Xids(_) => report(model),
        Screen::Events(_) => happened(model),
        _ => None,
    }
}

/// A label from the table of texts, a tab and the value.
fn line(model: &Model, key: &str, value: &str) -> String {
    format!("{}\t{value}", model.texts.get(key))
}

fn local(model: &Model, at: Timestamp) -> String {
    times::when(at, model.now, model.session.offset_seconds)
}

/// All that is known of a pod.
fn pod(model: &Model) -> Option<Page> {
    let Some(RowId::Pod(id)) = model.selected() else {
        return None;
    };
    let pod = id.find(model.fleet())?;
    let lines = pods::lines(&pod, model.fleet(), &model.texts, model.now);
    let lines = lines
        .into_iter()
        .map(|l| format!("{}\t{}", model.texts.get(l.label), l.text))
        .collect();
    Some((pods::name(&pod), lines))
}

fn holder(model: &Model) -> Option<Page> {
    let place = place(model)?;
    let node = node(model, place)?;
    let holder = node.holders.get(place.item as usize)?;
    let texts = &model.texts;
    let mut lines = vec![line(model, "reader.node", &node.name)];
    let name = match (holder.pid, &holder.module) {
        (Some(pid), _) => format!("pid {pid}"),
        (None, Some(module)) => texts.say("reader.module", &[("name", module)]),
        (None, None) => texts.get("reader.unknown").to_owned(),
    };
    if let Some(pid) = holder.pid {
        match node.processes.iter().find(|p| p.pid == pid) {
            Some(process) => {
                lines.push(line(model, "reader.command", &process.command));
                let user = match &process.user {
                    Reading::Value(user) => user.to_string(),
                    Reading::Absent(why) => format!("n/a: {}", why.text),
                };
                lines.push(line(model, "reader.user", &user));
                if let Reading::Value(started) = &process.started {
                    let since =
                        format!("{} ({})", age(*started, model.now), local(model, *started));
                    lines.push(line(model, "reader.since", &since));
                }
                if let Some(unit) = &process.unit {
                    lines.push(line(model, "reader.unit", unit));
                }
                if let Some(pod) = &process.pod {
                    let name = node.pods_on_host.iter().find(|p| p.uid == *pod);
                    let name = name.map_or_else(
                        || pod.to_string(),
                        |p| format!("{}/{} ({pod})", p.namespace, p.name),
                    );
                    lines.push(line(model, "reader.pod", &name));
                }
                if process.uninterruptible {
                    lines.push(texts.get("reader.stuck").to_owned());
                }
            }
            None => lines.push(texts.get("reader.process_gone").to_owned()),
        }
    }
    lines.push(String::new());
    lines.push(texts.get("reader.holds").to_owned());
    // all that this one holds, not only the row that was opened
    let same =
        |h: &&crate::domain::holder::Holder| h.pid == holder.pid && h.module == holder.module;
    for held in node.holders.iter().filter(same) {
        lines.push(format!("  {}", held_thing(model, node, held)));
    }
    Some((name, lines))
}

fn held_thing(model: &Model, node: &Node, held: &crate::domain::holder::Holder) -> String {
    let gpu = held.gpu.as_ref().map(|uuid| {
        let found = node.gpus.iter().find(|g| g.uuid() == Some(uuid));
        found.map_or_else(|| uuid.to_string(), |g| format!("GPU {}", g.index))
    });
    let mut thing = gpu.unwrap_or_else(|| model.texts.get("reader.driver").to_owned());
    if let Some(gi) = held.gi {
        thing.push_str(&format!(" gi {gi}"));
    }
    if let Some(ci) = held.ci {
        thing.push_str(&format!(" ci {ci}"));
    }
    let how = match held.kind {
        HoldKind::Process => "process",
        HoldKind::Device => "device",
        HoldKind::Capability => "capability",
        HoldKind::Control => "control",
        HoldKind::Module => "kernel_module",
    };
    let how = model.texts.get(&format!("reader.{how}")).to_owned();
    match &held.path {
        Some(path) => format!("{thing}: {how}, {path}"),
        None => format!("{thing}: {how}"),
    }
}

fn finding(model: &Model) -> Option<Page> {
    let place = place(model)?;
    let of = match place.node {
        Place::NOWHERE => &model.fleet().findings,
        _ => &node(model, place)?.findings,
    };
    let finding = of.get(place.item as usize)?;
    let mut lines = vec![worst::told(model, &finding.text), String::new()];
    for (n, evidence) in finding.evidence.iter().enumerate() {
        let label = if n == 0 {
            model.texts.get("findings.because")
        } else {
            ""
        };
        lines.push(format!("{label}\t{}", worst::told(model, evidence)));
    }
    if let Some(next) = &finding.next {
        lines.push(line(model, "findings.next", &worst::told(model, next)));
    }
    Some((format!("{}  {}", finding.subject, finding.id), lines))
}

/// All that is known of an Xid: its meaning and what to do before the kernel's own words.
fn report(model: &Model) -> Option<Page> {
    let (node, xid) = xid(model)?;
    let texts = &model.texts;
    let gpu = gpu_of(node, xid);
    let mut lines = Vec::new();
    match meaning_of(xid) {
        Some(meaning) => {
            let name = trouble::name(texts, xid).unwrap_or(meaning.name);
            let fault = texts.get(trouble::fault_key(meaning.fault));
            lines.push(line(model, "xids.meaning", &format!("{name} ({fault})")));
            let action = trouble::advice(texts, meaning.action);
            lines.push(line(model, "xids.do", action));
            if !meaning.investigate.is_empty() {
                let then = trouble::advice(texts, meaning.investigate);
                lines.push(line(model, "xids.then", then));
            }
        }
        None => lines.push(line(model, "xids.meaning", texts.get("xids.no_catalogue"))),
    }
    if !xid.message.is_empty() {
        lines.push(line(model, "xids.message", &xid.message));
    }
    if let (Some(pid), Some(fate)) = (xid.pid, fate(node, xid)) {
        let name = xid.name.as_ref().map_or("", |n| n.as_str());
        let text = format!("{pid} {name}: {}", texts.get(fate.key()));
        lines.push(line(model, "xids.process", &text));
    }
    let slot = gpu.and_then(|gpu| slot_of(node, gpu, xid));
    let instance = match (xid.gi, xid.ci, slot) {
        (Some(gi), Some(ci), _) => Some(format!("GI {gi} CI {ci}")),
        (Some(gi), None, _) => Some(format!("GI {gi}")),
        (None, _, Some(slot)) => Some(texts.say("xids.by_process", &[("gi", &slot.instance.gi)])),
        (None, _, None) => None,
    };
    if let Some(instance) = instance {
        lines.push(line(model, "xids.instance", &instance));
    }
    let whole = gpu.and_then(|g| g.whole.as_ref()).map(|w| &w.pods);
    for pod in whole.or(slot.map(|s| &s.pods)).into_iter().flatten() {
        lines.push(line(model, "xids.pod", &pod_name(pod)));
    }
    if let Some(pci) = xid.pci {
        let uuid = gpu.and_then(Gpu::uuid).map_or("", |u| u.as_str());
        let serial = gpu
            .and_then(|g| g.inventory.value()?.identity.serial.value())
            .map_or_else(String::new, |s| format!("sn {s}"));
        let text = format!("{pci} {serial} {uuid}");
        lines.push(line(model, "xids.device", text.trim_end()));
    }
    let at = format!("{} ({})", local(model, xid.at), age(xid.at, model.now));
    lines.push(line(model, "column.time", &at));
    let mut title = format!("{} {}  {}", family(xid), xid.code, node.name);
    if let Some(gpu) = gpu {
        title.push_str(&format!(" GPU {}", gpu.index));
    }
    Some((title, lines))
}

/// All that is known of an event.
fn happened(model: &Model) -> Option<Page> {
    let (node, event) = event(model)?;
    let texts = &model.texts;
    let mut lines = vec![
        times::in_sentence(
            &sentence(texts, &event.what),
            model.now,
            model.session.offset_seconds,
        ),
        String::new(),
    ];
    let at = format!("{} ({})", local(model, event.at), age(event.at, model.now));
    lines.push(line(model, "column.time", &at));
    if let Some(uuid) = &event.gpu {
        let index = event.index.map_or_else(String::new, |n| format!("{n}  "));
        lines.push(line(model, "column.gpu", &format!("{index}{uuid}")));
    }
    lines.push(line(model, "events.known", texts.get(seen(event.seen))));
    Some((node.name.to_string(), lines))
}

const fn family(xid: &XidEvent) -> &'static str {
    match xid.family {
        XidFamily::Xid => "Xid",
        XidFamily::Sxid => "SXid",
    }
}

/// Who manages MIG on the nodes that the screen is about, what they will apply, and how that is known.
pub(super) fn owners(model: &Model) -> Page {
    let scope = model.screen().scope();
    let texts = &model.texts;
    let fleet = model.fleet();
    let nodes = fleet
        .nodes
        .iter()
        .filter(|n| scope.node().is_none_or(|name| n.name == *name));
    let mut lines = Vec::new();
    for node in nodes {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        let owner = &node.owner;
        let kind = texts
            .get(&format!("owner_kind.{}", kind_key(owner.kind)))
            .to_owned();
        let name = owner.name.as_str();
        let who = if name.is_empty() {
            kind
        } else {
            format!("{kind} {name}")
        };
        lines.push(format!("{}: {who}", node.name));
        match (&owner.layout, owner.kind) {
            (Some(layout), _) => {
                lines.push(format!(
                    "  {}",
                    texts.say("reader.layout", &[("layout", layout)])
                ));
            }
            (None, OwnerKind::Nobody | OwnerKind::Unknown) => {}
            (None, _) => lines.push(format!("  {}", texts.get("reader.layout_unknown"))),
        }
        lines.push(format!(
            "  {}",
            match owner.kind {
                _ if node.driver.value().is_none() => texts.get("reader.may_not_without_nvml"),
                OwnerKind::Nobody | OwnerKind::Migdeck => texts.get("reader.may_change"),
                _ => texts.get("reader.may_not_change"),
            }
        ));
        for evidence in &owner.evidence {
            lines.push(format!("  - {evidence}"));
        }
        if owner.evidence.is_empty() {
            lines.push(format!("  - {}", texts.get("reader.no_sign")));
        }
    }
    if lines.is_empty() {
        lines.push(texts.get("app.waiting").to_owned());
    }
    (texts.get("reader.owner").to_owned(), lines)
}

const fn kind_key(kind: OwnerKind) -> &'static str {
    match kind {
        OwnerKind::Nobody => "nobody",
        OwnerKind::MigManager => "mig_manager",
        OwnerKind::MigPartedUnit => "mig_parted_unit",
        OwnerKind::DraDriver => "dra_driver",
        OwnerKind::Hami => "hami",
        OwnerKind::VgpuHost => "vgpu_host",
        OwnerKind::Slurm => "slurm",
        OwnerKind::DaemonSet => "daemon_set",
        OwnerKind::SystemdUnit => "systemd_unit",
        OwnerKind::Migdeck => "migdeck",
        OwnerKind::Unknown => "unknown",
    }
}

/// An instance: its processes and pods.
pub(super) fn slot(model: &Model, at: &SlotAt) -> Option<Page> {
    let (_, gpu, slot) = at.find(model.fleet())?;
    let title = format!("GPU {} gi {}", gpu.index, slot.instance.gi);
    Some((title, crate::app::copy::slot_lines(model, at)?))
}

/// A GPU: its telemetry, processes and pods.
pub(super) fn gpu(model: &Model, at: &GpuAt) -> Option<Page> {
    let (_, gpu) = at.find(model.fleet())?;
    let title = format!("GPU {}", gpu.index);
    Some((title, crate::app::copy::gpu_lines(model, at)?))
}
