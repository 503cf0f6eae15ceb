//! Streams that come, go, are silent, and tell of one host.

use super::*;
use crate::domain::observation::{Health, ProcGpu, SourceName, SourceState};
use crate::domain::reading::{Absence, AbsentCode};

fn observation(seconds: i64, fact: Fact) -> Observation {
    Observation {
        at: at(seconds),
        fact,
    }
}

fn health(node: &Node, source: SourceName) -> Option<&Health> {
    let state = node.sources.iter().find(|s| s.source == source);
    state.map(|s| &s.health)
}

#[test]
fn unchanged_nodes_are_shared_between_generations() {
    let mut store = told(0, beginning());
    store.apply(StreamId(2), observation(0, hello("dgx-test-02", "boot-2")));
    let first = store.fleet();
    assert!(Arc::ptr_eq(&first, &store.fleet()));
    store.apply(StreamId(2), observation(1, Fact::Beat { n: 1, dropped: 0 }));
    let second = store.fleet();
    assert_eq!(second.generation, first.generation + 1);
    assert!(Arc::ptr_eq(&first.nodes[0], &second.nodes[0]));
    assert!(!Arc::ptr_eq(&first.nodes[1], &second.nodes[1]));
}

#[test]
fn a_host_is_shown_before_it_speaks_and_keeps_its_reason_if_it_never_does() {
    let mut store = Store::new();
    store.expect(STREAM, Text::new("dgx-far-01"), at(0));
    assert_eq!(node(&mut store).name, "dgx-far-01");
    let why = Absence::new(AbsentCode::NoSource, "Permission denied (publickey).");
    store.ended(STREAM, Some(why.clone()));
    let node = node(&mut store);
    assert_eq!(
        health(&node, SourceName::Stream),
        Some(&Health::Down { since: at(0), why })
    );
    let found = &node.findings[0];
    assert_eq!(found.id, "source-down");
    assert!(found.text.contains("publickey"), "{found:?}");
}

#[test]
fn a_silent_stream_is_late_and_a_tape_at_its_end_is_not() {
    let mut store = told(0, beginning());
    store.tick(at(100));
    store.tick(at(104));
    assert_eq!(
        health(&node(&mut store), SourceName::Stream),
        Some(&Health::Live)
    );
    store.tick(at(106));
    assert!(matches!(
        health(&node(&mut store), SourceName::Stream),
        Some(Health::Late { since, .. }) if *since == at(100)
    ));
    tell(&mut store, 6, vec![Fact::Beat { n: 2, dropped: 0 }]);
    store.tick(at(107));
    assert_eq!(
        health(&node(&mut store), SourceName::Stream),
        Some(&Health::Live)
    );
    store.ended(STREAM, None);
    store.tick(at(1000));
    assert_eq!(
        health(&node(&mut store), SourceName::Stream),
        Some(&Health::Live)
    );
}

#[test]
fn a_new_probe_of_the_same_boot_takes_its_node_over() {
    let mut store = told(0, beginning());
    tell(&mut store, 1, vec![xids(vec![xid(31, None, at(1))])]);
    let next = StreamId(9);
    store.expect(next, Text::new("dgx-test-01"), at(2));
    store.apply(next, observation(2, hello("dgx-test-01", "boot-1")));
    let node = node(&mut store);
    assert_eq!(node.gpus.len(), 0, "it will be told again");
    assert_eq!(node.xids.len(), 1, "an event is not told again");
    store.ended(STREAM, Some(Absence::new(AbsentCode::NoSource, "old one")));
    assert_eq!(
        health(&super::node(&mut store), SourceName::Stream),
        Some(&Health::Live)
    );
}

#[test]
fn two_machines_that_say_the_same_name_stay_two() {
    let mut store = told(0, beginning());
    for (id, asked) in [(2, "far"), (3, "far"), (4, "dgx-test-01")] {
        store.expect(StreamId(id), Text::new(asked), at(0));
        let boot = format!("boot-of-{id}");
        store.apply(StreamId(id), observation(1, hello("dgx-test-01", &boot)));
        store.apply(
            StreamId(id),
            observation(1, Fact::Beat { n: 1, dropped: 0 }),
        );
    }
    let names = |store: &mut Store| -> Vec<String> {
        let fleet = store.fleet();
        fleet.nodes.iter().map(|n| n.name.to_string()).collect()
    };
    let expected = ["dgx-test-01", "dgx-test-01 (2)", "far", "far (2)"];
    assert_eq!(names(&mut store), expected);
    // what one of them measured is the others' no more than its events are
    tell(
        &mut store,
        2,
        vec![
            Fact::GpuGone { gpu: uuid() },
            Fact::Beat { n: 2, dropped: 0 },
        ],
    );
    let fleet = store.fleet();
    let events: Vec<usize> = fleet.nodes.iter().map(|n| n.events.len()).collect();
    assert_eq!(events[1..], [0, 0, 0]);
    assert!(events[0] > 0);
    // a probe that begins again does not change its name
    store.apply(
        StreamId(2),
        observation(3, hello("dgx-test-01", "boot-of-2")),
    );
    assert_eq!(names(&mut store), expected);
    assert_eq!(store.who(StreamId(2)).unwrap().0, "far");
}

