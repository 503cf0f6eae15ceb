//! The built-in boards against what is publicly known of them.

use std::collections::BTreeSet;

use migdeck::domain::catalog::{Mark, boards, named};
use migdeck::domain::ids::ProfileId;
use migdeck::domain::layout::{GiPlaced, Layout, Rule};
use migdeck::domain::layouts::Table;

#[test]
fn every_board_that_planning_needs_is_there() {
    for name in [
        "a30-24",
        "a100-40",
        "a100-80",
        "h100-80",
        "h100-nvl-94",
        "h100-96",
        "h20-96",
        "gh200-96",
        "gh200-144",
        "h200-141",
        "b200-180",
        "gb200-186",
        "b300-269",
        "gb300-278",
        "rtxpro6000-96",
    ] {
        named(name).unwrap_or_else(|e| panic!("{e}"));
    }
}

#[test]
fn axes_and_slices_follow_from_the_profiles() {
    for (name, axis, slices) in [
        ("a30-24", 4, 4),
        ("h100-80", 8, 7),
        ("rtxpro6000-96", 12, 4),
    ] {
        let board = named(name).unwrap();
        assert_eq!((board.axis, board.compute_slices), (axis, slices), "{name}");
    }
}

#[test]
fn ids_are_unique_and_names_say_what_the_figures_say() {
    for board in boards() {
        let ids: BTreeSet<_> = board.profiles.iter().map(|p| p.id).collect();
        assert_eq!(ids.len(), board.profiles.len(), "{}", board.model);
        for p in &board.profiles {
            let at = format!("{} {}", board.model, p.name);
            let name = p
                .name
                .known()
                .unwrap_or_else(|| panic!("{at} is understood"));
            assert_eq!(name.slices, p.slices, "{at}");
            // the name is the memory rounded up to an eighth (go-nvlib), never less than what there is
            if let Some(memory) = p.memory {
                assert!(
                    memory.to_gib() <= f64::from(name.gb),
                    "{at}: {}",
                    memory.to_gib()
                );
                assert!(
                    memory.to_gib() > f64::from(name.gb) * 0.8,
                    "{at}: {}",
                    memory.to_gib()
                );
            }
            assert!(!p.placements.is_empty(), "{at}");
            assert!(p.full_compute().is_some(), "{at}");
            assert!(!p.provenance.source.is_empty(), "{at}");
        }
    }
}

#[test]
fn what_no_source_shows_is_absent_and_says_so() {
    let b300 = named("b300-269").unwrap();
    for p in &b300.profiles {
        assert_eq!((p.memory, p.sm, p.engines), (None, None, None));
        assert_eq!(p.provenance.weakest(), Mark::Unverified);
    }
    let gh200 = named("gh200-144").unwrap();
    assert_eq!(gh200.profile(ProfileId(0)).unwrap().memory, None);
    assert_eq!(named("a100-40").unwrap().weakest_mark(), Mark::Listed);
}

#[test]
fn the_compute_instance_that_fills_is_the_one_with_all_sms() {
    let full = |board: &str, gi: u32| {
        let profile = named(board).unwrap().profile(ProfileId(gi)).unwrap();
        profile.full_compute().unwrap().id.0
    };
    assert_eq!(full("h100-80", 15), 7);
    assert_eq!(full("a100-40", 15), 0);
    assert_eq!(full("h100-80", 14), 1);
    assert_eq!(full("a100-40", 5), 3);
    assert_eq!(full("h100-80", 0), 4);
    // without figures the slices decide
    assert_eq!(full("b300-269", 15), 7);
    assert_eq!(full("b300-269", 9), 2);
}

fn refused(board: &str, placed: &[(u32, u32)]) -> Vec<(Rule, String, Option<String>)> {
    let board = named(board).unwrap();
    let placed = placed
        .iter()
        .map(|&(id, start)| GiPlaced::full(board.profile(ProfileId(id)).unwrap(), start))
        .collect();
    Layout::new(board, placed)
        .err()
        .unwrap_or_default()
        .into_iter()
        .map(|c| (c.rule, c.a, c.b))
        .collect()
}

