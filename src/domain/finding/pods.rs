//! Pods, and what the kubelet and the API server say of devices.

use std::collections::BTreeMap;

use super::super::fleet::{Gpu, Node, PodLink, Slot, SlotState};
use super::super::gpu::{ComputeInstance, GpuInstance};
use super::super::owner::OwnerKind;
use super::super::reading::{AbsentCode, Reading};
use super::super::text::Text;
use super::said::{Fact, Said, say};
use super::{Finding, Severity, gi_subject, phrases, subject};

/// `namespace/name`, or what is known of a pod.
pub(super) fn pod_name(link: &PodLink) -> Said {
    match (&link.namespace, &link.name, &link.uid) {
        (Some(namespace), Some(name), _) => {
            say!(phrases::POD, name = format!("{namespace}/{name}"))
        }
        (_, Some(name), _) => say!(phrases::POD, name = name),
        (_, None, Some(uid)) => say!(phrases::POD_UID, uid = uid.to_string()),
        (_, None, None) => say!(phrases::POD_NAMELESS),
    }
}

/// Devices that a container was given, whoever says so.
struct Held {
    link: PodLink,
    resource: Text,
    devices: Vec<Text>,
}

impl Held {
    fn whose(&self) -> Said {
        match &self.link.container {
            Some(container) => say!(
                phrases::POD_CONTAINER,
                pod = pod_name(&self.link),
                container = container
            ),
            None => pod_name(&self.link),
        }
    }

    fn next(&self, finding: Finding) -> Finding {
        match (&self.link.namespace, &self.link.name) {
            (Some(namespace), Some(pod)) => {
                finding.next(format!("kubectl -n {namespace} get pod {pod} -o wide"))
            }
            _ => finding,
        }
    }
}

/// What the kubelet gave, and what the API server says that it gave, where the kubelet itself does not.
fn held(node: &Node) -> Vec<Held> {
    let local = node.allocations.value().into_iter().flatten();
    let local = local.map(|allocation| Held {
        link: PodLink {
            namespace: allocation.namespace.clone(),
            name: allocation.pod.clone(),
            uid: allocation.pod_uid.clone(),
            container: Some(allocation.container.clone()),
            ci: None,
            evidence: Vec::new(),
        },
        resource: allocation.resource.clone(),
        devices: allocation.devices.clone(),
    });
    let mut all: Vec<Held> = local.collect();
    let on_node = node.cluster.value();
    for device in on_node.into_iter().flat_map(|on_node| &on_node.devices) {
        if all.iter().any(|held| held.devices.contains(&device.id)) {
            continue;
        }
        let mut pods = on_node.into_iter().flat_map(|on_node| &on_node.pods);
        let pod = pods.find(|pod| pod.uid == device.pod);
        all.push(Held {
            link: PodLink {
                namespace: pod.map(|pod| pod.namespace.clone()),
                name: pod.map(|pod| pod.name.clone()),
                uid: Some(device.pod.clone()),
                container: device.container.clone(),
                ci: None,
                evidence: Vec::new(),
            },
            resource: device.resource.clone(),
            devices: vec![device.id.clone()],
        });
    }
    all
}

/// The `<g>g.<gb>gb` in a profile or resource name: attributes are spelled differently in the two.
fn core(name: &str) -> Option<&str> {
    let name = name.rsplit("mig-").next()?;
    let end = name.find("gb")? + 2;
    let core = &name[..end];
    // a compute instance's own prefix is not part of its GPU instance's profile
    Some(match core.split_once("c.") {
        Some((cis, rest)) if cis.bytes().all(|b| b.is_ascii_digit()) => rest,
        _ => core,
    })
}

/// Whether a resource such as `nvidia.com/mig-1g.5gb` names another profile than `profile`. A resource that names none
/// (`nvidia.com/gpu` of strategy single) never does.
pub fn names_other_profile(resource: &str, profile: &str) -> bool {
    let in_resource = resource.contains("/mig-").then(|| core(resource)).flatten();
    match (in_resource, core(profile)) {
        (Some(resource), Some(profile)) => resource != profile,
        _ => false,
    }
}

