//! The host: driver, owner, rights, processes that cannot be ended.

use super::super::fleet::Node;
use super::super::gpu::Listing;
use super::super::observation::{CallState, Health, SourceName};
use super::super::owner::OwnerKind;
use super::super::reading::AbsentCode;
use super::super::refused::{What, refused};
use super::said::{Phrase, Said, say};
use super::subject::ranges;
use super::{Finding, Severity, phrases, process_line};

/// NVML cannot be used.
pub(super) fn library(node: &Node) -> Vec<Finding> {
    let down = node.sources.iter().find_map(|s| match &s.health {
        Health::Down { why, .. } if s.source == SourceName::Nvml => Some(why),
        _ => None,
    });
    let Some(why) = down else {
        return Vec::new();
    };
    let module = node.host.as_ref().and_then(|host| host.driver.value());
    let loaded = module.map_or_else(
        || say!(phrases::NO_MODULE),
        |version| say!(phrases::MODULE, version = version),
    );
    let (id, phrase, next) = match why.code {
        AbsentCode::DriverMismatch => (
            "library-mismatch",
            phrases::LIBRARY_MISMATCH,
            "cat /proc/driver/nvidia/version",
        ),
        AbsentCode::NoSource => (
            "no-library",
            phrases::NO_LIBRARY,
            "ldconfig -p | grep libnvidia-ml",
        ),
        _ => ("nvml-down", phrases::NVML_DOWN, "nvidia-smi"),
    };
    let text = say!(phrase, why = &why.text);
    vec![
        Finding::new(id, Severity::Danger, node.name.clone(), text)
            .because([loaded])
            .next(next),
    ]
}

/// A driver that is too old for all of it.
pub(super) fn driver_floor(node: &Node) -> Vec<Finding> {
    let Some(driver) = node.driver.value() else {
        return Vec::new();
    };
    let Some(limits) = &driver.limits else {
        return Vec::new();
    };
    let version = driver
        .version
        .value()
        .map(|v| say!(phrases::DRIVER, version = v));
    vec![
        Finding::new(
            "driver-floor",
            Severity::Caution,
            node.name.clone(),
            say!(phrases::DRIVER_FLOOR, limits = limits),
        )
        .because(version)
        .next("cat /proc/driver/nvidia/version"),
    ]
}

/// Processes on GPUs in uninterruptible sleep. Where a GPU hangs they are what cannot be ended.
pub(super) fn stuck(node: &Node) -> Vec<Finding> {
    let hung = node
        .gpus
        .iter()
        .any(|gpu| matches!(gpu.calls, CallState::Hung { .. }));
    let mut pids: Vec<_> = node
        .processes
        .iter()
        .filter(|process| process.uninterruptible)
        .map(|process| process.pid)
        .collect();
    let mut lines: Vec<_> = pids
        .iter()
        .map(|pid| Said::foreign(process_line(node, *pid)))
        .collect();
    if hung && let Some(host) = &node.host {
        for process in &host.stuck {
            if !pids.contains(&process.pid) {
                pids.push(process.pid);
                let command = super::shortened(&process.command);
                lines.push(Said::foreign(format!("pid {} {command}", process.pid)));
            }
        }
    }
    let severity = if hung {
        Severity::Danger
    } else {
        Severity::Info
    };
    let text = match (pids.len(), hung) {
        (0, _) => return Vec::new(),
        (1, true) => say!(phrases::STUCK_HUNG_ONE),
        (1, false) => say!(phrases::STUCK_ONE),
        (n, true) => say!(phrases::STUCK_HUNG, n = n),
        (n, false) => say!(phrases::STUCK, n = n),
    };
    vec![
        Finding::new("stuck-process", severity, node.name.clone(), text)
            .because(lines)
            .next("ps -eo pid,state,wchan:32,etime,args | awk '$2 ~ /D/'"),
    ]
}

/// Nobody can tell who manages MIG.
pub(super) fn owner(node: &Node) -> Vec<Finding> {
    // before a first beat nobody has looked
    if node.owner.kind != OwnerKind::Unknown || node.stream.beat.is_none() {
        return Vec::new();
    }
    vec![
        Finding::new(
            "owner-unknown",
            Severity::Caution,
            node.name.clone(),
            say!(phrases::OWNER_UNKNOWN),
        )
        .because(node.owner.evidence.iter().cloned().map(Said::foreign))
        .next("sudo systemctl list-units --all '*mig*'"),
    ]
}

/// Sampling is paused.
pub(super) fn paused(node: &Node) -> Vec<Finding> {
    node.paused
        .iter()
        .map(|why| {
            let text = say!(phrases::PAUSED, why = why);
            Finding::new("paused", Severity::Info, node.name.clone(), text)
        })
        .collect()
}

/// Records that never came.
pub(super) fn losses(node: &Node) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |id: &str, count: u64, phrase: Phrase| {
        if count > 0 {
            found.push(Finding::new(
                id,
                Severity::Info,
                node.name.clone(),
                say!(phrase, n = count),
            ));
        }
    };
    add("kernel-log-lost", node.xids_lost, phrases::LOG_LOST);
    add("records-dropped", node.stream.dropped, phrases::DROPPED);
    if node.stream.floods.is_none() {
        add(
            "records-dropped",
            node.stream.unread,
            phrases::DROPPED_UNREAD,
        );
    }
    add(
        "records-unknown",
        node.stream.unknown,
        phrases::UNKNOWN_RECORDS,
    );
    found
}

/// What the probe may not see.
pub(super) fn rights(node: &Node) -> Vec<Finding> {
    // where no probe reads there are no rights that it could lack
    let Some(hello) = &node.hello else {
        return Vec::new();
    };
    let gaps = hello.gaps.iter();
    let hidden = node.holders_hidden.iter().map(|why| &why.text);
    // without placements, and without the GPU instances that have no compute instance
    let by_device = node
        .gpus
        .iter()
        .filter_map(|gpu| match &gpu.inventory.value()?.listing {
            Listing::ByDevice { why } => Some(&why.text),
            Listing::ByInstance => None,
        });
    let mut missing: Vec<Said> = Vec::new();
    for gap in gaps.chain(hidden).chain(by_device) {
        let gap = Said::foreign(gap.clone());
        if !missing.contains(&gap) {
            missing.push(gap);
        }
    }
    missing.extend(denied_by_nvml(node));
    if missing.is_empty() {
        return Vec::new();
    }
    let uid = hello.uid;
    let finding = |text: Said| {
        Finding::new("rights", Severity::Info, node.name.clone(), text).because(missing)
    };
    vec![if uid == 0 {
        finding(say!(phrases::RIGHTS_ROOT)).next_said(say!(phrases::RIGHTS_ROOT_NEXT))
    } else {
        finding(say!(phrases::RIGHTS, uid = uid)).next_said(say!(phrases::RIGHTS_NEXT))
    }]
}

/// What NVML did not tell for want of rights, and of which GPUs.
fn denied_by_nvml(node: &Node) -> Vec<Said> {
    let refused = refused(node).into_iter();
    refused
        .filter_map(|(what, gpus)| {
            let phrase = match what {
                // in the words of the refusal
                What::Layout => return None,
                What::Memory => phrases::DENIED_MEMORY,
                What::Processes => phrases::DENIED_PROCESSES,
            };
            Some(say!(phrase, gpus = ranges(&gpus)))
        })
        .collect()
}
