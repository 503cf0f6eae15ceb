//! Signs of pods: names of log folders, and the sockets of plugins.
//!
//! A log folder stays as long as its pod exists, running or not: it is a trace.

use std::io::ErrorKind;

use super::super::root::HostRoot;
use super::{blind, sign};
use crate::domain::cluster::PodOnHost;
use crate::domain::owner::{OwnerKind, OwnerSign};

const LOGS: &str = "var/log/pods";

/// Letters of the suffixes that Kubernetes makes up (k8s.io/apimachinery, util/rand): no vowels, no look-alikes.
const MADE_UP: &str = "bcdfghjklmnpqrstvwxz2456789";

/// Words in the names of pods that only look.
const ONLY_LOOKING: [&str; 6] = [
    "exporter",
    "monitor",
    "metrics",
    "dashboard",
    "ui",
    "report",
];

/// The name of what made a pod, with `true` if it can be a DaemonSet, from the pod's own name.
///
/// `mig-init-d8x4p` is of `mig-init`; a Deployment's pod has one more made-up part. A Job's pod has a name like a
/// DaemonSet's: taken for one, which errs on the side of an owner, and the evidence says so.
pub(super) fn maker(pod: &str) -> (&str, bool) {
    let Some((base, suffix)) = pod.rsplit_once('-') else {
        return (pod, false);
    };
    if suffix.len() != 5 || !is_made_up(suffix) {
        return (pod, false);
    }
    match base.rsplit_once('-') {
        Some((deployment, hash)) if (8..=10).contains(&hash.len()) && is_made_up(hash) => {
            (deployment, false)
        }
        _ => (base, true),
    }
}

fn is_made_up(part: &str) -> bool {
    part.chars().all(|c| MADE_UP.contains(c))
}

pub(super) fn signs(root: &HostRoot, pods: &[PodOnHost]) -> Vec<OwnerSign> {
    let mut signs: Vec<OwnerSign> = pods.iter().filter_map(|pod| of_pod(root, pod)).collect();
    if let Err(e) = root.names(LOGS)
        && e.kind() == ErrorKind::PermissionDenied
    {
        signs.push(blind(format!(
            "/{LOGS} may not be listed: a pod that made the layout and ended would not show"
        )));
    }
    signs
}

fn of_pod(root: &HostRoot, pod: &PodOnHost) -> Option<OwnerSign> {
    let (maker, daemon) = maker(&pod.name);
    let folder = format!("{LOGS}/{}_{}_{}", pod.namespace, pod.name, pod.uid);
    let words: Vec<&str> = maker.split('-').collect();
    let has = |word: &str| words.contains(&word);
    let kind = if maker == "nvidia-mig-manager" {
        OwnerKind::MigManager
    } else if has("dra") && has("driver") && has("gpu") && hands_out_gpus(root, &folder) {
        OwnerKind::DraDriver
    } else if has("hami") && maker.contains("device-plugin") {
        OwnerKind::Hami
    } else if daemon && has("mig") && !words.iter().any(|w| ONLY_LOOKING.contains(w)) {
        OwnerKind::DaemonSet
    } else {
        return None;
    };
    let whose = match kind {
        OwnerKind::DaemonSet => " (by its name of a DaemonSet or a Job)",
        _ => "",
    };
    Some(sign(
        kind,
        format!("{}/{maker}", pod.namespace),
        format!("pod log folder /{folder}{whose}"),
        false,
        None,
    ))
}

/// The DRA driver's pod has a container for GPUs only where it manages them, not just compute domains.
fn hands_out_gpus(root: &HostRoot, folder: &str) -> bool {
    root.names(folder)
        .map_or(true, |containers| containers.iter().any(|c| c == "gpus"))
}

/// What plugins leave in the kubelet's folders. A socket stays when its plugin is gone: a trace.
pub(super) fn sockets(root: &HostRoot) -> Vec<OwnerSign> {
    [
        "var/lib/kubelet/plugins/gpu.nvidia.com",
        "var/lib/kubelet/plugins_registry/gpu.nvidia.com-reg.sock",
    ]
    .into_iter()
    .filter(|path| root.has(path))
    .map(|path| {
        sign(
            OwnerKind::DraDriver,
            "gpu.nvidia.com",
            format!("plugin socket /{path}"),
            false,
            None,
        )
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ObjectUid;

    fn of(name: &str) -> Option<(OwnerKind, String)> {
        let dir = tempfile::tempdir().unwrap();
        let pod = PodOnHost {
            uid: ObjectUid::new("u"),
            namespace: "ns".into(),
            name: name.into(),
        };
        let sign = of_pod(&HostRoot::new(dir.path()), &pod)?;
        assert!(!sign.running);
        assert!(sign.evidence.contains(name));
        assert_eq!(
            sign.evidence.contains("DaemonSet or a Job"),
            sign.kind == OwnerKind::DaemonSet,
            "a name does not tell which: {}",
            sign.evidence
        );
        Some((sign.kind, sign.name.as_str().to_owned()))
    }

    #[test]
    fn owners_are_known_by_the_names_of_their_pods() {
        for (pod, kind, name) in [
            (
                "nvidia-mig-manager-x7k2d",
                OwnerKind::MigManager,
                "ns/nvidia-mig-manager",
            ),
            ("mig-init-d8x4p", OwnerKind::DaemonSet, "ns/mig-init"),
            (
                "node-mig-setup-zzzzz",
                OwnerKind::DaemonSet,
                "ns/node-mig-setup",
            ),
            (
                "nvidia-dra-driver-gpu-kubelet-plugin-5tq7m",
                OwnerKind::DraDriver,
                "ns/nvidia-dra-driver-gpu-kubelet-plugin",
            ),
            (
                "hami-device-plugin-8gk4d",
                OwnerKind::Hami,
                "ns/hami-device-plugin",
            ),
        ] {
            assert_eq!(of(pod), Some((kind, name.to_owned())), "{pod}");
        }
        for pod in [
            "migrate-db-8gk4d",
            "mig-exporter-8gk4d",
            "mig-console-7d6b8c5f94-k2m9x",
            "nvidia-device-plugin-daemonset-mzk2h",
            "resnet-tune-8gk4d",
            "mig-init-0",
            "etcd-dgx-dev-01",
        ] {
            assert_eq!(of(pod), None, "{pod}");
        }
    }

    #[test]
    fn a_dra_driver_without_gpus_owns_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let root = HostRoot::new(dir.path());
        let pod = PodOnHost {
            uid: ObjectUid::new("u"),
            namespace: "dra".into(),
            name: "nvidia-dra-driver-gpu-kubelet-plugin-5tq7m".into(),
        };
        let folder = root.path("var/log/pods/dra_nvidia-dra-driver-gpu-kubelet-plugin-5tq7m_u");
        std::fs::create_dir_all(folder.join("compute-domains")).unwrap();
        assert_eq!(of_pod(&root, &pod), None);
        std::fs::create_dir_all(folder.join("gpus")).unwrap();
        assert_eq!(of_pod(&root, &pod).unwrap().kind, OwnerKind::DraDriver);
    }

    #[test]
    fn a_plugins_socket_is_a_trace() {
        let dir = tempfile::tempdir().unwrap();
        let root = HostRoot::new(dir.path());
        assert!(sockets(&root).is_empty());
        std::fs::create_dir_all(root.path("var/lib/kubelet/plugins/gpu.nvidia.com")).unwrap();
        let signs = sockets(&root);
        assert_eq!((signs.len(), signs[0].running), (1, false));
    }
}
