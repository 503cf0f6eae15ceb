//! Versions of services, from the package database of Debian and Ubuntu (and so of DGX OS).
//!
//! The database of RPM systems is no text file; there the version stays unknown.

use std::collections::BTreeMap;

use super::super::root::HostRoot;
use crate::domain::service::{Service, ServiceKind};
use crate::domain::text::Text;

const STATUS: &str = "var/lib/dpkg/status";

/// Packages of a kind of service, as prefixes: the fabric manager's name ends in the driver's branch.
fn packages(kind: ServiceKind) -> &'static [&'static str] {
    match kind {
        ServiceKind::FabricManager => &["nvidia-fabricmanager", "nvidia-fabric-manager"],
        ServiceKind::Persistence => &["nvidia-persistenced", "nvidia-compute-utils-"],
        ServiceKind::Dcgm => &["datacenter-gpu-manager"],
        ServiceKind::Nvsm => &["nvsm"],
        ServiceKind::Kubelet => &["kubelet"],
        ServiceKind::Containerd => &["containerd.io", "containerd"],
        ServiceKind::MigManager => &["nvidia-mig-manager"],
        ServiceKind::Slurmd => &["slurmd"],
        ServiceKind::CdiRefresh => &["nvidia-container-toolkit"],
    }
}

/// Fills in what the package database tells.
pub(super) fn add_versions(root: &HostRoot, services: &mut [Service]) {
    if services.is_empty() {
        return;
    }
    let Ok(text) = root.read(STATUS) else {
        return;
    };
    let installed = installed(&text);
    for service in services {
        service.version = packages(service.kind)
            .iter()
            .find_map(|prefix| version(&installed, prefix));
    }
}

/// Installed packages with their versions.
fn installed(text: &str) -> BTreeMap<&str, &str> {
    text.split("\n\n")
        .filter_map(|paragraph| {
            let field = |name: &str| {
                paragraph
                    .lines()
                    .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            };
            let status = field("Status")?;
            status
                .ends_with(" installed")
                .then(|| Some((field("Package")?, field("Version")?)))
                .flatten()
        })
        .collect()
}

/// The version of the package with this very name, else of the only one that the name begins. Two branches of one
/// package tell nothing about which of them runs.
fn version(installed: &BTreeMap<&str, &str>, prefix: &str) -> Option<Text> {
    if let Some(version) = installed.get(prefix) {
        return Some(upstream(version));
    }
    let mut found = installed
        .range(prefix..)
        .take_while(|(name, _)| name.starts_with(prefix))
        // nvidia-fabricmanager-dev-535 and the like hold no service
        .filter(|(name, _)| !name.contains("-dev"))
        .map(|(_, version)| upstream(version));
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

/// `1:535.161.08-0ubuntu1` is 535.161.08.
fn upstream(version: &str) -> Text {
    let without_epoch = version.split_once(':').map_or(version, |(_, rest)| rest);
    let body = without_epoch
        .rsplit_once('-')
        .map_or(without_epoch, |(body, _)| body);
    Text::new(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS_TEXT: &str = "Package: nvidia-fabricmanager-535\nStatus: install ok installed\nVersion: 535.161.08-1\n\nPackage: nvidia-fabricmanager-dev-535\nStatus: install ok installed\nVersion: 535.99-1\n\nPackage: nvidia-fabricmanager-470\nStatus: deinstall ok config-files\nVersion: 470.1-1\n\nPackage: datacenter-gpu-manager\nStatus: install ok installed\nVersion: 1:3.3.5\nDescription: x\n Version: 9\n";

    #[test]
    fn the_version_is_that_of_the_installed_package() {
        let installed = installed(STATUS_TEXT);
        assert_eq!(
            version(&installed, "nvidia-fabricmanager").unwrap(),
            "535.161.08"
        );
        assert_eq!(
            version(&installed, "datacenter-gpu-manager").unwrap(),
            "3.3.5"
        );
        assert_eq!(version(&installed, "nvsm"), None);
    }

    #[test]
    fn two_branches_say_nothing() {
        let text = STATUS_TEXT.replace("deinstall ok config-files", "install ok installed");
        assert_eq!(version(&installed(&text), "nvidia-fabricmanager"), None);
    }
}
