//! What cannot be seen with the rights at hand, one sentence each.

use std::fs::File;
use std::io::ErrorKind;

use super::super::root::HostRoot;

/// Places that tell something only to those with rights: path, what stays unknown, what helps.
const CLOSED: [(&str, &str); 3] = [
    (
        "var/lib/kubelet/device-plugins",
        "which pod got which slice (kubelet checkpoint, plugin sockets)",
    ),
    (
        "var/lib/kubelet/pod-resources",
        "which pod got which slice (kubelet PodResources socket)",
    ),
    ("var/log/pods", "namespaces and names of pods on this host"),
];

/// What the caller may not read on this host, each with the exact path and what it hides.
pub fn gaps(root: &HostRoot) -> Vec<crate::domain::text::Text> {
    let mut gaps = Vec::new();
    if root.is_host() && !rustix::process::geteuid().is_root() {
        gaps.push("/proc/<pid>/fd of other users' processes: who holds GPUs and instances".into());
    }
    if root.is_host() && !root.has("proc/1/stat") {
        gaps.push("/proc is mounted with hidepid: processes of other users do not show".into());
    }
    for (path, what) in CLOSED {
        if is_denied(root.path(path).read_dir().map(drop)) {
            gaps.push(format!("/{path}: {what}").into());
        }
    }
    if is_denied(File::open(root.path("dev/kmsg")).map(drop)) {
        gaps.push(
            "/dev/kmsg: Xids and SXids since boot, unless the journal can be read (groups systemd-journal, adm)"
                .into(),
        );
    }
    gaps
}

fn is_denied(result: std::io::Result<()>) -> bool {
    result.is_err_and(|e| e.kind() == ErrorKind::PermissionDenied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_up_host_that_hides_nothing_has_no_gaps() {
        let dir = tempfile::tempdir().unwrap();
        assert!(gaps(&HostRoot::new(dir.path())).is_empty());
    }

    #[test]
    fn a_closed_folder_is_named() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let root = HostRoot::new(dir.path());
        let closed = root.path("var/lib/kubelet/pod-resources");
        std::fs::create_dir_all(&closed).unwrap();
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
        let gaps = gaps(&root);
        if rustix::process::geteuid().is_root() {
            assert!(gaps.is_empty(), "root sees everything: {gaps:?}");
        } else {
            assert_eq!(gaps.len(), 1);
            assert!(gaps[0].starts_with("/var/lib/kubelet/pod-resources: "));
        }
    }
}
