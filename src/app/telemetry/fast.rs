//! What changes from beat to beat: temperature, power, clocks, memory.

use super::{Fact, Tone, of, unasked};
use crate::app::Texts;
use crate::app::throttle;
use crate::app::words::{self, gib};
use crate::domain::fleet::Gpu;
use crate::domain::reading::Reading;

pub(super) fn fast(gpu: &Gpu, texts: &Texts, out: &mut Vec<Fact>) {
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
