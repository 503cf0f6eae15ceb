//! Who keeps GPUs, instances or the driver in use, as far as open files and kernel modules tell.

use super::super::root::HostRoot;
use super::capabilities::Minors;
use super::scan::{Node, Scan};
use crate::domain::holder::{HoldKind, Holder};
use crate::domain::reading::Absence;
use crate::domain::text::Text;

/// Holders from one walk, and what that walk could not see.
///
/// A node of `mig/config` or `mig/monitor` and a node whose minor the kernel module no longer lists are holders without
/// GPU; their path tells which they are.
pub fn holders(root: &HostRoot, scan: &Scan) -> (Vec<Holder>, Option<Absence>) {
    let minors = Minors::read(root);
    let mut holders: Vec<Holder> = scan
        .open
        .iter()
        .map(|open| {
            let (kind, gpu, gi, ci) = match open.node {
                Node::Gpu(minor) => (HoldKind::Device, minors.gpu(minor), None, None),
                Node::Control => (HoldKind::Control, None, None, None),
                Node::Capability(minor) => match minors.capability(minor) {
                    Some(i) => (
                        HoldKind::Capability,
                        minors.gpu(i.gpu_minor),
                        Some(i.gi),
                        i.ci,
                    ),
                    None => (HoldKind::Capability, None, None, None),
                },
            };
            Holder {
                kind,
                pid: Some(open.pid),
                module: None,
                gpu: gpu.cloned(),
                gi,
                ci,
                path: Some(open.path.clone()),
            }
        })
        .collect();
    holders.extend(modules(root).into_iter().map(|name| Holder {
        kind: HoldKind::Module,
        pid: None,
        module: Some(Text::from(name)),
        gpu: None,
        gi: None,
        ci: None,
        path: None,
    }));
    (holders, scan.gap())
}

/// Modules that use the `nvidia` module: `/sys/module/nvidia/holders`, else the fourth field of `/proc/modules`.
fn modules(root: &HostRoot) -> Vec<String> {
    if let Ok(names) = root.names("sys/module/nvidia/holders") {
        return names;
    }
    let Ok(text) = root.read("proc/modules") else {
        return Vec::new();
    };
    let users = text
        .lines()
        .find_map(|line| line.strip_prefix("nvidia ")?.split(' ').nth(2));
    let mut names: Vec<String> = users
        .into_iter()
        .flat_map(|users| users.split(','))
        .filter(|name| !name.is_empty() && *name != "-")
        .map(str::to_owned)
        .collect();
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{CiId, GiId, Pid};
    use std::fs;
    use std::os::unix::fs::symlink;

    const UUID: &str = "GPU-08279800-1cbe-a71d-f3e6-8f67e15ae54a";

    fn put(root: &HostRoot, path: &str, text: &str) {
        let file = root.path(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn host() -> (tempfile::TempDir, HostRoot) {
        let dir = tempfile::tempdir().unwrap();
        let root = HostRoot::new(dir.path());
        put(
            &root,
            "proc/driver/nvidia/gpus/0000:4e:00.0/information",
            &format!(
                "Model: \t\t NVIDIA A100-SXM4-40GB\nIRQ:   \t\t 190\nGPU UUID: \t {UUID}\nDevice Minor: \t 2\n"
            ),
        );
        let mig = "proc/driver/nvidia/capabilities/gpu2/mig";
        put(
            &root,
            &format!("{mig}/gi3/access"),
            "DeviceFileMinor: 300\nDeviceFileMode: 292\n",
        );
        put(
            &root,
            &format!("{mig}/gi3/ci0/access"),
            "DeviceFileMinor: 301\n",
        );
        put(
            &root,
            "proc/driver/nvidia/capabilities/mig/config",
            "DeviceFileMinor: 1\n",
        );
        for (pid, links) in [
            (
                10,
                vec![
                    "/dev/nvidia2",
                    "/dev/nvidiactl",
                    "/dev/nvidia-caps/nvidia-cap300",
                    "/dev/nvidia-caps/nvidia-cap301",
                ],
            ),
            (11, vec!["/dev/nvidia-caps/nvidia-cap1", "/dev/nvidia7"]),
        ] {
            for (n, link) in links.iter().enumerate() {
                let fd = root.path(&format!("proc/{pid}/fd"));
                fs::create_dir_all(&fd).unwrap();
                symlink(link, fd.join(n.to_string())).unwrap();
            }
        }
        (dir, root)
    }

    #[test]
    fn nodes_are_mapped_to_gpu_and_instances_by_their_minors() {
        let (_dir, root) = host();
        let (holders, hidden) = holders(&root, &Scan::walk(&root));
        assert_eq!(hidden, None);
        let find = |pid, path: &str| {
            holders
                .iter()
                .find(|h| h.pid == Some(Pid(pid)) && h.path.as_deref() == Some(path))
                .unwrap()
        };
        let device = find(10, "/dev/nvidia2");
        assert_eq!(device.kind, HoldKind::Device);
        assert_eq!(device.gpu.as_ref().unwrap().as_str(), UUID);
        let gi = find(10, "/dev/nvidia-caps/nvidia-cap300");
        assert_eq!(
            (gi.kind, gi.gi, gi.ci),
            (HoldKind::Capability, Some(GiId(3)), None)
        );
        let ci = find(10, "/dev/nvidia-caps/nvidia-cap301");
        assert_eq!((ci.gi, ci.ci), (Some(GiId(3)), Some(CiId(0))));
        assert_eq!(ci.gpu.as_ref().unwrap().as_str(), UUID);
        assert_eq!(find(10, "/dev/nvidiactl").kind, HoldKind::Control);
        // the right to configure, and a GPU that is gone: held, but not by a GPU that is known
        assert_eq!(find(11, "/dev/nvidia-caps/nvidia-cap1").gpu, None);
        assert_eq!(find(11, "/dev/nvidia7").gpu, None);
    }

    #[test]
    fn modules_come_from_sysfs_or_else_from_the_module_list() {
        let (_dir, root) = host();
        put(
            &root,
            "proc/modules",
            "nvidia_uvm 1 0 - Live 0x0\nnvidia 56807424 461 nvidia_uvm,nvidia_modeset,nvidia_peermem, Live 0x0 (POE)\n",
        );
        assert_eq!(
            modules(&root),
            ["nvidia_modeset", "nvidia_peermem", "nvidia_uvm"]
        );
        fs::create_dir_all(root.path("sys/module/nvidia/holders/nvidia_uvm")).unwrap();
        assert_eq!(modules(&root), ["nvidia_uvm"]);
        let (holders, _) = holders(&root, &Scan::walk(&root));
        let module = holders.iter().find(|h| h.kind == HoldKind::Module).unwrap();
        assert_eq!(module.module.as_deref(), Some("nvidia_uvm"));
        assert_eq!(module.pid, None);
    }
}
