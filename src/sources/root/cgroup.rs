//! Which unit, container and pod a process belongs to, read from `/proc/<pid>/cgroup`.
//!
//! The file has one line `0::PATH` with cgroup v2 and many `N:controllers:PATH` with v1; the paths have the same form.
//! Forms seen in the field: Kubernetes with the systemd and the cgroupfs driver under containerd, CRI-O and docker,
//! containerd with mixed settings (`...slice:cri-containerd:<id>`), nested nodes with a prefix, and paths seen from
//! another cgroup namespace (`/../..`), which may lack the pod.

use crate::domain::ids::{ContainerId, ObjectUid};
use crate::domain::text::Text;

/// Length of a container id: 32 bytes in hexadecimal digits.
const CONTAINER_DIGITS: usize = 64;

/// Where a process belongs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Innermost systemd service or scope, for a process outside containers.
    pub unit: Option<Text>,
    /// The container.
    pub container: Option<ContainerId>,
    /// The pod's UID with dashes; for a static pod the 32 digits of `kubernetes.io/config.hash`.
    pub pod: Option<ObjectUid>,
}

impl Place {
    /// Reads the text of a `cgroup` file.
    pub fn parse(text: &str) -> Self {
        let mut best = Self::default();
        for line in text.lines() {
            let Some(path) = line.splitn(3, ':').nth(2) else {
                continue;
            };
            let place = Self::of_path(path);
            if place.rank() > best.rank() {
                best = place;
            }
        }
        best
    }

    /// With cgroup v1 the hierarchies can differ; the one that says most is right.
    fn rank(&self) -> u8 {
        match (&self.pod, &self.container, &self.unit) {
            (Some(_), Some(_), _) => 4,
            (Some(_), None, _) => 3,
            (None, Some(_), _) => 2,
            (None, None, Some(_)) => 1,
            (None, None, None) => 0,
        }
    }

    fn of_path(path: &str) -> Self {
        // containerd with mixed settings puts `slice:runtime:id` into one segment
        let segments: Vec<&str> = path.split(['/', ':']).collect();
        let pod_at = segments.iter().rposition(|s| pod_uid(s).is_some());
        let pod = pod_at.and_then(|at| pod_uid(segments[at]));
        let container = match pod_at {
            // what is nested deeper (docker in a pod) is not what the kubelet calls the container
            Some(at) => segments[at + 1..].iter().find_map(|s| container_id(s)),
            None => segments.iter().rev().find_map(|s| container_id(s)),
        };
        let unit = if pod.is_none() && container.is_none() {
            segments
                .iter()
                .rev()
                .find(|s| s.ends_with(".service") || s.ends_with(".scope"))
                .map(|s| Text::from(*s))
        } else {
            None
        };
        Self {
            unit,
            container: container.map(ContainerId::new),
            pod: pod.map(|uid| ObjectUid::new(&uid)),
        }
    }
}

/// The UID in `pod<uid>`, `kubepods-pod<uid>.slice` or `kubepods-burstable-pod<uid>.slice`.
fn pod_uid(segment: &str) -> Option<String> {
    let body = segment.strip_suffix(".slice").unwrap_or(segment);
    let at = body.rfind("pod")?;
    if at > 0 && body.as_bytes()[at - 1] != b'-' {
        return None;
    }
    let uid = body[at + 3..].replace('_', "-");
    let digits = uid.chars().filter(|c| *c != '-').count();
    let well_formed = uid.chars().all(|c| c == '-' || is_digit(c))
        && digits == 32
        && (uid.len() == 32 || dashes(&uid) == [8, 13, 18, 23]);
    well_formed.then_some(uid)
}

fn dashes(uid: &str) -> Vec<usize> {
    uid.match_indices('-').map(|(at, _)| at).collect()
}

/// The id in `<id>`, `cri-containerd-<id>.scope`, `crio-<id>.scope`, `docker-<id>.scope`, `libpod-<id>.scope`.
///
/// `crio-conmon-<id>` is the container's monitor, which runs outside of it.
fn container_id(segment: &str) -> Option<&str> {
    let body = segment.strip_suffix(".scope").unwrap_or(segment);
    let (runtime, id) = body.rsplit_once('-').unwrap_or(("", body));
    let is_id = id.len() == CONTAINER_DIGITS && id.chars().all(is_digit);
    (is_id && !runtime.ends_with("conmon")).then_some(id)
}

