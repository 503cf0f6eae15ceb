//! What somebody does with an instance.

use jiff::Timestamp;

use crate::domain::finding::xids::{Concern, concern};
use crate::domain::fleet::{Gpu, PodLink, SlotState};
use crate::domain::gpu::{GpuInstance, GpuInventory, RecoveryAction};
use crate::domain::ids::Pid;
use crate::domain::observation::{Health, SourceName, SourceState};
use crate::domain::on_slot;
use crate::domain::process::GpuProcess;
use crate::domain::reading::{AbsentCode, Reading};
use crate::domain::xid::XidEvent;

use super::exported::Exported;
use super::facts::Facts;

/// A GPU with what else is known on its host.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) gpu: &'a Gpu,
    pub(super) inventory: &'a GpuInventory,
    pub(super) facts: &'a Facts,
    pub(super) exported: Exported<'a>,
}

impl<'a> Scene<'a> {
    /// Processes that NVML attributes to an instance, as of a sample that is not older than it.
    pub(super) fn processes_of(
        self,
        instance: &GpuInstance,
    ) -> impl Iterator<Item = &'a GpuProcess> {
        on_slot::processes(self.gpu, instance)
    }

    /// Whether no process in the list can mean: there is none.
    ///
    /// Drivers before R460 do not attribute processes, so one without an instance may be on any of them.
    fn processes_are_told(self) -> bool {
        self.gpu
            .processes
            .value()
            .is_some_and(|all| all.iter().all(|process| process.gi.is_some()))
    }

    /// Whether no allocation in the list can mean: there is none. Without a kubelet nobody allocates; and an API server
    /// that names the devices of all pods leaves none unnamed.
    fn allocations_are_told(self) -> bool {
        let node = &self.facts.node;
        let live = |s: &SourceState| s.source == SourceName::Kubernetes && s.health == Health::Live;
        if let Reading::Value(on_node) = &node.cluster
            && node.sources.iter().any(live)
            && on_node.tells_all_devices()
        {
            return true;
        }
        match &self.facts.node.allocations {
            Reading::Value(_) => true,
            Reading::Absent(why) => why.code == AbsentCode::NoSource,
        }
    }

    fn is_held_open(self, instance: &GpuInstance) -> bool {
        let mut opened = on_slot::opened(&self.facts.node, self.gpu, instance);
        opened.next().is_some()
    }

    fn started(self, pid: Pid) -> Option<Timestamp> {
        on_slot::host_process(&self.facts.node, pid)?
            .started
            .value()
            .copied()
    }

    fn own_xids(self) -> impl Iterator<Item = &'a XidEvent> {
        let pci = self.gpu.pci();
        self.facts
            .node
            .xids
            .iter()
            .filter(move |event| event.pci.is_some() && event.pci == pci)
    }

    /// An error of the whole GPU that nothing says is over. A driver that tells its recovery action (R550 and newer)
    /// says when it is: `None` is "usable again".
    fn gpu_is_sick(self, since: Option<Timestamp>) -> bool {
        let recovery = self.gpu.slow.as_ref().map(|slow| &slow.recovery);
        if matches!(recovery, Some(Reading::Value(RecoveryAction::None))) {
            return false;
        }
        self.own_xids()
            .any(|event| is_after(event, since) && concern(event) == Concern::Gpu)
    }

    /// A memory error contained to this instance whose process still runs: it has to be started again.
    fn instance_is_sick(self, instance: &GpuInstance) -> bool {
        self.own_xids()
            .filter(|event| is_after(event, instance.appeared))
            .filter(|event| concern(event) == Concern::Instance)
            .any(|event| {
                self.processes_of(instance).any(|process| {
                    let hit = match event.gi {
                        Some(gi) => gi == instance.gi,
                        None => event.pid == Some(process.pid),
                    };
                    let before = self.started(process.pid).is_none_or(|t| t <= event.at);
                    hit && before
                })
            })
    }
}

fn is_after(event: &XidEvent, appeared: Option<Timestamp>) -> bool {
    appeared.is_none_or(|appeared| event.at >= appeared)
}

/// What somebody does with an instance.
///
/// *Free* is said only where both could be read, who works on it and to whom it was given: an idle notebook that holds
/// a slice looks free to NVML.
pub(super) fn state(instance: &GpuInstance, scene: &Scene<'_>, pods: &[PodLink]) -> SlotState {
    let busy = scene.processes_of(instance).next().is_some() || scene.is_held_open(instance);
    if instance.cis.is_empty() && !busy {
        SlotState::NoCi
    } else if scene.gpu_is_sick(instance.appeared) || scene.instance_is_sick(instance) {
        SlotState::Sick
    } else {
        used(busy, pods, scene)
    }
}

/// What somebody does with a GPU that is not partitioned.
///
/// Monitors hold `/dev/nvidia<minor>` of every GPU open, so that only work counts as busy.
pub(super) fn whole_state(scene: &Scene<'_>, pods: &[PodLink]) -> SlotState {
    let processes = &scene.gpu.processes;
    if scene.gpu_is_sick(None) {
        return SlotState::Sick;
    }
    match processes.value() {
        Some(list) if !list.is_empty() => SlotState::Busy,
        _ if !pods.is_empty() => SlotState::Allocated,
        Some(_) if scene.allocations_are_told() => SlotState::Free,
        _ => SlotState::Unknown,
    }
}

fn used(busy: bool, pods: &[PodLink], scene: &Scene<'_>) -> SlotState {
    if busy {
        SlotState::Busy
    } else if !pods.is_empty() {
        SlotState::Allocated
    } else if scene.processes_are_told() && scene.allocations_are_told() {
        SlotState::Free
    } else {
        SlotState::Unknown
    }
}