fn instances(node: &Node) -> impl Iterator<Item = (&Gpu, &GpuInstance, &ComputeInstance)> {
    node.gpus.iter().flat_map(|gpu| {
        gpu.slots.iter().flat_map(move |slot| {
            let instance = &slot.instance;
            instance.cis.iter().map(move |ci| (gpu, &**instance, ci))
        })
    })
}

/// A pod holds the UUID of an instance that has been made again with another profile.
pub(super) fn other_profile(node: &Node) -> Vec<Finding> {
    let mut found = Vec::new();
    for held in held(node) {
        for (gpu, instance, ci) in instances(node) {
            let (Some(uuid), Some(profile)) = (ci.uuid.value(), instance.profile.value()) else {
                continue;
            };
            let named = held.devices.iter().any(|d| d.as_str() == uuid.as_str());
            if !named || !names_other_profile(&held.resource, profile) {
                continue;
            }
            let finding = Finding::new(
                "uuid-on-other-profile",
                Severity::Danger,
                gi_subject(node, gpu, instance.gi),
                say!(
                    phrases::OTHER_PROFILE,
                    pod = held.whose(),
                    resource = &held.resource,
                    profile = profile.as_str(),
                ),
            )
            .because([Said::foreign(uuid.to_string())]);
            found.push(held.next(finding));
        }
    }
    found
}

/// A pod holds a device that NVML does not list. Said only when every GPU has told all its devices.
pub(super) fn unknown_device(node: &Node) -> Vec<Finding> {
    let told = !node.gpus.is_empty()
        && node.gpus.iter().all(|gpu| {
            gpu.inventory.value().is_some_and(|inventory| {
                let all_named = |list: &Vec<GpuInstance>| {
                    list.iter()
                        .flat_map(|gi| &gi.cis)
                        .all(|ci| ci.uuid.value().is_some())
                };
                inventory.instances.value().is_some_and(all_named) || gpu.whole.is_some()
            })
        });
    if !told {
        return Vec::new();
    }
    let mut known: Vec<String> = instances(node)
        .filter_map(|(_, _, ci)| ci.uuid.value().map(ToString::to_string))
        .collect();
    for gpu in &node.gpus {
        known.extend(gpu.uuid().map(ToString::to_string));
        for slot in &gpu.slots {
            known.extend(old_names(gpu, slot));
        }
    }
    let mut found = Vec::new();
    for held in held(node) {
        let nvidia = |d: &str| d.starts_with("MIG-") || d.starts_with("GPU-");
        let gone: Vec<_> = held
            .devices
            .iter()
            .filter(|device| nvidia(device) && !known.iter().any(|k| k == device.as_str()))
            .cloned()
            .collect();
        if gone.is_empty() {
            continue;
        }
        let finding = Finding::new(
            "uuid-unknown",
            Severity::Danger,
            node.name.clone(),
            say!(
                if gone.len() == 1 {
                    phrases::GONE_ONE
                } else {
                    phrases::GONE
                },
                pod = held.whose(),
            ),
        )
        .because(gone.into_iter().map(Said::foreign));
        found.push(held.next(finding));
    }
    found
}

/// Names of MIG devices before R470.
fn old_names(gpu: &Gpu, slot: &Slot) -> Vec<String> {
    let Some(uuid) = gpu.uuid() else {
        return Vec::new();
    };
    let gi = slot.instance.gi;
    let name = |ci: &ComputeInstance| format!("MIG-{uuid}/{gi}/{}", ci.ci);
    slot.instance.cis.iter().map(name).collect()
}

/// The kubelet is there and what it gave to whom cannot be read: a slice that looks free may be given away.
pub(super) fn unreadable(node: &Node) -> Vec<Finding> {
    match &node.allocations {
        Reading::Absent(why) if !matches!(why.code, AbsentCode::NoSource | AbsentCode::NotYet) => {
            vec![
                Finding::new(
                    "kubelet-unreadable",
                    Severity::Caution,
                    node.name.clone(),
                    say!(phrases::KUBELET),
                )
                .because([Said::foreign(why.text.clone())])
                .next("sudo ls -l /var/lib/kubelet/pod-resources /var/lib/kubelet/device-plugins"),
            ]
        }
        _ => Vec::new(),
    }
}

