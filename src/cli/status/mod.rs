//! `migdeck status` for people: one page a host, made from the document that `--json` prints.
//!
//! ```text
//! dgx-dev-01  8x A100-SXM4-40GB  driver 535.161.08  CUDA 12.2  up 41d                SIMULATED
//! OWNER    daemon set kube-system/mig-init, re-applies dev-v3
//! SOURCES  nvml live  procfs live  kernlog live  kubelet live
//! GPU MEMORY SLICES 0..7                                MEM GiB   C    W USE
//!   0 [1g B][1g B][1g a][1g f][1g f][1g f][1g f]xxxxxx 11.2/39.3  54  231 3/7  full, slice 7 lost
//! GPU PLACE GI/CI PROFILE STATE  MEM GiB SM% POD or PROCESS  EVIDENCE   SINCE
//! 0   0:1   7/0   1g.5gb  busy   3.1/4.8 n/a nlp/bert-0      checkpoint    3d
//! NOT AVAILABLE
//!   SM% on dgx-dev-01: ...
//! ```

pub(super) mod cluster;
mod devices;
mod gpus;
mod header;
mod host;
mod instances;
mod legend;
mod strip;

use jiff::Timestamp;

use crate::cli::style::{Role, Style};
use crate::cli::text::wrap;
use crate::formats::status::Status;

use legend::Legend;

/// The page of all hosts.
pub fn render(status: &Status, style: Style) -> String {
    let mut legend = Legend::default();
    let mut blocks: Vec<Vec<String>> = Vec::new();
    if let Some(cluster) = &status.cluster {
        blocks.push(cluster::lines(cluster, status.at, style));
    }
    for node in &status.nodes {
        blocks.push(header::lines(node, status, style));
        if !node.gpus.is_empty() {
            blocks.push(gpus::lines(node, status.at, &mut legend, style));
        }
        blocks.extend(host::troubles(node, status.at, style));
        blocks.push(instances::lines(node, status.at, &mut legend, style));
        blocks.extend(host::surroundings(node, &mut legend, style));
        blocks.push(devices::lines(node, &mut legend, style));
    }
    blocks.push(legend.lines(style));
    if status.nodes.iter().any(|n| !n.gpus.is_empty()) {
        blocks.push(key(style));
    }
    blocks.retain(|b| !b.is_empty());
    let mut page = blocks
        .iter()
        .map(|b| b.join("\n"))
        .collect::<Vec<_>>()
        .join("\n\n");
    page.push('\n');
    page
}

/// What the marks in the strips mean.
fn key(style: Style) -> Vec<String> {
    let marks = [
        "B busy: a process or an open handle",
        "a allocated to a pod, nothing runs",
        "f free",
        "e GI without CI",
        "! needs attention",
        "? not known",
        "__ an instance fits",
        "+n so many other profiles fit too",
        "xx lost to this layout",
    ];
    wrap(marks, "   ", style.width)
        .iter()
        .map(|line| style.paint(Role::Faint, line))
        .collect()
}

/// Gibibytes with one digit.
fn gib(bytes: u64) -> String {
    crate::domain::units::Bytes(bytes).to_string()
}

/// How long ago `then` was, in its largest unit.
pub(super) fn age(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(then).as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests;
