//! What a GPU's own counters say of its health.

use super::super::fleet::{Gpu, Node};
use super::super::gpu::{RecoveryAction, SlowTelemetry};
use super::super::reading::Reading;
use super::{Finding, Severity, gpu_subject, smi_id};

/// `nvmlClocksEventReason*` that mean trouble, with NVIDIA's meaning (nvml.h). Idle (0x1), power cap (0x4) and the like
/// are ordinary.
const TROUBLE: [(u64, &str); 4] = [
    (
        0x80,
        "the power supply asked it to brake (HW power brake slowdown)",
    ),
    (
        0x40,
        "it is over its temperature limit (HW thermal slowdown)",
    ),
    (
        0x20,
        "GPU or memory are too warm and the driver lowers the clocks (SW thermal slowdown)",
    ),
    (0x08, "the hardware halved its clocks or more (HW slowdown)"),
];

fn with_slow(node: &Node) -> impl Iterator<Item = (&Gpu, &SlowTelemetry)> {
    node.gpus
        .iter()
        .filter_map(|gpu| Some((gpu, gpu.slow.as_ref()?)))
}

/// What the driver says must be done to recover.
pub(super) fn recovery(node: &Node) -> Vec<Finding> {
    with_slow(node)
        .filter_map(|(gpu, slow)| {
            let action = slow.recovery.value()?;
            let (severity, text) = match action {
                RecoveryAction::None => return None,
                RecoveryAction::GpuReset => (
                    Severity::Danger,
                    "the driver asks for a reset of this GPU: end all processes on it, reset it, start again"
                        .to_owned(),
                ),
                RecoveryAction::NodeReboot => (
                    Severity::Danger,
                    "the driver asks for a reboot of the host: its own state may be inconsistent".to_owned(),
                ),
                RecoveryAction::DrainP2p => (
                    Severity::Caution,
                    "the driver asks to end peer-to-peer work on this GPU, then to look again".to_owned(),
                ),
                RecoveryAction::DrainAndReset => (
                    Severity::Caution,
                    "the GPU has lost capacity: give it no new work, let the rest finish, then reset it".to_owned(),
                ),
                RecoveryAction::Other(number) => (
                    Severity::Danger,
                    format!("the driver asks for recovery action {number}, which this migdeck does not know"),
                ),
            };
            Some(
                Finding::new("recovery-action", severity, gpu_subject(node, gpu), text)
                    .because([format!("NVML field 230 = {action:?}")])
                    .next("migdeck holders"),
            )
        })
        .collect()
}

/// Remapped rows.
pub(super) fn rows(node: &Node) -> Vec<Finding> {
    with_slow(node)
        .flat_map(|(gpu, slow)| {
            let memory = &slow.memory;
            let show = format!("nvidia-smi -q -d ROW_REMAPPER -i {}", smi_id(gpu));
            let counts = || {
                let count = |reading: &Reading<u64>| {
                    reading
                        .value()
                        .map_or_else(|| "n/a".to_owned(), u64::to_string)
                };
                format!(
                    "rows remapped: {} correctable, {} uncorrectable",
                    count(&memory.remapped_corrected),
                    count(&memory.remapped_uncorrected)
                )
            };
            let mut found = Vec::new();
            if memory.remap_failed.value() == Some(&true) {
                found.push(
                    Finding::new(
                        "remap-failed",
                        Severity::Danger,
                        gpu_subject(node, gpu),
                        "a bad memory row could not be remapped: a case for the vendor (RMA)",
                    )
                    .because([counts()])
                    .next(show.clone()),
                );
            }
            if memory.remap_pending.value() == Some(&true) {
                found.push(
                    Finding::new(
                        "remap-pending",
                        Severity::Caution,
                        gpu_subject(node, gpu),
                        "a bad memory row is noted and will be replaced at the next reset; work may go on",
                    )
                    .because([counts()])
                    .next(show.clone()),
                );
            }
            let exhausted = memory.spare_banks.value().map_or(0, |banks| banks[4]);
            if exhausted > 0 {
                found.push(
                    Finding::new(
                        "no-spare-rows",
                        Severity::Caution,
                        gpu_subject(node, gpu),
                        format!("{exhausted} memory banks have no spare row left: the next bad row there cannot be remapped"),
                    )
                    .because([counts()])
                    .next(show),
                );
            }
            found
        })
        .collect()
}

