//! UUIDs: of each GPU and each MIG device, with what an RMA ticket asks for.

use crate::cli::style::{Role, Style};
use crate::cli::text::{width, wrap};
use crate::formats::status::{Gpu, Node};

use super::legend::Legend;

pub(super) fn lines(node: &Node, legend: &mut Legend, style: Style) -> Vec<String> {
    if node.gpus.is_empty() {
        return Vec::new();
    }
    let mut out = vec![style.paint(Role::Faint, "UUIDS (MIG devices as GI/CI)")];
    for gpu in &node.gpus {
        out.extend(head(gpu, node, legend, style));
        let devices: Vec<String> = gpu
            .instances
            .iter()
            .flatten()
            .flat_map(|i| i.compute_instances.iter().map(move |ci| (i.gi, ci)))
            .map(|(gi, ci)| {
                let uuid = match &ci.uuid {
                    Some(uuid) => uuid.to_string(),
                    None => legend.na("MIG UUID", &node.name, Some(gpu.index), &ci.absent, "uuid"),
                };
                format!("{:>5} {uuid}", format!("{gi}/{}", ci.ci))
            })
            .collect();
        let widest = devices.iter().map(|d| width(d)).max().unwrap_or(0);
        let columns = ((style.width.saturating_sub(4) + 2) / (widest + 2).max(1)).max(1);
        for line in devices.chunks(columns) {
            out.push(format!("    {}", line.join("  ")));
        }
    }
    out
}

fn head(gpu: &Gpu, node: &Node, legend: &mut Legend, style: Style) -> Vec<String> {
    let uuid = match &gpu.uuid {
        Some(uuid) => uuid.to_string(),
        None => legend.na("GPU UUID", &node.name, Some(gpu.index), &gpu.absent, "uuid"),
    };
    let serial = gpu.serial.as_ref().map(|serial| format!("sn {serial}"));
    let parts = [Some(uuid.as_str()), gpu.pci.as_deref(), serial.as_deref()];
    wrap(parts.into_iter().flatten(), "  ", style.width - 4)
        .into_iter()
        .enumerate()
        .map(|(n, line)| match n {
            0 => format!("{:>3} {line}", gpu.index),
            _ => format!("    {line}"),
        })
        .collect()
}
