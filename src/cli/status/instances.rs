//! A row a compute instance: where it sits, what it is, who has it and how that is known.

use jiff::Timestamp;

use crate::cli::style::{Role, Style};
use crate::cli::text::command;
use crate::cli::text::table::{self, Cell, Column};
use crate::formats::status::{
    ComputeInstance, Gpu, Instance, Metrics, Node, PodLink, Process, SlotState,
};

use super::legend::Legend;
use super::{age, gib, strip};

pub(super) fn lines(node: &Node, now: Timestamp, legend: &mut Legend, style: Style) -> Vec<String> {
    let metric = Activity::of(node);
    let columns = [
        Column::left("GPU"),
        Column::left("PLACE").expendable(2),
        Column::left("GI/CI"),
        Column::left("PROFILE"),
        Column::left("STATE"),
        Column::right("MEM GiB"),
        Column::right(metric.head()).expendable(1),
        Column::flexible("POD or PROCESS", 14),
        Column::flexible("EVIDENCE", 6).expendable(4),
        Column::right("SINCE").expendable(3),
    ];
    let mut rows = Vec::new();
    for gpu in &node.gpus {
        if gpu.instances.iter().flatten().next().is_none() {
            rows.extend(whole(gpu, now));
        }
        for (n, instance) in gpu.instances.iter().flatten().enumerate() {
            let mut page = Page {
                node,
                gpu,
                metric,
                now,
                legend: &mut *legend,
            };
            let index = if n == 0 {
                gpu.index.to_string()
            } else {
                String::new()
            };
            page.instance(index, instance, &mut rows);
        }
        rows.extend(unplaced(node, gpu, now, legend));
    }
    if rows.is_empty() {
        return Vec::new();
    }
    table::lines(&columns, &rows, style)
}

/// The activity that the host's instances have: SM where any source has it, else GR.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Activity {
    Sm,
    Gr,
}

impl Activity {
    fn of(node: &Node) -> Self {
        let any = |has: fn(&Metrics) -> bool| {
            node.gpus
                .iter()
                .flat_map(|g| g.instances.iter().flatten())
                .any(|i| has(&i.activity))
        };
        if !any(|m| m.sm_active.is_some()) && any(|m| m.gr_active.is_some()) {
            Self::Gr
        } else {
            Self::Sm
        }
    }

    fn head(self) -> &'static str {
        match self {
            Self::Sm => "SM%",
            Self::Gr => "GR%",
        }
    }
}

struct Page<'a> {
    node: &'a Node,
    gpu: &'a Gpu,
    metric: Activity,
    now: Timestamp,
    legend: &'a mut Legend,
}