/// Each instance of a GPU, or the GPU that is used as one piece, with the pods that have it.
fn users<'a>(node: &'a Node, gpu: &'a Gpu) -> impl Iterator<Item = (String, &'a Vec<PodLink>)> {
    let slots = gpu
        .slots
        .iter()
        .map(move |slot| (gi_subject(node, gpu, slot.instance.gi), &slot.pods));
    let whole = gpu
        .whole
        .iter()
        .map(move |whole| (super::gpu_subject(node, gpu), &whole.pods));
    slots.chain(whole)
}

/// Sources that tell different things of one instance.
pub(super) fn contradictions(node: &Node) -> Vec<Finding> {
    // what a DRA driver gives out is in no list of the device plugins'
    if node.allocations.value().is_none() || node.owner.kind == OwnerKind::DraDriver {
        return Vec::new();
    }
    let mut found = Vec::new();
    for gpu in &node.gpus {
        for (subject, pods) in users(node, gpu) {
            let uninvited = pods
                .iter()
                .filter(|pod| pod.evidence.iter().all(|evidence| *evidence == "cgroup"));
            for pod in uninvited {
                let given: Vec<_> = pods
                    .iter()
                    .filter(|other| *other != pod)
                    .map(|other| say!(phrases::GIVEN_TO, pod = pod_name(other)))
                    .collect();
                found.push(
                    Finding::new(
                        "pod-without-allocation",
                        Severity::Caution,
                        subject.clone(),
                        say!(phrases::UNINVITED, pod = pod_name(pod)),
                    )
                    .because(given)
                    .next(look(node, pod)),
                );
            }
        }
    }
    found
}

/// The API server and the kubelet say that an instance is different pods'. A device that is shared is several pods' by
/// right.
pub(super) fn disagreement(node: &Node) -> Vec<Finding> {
    let Reading::Value(on_node) = &node.cluster else {
        return Vec::new();
    };
    let is_shared = |pod: &PodLink| {
        let mut devices = on_node.devices.iter();
        devices.any(|d| d.replica.is_some() && Some(&d.pod) == pod.uid.as_ref())
    };
    let told_by = |pod: &PodLink, sources: [&str; 2]| {
        let known = |evidence: &Text| sources.contains(&evidence.as_str());
        pod.evidence.iter().any(known)
    };
    let api = |pod: &PodLink| told_by(pod, ["resource-claim", "pod-status"]);
    let kubelet = |pod: &PodLink| told_by(pod, ["pod-resources", "checkpoint"]);
    let mut found = Vec::new();
    for gpu in &node.gpus {
        for (subject, pods) in users(node, gpu) {
            let there = pods.iter().find(|pod| api(pod) && !kubelet(pod));
            let here = pods.iter().find(|pod| kubelet(pod) && !api(pod));
            let (Some(there), Some(here)) = (there, here) else {
                continue;
            };
            // parts of one instance may be different pods'
            let apart = there.ci.is_some() && here.ci.is_some() && there.ci != here.ci;
            if apart || is_shared(there) {
                continue;
            }
            found.push(
                Finding::new(
                    "pods-disagree",
                    Severity::Caution,
                    subject,
                    say!(
                        phrases::DISAGREE,
                        there = pod_name(there),
                        here = pod_name(here)
                    ),
                )
                .because(pods.iter().map(|pod| {
                    let evidence: Vec<&str> = pod.evidence.iter().map(Text::as_str).collect();
                    say!(
                        phrases::KNOWN_BY,
                        pod = pod_name(pod),
                        how = evidence.join(", ")
                    )
                }))
                .next(describe(node)),
            );
        }
    }
    found
}

