//! Pods of a node that do not start, do not end, ask for what they cannot use, or have a device that is ill.

use jiff::SignedDuration;

use super::super::super::cluster::{ContainerFacts, PodDevice, PodFacts};
use super::super::super::fleet::Node;
use super::super::said::{Said, say};
use super::super::{Finding, Severity, phrases};
use super::{labels, list, longer, look, name, short, told};

/// An image of some ten gigabytes is there by then.
const START: SignedDuration = SignedDuration::from_mins(15);

/// What a kubelet may take beyond the deadline that it was given.
const END: SignedDuration = SignedDuration::from_mins(2);

fn on(node: &Node, wanted: impl Fn(&PodFacts) -> bool) -> Vec<&PodFacts> {
    let pods = told(node).into_iter().flat_map(|on_node| &on_node.pods);
    pods.map(|pod| &**pod)
        .filter(|pod| pod.uses_gpus() && wanted(pod))
        .collect()
}

fn here(node: &Node, of: &str) -> String {
    format!(
        "kubectl get pods -A -o wide --field-selector spec.nodeName={}{of}",
        name(node)
    )
}

fn about(
    node: &Node,
    (id, severity): (&str, Severity),
    pods: &[&PodFacts],
    text: Said,
    next: String,
) -> Vec<Finding> {
    if pods.is_empty() {
        return Vec::new();
    }
    vec![
        Finding::new(id, severity, node.name.clone(), text)
            .because(list(pods.iter().copied()))
            .next(next),
    ]
}

/// Bound to this node, and still not started.
pub(in super::super) fn starting(node: &Node) -> Vec<Finding> {
    let pods = on(node, |pod| {
        let old = pod.created.is_some_and(|at| longer(at, node.at, START));
        pod.phase == "Pending" && pod.deleting.is_none() && old
    });
    let text = say!(phrases::STARTING, n = pods.len());
    let next = look(&pods, here(node, ",status.phase=Pending"));
    about(
        node,
        ("pods-not-started", Severity::Caution),
        &pods,
        text,
        next,
    )
}

/// They were to be gone by now, and keep their devices.
pub(in super::super) fn ending(node: &Node) -> Vec<Finding> {
    let pods = on(node, |pod| {
        let late = pod.deleting.is_some_and(|by| longer(by, node.at, END));
        late && !pod.has_ended()
    });
    let text = say!(phrases::ENDING, n = pods.len());
    let next = look(&pods, here(node, ""));
    about(
        node,
        ("pods-not-ended", Severity::Caution),
        &pods,
        text,
        next,
    )
}

/// The kubelet refused them: the device that they were to have was gone.
pub(in super::super) fn refused(node: &Node) -> Vec<Finding> {
    let pods = on(node, |pod| {
        let reason = pod.reason.as_deref().unwrap_or_default();
        pod.phase == "Failed"
            && (reason == "UnexpectedAdmissionError" || reason.starts_with("OutOfnvidia.com/"))
    });
    let text = say!(phrases::REFUSED, n = pods.len());
    let next = look(&pods, here(node, ",status.phase=Failed"));
    about(node, ("pods-refused", Severity::Caution), &pods, text, next)
}

/// A container that asks for several slices: CUDA shows a process the first one only.
pub(in super::super) fn several_slices(node: &Node) -> Vec<Finding> {
    let pods = on(node, |pod| {
        !pod.has_ended() && worst_container(pod).is_some()
    });
    let found = several(&pods, node.name.as_str());
    found.into_iter().collect()
}

/// The finding about those pods, wherever they are.
pub(super) fn several(pods: &[&PodFacts], subject: &str) -> Option<Finding> {
    let (pod, container) = pods
        .iter()
        .find_map(|pod| Some((*pod, worst_container(pod)?)))?;
    let sizes: Vec<&str> = slices(container).map(|(name, _)| short(name)).collect();
    let phrase = if sizes.len() > 1 {
        phrases::TWO_SIZES
    } else {
        phrases::SEVERAL_SLICES
    };
    let pod_name = format!("{}/{}", pod.namespace, pod.name);
    Some(
        Finding::new(
            "several-slices-asked",
            Severity::Caution,
            subject,
            say!(
                phrase,
                pod = pod_name,
                container = &container.name,
                sizes = sizes.join(" + "),
            ),
        )
        .because(list(pods.iter().copied()))
        .next(format!(
            "kubectl -n {} get pod {} -o jsonpath='{{.spec.containers[*].resources.limits}}'",
            pod.namespace, pod.name
        )),
    )
}

