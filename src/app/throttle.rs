//! Clock event ("throttle") reasons in words.
//!
//! `nvmlDeviceGetCurrentClocksEventReasons` is a mask of bits (`nvmlClocksEventReason*`, older: `ClocksThrottleReason`);
//! 0 is full speed.

/// A reason why clocks are lower than they could be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reason {
    /// Its bit.
    pub bit: u64,
    /// Key of its words in texts.
    pub key: &'static str,
    /// Whether it means trouble: heat, power supply. Idle, a power cap and set clocks are ordinary.
    pub trouble: bool,
}

const fn ordinary(bit: u64, key: &'static str) -> Reason {
    Reason {
        bit,
        key,
        trouble: false,
    }
}

const fn trouble(bit: u64, key: &'static str) -> Reason {
    Reason {
        bit,
        key,
        trouble: true,
    }
}

/// All reasons that nvml.h names, trouble first and causes before the slowdown that they bring.
pub const REASONS: [Reason; 9] = [
    trouble(0x80, "throttle.power_brake"),
    trouble(0x40, "throttle.hw_thermal"),
    trouble(0x20, "throttle.sw_thermal"),
    trouble(0x08, "throttle.hw_slowdown"),
    ordinary(0x04, "throttle.power_cap"),
    ordinary(0x02, "throttle.application_clocks"),
    ordinary(0x10, "throttle.sync_boost"),
    ordinary(0x100, "throttle.display_clock"),
    ordinary(0x01, "throttle.idle"),
];

/// The reasons of a mask, and the bits that have no name here.
pub fn reasons(mask: u64) -> (Vec<Reason>, u64) {
    let named: Vec<Reason> = REASONS
        .iter()
        .filter(|r| mask & r.bit != 0)
        .copied()
        .collect();
    let known = REASONS.iter().fold(0, |all, r| all | r.bit);
    (named, mask & !known)
}

#[cfg(test)]
mod tests {
    use super::{REASONS, reasons};
    use crate::app::Texts;
    use crate::app::texts::LANGUAGES;

    #[test]
    fn trouble_comes_first_and_unknown_bits_are_kept() {
        let (named, unknown) = reasons(0x1 | 0x40 | 0x8 | 0x4000);
        let keys: Vec<_> = named.iter().map(|r| r.key).collect();
        assert_eq!(
            keys,
            [
                "throttle.hw_thermal",
                "throttle.hw_slowdown",
                "throttle.idle"
            ]
        );
        assert_eq!(unknown, 0x4000);
        assert_eq!(reasons(0), (Vec::new(), 0));
    }

    #[test]
    fn every_reason_has_words() {
        for language in LANGUAGES {
            let texts = Texts::of(language);
            for reason in REASONS {
                assert!(texts.find(reason.key).is_some(), "{}", reason.key);
            }
        }
    }
}
