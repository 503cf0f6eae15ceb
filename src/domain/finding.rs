//! What is wrong, or worth knowing, with evidence and the next command.
//!
//! Each rule is a function of one node, in the file of what it looks at; [`findings`] runs them all. Rules only read:
//! what a rule says follows from the snapshot, so that a tape gives the same findings as the host did.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::fleet::{Gpu, Node};
use super::text::Text;
use said::{Said, say};
use subject::{gi as gi_subject, gpu as gpu_subject};

pub mod cluster;
mod gpus;
mod health;
mod host;
mod mig;
mod owner_command;
pub mod phrases;
pub mod pods;
pub mod said;
mod services;
mod sources;
pub mod subject;
pub mod xids;

/// How bad.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Somebody should look.
    Caution,
    /// Work is lost or will be.
    Danger,
}

/// One finding.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// Stable id of the rule, such as `gpu-call-hung`.
    pub id: Text,
    /// How bad.
    pub severity: Severity,
    /// What it concerns: `dgx-dev-01 GPU 5 gi 2`; one cause on several GPUs is one finding: `dgx-dev-01 GPU 0-7`.
    pub subject: Text,
    /// One sentence.
    pub text: Said,
    /// What it rests on.
    pub evidence: Vec<Said>,
    /// The next command, if there is one.
    pub next: Option<Said>,
}

impl Finding {
    fn new(id: &str, severity: Severity, subject: impl Into<Text>, text: Said) -> Self {
        Self {
            id: Text::new(id),
            severity,
            subject: subject.into(),
            text,
            evidence: Vec::new(),
            next: None,
        }
    }

    fn because(mut self, evidence: impl IntoIterator<Item = Said>) -> Self {
        self.evidence.extend(evidence);
        self
    }

    fn next(self, command: impl Into<Text>) -> Self {
        self.next_said(Said::foreign(command))
    }

    /// A command with a word of ours beside it.
    fn next_said(mut self, command: Said) -> Self {
        self.next = Some(command);
        self
    }
}

/// A rule: what it finds on a node, in the order of GPUs.
type Rule = fn(&Node) -> Vec<Finding>;

/// All rules. Among equally bad findings the earlier rule's comes first: causes before what follows from them.
const RULES: &[Rule] = &[
    gpus::calls,
    host::library,
    xids::reports,
    health::recovery,
    health::rows,
    sources::health,
    sources::flood,
    host::stuck,
    services::fabric_manager,
    pods::other_profile,
    pods::unknown_device,
    cluster::labels::mig_config,
    cluster::labels::paused,
    cluster::layout::promised,
    cluster::layout::single,
    cluster::resources::nothing,
    cluster::pods::health,
    cluster::pods::remade,
    mig::pending,
    mig::empty,
    mig::without_compute,
    pods::drift,
    cluster::layout::unrequestable,
    cluster::resources::withheld,
    cluster::resources::overdrawn,
    cluster::pods::refused,
    cluster::pods::starting,
    cluster::pods::ending,
    cluster::pods::several_slices,
    cluster::labels::driver_upgrade,
    services::cdi,
    pods::unreadable,
    pods::contradictions,
    pods::disagreement,
    pods::exporters,
    health::throttle,
    health::links,
    health::ecc,
    mig::catalog,
    host::driver_floor,
    host::owner,
    pods::idle,
    cluster::resources::left_over,
    host::paused,
    host::losses,
    host::rights,
];

/// What is wrong on a node or worth knowing, worst first, in an order that depends on the node alone.
pub fn findings(node: &Node) -> Vec<Finding> {
    let mut found: Vec<_> = RULES.iter().flat_map(|rule| rule(node)).collect();
    found.sort_by_key(|finding| Reverse(finding.severity));
    found
}

/// How `nvidia-smi -i` is told which GPU: by bus id, which no renumbering moves.
fn smi_id(gpu: &Gpu) -> String {
    gpu.pci()
        .map_or_else(|| gpu.index.to_string(), |pci| pci.to_string())
}

/// Who holds a GPU: pid, user, command; each process once.
fn holders_of(node: &Node, gpu: &Gpu) -> Vec<Said> {
    let uuid = gpu.uuid();
    let mut lines = Vec::new();
    for holder in node.holders.iter().filter(|h| h.gpu.as_ref() == uuid) {
        let line = match (holder.pid, &holder.module) {
            (Some(pid), _) => Said::foreign(process_line(node, pid)),
            (None, Some(module)) => say!(phrases::KERNEL_MODULE, module = module),
            (None, None) => continue,
        };
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// `pid 4711 kim python3 train.py`.
fn process_line(node: &Node, pid: super::ids::Pid) -> String {
    match node.processes.iter().find(|process| process.pid == pid) {
        Some(process) => {
            let user = process.user.value().map_or("?", |user| user.as_str());
            format!("pid {pid} {user} {}", shortened(&process.command))
        }
        None => format!("pid {pid}"),
    }
}

/// The first sixty characters: a finding names a process, it does not print its arguments.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}..", &text[..at]),
        None => text.to_owned(),
    }
}
