//! What a GPU's own counters say of its health.

use super::super::fleet::{Gpu, Node};
use super::super::gpu::{RecoveryAction, SlowTelemetry};
use super::super::reading::Reading;
use super::said::{Phrase, Said, say};
use super::{Finding, Severity, gpu_subject, phrases, smi_id};

/// `nvmlClocksEventReason*` that mean trouble, with NVIDIA's meaning (nvml.h). Idle (0x1), power cap (0x4) and the like
/// are ordinary.
const TROUBLE: [(u64, Phrase); 4] = [
    (0x80, phrases::POWER_BRAKE),
    (0x40, phrases::TOO_HOT),
    (0x20, phrases::TOO_WARM),
    (0x08, phrases::HW_SLOWDOWN),
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
                RecoveryAction::GpuReset => (Severity::Danger, say!(phrases::RECOVER_RESET)),
                RecoveryAction::NodeReboot => (Severity::Danger, say!(phrases::RECOVER_REBOOT)),
                RecoveryAction::DrainP2p => (Severity::Caution, say!(phrases::RECOVER_P2P)),
                RecoveryAction::DrainAndReset => (Severity::Caution, say!(phrases::RECOVER_DRAIN)),
                RecoveryAction::Other(number) => (
                    Severity::Danger,
                    say!(phrases::RECOVER_OTHER, number = number.to_string()),
                ),
            };
            Some(
                Finding::new("recovery-action", severity, gpu_subject(node, gpu), text)
                    .because([say!(phrases::FIELD_230, action = format!("{action:?}"))])
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
                    let known = reading.value().map(|n| Said::foreign(n.to_string()));
                    known.unwrap_or_else(|| say!(phrases::NOT_KNOWN))
                };
                say!(
                    phrases::REMAPPED,
                    corrected = count(&memory.remapped_corrected),
                    uncorrected = count(&memory.remapped_uncorrected),
                )
            };
            let mut found = Vec::new();
            if memory.remap_failed.value() == Some(&true) {
                found.push(
                    Finding::new(
                        "remap-failed",
                        Severity::Danger,
                        gpu_subject(node, gpu),
                        say!(phrases::REMAP_FAILED),
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
                        say!(phrases::REMAP_PENDING),
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
                        say!(phrases::NO_SPARE_ROWS, banks = exhausted.to_string()),
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
                        say!(phrases::ECC_UNCORRECTED, errors = *errors),
                    )
                    .next(format!("nvidia-smi -q -d ECC -i {}", smi_id(gpu))),
                );
            }
            if let (Some(now), Some(pending)) = (memory.ecc.value(), memory.ecc_pending.value())
                && now != pending
            {
                found.push(Finding::new(
                    "ecc-pending",
                    Severity::Info,
                    gpu_subject(node, gpu),
                    say!(phrases::ECC_PENDING, now = on(*now), then = on(*pending)),
                ));
            }
            found
        })
        .collect()
}

/// The word for a switch.
pub(super) fn on(on: bool) -> Said {
    say!(if on { phrases::ON } else { phrases::OFF })
}

/// Clocks that the hardware holds down.
pub(super) fn throttle(node: &Node) -> Vec<Finding> {
    node.gpus
        .iter()
        .filter_map(|gpu| {
            let mask = *gpu.fast.as_ref()?.throttle.value()?;
            // HW slowdown comes with its cause where there is one: the cause is named
            let (_, cause) = TROUBLE.iter().find(|(bit, _)| mask & bit != 0)?;
            Some(
                Finding::new(
                    "throttle",
                    Severity::Caution,
                    gpu_subject(node, gpu),
                    say!(phrases::THROTTLE, cause = say!(cause)),
                )
                .because([say!(phrases::CLOCK_REASONS, mask = format!("{mask:#x}"))])
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
            say!(
                phrases::PCIE,
                width = width.to_string(),
                most = most.to_string()
            ),
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
            say!(phrases::NVLINKS, down = down.len(), all = links.len()),
        )
        .because([say!(phrases::LINKS, links = down.join(", "))])
        .next(format!("nvidia-smi nvlink -s -i {}", smi_id(gpu)))
    })
}
