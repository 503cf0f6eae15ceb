//! Values that a scenario leaves empty, derived from names so that they are the same in every
//! process and unlike everywhere.

use sha1::{Digest, Sha1};

use super::model::{Gpu, Host, Pod};

/// Bus numbers of the GPUs of a DGX A100 in the order of addresses (NVIDIA DGX A100 user guide).
const DGX_A100: [u8; 8] = [0x07, 0x0f, 0x47, 0x4e, 0x87, 0x90, 0xb7, 0xbd];
/// Bus numbers of the GPUs of a DGX H100 (NVIDIA DGX H100 user guide); DGX B200 has the same.
const DGX_H100: [u8; 8] = [0x1b, 0x43, 0x52, 0x61, 0x9d, 0xc3, 0xd1, 0xdf];
/// Bus numbers of a plausible two-socket server with PCIe boards.
const SERVER: [u8; 8] = [0x17, 0x31, 0x4b, 0x65, 0xb1, 0xca, 0xe3, 0xf1];

/// UUID of GPU `i`, `GPU-` and 36 characters: the scenario's, or one that looks like version 4.
pub fn gpu_uuid(host: &Host, i: usize) -> String {
    let given = gpu(host, i).map_or("", |g| g.uuid.as_str());
    if given.is_empty() {
        format!("GPU-{}", uuid(&["gpu", &host.name, &i.to_string()]))
    } else if given.starts_with("GPU-") {
        given.to_owned()
    } else {
        format!("GPU-{given}")
    }
}

/// Board serial of GPU `i`: 13 digits.
pub fn serial(host: &Host, i: usize) -> String {
    let given = gpu(host, i).map_or("", |g| g.serial.as_str());
    if !given.is_empty() {
        return given.to_owned();
    }
    let bytes = digest(&["serial", &host.name, &i.to_string()]);
    let number = bytes[..8].iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
    format!("16{:011}", number % 100_000_000_000)
}

/// PCI address of GPU `i` in the form of sysfs, `0000:07:00.0`.
pub fn pci(host: &Host, i: usize) -> String {
    let given = gpu(host, i).map_or("", |g| g.pci.as_str());
    if !given.is_empty() {
        return given.to_owned();
    }
    let buses = if host.board.starts_with("a100") {
        DGX_A100
    } else if ["h100", "h200", "h20", "b200", "b300"]
        .iter()
        .any(|b| host.board.starts_with(b))
    {
        DGX_H100
    } else {
        SERVER
    };
    match buses.get(i) {
        Some(bus) => format!("0000:{bus:02x}:00.0"),
        // a second segment of the same server
        None => format!("0001:{:02x}:00.0", (i - buses.len() + 1) & 0xff),
    }
}

/// Minor of GPU `i`: the number in `/dev/nvidia<minor>`.
pub fn minor(host: &Host, i: usize) -> u32 {
    gpu(host, i)
        .and_then(|g| g.minor)
        .unwrap_or_else(|| u32::try_from(i).unwrap_or(u32::MAX))
}

/// Boot id of the host, as in `/proc/sys/kernel/random/boot_id`.
pub fn boot_id(host: &Host) -> String {
    uuid(&["boot", &host.name])
}

/// Machine id of the host, as in `/etc/machine-id`: 32 hex digits.
pub fn machine_id(host: &Host) -> String {
    hex(&digest(&["machine", &host.name])[..16])
}

/// UID of the node object, and the host's system UUID.
pub fn node_uid(host: &Host) -> String {
    uuid(&["node", &host.name])
}

/// UID of the object `Kind/name` that owns pods in a namespace.
pub fn owner_uid(namespace: &str, owner: &str) -> String {
    uuid(&["owner", namespace, owner])
}

/// UID of a pod.
pub fn pod_uid(pod: &Pod) -> String {
    if pod.uid.is_empty() {
        uuid(&["pod", &pod.namespace, &pod.name])
    } else {
        pod.uid.clone()
    }
}

/// Id of a container of a pod: 64 hex digits.
pub fn container_id(pod: &Pod, container: &str) -> String {
    let uid = pod_uid(pod);
    let mut id = hex(&digest(&["container", &uid, container]));
    id.push_str(&hex(
        &digest(&["container, second part", &uid, container])[..12]
    ));
    id
}

/// A stable number below `n` for a name, for choices such as an address.
pub(crate) fn pick(parts: &[&str], n: u32) -> u32 {
    let bytes = digest(parts);
    u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) % n.max(1)
}

fn gpu(host: &Host, i: usize) -> Option<&Gpu> {
    host.gpus.get(i)
}

fn digest(parts: &[&str]) -> [u8; 20] {
    let mut hash = Sha1::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// UID of an object by what it is and its names.
pub(crate) fn uid(parts: &[&str]) -> String {
    uuid(parts)
}

fn uuid(parts: &[&str]) -> String {
    let mut bytes = digest(parts);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let text = hex(&bytes[..16]);
    format!(
        "{}-{}-{}-{}-{}",
        &text[..8],
        &text[8..12],
        &text[12..16],
        &text[16..20],
        &text[20..]
    )
}
