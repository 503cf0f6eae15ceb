//! The cluster that is read besides: which, how it does, and what of it may not be read.

use jiff::Timestamp;

use crate::cli::style::{Role, Style};
use crate::cli::text::wrap;
use crate::formats::status::Cluster;

use super::age;

/// Its lines; none for a simulated host's own.
pub fn lines(cluster: &Cluster, at: Timestamp, style: Style) -> Vec<String> {
    let mut lines = Vec::new();
    let state = cluster.state.as_ref().map_or("not asked", |s| s.as_str());
    if cluster.context.is_some() || state != "live" {
        lines.push(head(cluster, state, at, style));
    }
    if let Some(reason) = &cluster.reason {
        lines.extend(wrap(reason.split(' '), " ", style.width));
    }
    for gap in &cluster.gaps {
        let text = format!(
            "NO PERMISSION to {}. Not seen: {}",
            gap.permission, gap.misses
        );
        let wrapped = wrap(text.split(' '), " ", style.width);
        lines.extend(wrapped.iter().map(|line| style.paint(Role::Caution, line)));
    }
    if !cluster.gaps.is_empty() {
        lines.push("migdeck rbac   prints what would permit it".to_owned());
    }
    lines
}

/// `cluster prod  v1.36.2  LATE 12s  2 pods wait`.
fn head(cluster: &Cluster, state: &str, at: Timestamp, style: Style) -> String {
    let mut parts = Vec::new();
    parts.extend(cluster.context.as_ref().map(|c| format!("cluster {c}")));
    parts.extend(cluster.version.as_ref().map(ToString::to_string));
    let since = cluster.since.map(|t| format!(" {}", age(t, at)));
    let since = since.unwrap_or_default();
    parts.push(match state {
        "live" | "not asked" => format!("k8s {state}"),
        "late" => format!("k8s LATE{since}"),
        "hung" => format!("k8s HUNG{since}"),
        other => format!("k8s {other}{since}"),
    });
    match cluster.pending {
        0 => {}
        1 => parts.push("1 pod waits for a node".to_owned()),
        n => parts.push(format!("{n} pods wait for a node")),
    }
    let role = if state == "live" {
        Role::Heading
    } else {
        Role::Caution
    };
    style.paint(role, &parts.join("  "))
}
