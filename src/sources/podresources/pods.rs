//! Pods by the names of their log folders: `/var/log/pods/<namespace>_<name>_<uid>`.

use super::super::root::HostRoot;
use crate::domain::cluster::{Allocation, PodOnHost};
use crate::domain::ids::ObjectUid;
use crate::domain::text::Text;

const FOLDER: &str = "var/log/pods";

pub(super) fn on_host(root: &HostRoot) -> Vec<PodOnHost> {
    root.names(FOLDER)
        .unwrap_or_default()
        .iter()
        .filter_map(|name| pod(name))
        .collect()
}

/// Names of Kubernetes hold no underscore.
fn pod(folder: &str) -> Option<PodOnHost> {
    let mut parts = folder.split('_');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(namespace), Some(name), Some(uid), None) if ![namespace, name, uid].contains(&"") => {
            Some(PodOnHost {
                uid: ObjectUid::new(uid),
                namespace: Text::new(namespace),
                name: Text::new(name),
            })
        }
        _ => None,
    }
}

/// Namespace and name, for allocations that know the UID.
pub(super) fn add_names(allocations: &mut [Allocation], pods: &[PodOnHost]) {
    for allocation in allocations {
        let pod = allocation
            .pod_uid
            .as_ref()
            .and_then(|uid| pods.iter().find(|p| p.uid == *uid));
        if let Some(pod) = pod {
            allocation.namespace = Some(pod.namespace.clone());
            allocation.pod = Some(pod.name.clone());
        }
    }
}

/// The UID, for allocations that know namespace and name. Two folders of one name (a pod of a StatefulSet that was
/// made anew) leave it open.
pub(super) fn add_uids(allocations: &mut [Allocation], pods: &[PodOnHost]) {
    for allocation in allocations {
        let mut found = pods.iter().filter(|p| {
            allocation.namespace.as_ref() == Some(&p.namespace)
                && allocation.pod.as_ref() == Some(&p.name)
        });
        if let (Some(pod), None) = (found.next(), found.next()) {
            allocation.pod_uid = Some(pod.uid.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cluster::AllocationSource;

    #[test]
    fn a_folders_name_has_three_parts() {
        let p = pod("kube-system_mig-init-x7k2p_2b7669e8-6828-4310-9a1f-0eaad6933466").unwrap();
        assert_eq!((&*p.namespace, &*p.name), ("kube-system", "mig-init-x7k2p"));
        for name in ["", "lost+found", "a_b", "a__c", "a_b_c_d"] {
            assert_eq!(pod(name), None, "{name}");
        }
    }

    #[test]
    fn a_name_with_two_uids_stays_without() {
        let mut allocations = [Allocation {
            source: AllocationSource::PodResources,
            pod_uid: None,
            namespace: Some("jupyter".into()),
            pod: Some("kim-0".into()),
            container: "main".into(),
            resource: "nvidia.com/gpu".into(),
            devices: vec![],
        }];
        let pods = [
            pod("jupyter_kim-0_u1").unwrap(),
            pod("jupyter_kim-0_u2").unwrap(),
        ];
        add_uids(&mut allocations, &pods);
        assert_eq!(allocations[0].pod_uid, None);
        add_uids(&mut allocations, &pods[1..]);
        assert_eq!(allocations[0].pod_uid.as_ref().unwrap().as_str(), "u2");
    }
}
