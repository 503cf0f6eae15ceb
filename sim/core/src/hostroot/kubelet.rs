//! What the kubelet and the container runtime leave on a host: the device checkpoint, plugin sockets, pod logs, CDI specs.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use super::time::rfc3339_nanos;
use super::tree::Tree;
use crate::cluster::resources;
use crate::rules::ids::capability_minor;
use crate::scenario::derive;
use crate::scenario::model::{Container, Pod};
use crate::view::View;

const PLUGINS: &str = "var/lib/kubelet/device-plugins";

pub(super) fn write(tree: &mut Tree, view: &View<'_>) {
    let Some(node) = &view.host.node else { return };
    tree.folder("var/lib/kubelet/pod-resources");
    tree.file(format!("{PLUGINS}/kubelet.sock"), "");
    let advertised = resources::advertised(view);
    for resource in advertised.keys() {
        let short = resource.trim_start_matches("nvidia.com/");
        tree.file(format!("{PLUGINS}/nvidia-{short}.sock"), "");
    }
    // a resource that was registered once stays, with no devices
    let mut registered: BTreeMap<&str, &[String]> = node
        .stale_resources
        .iter()
        .map(|r| (r.as_str(), [].as_slice()))
        .collect();
    registered.extend(
        advertised
            .iter()
            .map(|(r, ids)| (r.as_str(), ids.as_slice())),
    );
    tree.file(
        format!("{PLUGINS}/kubelet_internal_checkpoint"),
        checkpoint(view, &registered),
    );
    for pod in &view.host.pods {
        logs(tree, view, pod);
    }
    // no runtime of docker's time knew CDI
    if view.host.library && !view.host.system.runtime.starts_with("docker:") {
        tree.link("var/run", "../run");
        tree.file("run/cdi/nvidia.yaml", cdi(view));
    }
}

/// The device manager's checkpoint as the kubelet writes it (pkg/kubelet/cm/devicemanager/checkpoint).
fn checkpoint(view: &View<'_>, registered: &BTreeMap<&str, &[String]>) -> String {
    let mut entries = Vec::new();
    for pod in &view.host.pods {
        for container in &pod.containers {
            for (resource, ids) in resources::given(view, container) {
                entries.push(json!({
                    "PodUID": derive::pod_uid(pod),
                    "ContainerName": container.name,
                    "ResourceName": resource,
                    // one NUMA node, as the plugin reports no topology for a mixture
                    "DeviceIDs": { "-1": ids },
                    "AllocResp": base64(&allocate_response(&ids)),
                }));
            }
        }
    }
    let body = json!({ "PodDeviceEntries": entries, "RegisteredDevices": registered });
    let checksum = fnv1a(&body);
    json!({ "Data": body, "Checksum": checksum }).to_string()
}

/// A checksum of the kubelet's kind (32-bit FNV-1a), over the JSON: the kubelet hashes a printed Go value, which nothing
/// but Go can reproduce.
fn fnv1a(value: &Value) -> u32 {
    value.to_string().bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// `v1beta1.ContainerAllocateResponse` with one entry of `envs` (field 1, a map of strings).
fn allocate_response(ids: &[String]) -> Vec<u8> {
    let field = |number: u8, bytes: &[u8]| {
        let mut out = vec![number << 3 | 2];
        let mut length = bytes.len();
        while length >= 0x80 {
            out.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        out.push(length as u8);
        out.extend_from_slice(bytes);
        out
    };
    let mut entry = field(1, b"NVIDIA_VISIBLE_DEVICES");
    entry.extend(field(2, ids.join(",").as_bytes()));
    field(1, &entry)
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let three = [
            chunk[0],
            chunk.get(1).copied().unwrap_or(0),
            chunk.get(2).copied().unwrap_or(0),
        ];
        let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        for n in 0..4 {
            if n <= chunk.len() {
                out.push(char::from(ALPHABET[(bits >> (18 - 6 * n) & 0x3f) as usize]));
            } else {
                out.push('=');
            }
        }
    }
    out
}

/// `/var/log/pods/<namespace>_<name>_<uid>/<container>/<restarts>.log` in the runtimes' form.
fn logs(tree: &mut Tree, view: &View<'_>, pod: &Pod) {
    let root = format!(
        "var/log/pods/{}_{}_{}",
        pod.namespace,
        pod.name,
        derive::pod_uid(pod)
    );
    for container in &pod.containers {
        let file = format!("{root}/{}/{}.log", container.name, container.restarts);
        tree.file(file, log(view, pod, container));
    }
}

fn log(view: &View<'_>, pod: &Pod, container: &Container) -> String {
    // one that keeps restarting wrote its lines a moment ago, another at its start
    let age = if container.waiting.is_empty() {
        pod.age_seconds
    } else {
        140
    };
    let mut text = String::new();
    for (n, line) in (0u64..).zip(&container.log) {
        let at = view.before_start(age.saturating_sub(n));
        let _ = writeln!(text, "{} stderr F {line}", rfc3339_nanos(at));
    }
    text
}

/// A CDI specification as `nvidia-ctk cdi generate` writes it, with the devices of now, by index and by UUID.
fn cdi(view: &View<'_>) -> String {
    let mut text = String::from("---\ncdiVersion: 0.5.0\nkind: nvidia.com/gpu\ndevices:\n");
    let mut device = |name: &str, nodes: &[String]| {
        let _ = writeln!(
            text,
            "- name: \"{name}\"\n  containerEdits:\n    deviceNodes:"
        );
        for node in nodes {
            let _ = writeln!(text, "    - path: {node}");
        }
    };
    for gpu in &view.layout.gpus {
        let node = format!("/dev/nvidia{}", gpu.minor);
        if !gpu.mig {
            device(&gpu.index.to_string(), std::slice::from_ref(&node));
            device(&gpu.uuid, &[node]);
            continue;
        }
        for (gi, ci) in View::devices(gpu) {
            let cap = |ci| {
                format!(
                    "/dev/nvidia-caps/nvidia-cap{}",
                    capability_minor(gpu.minor, gi.gi, ci)
                )
            };
            let nodes = [node.clone(), cap(None), cap(Some(ci.ci))];
            device(&format!("{}:{}", gpu.index, ci.index), &nodes);
            device(&ci.uuid, &nodes);
        }
    }
    text.push_str(
        "containerEdits:\n  deviceNodes:\n  - path: /dev/nvidiactl\n  - path: /dev/nvidia-uvm\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_rfc_4648() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
