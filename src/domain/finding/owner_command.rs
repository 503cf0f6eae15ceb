//! The command that shows what a node's MIG owner is doing, or why it has not done it.

use super::super::fleet::Node;
use super::super::owner::OwnerKind;

/// Whether somebody is expected to build a layout on this node. Slurm is not: it hands out what it finds.
pub(super) fn builds(node: &Node) -> bool {
    !matches!(
        node.owner.kind,
        OwnerKind::Nobody | OwnerKind::Unknown | OwnerKind::Migdeck | OwnerKind::Slurm
    )
}

/// What to run to see how far the owner is; `None` where nobody is known to ask. `late`: its time is over, so its log is
/// worth more than its state.
pub(super) fn look(node: &Node, late: bool) -> Option<String> {
    if !builds(node) {
        return None;
    }
    let name = node.owner.name.as_str();
    if let Some((namespace, maker)) = name.split_once('/') {
        let (namespace, of) = (word(namespace), pod_or_set(node, namespace, maker));
        return Some(format!("kubectl -n {namespace} logs {of}"));
    }
    let pods = |label: &str| Some(format!("kubectl get pods -A -o wide -l {label}"));
    match node.owner.kind {
        // their charts' own labels, where no namespace is known
        OwnerKind::MigManager => pods("app=nvidia-mig-manager"),
        OwnerKind::DraDriver => pods("app.kubernetes.io/name=nvidia-dra-driver-gpu"),
        OwnerKind::Hami => pods("app.kubernetes.io/name=hami"),
        OwnerKind::DaemonSet => Some(format!(
            "kubectl get daemonsets -A --field-selector metadata.name={}",
            word(name)
        )),
        OwnerKind::MigPartedUnit | OwnerKind::SystemdUnit | OwnerKind::VgpuHost => {
            let unit = word(name);
            Some(if late {
                format!("sudo journalctl -b -u {unit}")
            } else {
                format!("systemctl status {unit}")
            })
        }
        OwnerKind::Nobody | OwnerKind::Unknown | OwnerKind::Migdeck | OwnerKind::Slurm => None,
    }
}

/// The owner's pod on this very host where one log folder tells it: `ds/NAME` would take any node's.
fn pod_or_set(node: &Node, namespace: &str, maker: &str) -> String {
    let made = |name: &str| {
        name.strip_prefix(maker)
            .and_then(|rest| rest.strip_prefix('-'))
            .is_some_and(|rest| !rest.is_empty() && !rest.contains('-'))
    };
    let mut pods = node
        .pods_on_host
        .iter()
        .filter(|pod| pod.namespace.as_str() == namespace && made(&pod.name));
    match (pods.next(), pods.next()) {
        (Some(pod), None) => word(&pod.name),
        _ => word(&format!("ds/{maker}")),
    }
}

/// One word of a shell: names come from the host and are typed by root.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::cluster::PodOnHost;
    use super::super::super::ids::ObjectUid;
    use super::super::super::text::Text;
    use super::*;

    fn owned(kind: OwnerKind, name: &str) -> Node {
        let mut node = Node::new(Text::new("a"), jiff::Timestamp::UNIX_EPOCH);
        node.owner.kind = kind;
        node.owner.name = Text::new(name);
        node
    }

    #[test]
    fn each_owner_is_asked_in_its_own_way() {
        use OwnerKind as K;
        for (kind, name, early, late) in [
            (
                K::DaemonSet,
                "kube-system/mig-init",
                "kubectl -n kube-system logs ds/mig-init",
                "kubectl -n kube-system logs ds/mig-init",
            ),
            (
                K::MigManager,
                "gpu-operator/nvidia-mig-manager",
                "kubectl -n gpu-operator logs ds/nvidia-mig-manager",
                "kubectl -n gpu-operator logs ds/nvidia-mig-manager",
            ),
            (
                K::MigManager,
                "nvidia-mig-manager",
                "kubectl get pods -A -o wide -l app=nvidia-mig-manager",
                "kubectl get pods -A -o wide -l app=nvidia-mig-manager",
            ),
            (
                K::SystemdUnit,
                "our-mig.service",
                "systemctl status our-mig.service",
                "sudo journalctl -b -u our-mig.service",
            ),
            (
                K::MigPartedUnit,
                "nvidia-mig-manager.service",
                "systemctl status nvidia-mig-manager.service",
                "sudo journalctl -b -u nvidia-mig-manager.service",
            ),
        ] {
            let node = owned(kind, name);
            assert_eq!(look(&node, false).as_deref(), Some(early));
            assert_eq!(look(&node, true).as_deref(), Some(late));
        }
        for kind in [K::Nobody, K::Unknown, K::Migdeck, K::Slurm] {
            assert_eq!(look(&owned(kind, "x"), false), None);
        }
    }

    #[test]
    fn the_owners_pod_on_this_host_is_named_where_there_is_one() {
        let mut node = owned(OwnerKind::DaemonSet, "kube-system/mig-init");
        let pod = |namespace: &str, name: &str| PodOnHost {
            uid: ObjectUid::new("u"),
            namespace: namespace.into(),
            name: name.into(),
        };
        node.pods_on_host = vec![
            pod("kube-system", "mig-init-t7w2m"),
            pod("kube-system", "mig-init-watch-aaaaa"),
            pod("ml", "mig-init-bbbbb"),
        ];
        let said = look(&node, false).unwrap();
        assert_eq!(said, "kubectl -n kube-system logs mig-init-t7w2m");
        // an older one has left its folder: which is which nobody tells
        node.pods_on_host.push(pod("kube-system", "mig-init-ccccc"));
        let said = look(&node, false).unwrap();
        assert_eq!(said, "kubectl -n kube-system logs ds/mig-init");
    }

    #[test]
    fn a_name_stays_one_word_of_the_shell() {
        let node = owned(OwnerKind::SystemdUnit, r"mig\x2dset;reboot.service");
        let said = look(&node, false).unwrap();
        assert_eq!(said, r"systemctl status 'mig\x2dset;reboot.service'");
        assert_eq!(word("a'b"), r"'a'\''b'");
    }
}
