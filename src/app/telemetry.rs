//! A GPU's telemetry as labelled values: what stands on its screen and in a ticket.
//!
//! A value that is absent keeps its reason; nothing here turns one into zero.

use crate::domain::fleet::Gpu;
use crate::domain::gpu::{GpuInventory, RecoveryAction, SlowTelemetry};
use crate::domain::reading::{Absence, AbsentCode, Reading};

use super::throttle;
use super::words::gib;
use super::{Texts, words};

/// How a value is to be taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Tone {
    /// As it should be.
    Plain,
    /// Absent: beside it stands why.
    Absent,
    /// Worth a look.
    Caution,
    /// Broken.
    Danger,
}

/// A labelled value.
#[derive(Clone, PartialEq, Debug)]
pub struct Fact {
    /// Key of its label in texts, such as `telemetry.power`.
    pub key: &'static str,
    /// In a few columns: `180/400 W`.
    pub short: String,
    /// In full: `180 W of 400 W`.
    pub long: String,
    /// How it is to be taken.
    pub tone: Tone,
    /// Why (a part of) it is absent.
    pub why: Vec<Absence>,
    /// Whether there is a value at all to grow old.
    pub measured: bool,
}

impl Fact {
    fn plain(key: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            key,
            short: text.clone(),
            long: text,
            tone: Tone::Plain,
            why: Vec::new(),
            measured: true,
        }
    }

    fn absent(key: &'static str, why: &Absence, texts: &Texts) -> Self {
        let na = texts.get("telemetry.na").to_owned();
        Self {
            key,
            short: na.clone(),
            long: format!("{na}: {}", why.text),
            tone: Tone::Absent,
            why: vec![why.clone()],
            measured: false,
        }
    }

    fn long(mut self, text: impl Into<String>) -> Self {
        self.long = text.into();
        self
    }

    fn tone(mut self, tone: Tone) -> Self {
        self.tone = self.tone.max(tone);
        self
    }

    fn because(mut self, why: Option<&Absence>) -> Self {
        self.why.extend(why.cloned());
        self
    }
}

/// Since when a GPU's values are old: its calls do not come back. `None`: they are current, or there never was one.
pub fn stale_since(gpu: &Gpu) -> Option<jiff::Timestamp> {
    use crate::domain::observation::CallState;
    match gpu.calls {
        CallState::Answering | CallState::Slow { .. } => None,
        CallState::Hung { .. } | CallState::Resting { .. } | CallState::Failing { .. } => {
            gpu.sampled
        }
    }
}

/// All facts of a GPU, in the order in which people ask for them.
pub fn facts(gpu: &Gpu, texts: &Texts) -> Vec<Fact> {
    let mut out = Vec::new();
    fast(gpu, texts, &mut out);
    slow(gpu, texts, &mut out);
    if let Reading::Value(inventory) = &gpu.inventory {
        out.push(match &inventory.persistence {
            Reading::Value(on) => Fact::plain("telemetry.persistence", on_off(*on, texts)),
            Reading::Absent(why) => Fact::absent("telemetry.persistence", why, texts),
        });
    }
    out
}

/// A reading with its unit, or `n/a`.
fn or_na<T: std::fmt::Display>(reading: &Reading<T>, texts: &Texts) -> String {
    match reading {
        Reading::Value(value) => value.to_string(),
        Reading::Absent(_) => texts.get("telemetry.na").to_owned(),
    }
}

/// `now/most unit`, where either may be absent.
fn of<T: std::fmt::Display>(
    key: &'static str,
    now: &Reading<T>,
    most: &Reading<T>,
    unit: &str,
    texts: &Texts,
) -> Fact {
    if let (Reading::Absent(why), Reading::Absent(_)) = (now, most) {
        return Fact::absent(key, why, texts);
    }
    let (a, b) = (or_na(now, texts), or_na(most, texts));
    Fact::plain(key, format!("{a}/{b} {unit}"))
        .long(texts.say(
            "telemetry.of",
            &[("now", &a), ("most", &b), ("unit", &unit)],
        ))
        .tone(match now {
            Reading::Value(_) => Tone::Plain,
            Reading::Absent(_) => Tone::Absent,
        })
        .because(now.reason())
        .because(most.reason())
}