#[test]
fn each_rule_names_the_two_things_that_collide() {
    let pair = |rule, a: &str, b: &str| vec![(rule, a.to_owned(), Some(b.to_owned()))];
    let alone = |rule, a: &str| vec![(rule, a.to_owned(), None)];
    assert_eq!(
        refused("a100-40", &[(9, 0), (14, 2)]),
        pair(Rule::Overlap, "2g.10gb@2", "3g.20gb@0")
    );
    assert_eq!(
        refused("a100-40", &[(14, 1)]),
        alone(Rule::Placement, "2g.10gb@1")
    );
    assert_eq!(
        refused("a30-24", &[(21, 0), (6, 2)]),
        pair(Rule::Media, "2g.12gb+me@2", "1g.6gb+me@0")
    );
    assert_eq!(
        refused("a100-40", &[(20, 0), (20, 1)]),
        alone(Rule::Count, "1g.5gb+me@1")
    );
    // six 1g fill six slices; a 4g with them would need ten
    assert_eq!(
        refused("rtxpro6000-96", &[(65, 0), (14, 3), (67, 6)]),
        pair(Rule::Media, "1g.24gb@3", "1g.24gb+me.all@0")
    );
    assert_eq!(
        refused("rtxpro6000-96", &[(64, 0), (47, 9)]),
        pair(Rule::Media, "1g.24gb+gfx@9", "2g.48gb+me.all@0")
    );
    assert!(refused("rtxpro6000-96", &[(65, 0), (67, 3), (66, 6)]).is_empty());
    assert!(refused("a100-40", &[(5, 0), (9, 4)]).is_empty());
    let unknown = GiPlaced {
        profile: ProfileId(77),
        ..GiPlaced::full(named("a100-40").unwrap().profile(ProfileId(19)).unwrap(), 0)
    };
    let collisions = Layout::new(named("a100-40").unwrap(), vec![unknown]).unwrap_err();
    assert!(
        collisions[0].text.contains("no profile 77"),
        "{}",
        collisions[0]
    );
}

#[test]
fn compute_slices_are_a_budget_of_their_own() {
    // memory would have room for it: 4g takes four of eight slices, and five of compute are gone
    let board = named("a100-40").unwrap();
    let p = |id| board.profile(ProfileId(id)).unwrap();
    let placed = vec![
        GiPlaced::full(p(5), 0),
        GiPlaced::full(p(14), 4),
        GiPlaced::full(p(19), 6),
    ];
    let layout = Layout::new(board, placed).unwrap();
    assert_eq!(layout.compute_slices(board), 7);
    let space = layout.space(board);
    assert!(space.holes.is_empty());
    assert_eq!(space.lost.len(), 1);
    assert_eq!((space.lost[0].start, space.lost[0].size), (7, 1));
    let texts: Vec<_> = layout
        .refusals(board, p(15), 6)
        .into_iter()
        .map(|c| c.rule)
        .collect();
    assert_eq!(texts, [Rule::Overlap, Rule::Slices]);
}

#[test]
fn holes_are_told_from_lost_slices() {
    // the sketch on the node screen: three 2g leave a hole at 6 that a 1g fits, and 7 that only the double 1g reaches
    let board = named("a100-40").unwrap();
    let p = |id| board.profile(ProfileId(id)).unwrap();
    let layout = Layout::new(
        board,
        [0, 2, 4].map(|start| GiPlaced::full(p(14), start)).to_vec(),
    )
    .unwrap();
    let fits = layout.fits(board);
    assert_eq!(
        fits,
        [19, 20, 15].map(|id| (ProfileId(id), vec![6])).to_vec()
    );
    let space = layout.space(board);
    assert_eq!((space.holes[0].start, space.holes[0].size), (6, 2));
    assert!(space.lost.is_empty());
    assert_eq!(space.compute_left, 1);
}

#[test]
fn a_row_is_maximal_where_nothing_fits() {
    // one board of each axis: the others have the same ids and placements, which the comparison with the simulator holds
    for name in ["a30-24", "h100-80", "rtxpro6000-96"] {
        let board = named(name).unwrap();
        let table = Table::new(board, true);
        for row in table.rows() {
            let layout = table.layout(board, row.set);
            assert!(layout.collisions(board).is_empty(), "{}", board.model);
            assert_eq!(
                row.maximal,
                layout.fits(board).is_empty(),
                "{} {layout:?}",
                board.model
            );
        }
    }
}
