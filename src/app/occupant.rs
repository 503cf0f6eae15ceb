//! Who has an instance, how that is known, and since when.

use jiff::Timestamp;

use crate::domain::fleet::{Gpu, Idle, Node, PodLink, Slot};
use crate::domain::ids::{CiId, Pid};
use crate::domain::of_ci;
use crate::domain::process::GpuProcess;
use crate::domain::reading::Absence;
use crate::domain::text::Text;

use super::{Texts, on_slot, words};

/// Who has an instance or a whole GPU.
#[derive(Clone, PartialEq, Debug)]
pub struct Occupant {
    /// The first of them.
    pub who: Who,
    /// How many more there are.
    pub others: usize,
    /// How that is known: `resource-claim`, `pod-status`, `pod-resources`, `checkpoint`, `cgroup`, `nvml` (its process list), `opens` (an open file).
    pub evidence: Option<Text>,
    /// Since when it is as it is.
    pub since: Option<Since>,
}

/// Somebody, nobody, or why that cannot be told.
#[derive(Clone, PartialEq, Debug)]
pub enum Who {
    /// A pod: `namespace/name`, or as much of that as is known.
    Pod(Text),
    /// A process.
    Process {
        /// Its id.
        pid: Pid,
        /// Its user; `None`: it is not in /proc, or nobody knows the user.
        user: Option<Text>,
        /// Its command line without the folders of its program; `None`: it is not in /proc.
        command: Option<Text>,
    },
    /// Nobody.
    Nobody,
    /// It cannot be told.
    Unknown(Absence),
}

/// Since when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Since {
    /// The oldest process started then.
    Started(Timestamp),
    /// Nobody has worked on it since.
    Idle(Idle),
    /// The instance was first seen then, and nothing on it.
    Appeared(Timestamp),
}

impl Since {
    /// In a column: `3d`, `idle 31h`, `idle >=12m` where it may be longer.
    pub fn cell(self, texts: &Texts, now: Timestamp) -> String {
        match self {
            Self::Started(then) | Self::Appeared(then) => words::age(then, now),
            Self::Idle(idle) => texts.say("occupant.idle", &[("age", &idle_age(idle, now))]),
        }
    }
}

/// How long nobody has worked on an instance: `31h`; `>=12m` where it may be longer.
pub fn idle_age(idle: Idle, now: Timestamp) -> String {
    let age = words::age(idle.since, now);
    if idle.exact { age } else { format!(">={age}") }
}

impl Occupant {
    /// In a column: `svc/ocr-5c9-q2`, `4242 kim python3 train.py`, `-`, `n/a`; `+2` where there are more.
    pub fn cell(&self) -> String {
        let who = match &self.who {
            Who::Pod(name) => name.to_string(),
            Who::Process { pid, user, command } => {
                let mut out = pid.to_string();
                for part in [user, command].into_iter().flatten() {
                    out.push(' ');
                    out.push_str(part);
                }
                if command.is_none() {
                    out.push_str(" (not in /proc)");
                }
                out
            }
            Who::Nobody => "-".to_owned(),
            Who::Unknown(_) => "n/a".to_owned(),
        };
        match self.others {
            0 => who,
            n => format!("{who} +{n}"),
        }
    }
}

/// Who has a compute instance. What is known of its GPU instance only is told with the first one.
pub fn of_ci(node: &Node, gpu: &Gpu, slot: &Slot, ci: CiId) -> Occupant {
    let first = slot.instance.cis.first().is_some_and(|c| c.ci == ci);
    let pods: Vec<&PodLink> = slot
        .pods
        .iter()
        .filter(|p| p.ci == Some(ci) || (first && p.ci.is_none()))
        .collect();
    let mine = of_ci::processes(gpu, slot, ci);
    let mut processes = mine.value().cloned().unwrap_or_default();
    if first {
        processes.extend(
            of_ci::processes_of_gi(gpu, slot)
                .value()
                .into_iter()
                .flatten(),
        );
    }
    named(node, &pods, &processes)
        .unwrap_or_else(|| {
            let opened = openers(node, gpu, slot, Some(ci));
            by_handle(node, &opened, mine.reason())
        })
        .or_since(slot)
}

