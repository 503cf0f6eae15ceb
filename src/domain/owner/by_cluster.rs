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

#[cfg(test)]
mod tests {
    use super::super::super::cluster::{NodeFacts, OwnerRef};
    use super::super::super::shared::Shared;
    use super::super::decide;
    use super::*;

    fn pod(app: &str, set: &str) -> PodFacts {
        PodFacts {
            app: Some(Text::new(app)).filter(|app| !app.is_empty()),
            owner: Some(OwnerRef {
                kind: "DaemonSet".into(),
                name: set.into(),
            }),
            ..serde_json::from_value(serde_json::json!({
                "uid": set, "namespace": "sys", "name": format!("{set}-x7k2p"), "phase": "Running", "requests": {},
            }))
            .unwrap()
        }
    }

    fn on(labels: &[(&str, &str)], pods: Vec<PodFacts>) -> OnNode {
        let labels = labels
            .iter()
            .map(|(k, v)| (Text::from(format!("nvidia.com/{k}")), Text::new(v)));
        let node = NodeFacts {
            labels: labels.collect(),
            ..NodeFacts::default()
        };
        OnNode::new(node, pods.into_iter().map(Shared::new).collect(), &[], &[])
    }

    fn owner(labels: &[(&str, &str)], pods: Vec<PodFacts>) -> (OwnerKind, String) {
        let owner = decide(&signs(&on(labels, pods)));
        (owner.kind, owner.name.to_string())
    }

    #[test]
    fn each_owner_shows_by_its_pod() {
        for (app, set, kind) in [
            (
                "nvidia-mig-manager",
                "nvidia-mig-manager",
                OwnerKind::MigManager,
            ),
            ("", "nvidia-mig-manager", OwnerKind::MigManager),
            ("nvidia-dra-driver-gpu", "dra", OwnerKind::DraDriver),
            ("hami-device-plugin", "hami-device-plugin", OwnerKind::Hami),
            ("", "mig-init", OwnerKind::DaemonSet),
        ] {
            assert_eq!(
                owner(&[], vec![pod(app, set)]),
                (kind, format!("sys/{set}"))
            );
        }
        for (app, set) in [
            ("hami-scheduler", "hami-scheduler"),
            ("", "mig-exporter"),
            ("", "migrate"),
        ] {
            assert_eq!(
                owner(&[], vec![pod(app, set)]).0,
                OwnerKind::Nobody,
                "{set}"
            );
        }
    }

    #[test]
    fn a_label_is_a_trace_which_a_pod_that_runs_outweighs() {
        let manager = [("gpu.deploy.mig-manager", "true")];
        assert_eq!(owner(&manager, Vec::new()).0, OwnerKind::MigManager);
        assert_eq!(
            owner(&[("gpu.deploy.mig-manager", "false")], Vec::new()).0,
            OwnerKind::Nobody
        );
        assert_eq!(
            owner(&[("gpu.workload.config", "vm-vgpu")], Vec::new()).0,
            OwnerKind::VgpuHost
        );
        assert_eq!(
            owner(&manager, vec![pod("", "mig-init")]).0,
            OwnerKind::DaemonSet
        );
    }

    #[test]
    fn two_who_run_are_nobody_known() {
        let both = vec![
            pod("nvidia-mig-manager", "nvidia-mig-manager"),
            pod("", "mig-init"),
        ];
        assert_eq!(owner(&[], both).0, OwnerKind::Unknown);
    }
}
