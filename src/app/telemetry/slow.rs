//! What changes seldom: links, the health of memory, what the driver wants done.

use super::memory::{ecc, remap, spare};
use super::{Fact, Tone, or_na, unasked};
use crate::app::Texts;
use crate::domain::fleet::Gpu;
use crate::domain::gpu::{GpuInventory, RecoveryAction, SlowTelemetry};
use crate::domain::reading::Reading;

pub(super) fn slow(gpu: &Gpu, texts: &Texts, out: &mut Vec<Fact>) {
    let Some(slow) = &gpu.slow else {
        let why = unasked(gpu);
        for key in [
            "telemetry.pcie",
            "telemetry.nvlink",
            "telemetry.ecc",
            "telemetry.remap",
            "telemetry.recovery",
        ] {
            out.push(Fact::absent(key, &why, texts));
        }
        return;
    };
    out.push(pcie(slow, texts));
    out.push(nvlinks(gpu.inventory.value().map(|i| &**i), slow, texts));
    out.push(ecc(slow, texts));
    out.push(remap(slow, texts));
    out.push(spare(slow, texts));
    out.push(match &slow.recovery {
        Reading::Value(action) => {
            let tone = match action {
                RecoveryAction::None => Tone::Plain,
                _ => Tone::Danger,
            };
            Fact::plain("telemetry.recovery", recovery(*action, texts)).tone(tone)
        }
        Reading::Absent(why) => Fact::absent("telemetry.recovery", why, texts),
    });
}

/// The generation falls at idle to save power, which is no fault; lanes do not, and so fewer are.
fn pcie(slow: &SlowTelemetry, texts: &Texts) -> Fact {
    let link = &slow.pcie;
    let all = [
        &link.generation,
        &link.width,
        &link.generation_max,
        &link.width_max,
    ];
    if let Some(why) = all
        .iter()
        .all(|r| r.value().is_none())
        .then(|| link.generation.reason())
        .flatten()
    {
        return Fact::absent("telemetry.pcie", why, texts);
    }
    let [generation, width, generation_max, width_max] = all.map(|r| or_na(r, texts));
    let fewer = matches!((link.width.value(), link.width_max.value()), (Some(a), Some(b)) if a < b);
    let slower = matches!(
        (link.generation.value(), link.generation_max.value()), (Some(a), Some(b)) if a < b
    );
    let args: [(&str, &dyn std::fmt::Display); 4] = [
        ("generation", &generation),
        ("width", &width),
        ("generation_max", &generation_max),
        ("width_max", &width_max),
    ];
    let mut long = texts.say("telemetry.pcie_long", &args);
    for (is, key) in [
        (fewer, "telemetry.fewer_lanes"),
        (slower, "telemetry.slower_link"),
    ] {
        if is {
            long.push_str(", ");
            long.push_str(texts.get(key));
        }
    }
    let mark = if fewer { "!" } else { "" };
    let mut fact = Fact::plain(
        "telemetry.pcie",
        format!("{generation}x{width}{mark}/{generation_max}x{width_max}"),
    )
    .long(long);
    for reading in all {
        fact = fact.because(reading.reason());
    }
    if fewer {
        fact.tone(Tone::Caution)
    } else {
        fact
    }
}

/// On Ampere the links are trained off while MIG is on (fabric manager guide): that is no fault.
fn nvlinks(inventory: Option<&GpuInventory>, slow: &SlowTelemetry, texts: &Texts) -> Fact {
    let links = match &slow.nvlinks {
        Reading::Value(links) => links,
        Reading::Absent(why) => return Fact::absent("telemetry.nvlink", why, texts),
    };
    let down: Vec<String> = (0..)
        .zip(links)
        .filter(|(_, up)| !**up)
        .map(|(n, _): (u32, _)| n.to_string())
        .collect();
    let (all, up) = (links.len(), links.len() - down.len());
    let trained_off = inventory.is_some_and(|i| {
        i.mig.value().is_some_and(|m| m.current)
            && i.identity
                .architecture
                .value()
                .is_some_and(|a| *a == "ampere")
    });
    if all == 0 {
        return Fact::plain("telemetry.nvlink", texts.get("telemetry.no_links"));
    }
    if up == 0 && trained_off {
        let text = texts.say("telemetry.links_off", &[("n", &all)]);
        return Fact::plain("telemetry.nvlink", text)
            .long(texts.say("telemetry.links_off_long", &[("n", &all)]));
    }
    if down.is_empty() {
        return Fact::plain(
            "telemetry.nvlink",
            texts.say("telemetry.links_up", &[("n", &up)]),
        );
    }
    let short = texts.say(
        "telemetry.links_down",
        &[("up", &up), ("down", &down.len())],
    );
    Fact::plain("telemetry.nvlink", short.clone())
        .long(format!("{short} ({})", down.join(", ")))
        .tone(Tone::Caution)
}

fn recovery(action: RecoveryAction, texts: &Texts) -> String {
    let key = match action {
        RecoveryAction::None => "recovery.none",
        RecoveryAction::GpuReset => "recovery.gpu_reset",
        RecoveryAction::NodeReboot => "recovery.node_reboot",
        RecoveryAction::DrainP2p => "recovery.drain_p2p",
        RecoveryAction::DrainAndReset => "recovery.drain_and_reset",
        RecoveryAction::Other(n) => return texts.say("recovery.other", &[("n", &n)]),
    };
    texts.get(key).to_owned()
}
