//! Units that matter to GPUs: which exist, which are linked from a target, and in which a process runs.

use std::collections::BTreeSet;

use super::super::root::HostRoot;
use super::super::root::units::{FOLDERS, Groups, enabled};
use crate::domain::service::{Service, ServiceKind};
use crate::domain::text::Text;

/// The kind of a unit, if it is one that matters.
fn kind(unit: &str) -> Option<ServiceKind> {
    let name = unit.strip_suffix(".service")?;
    Some(match name {
        "nvidia-fabricmanager" => ServiceKind::FabricManager,
        "nvidia-persistenced" => ServiceKind::Persistence,
        "nvidia-dcgm" | "dcgm" => ServiceKind::Dcgm,
        "kubelet" => ServiceKind::Kubelet,
        "containerd" => ServiceKind::Containerd,
        "slurmd" => ServiceKind::Slurmd,
        "nvidia-cdi-refresh" => ServiceKind::CdiRefresh,
        "nvidia-mig-manager" => ServiceKind::MigManager,
        _ if name.starts_with("nvidia-mig-parted") => ServiceKind::MigManager,
        _ if name.starts_with("nvsm") => ServiceKind::Nvsm,
        _ => return None,
    })
}

pub(super) fn services(root: &HostRoot) -> Vec<Service> {
    let groups = Groups::read(root);
    let mut units: BTreeSet<String> = FOLDERS
        .iter()
        .flat_map(|folder| root.names(folder).unwrap_or_default())
        .collect();
    units.extend(groups.units());
    let mut services: Vec<Service> = units
        .into_iter()
        .filter_map(|unit| {
            Some(Service {
                kind: kind(&unit)?,
                active: groups.active(root, &unit),
                enabled: enabled(root, &unit),
                unit: Text::from(unit),
                version: None,
            })
        })
        .collect();
    services.sort_by(|a, b| (a.kind, &a.unit).cmp(&(b.kind, &b.unit)));
    services
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reading::{AbsentCode, Reading};
    use std::fs;
    use std::os::unix::fs::symlink;

    fn put(root: &HostRoot, path: &str, text: &str) {
        let file = root.path(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn link(root: &HostRoot, path: &str, to: &str) {
        let file = root.path(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        symlink(to, file).unwrap();
    }

    fn host() -> (tempfile::TempDir, HostRoot) {
        let dir = tempfile::tempdir().unwrap();
        let root = HostRoot::new(dir.path());
        (dir, root)
    }

    #[test]
    fn only_services_that_exist_are_listed_with_their_state() {
        let (_dir, root) = host();
        for unit in [
            "nvidia-fabricmanager",
            "nvidia-persistenced",
            "nvsm-core",
            "nvidia-mig-parted-boot",
            "ssh",
        ] {
            put(
                &root,
                &format!("usr/lib/systemd/system/{unit}.service"),
                "[Unit]\n",
            );
        }
        link(
            &root,
            "etc/systemd/system/multi-user.target.wants/nvidia-fabricmanager.service",
            "/lib/systemd/system/nvidia-fabricmanager.service",
        );
        let slice = "sys/fs/cgroup/system.slice";
        put(
            &root,
            &format!("{slice}/nvidia-fabricmanager.service/cgroup.procs"),
            "1688\n",
        );
        put(
            &root,
            &format!("{slice}/nvidia-persistenced.service/cgroup.procs"),
            "",
        );
        let services = services(&root);
        let seen: Vec<(ServiceKind, &str, Option<&bool>, Option<&bool>)> = services
            .iter()
            .map(|s| (s.kind, s.unit.as_str(), s.active.value(), s.enabled.value()))
            .collect();
        assert_eq!(
            seen,
            [
                (
                    ServiceKind::FabricManager,
                    "nvidia-fabricmanager.service",
                    Some(&true),
                    Some(&true)
                ),
                (
                    ServiceKind::Persistence,
                    "nvidia-persistenced.service",
                    Some(&false),
                    Some(&false)
                ),
                (
                    ServiceKind::Nvsm,
                    "nvsm-core.service",
                    Some(&false),
                    Some(&false)
                ),
                (
                    ServiceKind::MigManager,
                    "nvidia-mig-parted-boot.service",
                    Some(&false),
                    Some(&false)
                ),
            ]
        );
    }

    #[test]
    fn processes_of_a_delegated_unit_are_in_the_groups_below() {
        let (_dir, root) = host();
        let group = "sys/fs/cgroup/systemd/system.slice/containerd.service";
        put(&root, &format!("{group}/cgroup.procs"), "");
        put(
            &root,
            &format!("{group}/kubepods/pod1/cgroup.procs"),
            "77\n",
        );
        assert_eq!(services(&root)[0].active, Reading::Value(true));
        // cgroup v2 says it in one line
        let (_dir, root) = host();
        let group = "sys/fs/cgroup/runtime.slice/kubelet.service";
        put(
            &root,
            &format!("{group}/cgroup.events"),
            "populated 1\nfrozen 0\n",
        );
        assert_eq!(services(&root)[0].kind, ServiceKind::Kubelet);
        assert_eq!(services(&root)[0].active, Reading::Value(true));
    }

    #[test]
    fn a_masked_unit_is_not_enabled() {
        let (_dir, root) = host();
        put(&root, "usr/lib/systemd/system/slurmd.service", "");
        link(
            &root,
            "etc/systemd/system/multi-user.target.wants/slurmd.service",
            "x",
        );
        assert_eq!(services(&root)[0].enabled, Reading::Value(true));
        link(&root, "etc/systemd/system/slurmd.service", "/dev/null");
        assert_eq!(services(&root)[0].enabled, Reading::Value(false));
    }

    #[test]
    fn without_control_groups_nobody_knows_what_is_active() {
        let (_dir, root) = host();
        put(&root, "usr/lib/systemd/system/kubelet.service", "");
        let why = services(&root)[0].active.reason().cloned().unwrap();
        assert_eq!(why.code, AbsentCode::NoSource);
    }
}