/// Errors that ECC could not correct, and an ECC mode that waits for a reset.
pub(super) fn ecc(node: &Node) -> Vec<Finding> {
    with_slow(node)
        .flat_map(|(gpu, slow)| {
            let memory = &slow.memory;
            let mut found = Vec::new();
            if let Some(errors) = memory.uncorrected.value().filter(|errors| **errors > 0) {
                found.push(
                    Finding::new(
                        "ecc-uncorrected",
                        Severity::Caution,
                        gpu_subject(node, gpu),
                        format!("{errors} memory errors since the driver was loaded could not be corrected"),
                    )
                    .next(format!("nvidia-smi -q -d ECC -i {}", smi_id(gpu))),
                );
            }
            if let (Some(now), Some(pending)) = (memory.ecc.value(), memory.ecc_pending.value())
                && now != pending
            {
                let word = |on: &bool| if *on { "on" } else { "off" };
                found.push(Finding::new(
                    "ecc-pending",
                    Severity::Info,
                    gpu_subject(node, gpu),
                    format!("ECC is {} and will be {} after the next reset", word(now), word(pending)),
                ));
            }
            found
        })
        .collect()
}

/// Clocks that the hardware holds down.
pub(super) fn throttle(node: &Node) -> Vec<Finding> {
    node.gpus
        .iter()
        .filter_map(|gpu| {
            let mask = *gpu.fast.as_ref()?.throttle.value()?;
            // HW slowdown comes with its cause where there is one: the cause is named
            let (_, text) = TROUBLE.iter().find(|(bit, _)| mask & bit != 0)?;
            Some(
                Finding::new(
                    "throttle",
                    Severity::Caution,
                    gpu_subject(node, gpu),
                    format!("clocks are held down: {text}"),
                )
                .because([format!("clock event reasons {mask:#x}")])
                .next(format!(
                    "nvidia-smi -q -d PERFORMANCE,TEMPERATURE,POWER -i {}",
                    smi_id(gpu)
                )),
            )
        })
        .collect()
}

/// PCI Express lanes and NVLinks that are missing.
pub(super) fn links(node: &Node) -> Vec<Finding> {
    with_slow(node)
        .flat_map(|(gpu, slow)| [lanes(node, gpu, slow), nvlinks(node, gpu, slow)])
        .flatten()
        .collect()
}

/// The generation falls at idle to save power; lanes do not.
fn lanes(node: &Node, gpu: &Gpu, slow: &SlowTelemetry) -> Option<Finding> {
    let (width, most) = (slow.pcie.width.value()?, slow.pcie.width_max.value()?);
    (width < most).then(|| {
        Finding::new(
            "pcie-degraded",
            Severity::Caution,
            gpu_subject(node, gpu),
            format!("its PCI Express link runs with {width} lanes of {most}"),
        )
        .next(format!("sudo lspci -vv -s {} | grep -i lnk", smi_id(gpu)))
    })
}

/// On Ampere the links are trained off while MIG is on (fabric manager guide): that is no fault.
fn nvlinks(node: &Node, gpu: &Gpu, slow: &SlowTelemetry) -> Option<Finding> {
    let inventory = gpu.inventory.value()?;
    let ampere = inventory
        .identity
        .architecture
        .value()
        .is_some_and(|name| *name == "ampere");
    let mig = inventory.mig.value().is_some_and(|mode| mode.current);
    if ampere && mig {
        return None;
    }
    let links = slow.nvlinks.value()?;
    let down: Vec<_> = (0..)
        .zip(links)
        .filter(|(_, up)| !**up)
        .map(|(link, _): (u32, _)| link.to_string())
        .collect();
    (!down.is_empty()).then(|| {
        Finding::new(
            "nvlink-down",
            Severity::Caution,
            gpu_subject(node, gpu),
            format!("{} of {} NVLinks are down", down.len(), links.len()),
        )
        .because([format!("links {}", down.join(", "))])
        .next(format!("nvidia-smi nvlink -s -i {}", smi_id(gpu)))
    })
}
