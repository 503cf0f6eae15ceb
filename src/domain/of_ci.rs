//! What is known of one compute instance: who works on it, and what somebody does with it.
//!
//! The state of a slot is the GPU instance's. Where that has several compute instances, each has a state of its own.

use super::fleet::{Gpu, Node, Slot, SlotState};
use super::holder::HoldKind;
use super::ids::{CiId, Pid};
use super::process::GpuProcess;
use super::reading::{AbsentCode, Reading};

/// Processes on a compute instance. An empty list is a fact: no process of this GPU can be on it.
pub fn processes<'a>(gpu: &'a Gpu, slot: &Slot, ci: CiId) -> Reading<Vec<&'a GpuProcess>> {
    listed(
        gpu,
        |p| p.gi == Some(slot.instance.gi) && p.ci == Some(ci),
        |p| p.gi.is_none() || on_no_ci(p, slot),
    )
}

/// Processes on a GPU instance that the driver attributes to none of its compute instances.
pub fn processes_of_gi<'a>(gpu: &'a Gpu, slot: &Slot) -> Reading<Vec<&'a GpuProcess>> {
    listed(gpu, |p| on_no_ci(p, slot), |p| p.gi.is_none())
}

fn on_no_ci(process: &GpuProcess, slot: &Slot) -> bool {
    let gi = &slot.instance;
    process.gi == Some(gi.gi) && !gi.cis.iter().any(|c| process.ci == Some(c.ci))
}

/// Drivers before R460 do not attribute processes at all.
fn listed(
    gpu: &Gpu,
    is: impl Fn(&GpuProcess) -> bool,
    may_be: impl Fn(&GpuProcess) -> bool,
) -> Reading<Vec<&GpuProcess>> {
    let all = match &gpu.processes {
        Reading::Value(all) => all,
        Reading::Absent(why) => return Reading::Absent(why.clone()),
    };
    let found: Vec<&GpuProcess> = all.iter().filter(|p| is(p)).collect();
    match all.iter().find(|p| may_be(p)) {
        Some(process) if found.is_empty() => Reading::absent(
            AbsentCode::NotSupported,
            format!(
                "the driver does not tell on which instance process {} runs",
                process.pid
            ),
        ),
        _ => Reading::Value(found),
    }
}

/// What somebody does with a compute instance.
pub fn state(gpu: &Gpu, node: &Node, slot: &Slot, ci: CiId) -> SlotState {
    let alone = slot.instance.cis.len() == 1;
    if alone || !matches!(slot.state, SlotState::Busy | SlotState::Allocated) {
        return slot.state;
    }
    let processes = processes(gpu, slot, ci);
    let works = processes.value().is_some_and(|on| !on.is_empty());
    let handles = handles(gpu, node, slot);
    if works || handles.iter().any(|(_, on)| *on == Some(ci)) {
        return SlotState::Busy;
    }
    if slot.pods.iter().any(|p| p.ci == Some(ci)) {
        return SlotState::Allocated;
    }
    // who works on a compute instance has the file of its GPU instance open too; the file alone tells nothing
    let unplaced = handles.iter().any(|(pid, on)| {
        on.is_none()
            && !handles.iter().any(|(p, on)| p == pid && on.is_some())
            && !placed(gpu, slot, *pid)
    });
    let told = processes.value().is_some()
        && !unplaced
        && slot.pods.iter().all(|p| p.ci.is_some())
        && match &node.allocations {
            Reading::Value(_) => true,
            Reading::Absent(why) => why.code == AbsentCode::NoSource,
        };
    if told {
        SlotState::Free
    } else {
        SlotState::Unknown
    }
}

/// Open capability files of a GPU instance and of its compute instances.
fn handles(gpu: &Gpu, node: &Node, slot: &Slot) -> Vec<(Option<Pid>, Option<CiId>)> {
    node.holders
        .iter()
        .filter(|h| h.kind == HoldKind::Capability && h.gi == Some(slot.instance.gi))
        .filter(|h| h.gpu.is_some() && h.gpu.as_ref() == gpu.uuid())
        .map(|h| (h.pid, h.ci))
        .collect()
}

/// Whether the driver says on which compute instance of this GPU instance a process is.
fn placed(gpu: &Gpu, slot: &Slot, pid: Option<Pid>) -> bool {
    gpu.processes
        .value()
        .into_iter()
        .flatten()
        .any(|p| Some(p.pid) == pid && p.gi == Some(slot.instance.gi) && !on_no_ci(p, slot))
}