/// Who has a GPU instance as a whole, whatever its compute instances are.
pub fn of_slot(node: &Node, gpu: &Gpu, slot: &Slot) -> Occupant {
    let pods: Vec<&PodLink> = slot.pods.iter().collect();
    let processes: Vec<&GpuProcess> = on_slot::processes(gpu, &slot.instance).collect();
    named(node, &pods, &processes)
        .unwrap_or_else(|| {
            let opened = openers(node, gpu, slot, None);
            by_handle(node, &opened, gpu.processes.reason())
        })
        .or_since(slot)
}

/// Who has a GPU that is used as one piece.
pub fn of_whole(node: &Node, gpu: &Gpu) -> Occupant {
    let pods: Vec<&PodLink> = gpu.whole.iter().flat_map(|w| &w.pods).collect();
    let processes: Vec<&GpuProcess> = gpu.processes.value().into_iter().flatten().collect();
    named(node, &pods, &processes).unwrap_or_else(|| by_handle(node, &[], gpu.processes.reason()))
}

impl Occupant {
    fn or_since(mut self, slot: &Slot) -> Self {
        let appeared = slot.instance.appeared.map(Since::Appeared);
        self.since = self.since.or(slot.idle.map(Since::Idle)).or(appeared);
        self
    }
}

fn named(node: &Node, pods: &[&PodLink], processes: &[&GpuProcess]) -> Option<Occupant> {
    let started = |p: &&GpuProcess| on_slot::host_process(node, p.pid)?.started.value().copied();
    let since = processes
        .iter()
        .filter_map(started)
        .min()
        .map(Since::Started);
    if let Some(link) = pods.first() {
        let mut names: Vec<Text> = pods.iter().map(|p| pod_name(p)).collect();
        names.dedup();
        return Some(Occupant {
            who: Who::Pod(pod_name(link)),
            others: names.len() - 1,
            evidence: link.evidence.first().cloned(),
            since,
        });
    }
    let mut pids: Vec<Pid> = processes.iter().map(|p| p.pid).collect();
    pids.sort();
    pids.dedup();
    let pid = *pids.first()?;
    Some(Occupant {
        who: process(node, pid),
        others: pids.len() - 1,
        evidence: Some("nvml".into()),
        since,
    })
}

/// Those who have the files of an instance open, where nobody is known to work on it.
fn by_handle(node: &Node, pids: &[Pid], hidden: Option<&Absence>) -> Occupant {
    match (pids.first(), hidden) {
        (Some(pid), _) => Occupant {
            who: process(node, *pid),
            others: pids.len() - 1,
            evidence: Some("opens".into()),
            since: on_slot::host_process(node, *pid)
                .and_then(|p| p.started.value().copied())
                .map(Since::Started),
        },
        (None, Some(why)) => Occupant {
            who: Who::Unknown(why.clone()),
            others: 0,
            evidence: None,
            since: None,
        },
        (None, None) => Occupant {
            who: Who::Nobody,
            others: 0,
            evidence: None,
            since: None,
        },
    }
}

fn openers(node: &Node, gpu: &Gpu, slot: &Slot, ci: Option<CiId>) -> Vec<Pid> {
    let alone = slot.instance.cis.len() == 1;
    let mut pids: Vec<Pid> = on_slot::opened(node, gpu, &slot.instance)
        .filter(|h| ci.is_none() || h.ci == ci || (alone && h.ci.is_none()))
        .filter_map(|h| h.pid)
        .collect();
    pids.sort();
    pids.dedup();
    pids
}

fn process(node: &Node, pid: Pid) -> Who {
    let known = on_slot::host_process(node, pid);
    Who::Process {
        pid,
        user: known.and_then(|p| p.user.value().cloned()),
        command: known.map(|p| Text::new(program(&p.command))),
    }
}

/// A command line without the folders of its program: there is more room for what tells processes apart.
pub fn program(line: &str) -> &str {
    let program = line.split(' ').next().unwrap_or(line);
    match program.rfind('/') {
        // a name in brackets is the kernel's own, with slashes that are no folders
        Some(slash) if slash + 1 < program.len() && !line.starts_with('[') => &line[slash + 1..],
        _ => line,
    }
}

