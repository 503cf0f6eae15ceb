//! What is on one instance: processes with work, open files.

use crate::domain::fleet::{Gpu, Node, Slot};
use crate::domain::holder::{HoldKind, Holder};
use crate::domain::ids::Pid;
use crate::domain::process::{GpuProcess, HostProcess};

use super::occupant::program;

/// What /proc says of a process.
pub fn host_process(node: &Node, pid: Pid) -> Option<&HostProcess> {
    node.processes.iter().find(|p| p.pid == pid)
}

/// Processes that NVML attributes to an instance; none of a sample that is older than the instance.
pub fn processes<'a>(gpu: &'a Gpu, slot: &'a Slot) -> impl Iterator<Item = &'a GpuProcess> {
    let void = matches!(
        (slot.instance.appeared, gpu.sampled),
        (Some(appeared), Some(at)) if at < appeared
    );
    let all = gpu.processes.value().into_iter().flatten();
    all.filter(move |p| !void && p.gi == Some(slot.instance.gi))
}

/// Who has an instance's files open, each process once, in the order of their ids.
pub fn openers(node: &Node, gpu: &Gpu, slot: &Slot) -> Vec<Pid> {
    let mut pids: Vec<Pid> = opened(node, gpu, slot).filter_map(|h| h.pid).collect();
    pids.sort_unstable();
    pids.dedup();
    pids
}

/// Open capability files of an instance.
pub fn opened<'a>(
    node: &'a Node,
    gpu: &'a Gpu,
    slot: &'a Slot,
) -> impl Iterator<Item = &'a Holder> {
    node.holders.iter().filter(move |h| {
        h.kind == HoldKind::Capability
            && h.gi == Some(slot.instance.gi)
            && h.gpu.is_some()
            && h.gpu.as_ref() == gpu.uuid()
    })
}

/// Who has `/dev/nvidia<minor>` of a GPU open, each process once, in the order of their ids.
pub fn device_openers(node: &Node, gpu: &Gpu) -> Vec<Pid> {
    let uuid = gpu.uuid();
    let mut pids: Vec<Pid> = node
        .holders
        .iter()
        .filter(|h| h.kind == HoldKind::Device && h.gpu.is_some() && h.gpu.as_ref() == uuid)
        .filter_map(|h| h.pid)
        .collect();
    pids.sort_unstable();
    pids.dedup();
    pids
}

/// Processes in uninterruptible sleep that concern a GPU: those that have it open first, and whether they do.
pub fn stuck<'a>(node: &'a Node, gpu: &Gpu) -> Vec<(&'a HostProcess, bool)> {
    let uuid = gpu.uuid();
    let on_it = |pid: Pid| {
        node.holders
            .iter()
            .any(|h| h.pid == Some(pid) && h.gpu.is_some() && h.gpu.as_ref() == uuid)
            || gpu
                .processes
                .value()
                .into_iter()
                .flatten()
                .any(|p| p.pid == pid)
    };
    let stuck = node.host.iter().flat_map(|h| &h.stuck);
    let known = node.processes.iter().filter(|p| p.uninterruptible);
    let mut all: Vec<(&HostProcess, bool)> = Vec::new();
    for process in known.chain(stuck) {
        if !all.iter().any(|(p, _)| p.pid == process.pid) {
            all.push((process, on_it(process.pid)));
        }
    }
    all.sort_by_key(|(p, on_it)| (!on_it, p.pid));
    all
}

/// `4711 kim python3 train.py`.
pub fn process_name(node: &Node, pid: Pid) -> String {
    match host_process(node, pid) {
        Some(process) => {
            let user = process.user.value().map_or("?", |u| u.as_str());
            format!("{pid} {user} {}", program(&process.command))
        }
        None => format!("{pid} (not in /proc)"),
    }
}
