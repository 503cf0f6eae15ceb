//! What has changed, as events.

use super::*;
use crate::domain::event::{Event, Happening, Seen};
use crate::domain::observation::{CallState, DriverLoad, GpuCall, Health, SourceName, SourceState};
use crate::store::memory::Memory;

fn beat(n: u64) -> Fact {
    Fact::Beat { n, dropped: 0 }
}

fn with(change: impl FnOnce(&mut GpuInventory)) -> Fact {
    let mut inventory = inventory();
    change(&mut inventory);
    Fact::Gpu(Box::new(inventory))
}

fn instances(list: Vec<GpuInstance>) -> Fact {
    with(|i| i.instances = Reading::Value(list))
}

fn one() -> GpuInstance {
    instance(1, (9, "3g.20gb"), 4, 4)
}

fn seven() -> GpuInstance {
    instance(7, (19, "1g.5gb"), 0, 1)
}

/// Events as a kind and how they are known.
fn events(store: &mut Store) -> Vec<(Event, String)> {
    let node = node(store);
    assert!(node.events.is_sorted_by_key(|e| e.at), "{:?}", node.events);
    let line = |e: &Event| {
        let what = serde_json::to_value(&e.what).unwrap();
        let kind = match &what {
            serde_json::Value::String(kind) => kind.clone(),
            other => other.as_object().unwrap().keys().next().unwrap().clone(),
        };
        let seen = serde_json::to_value(e.seen).unwrap();
        format!("{kind} {}", seen.as_str().unwrap())
    };
    node.events.iter().map(|e| (e.clone(), line(e))).collect()
}

fn kinds(store: &mut Store) -> Vec<String> {
    events(store).into_iter().map(|(_, line)| line).collect()
}

#[test]
fn the_first_look_is_where_it_starts_from() {
    let mut store = told(0, beginning());
    assert_eq!(kinds(&mut store), [""; 0]);
    // nor is a probe that begins again
    tell(&mut store, 9, beginning());
    assert_eq!(kinds(&mut store), [""; 0]);
}

#[test]
fn an_instance_without_compute_instances_is_not_listed_by_device_and_may_be_there() {
    let by_device = |list: Vec<GpuInstance>| {
        with(|i| {
            i.instances = Reading::Value(list);
            i.listing = Listing::ByDevice {
                why: crate::domain::reading::Absence::new(
                    crate::domain::reading::AbsentCode::NoPermission,
                    "no rights",
                ),
            };
        })
    };
    let mut store = told(
        0,
        vec![
            hello("dgx-test-01", "boot-1"),
            driver(),
            by_device(vec![one(), seven()]),
            beat(1),
        ],
    );
    tell(&mut store, 1, vec![by_device(vec![one()]), beat(2)]);
    assert_eq!(kinds(&mut store), ["instance_unlisted watched"]);
}

#[test]
fn every_event_has_a_number_of_its_own_also_after_a_restart_and_beyond_what_is_kept() {
    let mut store = told(0, beginning());
    for n in 1..=300 {
        tell(&mut store, 20 * n, vec![instances(vec![one()]), beat(1)]);
        tell(
            &mut store,
            20 * n + 10,
            vec![instances(vec![one(), seven()]), beat(1)],
        );
    }
    let numbers =
        |store: &mut Store| -> Vec<u64> { node(store).events.iter().map(|e| e.n).collect() };
    let all = numbers(&mut store);
    assert_eq!(all.len(), 500);
    assert_eq!((all[0], all[499]), (101, 600));
    let logged: Vec<Event> = node(&mut store).events[400..].to_vec();
    let mut next = told(50_000, beginning());
    tell(&mut next, 50_001, vec![instances(vec![one()]), beat(1)]);
    assert_eq!(numbers(&mut next), [1]);
    let mut twice = logged.clone();
    // another console has given this number too
    twice.push(Event {
        what: Happening::Resumed,
        ..logged[7].clone()
    });
    next.remember(
        STREAM,
        Memory {
            events: twice,
            ..Memory::default()
        },
    );
    let mut all = numbers(&mut next);
    assert_eq!(all.last(), Some(&601));
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!((all.len(), count), (102, 102));
}