/// An exporter's labels name another pod than the one that a device was given to: they are as old as its last round, or
/// its host's kubelet tells it nothing any more.
pub(super) fn exporters(node: &Node) -> Vec<Finding> {
    let told_by = |pod: &PodLink, sources: &[&str]| {
        let mut all = pod.evidence.iter();
        all.any(|evidence| sources.contains(&evidence.as_str()))
    };
    let given = |pod: &PodLink| {
        told_by(
            pod,
            &[
                "resource-claim",
                "pod-status",
                "pod-resources",
                "checkpoint",
            ],
        )
    };
    let exported = |pod: &PodLink| told_by(pod, &["dcgm", "prometheus"]) && !given(pod);
    let mut found = Vec::new();
    for gpu in &node.gpus {
        for slot in &gpu.slots {
            let there = slot.pods.iter().find(|pod| exported(pod));
            let here = slot.pods.iter().find(|pod| given(pod));
            let (Some(there), Some(here)) = (there, here) else {
                continue;
            };
            found.push(
                Finding::new(
                    "exporter-disagrees",
                    Severity::Caution,
                    gi_subject(node, gpu, slot.instance.gi),
                    say!(
                        phrases::EXPORTER_DISAGREES,
                        there = pod_name(there),
                        here = pod_name(here)
                    ),
                )
                .next(all_pods(node)),
            );
        }
    }
    found
}

/// Slices that are given to pods on which nothing runs: said of the one, of its GPU, or of the GPUs that have them.
pub(super) fn idle(node: &Node) -> Vec<Finding> {
    let mut lines = Vec::new();
    let mut on: Vec<&Gpu> = Vec::new();
    let mut last = None;
    let mut idle: Vec<&[PodLink]> = Vec::new();
    // that nothing runs can be said only where it was looked
    let looked = |gpu: &&Gpu| gpu.processes.value().is_some();
    for gpu in node.gpus.iter().filter(looked) {
        let before = lines.len();
        for slot in gpu.slots.iter().filter(|s| s.state == SlotState::Allocated) {
            let profile = slot.instance.profile.value();
            let profile = profile.map_or("", |profile| profile.as_str());
            let pods: Vec<_> = slot.pods.iter().map(pod_name).collect();
            lines.push(say!(
                phrases::IDLE_GI,
                gpu = gpu.index,
                gi = slot.instance.gi.to_string(),
                profile = profile,
                pods = Fact::Several(pods, ", ".into()),
            ));
            last = Some(slot.instance.gi);
            idle.push(&slot.pods);
        }
        if let Some(whole) = &gpu.whole
            && whole.state == SlotState::Allocated
        {
            idle.push(&whole.pods);
            let pods: Vec<_> = whole.pods.iter().map(pod_name).collect();
            let pods = Fact::Several(pods, ", ".into());
            lines.push(say!(phrases::IDLE_GPU, gpu = gpu.index, pods = pods));
        }
        if lines.len() > before {
            on.push(gpu);
        }
    }
    let text = match lines.len() {
        0 => return Vec::new(),
        1 => say!(phrases::IDLE_ONE),
        n => say!(phrases::IDLE, n = n),
    };
    let of = match (on.as_slice(), lines.len(), last) {
        ([gpu], 1, Some(gi)) => subject::gi(node, gpu, gi),
        (gpus, _, _) => subject::gpus(node, gpus),
    };
    let mut pods = idle.iter().flat_map(|pods| pods.iter());
    let next = match (pods.next(), pods.next()) {
        (Some(pod), None) => look(node, pod),
        _ => all_pods(node),
    };
    vec![
        Finding::new("allocated-idle", Severity::Info, of, text)
            .because(lines)
            .next(next),
    ]
}

