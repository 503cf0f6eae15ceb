//! What another process changes, seen in time and for what it is.

use std::time::Duration;

use migdeck::domain::gpu::Listing;
use migdeck::domain::ids::GiId;
use migdeck::domain::metric::Metric;
use migdeck::domain::observation::Fact;
use migdeck::domain::reading::AbsentCode;

use super::bench::{Bench, instances, inventory, layout, sample, scenario};

/// Beats until the instances are told anew, without the driver's events; fails after `most`.
fn beats_until_told(bench: &mut Bench, most: usize) -> (usize, Vec<Fact>) {
    for n in 1..=most {
        let facts = bench.beat(0);
        if instances(&facts).is_some() {
            return (n, facts);
        }
    }
    panic!("nothing told in {most} beats");
}

#[test]
fn a_created_instance_is_seen_within_two_beats_without_any_event() {
    let mut bench = Bench::of(scenario("a100-40", "535.161.08", &[&["9@4"]]));
    let other = bench.other_process();
    // At whatever beat it happens.
    for (warm_up, start) in [(2, 0), (1, 2)] {
        for _ in 0..warm_up {
            bench.beat(0);
        }
        let gi = other.create_gi(0, 14, Some((start, 2))).unwrap();
        other.create_ci(0, gi, 1, None).unwrap();
        let (_, facts) = beats_until_told(&mut bench, 2);
        let now = bench.now();
        let told = instances(&facts).unwrap();
        let new = told.iter().find(|i| i.gi == GiId(gi)).unwrap();
        assert_eq!(new.placement.value().unwrap().start, start);
        assert_eq!(new.appeared, Some(now));
        assert_eq!(
            told.iter()
                .find(|i| i.placement.value().unwrap().start == 4)
                .unwrap()
                .appeared,
            None
        );
    }
}

#[test]
fn a_destroyed_instance_is_gone_within_two_beats_without_any_event() {
    let mut bench = Bench::of(scenario(
        "a100-40",
        "535.161.08",
        &[&["14@0", "14@2", "9@4"]],
    ));
    let other = bench.other_process();
    bench.beat(0);
    let gone = other.peek().gpus[0]
        .instances
        .iter()
        .find(|i| i.start == 2)
        .unwrap()
        .gi;
    other.destroy_ci(0, gone, 0).unwrap();
    other.destroy_gi(0, gone).unwrap();
    let (_, facts) = beats_until_told(&mut bench, 2);
    assert_eq!(
        layout(instances(&facts).unwrap()),
        ["2g.10gb@0[1]", "3g.20gb@4[1]"]
    );
}

#[test]
fn a_gpu_instance_without_compute_instance_is_seen_within_ten_beats_without_any_event() {
    for before in [1, 4, 7] {
        let mut bench = Bench::of(scenario("a100-40", "535.161.08", &[&["5@0"]]));
        let other = bench.other_process();
        for _ in 0..before {
            bench.beat(0);
        }
        other.create_gi(0, 19, Some((4, 1))).unwrap();
        let (_, facts) = beats_until_told(&mut bench, 10);
        let told = instances(&facts).unwrap();
        assert_eq!(layout(told), ["4g.20gb@0[1]", "1g.5gb@4[0]"]);
        let memory = sample(&facts)
            .unwrap()
            .instances
            .iter()
            .find(|i| i.gi == told[1].gi)
            .unwrap();
        let why = memory.memory_used.reason().unwrap();
        assert!(why.text.contains("no compute instance"), "{}", why.text);
    }
}

#[test]
fn the_drivers_event_makes_the_next_beat_tell() {
    let mut bench = Bench::of(scenario("a100-40", "535.161.08", &[&["5@0"]]));
    let other = bench.other_process();
    // Registers.
    assert!(!bench.take_event());
    bench.beat(0);
    bench.beat(0);
    other.create_gi(0, 19, Some((4, 1))).unwrap();
    assert!(bench.take_event());
    assert_eq!(
        layout(instances(&bench.beat(0)).unwrap()),
        ["4g.20gb@0[1]", "1g.5gb@4[0]"]
    );
}

#[test]
fn an_instance_under_an_old_id_and_uuid_is_a_new_one() {
    let mut bench = Bench::of(scenario("a100-40", "535.161.08", &[&["9@0"]]));
    let other = bench.other_process();
    let first = bench.beat(0);
    let before = &instances(&first).unwrap()[0];
    assert_eq!(before.appeared, None);
    other.destroy_ci(0, before.gi.0, 0).unwrap();
    other.destroy_gi(0, before.gi.0).unwrap();
    let gi = other.create_gi(0, 5, Some((0, 4))).unwrap();
    other.create_ci(0, gi, 3, None).unwrap();
    // 3g and 4g share GI ids, and a UUID is made of the id: same device by every name it has.
    assert_eq!(gi, before.gi.0);
    let (_, facts) = beats_until_told(&mut bench, 10);
    let after = &instances(&facts).unwrap()[0];
    assert_eq!(after.cis[0].uuid, before.cis[0].uuid);
    assert_eq!(after.profile.value().unwrap().as_str(), "4g.20gb");
    assert_eq!(after.appeared, Some(bench.now()));
}

