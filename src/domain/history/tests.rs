//! Histories made of hand-made beats of one GPU with instances.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::domain::fleet::{Gpu, Slot, SlotState};
use crate::domain::gpu::{FastTelemetry, GpuInstance, GpuInventory, InstanceSample, Listing};
use crate::domain::ids::{GpuIndex, ProfileId};
use crate::domain::observation::CallState;
use crate::domain::placement::Placement;
use crate::domain::reading::Reading;
use crate::domain::shared::Shared;
use crate::domain::units::Bytes;

fn start() -> Timestamp {
    "2026-01-02T03:00:00Z".parse().unwrap()
}

fn at(ms: i64) -> Timestamp {
    start() + SignedDuration::from_millis(ms)
}

fn uuid() -> GpuUuid {
    GpuUuid::new("GPU-1")
}

fn absent<T>() -> Reading<T> {
    Reading::not_yet()
}

fn slot(gi: u32, profile: u32, used: Option<u64>) -> Slot {
    Slot {
        instance: Shared::new(GpuInstance {
            gi: GiId(gi),
            profile_id: Reading::Value(ProfileId(profile)),
            profile: absent(),
            placement: Reading::Value(Placement { start: gi, size: 1 }),
            memory: absent(),
            sm: absent(),
            engines: absent(),
            cis: Vec::new(),
            appeared: None,
        }),
        state: SlotState::Free,
        sample: used.map(|used| InstanceSample {
            gi: GiId(gi),
            memory_total: Reading::Value(Bytes(1000)),
            memory_used: Reading::Value(Bytes(used)),
            metrics: Vec::new(),
        }),
        pods: Vec::new(),
        idle: None,
    }
}

/// A beat at `ms` of a GPU that draws so many watts.
fn beat(ms: i64, watts: u32, slots: Vec<Slot>) -> Node {
    let mut node = Node::new(Text::new("h"), at(ms));
    let instances = slots
        .iter()
        .map(|s| GpuInstance::clone(&s.instance))
        .collect();
    node.gpus.push(Gpu {
        index: 0,
        inventory: Reading::Value(Shared::new(GpuInventory {
            identity: crate::domain::gpu::GpuIdentity {
                index: GpuIndex(0),
                uuid: uuid(),
                name: absent(),
                pci: absent(),
                pci_device_id: absent(),
                serial: absent(),
                minor: absent(),
                architecture: absent(),
            },
            mig: absent(),
            persistence: absent(),
            profiles: absent(),
            instances: Reading::Value(instances),
            listing: Listing::ByInstance,
        })),
        proc: None,
        calls: CallState::Answering,
        sampled: Some(at(ms)),
        fast: Some(FastTelemetry {
            memory_total: absent(),
            memory_used: absent(),
            temperature_c: absent(),
            power_mw: Reading::Value(watts * 1000),
            sm_clock_mhz: absent(),
            memory_clock_mhz: absent(),
            pstate: absent(),
            throttle: absent(),
            utilization: absent(),
            memory_utilization: absent(),
        }),
        slow: None,
        processes: absent(),
        slots,
        metrics: Vec::new(),
        whole: None,
    });
    node
}

fn curve(gi: Option<u32>, measure: Measure) -> Curve {
    Curve {
        node: Text::new("h"),
        gpu: uuid(),
        gi: gi.map(GiId),
        measure,
    }
}

fn power() -> Curve {
    curve(None, Measure::Power)
}

fn recorded(beats: &[Node]) -> History {
    let mut history = History::default();
    for node in beats {
        history.record(node, 1.0);
    }
    history
}

