//! Orders, and one's place in a list through all that may change.

use std::sync::Arc;

use proptest::prelude::*;

use super::{arrange, id, item, rows};
use crate::app::at::{EventId, RowId};
use crate::app::filter::parse;
use crate::app::fixture::sparse::{
    before, finding, fleet, gpu, holder, idle_since, node, process, sampled, slot, uuid, works, xid,
};
use crate::app::screen::{Scope, Screen};
use crate::app::sort::{Sort, columns};
use crate::app::{Message, Model, Snapshot, fixture, update};
use crate::domain::event::{Event, Happening, Seen};
use crate::domain::finding::Severity;
use crate::domain::fleet::{Fleet, Node, SlotState};
use crate::domain::holder::{HoldKind, Holder};
use crate::domain::reading::Reading;
use crate::domain::text::Text;

/// Two hosts with something of everything.
fn two() -> Fleet {
    let mut first = gpu(
        "a",
        0,
        vec![sampled(0, 900, &[]), sampled(1, 100, &[]), slot(2)],
    );
    first.processes = Reading::Value(vec![works(20, Some(0))]);
    let mut a = node("a", vec![first, gpu("a", 1, Vec::new())]);
    a.processes = vec![process(20, "kim", "train"), process(7, "root", "dcgm")];
    a.holders = vec![
        holder(HoldKind::Device, 7, Some(uuid("a", 0)), None),
        holder(HoldKind::Device, 7, Some(uuid("a", 1)), None),
        Holder {
            module: Some(Text::new("nvidia_drm")),
            pid: None,
            kind: HoldKind::Module,
            ..holder(HoldKind::Module, 0, None, None)
        },
        holder(HoldKind::Device, 20, Some(uuid("a", 0)), None),
        holder(HoldKind::Process, 20, Some(uuid("a", 0)), Some(0)),
    ];
    a.xids = vec![xid(31, 0, before(50)), xid(94, 1, before(5))];
    a.findings = vec![
        finding(Severity::Caution, "throttle", "a GPU 1"),
        finding(Severity::Info, "rights", "a"),
    ];
    let mut b = node("b", vec![gpu("b", 0, vec![slot(0)])]);
    b.xids = vec![xid(13, 0, before(20))];
    b.findings = vec![finding(Severity::Danger, "gpu-lost", "b GPU 0")];
    fleet(vec![a, b])
}

fn ids(screen: &Screen, fleet: &Fleet) -> Vec<RowId> {
    let places = rows(screen, fleet).places;
    places
        .iter()
        .filter_map(|p| id(screen, fleet, *p))
        .collect()
}

