//! The simulator's tables and rules, written by somebody else from the same public listings, as the measure of ours: a
//! wrong figure or rule on either side shows as a difference.

use std::collections::BTreeSet;

use migdeck::domain::catalog::{Board, Mark, boards, named};
use migdeck::domain::ids::ProfileId;
use migdeck::domain::layout::Layout;
use migdeck::domain::layouts::Table;
use nvml_sim::rules::{Placed, can_place};
use nvml_sim::tables;

/// Boards of both, ours first.
fn pairs() -> impl Iterator<Item = (&'static Board, &'static tables::Board)> {
    tables::boards().map(|theirs| {
        let ours = named(theirs.short).unwrap_or_else(|e| panic!("{e}"));
        (ours, theirs)
    })
}

/// Every layout that the simulator's rules allow, grown instance by instance in every order.
fn grown(board: &tables::Board, media: bool) -> BTreeSet<Vec<Placed>> {
    let offered: Vec<_> = board
        .profiles
        .iter()
        .filter(|row| media || !row.name.contains(['+', '-']))
        .collect();
    let mut all = BTreeSet::from([Vec::new()]);
    let mut edge = vec![Vec::new()];
    while let Some(layout) = edge.pop() {
        for row in &offered {
            for &start in row.starts {
                if can_place(board, &layout, (row.id, start)).is_ok() {
                    let mut next = layout.clone();
                    next.push((row.id, start));
                    next.sort_unstable();
                    if all.insert(next.clone()) {
                        edge.push(next);
                    }
                }
            }
        }
    }
    all
}

fn bare(layout: &Layout) -> Vec<Placed> {
    let mut placed: Vec<_> = layout
        .instances()
        .iter()
        .map(|gi| (gi.profile.0, gi.placement.start))
        .collect();
    placed.sort_unstable();
    placed
}

#[test]
fn both_have_the_same_boards() {
    let theirs: BTreeSet<_> = tables::boards().map(|b| b.short).collect();
    for ours in boards() {
        assert!(theirs.contains(ours.model.as_str()), "{}", ours.model);
    }
    assert!(theirs.len() >= 16);
}

#[test]
fn both_list_the_same_profiles() {
    for (ours, theirs) in pairs() {
        assert_eq!(named(theirs.product).ok(), Some(ours), "{}", theirs.product);
        assert_eq!(ours.axis, theirs.axis, "{}", theirs.short);
        assert_eq!(ours.compute_slices, theirs.slices, "{}", theirs.short);
        let ids: Vec<_> = ours.profiles.iter().map(|p| p.id.0).collect();
        let their_ids: Vec<_> = theirs.profiles.iter().map(|row| row.id).collect();
        assert_eq!(
            ids, their_ids,
            "{}: ids in the order of the listing",
            theirs.short
        );
        for (p, row) in ours.profiles.iter().zip(theirs.profiles) {
            let at = format!("{} {}", theirs.short, row.name);
            assert_eq!(
                (p.kind, p.slices, p.max, p.size()),
                (row.kind, row.slices, row.max, Some(row.size)),
                "{at}"
            );
            let starts: Vec<_> = p.placements.iter().map(|p| p.start).collect();
            assert_eq!(starts, row.starts, "{at}");
            let name = row.name.into();
            assert!(p.name == name || p.also.contains(&name), "{at}: {}", p.name);
        }
    }
}

#[test]
fn both_read_the_same_figures_in_the_listings() {
    for (ours, theirs) in pairs() {
        for (p, row) in ours.profiles.iter().zip(theirs.profiles) {
            let at = format!("{} {}", theirs.short, row.name);
            // their derived figures stand where no source shows any: ours are absent there
            if let Some(sm) = p.sm {
                assert_eq!(sm, row.sm, "{at}");
            }
            if let Some(memory) = p.memory {
                assert_eq!(memory.to_mib(), row.mib, "{at}");
            }
            if let Some(e) = p.engines
                && p.provenance.engines == Mark::Listed
            {
                let row = row.engines;
                assert_eq!(
                    [e.decoder, e.encoder, e.copy, e.jpeg, e.ofa],
                    [row.dec, row.enc, row.ce, row.jpg, row.ofa],
                    "{at}"
                );
            }
            let missing = p.sm.is_none() || p.memory.is_none();
            assert!(
                !missing || row.derived,
                "{at}: they have a listing that we lack"
            );
        }
    }
}

