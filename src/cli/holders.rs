//! `migdeck holders`: what keeps GPUs and instances in use, a row a process or kernel module.

use std::collections::BTreeSet;

use crate::formats::status::{Holder, Node, Status};

use super::status::age;
use super::style::{Role, Style};
use super::text::table::{self, Cell, Column};
use super::text::{command, ranges, wrap};

/// A process or a module with all that it holds.
pub(super) struct Holding<'a> {
    /// Any of its records: they agree in what concerns the process.
    of: &'a Holder,
    /// Whether it has work on a GPU (NVML's process lists), not only open files.
    pub works: bool,
    /// GPUs that it holds and whose process lists are absent: whether it works there, nobody can tell.
    pub unknown_on: BTreeSet<u32>,
    places: String,
    since: String,
}

impl<'a> Holding<'a> {
    /// Those of a host: processes by pid, then modules.
    pub(super) fn of(node: &'a Node) -> Vec<Self> {
        let mut keys: Vec<(bool, Option<u32>, Option<&str>)> = Vec::new();
        for holder in &node.holders {
            let key = key(holder);
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys.sort();
        keys.iter()
            .filter_map(|k| {
                let mine: Vec<&Holder> = node.holders.iter().filter(|h| key(h) == *k).collect();
                Some(Self {
                    of: mine.first()?,
                    works: mine.iter().any(|h| h.kind == "process"),
                    unknown_on: mine
                        .iter()
                        .filter_map(|h| h.gpu_index)
                        .filter(|index| {
                            node.gpus
                                .iter()
                                .any(|g| g.index == *index && g.processes.is_none())
                        })
                        .collect(),
                    places: places(&mine),
                    since: mine
                        .iter()
                        .find_map(|h| h.started)
                        .map(|t| age(t, node.at))
                        .unwrap_or_default(),
                })
            })
            .collect()
    }
}

fn key(holder: &Holder) -> (bool, Option<u32>, Option<&str>) {
    (
        holder.pid.is_none(),
        holder.pid,
        holder.module.as_ref().map(|m| m.as_str()),
    )
}

/// `GPU 0-7, GPU 2 gi 3 ci 0, driver`: what it works on or holds, each once.
fn places(holders: &[&Holder]) -> String {
    let mut whole: BTreeSet<u32> = BTreeSet::new();
    let mut parts: BTreeSet<(u32, u32, Option<u32>)> = BTreeSet::new();
    let mut others: BTreeSet<String> = BTreeSet::new();
    for holder in holders {
        match (holder.gpu_index, &holder.gpu, holder.gi) {
            (Some(gpu), _, Some(gi)) => {
                parts.insert((gpu, gi, holder.ci));
            }
            (Some(gpu), _, None) => {
                whole.insert(gpu);
            }
            (None, Some(uuid), _) => {
                others.insert(uuid.to_string());
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
        if ci.is_none()
            && parts
                .iter()
                .any(|p| (p.0, p.1) == (*gpu, *gi) && p.2.is_some())
        {
            continue;
        }
        let ci = ci.map(|c| format!("/{c}")).unwrap_or_default();
        out.push(format!("GPU {gpu} GI {gi}{ci}"));
    }
    out.extend(others);
    out.join(", ")
}

/// The rows.
pub(super) fn table(holdings: &[Holding<'_>], style: Style) -> Vec<String> {
    let columns = [
        Column::right("PID"),
        Column::flexible("USER", 8),
        Column::left("HOW"),
        Column::flexible("HOLDS", 10),
        Column::flexible("COMMAND or MODULE", 12),
        Column::flexible("UNIT or POD", 10).expendable(1),
        Column::right("SINCE").expendable(2),
    ];
    let rows: Vec<Vec<Cell>> = holdings
        .iter()
        .map(|h| {
            let holder = h.of;
            vec![
                holder.pid.map(|p| p.to_string()).unwrap_or_default().into(),
                holder.user.as_ref().map_or("", |u| u.as_str()).into(),
                if h.works {
                    Cell::new("works", Role::Busy)
                } else if holder.pid.is_none() {
                    "module".into()
                } else {
                    "opens".into()
                },
                h.places.clone().into(),
                holder
                    .command
                    .as_ref()
                    .or(holder.module.as_ref())
                    .map_or("", |c| command(c))
                    .into(),
                holder
                    .pod
                    .as_ref()
                    .or(holder.unit.as_ref())
                    .map_or("", |u| u.strip_suffix(".service").unwrap_or(u))
                    .into(),
                h.since.clone().into(),
            ]
        })
        .collect();
    if rows.is_empty() {
        return Vec::new();
    }
    table::lines(&columns, &rows, style)
}

/// The page of all hosts.
pub fn render(status: &Status, style: Style) -> String {
    let mut blocks = Vec::new();
    for node in &status.nodes {
        let simulated = if node.simulated { "  SIMULATED" } else { "" };
        let mut lines =
            vec![style.paint(Role::Heading, &node.name) + &style.paint(Role::Caution, simulated)];
        let holdings = Holding::of(node);
        if holdings.is_empty() {
            lines.push("nothing that can be seen holds a GPU".to_owned());
        }
        lines.extend(table(&holdings, style));
        if let Some(why) = node.absent.reason("holders") {
            let text = format!("There may be more: {}", why.text);
            lines.extend(wrap(text.split(' '), " ", style.width));
        }
        blocks.push(lines.join("\n"));
    }
    blocks.join("\n\n") + "\n"
}
