//! The health of memory: errors, remapped rows, rows that are left to remap with.

use super::{Fact, Tone, on_off, or_na};
use crate::app::Texts;
use crate::domain::gpu::SlowTelemetry;
use crate::domain::reading::Reading;

pub(super) fn ecc(slow: &SlowTelemetry, texts: &Texts) -> Fact {
    let memory = &slow.memory;
    let on = match &memory.ecc {
        Reading::Value(on) => *on,
        Reading::Absent(why) => return Fact::absent("telemetry.ecc", why, texts),
    };
    let pending = memory.ecc_pending.value().filter(|p| **p != on);
    let mut short = on_off(on, texts).to_owned();
    if let Some(pending) = pending {
        short = texts.say(
            "telemetry.pending",
            &[("now", &short), ("then", &on_off(*pending, texts))],
        );
    }
    let corrected = or_na(&memory.corrected, texts);
    let uncorrected = or_na(&memory.uncorrected, texts);
    let bad = memory.uncorrected.value().is_some_and(|n| *n > 0);
    let long = texts.say(
        "telemetry.ecc_long",
        &[
            ("mode", &short),
            ("corrected", &corrected),
            ("uncorrected", &uncorrected),
        ],
    );
    let mark = if bad { "!" } else { "" };
    let counted = memory.corrected.value().is_some() || memory.uncorrected.value().is_some();
    let short = if counted {
        format!("{short} {corrected}+{uncorrected}{mark}")
    } else {
        texts.say("telemetry.ecc_untold", &[("mode", &short)])
    };
    let fact = Fact::plain("telemetry.ecc", short)
        .long(long)
        .because(memory.corrected.reason())
        .because(memory.uncorrected.reason());
    match (bad, pending) {
        (false, None) => fact,
        _ => fact.tone(Tone::Caution),
    }
}

pub(super) fn remap(slow: &SlowTelemetry, texts: &Texts) -> Fact {
    let memory = &slow.memory;
    if let (Reading::Absent(why), Reading::Absent(_)) =
        (&memory.remapped_corrected, &memory.remap_pending)
    {
        return Fact::absent("telemetry.remap", why, texts);
    }
    let corrected = or_na(&memory.remapped_corrected, texts);
    let uncorrected = or_na(&memory.remapped_uncorrected, texts);
    let failed = memory.remap_failed.value() == Some(&true);
    let pending = memory.remap_pending.value() == Some(&true);
    let mut short = format!("{corrected}+{uncorrected}");
    let mut long = texts.say(
        "telemetry.remap_long",
        &[("corrected", &corrected), ("uncorrected", &uncorrected)],
    );
    for (is, key) in [
        (pending, "telemetry.remap_pending"),
        (failed, "telemetry.remap_failed"),
    ] {
        if is {
            short = format!("{short} {}", texts.get(key));
            long = format!("{long}, {}", texts.get(key));
        }
    }
    if !pending && !failed && memory.remap_pending.value().is_some() {
        long = format!("{long}, {}", texts.get("telemetry.remap_done"));
    }
    let fact = Fact::plain("telemetry.remap", short)
        .long(long)
        .because(memory.remapped_corrected.reason());
    match (failed, pending) {
        (true, _) => fact.tone(Tone::Danger),
        (false, true) => fact.tone(Tone::Caution),
        (false, false) => fact,
    }
}

/// Banks with all their spare rows, of all banks; those with none left are named.
pub(super) fn spare(slow: &SlowTelemetry, texts: &Texts) -> Fact {
    match &slow.memory.spare_banks {
        Reading::Value([max, high, partial, low, none]) => {
            let all: u32 = [max, high, partial, low, none].into_iter().sum();
            let args: [(&str, &dyn std::fmt::Display); 6] = [
                ("all", &all),
                ("max", max),
                ("high", high),
                ("partial", partial),
                ("low", low),
                ("none", none),
            ];
            let fact = Fact::plain("telemetry.spare", format!("{max}/{all}"))
                .long(texts.say("telemetry.spare_long", &args));
            if *none > 0 {
                fact.tone(Tone::Caution)
            } else {
                fact
            }
        }
        Reading::Absent(why) => Fact::absent("telemetry.spare", why, texts),
    }
}