#[test]
fn both_divide_instances_alike() {
    for (ours, theirs) in pairs() {
        for (p, row) in ours.profiles.iter().zip(theirs.profiles) {
            let at = format!("{} {}", theirs.short, row.name);
            let their_cis = tables::ci_profiles(theirs, row);
            // whether the double-memory 1g offers profile 0 beside 7 is in no listing: the simulator thinks so
            let ci = |id, slices, max| (id, slices, max);
            let ours: BTreeSet<_> = p
                .compute
                .iter()
                .map(|c| ci(c.id.0, c.slices, c.max))
                .collect();
            let theirs_set: BTreeSet<_> = their_cis
                .iter()
                .map(|c| ci(c.id, c.slices, c.max))
                .collect();
            assert!(ours.is_subset(&theirs_set), "{at}: {ours:?} {theirs_set:?}");
            if p.name.attributes().is_empty() && p.size() != Some(2 * p.slices) {
                assert_eq!(ours, theirs_set, "{at}");
            }
            for c in &p.compute {
                if let (Some(sm), Some(theirs)) = (c.sm, their_cis.iter().find(|t| t.id == c.id.0))
                {
                    assert_eq!(sm, theirs.sm, "{at} {}", c.id);
                }
            }
            let full = p.full_compute().map(|c| c.id.0);
            assert_eq!(full, tables::full_ci(theirs, row).map(|c| c.id), "{at}");
        }
    }
}

#[test]
fn the_table_is_exactly_what_the_simulator_lets_grow() {
    for (ours, theirs) in pairs() {
        for media in [false, true] {
            let table = Table::new(ours, media);
            let listed: BTreeSet<_> = table
                .rows()
                .iter()
                .map(|row| bare(&table.layout(ours, row.set)))
                .collect();
            assert_eq!(listed.len(), table.rows().len());
            assert!(
                listed == grown(theirs, media),
                "{} media {media}: the layouts differ",
                theirs.short
            );
        }
    }
}

/// Every layout of a board, and every (profile, start) beside it, offered or not.
fn neighbours_agree(ours: &Board, theirs: &tables::Board, media: bool) -> usize {
    let table = Table::new(ours, media);
    let mut compared = 0;
    for row in table.rows() {
        let layout = table.layout(ours, row.set);
        let mut placed = bare(&layout);
        // the order in which it was built must not matter
        placed.reverse();
        for profile in &ours.profiles {
            if !media && !profile.name.attributes().is_empty() {
                continue;
            }
            for start in 0..=ours.axis {
                let we = layout.admits(ours, profile, start);
                let they = can_place(theirs, &placed, (profile.id.0, start)).is_ok();
                assert_eq!(
                    we, they,
                    "{}: {}@{start} beside {placed:?}",
                    theirs.short, profile.name
                );
                compared += 1;
            }
        }
    }
    compared
}

#[test]
fn every_step_from_every_layout_of_an_a100_is_judged_alike() {
    let ours = named("a100-40").unwrap();
    let theirs = tables::board("a100-40").unwrap();
    // 723 layouts, six profiles without an attribute, starts 0 to 8
    assert_eq!(neighbours_agree(ours, theirs, false), 723 * 6 * 9);
    assert_eq!(neighbours_agree(ours, theirs, true), 2319 * 7 * 9);
}

#[test]
fn every_step_on_every_board_is_judged_alike() {
    for (ours, theirs) in pairs() {
        assert!(neighbours_agree(ours, theirs, true) > 1000);
    }
}

#[test]
fn what_is_not_admitted_has_its_sentence_and_what_is_has_none() {
    for name in ["a30-24", "a100-40", "rtxpro6000-96"] {
        let board = named(name).unwrap();
        let table = Table::new(board, true);
        for row in table.rows().iter().step_by(3) {
            let layout = table.layout(board, row.set);
            for profile in &board.profiles {
                for start in 0..=board.axis {
                    assert_eq!(
                        layout.admits(board, profile, start),
                        layout.refusals(board, profile, start).is_empty(),
                        "{name}: {}@{start} beside {layout:?}",
                        profile.name
                    );
                }
            }
        }
    }
}

#[test]
fn the_driver_s_own_order_never_leaves_the_table() {
    // what the simulator's driver chooses for a multiset is one of the layouts of that multiset
    let ours = named("a100-40").unwrap();
    let theirs = tables::board("a100-40").unwrap();
    let table = Table::new(ours, false);
    for wanted in table.multisets(table.rows()) {
        let mut layout: Vec<Placed> = Vec::new();
        for (ProfileId(id), count) in &wanted {
            for _ in 0..*count {
                // largest first never fails (fact of the published transcripts)
                let start = nvml_sim::rules::choose(theirs, 535, &layout, *id)
                    .unwrap_or_else(|e| panic!("{wanted:?}: {e:?}"));
                layout.push((*id, start));
            }
        }
        layout.sort_unstable();
        assert!(
            table
                .rows()
                .iter()
                .any(|row| bare(&table.layout(ours, row.set)) == layout),
            "{layout:?}"
        );
    }
}
