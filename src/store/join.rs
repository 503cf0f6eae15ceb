//! The join: what one stream told, as one node.

use std::sync::Arc;

use crate::domain::exporter::Collected;
use crate::domain::fleet::{Gpu, Node, Slot, WholeGpu};
use crate::domain::gpu::{GpuInstance, GpuInventory, InstanceSample};
use crate::domain::holder::{HoldKind, Holder};
use crate::domain::observation::{CallState, Health, SourceState};
use crate::domain::process::GpuProcess;
use crate::domain::reading::{Absence, AbsentCode, Reading};
use crate::domain::text::Text;
use crate::domain::{finding, owner};

use super::exported::{Exported, Source};
use super::facts::Facts;
use super::gpus::GpuFacts;
use super::{links, slots};

/// More GPUs than any host has: a probe's number alone does not make a screen.
const MOST_GPUS: u32 = 64;

/// The node that follows from what has been told.
pub(super) fn node(facts: &Facts, exporters: &[Source]) -> Node {
    let mut node = facts.node.clone();
    let on_tape = on_tape(facts);
    let exported = Exported(if exporters.is_empty() {
        &on_tape
    } else {
        exporters
    });
    for source in exporters {
        let sources = &mut node.sources;
        match sources.binary_search_by_key(&source.state.source, |s| s.source) {
            // of two of a kind the worse is told
            Ok(at) if source.state.health != Health::Live => sources[at] = source.state.clone(),
            Ok(_) => {}
            Err(at) => sources.insert(at, source.state.clone()),
        }
    }
    node.exporters = exported.shown();
    let mut gpus: Vec<_> = facts.gpus.iter().map(|g| gpu(g, facts, exported)).collect();
    gpus.extend(untold(facts, exported));
    gpus.sort_by_key(|g| (g.index, g.pci()));
    for holder in &mut node.holders {
        name_gpu(holder, &gpus);
    }
    let work: Vec<_> = gpus.iter().flat_map(holders_by_work).collect();
    node.holders.splice(0..0, work);
    node.gpus = gpus;
    if let Some(signs) = &facts.signs {
        let mut signs = signs.clone();
        if let Reading::Value(on_node) = &node.cluster {
            signs.extend(owner::by_cluster::signs(on_node));
        }
        node.owner = owner::decide(&signs);
        if let Reading::Value(on_node) = &node.cluster {
            node.owner = owner::with_node(node.owner, &on_node.node);
        }
    }
    node.findings = finding::findings(&node);
    node
}

/// Exporters of a host whose stream tells what they told.
fn on_tape(facts: &Facts) -> Vec<Source> {
    let source = |collected: &Arc<Collected>| {
        let state = facts
            .node
            .sources
            .iter()
            .find(|s| s.source == collected.source);
        Source {
            state: state.cloned().unwrap_or(SourceState {
                source: collected.source,
                health: Health::Live,
            }),
            address: collected.address.clone(),
            answered: true,
            collected: vec![Arc::clone(collected)],
        }
    };
    facts.exported.values().map(source).collect()
}

/// GPUs that NVML counts and of which nothing has been told, not even by /proc: where that cannot be read, one whose first
/// call hangs is known by its place alone.
fn untold(facts: &Facts, exported: Exported<'_>) -> Vec<Gpu> {
    let counted = facts.node.driver.value().map_or(0, |driver| driver.gpus);
    let counted = counted.min(MOST_GPUS);
    let known = facts.gpus.iter().count();
    let missing = (counted as usize).saturating_sub(known);
    let free = (0..counted).filter(|index| facts.gpus.iter().all(|gpu| gpu.index != *index));
    let nothing = free.take(missing).map(GpuFacts::nameless);
    nothing.map(|known| gpu(&known, facts, exported)).collect()
}

fn gpu(known: &GpuFacts, facts: &Facts, exported: Exported<'_>) -> Gpu {
    let inventory = match (&known.inventory, why_untold(known, facts)) {
        (Reading::Absent(a), Some(why)) if a.code == AbsentCode::NotYet => Reading::Absent(why),
        (inventory, _) => inventory.clone(),
    };
    // what a GPU said before its calls stopped coming back is not what is so now
    let silent = silence(&known.calls);
    let sample = match &silent {
        None => known.sample.as_ref(),
        Some(_) => None,
    };
    let processes = match (sample, silent) {
        (Some((_, sample)), _) => sample.processes.clone(),
        (None, Some(why)) => Reading::Absent(why),
        (None, None) => match &inventory {
            Reading::Absent(why) => Reading::Absent(why.clone()),
            Reading::Value(_) => Reading::not_yet(),
        },
    };
    let mut gpu = Gpu {
        index: known.index,
        inventory,
        proc: known.proc.clone(),
        calls: known.calls.clone(),
        sampled: known.sample.as_ref().map(|(at, _)| *at),
        fast: sample.map(|(_, sample)| sample.fast.clone()),
        slow: known.slow.clone(),
        processes,
        metrics: Vec::new(),
        slots: Vec::new(),
        whole: None,
    };
    let Reading::Value(inventory) = &gpu.inventory else {
        return gpu;
    };
    let scene = slots::Scene {
        gpu: &gpu,
        inventory,
        facts,
        exported,
    };
    let mut found = Vec::new();
    for instance in inventory.instances.value().into_iter().flatten() {
        found.push(slot(instance, &scene, known));
    }
    let whole = is_whole(inventory).then(|| {
        let pods = links::of_gpu(&scene);
        let state = slots::whole_state(&scene, &pods);
        WholeGpu { state, pods }
    });
    let metrics = match &whole {
        Some(_) => exported.of_gpu(&inventory.identity.uuid),
        None => Vec::new(),
    };
    gpu.slots = found;
    gpu.whole = whole;
    gpu.metrics = metrics;
    gpu
}

