//! Which GPU, GPU instance and compute instance the minors of device nodes stand for.
//!
//! The kernel module lists GPUs under `/proc/driver/nvidia/gpus/<pci>/information` (`Device Minor`) and the instances of
//! `/dev/nvidia<N>` under `/proc/driver/nvidia/capabilities/gpu<N>/mig/gi<G>[/ci<C>]/access` (`DeviceFileMinor`).

use std::collections::BTreeMap;

use super::super::root::HostRoot;
use crate::domain::ids::{CiId, GiId, GpuUuid};

/// Where the kernel module's entries are.
pub(super) const DRIVER: &str = "proc/driver/nvidia";

/// An instance that a capability node opens. `ci: None` for the GPU instance itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Instance {
    pub gpu_minor: u32,
    pub gi: GiId,
    pub ci: Option<CiId>,
}

/// The meaning of minors.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Minors {
    gpus: BTreeMap<u32, GpuUuid>,
    capabilities: BTreeMap<u32, Instance>,
}

impl Minors {
    pub fn read(root: &HostRoot) -> Self {
        let mut minors = Self::default();
        for name in root.names(&format!("{DRIVER}/gpus")).unwrap_or_default() {
            let Ok(text) = root.read(&format!("{DRIVER}/gpus/{name}/information")) else {
                continue;
            };
            let minor = field(&text, "Device Minor").and_then(|v| v.parse().ok());
            if let (Some(minor), Some(uuid)) = (minor, uuid(&text)) {
                minors.gpus.insert(minor, uuid);
            }
        }
        for name in root
            .names(&format!("{DRIVER}/capabilities"))
            .unwrap_or_default()
        {
            if let Some(gpu_minor) = numbered(&name, "gpu") {
                minors.add_instances(root, gpu_minor);
            }
        }
        minors
    }

    pub fn gpu(&self, minor: u32) -> Option<&GpuUuid> {
        self.gpus.get(&minor)
    }

    pub fn capability(&self, minor: u32) -> Option<Instance> {
        self.capabilities.get(&minor).copied()
    }

    fn add_instances(&mut self, root: &HostRoot, gpu_minor: u32) {
        for (gi, cis) in instances(root, gpu_minor) {
            let folder = format!("{DRIVER}/capabilities/gpu{gpu_minor}/mig/gi{gi}");
            let files = std::iter::once((format!("{folder}/access"), None)).chain(
                cis.into_iter()
                    .map(|ci| (format!("{folder}/ci{ci}/access"), Some(CiId(ci)))),
            );
            for (file, ci) in files {
                let minor = root
                    .read(&file)
                    .ok()
                    .and_then(|text| field(&text, "DeviceFileMinor")?.parse().ok());
                if let Some(minor) = minor {
                    let gi = GiId(gi);
                    self.capabilities
                        .insert(minor, Instance { gpu_minor, gi, ci });
                }
            }
        }
    }
}

/// GPU instances of `/dev/nvidia<minor>` with their compute instances, in the order of their ids.
pub(super) fn instances(root: &HostRoot, gpu_minor: u32) -> Vec<(u32, Vec<u32>)> {
    let folder = format!("{DRIVER}/capabilities/gpu{gpu_minor}/mig");
    let mut gis: Vec<(u32, Vec<u32>)> = root
        .names(&folder)
        .unwrap_or_default()
        .iter()
        .filter_map(|name| numbered(name, "gi"))
        .map(|gi| {
            let mut cis: Vec<u32> = root
                .names(&format!("{folder}/gi{gi}"))
                .unwrap_or_default()
                .iter()
                .filter_map(|name| numbered(name, "ci"))
                .collect();
            cis.sort_unstable();
            (gi, cis)
        })
        .collect();
    gis.sort_unstable();
    gis
}

/// The value of a line `Name: \t value`.
pub(super) fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let value = line.strip_prefix(name)?.trim_start().strip_prefix(':')?;
        Some(value.trim())
    })
}

/// The UUID, which the kernel module prints as question marks until the GPU was initialised once.
pub(super) fn uuid(information: &str) -> Option<GpuUuid> {
    field(information, "GPU UUID")
        .filter(|v| v.starts_with("GPU-") && !v.contains('?'))
        .map(GpuUuid::new)
}

fn numbered(name: &str, prefix: &str) -> Option<u32> {
    name.strip_prefix(prefix)?.parse().ok()
}