#[test]
fn activity_of_a_new_instance_does_not_begin_in_the_old_one() {
    let mut bench = Bench::of(scenario("h100-80", "550.163.01", &[&["9@0", "9@4"]]));
    let other = bench.other_process();
    bench.beat(0);
    bench.until_next_window();
    let facts = bench.beat(0);
    let active = |facts: &[Fact], gi: GiId| {
        let of = sample(facts)
            .unwrap()
            .instances
            .iter()
            .find(|i| i.gi == gi)
            .unwrap()
            .clone();
        of.metrics
            .into_iter()
            .find(|(m, _)| *m == Metric::SmActive)
            .unwrap()
            .1
    };
    let gis: Vec<GiId> = sample(&facts)
        .unwrap()
        .instances
        .iter()
        .map(|i| i.gi)
        .collect();
    assert!(
        gis.iter().all(|gi| active(&facts, *gi).value().is_some()),
        "{facts:?}"
    );
    let gi = gis[0];
    let start = other.peek().gpus[0]
        .instances
        .iter()
        .find(|i| i.gi == gi.0)
        .unwrap()
        .start;
    other.destroy_ci(0, gi.0, 0).unwrap();
    other.destroy_gi(0, gi.0).unwrap();
    let again = other
        .create_gi(0, if start == 0 { 5 } else { 9 }, Some((start, 4)))
        .unwrap();
    assert_eq!(again, gi.0);
    other
        .create_ci(0, again, if start == 0 { 3 } else { 2 }, None)
        .unwrap();
    bench.samplers[0].mig_changed();
    bench.until_next_window();
    let facts = bench.beat(0);
    assert_eq!(
        active(&facts, gi).reason().unwrap().code,
        AbsentCode::NotYet
    );
    assert!(active(&facts, gis[1]).value().is_some());
    bench.until_next_window();
    assert!(active(&bench.beat(0), gi).value().is_some());
}

#[test]
fn a_window_never_spans_a_pause() {
    let mut bench = Bench::of(scenario("h100-80", "550.163.01", &[&["0@0"]]));
    bench.beat(0);
    bench.until_next_window();
    let has = |facts: &[Fact]| {
        sample(facts).unwrap().instances[0].metrics[0]
            .1
            .value()
            .is_some()
    };
    assert!(has(&bench.beat(0)));
    bench.until_next_window();
    assert!(!has(&bench.beat_after(0, Duration::from_secs(60), false)));
    bench.until_next_window();
    assert!(has(&bench.beat(0)));
}

#[test]
fn detail_adds_what_costs_no_call() {
    let mut bench = Bench::of(scenario("h100-80", "550.163.01", &[&["0@0"]]));
    bench.beat(0);
    bench.until_next_window();
    let facts = bench.beat_after(0, Duration::from_secs(1), true);
    let metrics: Vec<Metric> = sample(&facts).unwrap().instances[0]
        .metrics
        .iter()
        .map(|(m, _)| *m)
        .collect();
    assert_eq!(
        metrics,
        [
            Metric::SmActive,
            Metric::GrActive,
            Metric::SmOccupancy,
            Metric::TensorActive,
            Metric::DramActive
        ]
    );
}

#[test]
fn mig_mode_is_seen_within_two_beats() {
    let mut bench = Bench::of(scenario("a100-40", "535.161.08", &[&[]]));
    let other = bench.other_process();
    bench.beat(0);
    // Held by our own NVML: the change stays pending on Ampere.
    other.set_mig_mode(0, false).unwrap();
    let told = (0..2)
        .find_map(|_| inventory(&bench.beat(0)).cloned())
        .expect("pending mode told in two beats");
    let mode = told.mig.value().unwrap();
    assert!(mode.current && !mode.pending);
    assert_eq!(told.listing, Listing::ByInstance);
}

#[test]
fn a_quiet_gpu_tells_its_inventory_once() {
    let mut bench = Bench::of(scenario("a100-40", "535.161.08", &[&["14@0", "5@0"][..1]]));
    assert!(inventory(&bench.beat(0)).is_some());
    for n in 1..30 {
        assert!(
            inventory(&bench.beat(0)).is_none(),
            "told again at beat {n}"
        );
    }
}
