//! The calls of a steady beat, by the simulator's own count.

use migdeck::sources::nvml::sampler::{PER_GPU, PER_SLICE};

use super::bench::{Bench, SEVEN, sample, scenario};

/// Calls of all GPUs in 24 steady beats after the first, each held against the budget.
/// `rounds`: slow rounds that each GPU finishes at least.
fn keeps_the_budget(board: &str, driver: &str, gpus: &[&[&str]], rounds: usize) {
    let mut bench = Bench::of(scenario(board, driver, gpus));
    bench.beat_all();
    let mut finished = vec![0; gpus.len()];
    for n in 0..24 {
        bench.until_next_window();
        for (gpu, (facts, calls)) in bench.beat_all().into_iter().enumerate() {
            let layout = gpus[gpu];
            // A GPU without instances is watched as one slice.
            let allowed = u64::from(PER_SLICE) * layout.len().max(1) as u64 + u64::from(PER_GPU);
            let sum: u64 = calls.values().sum();
            assert!(
                sum <= allowed,
                "{board} {layout:?}, beat {n}: {sum} calls, {allowed} allowed: {calls:#?}"
            );
            assert!(
                sum > u64::from(PER_GPU) / 2,
                "beat {n} of {board} asked next to nothing: {calls:#?}"
            );
            finished[gpu] += usize::from(sample(&facts).unwrap().slow.is_some());
        }
    }
    assert!(
        finished.iter().all(|n| *n >= rounds),
        "slow rounds in 24 beats of {board} {gpus:?}: {finished:?}"
    );
}

#[test]
fn a_steady_beat_of_eight_a100_with_seven_slices_keeps_the_budget() {
    keeps_the_budget("a100-40", "535.161.08", &[&SEVEN[..]; 8], 2);
}

#[test]
fn a_steady_beat_of_eight_h100_with_seven_slices_keeps_the_budget_with_gpm() {
    keeps_the_budget("h100-80", "550.163.01", &[&SEVEN[..]; 8], 2);
}

#[test]
fn other_layouts_keep_the_budget_too() {
    keeps_the_budget(
        "a100-40",
        "535.161.08",
        &[&["9@0", "9@4"], &[], &["5@0", "14@4", "19@6"], &["0@0"]],
        2,
    );
    keeps_the_budget(
        "h100-80",
        "550.163.01",
        &[&["9@0", "14@4", "19@6"], &[], &["0@0"], &["15@0", "9@4"]],
        1,
    );
    keeps_the_budget(
        "rtxpro6000-96",
        "580.105.08",
        &[&["14@0", "14@3", "5@6"]],
        1,
    );
}

#[test]
fn what_the_sampler_believes_to_have_spent_is_what_was_spent() {
    let mut bench = Bench::of(scenario("h100-80", "550.163.01", &[&SEVEN]));
    bench.beat(0);
    for _ in 0..12 {
        bench.until_next_window();
        bench.driver.reset_counters();
        bench.beat(0);
        let counted: u64 = bench.driver.counters().values().sum();
        assert_eq!(counted, u64::from(bench.samplers[0].calls()));
    }
}