#[test]
fn instances_come_and_go() {
    let mut store = told(0, beginning());
    let _ = node(&mut store);
    let mut born = instance(3, (14, "2g.10gb"), 2, 2);
    born.appeared = Some(at(4));
    tell(&mut store, 5, vec![instances(vec![seven(), born]), beat(2)]);
    let found = events(&mut store);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0].1, "instance_appeared watched");
    assert_eq!(found[0].0.at, at(4), "when the probe saw it");
    assert_eq!(found[0].0.index, Some(0));
    assert!(
        matches!(&found[1].0.what, Happening::InstanceVanished { gi: GiId(1), profile: Some(p), placement: Some(Placement { start: 4, size: 4 }) } if p == "3g.20gb")
    );
}

#[test]
fn an_instance_that_was_made_again_under_its_id_went_and_came() {
    let mut store = told(0, beginning());
    let _ = node(&mut store);
    let mut again = one();
    again.appeared = Some(at(5));
    tell(&mut store, 5, vec![instances(vec![seven(), again])]);
    let mut found = kinds(&mut store);
    found.sort();
    assert_eq!(
        found,
        ["instance_appeared watched", "instance_vanished watched"]
    );
}

#[test]
fn what_changed_while_nobody_watched_is_between() {
    let mut store = told(0, beginning());
    let _ = node(&mut store);
    let mut later = beginning();
    later[2] = instances(vec![seven()]);
    tell(&mut store, 60, later);
    assert_eq!(kinds(&mut store), ["instance_vanished between"]);
    // and from then on it is watched
    tell(&mut store, 61, vec![instances(vec![seven(), one()])]);
    assert_eq!(
        kinds(&mut store),
        ["instance_vanished between", "instance_appeared watched"]
    );
}

#[test]
fn mode_compute_instances_and_gpus() {
    let mut store = told(0, beginning());
    let _ = node(&mut store);
    let pending = with(|i| {
        i.mig = Reading::Value(MigMode {
            current: true,
            pending: false,
        });
    });
    tell(&mut store, 1, vec![pending]);
    let mut bare = seven();
    bare.cis.clear();
    let _ = node(&mut store);
    tell(&mut store, 2, vec![instances(vec![bare, one()])]);
    let _ = node(&mut store);
    tell(&mut store, 3, vec![Fact::GpuGone { gpu: uuid() }, beat(2)]);
    let _ = node(&mut store);
    tell(
        &mut store,
        4,
        vec![Fact::Gpu(Box::new(inventory())), beat(3)],
    );
    assert_eq!(
        kinds(&mut store),
        [
            "mode_changed watched",
            "mode_changed watched",
            "compute_changed watched",
            "gpu_vanished watched",
            "gpu_appeared watched"
        ]
    );
}

#[test]
fn what_cannot_be_read_is_no_change() {
    let mut store = told(0, beginning());
    let _ = node(&mut store);
    let down = Fact::Source(SourceState {
        source: SourceName::Nvml,
        health: Health::Down {
            since: at(1),
            why: crate::domain::reading::Absence::new(
                crate::domain::reading::AbsentCode::NoSource,
                "gone",
            ),
        },
    });
    tell(&mut store, 1, vec![down, beat(2)]);
    let _ = node(&mut store);
    tell(
        &mut store,
        2,
        vec![with(|i| i.instances = absent()), driver(), beat(3)],
    );
    let _ = node(&mut store);
    tell(
        &mut store,
        3,
        vec![Fact::Gpu(Box::new(inventory())), beat(4)],
    );
    assert_eq!(kinds(&mut store), [""; 0]);
}

