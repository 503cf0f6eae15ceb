//! The filters that help, the README, the input line and the field list show, on the demo: each finds something there.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use migdeck::app::filter::{field::FIELDS, parse};
use migdeck::app::help::FILTERS;
use migdeck::app::rows::arrange;
use migdeck::app::texts::Language;
use migdeck::app::{Scope, Screen, Texts};
use migdeck::domain::fleet::{Fleet, Node};
use migdeck::wiring::demo::{Demo, SCENARIOS};
use migdeck::wiring::live::{Live, Ways};

/// How long a simulated fleet may take to come up on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The demo as its console has it once every host has told everything, the past included.
fn demo() -> Arc<Fleet> {
    let program = Path::new(env!("CARGO_BIN_EXE_migdeck"));
    let demo = Demo::new(&SCENARIOS.map(str::to_owned), program).unwrap();
    let ways = Ways {
        state: Some(demo.state().unwrap()),
        ..Ways::default()
    };
    let (tell, news) = channel();
    let _live = Live::start(demo.specs().to_vec(), ways, move |told| {
        let _ = tell.send(told.fleet);
    })
    .unwrap();
    let until = Instant::now() + PATIENCE;
    loop {
        let rest = until.saturating_duration_since(Instant::now());
        let fleet = news.recv_timeout(rest).expect("the demo tells everything");
        if fleet.nodes.len() == 4 && fleet.nodes.iter().all(|node| is_told(node)) {
            return fleet;
        }
    }
}

/// It has sampled each GPU, activity included, and its past has been read.
fn is_told(node: &Node) -> bool {
    let idle_for_hours = |node: &Node| {
        let slots = node.gpus.iter().flat_map(|gpu| &gpu.slots);
        let hours = |since| node.at.duration_since(since).as_hours() >= 1;
        slots.filter_map(|s| s.idle).any(|idle| hours(idle.since))
    };
    // activity is between two beats
    node.stream.beat.is_some_and(|n| n >= 2)
        && node.gpus.iter().all(|gpu| gpu.slow.is_some())
        && idle_for_hours(node)
}

/// What is between backticks in the README's sentence on filters.
fn of_readme() -> Vec<String> {
    let text = include_str!("../../README.md");
    let (_, rest) = text.split_once("`/` filters every list:").unwrap();
    let (sentence, _) = rest.split_once("\n\n").unwrap();
    let parts = sentence.split('`').skip(1).step_by(2);
    parts.map(str::to_owned).collect()
}

fn shown() -> BTreeSet<String> {
    let mut all: BTreeSet<String> = FILTERS.iter().map(|(f, _)| (*f).to_owned()).collect();
    all.extend(FIELDS.iter().map(|row| row.example.to_owned()));
    let readme = of_readme();
    assert!(readme.len() >= 4, "{readme:?}");
    all.extend(readme);
    for language in [Language::English, Language::Korean] {
        let texts = Texts::of(language);
        let offered = texts.get("footer.placeholder").split("  ");
        all.extend(offered.map(str::to_owned));
    }
    all
}

#[test]
fn every_filter_that_is_shown_finds_something_in_the_demo() {
    let fleet = demo();
    let lists = [
        Screen::Slices(Scope::Fleet),
        Screen::Holders(Scope::Fleet),
        Screen::Xids(Scope::Fleet),
        Screen::Events(Scope::Fleet),
        Screen::Findings(Scope::Fleet),
    ];
    let mut barren = Vec::new();
    for example in shown() {
        let filter = parse(&example).unwrap_or_else(|e| panic!("{example}: {e:?}"));
        let finds = |screen| {
            let all = arrange(screen, &fleet, &parse("").unwrap(), None)
                .places
                .len();
            let left = arrange(screen, &fleet, &filter, None).places.len();
            0 < left && left < all
        };
        if !lists.iter().any(finds) {
            barren.push(example);
        }
    }
    assert!(barren.is_empty(), "no list of the demo shows {barren:?}");
    // what the README promises of slices is so of slices
    let slices = &lists[0];
    for example in of_readme() {
        let filter = parse(&example).unwrap();
        let left = arrange(slices, &fleet, &filter, None).places.len();
        assert!(left > 0, "{example}");
    }
}

#[test]
fn a_notebook_of_the_development_server_is_idle_since_the_day_before() {
    let fleet = demo();
    let mut nodes = fleet.nodes.iter();
    let node = nodes.find(|n| n.name.as_str() == "dgx-dev-01").unwrap();
    let slot = node.gpus[0].slots.iter().find(|s| {
        let mut pods = s.pods.iter().filter_map(|p| p.name.as_ref());
        pods.any(|name| name.as_str() == "nb-choi-subin-0")
    });
    let idle = slot.unwrap().idle.unwrap();
    assert!(idle.exact, "a process was seen there");
    assert_eq!(node.at.duration_since(idle.since).as_hours(), 31);
    let free = node.gpus[7].slots[0].idle.unwrap();
    assert!(
        !free.exact,
        "nobody was seen there in nine days of watching"
    );
    assert_eq!(node.at.duration_since(free.since).as_hours(), 9 * 24);
}