fn slot(instance: &GpuInstance, scene: &slots::Scene<'_>, known: &GpuFacts) -> Slot {
    let pods = links::of_instance(instance, scene);
    Slot {
        state: slots::state(instance, scene, &pods),
        sample: scene.exported.complete(
            sample_of(instance, scene, known),
            &scene.inventory.identity.uuid,
            instance,
            || unsampled(scene.gpu),
        ),
        pods,
        idle: None,
        instance: instance.clone(),
    }
}

/// Why NVML has told nothing of an instance that is there.
fn unsampled(gpu: &Gpu) -> Absence {
    silence(&gpu.calls).unwrap_or_else(|| Absence::new(AbsentCode::NotYet, "no sample yet"))
}

/// The instance's own sample: void if it is older than the instance, which may have its predecessor's id.
fn sample_of<'a>(
    instance: &GpuInstance,
    scene: &slots::Scene<'_>,
    known: &'a GpuFacts,
) -> Option<&'a InstanceSample> {
    scene.gpu.fast.as_ref()?;
    let (at, sample) = known.sample.as_ref()?;
    if instance.appeared.is_some_and(|appeared| *at < appeared) {
        return None;
    }
    sample.instances.iter().find(|s| s.gi == instance.gi)
}

/// MIG is off, or the board has none.
fn is_whole(inventory: &GpuInventory) -> bool {
    match &inventory.mig {
        Reading::Value(mode) => !mode.current,
        Reading::Absent(why) => {
            matches!(
                why.code,
                AbsentCode::NotSupported | AbsentCode::DriverTooOld
            )
        }
    }
}

/// Why a GPU tells nothing new now, if it does not.
fn silence(calls: &CallState) -> Option<Absence> {
    match calls {
        CallState::Answering | CallState::Slow { .. } => None,
        CallState::Hung { call, .. } => Some(Absence::new(
            AbsentCode::Hung,
            format!("{call} was called and has not come back"),
        )),
        CallState::Resting { why, .. } | CallState::Failing { why, .. } => Some(why.clone()),
    }
}

/// Why NVML has not told of a GPU that is known from elsewhere.
fn why_untold(known: &GpuFacts, facts: &Facts) -> Option<Absence> {
    if let Some(why) = silence(&known.calls) {
        return Some(why);
    }
    if let CallState::Slow { call, seconds, .. } = &known.calls {
        return Some(Absence::new(
            AbsentCode::NotYet,
            format!("this GPU answers late: {call} took {seconds:.1} s"),
        ));
    }
    match &facts.node.driver {
        Reading::Absent(why) => Some(why.clone()),
        Reading::Value(driver) => {
            let listed = facts.gpus.iter().filter(|g| g.inventory.value().is_some());
            (listed.count() >= driver.gpus as usize).then(|| {
                Absence::new(
                    AbsentCode::GpuLost,
                    format!(
                        "the kernel module knows it, NVML does not list it among its {} GPUs",
                        driver.gpus
                    ),
                )
            })
        }
    }
}

/// Names the GPU of an open `/dev/nvidia<minor>` by NVML's minor, where the kernel module's own list could not be read
/// (a container, a hidden `/proc`). A minor that two GPUs claim, one of them from before a reset, names neither.
fn name_gpu(holder: &mut Holder, gpus: &[Gpu]) {
    if holder.kind != HoldKind::Device || holder.gpu.is_some() {
        return;
    }
    let minor = holder
        .path
        .as_ref()
        .and_then(|path| path.strip_prefix("/dev/nvidia")?.parse::<u32>().ok());
    let has_it = |gpu: &&Gpu| {
        let inventory = gpu.inventory.value();
        minor.is_some() && inventory.and_then(|i| i.identity.minor.value()).copied() == minor
    };
    let mut found = gpus.iter().filter(has_it);
    if let (Some(gpu), None) = (found.next(), found.next()) {
        holder.gpu = gpu.uuid().cloned();
    }
}

/// NVML's process lists hold instances too.
fn holders_by_work(gpu: &Gpu) -> Vec<Holder> {
    let uuid = gpu.uuid();
    let mut holders: Vec<_> = gpu
        .processes
        .value()
        .into_iter()
        .flatten()
        .map(|process: &GpuProcess| Holder {
            kind: HoldKind::Process,
            pid: Some(process.pid),
            module: None,
            gpu: uuid.cloned(),
            gi: process.gi,
            ci: process.ci,
            path: None::<Text>,
        })
        .collect();
    // a process can be in the compute and in the graphics list
    holders.dedup();
    holders
}
