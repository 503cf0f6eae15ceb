//! `migdeck pods`: a row a device of a pod, then the pods that wait.
//!
//! ```text
//! POD                      PHASE    ASKS         DEVICE                  EVIDENCE           AGE
//! dgx-dev-01
//!   svc/ocr-5c9-q2         Running  mig-2g.10gb  GPU 2 gi 3 2g.10gb      pod-status          3d
//!   svc/llm-0              Running  mig-1g.5gb   GPU unknown MIG-7089~   pod-status          1h
//! WAITING for a node
//!   team-a/train-1         Pending  mig-3g.20gb  -                                           4m
//!     0/3 nodes are available: 3 Insufficient nvidia.com/mig-3g.20gb.
//!     misses mig-3g.20gb 1
//! ```

use jiff::Timestamp;

use crate::formats::pods::{Device, Pod, Pods};

use super::status::age;
use super::style::{Role, Style};
use super::text::table::{self, Cell, Column};
use super::text::wrap;

/// The page.
pub fn render(document: &Pods, style: Style) -> String {
    let mut blocks: Vec<Vec<String>> = vec![head(document, style)];
    let mut nodes: Vec<&str> = Vec::new();
    for pod in &document.pods {
        if let Some(node) = &pod.node
            && nodes.last() != Some(&node.as_str())
        {
            nodes.push(node);
        }
    }
    for node in nodes {
        let mut lines = vec![style.paint(Role::Heading, node)];
        let pods = document.pods.iter();
        let here: Vec<&Pod> = pods
            .filter(|pod| pod.node.as_ref().is_some_and(|n| *n == *node))
            .collect();
        lines.extend(rows(&here, document.at, style));
        blocks.push(lines);
    }
    let waiting: Vec<&Pod> = document.pods.iter().filter(|p| p.node.is_none()).collect();
    if !waiting.is_empty() {
        blocks.push(waits(&waiting, document.at, style));
    }
    if document.pods.is_empty() {
        blocks.push(vec![nothing(document)]);
    }
    blocks.retain(|lines| !lines.is_empty());
    let blocks: Vec<String> = blocks.iter().map(|lines| lines.join("\n")).collect();
    blocks.join("\n\n") + "\n"
}

/// Which cluster, how it does, and what may not be read.
fn head(document: &Pods, style: Style) -> Vec<String> {
    let mut lines = Vec::new();
    if document.simulated {
        lines.push(style.paint(Role::Caution, "SIMULATED"));
    }
    if let Some(cluster) = &document.cluster {
        lines.extend(super::status::cluster::lines(cluster, document.at, style));
    }
    lines
}

fn nothing(document: &Pods) -> String {
    match &document.cluster {
        Some(cluster) if cluster.state.as_ref().is_some_and(|s| *s == "live") => {
            "no pod uses a GPU or asks for one".to_owned()
        }
        Some(_) => "no pod is known to use a GPU: the API server does not answer".to_owned(),
        None => "no pod is known to use a GPU: no API server is read, and no kubelet told of one"
            .to_owned(),
    }
}

fn rows(pods: &[&Pod], at: Timestamp, style: Style) -> Vec<String> {
    let columns = [
        Column::flexible("POD", 16),
        Column::left("PHASE"),
        Column::flexible("ASKS", 8).expendable(2),
        Column::flexible("DEVICE", 12),
        Column::flexible("EVIDENCE", 8).expendable(1),
        Column::right("AGE").expendable(3),
    ];
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for pod in pods {
        let devices: Vec<Option<&Device>> = if pod.devices.is_empty() {
            vec![None]
        } else {
            pod.devices.iter().map(Some).collect()
        };
        for (n, device) in devices.into_iter().enumerate() {
            let first = n == 0;
            rows.push(vec![
                if first { name(pod) } else { String::new() }.into(),
                if first { phase(pod) } else { Cell::default() },
                if first { asks(pod) } else { String::new() }.into(),
                device.map_or_else(|| none(pod), place).into(),
                device.map_or_else(String::new, evidence).into(),
                pod.created
                    .filter(|_| first)
                    .map(|t| age(t, at))
                    .unwrap_or_default()
                    .into(),
            ]);
        }
    }
    table::lines(&columns, &rows, style)
}

