//! Errors that driver and switches reported.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::super::fleet::{Gpu, Node, Slot};
use super::super::on_slot;
use super::super::xid::{XidEvent, XidFamily};
use super::super::xid_catalog::{Fault, Loss, Meaning, ResetWords, Scope, meaning, meaning_of};
use super::said::{Said, say};
use super::{Finding, Severity, gpu_subject, phrases};

/// After this an error that cost one process its work is history.
const OLD: SignedDuration = SignedDuration::from_hours(24);

/// Whom an error still concerns after it was reported.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Concern {
    /// Nobody: whoever was hit has been told, or it corrected itself, or nothing is known of such an error.
    Nobody,
    /// The instance: what ran on it then has to be started again.
    Instance,
    /// The GPU with all its instances, until a reset.
    Gpu,
}

/// Whom an error still concerns. The words of a memory error (`RST`, `D-RST`) count more than its number.
pub fn concern(event: &XidEvent) -> Concern {
    if event.family == XidFamily::Sxid {
        return Concern::Nobody;
    }
    let words = ResetWords::of(&event.message);
    if words.is_some_and(|words| words.reset) {
        return Concern::Gpu;
    }
    match meaning(event.family, event.code) {
        Some(m) if m.scope == Scope::Gpu && m.severity >= Loss::Degraded => Concern::Gpu,
        Some(m) if m.scope == Scope::Instance && m.fault == Fault::Hardware => Concern::Instance,
        _ if words.is_some_and(|words| words.drain_and_reset) => Concern::Instance,
        _ => Concern::Nobody,
    }
}

/// Reports since the boot: one finding for each number on each device and instance, with the last one as evidence. Of a
/// switch's reports those that it calls fatal are kept apart from those that it does not.
pub(super) fn reports(node: &Node) -> Vec<Finding> {
    let mut groups: BTreeMap<_, Vec<&XidEvent>> = BTreeMap::new();
    for event in &node.xids {
        groups
            .entry((
                event.pci,
                event.gi.or_else(|| Some(named(node, event)?.instance.gi)),
                event.family,
                event.code,
                &event.severity_word,
            ))
            .or_default()
            .push(event);
    }
    let mut found: Vec<_> = groups
        .values()
        .filter_map(|events| Some((events.last()?.at, group(node, events)?)))
        .collect();
    // the newest first among equals
    found.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    found.into_iter().map(|(_, finding)| finding).collect()
}

fn group(node: &Node, events: &[&XidEvent]) -> Option<Finding> {
    let last = events.last()?;
    let gpu = gpu_of(node, last);
    let slot = named(node, last);
    let word = match last.family {
        XidFamily::Xid => "Xid",
        XidFamily::Sxid => "SXid",
    };
    let (code, at) = (last.code, last.at);
    let (severity, text) = match meaning_of(last) {
        Some(meaning) => {
            let age = node.at.duration_since(last.at);
            let severity = match meaning.severity {
                Loss::Process if age > OLD => Severity::Info,
                loss => loss.severity(),
            };
            let reset = ResetWords::of(&last.message).is_some_and(|words| words.reset);
            (
                if reset { Severity::Danger } else { severity },
                known(last, meaning, word, events.len()),
            )
        }
        None => (
            Severity::Caution,
            match events.len() {
                1 => say!(
                    phrases::XID_ONCE_UNKNOWN,
                    family = word,
                    code = code,
                    at = at
                ),
                n => say!(
                    phrases::XID_TIMES_UNKNOWN,
                    family = word,
                    code = code,
                    n = n,
                    at = at,
                ),
            },
        ),
    };
    let id = if last.family == XidFamily::Xid {
        "xid"
    } else {
        "sxid"
    };
    let finding = Finding::new(id, severity, subject(node, gpu, slot, last), text)
        .because(report(last))
        .because(victims(slot));
    let finding = match meaning_of(last) {
        Some(meaning) if severity > Severity::Info && !meaning.investigate.is_empty() => {
            finding.because([say!(phrases::THEN, what = to_do(meaning.investigate))])
        }
        _ => finding,
    };
    Some(finding.next(if severity == Severity::Danger {
        "sudo nvidia-bug-report.sh".to_owned()
    } else {
        look(slot, last)
    }))
}

/// A report whose number the catalogue knows; `n`: how often it came.
fn known(last: &XidEvent, meaning: &Meaning, family: &str, n: usize) -> Said {
    let (code, at) = (last.code, last.at);
    let key = match last.family {
        XidFamily::Xid => format!("xid.{code}"),
        XidFamily::Sxid => format!("sxid.{}", meaning.name),
    };
    let name = Said::word(key, meaning.name);
    let action = to_do(meaning.action);
    match n {
        1 => say!(
            phrases::XID_ONCE,
            family = family,
            code = code,
            at = at,
            meaning = name,
            action = action,
        ),
        n => say!(
            phrases::XID_TIMES,
            family = family,
            code = code,
            n = n,
            at = at,
            meaning = name,
            action = action,
        ),
    }
}

fn to_do(english: &str) -> Said {
    Said::word(format!("xid_do.{english}"), english)
}

/// The GPU that a report names.
fn gpu_of<'a>(node: &'a Node, event: &XidEvent) -> Option<&'a Gpu> {
    node.gpus
        .iter()
        .find(|gpu| event.pci.is_some() && gpu.pci() == event.pci)
}

/// The instance that a report names, by its id or by a process that is on it.
fn named<'a>(node: &'a Node, event: &XidEvent) -> Option<&'a Slot> {
    on_slot::named(node, gpu_of(node, event)?, event)
}

fn subject(node: &Node, gpu: Option<&Gpu>, slot: Option<&Slot>, event: &XidEvent) -> String {
    let device = match (gpu, event.pci) {
        (Some(gpu), _) => gpu_subject(node, gpu),
        (None, Some(pci)) => format!("{} {pci}", node.name),
        (None, None) => node.name.to_string(),
    };
    let gi = event.gi.or_else(|| Some(slot?.instance.gi));
    match (gi, event.link) {
        (Some(gi), _) => format!("{device} gi {gi}"),
        (None, Some(link)) => format!("{device} link {link}"),
        (None, None) => device,
    }
}

fn report(event: &XidEvent) -> Vec<Said> {
    let mut lines = Vec::new();
    if !event.message.is_empty() {
        lines.push(Said::foreign(event.message.clone()));
    }
    if let Some(pid) = event.pid {
        let pid = pid.to_string();
        lines.push(match &event.name {
            Some(name) => say!(phrases::XID_PROCESS, pid = pid, name = name),
            None => say!(phrases::XID_PID, pid = pid),
        });
    }
    lines
}

/// How to see more of an error that took a process: its pod's own words, where one is on the instance; else the log.
fn look(slot: Option<&Slot>, event: &XidEvent) -> String {
    let pod = slot.and_then(|slot| {
        slot.pods
            .iter()
            .find_map(|p| Some((p.namespace.as_ref()?, p.name.as_ref()?)))
    });
    match pod {
        // a report that names the instance by a process: the process runs, so its container has not been replaced
        Some((namespace, name)) if event.gi.is_none() => {
            format!("kubectl -n {namespace} logs {name}")
        }
        Some((namespace, name)) => format!("kubectl -n {namespace} logs {name} --previous"),
        None => format!("sudo dmesg -T | grep -e 'NVRM: Xid.*: {},'", event.code),
    }
}

/// Pods that are on the instance now.
fn victims(slot: Option<&Slot>) -> Vec<Said> {
    let pods = slot.into_iter().flat_map(|slot| &slot.pods);
    pods.map(super::pods::pod_name).collect()
}
