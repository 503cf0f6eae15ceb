//! What NVML does not tell for want of rights, and of which GPUs.

use std::collections::BTreeSet;

use super::fleet::{Gpu, Node};
use super::gpu::Listing;
use super::reading::{Absence, AbsentCode};

/// What NVML did not tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// Where instances lie, and those that have no compute instance.
    Layout,
    /// Memory in use of instances.
    Memory,
    /// Processes and their memory.
    Processes,
}

/// What these rights keep NVML from telling, each with the indexes of the GPUs of which it does not.
pub fn refused(node: &Node) -> Vec<(What, BTreeSet<u32>)> {
    [
        (What::Layout, layout as fn(&Gpu) -> bool),
        (What::Memory, memory),
        (What::Processes, processes),
    ]
    .into_iter()
    .filter_map(|(what, is_refused)| {
        let gpus = node.gpus.iter().filter(|gpu| is_refused(gpu));
        let gpus: BTreeSet<u32> = gpus.map(|gpu| gpu.index).collect();
        (!gpus.is_empty()).then_some((what, gpus))
    })
    .collect()
}

fn is_denied(why: Option<&Absence>) -> bool {
    why.is_some_and(|a| a.code == AbsentCode::NoPermission)
}

fn layout(gpu: &Gpu) -> bool {
    let listing = gpu.inventory.value().map(|i| &i.listing);
    matches!(listing, Some(Listing::ByDevice { why }) if why.code == AbsentCode::NoPermission)
}

fn memory(gpu: &Gpu) -> bool {
    gpu.slots
        .iter()
        .filter_map(|slot| slot.sample.as_ref())
        .any(|sample| is_denied(sample.memory_used.reason()))
}

fn processes(gpu: &Gpu) -> bool {
    is_denied(gpu.processes.reason())
}
