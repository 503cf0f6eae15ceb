//! What is on one instance: processes with work, open files.

use crate::domain::fleet::{Gpu, Node, Slot};
use crate::domain::holder::HoldKind;
use crate::domain::ids::Pid;
pub use crate::domain::on_slot::{host_process, opened, processes};
use crate::domain::process::HostProcess;

use super::occupant::program;

/// Who has an instance's files open, each process once, in the order of their ids.
pub fn openers(node: &Node, gpu: &Gpu, slot: &Slot) -> Vec<Pid> {
    let mut pids: Vec<Pid> = opened(node, gpu, &slot.instance)
        .filter_map(|h| h.pid)
        .collect();
    pids.sort_unstable();
    pids.dedup();
    pids
}

/// Who has `/dev/nvidia<minor>` of a GPU open, each process once: those that work on it first, then those that have the
/// fewest other GPUs open, which is what daemons do.
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
    let works = |pid: Pid| {
        let all = gpu.processes.value().into_iter().flatten();
        all.into_iter().any(|p| p.pid == pid)
    };
    let open = |pid: Pid| {
        let mut gpus: Vec<_> = node
            .holders
            .iter()
            .filter(|h| h.kind == HoldKind::Device && h.pid == Some(pid))
            .filter_map(|h| h.gpu.as_ref())
            .collect();
        gpus.sort_unstable();
        gpus.dedup();
        gpus.len()
    };
    pids.sort_by_cached_key(|pid| (!works(*pid), open(*pid), *pid));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;
    use crate::domain::holder::Holder;

    #[test]
    fn who_works_on_a_gpu_comes_before_who_has_all_of_them_open() {
        let mut node = fixture::node("a");
        let uuids: Vec<_> = node.gpus.iter().filter_map(|g| g.uuid().cloned()).collect();
        let open = |pid, gpu: usize| Holder {
            kind: HoldKind::Device,
            pid: Some(Pid(pid)),
            module: None,
            gpu: uuids.get(gpu).cloned(),
            gi: None,
            ci: None,
            path: None,
        };
        node.holders = vec![
            open(10, 0),
            open(10, 1),
            open(10, 1),
            open(4242, 1),
            open(77, 1),
            open(4242, 0),
        ];
        let mut process = fixture::gpu_process(4242, 0);
        (process.gi, process.ci) = (None, None);
        node.gpus[1].processes = fixture::value(vec![process]);
        let pids: Vec<u32> = device_openers(&node, &node.gpus[1])
            .iter()
            .map(|p| p.0)
            .collect();
        assert_eq!(pids, [4242, 77, 10]);
    }
}