fn call(state: CallState) -> Fact {
    Fact::GpuCall(GpuCall {
        pci: "0000:4e:00.0".parse().ok(),
        gpu: Some(uuid()),
        index: 0,
        state,
    })
}

#[test]
fn a_call_that_hangs_is_told_once_until_it_answers() {
    let mut store = told(0, beginning());
    let _ = node(&mut store);
    let hung = || CallState::Hung {
        since: at(1),
        call: Text::new("nvmlDeviceGetMemoryInfo"),
    };
    let resting = CallState::Resting {
        since: at(2),
        until: None,
        why: crate::domain::reading::Absence::new(
            crate::domain::reading::AbsentCode::Hung,
            "a call has not come back",
        ),
    };
    for state in [hung(), resting, hung(), CallState::Answering] {
        tell(&mut store, 3, vec![call(state)]);
        let _ = node(&mut store);
    }
    assert_eq!(
        kinds(&mut store),
        ["call_hung watched", "calls_answer watched"]
    );
}

#[test]
fn a_source_that_flaps_is_one_event_that_counts() {
    let mut store = told(0, beginning());
    let health = |lost: bool, n: i64| {
        let health = if lost {
            Health::Late {
                since: at(n),
                why: Text::new("no answer"),
            }
        } else {
            Health::Live
        };
        Fact::Source(SourceState {
            source: SourceName::Kernlog,
            health,
        })
    };
    tell(&mut store, 0, vec![health(false, 0)]);
    let _ = node(&mut store);
    for n in 1..=20 {
        tell(
            &mut store,
            n * 10,
            vec![health(n % 2 == 1, n * 10), beat(2)],
        );
        let _ = node(&mut store);
    }
    let found = events(&mut store);
    assert!(found.len() <= 6, "{found:#?}");
    let last = found.iter().rev().find_map(|(e, _)| match &e.what {
        Happening::SourceLost { why, .. } => Some(why.clone()),
        _ => None,
    });
    assert!(last.unwrap().contains("lost 10 times since"), "{found:#?}");
    // one that was never there is not lost
    let mut store = told(0, beginning());
    tell(&mut store, 0, vec![health(true, 0)]);
    let _ = node(&mut store);
    tell(&mut store, 1, vec![health(false, 0)]);
    assert_eq!(kinds(&mut store), [""; 0]);
}

#[test]
fn boots_and_driver_loads_come_from_the_host_and_are_told_once() {
    let loads = |drift: i64| Fact::DriverLoads {
        loads: vec![DriverLoad {
            at: at(-500 + drift),
            version: Some(Text::new("535.161.08")),
        }],
    };
    let mut store = told(0, beginning());
    tell(&mut store, 0, vec![loads(0)]);
    let _ = node(&mut store);
    tell(&mut store, 1, beginning());
    tell(&mut store, 1, vec![loads(2)]);
    let found = events(&mut store);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].1, "driver_loaded host");
    assert_eq!(found[0].0.at, at(-500));
}

#[test]
fn another_console_is_remembered() {
    let mut early = told(0, beginning());
    let _ = node(&mut early);
    tell(&mut early, 5, vec![instances(vec![seven()]), beat(2)]);
    let chapter = early.chapter(STREAM).unwrap();
    assert_eq!(chapter.events.len(), 1);
    assert_eq!(chapter.host, "dgx-test-01");
    assert_eq!(early.chapter(STREAM), None, "nothing new since");
    let memory = Memory {
        // two consoles have seen it
        events: [chapter.events.clone(), chapter.events].concat(),
        inventory: chapter.inventory,
        work: Vec::new(),
    };
    for before in [true, false] {
        let mut store = Store::new();
        if before {
            store.expect(STREAM, Text::new("x"), at(99));
            store.remember(STREAM, memory.clone());
        }
        tell(&mut store, 100, beginning());
        let _ = node(&mut store);
        if !before {
            store.remember(STREAM, memory.clone());
        }
        assert_eq!(
            kinds(&mut store),
            ["instance_vanished logged", "instance_appeared between"],
            "remembered before the first look: {before}"
        );
    }
}

