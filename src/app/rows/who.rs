//! Who has an instance or a GPU, and how that is known.

use jiff::Timestamp;

use crate::app::words::command;
use crate::domain::fleet::{Gpu, Node, PodLink, Slot};
use crate::domain::holder::HoldKind;
use crate::domain::ids::{ObjectUid, Pid};
use crate::domain::process::{GpuProcess, HostProcess};
use crate::domain::reading::{Absence, Reading};

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

/// `namespace/name`, or what is known of a pod.
pub fn pod_name(pod: &PodLink) -> String {
    match (&pod.namespace, &pod.name, &pod.uid) {
        (Some(namespace), Some(name), _) => format!("{namespace}/{name}"),
        (None, Some(name), _) => name.to_string(),
        (_, None, Some(uid)) => format!("pod {uid}"),
        (_, None, None) => "pod of unknown name".to_owned(),
    }
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

/// `4711 kim train.py`: a process as it stands where a pod would.
pub fn process_name(node: &Node, pid: Pid) -> String {
    match process(node, pid) {
        Some(p) => match p.user.value() {
            Some(user) => format!("{pid} {user} {}", command(&p.command)),
            None => format!("{pid} {}", command(&p.command)),
        },
        None => format!("{pid} (not in /proc)"),
    }
}

/// Who has it, how that is known, and since when.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Who {
    /// Pods as `namespace/name`, else processes as `4711 kim train.py`; each once.
    pub names: Vec<String>,
    /// Where that was read: `checkpoint`, `nvml`, `opens`.
    pub evidence: Option<String>,
    /// Since when: the start of the oldest process that works on it, else when the instance appeared.
    pub since: Option<Timestamp>,
    /// Why processes could not be told, where nobody is known to be there.
    pub hidden: Option<Absence>,
}

impl Who {
    /// Of an instance.
    pub fn of_slot(node: &Node, gpu: &Gpu, slot: &Slot) -> Self {
        let pids: Vec<Pid> = working(gpu, slot).map(|p| p.pid).collect();
        let mut who = Self::named(node, &slot.pods, &pids);
        if who.names.is_empty() {
            let open = openers(node, gpu, slot);
            if open.is_empty() {
                who.hidden = gpu.processes.reason().cloned();
            } else {
                who.names = open.iter().map(|pid| process_name(node, *pid)).collect();
                who.evidence = Some("opens".to_owned());
            }
        }
        who.since = who.since.or(slot.instance.appeared);
        who
    }

    /// Of a GPU that is used as one piece.
    pub fn of_gpu(node: &Node, gpu: &Gpu) -> Self {
        let listed = gpu.processes.value().into_iter().flatten();
        let pids: Vec<Pid> = listed.map(|p| p.pid).collect();
        let pods = gpu.whole.as_ref().map_or(&[][..], |w| &w.pods);
        let mut who = Self::named(node, pods, &pids);
        if who.names.is_empty() {
            who.hidden = gpu.processes.reason().cloned();
        }
        who
    }

    /// Pods where any are known, else processes.
    fn named(node: &Node, pods: &[PodLink], pids: &[Pid]) -> Self {
        let mut names: Vec<String> = pods.iter().map(pod_name).collect();
        names.dedup();
        let mut evidence = pods
            .iter()
            .flat_map(|p| &p.evidence)
            .map(ToString::to_string)
            .next();
        if names.is_empty() && !pids.is_empty() {
            names = pids.iter().map(|pid| process_name(node, *pid)).collect();
            names.dedup();
            evidence = Some("nvml".to_owned());
        }
        let started = |pid: &Pid| match &process(node, *pid)?.started {
            Reading::Value(at) => Some(*at),
            Reading::Absent(_) => None,
        };
        Self {
            names,
            evidence,
            since: pids.iter().filter_map(started).min(),
            hidden: None,
        }
    }

    /// The first name, and how many more: `svc/ocr-0 +2`; empty where nobody is known.
    pub fn first(&self) -> String {
        match self.names.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            [first, more @ ..] => format!("{first} +{}", more.len()),
        }
    }
}