#[test]
fn natural_orders_put_first_what_is_looked_for_first() {
    let fleet = two();
    let codes: Vec<u32> = ids(&Screen::Xids(Scope::Fleet), &fleet)
        .iter()
        .filter_map(|i| match i {
            RowId::Xid { code, .. } => Some(*code),
            _ => None,
        })
        .collect();
    assert_eq!(codes, [94, 13, 31], "newest first over all hosts");
    let rules: Vec<String> = ids(&Screen::Findings(Scope::Fleet), &fleet)
        .iter()
        .filter_map(|i| match i {
            RowId::Finding { id, .. } => Some(id.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(rules, ["gpu-lost", "throttle", "rights"]);
    let holders = ids(&Screen::Holders(Scope::Fleet), &fleet);
    let pids: Vec<Option<u32>> = holders
        .iter()
        .filter_map(|i| match i {
            RowId::Holder { pid, .. } => Some(pid.map(|p| p.0)),
            _ => None,
        })
        .collect();
    assert_eq!(pids, [Some(20), Some(7), None], "work, open files, modules");
    assert_eq!(
        ids(&Screen::Slices(Scope::Fleet), &fleet).len(),
        5,
        "four instances, one whole GPU"
    );
}

#[test]
fn a_scope_of_one_gpu_leaves_out_the_others() {
    let fleet = two();
    let at = crate::app::at::GpuAt::of(&fleet.nodes[0], &fleet.nodes[0].gpus[1]);
    let count =
        |screen: fn(Scope) -> Screen| rows(&screen(Scope::Gpu(at.clone())), &fleet).places.len();
    assert_eq!(count(Screen::Xids), 1);
    assert_eq!(count(Screen::Slices), 1);
    assert_eq!(count(Screen::Holders), 2, "the monitor and the module");
    assert_eq!(count(Screen::Findings), 2, "its own and the host's");
}

#[test]
fn what_has_no_value_stands_last_either_way() {
    let fleet = two();
    let screen = Screen::Slices(Scope::Node(Text::new("a")));
    for reverse in [false, true] {
        let sort = Sort {
            column: crate::app::sort::Column::Memory,
            reverse,
        };
        let places = arrange(&screen, &fleet, &parse("gi>=0").unwrap(), Some(sort)).places;
        let gis: Vec<u32> = places
            .iter()
            .filter_map(|p| match item(&screen, &fleet, *p)? {
                super::Item::Slot(.., slot) => Some(slot.instance.gi.0),
                _ => None,
            })
            .collect();
        let expected = if reverse { [1, 0, 2] } else { [0, 1, 2] };
        assert_eq!(gis, expected, "reverse {reverse}");
    }
}

fn model(fleet: Fleet, screen: Screen) -> Model {
    let mut model = fixture::model(Vec::new());
    model.screens.push(screen);
    show(&mut model, fleet);
    model
}

fn show(model: &mut Model, fleet: Fleet) {
    update(
        model,
        Message::Snapshot(Snapshot {
            fleet: Arc::new(fleet),
            ..Snapshot::default()
        }),
    );
}

fn select(model: &mut Model, at: usize) {
    let screen = model.screen();
    let fleet = Arc::clone(model.fleet());
    let list = &mut model.screens.top_mut().list;
    // a key did it
    list.settled = true;
    list.at = at;
    list.selected = list
        .rows
        .places
        .get(at)
        .and_then(|p| id(&screen, &fleet, *p));
    // nothing has changed, so this only looks around
    update(model, Message::Snapshot(model.shown.clone()));
}

fn only(gis: &[u32], generation: u64) -> Fleet {
    let slots = gis.iter().map(|gi| slot(*gi)).collect();
    let mut fleet = fleet(vec![node("a", vec![gpu("a", 0, slots)])]);
    fleet.generation = generation;
    fleet
}

fn selected(model: &Model) -> Option<u32> {
    match model.selected()? {
        RowId::Slot(at) => Some(at.gi.0),
        _ => None,
    }
}

#[test]
fn the_selection_goes_to_the_neighbour_when_its_row_vanishes() {
    let mut model = model(only(&[0, 1, 2, 3, 4], 1), Screen::Slices(Scope::Fleet));
    select(&mut model, 2);
    assert_eq!(selected(&model), Some(2));
    // rows before it go: it stays
    show(&mut model, only(&[1, 2, 3, 4], 2));
    assert_eq!(selected(&model), Some(2));
    // it goes with a row before it: the one after it
    show(&mut model, only(&[3, 4], 3));
    assert_eq!(selected(&model), Some(3));
    select(&mut model, 1);
    show(&mut model, only(&[0, 3], 4));
    assert_eq!(
        selected(&model),
        Some(3),
        "the last one goes: the one before"
    );
}

#[test]
fn marks_outlive_a_filter_and_not_their_rows() {
    let mut model = model(only(&[0, 1, 2], 1), Screen::Slices(Scope::Fleet));
    for at in [0, 1] {
        select(&mut model, at);
        let id = model.selected().cloned().unwrap();
        model.screens.top_mut().list.marks.insert(id);
    }
    model.screens.top_mut().list.set_filter("gi=2").unwrap();
    show(&mut model, only(&[0, 1, 2], 2));
    let list = &model.screens.top().list;
    assert_eq!(
        (
            list.rows.places.len(),
            list.rows.unfiltered,
            list.marks.len()
        ),
        (1, 3, 2)
    );
    show(&mut model, only(&[1, 2], 3));
    assert_eq!(model.screens.top().list.marks.len(), 1);
}

/// Hosts of any small kind.
fn happened(n: u64) -> Event {
    Event {
        n,
        at: before(1),
        gpu: Some(uuid("a", 0)),
        index: Some(0),
        what: Happening::GpuAppeared,
        seen: Seen::Watched,
    }
}

/// A host with these events, told in this order.
fn with_events(events: &[u64], generation: u64) -> Fleet {
    let mut a = node("a", Vec::new());
    a.events = events.iter().map(|n| happened(*n)).collect();
    let mut fleet = fleet(vec![a]);
    fleet.generation = generation;
    fleet
}

#[test]
fn an_event_goes_by_its_number_and_one_without_by_what_is_known_of_it() {
    let named = ids(
        &Screen::Events(Scope::Fleet),
        &with_events(&[7, 0, 0, 8], 0),
    );
    let mut events: Vec<EventId> = named
        .into_iter()
        .filter_map(|id| match id {
            RowId::Event { event, .. } => Some(event),
            _ => None,
        })
        .collect();
    events.sort_unstable();
    let [first, second, third, fourth] = events.try_into().unwrap();
    assert_eq!([first, second], [7, 8].map(EventId::Number));
    let ordinal = |id: EventId| match id {
        EventId::Alike { n, .. } => Some(n),
        EventId::Number(_) => None,
    };
    // alike in time, GPU and happening: their numbers are taken for the order among all that are
    assert_eq!([ordinal(third), ordinal(fourth)], [Some(1), Some(2)]);
}

#[test]
fn a_selected_event_stays_selected_when_one_like_it_is_dropped_before_it() {
    let mut model = model(with_events(&[1, 2, 3], 1), Screen::Events(Scope::Fleet));
    let chosen = |model: &Model| match model.selected() {
        Some(RowId::Event { event, .. }) => Some(event.clone()),
        _ => None,
    };
    let at = (0..3).find(|at| {
        select(&mut model, *at);
        chosen(&model) == Some(EventId::Number(2))
    });
    assert!(at.is_some());
    show(&mut model, with_events(&[2, 3, 4], 2));
    assert_eq!(chosen(&model), Some(EventId::Number(2)));
}

fn any_fleet() -> impl Strategy<Value = Fleet> {
    let state = prop::sample::select(vec![SlotState::Busy, SlotState::Allocated, SlotState::Free]);
    let slots = prop::collection::btree_map(0u32..8, (state, 0u64..1000, any::<bool>()), 0..5);
    let gpus = prop::collection::vec(slots, 0..3);
    prop::collection::vec(gpus, 0..3).prop_map(|nodes| {
        let nodes: Vec<Node> = nodes
            .into_iter()
            .enumerate()
            .map(|(n, gpus)| {
                let name = format!("n{n}");
                let gpus = gpus.into_iter().zip(0..).map(|(slots, index)| {
                    let slots = slots.into_iter().map(|(gi, (state, used, known))| {
                        let mut slot = if known {
                            sampled(gi, used, &[])
                        } else {
                            slot(gi)
                        };
                        slot.state = state;
                        slot.idle = known.then(|| idle_since(i64::from(gi)));
                        slot
                    });
                    gpu(&name, index, slots.collect())
                });
                node(&name, gpus.collect())
            })
            .collect();
        fleet(nodes)
    })
}

proptest! {
    #[test]
    fn every_sort_shows_the_same_rows(fleet in any_fleet(), reverse: bool) {
        for screen in [Screen::Fleet, Screen::Slices(Scope::Fleet), Screen::Node(Text::new("n0"))] {
            let natural = rows(&screen, &fleet).places;
            for column in columns(&screen) {
                let sort = Some(Sort { column: *column, reverse });
                let sorted = arrange(&screen, &fleet, &parse("").unwrap(), sort).places;
                prop_assert_eq!(sorted.len(), natural.len());
                prop_assert!(natural.iter().all(|p| sorted.contains(p)));
                let again = arrange(&screen, &fleet, &parse("").unwrap(), sort).places;
                prop_assert_eq!(sorted, again);
            }
        }
    }

    #[test]
    fn a_selected_row_that_stays_stays_selected(one in any_fleet(), other in any_fleet(), at in 0usize..20) {
        let mut model = model(one, Screen::Slices(Scope::Fleet));
        let last = model.screens.top().list.rows.places.len();
        if last > 0 {
            select(&mut model, at % last);
        }
        let before = model.selected().cloned();
        let mut other = other;
        other.generation = 9;
        let there = ids(&Screen::Slices(Scope::Fleet), &other);
        show(&mut model, other);
        let now = model.selected().cloned();
        match before {
            Some(id) if there.contains(&id) => prop_assert_eq!(now, Some(id)),
            _ => prop_assert_eq!(now.is_some(), !there.is_empty()),
        }
    }
}
