//! A beat that only measures: the same GPUs, instances and processes as before, with other numbers.
//!
//! That is nearly every beat of nearly every host. What somebody does with an instance, whose it is and what is wrong
//! follows from the rest of what was told, and is not worked out again for a number.

use crate::domain::fleet::{Gpu, Node};
use crate::domain::gpu::GpuSample;
use crate::domain::observation::Fact;
use crate::domain::process::GpuProcess;

use super::exported::{Exported, Source};
use super::facts::Facts;
use super::gpus::GpuFacts;
use super::join;

/// Whether a record tells nothing else than other numbers.
pub(super) fn is_all(facts: &Facts, fact: &Fact) -> bool {
    match fact {
        Fact::Sample(sample) => facts
            .gpus
            .of(&sample.gpu)
            .is_some_and(|gpu| is_like_before(gpu, sample)),
        Fact::Beat { dropped, .. } => {
            let stream = &facts.node.stream;
            stream.beat.is_some() && stream.dropped == *dropped
        }
        _ => false,
    }
}

/// Whether a sample has the processes and the warnings of the one before it.
fn is_like_before(gpu: &GpuFacts, sample: &GpuSample) -> bool {
    let Some((at, before)) = &gpu.sample else {
        return false;
    };
    let who = |process: &GpuProcess| (process.pid, process.kind, process.gi, process.ci);
    let same_processes = match (before.processes.value(), sample.processes.value()) {
        (Some(before), Some(now)) => before.iter().map(who).eq(now.iter().map(who)),
        _ => before.processes == sample.processes,
    };
    // a sample from before an instance was there says nothing of it, and this one may
    let all_seen = gpu
        .instances
        .iter()
        .all(|instance| instance.appeared.is_none_or(|appeared| *at >= appeared));
    let same_slow = sample.slow.is_none() || sample.slow == gpu.slow;
    all_seen && same_slow && same_processes && before.fast.throttle == sample.fast.throttle
}

/// The node as it was, with what is measured now.
pub(super) fn node(before: &Node, facts: &Facts, exporters: &[Source]) -> Node {
    let on_tape = join::on_tape(facts);
    let exported = join::exported(&on_tape, exporters);
    let mut node = before.clone();
    node.at = facts.node.at;
    node.stream = facts.node.stream;
    for gpu in &mut node.gpus {
        let known = gpu.uuid().and_then(|uuid| facts.gpus.of(uuid));
        if let Some(known) = known {
            measure(gpu, known, exported);
        }
    }
    node
}

fn measure(gpu: &mut Gpu, known: &GpuFacts, exported: Exported<'_>) {
    let Some((at, sample)) = &known.sample else {
        return;
    };
    let renewed = gpu.sampled != Some(*at);
    gpu.sampled = Some(*at);
    // a GPU that does not answer has no numbers
    if !renewed || gpu.fast.is_none() {
        return;
    }
    gpu.fast = Some(sample.fast.clone());
    gpu.processes = sample.processes.clone();
    let samples: Vec<_> = gpu
        .slots
        .iter()
        .map(|slot| join::measured(&slot.instance, gpu, known, exported))
        .collect();
    for (slot, sample) in gpu.slots.iter_mut().zip(samples) {
        slot.sample = sample;
    }
}