/// What the node advertises differs from what is there. Silent unless every GPU has told and the strategy is known.
pub(super) fn drift(node: &Node) -> Vec<Finding> {
    let Reading::Value(on_node) = &node.cluster else {
        return Vec::new();
    };
    let facts = &on_node.node;
    let label = |key: &str| {
        facts
            .labels
            .iter()
            .find(|(name, _)| name.as_str() == key)
            .map(|(_, value)| value.as_str())
    };
    let shared = label("nvidia.com/gpu.replicas").is_some_and(|n| n != "0" && n != "1");
    let Some(strategy) = label("nvidia.com/mig.strategy").filter(|_| !shared) else {
        return Vec::new();
    };
    let Some(there) = resources(node, strategy) else {
        return Vec::new();
    };
    let partial = partial_devices(node);
    let advertised = &facts.allocatable;
    let count = |resource: &str| {
        advertised
            .iter()
            .find(|(name, _)| name.as_str() == resource)
            .map_or(0, |(_, count)| *count)
    };
    if !partial.is_empty() && advertised.values().all(|n| *n == 0) {
        return vec![
            Finding::new(
                "plugin-drift",
                Severity::Danger,
                node.name.clone(),
                say!(phrases::DRIFT_STOPPED),
            )
            .because(partial.into_iter().map(Said::foreign))
            .next(describe(node)),
        ];
    }
    let mut lines: Vec<_> = there
        .iter()
        .filter(|(resource, n)| count(resource) != **n)
        .map(|(resource, n)| {
            say!(
                phrases::ADVERTISED,
                resource = resource.as_str(),
                there = *n,
                advertised = count(resource),
            )
        })
        .collect();
    lines.extend(
        advertised
            .iter()
            .filter(|(name, n)| **n > 0 && is_device(name) && !there.contains_key(name.as_str()))
            .map(|(name, n)| say!(phrases::ADVERTISED_NONE, resource = name, advertised = *n)),
    );
    if lines.is_empty() {
        return Vec::new();
    }
    vec![
        Finding::new(
            "plugin-drift",
            Severity::Caution,
            node.name.clone(),
            say!(phrases::DRIFT),
        )
        .because(lines)
        .next(describe(node)),
    ]
}

fn describe(node: &Node) -> String {
    format!("kubectl describe node {}", kubernetes_name(node))
}

/// How to see what a pod does; where it has no name, all pods of the node.
fn look(node: &Node, pod: &PodLink) -> String {
    match (&pod.namespace, &pod.name) {
        (Some(namespace), Some(name)) => format!("kubectl -n {namespace} describe pod {name}"),
        _ => all_pods(node),
    }
}

fn all_pods(node: &Node) -> String {
    let name = kubernetes_name(node);
    format!("kubectl get pods -A -o wide --field-selector spec.nodeName={name}")
}

fn kubernetes_name(node: &Node) -> &Text {
    let told = node.cluster.value();
    told.and_then(|on_node| on_node.node.name.as_ref())
        .unwrap_or(&node.name)
}

fn is_device(resource: &str) -> bool {
    resource == "nvidia.com/gpu" || resource.starts_with("nvidia.com/mig-")
}

/// Whether there are devices with which the device plugin does not start.
pub(super) fn stops_plugin(node: &Node) -> bool {
    !partial_devices(node).is_empty()
}

/// Devices with a compute instance smaller than its GPU instance, which no strategy can advertise.
fn partial_devices(node: &Node) -> Vec<String> {
    instances(node)
        .filter(|(_, _, ci)| {
            ci.name
                .value()
                .and_then(|name| name.split_once("c."))
                .is_some_and(|(n, _)| n.bytes().all(|b| b.is_ascii_digit()))
        })
        .map(|(gpu, instance, ci)| {
            let name = ci.name.value().map_or("", |name| name.as_str());
            format!("GPU {} gi {} ci {} {name}", gpu.index, instance.gi, ci.ci)
        })
        .collect()
}

/// What the device plugin would advertise under a strategy; `None` where that cannot be told.
fn resources(node: &Node, strategy: &str) -> Option<BTreeMap<String, u64>> {
    let mut there = BTreeMap::new();
    for gpu in &node.gpus {
        gpu.inventory.value()?.instances.value()?;
        if gpu.whole.is_some() || strategy == "none" {
            *there.entry("nvidia.com/gpu".to_owned()).or_default() += 1;
            continue;
        }
        for slot in &gpu.slots {
            for ci in &slot.instance.cis {
                let resource = match strategy {
                    "single" => "nvidia.com/gpu".to_owned(),
                    "mixed" => {
                        format!("nvidia.com/mig-{}", ci.name.value()?.replace('+', "."))
                    }
                    _ => return None,
                };
                *there.entry(resource).or_default() += 1;
            }
        }
    }
    (!node.gpus.is_empty()).then_some(there)
}