/// `namespace/name`, or as much as is known of a pod.
pub fn pod_name(pod: &PodLink) -> Text {
    match (&pod.namespace, &pod.name, &pod.uid) {
        (Some(namespace), Some(name), _) => Text::new(&format!("{namespace}/{name}")),
        (None, Some(name), _) => name.clone(),
        (_, None, Some(uid)) => Text::new(&format!("pod {uid}")),
        (_, None, None) => Text::new("pod of unknown name"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{self, ago, now, value};
    use crate::app::texts::Language;
    use crate::domain::fleet::SlotState;
    use crate::domain::holder::{HoldKind, Holder};
    use crate::domain::ids::GiId;
    use crate::domain::reading::{AbsentCode, Reading};

    fn cell(node: &Node, slot: usize) -> (String, Option<String>, Option<Since>) {
        let gpu = &node.gpus[0];
        let found = of_slot(node, gpu, &gpu.slots[slot]);
        (
            found.cell(),
            found.evidence.as_ref().map(ToString::to_string),
            found.since,
        )
    }

    #[test]
    fn a_pod_comes_before_its_process_and_tells_its_best_evidence() {
        let node = fixture::node("a");
        let three_days = Some(Since::Started(ago(3 * 86_400)));
        assert_eq!(
            cell(&node, 0),
            (
                "nlp/bert-0".into(),
                Some("pod-resources".into()),
                three_days
            )
        );
    }

    #[test]
    fn without_a_pod_the_process_is_named_with_its_user() {
        let mut node = fixture::node("a");
        node.gpus[0].slots[0].pods.clear();
        let (who, evidence, _) = cell(&node, 0);
        assert_eq!(who, "4242 kim python3 \\u{1b}[31mtrain.py");
        assert_eq!(evidence.as_deref(), Some("nvml"));
        node.processes.clear();
        assert_eq!(cell(&node, 0).0, "4242 (not in /proc)");
    }

    #[test]
    fn who_only_opens_the_file_is_named_as_such() {
        let mut node = fixture::node("a");
        node.holders.push(Holder {
            kind: HoldKind::Capability,
            pid: Some(Pid(4242)),
            module: None,
            gpu: node.gpus[0].uuid().cloned(),
            gi: Some(GiId(3)),
            ci: Some(CiId(0)),
            path: None,
        });
        let (who, evidence, _) = cell(&node, 2);
        assert!(who.starts_with("4242 kim python3"), "{who}");
        assert_eq!(evidence.as_deref(), Some("opens"));
    }

    #[test]
    fn nobody_is_not_the_same_as_not_told() {
        let mut node = fixture::node("a");
        assert_eq!(cell(&node, 2).0, "-");
        node.gpus[0].processes = Reading::absent(AbsentCode::NoPermission, "may not");
        assert_eq!(cell(&node, 2).0, "n/a");
    }

    #[test]
    fn idle_time_says_whether_it_is_all_of_it() {
        let texts = Texts::of(Language::English);
        let idle = |exact| {
            Since::Idle(Idle {
                since: ago(31 * 3600),
                exact,
            })
        };
        assert_eq!(idle(true).cell(&texts, now()), "idle 31h");
        assert_eq!(idle(false).cell(&texts, now()), "idle >=31h");
    }

    #[test]
    fn each_compute_instance_has_its_own_occupant() {
        let mut node = fixture::host("a");
        let two = fixture::instance(1, "3g.20gb", 0, 2);
        let mut gpu = fixture::gpu(
            0,
            true,
            vec![fixture::slot(
                two,
                SlotState::Busy,
                vec![fixture::pod("a", "on-0")],
            )],
        );
        let mut on_1 = fixture::gpu_process(7, 1);
        on_1.ci = Some(CiId(1));
        gpu.processes = value(vec![on_1]);
        node.gpus = vec![gpu];
        let gpu = &node.gpus[0];
        let who = |ci| of_ci(&node, gpu, &gpu.slots[0], CiId(ci)).cell();
        assert_eq!(
            (who(0), who(1)),
            ("a/on-0".into(), "7 (not in /proc)".into())
        );
    }
}