#[test]
fn no_more_events_than_can_be_read() {
    let mut store = told(0, beginning());
    let _ = node(&mut store);
    for n in 1..=700 {
        let there = n % 2 == 0;
        let list = if there {
            vec![seven(), one()]
        } else {
            vec![seven()]
        };
        tell(&mut store, n, vec![instances(list)]);
        let _ = node(&mut store);
    }
    let found = events(&mut store);
    assert_eq!(found.len(), 500);
    assert_eq!(found[499].0.at, at(700), "the newest stay");
    assert_eq!(found[0].0.seen, Seen::Watched);
}

fn idle(store: &mut Store, gi: u32) -> Option<(i64, bool)> {
    let gpu = gpu(store);
    let slot = gpu.slots.iter().find(|s| s.instance.gi == GiId(gi));
    let idle = slot.unwrap().idle?;
    Some((idle.since.duration_since(at(0)).as_secs(), idle.exact))
}

fn seen(processes: Vec<GpuProcess>) -> Fact {
    Fact::Sample(Box::new(sample(processes)))
}

#[test]
fn idle_is_never_longer_than_somebody_watched() {
    let mut store = told(0, beginning());
    assert_eq!(
        idle(&mut store, 7),
        Some((0, false)),
        "since the watch began"
    );
    tell(&mut store, 5, vec![seen(vec![process(42, Some(7))])]);
    assert_eq!(idle(&mut store, 7), None);
    assert_eq!(idle(&mut store, 1), Some((0, false)));
    tell(&mut store, 6, vec![seen(Vec::new())]);
    assert_eq!(idle(&mut store, 7), Some((5, true)), "seen to become idle");
    // who works there could not be read for a moment: it goes on
    let mut blind = sample(Vec::new());
    blind.processes = absent();
    tell(&mut store, 30, vec![Fact::Sample(Box::new(blind))]);
    assert_eq!(idle(&mut store, 7), None);
    tell(&mut store, 50, vec![seen(Vec::new())]);
    assert_eq!(idle(&mut store, 7), Some((5, true)));
    // a hole in which a job may have run
    tell(&mut store, 200, vec![seen(Vec::new())]);
    assert_eq!(idle(&mut store, 7), Some((200, false)));
    // another instance under the same id
    let mut again = seven();
    again.appeared = Some(at(210));
    tell(
        &mut store,
        211,
        vec![instances(vec![again, one()]), seen(Vec::new())],
    );
    assert_eq!(idle(&mut store, 7), Some((210, false)));
}

#[test]
fn idle_goes_on_where_the_last_console_ended_if_that_was_a_moment_ago() {
    let mut early = told(0, beginning());
    let _ = node(&mut early);
    tell(&mut early, 5, vec![seen(vec![process(42, Some(7))])]);
    let _ = node(&mut early);
    tell(&mut early, 40, vec![seen(Vec::new())]);
    let _ = node(&mut early);
    let memory = Memory {
        work: early.work(STREAM),
        ..Memory::default()
    };
    for (start, expected) in [(90, (5, true)), (200, (200, false))] {
        for before in [true, false] {
            let mut store = Store::new();
            store.expect(STREAM, Text::new("x"), at(start));
            tell(&mut store, start, vec![hello("dgx-test-01", "boot-1")]);
            if before {
                store.remember(STREAM, memory.clone());
            }
            tell(&mut store, start, beginning());
            let _ = node(&mut store);
            if !before {
                store.remember(STREAM, memory.clone());
            }
            tell(&mut store, start + 1, vec![seen(Vec::new())]);
            assert_eq!(idle(&mut store, 7), Some(expected), "{start} {before}");
        }
    }
}