impl Page<'_> {
    fn instance(&mut self, index: String, instance: &Instance, rows: &mut Vec<Vec<Cell>>) {
        let place = match (instance.start, instance.size) {
            (Some(start), Some(size)) => format!("{start}:{size}"),
            _ => self.legend.na(
                "PLACE",
                &self.node.name,
                Some(self.gpu.index),
                &instance.absent,
                "start",
            ),
        };
        let memory = self.memory(instance);
        let activity = self.activity(instance);
        let mut first = [index.into(), place.into(), memory.into(), activity];
        if instance.compute_instances.is_empty() {
            let processes = instance.processes.clone().unwrap_or_default();
            let use_ = Use::of(&instance.pods, &processes, instance, self.now);
            let state = Cell::new(strip::word(instance.state), strip::role(instance.state));
            let profile = self.profile(instance.profile.as_ref(), &instance.absent);
            let numbers = format!("{}/-", instance.gi);
            rows.push(row(&mut first, numbers, profile, state, use_));
            return;
        }
        for ci in &instance.compute_instances {
            let (pods, processes) = of_ci(instance, ci);
            let mut use_ = Use::of(&pods, &processes, instance, self.now);
            if pods.is_empty() && processes.is_empty() {
                self.otherwise(&mut use_, instance, ci);
            }
            let state = Cell::new(strip::word(ci.state), strip::role(ci.state));
            let profile = self.profile(ci.profile.as_ref(), &ci.absent);
            let numbers = format!("{}/{}", instance.gi, ci.ci);
            rows.push(row(&mut first, numbers, profile, state, use_));
        }
    }

    /// Who has the files of a compute instance open, where nobody is known to work on it.
    fn otherwise(&mut self, use_: &mut Use, instance: &Instance, ci: &ComputeInstance) {
        let alone = instance.compute_instances.len() == 1;
        let holders = self.node.holders.iter().filter(|h| {
            h.kind == "capability"
                && h.gpu_index == Some(self.gpu.index)
                && h.gi == Some(instance.gi)
                && (h.ci == Some(ci.ci) || (alone && h.ci.is_none()))
        });
        let mut names: Vec<(u32, String)> = holders
            .filter_map(|h| {
                let pid = h.pid?;
                let line = h.command.as_ref().map_or("(not in /proc)", |c| command(c));
                Some((pid, format!("{pid} {line}")))
            })
            .collect();
        names.sort();
        names.dedup();
        match names.first() {
            Some((_, name)) => {
                use_.who = match names.len() - 1 {
                    0 => name.clone(),
                    more => format!("{name} +{more}"),
                };
                use_.evidence = "opens".to_owned();
            }
            None if ci.processes.is_none() => {
                use_.who = self.legend.na(
                    "processes",
                    &self.node.name,
                    Some(self.gpu.index),
                    &ci.absent,
                    "processes",
                );
            }
            None => {}
        }
    }

    fn profile(
        &mut self,
        name: Option<&crate::domain::text::Text>,
        absent: &crate::formats::absent::Absent,
    ) -> String {
        match name {
            Some(name) => name.to_string(),
            None => self.legend.na(
                "PROFILE",
                &self.node.name,
                Some(self.gpu.index),
                absent,
                "profile",
            ),
        }
    }

    fn memory(&mut self, instance: &Instance) -> String {
        let absent = &instance.memory.absent;
        let used = match instance.memory.used {
            Some(used) => gib(used),
            None => self.legend.na(
                "memory",
                &self.node.name,
                Some(self.gpu.index),
                absent,
                "used",
            ),
        };
        match instance.memory.total {
            Some(total) => format!("{used}/{}", gib(total)),
            None => {
                self.legend.na(
                    "memory",
                    &self.node.name,
                    Some(self.gpu.index),
                    absent,
                    "total",
                );
                used
            }
        }
    }

    fn activity(&mut self, instance: &Instance) -> Cell {
        let (value, other, key) = match self.metric {
            Activity::Sm => (
                instance.activity.sm_active,
                instance.activity.gr_active,
                "sm_active",
            ),
            Activity::Gr => (instance.activity.gr_active, None, "gr_active"),
        };
        match (value, other) {
            (Some(percent), _) => format!("{percent:.0}").into(),
            // another metric than the head says is marked
            (None, Some(percent)) => format!("{percent:.0}gr").into(),
            (None, None) if instance.state == SlotState::NoCi => "-".into(),
            (None, None) => self
                .legend
                .na(
                    self.metric.head(),
                    &self.node.name,
                    None,
                    &instance.absent,
                    key,
                )
                .into(),
        }
    }
}

/// Place, memory and activity are the GPU instance's: they stand once, on its first row.
fn row(
    first: &mut [Cell; 4],
    numbers: String,
    profile: String,
    state: Cell,
    use_: Use,
) -> Vec<Cell> {
    let [index, place, memory, activity] = std::mem::take(first);
    vec![
        index,
        place,
        numbers.into(),
        profile.into(),
        state,
        memory,
        activity,
        use_.who.into(),
        Cell::new(use_.evidence, Role::Faint),
        use_.since.into(),
    ]
}

