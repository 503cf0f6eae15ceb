//! systemd units as their files and control groups tell: systemd is never asked.

use super::{HostRoot, absence};
use crate::domain::reading::{AbsentCode, Reading};

/// Where unit files are, the administrator's first (systemd.unit(5)).
pub const FOLDERS: [&str; 5] = [
    "etc/systemd/system",
    "run/systemd/system",
    "usr/local/lib/systemd/system",
    "usr/lib/systemd/system",
    "lib/systemd/system",
];

/// Control groups of system services: cgroup v2, and the hierarchies of v1 that systemd keeps.
const CGROUPS: [&str; 3] = [
    "sys/fs/cgroup",
    "sys/fs/cgroup/systemd",
    "sys/fs/cgroup/unified",
];

/// A delegated unit (containerd, kubelet) has its processes in groups below its own.
const GROUP_DEPTH: u32 = 3;

/// Whether a target wants or requires the unit. A masked unit (a link to `/dev/null`) is not enabled whoever wants it.
pub fn enabled(root: &HostRoot, unit: &str) -> Reading<bool> {
    let mut denied = None;
    let mut linked = false;
    for folder in FOLDERS {
        let file = root.path(&format!("{folder}/{unit}"));
        if std::fs::read_link(&file).is_ok_and(|to| to.ends_with("dev/null")) {
            return Reading::Value(false);
        }
        match root.names(folder) {
            Ok(names) => {
                linked |= names
                    .iter()
                    .filter(|n| n.ends_with(".wants") || n.ends_with(".requires"))
                    .any(|n| root.has(&format!("{folder}/{n}/{unit}")));
            }
            Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied => {
                denied = Some(absence(&e, &format!("/{folder}"), ""));
            }
            Err(_) => {}
        }
    }
    match denied {
        Some(why) if !linked => Reading::Absent(why),
        _ => Reading::Value(linked),
    }
}

/// Control groups that hold services: those of `system.slice` and of the slices beside it.
#[derive(Debug)]
pub struct Groups {
    slices: Vec<(String, Vec<String>)>,
}

impl Groups {
    /// Lists them.
    pub fn read(root: &HostRoot) -> Self {
        let slices = CGROUPS
            .iter()
            .flat_map(|base| {
                root.names(base)
                    .unwrap_or_default()
                    .into_iter()
                    .filter(|name| name.ends_with(".slice") && name != "user.slice")
                    .map(move |name| format!("{base}/{name}"))
            })
            .filter_map(|folder| {
                let units = root.names(&folder).ok()?;
                Some((folder, units))
            })
            .collect();
        Self { slices }
    }

    /// Units that have a group.
    pub fn units(&self) -> impl Iterator<Item = String> {
        self.slices
            .iter()
            .flat_map(|(_, units)| units)
            .filter(|unit| unit.ends_with(".service"))
            .cloned()
    }

    /// Whether a process is in the unit's group or in one below it.
    pub fn active(&self, root: &HostRoot, unit: &str) -> Reading<bool> {
        if self.slices.is_empty() {
            return Reading::absent(
                AbsentCode::NoSource,
                "/sys/fs/cgroup has no slices: not a systemd host, or its control groups are not mounted here",
            );
        }
        Reading::Value(
            self.slices
                .iter()
                .filter(|(_, units)| units.iter().any(|u| u == unit))
                .any(|(folder, _)| populated(root, &format!("{folder}/{unit}"), GROUP_DEPTH)),
        )
    }
}

/// Whether a process is in the group or below. cgroup v2 keeps that in `cgroup.events`; v1 is walked.
fn populated(root: &HostRoot, group: &str, depth: u32) -> bool {
    if let Ok(events) = root.read(&format!("{group}/cgroup.events"))
        && let Some(value) = events.lines().find_map(|l| l.strip_prefix("populated "))
    {
        return value.trim() == "1";
    }
    let here = root
        .read(&format!("{group}/cgroup.procs"))
        .is_ok_and(|text| !text.trim().is_empty());
    here || depth > 0
        && root
            .names(group)
            .unwrap_or_default()
            .iter()
            .any(|name| populated(root, &format!("{group}/{name}"), depth - 1))
}