fn name(pod: &Pod) -> String {
    match (&pod.namespace, &pod.name, &pod.uid) {
        (Some(namespace), Some(name), _) => format!("{namespace}/{name}"),
        (None, Some(name), _) => name.to_string(),
        (_, None, Some(uid)) => format!("uid {uid}"),
        (_, None, None) => "?".to_owned(),
    }
}

fn phase(pod: &Pod) -> Cell {
    let phase = pod.phase.as_ref().map_or("n/a", |p| p.as_str());
    match (&pod.deleting, phase) {
        (Some(_), _) => Cell::new("Terminating", Role::Caution),
        (None, "Failed" | "Unknown" | "Pending") => Cell::new(phase, Role::Caution),
        (None, _) => phase.into(),
    }
}

fn short(resource: &str) -> &str {
    resource.strip_prefix("nvidia.com/").unwrap_or(resource)
}

fn asks(pod: &Pod) -> String {
    let asked = pod.requests.iter().map(|(resource, n)| match n {
        1 => short(resource).to_owned(),
        n => format!("{n}x {}", short(resource)),
    });
    asked.collect::<Vec<_>>().join(", ")
}

fn place(device: &Device) -> String {
    let profile = device.profile.as_ref().map_or("", |p| p.as_str());
    let replica = device
        .replica
        .map(|n| format!(" shared ::{n}"))
        .unwrap_or_default();
    let uuid = device.uuid.as_ref().map_or("?", |u| u.as_str());
    match (device.gpu_index, device.gi) {
        (Some(gpu), Some(gi)) => {
            let ci = device.ci.filter(|ci| *ci > 0);
            let ci = ci.map(|ci| format!("/{ci}")).unwrap_or_default();
            format!("GPU {gpu} GI {gi}{ci} {profile}{replica}")
        }
        (Some(gpu), None) => format!("GPU {gpu}{replica}"),
        (None, _) => {
            let profile = if profile.is_empty() {
                String::new()
            } else {
                format!(" {profile}")
            };
            format!("GPU unknown{profile}{replica} {uuid}")
        }
    }
}

/// What stands for the devices of a pod that is not known to have any.
fn none(pod: &Pod) -> String {
    let ended = pod
        .phase
        .as_ref()
        .is_some_and(|p| *p == "Succeeded" || *p == "Failed");
    match (&pod.reason, ended) {
        (Some(reason), true) => reason.to_string(),
        (None, true) => "ended".to_owned(),
        // the request is all that is known: which devices, nobody tells
        _ => "not told".to_owned(),
    }
}

fn evidence(device: &Device) -> String {
    let words: Vec<&str> = device.evidence.iter().map(|e| e.as_str()).collect();
    words.join(", ")
}

fn waits(pods: &[&Pod], at: Timestamp, style: Style) -> Vec<String> {
    let mut lines = vec![style.paint(Role::Heading, "WAITING for a node")];
    for pod in pods {
        let since = pod.created.map(|t| age(t, at)).unwrap_or_default();
        lines.push(format!("{}  {}  {since}", name(pod), asks(pod)));
        let Some(pending) = &pod.pending else {
            continue;
        };
        let mut told = Vec::new();
        told.extend(pending.message.as_ref().map(ToString::to_string));
        if !pending.fits.is_empty() {
            told.push(format!("enough is free on {}", list(&pending.fits)));
        }
        if !pending.closed.is_empty() {
            let nodes = list(&pending.closed);
            told.push(format!("enough is free on {nodes}, which takes no pods"));
        }
        if pending.fits.is_empty() && pending.closed.is_empty() {
            for (resource, n) in &pending.misses {
                told.push(format!(
                    "{n} more {} would have to be free on one node",
                    short(resource)
                ));
            }
        }
        for text in told {
            let width = style.width.saturating_sub(4).max(20);
            let wrapped = wrap(text.split(' '), " ", width);
            lines.extend(wrapped.iter().map(|line| format!("    {line}")));
        }
    }
    lines
}

fn list(nodes: &[crate::domain::text::Text]) -> String {
    let names: Vec<&str> = nodes.iter().map(|n| n.as_str()).collect();
    names.join(", ")
}
