//! Processes and pods behind rows.

use crate::domain::fleet::{Gpu, Node, Slot};
use crate::domain::holder::HoldKind;
use crate::domain::ids::{ObjectUid, Pid};
use crate::domain::process::{GpuProcess, HostProcess};

/// What /proc says of a process.
pub fn process(node: &Node, pid: Pid) -> Option<&HostProcess> {
    node.processes.iter().find(|p| p.pid == pid)
}

/// Processes that NVML attributes to an instance; none of a sample that is older than the instance.
pub fn working<'a>(gpu: &'a Gpu, slot: &'a Slot) -> impl Iterator<Item = &'a GpuProcess> {
    let void = matches!(
        (slot.instance.appeared, gpu.sampled),
        (Some(appeared), Some(at)) if at < appeared
    );
    let all = gpu.processes.value().into_iter().flatten();
    all.filter(move |p| !void && p.gi == Some(slot.instance.gi))
}

/// Processes that have an instance's capability node open, each once.
pub fn openers(node: &Node, gpu: &Gpu, slot: &Slot) -> Vec<Pid> {
    let mut pids: Vec<Pid> = node
        .holders
        .iter()
        .filter(|h| h.kind == HoldKind::Capability)
        .filter(|h| h.gpu.is_some() && h.gpu.as_ref() == gpu.uuid())
        .filter(|h| h.gi == Some(slot.instance.gi))
        .filter_map(|h| h.pid)
        .collect();
    pids.sort_unstable();
    pids.dedup();
    pids
}

/// The pod of a uid that a cgroup names, as `namespace/name` where the kubelet's folders tell it.
pub fn pod_of(node: &Node, uid: &ObjectUid) -> String {
    node.pods_on_host
        .iter()
        .find(|p| p.uid == *uid)
        .map_or_else(
            || format!("pod {uid}"),
            |p| format!("{}/{}", p.namespace, p.name),
        )
}