/// Pods and processes of a compute instance. What is known of the GPU instance only is shown with its first one.
fn of_ci(instance: &Instance, ci: &ComputeInstance) -> (Vec<PodLink>, Vec<Process>) {
    let mut pods = ci.pods.clone();
    let mut processes = ci.processes.clone().unwrap_or_default();
    let first = instance
        .compute_instances
        .first()
        .is_some_and(|c| c.ci == ci.ci);
    if first {
        pods.extend(instance.pods.iter().cloned());
        processes.extend(instance.processes.iter().flatten().cloned());
    }
    (pods, processes)
}

/// Processes on a partitioned GPU of which the driver does not tell the instance (before R460).
fn unplaced(node: &Node, gpu: &Gpu, now: Timestamp, legend: &mut Legend) -> Option<Vec<Cell>> {
    gpu.instances.iter().flatten().next()?;
    let processes = gpu.processes.as_ref().filter(|all| !all.is_empty())?;
    let use_ = Use::named(&[], processes, now);
    legend.because(
        "the instance (?) of a process",
        &node.name,
        Some(gpu.index),
        "the driver names none (R460 and newer do)",
    );
    Some(vec![
        "".into(),
        "?".into(),
        "?/?".into(),
        "not known".into(),
        Cell::new(strip::word(SlotState::Busy), strip::role(SlotState::Busy)),
        "".into(),
        "".into(),
        use_.who.into(),
        Cell::new(use_.evidence, Role::Faint),
        use_.since.into(),
    ])
}

/// A GPU that is used as one piece.
fn whole(gpu: &Gpu, now: Timestamp) -> Option<Vec<Cell>> {
    let state = gpu.state?;
    let processes = gpu.processes.clone().unwrap_or_default();
    let use_ = Use::named(&gpu.pods, &processes, now);
    Some(vec![
        gpu.index.to_string().into(),
        "all".into(),
        "-".into(),
        "whole GPU".into(),
        Cell::new(strip::word(state), strip::role(state)),
        "".into(),
        "".into(),
        use_.who.into(),
        Cell::new(use_.evidence, Role::Faint),
        use_.since.into(),
    ])
}

/// Who has it, how that is known, and since when.
struct Use {
    who: String,
    evidence: String,
    since: String,
}

impl Use {
    fn of(pods: &[PodLink], processes: &[Process], instance: &Instance, now: Timestamp) -> Self {
        let mut this = Self::named(pods, processes, now);
        if this.since.is_empty()
            && let Some(appeared) = instance.appeared
        {
            this.since = age(appeared, now);
        }
        this
    }

    fn named(pods: &[PodLink], processes: &[Process], now: Timestamp) -> Self {
        let mut names: Vec<String> = pods.iter().map(pod_name).collect();
        names.dedup();
        let mut evidence: Vec<&str> = pods
            .iter()
            .flat_map(|p| &p.evidence)
            .map(|e| e.as_str())
            .collect();
        if names.is_empty() {
            names = processes.iter().map(process_name).collect();
            if !names.is_empty() {
                evidence.push("nvml");
            }
        }
        evidence.dedup();
        let more = names.len().saturating_sub(1);
        let mut who = names.into_iter().next().unwrap_or_else(|| "-".to_owned());
        if more > 0 {
            who.push_str(&format!(" +{more}"));
        }
        Self {
            who,
            evidence: evidence.first().copied().unwrap_or_default().to_owned(),
            since: processes
                .iter()
                .filter_map(|p| p.started)
                .min()
                .map(|t| age(t, now))
                .unwrap_or_default(),
        }
    }
}

fn pod_name(pod: &PodLink) -> String {
    match (&pod.namespace, &pod.name, &pod.uid) {
        (Some(namespace), Some(name), _) => format!("{namespace}/{name}"),
        (None, Some(name), _) => name.to_string(),
        (_, None, Some(uid)) => format!("pod {uid}"),
        (_, None, None) => "pod of unknown name".to_owned(),
    }
}

fn process_name(process: &Process) -> String {
    let pid = process.pid;
    match (&process.user, &process.command) {
        (Some(user), Some(line)) => format!("{pid} {user} {}", command(line)),
        (None, Some(line)) => format!("{pid} {}", command(line)),
        (_, None) => format!("{pid} (not in /proc)"),
    }
}
