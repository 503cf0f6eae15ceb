//! MIG mode and instances.

use jiff::SignedDuration;

use super::super::catalog::Board;
use super::super::fleet::{Gpu, Node, SlotState};
use super::super::gpu::Listing;
use super::health::on;
use super::said::{Fact, Said, say};
use super::{
    Finding, Severity, gi_subject, gpu_subject, holders_of, owner_command, phrases, smi_id, subject,
};

/// How long after a boot an owner is given to build its layout before an empty GPU is worth a caution.
const BOOTING: SignedDuration = SignedDuration::from_mins(15);

/// A mode change that waits for a reset: it will happen at the next one, wanted or not.
pub(super) fn pending(node: &Node) -> Vec<Finding> {
    node.gpus
        .iter()
        .filter_map(|gpu| {
            let mode = gpu.inventory.value()?.mig.value()?;
            if mode.current == mode.pending {
                return None;
            }
            let (now, then) = (on(mode.current), on(mode.pending));
            let lost = !mode.pending && !gpu.slots.is_empty();
            let (severity, text) = if lost {
                let instances = gpu.slots.len();
                (
                    Severity::Danger,
                    say!(
                        phrases::MIG_PENDING_LOST,
                        now = now,
                        then = then,
                        instances = instances,
                    ),
                )
            } else {
                (
                    Severity::Caution,
                    say!(phrases::MIG_PENDING, now = now, then = then),
                )
            };
            let holders = holders_of(node, gpu);
            let held = if holders.is_empty() {
                say!(phrases::NO_HOLDER)
            } else {
                say!(
                    phrases::HELD_BY,
                    holders = Fact::Several(holders, "; ".into())
                )
            };
            Some(
                Finding::new("mig-pending", severity, gpu_subject(node, gpu), text)
                    .because([held])
                    .next("migdeck holders"),
            )
        })
        .collect()
}

/// MIG on without an instance: CUDA cannot use the GPU. One cause, so one finding for all such GPUs of a node.
pub(super) fn empty(node: &Node) -> Vec<Finding> {
    let empty: Vec<&Gpu> = node.gpus.iter().filter(|gpu| is_empty(gpu)).collect();
    let Some(first) = empty.first() else {
        return Vec::new();
    };
    let booting = node
        .host
        .as_ref()
        .and_then(|host| host.booted.value())
        .filter(|booted| node.at.duration_since(**booted) < BOOTING)
        .filter(|_| owner_command::builds(node));
    let subject = subject::gpus(node, &empty);
    let owner = &node.owner.name;
    let finding = if let Some(booted) = booting {
        let text = match &node.owner.layout {
            Some(layout) => say!(phrases::EMPTY_BOOT, owner = owner, layout = layout),
            None => say!(phrases::EMPTY_BOOT_UNNAMED, owner = owner),
        };
        Finding::new("mig-on-empty", Severity::Info, subject, text)
            .because([say!(phrases::BOOTED, at = *booted)])
    } else {
        let text = match empty.len() {
            1 => say!(phrases::EMPTY_ONE),
            _ => say!(phrases::EMPTY),
        };
        let whose = owner_command::builds(node).then(|| say!(phrases::MANAGES, owner = owner));
        Finding::new("mig-on-empty", Severity::Caution, subject, text).because(whose)
    };
    let unlisted: Vec<&Gpu> = empty.iter().copied().filter(|g| by_device(g)).collect();
    let unlisted = (!unlisted.is_empty()).then(|| {
        if unlisted.len() == empty.len() {
            say!(phrases::UNLISTED)
        } else {
            say!(phrases::UNLISTED_OF, gpus = subject::gpus(node, &unlisted))
        }
    });
    let next = owner_command::look(node, booting.is_none()).unwrap_or_else(|| match empty.len() {
        1 => format!("sudo nvidia-smi mig -i {} -lgip", smi_id(first)),
        _ => "sudo nvidia-smi mig -lgip".to_owned(),
    });
    vec![finding.because(unlisted).next(next)]
}

fn by_device(gpu: &Gpu) -> bool {
    gpu.inventory
        .value()
        .is_some_and(|i| matches!(i.listing, Listing::ByDevice { .. }))
}

fn is_empty(gpu: &Gpu) -> bool {
    gpu.inventory.value().is_some_and(|inventory| {
        inventory.mig.value().is_some_and(|mode| mode.current)
            && inventory.instances.value().is_some_and(Vec::is_empty)
    })
}

/// GPU instances that nobody can use.
pub(super) fn without_compute(node: &Node) -> Vec<Finding> {
    let mut found = Vec::new();
    for gpu in &node.gpus {
        for slot in gpu.slots.iter().filter(|s| s.state == SlotState::NoCi) {
            let profile = slot.instance.profile.value();
            let text = match profile {
                Some(profile) => say!(phrases::WITHOUT_CI, profile = profile.as_str()),
                None => say!(phrases::WITHOUT_CI_UNKNOWN),
            };
            let placed = slot
                .instance
                .placement
                .value()
                .map(|placement| say!(phrases::PLACED, placement = placement.to_string()));
            found.push(
                Finding::new(
                    "gi-without-ci",
                    Severity::Caution,
                    gi_subject(node, gpu, slot.instance.gi),
                    text,
                )
                .because(placed)
                .next(format!(
                    "sudo nvidia-smi mig -i {} -gi {} -cci",
                    smi_id(gpu),
                    slot.instance.gi
                )),
            );
        }
    }
    found
}

/// A board that differs from the built-in table, which offline planning rests on.
pub(super) fn catalog(node: &Node) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for gpu in &node.gpus {
        for difference in differences(gpu) {
            let same = |f: &&mut Finding| *f.text == *difference.as_str();
            if let Some(known) = found.iter_mut().find(same) {
                known.evidence.push(Said::foreign(gpu_subject(node, gpu)));
            } else {
                found.push(
                    Finding::new(
                        "catalog-differs",
                        Severity::Info,
                        node.name.clone(),
                        say!(phrases::CATALOG, difference = difference),
                    )
                    .because([Said::foreign(gpu_subject(node, gpu))]),
                );
            }
        }
    }
    found
}

fn differences(gpu: &Gpu) -> Vec<String> {
    let Some(inventory) = gpu.inventory.value() else {
        return Vec::new();
    };
    let (Some(name), Some(profiles)) =
        (inventory.identity.name.value(), inventory.profiles.value())
    else {
        return Vec::new();
    };
    let live = Board::from_live(name, profiles);
    live.twin()
        .map(|built_in| built_in.differences(&live))
        .unwrap_or_default()
}
