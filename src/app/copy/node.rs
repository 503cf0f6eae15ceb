//! A host: what it is, who owns its layout, what is wrong, each GPU's slices.

use crate::app::words;
use crate::domain::finding::{Finding, Severity};
use crate::domain::fleet::{Gpu, Node};
use crate::domain::observation::CallState;
use crate::domain::owner::OwnerKind;
use crate::domain::reading::Reading;
use crate::domain::slices::slices;

use super::page::{Page, cut};
use super::{Writer, gpu, instances};

/// Findings that are written; the rest is counted.
const FINDINGS: usize = 12;

pub(super) fn write(writer: &Writer<'_>, node: &Node, page: &mut Page) {
    if let Some(host) = &node.host {
        let parts = [&host.machine, &host.os, &host.kernel].map(|r| match r {
            Reading::Value(text) => text.to_string(),
            Reading::Absent(_) => "n/a".to_owned(),
        });
        page.labelled("machine", &parts.join(", "));
        if let Reading::Value(booted) = host.booted {
            page.labelled("booted", &writer.time(booted));
        }
    }
    page.labelled("driver", &gpu::driver(node));
    page.labelled("MIG owner", &owner(node));
    if let Some(why) = &node.paused {
        page.labelled("PAUSED", why);
    }
    page.head("FINDINGS");
    let all: Vec<&Finding> = node.findings.iter().collect();
    if all.is_empty() {
        page.line("  none");
    }
    findings(&all, page);
    page.head("GPUS");
    for gpu in &node.gpus {
        row(writer, gpu, page);
    }
    if node.gpus.is_empty() {
        page.line("  none seen");
    }
    page.line("  B busy  a allocated idle  f free  e GI without CI  ! sick  ____ fits  xxxx lost");
}

/// `daemonset kube-system/mig-init, re-applies dev-v3`.
fn owner(node: &Node) -> String {
    let owner = &node.owner;
    let who = match owner.kind {
        OwnerKind::Nobody => return "nobody".to_owned(),
        OwnerKind::Unknown => "unknown",
        OwnerKind::MigManager => "MIG manager",
        OwnerKind::MigPartedUnit => "mig-parted unit",
        OwnerKind::DraDriver => "DRA driver",
        OwnerKind::Hami => "HAMi",
        OwnerKind::VgpuHost => "vGPU host",
        OwnerKind::Slurm => "Slurm",
        OwnerKind::DaemonSet => "daemonset",
        OwnerKind::SystemdUnit => "systemd unit",
        OwnerKind::Migdeck => "migdeck",
    };
    let layout = match &owner.layout {
        Some(layout) => format!(", re-applies {layout}"),
        None => String::new(),
    };
    format!("{who} {}{layout}", owner.name)
}

/// Findings with their evidence and next command.
pub(super) fn findings(all: &[&Finding], page: &mut Page) {
    for finding in all.iter().take(FINDINGS) {
        let mark = match finding.severity {
            Severity::Danger => "!!",
            Severity::Caution => "! ",
            Severity::Info => "- ",
        };
        page.line(&format!("  {mark} {}: {}", finding.subject, finding.text));
        if let Some(next) = &finding.next {
            page.line(&format!("     next: {next}"));
        }
    }
    if all.len() > FINDINGS {
        page.line(&format!("  and {} more", all.len() - FINDINGS));
    }
}

/// `5 [3g B    ][3g a    ]  17.2/39.3 GiB  41 C  58 W`.
fn row(writer: &Writer<'_>, gpu: &Gpu, page: &mut Page) {
    const STRIP: usize = 40;
    let strip = match (&gpu.calls, &gpu.whole) {
        (CallState::Hung { since, .. }, _) => {
            format!("CALL STUCK {}", words::age(*since, writer.now()))
        }
        (CallState::Resting { .. } | CallState::Failing { .. }, _) => "DOES NOT ANSWER".to_owned(),
        (_, Some(whole)) => format!("whole GPU {}", instances::word(whole.state)),
        (_, None) => match slices(gpu) {
            Reading::Value(slices) if gpu.slots.is_empty() => {
                format!("MIG on, no instance ({} slices)", slices.axis)
            }
            Reading::Value(slices) => {
                let scale = (STRIP / slices.axis.max(1) as usize).max(2);
                instances::draw(gpu, &slices, scale)
            }
            Reading::Absent(why) => format!("n/a: {}", why.text),
        },
    };
    let fast = gpu.fast.as_ref();
    let memory = fast.and_then(|f| {
        let (used, total) = (f.memory_used.value()?, f.memory_total.value()?);
        Some(words::used_of(used.0, total.0))
    });
    let number = |n: Option<u32>| n.map_or_else(|| "n/a".to_owned(), |n| n.to_string());
    let temperature = number(fast.and_then(|f| f.temperature_c.value().copied()));
    let power = number(fast.and_then(|f| f.power_mw.value().map(|mw| (mw + 500) / 1000)));
    let old = match crate::app::telemetry::stale_since(gpu) {
        Some(_) => "  OLD",
        None => "",
    };
    page.row(&format!(
        "{:>2} {:<STRIP$} {:>11} GiB {temperature:>3} C {power:>4} W{old}",
        gpu.index,
        cut(&strip, STRIP),
        memory.as_deref().unwrap_or("n/a"),
    ));
}