#[test]
fn a_beat_that_is_late_leaves_no_gap_and_one_that_is_missing_does() {
    let times = [300, 1310, 2190, 3350, 5300, 6290];
    let beats: Vec<_> = times.iter().map(|ms| beat(*ms, 100, vec![])).collect();
    let told = recorded(&beats).curve(&power(), at(6290), 1.0, 8);
    let there: Vec<bool> = told.iter().map(Option::is_some).collect();
    assert_eq!(
        there,
        [false, true, true, true, true, false, true, true],
        "{told:?}"
    );
    // two beats in one second and none in the next are jitter too
    let times = [990, 2010, 2990, 4010];
    let beats: Vec<_> = times.iter().map(|ms| beat(*ms, 100, vec![])).collect();
    let told = recorded(&beats).curve(&power(), at(4010), 1.0, 5);
    assert!(told.iter().all(Option::is_some), "{told:?}");
}

#[test]
fn a_gpu_that_tells_nothing_new_leaves_a_gap_beside_those_that_do() {
    let first = beat(1000, 100, vec![]);
    let mut hung = beat(2000, 100, vec![]);
    hung.gpus[0].fast = None;
    hung.gpus[0].sampled = Some(at(1000));
    // a slow one keeps its last sample: it is not measured again
    let mut slow = beat(3000, 100, vec![]);
    slow.gpus[0].sampled = Some(at(1000));
    let back = beat(4000, 120, vec![]);
    let history = recorded(&[first, hung, slow, back]);
    let told = history.curve(&power(), at(4000), 1.0, 4);
    assert_eq!(told, [Some(100.0), None, None, Some(120.0)]);
    assert_eq!(history.last(&power()), Some((at(4000), 120.0)));
}

#[test]
fn an_instance_that_was_made_again_has_no_past() {
    let old = |ms| beat(ms, 1, vec![slot(7, 19, Some(500))]);
    let new = |ms| beat(ms, 1, vec![slot(7, 14, Some(100))]);
    let of = curve(Some(7), Measure::Memory);
    let history = recorded(&[old(1000), old(2000), new(3000), new(4000)]);
    let told = history.curve(&of, at(4000), 1.0, 4);
    assert_eq!(told, [None, None, Some(10.0), Some(10.0)]);
    // also one that has the profile of its predecessor, if there was nothing in between
    let none = |ms| beat(ms, 1, vec![]);
    let history = recorded(&[old(1000), none(2000), old(3000)]);
    assert_eq!(
        history.curve(&of, at(3000), 1.0, 3),
        [None, None, Some(50.0)]
    );
    let history = recorded(&[old(1000), none(2000)]);
    assert_eq!(history.curve(&of, at(2000), 1.0, 2), [None, None]);
}

#[test]
fn other_instances_come_and_go_without_a_mark_on_a_curve() {
    let one = |ms| beat(ms, 1, vec![slot(7, 19, Some(500))]);
    let two = |ms| beat(ms, 1, vec![slot(3, 19, Some(1)), slot(7, 19, Some(500))]);
    let history = recorded(&[one(1000), two(2000), one(3000)]);
    let told = history.curve(&curve(Some(7), Measure::Memory), at(3000), 1.0, 3);
    assert_eq!(told, [Some(50.0); 3]);
}

#[test]
fn absent_is_a_gap_and_nobody_knows_a_curve_of_nothing() {
    let history = recorded(&[
        beat(1000, 1, vec![slot(7, 19, None)]),
        beat(2000, 1, vec![slot(7, 19, Some(0))]),
    ]);
    let of = curve(Some(7), Measure::Memory);
    assert_eq!(history.curve(&of, at(2000), 1.0, 2), [None, Some(0.0)]);
    for nobody in [curve(Some(9), Measure::Memory), curve(Some(7), Measure::Sm)] {
        assert_eq!(history.curve(&nobody, at(2000), 1.0, 2), [None, None]);
    }
    assert_eq!(History::default().curve(&of, at(0), 1.0, 0), []);
}

#[test]
fn a_long_step_is_a_mean_and_does_not_change_once_it_is_full() {
    let beats: Vec<_> = (1..=40)
        .map(|n| beat(n * 1000, u32::try_from(n).unwrap(), vec![]))
        .collect();
    let history = recorded(&beats);
    // the epoch of steps is the epoch of time: 03:00:00 is a multiple of ten seconds
    let early = history.curve(&power(), at(31_000), 10.0, 4);
    assert_eq!(early, [Some(5.5), Some(15.5), Some(25.5), Some(31.0)]);
    let later = history.curve(&power(), at(39_000), 10.0, 4);
    assert_eq!(later[..3], early[..3]);
    assert_eq!(later[3], Some(35.0));
}