#[test]
fn after_a_time_in_which_nobody_was_heard_nobody_is_late_at_once() {
    let live = |store: &mut Store| health(&node(store), SourceName::Stream) == Some(&Health::Live);
    let mut store = told(0, beginning());
    store.tick(at(100));
    store.resumed(at(700));
    store.tick(at(700));
    assert!(live(&mut store), "it has not had time to speak");
    assert_eq!(store.late_at(), Some(at(703)));
    store.tick(at(704));
    assert!(matches!(
        health(&node(&mut store), SourceName::Stream),
        Some(Health::Late { since, .. }) if *since == at(100)
    ));
}

#[test]
fn another_boot_begins_anew() {
    let mut store = told(0, beginning());
    tell(&mut store, 1, vec![xids(vec![xid(31, None, at(1))])]);
    tell(&mut store, 2, vec![hello("dgx-test-01", "boot-2")]);
    let node = node(&mut store);
    assert!(node.xids.is_empty());
    assert!(node.gpus.is_empty());
}

#[test]
fn a_gpu_of_proc_and_one_of_nvml_are_one() {
    let listed = ProcGpu {
        pci: "0000:4e:00.0".parse().unwrap(),
        name: Reading::Value(Text::new("NVIDIA A100-SXM4-40GB")),
        uuid: absent(),
        minor: Reading::Value(0),
        instances: Vec::new(),
    };
    let inventory_of_proc = crate::domain::observation::HostInventory {
        machine: absent(),
        os: absent(),
        kernel: absent(),
        booted: absent(),
        driver: absent(),
        gpus: Reading::Value(vec![listed]),
        stuck: Vec::new(),
    };
    let mut store = told(
        0,
        vec![
            hello("dgx-test-01", "boot-1"),
            Fact::Host(inventory_of_proc),
            Fact::Source(SourceState {
                source: SourceName::Nvml,
                health: Health::Late {
                    since: at(0),
                    why: Text::new("nvmlInit has not come back yet"),
                },
            }),
        ],
    );
    let before = gpu(&mut store);
    let why = before.inventory.reason().unwrap();
    assert!(why.text.contains("nvmlInit"), "{why:?}");
    tell(&mut store, 1, beginning().split_off(1));
    let after = gpu(&mut store);
    assert!(after.inventory.value().is_some());
    assert!(after.proc.is_some());
    // and stays where NVML loses it
    tell(&mut store, 2, vec![Fact::GpuGone { gpu: uuid() }]);
    let lost = gpu(&mut store);
    assert_eq!(lost.inventory.reason().unwrap().code, AbsentCode::GpuLost);
    assert!(finding(&mut store, "gpu-lost").is_some());
}

#[test]
fn nvml_that_goes_down_takes_its_facts_with_it() {
    let mut store = told(0, beginning());
    let why = Absence::new(
        AbsentCode::DriverMismatch,
        "library 535 and kernel module 550 differ",
    );
    tell(
        &mut store,
        1,
        vec![Fact::Source(SourceState {
            source: SourceName::Nvml,
            health: Health::Down {
                since: at(1),
                why: why.clone(),
            },
        })],
    );
    assert_eq!(gpu(&mut store).inventory, Reading::Absent(why));
    assert!(finding(&mut store, "library-mismatch").is_some());
}

#[test]
fn a_flood_is_found_as_long_as_it_goes_on_and_what_was_dropped_stays_told() {
    let mut store = told(0, beginning());
    store.flooded(STREAM, 5000, true, at(3));
    store.flooded(STREAM, 9000, true, at(4));
    let found = finding(&mut store, "source-floods").unwrap();
    assert!(found.text.contains("9000 records"), "{}", found.text);
    assert_eq!(
        node(&mut store).stream.floods,
        Some(at(3)),
        "since its beginning"
    );
    // a probe that begins again is not forgiven
    tell(&mut store, 5, vec![hello("h", "b")]);
    assert_eq!(node(&mut store).stream.unread, 9000);
    store.flooded(STREAM, 9000, false, at(6));
    assert_eq!(finding(&mut store, "source-floods"), None);
    assert!(finding(&mut store, "records-dropped").is_some());
}