/// The first container that asks for more than one slice; one with several sizes before one with several of a size.
pub(super) fn worst_container(pod: &PodFacts) -> Option<&ContainerFacts> {
    let many = |container: &&ContainerFacts| slices(container).map(|(_, n)| n).sum::<u64>() > 1;
    let kinds = |container: &&ContainerFacts| slices(container).count() > 1;
    let mut all = pod.containers.iter();
    all.clone().find(kinds).or_else(|| all.find(many))
}

/// MIG devices that a container asks for, and whole GPUs beside them.
fn slices(container: &ContainerFacts) -> impl Iterator<Item = (&str, u64)> {
    let is_mig = |name: &str| name.starts_with("nvidia.com/mig-");
    let any = container
        .requests
        .iter()
        .any(|(name, n)| is_mig(name) && n > 0);
    let all = container
        .requests
        .iter()
        .map(|(name, n)| (name.as_str(), n));
    all.filter(move |(name, n)| any && *n > 0 && (is_mig(name) || *name == "nvidia.com/gpu"))
}

/// Devices of pods that the kubelet calls ill, or of which it knows nothing any more.
pub(in super::super) fn health(node: &Node) -> Vec<Finding> {
    let Some(on_node) = told(node) else {
        return Vec::new();
    };
    let of = |health: &str| -> Vec<&PodDevice> {
        let all = on_node.devices.iter();
        all.filter(|device| device.health.as_deref() == Some(health))
            .collect()
    };
    let line = |device: &&PodDevice| {
        let pod = on_node.pods.iter().find(|pod| pod.uid == device.pod);
        let pod = pod.map_or_else(|| "?".to_owned(), |p| format!("{}/{}", p.namespace, p.name));
        let (resource, id) = (device.resource.as_str(), device.id.as_str());
        say!(phrases::DEVICE_OF, pod = pod, resource = resource, id = id)
    };
    let mut found = Vec::new();
    let mut add = |severity, devices: Vec<&PodDevice>, phrase: super::super::said::Phrase| {
        if !devices.is_empty() {
            found.push(
                Finding::new(
                    "device-unhealthy",
                    severity,
                    node.name.clone(),
                    say!(phrase, n = devices.len()),
                )
                .because(devices.iter().take(super::SHOWN).map(line))
                .next(format!("kubectl describe node {}", name(node))),
            );
        }
    };
    add(Severity::Danger, of("Unhealthy"), phrases::UNHEALTHY);
    // without its plugin a kubelet knows the health of nothing: while it is paused that is to be expected
    if labels::paused_operands(&on_node.node).is_empty() {
        add(Severity::Caution, of("Unknown"), phrases::HEALTH_UNKNOWN);
    }
    found
}

/// Slices that were made again under a pod which is older: its processes have lost them.
pub(in super::super) fn remade(node: &Node) -> Vec<Finding> {
    let Some(on_node) = told(node) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for gpu in &node.gpus {
        for slot in &gpu.slots {
            let Some(appeared) = slot.instance.appeared else {
                continue;
            };
            for link in &slot.pods {
                let pod = on_node
                    .living()
                    .find(|pod| Some(&pod.uid) == link.uid.as_ref());
                let Some(pod) = pod.filter(|p| p.started.is_some_and(|at| at < appeared)) else {
                    continue;
                };
                if pod.phase != "Running" {
                    continue;
                }
                let pod_name = format!("{}/{}", pod.namespace, pod.name);
                found.push(
                    Finding::new(
                        "slice-newer-than-pod",
                        Severity::Danger,
                        super::super::gi_subject(node, gpu, slot.instance.gi),
                        say!(phrases::REMADE, pod = pod_name, at = appeared),
                    )
                    .because(pod.started.map(|at| say!(phrases::POD_MADE, at = at)))
                    .next(format!(
                        "kubectl -n {} describe pod {}",
                        pod.namespace, pod.name
                    )),
                );
            }
        }
    }
    found
}
