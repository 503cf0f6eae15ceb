//! A GPU's telemetry as labelled values: what stands on its screen and in a ticket.
//!
//! A value that is absent keeps its reason; nothing here turns one into zero.

use crate::domain::fleet::Gpu;
use crate::domain::reading::{Absence, AbsentCode, Reading};

use super::Texts;

mod fast;
mod memory;
mod slow;

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
    fast::fast(gpu, texts, &mut out);
    slow::slow(gpu, texts, &mut out);
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