fn fast(gpu: &Gpu, texts: &Texts, out: &mut Vec<Fact>) {
    let why = unasked(gpu);
    let Some(fast) = &gpu.fast else {
        for key in [
            "telemetry.temperature",
            "telemetry.power",
            "telemetry.sm_clock",
        ] {
            out.push(Fact::absent(key, &why, texts));
        }
        return;
    };
    let slow = gpu.slow.as_ref();
    let not_yet = Reading::Absent(why);
    out.push(match &fast.temperature_c {
        Reading::Value(c) => Fact::plain("telemetry.temperature", format!("{c} C")),
        Reading::Absent(why) => Fact::absent("telemetry.temperature", why, texts),
    });
    let watts = |r: &Reading<u32>| r.map(|mw| (mw + 500) / 1000);
    out.push(of(
        "telemetry.power",
        &watts(&fast.power_mw),
        &watts(slow.map_or(&not_yet, |s| &s.power_limit_mw)),
        "W",
        texts,
    ));
    let clocks = [
        (
            "telemetry.sm_clock",
            &fast.sm_clock_mhz,
            slow.map_or(&not_yet, |s| &s.sm_clock_max_mhz),
        ),
        (
            "telemetry.memory_clock",
            &fast.memory_clock_mhz,
            slow.map_or(&not_yet, |s| &s.memory_clock_max_mhz),
        ),
    ];
    for (key, now, most) in clocks {
        out.push(of(key, now, most, "MHz", texts));
    }
    out.push(match &fast.pstate {
        Reading::Value(state) => Fact::plain("telemetry.pstate", format!("P{state}")),
        Reading::Absent(why) => Fact::absent("telemetry.pstate", why, texts),
    });
    out.push(match &fast.throttle {
        Reading::Value(mask) => throttled(*mask, texts),
        Reading::Absent(why) => Fact::absent("telemetry.throttle", why, texts),
    });
    if gpu.whole.is_some() {
        for (key, reading) in [
            ("telemetry.utilization", &fast.utilization),
            ("telemetry.memory_utilization", &fast.memory_utilization),
        ] {
            out.push(match reading {
                Reading::Value(percent) => Fact::plain(key, format!("{percent} %")),
                Reading::Absent(why) => Fact::absent(key, why, texts),
            });
        }
    }
    out.push(match (&fast.memory_used, &fast.memory_total) {
        (Reading::Value(used), Reading::Value(total)) => Fact::plain(
            "telemetry.memory",
            format!("{} GiB", words::used_of(used.0, total.0)),
        )
        .long(texts.say(
            "telemetry.of",
            &[
                ("now", &gib(used.0)),
                ("most", &gib(total.0)),
                ("unit", &"GiB"),
            ],
        )),
        (used, total) => {
            let gib = |r: &Reading<crate::domain::units::Bytes>| r.map(|b| gib(b.0));
            of("telemetry.memory", &gib(used), &gib(total), "GiB", texts)
        }
    });
}

fn throttled(mask: u64, texts: &Texts) -> Fact {
    let (reasons, unknown) = throttle::reasons(mask);
    let mut words: Vec<String> = reasons
        .iter()
        .map(|r| texts.get(r.key).to_owned())
        .collect();
    if unknown != 0 {
        words.push(format!("{unknown:#x}"));
    }
    let tone = match reasons.iter().any(|r| r.trouble) {
        true => Tone::Caution,
        false => Tone::Plain,
    };
    if words.is_empty() {
        return Fact::plain("telemetry.throttle", texts.get("throttle.none"));
    }
    let text = words.join(", ");
    Fact::plain("telemetry.throttle", text.clone())
        .long(format!("{text} ({mask:#x})"))
        .tone(tone)
}

fn slow(gpu: &Gpu, texts: &Texts, out: &mut Vec<Fact>) {
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
    out.push(nvlinks(gpu.inventory.value(), slow, texts));
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

fn ecc(slow: &SlowTelemetry, texts: &Texts) -> Fact {
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

fn remap(slow: &SlowTelemetry, texts: &Texts) -> Fact {
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
fn spare(slow: &SlowTelemetry, texts: &Texts) -> Fact {
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

pub(super) fn on_off(on: bool, texts: &Texts) -> &str {
    texts.get(if on { "telemetry.on" } else { "telemetry.off" })
}

/// Why nothing was measured at all.
fn unasked(gpu: &Gpu) -> Absence {
    use crate::domain::observation::CallState;
    match (&gpu.calls, &gpu.inventory) {
        (CallState::Resting { why, .. } | CallState::Failing { why, .. }, _) => why.clone(),
        (CallState::Hung { call, .. }, _) => Absence::new(
            AbsentCode::Hung,
            format!("{call} has not come back, nothing was read before"),
        ),
        (_, Reading::Absent(why)) => why.clone(),
        _ => Absence::new(AbsentCode::NotYet, "not read yet"),
    }
}

#[cfg(test)]
mod tests;
