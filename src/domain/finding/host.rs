//! The host: driver, owner, rights, processes that cannot be ended.

use super::super::fleet::{Gpu, Node};
use super::super::gpu::Listing;
use super::super::observation::{CallState, Health, SourceName};
use super::super::owner::OwnerKind;
use super::super::reading::{Absence, AbsentCode};
use super::super::text::Text;
use super::{Finding, Severity, process_line};

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
        || "no NVIDIA kernel module is loaded".to_owned(),
        |version| format!("kernel module {version}"),
    );
    let (id, next) = match why.code {
        AbsentCode::DriverMismatch => ("library-mismatch", "cat /proc/driver/nvidia/version"),
        AbsentCode::NoSource => ("no-library", "ldconfig -p | grep libnvidia-ml"),
        _ => ("nvml-down", "nvidia-smi"),
    };
    vec![
        Finding::new(id, Severity::Danger, node.name.clone(), why.text.clone())
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
    let version = driver.version.value().map(|v| format!("driver {v}"));
    vec![
        Finding::new(
            "driver-floor",
            Severity::Caution,
            node.name.clone(),
            limits.clone(),
        )
        .because(version),
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
    let mut lines: Vec<_> = pids.iter().map(|pid| process_line(node, *pid)).collect();
    if hung && let Some(host) = &node.host {
        for process in &host.stuck {
            if !pids.contains(&process.pid) {
                pids.push(process.pid);
                lines.push(format!(
                    "pid {} {}",
                    process.pid,
                    super::shortened(&process.command)
                ));
            }
        }
    }
    let count = match pids.len() {
        0 => return Vec::new(),
        1 => "a process is".to_owned(),
        n => format!("{n} processes are"),
    };
    let (severity, text) = if hung {
        (
            Severity::Danger,
            format!(
                "{count} in uninterruptible sleep while a GPU hangs: no signal ends that, only the driver or a reboot"
            ),
        )
    } else {
        (
            Severity::Info,
            format!("{count} in uninterruptible sleep, which is ordinary if it passes"),
        )
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
            "who manages MIG here cannot be told: it is treated as owned, and left alone",
        )
        .because(node.owner.evidence.iter().cloned())
        .next("sudo systemctl list-units --all '*mig*'"),
    ]
}

/// Sampling is paused.
pub(super) fn paused(node: &Node) -> Vec<Finding> {
    node.paused
        .iter()
        .map(|why| Finding::new("paused", Severity::Info, node.name.clone(), why.clone()))
        .collect()
}

/// Records that never came.
pub(super) fn losses(node: &Node) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |id: &str, count: u64, text: &str| {
        if count > 0 {
            found.push(Finding::new(
                id,
                Severity::Info,
                node.name.clone(),
                format!("{count} {text}"),
            ));
        }
    };
    add(
        "kernel-log-lost",
        node.xids_lost,
        "kernel log records were overwritten before they could be read: errors may be missing",
    );
    add(
        "records-dropped",
        node.stream.dropped,
        "records were dropped because this end read too slowly",
    );
    if node.stream.floods.is_none() {
        add(
            "records-dropped",
            node.stream.unread,
            "records were dropped unread: the probe had sent far more than it was asked for",
        );
    }
    add(
        "records-unknown",
        node.stream.unknown,
        "records are of kinds that this version of migdeck does not know: the probe is newer",
    );
    found
}

/// What the probe may not see.
pub(super) fn rights(node: &Node) -> Vec<Finding> {
    let gaps = node.hello.iter().flat_map(|hello| &hello.gaps);
    let hidden = node.holders_hidden.iter().map(|why| &why.text);
    // without placements, and without the GPU instances that have no compute instance
    let by_device = node
        .gpus
        .iter()
        .filter_map(|gpu| match &gpu.inventory.value()?.listing {
            Listing::ByDevice { why } => Some(&why.text),
            Listing::ByInstance => None,
        });
    let mut missing: Vec<_> = Vec::new();
    for gap in gaps.chain(hidden).chain(by_device) {
        if !missing.contains(gap) {
            missing.push(gap.clone());
        }
    }
    missing.extend(denied_by_nvml(node));
    if missing.is_empty() {
        return Vec::new();
    }
    let uid = node.hello.as_ref().map_or(0, |hello| hello.uid);
    let finding = |text: String| {
        Finding::new("rights", Severity::Info, node.name.clone(), text).because(missing)
    };
    vec![if uid == 0 {
        finding("some things cannot be read although the probe is root".to_owned())
            .next("migdeck status   # NOT AVAILABLE says what refused")
    } else {
        finding(format!(
            "as user id {uid} some things cannot be read; a sudoers rule for exactly `migdeck probe` opens them"
        ))
        .next("migdeck status   # its last line is the rule")
    }]
}

/// What NVML did not tell for want of rights, and of which GPUs.
fn denied_by_nvml(node: &Node) -> Vec<Text> {
    let denied = |why: Option<&Absence>| why.is_some_and(|a| a.code == AbsentCode::NoPermission);
    let of = |what: &str, hidden: &dyn Fn(&Gpu) -> bool| {
        let gpus: Vec<String> = node
            .gpus
            .iter()
            .filter(|gpu| hidden(gpu))
            .map(|gpu| gpu.index.to_string())
            .collect();
        (!gpus.is_empty()).then(|| Text::from(format!("NVML: {what} (GPU {})", gpus.join(", "))))
    };
    let memory = |gpu: &Gpu| {
        gpu.slots
            .iter()
            .filter_map(|slot| slot.sample.as_ref())
            .any(|sample| denied(sample.memory_used.reason()))
    };
    [
        of("memory in use of instances", &memory),
        of("processes and their memory", &|gpu| {
            denied(gpu.processes.reason())
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}