fn is_digit(c: char) -> bool {
    matches!(c, '0'..='9' | 'a'..='f')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "4f1c2a9b8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a";
    const UID: &str = "2b7669e8-6828-4310-9a1f-0eaad6933466";

    fn place(template: &str) -> (Option<String>, Option<String>, Option<String>) {
        let text = template
            .replace("{id}", ID)
            .replace("{uid_}", &UID.replace('-', "_"))
            .replace("{uid}", UID);
        let place = Place::parse(&text);
        (
            place.pod.map(|p| p.as_str().to_owned()),
            place.container.map(|c| c.as_str().to_owned()),
            place.unit.map(|u| u.as_str().to_owned()),
        )
    }

    #[test]
    fn every_form_of_a_pods_cgroup_names_pod_and_container() {
        for template in [
            "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{uid_}.slice/cri-containerd-{id}.scope",
            "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{uid_}.slice/crio-{id}.scope",
            "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{uid_}.slice/crio-{id}.scope/container",
            "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{uid_}.slice/docker-{id}.scope",
            "1:name=systemd:/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{uid}.slice/docker-{id}.scope",
            "0::/kubepods.slice/kubepods-pod{uid_}.slice/cri-containerd-{id}.scope",
            "4:memory:/kubepods/burstable/pod{uid}/{id}\n1:name=systemd:/kubepods/burstable/pod{uid}/{id}",
            "0::/kubepods/pod{uid}/{id}",
            "0::/system.slice/containerd.service/kubepods-besteffort-pod{uid_}.slice:cri-containerd:{id}",
            "0::/docker/aaaa2a9b8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a/kubepods/burstable/pod{uid}/{id}",
            "0::/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod{uid_}.slice/cri-containerd-{id}.scope",
            "0::/../../../burstable/pod{uid}/{id}",
            "12:pids:/user.slice\n11:devices:/kubepods/besteffort/pod{uid}/{id}\n0::/system.slice/x.service",
            "0::/kubepods/burstable/pod{uid}/{id}/docker/bbbb2a9b8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a",
        ] {
            assert_eq!(
                place(template),
                (Some(UID.to_owned()), Some(ID.to_owned()), None),
                "{template}"
            );
        }
    }

    #[test]
    fn a_static_pods_hash_is_kept_as_it_is() {
        let (pod, container, _) =
            place("0::/kubepods/burstable/pod2732ca68f6358eba7703fb6f82a25c94/{id}");
        assert_eq!(pod.as_deref(), Some("2732ca68f6358eba7703fb6f82a25c94"));
        assert_eq!(container.as_deref(), Some(ID));
    }

    #[test]
    fn from_another_cgroup_namespace_the_container_may_be_all_there_is() {
        assert_eq!(
            place("0::/../crio-{id}.scope"),
            (None, Some(ID.to_owned()), None)
        );
        assert_eq!(
            place("0::/system.slice/docker-{id}.scope"),
            (None, Some(ID.to_owned()), None)
        );
    }

    #[test]
    fn a_containers_monitor_is_not_in_the_container() {
        let (pod, container, _) = place(
            "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{uid_}.slice/crio-conmon-{id}.scope",
        );
        assert_eq!((pod.as_deref(), container), (Some(UID), None));
        // nor is the node's own container the pod's
        let (pod, container, _) = place("0::/docker/{id}/kubepods/burstable/pod{uid}");
        assert_eq!((pod.as_deref(), container), (Some(UID), None));
    }

    #[test]
    fn outside_containers_the_innermost_unit_counts() {
        for (text, unit) in [
            (
                "0::/system.slice/nvidia-dcgm.service",
                "nvidia-dcgm.service",
            ),
            (
                "0::/user.slice/user-1042.slice/session-3.scope",
                "session-3.scope",
            ),
            (
                "0::/user.slice/user-1042.slice/user@1042.service/app.slice/jupyter.service",
                "jupyter.service",
            ),
            (
                "11:memory:/system.slice\n1:name=systemd:/system.slice/slurmd.service\n0::/",
                "slurmd.service",
            ),
        ] {
            assert_eq!(place(text), (None, None, Some(unit.to_owned())), "{text}");
        }
        assert_eq!(place("0::/"), (None, None, None));
        assert_eq!(place(""), (None, None, None));
        assert_eq!(place("garbage\u{0}\n::"), (None, None, None));
    }

    #[test]
    fn what_only_looks_like_a_pod_is_none() {
        for text in [
            "0::/tripod2732ca68f6358eba7703fb6f82a25c94/x",
            "0::/kubepods.slice",
            "0::/pod2732ca68/x",
            "0::/podABCDEF",
        ] {
            assert_eq!(place(text).0, None, "{text}");
        }
    }
}
