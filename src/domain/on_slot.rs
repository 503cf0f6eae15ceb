//! What concerns one instance: processes with work, open files, errors that name it.

use super::fleet::{Gpu, Node, Slot};
use super::gpu::GpuInstance;
use super::holder::{HoldKind, Holder};
use super::ids::Pid;
use super::process::{GpuProcess, HostProcess};
use super::xid::XidEvent;
use super::xid_catalog::{Scope, meaning};

/// What /proc says of a process.
pub fn host_process(node: &Node, pid: Pid) -> Option<&HostProcess> {
    node.processes.iter().find(|p| p.pid == pid)
}

/// Processes that NVML attributes to an instance; none of a sample that is older than the instance.
pub fn processes<'a>(gpu: &'a Gpu, instance: &GpuInstance) -> impl Iterator<Item = &'a GpuProcess> {
    let void = matches!(
        (instance.appeared, gpu.sampled),
        (Some(appeared), Some(at)) if at < appeared
    );
    let all = gpu.processes.value().into_iter().flatten();
    let gi = instance.gi;
    all.filter(move |p| !void && p.gi == Some(gi))
}

/// Open capability files of an instance.
pub fn opened<'a>(
    node: &'a Node,
    gpu: &'a Gpu,
    instance: &GpuInstance,
) -> impl Iterator<Item = &'a Holder> {
    let gi = instance.gi;
    node.holders.iter().filter(move |h| {
        h.kind == HoldKind::Capability
            && h.gi == Some(gi)
            && h.gpu.is_some()
            && h.gpu.as_ref() == gpu.uuid()
    })
}

/// Whether a report of a GPU names an instance: by its id, or by a process that is on it, unless it is of an error of
/// the whole GPU, which a process merely came upon. One that is older than the instance is about another.
pub fn names(xid: &XidEvent, node: &Node, gpu: &Gpu, slot: &Slot) -> bool {
    if slot.instance.appeared.is_some_and(|t| xid.at < t) {
        return false;
    }
    match xid.gi {
        Some(gi) => gi == slot.instance.gi,
        None if is_of_the_gpu(xid) => false,
        None => xid.pid.is_some_and(|pid| {
            let on_it = processes(gpu, &slot.instance).any(|p| p.pid == pid)
                || opened(node, gpu, &slot.instance).any(|h| h.pid == Some(pid));
            // a number that a process got after the report was another's then
            let then = host_process(node, pid)
                .and_then(|p| p.started.value())
                .is_none_or(|started| *started <= xid.at);
            on_it && then
        }),
    }
}

fn is_of_the_gpu(xid: &XidEvent) -> bool {
    meaning(xid.family, xid.code).is_some_and(|meaning| meaning.scope == Scope::Gpu)
}

/// The instance that a report of a GPU names.
pub fn named<'a>(node: &Node, gpu: &'a Gpu, xid: &XidEvent) -> Option<&'a Slot> {
    gpu.slots.iter().find(|slot| names(xid, node, gpu, slot))
}
