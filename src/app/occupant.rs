//! Who has an instance, how that is known, and since when.

use jiff::Timestamp;

use crate::domain::fleet::{Gpu, Node, PodLink, Slot, SlotState};
use crate::domain::holder::{HoldKind, Holder};
use crate::domain::ids::{CiId, Pid};
use crate::domain::process::{GpuProcess, HostProcess};
use crate::domain::reading::Absence;

/// Who has it.
#[derive(Clone, PartialEq, Debug)]
pub enum Who {
    /// A pod: `namespace/name`.
    Pod(String),
    /// A process with work: `4711 kim python3 train.py`.
    Process(String),
    /// A process that has its files open and is not known to work.
    Opens(String),
    /// Nobody that is known.
    Nobody,
    /// That could not be read.
    NotTold(Absence),
}

/// Who has an instance, with what that rests on.
#[derive(Clone, PartialEq, Debug)]
pub struct Occupant {
    /// The first of them.
    pub who: Who,
    /// How many more there are.
    pub more: usize,
    /// The best evidence: `pod-resources`, `checkpoint`, `cgroup`, `nvml`, `opens`; empty for nobody.
    pub evidence: String,
    /// When the earliest of its processes started.
    pub since: Option<Timestamp>,
}

impl Occupant {
    /// `ns/pod +1`, `4711 kim python3`, `-`, `n/a`.
    pub fn text(&self) -> String {
        let name = match &self.who {
            Who::Pod(name) | Who::Process(name) | Who::Opens(name) => name.as_str(),
            Who::Nobody => return "-".to_owned(),
            Who::NotTold(_) => return "n/a".to_owned(),
        };
        match self.more {
            0 => name.to_owned(),
            more => format!("{name} +{more}"),
        }
    }
}

/// Who has a compute instance; with `None` who has the GPU instance as a whole.
///
/// What is known of the GPU instance only is told with its first compute instance.
pub fn of_ci(node: &Node, gpu: &Gpu, slot: &Slot, ci: Option<CiId>) -> Occupant {
    let first = slot.instance.cis.first().map(|c| c.ci);
    let is = |of: Option<CiId>| match (ci, of) {
        (None, _) => true,
        (Some(_), None) => ci == first,
        (Some(ci), Some(of)) => {
            ci == of || (Some(ci) == first && !slot.instance.cis.iter().any(|c| c.ci == of))
        }
    };
    let pods: Vec<&PodLink> = slot.pods.iter().filter(|p| is(p.ci)).collect();
    let processes: Vec<&GpuProcess> = processes(gpu, slot).filter(|p| is(p.ci)).collect();
    let found = named(node, &pods, &processes);
    if found.who != Who::Nobody {
        return found;
    }
    let opens: Vec<&Holder> = holders(node, gpu, slot).filter(|h| is(h.ci)).collect();
    let mut pids: Vec<Pid> = opens.iter().filter_map(|h| h.pid).collect();
    pids.sort_unstable();
    pids.dedup();
    if let Some(pid) = pids.first() {
        return Occupant {
            who: Who::Opens(process_name(node, *pid)),
            more: pids.len() - 1,
            evidence: "opens".to_owned(),
            since: None,
        };
    }
    match gpu.processes.reason() {
        Some(why) if slot.state == SlotState::Unknown => Occupant {
            who: Who::NotTold(why.clone()),
            ..found
        },
        _ => found,
    }
}

/// Who has a GPU that is used as one piece.
pub fn of_whole(node: &Node, gpu: &Gpu) -> Occupant {
    let pods: Vec<&PodLink> = gpu.whole.iter().flat_map(|w| &w.pods).collect();
    let processes: Vec<&GpuProcess> = gpu.processes.value().into_iter().flatten().collect();
    let found = named(node, &pods, &processes);
    match gpu.processes.reason() {
        Some(why) if found.who == Who::Nobody => Occupant {
            who: Who::NotTold(why.clone()),
            ..found
        },
        _ => found,
    }
}

fn named(node: &Node, pods: &[&PodLink], processes: &[&GpuProcess]) -> Occupant {
    let since = processes
        .iter()
        .filter_map(|p| *host_process(node, p.pid)?.started.value()?)
        .min();
    let mut names: Vec<String> = pods.iter().map(|p| pod_name(p)).collect();
    names.dedup();
    if let Some(first) = names.first() {
        let evidence = pods.iter().flat_map(|p| &p.evidence).next();
        return Occupant {
            who: Who::Pod(first.clone()),
            more: names.len() - 1,
            evidence: evidence.map(ToString::to_string).unwrap_or_default(),
            since,
        };
    }
    let mut pids: Vec<Pid> = processes.iter().map(|p| p.pid).collect();
    pids.dedup();
    match pids.first() {
        Some(pid) => Occupant {
            who: Who::Process(process_name(node, *pid)),
            more: pids.len() - 1,
            evidence: "nvml".to_owned(),
            since,
        },
        None => Occupant {
            who: Who::Nobody,
            more: 0,
            evidence: String::new(),
            since: None,
        },
    }
}

/// Processes that the driver attributes to an instance.
pub fn processes<'a>(gpu: &'a Gpu, slot: &'a Slot) -> impl Iterator<Item = &'a GpuProcess> {
    gpu.processes
        .value()
        .into_iter()
        .flatten()
        .filter(|p| p.gi == Some(slot.instance.gi))
}

/// Open capability files of an instance.
pub fn holders<'a>(
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

/// What /proc says of a process.
pub fn host_process(node: &Node, pid: Pid) -> Option<&HostProcess> {
    node.processes.iter().find(|p| p.pid == pid)
}

/// `4711 kim python3 train.py`.
pub fn process_name(node: &Node, pid: Pid) -> String {
    match host_process(node, pid) {
        Some(process) => {
            let user = process.user.value().map_or("?", |u| u.as_str());
            format!("{pid} {user} {}", command(&process.command))
        }
        None => format!("{pid} (not in /proc)"),
    }
}

/// A command line without the folders of its program: there is more room for what tells processes apart.
pub fn command(line: &str) -> &str {
    let program = line.split(' ').next().unwrap_or(line);
    match program.rfind('/') {
        // a name in brackets is the kernel's own, with slashes that are no folders
        Some(slash) if slash + 1 < program.len() && !line.starts_with('[') => &line[slash + 1..],
        _ => line,
    }
}

/// `namespace/name`, or the UID where there is no name.
pub fn pod_name(pod: &PodLink) -> String {
    match (&pod.namespace, &pod.name, &pod.uid) {
        (Some(namespace), Some(name), _) => format!("{namespace}/{name}"),
        (None, Some(name), _) => name.to_string(),
        (_, None, Some(uid)) => format!("pod {uid}"),
        (_, None, None) => "pod of unknown name".to_owned(),
    }
}
