use super::{Fact, Tone, facts};
use crate::app::Texts;
use crate::app::fixture::{self, unsupported, value};
use crate::app::texts::{LANGUAGES, Language};
use crate::domain::fleet::Gpu;
use crate::domain::gpu::RecoveryAction;
use crate::domain::reading::{AbsentCode, Reading};

fn of(gpu: &Gpu) -> Vec<Fact> {
    facts(gpu, &Texts::of(Language::English))
}

fn fact(gpu: &Gpu, key: &str) -> Fact {
    let all = of(gpu);
    let found = all.iter().find(|f| f.key == key);
    found
        .unwrap_or_else(|| panic!("no {key} in {all:?}"))
        .clone()
}

fn change(gpu: &mut Gpu, with: impl FnOnce(&mut crate::domain::gpu::SlowTelemetry)) {
    let mut slow = fixture::slow();
    with(&mut slow);
    gpu.slow = Some(slow);
}

#[test]
fn a_gpu_that_works_has_nothing_to_look_at() {
    let gpu = fixture::gpu(0, false, vec![]);
    for fact in of(&gpu) {
        assert_eq!(fact.tone, Tone::Plain, "{fact:?}");
        assert!(fact.why.is_empty(), "{fact:?}");
    }
    assert_eq!(fact(&gpu, "telemetry.power").short, "231/400 W");
    assert_eq!(fact(&gpu, "telemetry.pcie").short, "4x16/4x16");
    assert_eq!(fact(&gpu, "telemetry.spare").short, "640/640");
}

#[test]
fn what_is_absent_is_never_a_number() {
    let gpu = fixture::untold(0);
    for fact in of(&gpu) {
        assert_eq!(fact.tone, Tone::Absent, "{fact:?}");
        assert_eq!(fact.short, "n/a");
        assert!(!fact.why.is_empty());
        assert!(!fact.long.contains('0'), "{fact:?}");
    }
    let mut gpu = fixture::gpu(0, true, vec![]);
    if let Some(fast) = &mut gpu.fast {
        fast.power_mw = unsupported("the board does not measure power");
    }
    let power = fact(&gpu, "telemetry.power");
    assert_eq!(power.short, "n/a/400 W");
    assert_eq!(power.tone, Tone::Absent);
    assert_eq!(power.why[0].text, "the board does not measure power");
}

#[test]
fn fewer_lanes_are_marked_and_a_slower_generation_is_explained() {
    let mut gpu = fixture::gpu(0, false, vec![]);
    change(&mut gpu, |s| s.pcie.width = value(8));
    let lanes = fact(&gpu, "telemetry.pcie");
    assert_eq!(
        (lanes.short.as_str(), lanes.tone),
        ("4x8!/4x16", Tone::Caution)
    );
    assert!(lanes.long.contains("LANES MISSING"), "{}", lanes.long);
    change(&mut gpu, |s| s.pcie.generation = value(1));
    let idle = fact(&gpu, "telemetry.pcie");
    assert_eq!((idle.short.as_str(), idle.tone), ("1x16/4x16", Tone::Plain));
    assert!(idle.long.contains("idle"), "{}", idle.long);
}

#[test]
fn links_that_mig_trains_off_are_no_fault_and_others_are() {
    let mut sliced = fixture::gpu(0, true, vec![]);
    change(&mut sliced, |s| s.nvlinks = value(vec![false; 12]));
    let off = fact(&sliced, "telemetry.nvlink");
    assert_eq!(
        (off.short.as_str(), off.tone),
        ("12 off (MIG)", Tone::Plain)
    );
    let mut whole = fixture::gpu(0, false, vec![]);
    let mut links = vec![true; 12];
    links[3] = false;
    change(&mut whole, |s| s.nvlinks = value(links));
    let down = fact(&whole, "telemetry.nvlink");
    assert_eq!(down.tone, Tone::Caution);
    assert_eq!(down.long, "11 up, 1 DOWN (3)");
}

#[test]
fn rows_and_recovery_are_as_grave_as_they_are() {
    let mut gpu = fixture::gpu(0, false, vec![]);
    change(&mut gpu, |s| s.memory.remap_pending = value(true));
    assert_eq!(fact(&gpu, "telemetry.remap").tone, Tone::Caution);
    change(&mut gpu, |s| s.memory.remap_failed = value(true));
    let failed = fact(&gpu, "telemetry.remap");
    assert_eq!(
        (failed.short.as_str(), failed.tone),
        ("0+0 FAILED", Tone::Danger)
    );
    change(&mut gpu, |s| {
        s.recovery = value(RecoveryAction::DrainAndReset)
    });
    assert_eq!(fact(&gpu, "telemetry.recovery").tone, Tone::Danger);
    change(&mut gpu, |s| {
        s.memory.spare_banks = value([630, 4, 3, 2, 1])
    });
    let spare = fact(&gpu, "telemetry.spare");
    assert_eq!(
        (spare.short.as_str(), spare.tone),
        ("630/640", Tone::Caution)
    );
    change(&mut gpu, |s| s.memory.ecc_pending = value(false));
    assert_eq!(fact(&gpu, "telemetry.ecc").short, "on, off after reset 0+0");
    // what is not counted is said once, with its reason
    change(&mut gpu, |s| {
        let none = || Reading::absent(AbsentCode::NotSupported, "not on this board");
        s.memory.ecc_pending = value(true);
        (s.memory.corrected, s.memory.uncorrected) = (none(), none());
    });
    let untold = fact(&gpu, "telemetry.ecc");
    assert_eq!(untold.short, "on, errors n/a");
}

#[test]
fn a_throttle_mask_is_told_in_words() {
    let mut gpu = fixture::gpu(0, false, vec![]);
    let mut set = |mask| {
        if let Some(fast) = &mut gpu.fast {
            fast.throttle = Reading::Value(mask);
        }
        fact(&gpu, "telemetry.throttle")
    };
    assert_eq!(set(0).short, "none");
    assert_eq!(set(1).tone, Tone::Plain);
    let hot = set(0x48);
    assert_eq!(hot.short, "too hot (HW thermal), HW slowdown");
    assert_eq!(
        (hot.tone, hot.long.contains("(0x48)")),
        (Tone::Caution, true)
    );
    assert_eq!(set(0x1000).short, "0x1000");
}

#[test]
fn every_label_is_in_every_language() {
    let mut gpu = fixture::gpu(0, false, vec![]);
    gpu.whole = fixture::node("a").gpus[1].whole.clone();
    for language in LANGUAGES {
        let texts = Texts::of(language);
        for fact in facts(&gpu, &texts) {
            assert!(texts.find(fact.key).is_some(), "{}", fact.key);
        }
    }
}
