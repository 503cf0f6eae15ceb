//! The lists on bare buffers. That nothing is drawn beside the area is asked of each of them by [`Drawn::of`].

use super::draw;
use crate::app::fixture::{ago, host, model, node, now, snapshot};
use crate::app::rows::{Place, Rows};
use crate::app::{Message, Model, Scope, Screen, update};
use crate::domain::event::{Event, Happening, Seen};
use crate::domain::fleet::Node;
use crate::domain::observation::{Health, SourceName};
use crate::domain::reading::{Absence, AbsentCode};
use crate::domain::xid::{XidEvent, XidFamily, XidSource};
use crate::view::Role;
use crate::view::fixture::Drawn;

mod empty;
mod rows;
mod selection;

fn all() -> Scope {
    Scope::Fleet
}

/// A console that shows a screen of these hosts, no row of it selected that a test looks at: the last one is.
fn shows(screen: Screen, nodes: Vec<Node>) -> Model {
    let mut model = model(Vec::new());
    model.screens.jump(screen);
    update(&mut model, Message::Snapshot(snapshot(nodes)));
    let list = &mut model.screens.top_mut().list;
    list.at = list.rows.places.len().saturating_sub(1);
    model
}

fn drawn(model: &Model, width: u16, height: u16) -> Drawn {
    Drawn::of(model, (width, height), draw)
}

fn xid(code: u32, seconds: i64) -> XidEvent {
    XidEvent {
        family: XidFamily::Xid,
        code,
        pci: None,
        at: ago(seconds),
        boot_usec: None,
        boot: None,
        gi: None,
        ci: None,
        pid: None,
        name: None,
        message: "".into(),
        severity_word: None,
        link: None,
        source: XidSource::Kmsg,
    }
}

fn event(n: u64, what: Happening) -> Event {
    Event {
        n,
        at: ago(i64::try_from(n).unwrap_or(0)),
        gpu: None,
        index: Some(5),
        what,
        seen: Seen::Watched,
    }
}

fn down(source: SourceName, node: &mut Node) {
    for state in node.sources.iter_mut().filter(|s| s.source == source) {
        state.health = Health::Down {
            since: ago(30),
            why: Absence::new(AbsentCode::NoPermission, "it needs root"),
        };
    }
}

#[test]
fn at_any_size_it_keeps_to_its_area() {
    let mut many = node("a");
    many.xids = (0..30).map(|n| xid(94, n)).collect();
    many.events = (1..30).map(|n| event(n, Happening::Booted)).collect();
    many.xids_lost = 3;
    let screens = [
        Screen::Fleet,
        Screen::Slices(all()),
        Screen::Xids(all()),
        Screen::Events(all()),
        Screen::Holders(all()),
        Screen::Findings(all()),
        Screen::Help,
        Screen::About,
    ];
    for screen in screens {
        for nodes in [vec![], vec![many.clone()], vec![many.clone(), host("b")]] {
            let model = shows(screen.clone(), nodes);
            for (width, height) in [(60, 3), (60, 12), (80, 22), (137, 41), (200, 60)] {
                drawn(&model, width, height);
            }
        }
    }
}
