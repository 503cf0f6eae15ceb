//! The host's own files: kernel, identity, users, systemd units, packages.

use std::fmt::Write;
use std::time::{Duration, UNIX_EPOCH};

use super::tree::Tree;
use super::users;
use crate::scenario::derive;
use crate::scenario::model::{Host, Service};
use crate::view::View;

/// Seconds since boot (proc(5)).
pub(super) const UPTIME: &str = "proc/uptime";

pub(super) fn uptime(uptime: Duration) -> String {
    let (seconds, hundredths) = (uptime.as_secs(), uptime.subsec_millis() / 10);
    format!(
        "{seconds}.{hundredths:02} {}.00\n",
        seconds.saturating_mul(200)
    )
}

pub(super) fn write(tree: &mut Tree, view: &View<'_>) {
    let host = view.host;
    let uptime = view.uptime();
    let booted = view
        .before_start(host.uptime_seconds)
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    tree.file(
        "proc/sys/kernel/random/boot_id",
        format!("{}\n", derive::boot_id(host)),
    );
    tree.file("proc/sys/kernel/hostname", format!("{}\n", host.name));
    tree.file(
        "proc/sys/kernel/osrelease",
        format!("{}\n", host.system.kernel),
    );
    tree.file("proc/sys/kernel/dmesg_restrict", "0\n");
    tree.file(UPTIME, self::uptime(uptime));
    tree.file(
        "proc/stat",
        format!(
            "cpu  0 0 0 0 0 0 0 0 0 0\nbtime {}\nprocesses 1\n",
            booted.as_secs()
        ),
    );
    tree.file("etc/hostname", format!("{}\n", host.name));
    tree.file("etc/machine-id", format!("{}\n", derive::machine_id(host)));
    tree.file("etc/os-release", os_release(host));
    tree.file("etc/passwd", users::passwd(host));
    if !host.machine.is_empty() {
        tree.file(
            "sys/class/dmi/id/product_name",
            format!("{}\n", host.machine),
        );
    }
    // version 2 is told by this file at the top (cgroups(7))
    tree.file(
        "sys/fs/cgroup/cgroup.controllers",
        "cpuset cpu io memory hugetlb pids rdma misc\n",
    );
    tree.folder("etc/systemd/system");
    tree.folder("usr/lib/systemd/system");
    for service in &host.services {
        unit(tree, host, service);
    }
    packages(tree, host);
    for (path, text) in &host.system.files {
        tree.file(path.trim_start_matches('/'), text.as_str());
    }
}

fn os_release(host: &Host) -> String {
    let os = &host.system.os;
    let name = os
        .split(|c: char| c.is_ascii_digit())
        .next()
        .unwrap_or_default()
        .trim();
    let version: String = os
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(|c| c.is_ascii_digit() || *c == '.')
        .collect();
    let id = match name.split(' ').next() {
        Some("Red") => "rhel".to_owned(),
        other => other.unwrap_or_default().to_lowercase(),
    };
    format!("PRETTY_NAME=\"{os}\"\nNAME=\"{name}\"\nVERSION_ID=\"{version}\"\nID={id}\n")
}

/// Unit file and, when enabled, the link from `multi-user.target.wants`. A package's unit lies under `/usr/lib`, a
/// site's own (with text in the scenario) under `/etc`.
fn unit(tree: &mut Tree, host: &Host, service: &Service) {
    let name = &service.unit;
    let own = !service.file.is_empty();
    let folder = if own {
        "etc/systemd/system"
    } else {
        "usr/lib/systemd/system"
    };
    let text = if own {
        service.file.clone()
    } else {
        packaged_unit(host, name)
    };
    tree.file(format!("{folder}/{name}"), text);
    if service.enabled {
        tree.link(
            format!("etc/systemd/system/multi-user.target.wants/{name}"),
            format!("/{folder}/{name}"),
        );
    }
}

fn packaged_unit(host: &Host, unit: &str) -> String {
    let stem = unit.trim_end_matches(".service");
    let command = host
        .processes
        .iter()
        .find(|p| p.unit == unit)
        .map_or_else(|| format!("/usr/bin/{stem}"), |p| p.argv.join(" "));
    format!(
        "[Unit]\nDescription={stem}\nAfter=network-online.target\n\n[Service]\nExecStart={command}\nRestart=on-failure\n\n[Install]\nWantedBy=multi-user.target\n"
    )
}

/// The package database of Debian's family, for those units whose version the scenario gives.
fn packages(tree: &mut Tree, host: &Host) {
    if !host.system.os.starts_with("Ubuntu") && !host.system.os.starts_with("Debian") {
        return;
    }
    let major = host.driver.split('.').next().unwrap_or_default();
    let mut text = String::new();
    for service in &host.services {
        let version = match service.unit.as_str() {
            "kubelet.service" => host.system.kubelet.trim_start_matches('v'),
            _ => &service.version,
        };
        if version.is_empty() {
            continue;
        }
        let package = match service.unit.trim_end_matches(".service") {
            "nvidia-fabricmanager" => format!("nvidia-fabricmanager-{major}"),
            "nvidia-persistenced" => format!("nvidia-compute-utils-{major}"),
            "nvidia-dcgm" | "dcgm" => "datacenter-gpu-manager".to_owned(),
            "nvsm-core" => "nvsm".to_owned(),
            "containerd" => "containerd.io".to_owned(),
            other => other.to_owned(),
        };
        let _ = writeln!(
            text,
            "Package: {package}\nStatus: install ok installed\nPriority: optional\nSection: admin\nArchitecture: amd64\nVersion: {version}-1\n"
        );
    }
    tree.file("var/lib/dpkg/status", text);
}
