//! One row a process or kernel module, with all that it holds.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::on_slot;
use crate::app::words::ranges;
use crate::domain::fleet::Node;
use crate::domain::holder::{HoldKind, Holder};
use crate::domain::ids::{CiId, GiId, GpuUuid, ObjectUid, Pid};
use crate::domain::process::HostProcess;
use crate::domain::text::Text;

/// How a GPU is held. The order is that of rows: what has work on a GPU first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum How {
    /// It has work on a GPU: NVML lists it.
    Works,
    /// It holds a GPU of which NVML does not tell the processes: it may have work there or not.
    Unknown,
    /// It has device files open, and no work.
    Opens,
    /// A kernel module.
    Module,
}

impl How {
    /// Its word in texts: `holders.works`.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Works => "holders.works",
            Self::Unknown => "holders.unknown",
            Self::Opens => "holders.opens",
            Self::Module => "holders.module",
        }
    }

    /// Its word in a filter.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Unknown => "unknown",
            Self::Opens => "opens",
            Self::Module => "module",
        }
    }
}

/// A process or a kernel module with all that it holds.
#[derive(Clone, PartialEq, Debug)]
pub struct Holding<'a> {
    /// The process.
    pub pid: Option<Pid>,
    /// The kernel module.
    pub module: Option<&'a Text>,
    /// How it holds.
    pub how: How,
    /// What /proc says of the process; `None`: it is not there, or hidden.
    pub process: Option<&'a HostProcess>,
    /// Its records, one for each thing held.
    pub records: Vec<&'a Holder>,
}

/// What tells holders apart.
pub type Key<'a> = (Option<Pid>, Option<&'a Text>);

/// Positions of the first records of each holder on a node, in the order of rows.
pub fn firsts(node: &Node) -> Vec<usize> {
    let mut seen: BTreeMap<Key<'_>, (usize, How)> = BTreeMap::new();
    for (n, holder) in node.holders.iter().enumerate() {
        let how = how(node, holder);
        seen.entry((holder.pid, holder.module.as_ref()))
            .and_modify(|e| e.1 = e.1.min(how))
            .or_insert((n, how));
    }
    let mut rows: Vec<_> = seen.into_iter().collect();
    // the map's order is that of pids, which is kept within each kind
    rows.sort_by_key(|(_, (_, how))| *how);
    rows.into_iter().map(|(_, (n, _))| n).collect()
}

fn how(node: &Node, holder: &Holder) -> How {
    match holder.kind {
        HoldKind::Process => How::Works,
        HoldKind::Module => How::Module,
        _ if holder.pid.is_none() => How::Module,
        _ => {
            let untold = |uuid: &GpuUuid| {
                node.gpus
                    .iter()
                    .any(|g| g.uuid() == Some(uuid) && g.processes.value().is_none())
            };
            if holder.gpu.as_ref().is_some_and(untold) {
                How::Unknown
            } else {
                How::Opens
            }
        }
    }
}

impl<'a> Holding<'a> {
    /// The holder whose record stands at `n` among the node's.
    pub fn at(node: &'a Node, n: usize) -> Option<Self> {
        let one = node.holders.get(n)?;
        let records: Vec<&Holder> = node
            .holders
            .iter()
            .filter(|h| h.pid == one.pid && h.module == one.module)
            .collect();
        Some(Self {
            pid: one.pid,
            module: one.module.as_ref(),
            how: records
                .iter()
                .map(|h| how(node, h))
                .min()
                .unwrap_or(How::Opens),
            process: one.pid.and_then(|pid| on_slot::host_process(node, pid)),
            records,
        })
    }

    /// GPUs that it holds, by index.
    pub fn gpus(&self, node: &Node) -> BTreeSet<u32> {
        self.records
            .iter()
            .filter_map(|h| index(node, h.gpu.as_ref()?))
            .collect()
    }

    /// `GPU 0-7, GPU 2 GI 3/0, driver`: what it works on or holds, each once.
    pub fn places(&self, node: &Node) -> String {
        let mut whole: BTreeSet<u32> = BTreeSet::new();
        let mut parts: BTreeSet<(u32, GiId, Option<CiId>)> = BTreeSet::new();
        let mut others: BTreeSet<String> = BTreeSet::new();
        for holder in &self.records {
            let gpu = holder.gpu.as_ref();
            match (gpu.and_then(|g| index(node, g)), gpu, holder.gi) {
                (Some(gpu), _, Some(gi)) => {
                    parts.insert((gpu, gi, holder.ci));
                }
                (Some(gpu), _, None) => {
                    whole.insert(gpu);
                }
                (None, Some(uuid), _) => {
                    others.insert(format!("GPU ..{}", uuid.tail()));
                }
                (None, None, _) => {
                    others.insert("driver".to_owned());
                }
            }
        }
        // an instance says more than the open file of the GPU that it needs too
        whole.retain(|gpu| !parts.iter().any(|p| p.0 == *gpu));
        let mut out = Vec::new();
        if !whole.is_empty() {
            out.push(format!("GPU {}", ranges(&whole)));
        }
        for (gpu, gi, ci) in &parts {
            // a compute instance says more than the GPU instance that it is in
            let said = |p: &(u32, GiId, Option<CiId>)| (p.0, p.1) == (*gpu, *gi) && p.2.is_some();
            if ci.is_none() && parts.iter().any(said) {
                continue;
            }
            let ci = ci.map(|c| format!("/{c}")).unwrap_or_default();
            out.push(format!("GPU {gpu} GI {gi}{ci}"));
        }
        // who holds a GPU holds the driver too
        if out.is_empty() || others.len() > 1 || !others.contains("driver") {
            out.extend(others);
        }
        out.join(", ")
    }

    /// Its pod as `namespace/name`, else its unit without `.service`.
    pub fn unit(&self, node: &Node) -> String {
        let Some(process) = self.process else {
            return String::new();
        };
        match (&process.pod, &process.unit) {
            (Some(uid), _) => pod_of(node, uid),
            (None, Some(unit)) => unit.strip_suffix(".service").unwrap_or(unit).to_owned(),
            (None, None) => String::new(),
        }
    }
}

fn index(node: &Node, uuid: &GpuUuid) -> Option<u32> {
    node.gpus
        .iter()
        .find(|g| g.uuid() == Some(uuid))
        .map(|g| g.index)
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
