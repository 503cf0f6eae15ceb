//! Signs of an owner that the API server shows: pods on the node, and labels.
//!
//! They stand beside what the host itself shows: a probe sees processes and units, the API server sees what will come
//! back after a restart.

use super::super::cluster::{OnNode, PodFacts};
use super::super::text::Text;
use super::{OwnerKind, OwnerSign};

/// Words in the names of workloads that only look.
const ONLY_LOOKING: [&str; 6] = [
    "exporter",
    "monitor",
    "metrics",
    "dashboard",
    "ui",
    "report",
];

/// Whether a DaemonSet of this name is taken for one that changes MIG: nothing but its name tells from afar.
pub fn is_named_for_mig(name: &str) -> bool {
    let mut words = name.split(['-', '_', '.']);
    words.clone().any(|word| word == "mig") && !words.any(|word| ONLY_LOOKING.contains(&word))
}

/// Signs by the pods that are on a node, and by its labels.
pub fn signs(on_node: &OnNode) -> Vec<OwnerSign> {
    let pods = on_node.living().filter_map(|pod| of_pod(pod));
    let label = |name: &str, value: &str| {
        on_node
            .node
            .label(name)
            .is_some_and(|known| *known == value)
    };
    let by_label = |kind, who: &str, label: &str| OwnerSign {
        kind,
        name: Text::new(who),
        evidence: Text::from(format!("label nvidia.com/{label}")),
        running: false,
        layout: None,
        decisive: false,
    };
    let mut found: Vec<OwnerSign> = pods.collect();
    for (name, value, kind, who) in [
        (
            "gpu.deploy.mig-manager",
            "true",
            OwnerKind::MigManager,
            "nvidia-mig-manager",
        ),
        (
            "gpu.deploy.dra-driver",
            "true",
            OwnerKind::DraDriver,
            "gpu.nvidia.com",
        ),
        (
            "gpu.workload.config",
            "vm-vgpu",
            OwnerKind::VgpuHost,
            "vm-vgpu",
        ),
    ] {
        if label(name, value) {
            found.push(by_label(kind, who, &format!("{name}={value}")));
        }
    }
    found
}

fn of_pod(pod: &PodFacts) -> Option<OwnerSign> {
    let app = pod.app.as_deref().unwrap_or_default();
    let set = pod.owner.as_ref().filter(|owner| owner.kind == "DaemonSet");
    let name = pod.owner.as_ref().map_or(&pod.name, |owner| &owner.name);
    let (kind, how) = match app {
        "nvidia-mig-manager" => (OwnerKind::MigManager, ""),
        "nvidia-dra-driver-gpu" | "nvidia-dra-driver-gpu-kubelet-plugin" => {
            (OwnerKind::DraDriver, "")
        }
        // its scheduler runs beside it and gives out nothing itself
        app if app.starts_with("hami") && name.contains("device-plugin") => (OwnerKind::Hami, ""),
        _ if name.as_str() == "nvidia-mig-manager" => (OwnerKind::MigManager, ""),
        _ if set.is_some_and(|set| is_named_for_mig(&set.name)) => {
            (OwnerKind::DaemonSet, " (by the name of its DaemonSet)")
        }
        _ => return None,
    };
    Some(OwnerSign {
        kind,
        name: Text::from(format!("{}/{name}", pod.namespace)),
        evidence: Text::from(format!("pod {}/{}{how}", pod.namespace, pod.name)),
        running: pod.phase == "Running",
        layout: None,
        decisive: false,
    })
}
