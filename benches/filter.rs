//! What a filter costs on the longest lists: a fleet of 180 hosts of eight GPUs with seven slices each, and one of 32.
//!
//! `cargo bench --bench filter`. The budget is 50 ms for 10,000 rows. The first host is a real probe's record of the
//! simulated host in `beat.toml`; the others are copies of it whose slices differ in profile, memory, state and pod.

mod common;

use std::sync::Arc;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use jiff::Timestamp;
use migdeck::app::filter::{Filter, parse};
use migdeck::app::keymap::Keymap;
use migdeck::app::rows::arrange;
use migdeck::app::session::Session;
use migdeck::app::texts::Language;
use migdeck::app::{Key, Message, Model, Scope, Screen, Snapshot, Texts, update};
use migdeck::domain::fleet::{Fleet, Node, PodLink, Slot, SlotState};
use migdeck::domain::ids::StreamId;
use migdeck::domain::reading::Reading;
use migdeck::domain::text::Text;
use migdeck::domain::units::Bytes;
use migdeck::store::Store;

fn main() {
    divan::main();
}

/// A word, a comparison, several terms, what hides every row; and what with its last letter hides the rows around the
/// selected one and few of the others.
const FILTERS: [&str; 5] = [
    "train",
    "mem>80%",
    "profile=3g.20gb ns~team- busy",
    "nobody-has-this-name",
    "node~[3-9]",
];

/// Hosts of the smaller and the larger fleet: 1,792 and 10,080 slices.
const SMALL: usize = 32;
const LARGE: usize = 180;

/// A host as its probe tells it.
fn told() -> Node {
    let mut store = Store::new();
    store.expect(StreamId(0), Text::new("a100"), Timestamp::UNIX_EPOCH);
    for line in common::lines() {
        let record = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{line}: {e}"));
        store.apply(StreamId(0), record);
    }
    Node::clone(&store.fleet().nodes[0])
}

fn fleet(hosts: usize) -> Fleet {
    let one = told();
    let nodes = (0..hosts).map(|host| {
        let mut node = one.clone();
        node.name = format!("dgx-{host:03}").into();
        let slots = node.gpus.iter_mut().flat_map(|gpu| &mut gpu.slots);
        for (n, slot) in slots.enumerate() {
            vary(slot, host * 56 + n);
        }
        Arc::new(node)
    });
    Fleet {
        generation: 1,
        nodes: nodes.collect(),
        cluster: None,
        findings: Vec::new(),
    }
}

/// Of seven slices one is larger, of five one is nearly full, of three one is free and the others have pods.
fn vary(slot: &mut Slot, n: usize) {
    if n.is_multiple_of(7) {
        slot.instance.profile = Reading::Value("3g.20gb".into());
    }
    if let Some(sample) = &mut slot.sample
        && let Some(total) = sample.memory_total.value()
    {
        let percent = if n.is_multiple_of(5) { 90 } else { 30 };
        sample.memory_used = Reading::Value(Bytes(total.0 / 100 * percent));
    }
    slot.state = match n % 3 {
        0 => SlotState::Busy,
        1 => SlotState::Allocated,
        _ => SlotState::Free,
    };
    if slot.state != SlotState::Free {
        slot.pods = vec![PodLink {
            namespace: Some(format!("team-{}", n % 11).into()),
            name: Some(format!("team-{}/notebook-{n}", n % 11).into()),
            uid: None,
            container: Some("main".into()),
            ci: None,
            evidence: vec!["pod-resources".into()],
        }];
    }
}

fn parsed(filter: &str) -> Filter {
    parse(filter).unwrap_or_else(|e| panic!("{filter}: {e:?}"))
}

/// A console of a fleet, as it stands after its first news.
fn console(hosts: usize, screen: Screen) -> Model {
    let fleet = Arc::new(fleet(hosts));
    let session = Session {
        book: migdeck::domain::fits::Book::default(),
        version: "0".into(),
        user: "kim".into(),
        simulated: true,
        saved: None,
        hosts: fleet.nodes.iter().map(|n| n.name.clone()).collect(),
        advice: None,
        themes: Vec::new(),
        bell: false,
        started: fleet.nodes[0].at,
        offset_seconds: 0,
    };
    let texts = Texts::of(Language::English);
    let mut model = Model::new(session, Keymap::default_keymap(), texts, "default");
    model.screens.push(screen);
    let snapshot = Snapshot {
        fleet,
        ..Snapshot::default()
    };
    update(&mut model, Message::Snapshot(snapshot));
    model
}

fn press(model: &mut Model, key: Key) {
    black_box(update(model, Message::Key(key)));
}

fn key(letter: char) -> Key {
    match letter {
        ' ' => "space",
        '/' => "/",
        other => {
            return other
                .to_string()
                .parse()
                .unwrap_or_else(|e| panic!("{other}: {e}"));
        }
    }
    .parse()
    .unwrap_or_else(|e| panic!("{letter}: {e}"))
}

/// The prompt is open and all of the filter but its last letter is typed.
fn before_the_last(mut model: Model, filter: &str) -> (Model, Key) {
    let mut letters: Vec<char> = filter.chars().collect();
    let last = letters.pop().unwrap_or(' ');
    press(&mut model, key('/'));
    for letter in letters {
        press(&mut model, key(letter));
    }
    assert!(model.typing(), "the prompt has not opened");
    (model, key(last))
}

#[divan::bench(args = FILTERS)]
fn parsed_alone(bencher: Bencher, filter: &str) {
    bencher.bench(|| parsed(black_box(filter)));
}

/// Parsed, and asked of every slice.
#[divan::bench(args = FILTERS)]
fn slices_10_080_rows(bencher: Bencher, filter: &str) {
    let fleet = fleet(LARGE);
    let screen = Screen::Slices(Scope::Fleet);
    bencher
        .counter(ItemsCount::new(
            arrange(&screen, &fleet, &Filter::default(), None).unfiltered,
        ))
        .bench_local(|| arrange(&screen, &fleet, &parsed(black_box(filter)), None));
}

/// A host is shown where one of its 64 GPUs and slices matches.
#[divan::bench(args = FILTERS)]
fn hosts_180_rows(bencher: Bencher, filter: &str) {
    let fleet = fleet(LARGE);
    bencher.bench_local(|| arrange(&Screen::Fleet, &fleet, &parsed(black_box(filter)), None));
}

/// From a key to the rows, the selected one among them; without the frame.
#[divan::bench(args = FILTERS)]
fn last_key_slices_1_792_rows(bencher: Bencher, filter: &str) {
    last_key(bencher, SMALL, Screen::Slices(Scope::Fleet), filter);
}

/// The same on the largest fleet.
#[divan::bench(args = FILTERS)]
fn last_key_slices_10_080_rows(bencher: Bencher, filter: &str) {
    last_key(bencher, LARGE, Screen::Slices(Scope::Fleet), filter);
}

/// The same over the hosts of the largest fleet.
#[divan::bench(args = FILTERS)]
fn last_key_hosts_180_rows(bencher: Bencher, filter: &str) {
    last_key(bencher, LARGE, Screen::Fleet, filter);
}

fn last_key(bencher: Bencher, hosts: usize, screen: Screen, filter: &str) {
    let (model, key) = before_the_last(console(hosts, screen), filter);
    let mut after = model.clone();
    press(&mut after, key);
    let list = &after.screens.top().list;
    assert_eq!(list.filter, filter, "not every letter was typed");
    bencher
        .with_inputs(|| model.clone())
        .bench_local_values(|mut model| {
            press(&mut model, key);
            model
        });
}