#[test]
fn a_clock_that_was_set_back_begins_anew_from_there() {
    let history = recorded(&[
        beat(10_000, 1, vec![]),
        beat(11_000, 2, vec![]),
        beat(10_500, 3, vec![]),
        beat(11_500, 4, vec![]),
    ]);
    let told = history.curve(&power(), at(12_000), 1.0, 2);
    assert_eq!(told.len(), 2);
    assert_eq!(history.last(&power()), Some((at(11_500), 4.0)));
}

#[test]
fn a_beat_of_five_seconds_has_no_gaps_although_its_probe_was_born_with_one() {
    let beats: Vec<_> = (1..8).map(|n| beat(n * 5000, 1, vec![])).collect();
    let told = recorded(&beats).curve(&power(), at(35_000), 1.0, 20);
    assert!(told.iter().all(Option::is_some), "{told:?}");
}

#[test]
fn more_is_kept_of_the_open_node_than_of_the_others() {
    let mut history = History::default();
    let names: Vec<Text> = (0..6).map(|n| Text::from(format!("h{n}"))).collect();
    history.open(Some(&names[2]));
    for n in 1..=700 {
        for name in &names {
            let mut node = beat(n * 1000, 7, vec![]);
            node.name = name.clone();
            history.record(&node, 1.0);
        }
    }
    let kept = |history: &History, name: &Text| history.nodes[name].rows.len();
    assert_eq!(kept(&history, &names[2]), OPEN);
    assert_eq!(kept(&history, &names[1]), OTHERS);
    history.open(None);
    assert_eq!(kept(&history, &names[2]), OTHERS);
    history.keep(|name| name == &names[0]);
    assert_eq!(history.nodes.len(), 1);
}

#[test]
fn a_snapshot_stays_as_it_was_taken() {
    let mut history = recorded(&[beat(1000, 1, vec![])]);
    let taken = history.clone();
    history.record(&beat(2000, 2, vec![]), 1.0);
    assert_eq!(taken.last(&power()), Some((at(1000), 1.0)));
    assert_eq!(history.last(&power()), Some((at(2000), 2.0)));
}

proptest! {
    /// Whatever comes when: a curve holds only values that were measured in or beside its steps, never an invented one,
    /// and every sample that is kept and lies in a step is seen there.
    #[test]
    fn a_curve_tells_what_was_measured(
        distances in prop::collection::vec(1i64..4000, 1..60),
        watts in prop::collection::vec(0u32..700, 60),
        step in 0.2f64..20.0,
        columns in 1usize..40,
        after in 0i64..5000,
    ) {
        let mut now = 0;
        let mut history = History::default();
        let mut told = Vec::new();
        for (distance, watts) in distances.iter().zip(&watts) {
            now += distance;
            history.record(&beat(now, *watts, vec![]), 1.0);
            told.push((at(now).as_millisecond(), f64::from(*watts)));
        }
        let until = at(now + after);
        let found = history.curve(&power(), until, step, columns);
        prop_assert_eq!(found.len(), columns);
        let low = told.iter().map(|t| t.1).fold(f64::INFINITY, f64::min);
        let high = told.iter().map(|t| t.1).fold(0.0, f64::max);
        for value in found.iter().flatten() {
            prop_assert!((low - 0.06..=high + 0.06).contains(value));
        }
        let step = step * 1000.0;
        let number = |ms: i64| (ms as f64 / step).ceil() as i64;
        let first = number(until.as_millisecond()) - columns as i64 + 1;
        for (ms, _) in &told {
            if let Ok(index) = usize::try_from(number(*ms) - first) {
                prop_assert!(found[index].is_some(), "the sample at {} is not seen", ms);
            }
        }
    }
}
