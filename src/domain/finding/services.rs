//! Services and the files that containers are started by.

use std::collections::BTreeSet;

use super::super::fleet::Node;
use super::super::reading::AbsentCode;
use super::super::service::{CdiSpec, Service, ServiceKind};
use super::said::say;
use super::{Finding, Severity, phrases};

/// Fabric manager on hosts that need it: CUDA does not start without it, and mode changes and resets need it.
///
/// A host with NVSwitches is told by what NVML shows: eight or more Ampere or Hopper GPUs with NVLinks. Boards of four
/// are wired directly, later generations and racks have other services.
pub(super) fn fabric_manager(node: &Node) -> Vec<Finding> {
    let looked = !matches!(node.cdi.reason(), Some(why) if why.code == AbsentCode::NotYet);
    if !looked || !has_nvswitches(node) {
        return Vec::new();
    }
    let unit = node
        .services
        .iter()
        .find(|service| service.kind == ServiceKind::FabricManager);
    let finding = match unit {
        None => Some(
            Finding::new(
                "fabric-manager",
                Severity::Danger,
                node.name.clone(),
                say!(phrases::FM_NONE),
            )
            .next("systemctl list-unit-files 'nvidia*'"),
        ),
        Some(unit) if unit.active.value() == Some(&false) => Some(
            Finding::new(
                "fabric-manager",
                Severity::Danger,
                node.name.clone(),
                say!(phrases::FM_STOPPED, unit = &unit.unit),
            )
            .next(format!("systemctl status {}", unit.unit)),
        ),
        Some(unit) => other_version(node, unit),
    };
    finding.into_iter().collect()
}

fn other_version(node: &Node, unit: &Service) -> Option<Finding> {
    let driver = node.driver.value()?.version.value()?;
    let version = unit.version.as_ref().filter(|version| *version != driver)?;
    Some(
        Finding::new(
            "fabric-manager",
            Severity::Danger,
            node.name.clone(),
            say!(phrases::FM_VERSION, version = version, driver = driver),
        )
        .next(format!("journalctl -b -u {}", unit.unit)),
    )
}

fn has_nvswitches(node: &Node) -> bool {
    let linked = node.gpus.iter().filter(|gpu| {
        let old = gpu
            .inventory
            .value()
            .and_then(|i| i.identity.architecture.value())
            .is_some_and(|name| *name == "ampere" || *name == "hopper");
        let links = gpu.slow.as_ref().and_then(|slow| slow.nvlinks.value());
        old && links.is_some_and(|links| !links.is_empty())
    });
    linked.count() >= 8
}

/// CDI specs that name devices that are no more, or lack some that are.
pub(super) fn cdi(node: &Node) -> Vec<Finding> {
    let Some(present) = Present::of(node) else {
        return Vec::new();
    };
    node.cdi
        .value()
        .into_iter()
        .flatten()
        .filter_map(|spec| stale(node, spec, &present))
        .collect()
}

/// MIG devices that are there now, by UUID and by `<GPU>:<device>`, the two ways that specs name them.
struct Present {
    uuids: BTreeSet<String>,
    indexes: BTreeSet<String>,
}

impl Present {
    /// `None` unless every GPU has told: a device cannot be called gone because its GPU is silent.
    fn of(node: &Node) -> Option<Self> {
        let mut present = Self {
            uuids: BTreeSet::new(),
            indexes: BTreeSet::new(),
        };
        for gpu in &node.gpus {
            let inventory = gpu.inventory.value()?;
            if !inventory.mig.value().is_some_and(|mode| mode.current) {
                continue;
            }
            for ci in inventory.instances.value()?.iter().flat_map(|gi| &gi.cis) {
                present.uuids.insert(ci.uuid.value()?.to_string());
                let index = ci.device_index.value()?;
                present.indexes.insert(format!("{}:{index}", gpu.index));
            }
        }
        (!node.gpus.is_empty()).then_some(present)
    }
}

fn stale(node: &Node, spec: &CdiSpec, present: &Present) -> Option<Finding> {
    let is_index = |name: &str| {
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        name.split_once(':')
            .is_some_and(|(gpu, device)| digits(gpu) && digits(device))
    };
    let is_uuid = |name: &str| name.starts_with("MIG-");
    let names = |fits: &dyn Fn(&str) -> bool| -> BTreeSet<String> {
        let fitting = spec.devices.iter().filter(|name| fits(name));
        fitting.map(ToString::to_string).collect()
    };
    let (by_uuid, by_index) = (names(&is_uuid), names(&is_index));
    let by_gpu = spec.devices.iter().any(|name| name.starts_with("GPU-"));
    // a spec that names no GPU at all, such as the management spec with its `all`, says nothing of MIG devices
    let (named, there) = if !by_uuid.is_empty() || by_gpu {
        (by_uuid, &present.uuids)
    } else if !by_index.is_empty() {
        (by_index, &present.indexes)
    } else {
        return None;
    };
    let gone: Vec<_> = named.difference(there).collect();
    let missing: Vec<_> = there.difference(&named).collect();
    if gone.is_empty() && missing.is_empty() {
        return None;
    }
    let next = if spec.path.contains("k8s.device-plugin") {
        // the device plugin writes its own spec when it reloads, which SIGHUP makes it do
        "sudo pkill -HUP -f nvidia-device-plugin".to_owned()
    } else {
        format!("sudo nvidia-ctk cdi generate --output={}", spec.path)
    };
    Some(
        Finding::new(
            "cdi-stale",
            Severity::Caution,
            node.name.clone(),
            say!(
                phrases::CDI,
                path = &spec.path,
                gone = gone.len(),
                missing = missing.len(),
            ),
        )
        .because(
            gone.iter()
                .take(4)
                .map(|name| say!(phrases::CDI_GONE, name = name.as_str())),
        )
        .because(
            missing
                .iter()
                .take(4)
                .map(|name| say!(phrases::CDI_MISSING, name = name.as_str())),
        )
        .next(next),
    )
}
