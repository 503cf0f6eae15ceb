//! The rows of the screen on top after something has changed.

use crate::app::at::RowId;
use crate::app::list::{List, Made};
use crate::app::overview::freshness::{self, Freshness};
use crate::app::overview::worst;
use crate::app::rows::{self, Place};
use crate::app::{Model, Screen};
use crate::domain::finding::Severity;
use crate::domain::fleet::{Fleet, Node};

/// Rows on each side of the selected one that may take its place when it goes.
const NEAR: usize = 8;

/// Computes the rows anew where they may have changed, and finds what was selected among them.
pub(super) fn refresh(model: &mut Model) {
    let screen = model.screen();
    let fleet = model.fleet().clone();
    let arriving = arriving(model, &screen);
    let namespace = model.namespace.clone();
    let list = &mut model.screens.top_mut().list;
    let now = Made {
        generation: fleet.generation,
        screen: screen.clone(),
        namespace: namespace.clone(),
        filter: list.parsed.clone(),
        sort: list.sort,
    };
    if list.made.as_ref() != Some(&now) {
        list.rows = rows::arrange_of(&screen, &fleet, namespace.as_ref(), &list.parsed, list.sort);
        let settles = fleet.nodes.iter().all(|n| has_looked_around(n, model.now));
        select(list, &screen, &fleet, Arrival { arriving, settles });
        forget_marks(list, &screen, &fleet);
        list.made = Some(now);
    }
    list.near = near(list, &screen, &fleet);
}

/// Beats after which a host has told all that it knows from the start: what is slow to read comes a beat or two after
/// the first.
const LOOKED_AROUND: u64 = 3;

/// How far the hosts are with their first.
struct Arrival {
    /// One of them has not told anything yet.
    arriving: bool,
    /// All have told all of it: where the user is led now is where they stay.
    settles: bool,
}

/// Seconds after which a host that has said nothing is not waited for any more.
const SILENT: i64 = 10;

/// Whether no more is to come from a host that belongs to its start.
fn has_looked_around(node: &Node, now: jiff::Timestamp) -> bool {
    match freshness::of(node, now) {
        Freshness::Connecting | Freshness::Reading => false,
        Freshness::Late { since, .. } if node.hello.is_none() => {
            now.duration_since(since).as_secs() >= SILENT
        }
        Freshness::Live => {
            // what has no probe has no beats
            let beat = node.stream.beat;
            node.hello.is_none() || beat.is_some_and(|beat| beat >= LOOKED_AROUND)
        }
        _ => true,
    }
}

/// Whether a host of the screen has still to tell its first. One that cannot be reached is not waited for.
fn arriving(model: &Model, screen: &Screen) -> bool {
    let scope = screen.scope();
    let fleet = model.fleet();
    let first = |n| {
        matches!(
            freshness::of(n, model.now),
            Freshness::Connecting | Freshness::Reading
        )
    };
    let mut nodes = fleet
        .nodes
        .iter()
        .filter(|n| scope.node().is_none_or(|name| n.name == *name));
    fleet.nodes.len() < model.session.hosts.len() || nodes.any(|n| first(n))
}

/// The row with the worst that somebody should look at, the first of several; `None`: there is no such row.
fn sorest(list: &List, screen: &Screen, fleet: &Fleet) -> Option<usize> {
    let severity = |place: &Place| {
        let node = fleet.nodes.get(place.node as usize)?;
        match screen {
            Screen::Fleet => worst::severity(node),
            Screen::Node(_) => {
                let gpu = node.gpus.get(place.item as usize)?;
                worst::of_gpu(node, gpu).map(|f| f.severity).max()
            }
            _ => None,
        }
    };
    let rows = list.rows.places.iter().map(severity).enumerate().rev();
    let (at, worst) = rows.max_by_key(|(_, severity)| *severity)?;
    (worst >= Some(Severity::Caution)).then_some(at)
}

/// Finds what was selected; where it has gone, what was nearest to it.
///
/// Who has not touched a key yet is led to what is worst, from when all hosts have told something until they have told
/// all of their first.
fn select(list: &mut List, screen: &Screen, fleet: &Fleet, arrival: Arrival) {
    let places = &list.rows.places;
    let id = |place: &Place| rows::id(screen, fleet, *place);
    let last = places.len().saturating_sub(1);
    let at = list.at.min(last);
    let stays = list.selected.iter().chain(&list.near).find_map(|wanted| {
        // rows may have the same name: the one nearest to where it was
        let same = places.iter().enumerate();
        same.filter(|(_, p)| id(p).as_ref() == Some(wanted))
            .map(|(n, _)| n)
            .min_by_key(|n| n.abs_diff(at))
    });
    // while hosts still tell their first, who has touched no key is not led away by rows that come above the first
    let held = !arrival.settles && at == 0 && !list.settled;
    let stays = stays.filter(|_| !held).unwrap_or(at);
    let led = (!list.settled && !arrival.arriving && list.filter.is_empty())
        .then(|| sorest(list, screen, fleet))
        .flatten();
    list.settled |= led.is_some() && arrival.settles;
    list.at = led.unwrap_or(stays);
    list.selected = places.get(list.at).and_then(id);
}

/// Drops marks of what is there no more. What a filter hides is still there.
fn forget_marks(list: &mut List, screen: &Screen, fleet: &Fleet) {
    if list.marks.is_empty() {
        return;
    }
    let all = rows::rows(screen, fleet);
    let there: std::collections::BTreeSet<RowId> = all
        .places
        .iter()
        .filter_map(|p| rows::id(screen, fleet, *p))
        .collect();
    list.marks.retain(|mark| there.contains(mark));
}

/// Rows around the selected one, those after it before those that are as far before it.
fn near(list: &List, screen: &Screen, fleet: &Fleet) -> Vec<RowId> {
    let places = &list.rows.places;
    (1..=NEAR)
        .flat_map(|by| [list.at.checked_add(by), list.at.checked_sub(by)])
        .flatten()
        .filter_map(|n| rows::id(screen, fleet, *places.get(n)?))
        .collect()
}
