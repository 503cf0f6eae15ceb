//! Which container was given which device: the kubelet's PodResources socket, else its checkpoint file.
//!
//! The socket is exact and knows claims of DRA, the checkpoint survives a kubelet that is down and has the pod's UID;
//! both are closed to plain users. Names of folders under `/var/log/pods`, which anybody may list, complete either.
//! Only GPU resources are listed: `nvidia.com/*`, and claims of the driver `gpu.nvidia.com`.

mod checkpoint;
mod pods;
mod proto;
mod socket;

use std::time::Duration;

use super::root::{HostRoot, absence};
use crate::domain::cluster::{Allocation, PodOnHost};
use crate::domain::reading::{Absence, AbsentCode, Reading};
use crate::domain::text::Text;

const KUBELET: &str = "var/lib/kubelet";
const SOCKET: &str = "var/lib/kubelet/pod-resources/kubelet.sock";

/// Allocations of GPU resources, and the pods that have log folders on the host.
///
/// Absent with `NoSource` on a host without a kubelet; with the reason of both sources where there is one and neither
/// answers. `timeout` bounds the talk with the socket as a whole.
pub fn read(root: &HostRoot, timeout: Duration) -> (Reading<Vec<Allocation>>, Vec<PodOnHost>) {
    let pods = pods::on_host(root);
    let allocations = allocations(root, timeout, &pods);
    (allocations.into(), pods)
}

fn allocations(
    root: &HostRoot,
    timeout: Duration,
    pods: &[PodOnHost],
) -> Result<Vec<Allocation>, Absence> {
    if !root.has(KUBELET) && !kubelet_runs(root) {
        return Err(Absence::new(
            AbsentCode::NoSource,
            "no kubelet on this host (no /var/lib/kubelet and no such process)",
        ));
    }
    let socket = match socket::list(&root.path(SOCKET), timeout) {
        Ok(mut allocations) => {
            pods::add_uids(&mut allocations, pods);
            return Ok(allocations);
        }
        Err(why) => why,
    };
    match checkpoint::read(root) {
        Ok(mut allocations) => {
            pods::add_names(&mut allocations, pods);
            Ok(allocations)
        }
        Err(checkpoint) => Err(Absence::new(
            // what is forbidden can be allowed; that matters more than what is missing
            match (socket.code, checkpoint.code) {
                (AbsentCode::NoPermission, _) => AbsentCode::NoPermission,
                (_, code) => code,
            },
            format!(
                "which pod has which device is unknown: {}; {}",
                socket.text, checkpoint.text
            ),
        )),
    }
}

fn kubelet_runs(root: &HostRoot) -> bool {
    // by the short name: a command line is not read without need, a wedged process would hold the reader
    root.pids()
        .unwrap_or_default()
        .into_iter()
        .any(|pid| root.stat(pid).is_ok_and(|stat| stat.comm == "kubelet"))
}

/// Whether a resource is one of NVIDIA's.
fn is_gpu(resource: &str) -> bool {
    resource.starts_with("nvidia.com/")
}

/// Device ids without the number of the replica (`::3`) that time-slicing adds, each once.
fn without_replicas<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<Text> {
    let mut devices: Vec<Text> = Vec::new();
    for id in ids {
        let device = Text::new(id.split_once("::").map_or(id, |(device, _)| device));
        if !devices.contains(&device) {
            devices.push(device);
        }
    }
    devices
}

/// The help that both sources' refusals end in.
const NEEDS_ROOT: &str = "only root may read it: run the probe with sudo";

fn refused(error: &std::io::Error, path: &str) -> Absence {
    let help = match error.kind() {
        std::io::ErrorKind::PermissionDenied => NEEDS_ROOT,
        _ => "",
    };
    absence(error, path, help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cluster::AllocationSource;
    use std::fs;

    const PATIENCE: Duration = Duration::from_secs(10);

    fn put(root: &HostRoot, path: &str, text: &str) {
        let file = root.path(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    #[test]
    fn a_host_without_a_kubelet_is_not_one_without_allocations() {
        let dir = tempfile::tempdir().unwrap();
        let (allocations, pods) = read(&HostRoot::new(dir.path()), PATIENCE);
        let why = allocations.reason().unwrap();
        assert_eq!(why.code, AbsentCode::NoSource);
        assert!(why.text.starts_with("no kubelet on this host"));
        assert!(pods.is_empty());
    }

    #[test]
    fn a_kubelet_that_tells_nothing_is_a_reason_that_names_both_sources() {
        let dir = tempfile::tempdir().unwrap();
        let root = HostRoot::new(dir.path());
        put(
            &root,
            "proc/77/stat",
            "77 (kubelet) S 1 7 7 0 -1 0 1 2 3 4 5 6 7 8 20 0 9 0 100 0 0",
        );
        let (allocations, _) = read(&root, PATIENCE);
        let why = allocations.reason().unwrap();
        assert!(
            why.text.contains("pod-resources/kubelet.sock"),
            "{}",
            why.text
        );
        assert!(
            why.text.contains("kubelet_internal_checkpoint"),
            "{}",
            why.text
        );
    }

    #[test]
    fn the_checkpoint_answers_where_the_socket_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let root = HostRoot::new(dir.path());
        put(
            &root,
            "var/lib/kubelet/device-plugins/kubelet_internal_checkpoint",
            r#"{"Data":{"PodDeviceEntries":[{"PodUID":"2b7669e8-6828-4310-9a1f-0eaad6933466","ContainerName":"main","ResourceName":"nvidia.com/mig-1g.5gb","DeviceIDs":{"-1":["MIG-a::0","MIG-a::1"]},"AllocResp":""}],"RegisteredDevices":{}},"Checksum":1}"#,
        );
        fs::create_dir_all(
            root.path("var/log/pods/jupyter_kim-0_2b7669e8-6828-4310-9a1f-0eaad6933466"),
        )
        .unwrap();
        let (allocations, pods) = read(&root, PATIENCE);
        let allocations = allocations.value().unwrap();
        assert_eq!(allocations.len(), 1);
        let a = &allocations[0];
        assert_eq!(a.source, AllocationSource::Checkpoint);
        assert_eq!(a.namespace.as_deref(), Some("jupyter"));
        assert_eq!(a.pod.as_deref(), Some("kim-0"));
        assert_eq!(a.devices, ["MIG-a"]);
        assert_eq!(pods.len(), 1);
    }
}
