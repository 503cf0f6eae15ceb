//! Boards as a driver lists them: the driver is right, and what it says otherwise is told.

use migdeck::domain::catalog::{Board, Mark, named};
use migdeck::domain::gpu::{CiProfile, ComputeInstance, Engines, GiProfile, GpuInstance};
use migdeck::domain::ids::{CiId, GiId, ProfileId};
use migdeck::domain::layout::{GiPlaced, Layout};
use migdeck::domain::layouts::Table;
use migdeck::domain::notation::{parse_gpu, print_layout};
use migdeck::domain::placement::Placement;
use migdeck::domain::reading::{AbsentCode, Reading};
use migdeck::domain::units::Bytes;

const A100: &str = "NVIDIA A100-SXM4-40GB";

/// What a driver lists that says exactly what the built-in table says.
fn listing(board: &Board) -> Vec<GiProfile> {
    board
        .profiles
        .iter()
        .map(|p| GiProfile {
            kind: p.kind,
            id: p.id,
            name: p.name.to_string().as_str().into(),
            slices: p.slices,
            max: p.max,
            memory: p.memory.unwrap_or(Bytes::mib(1)),
            sm: p.sm.unwrap_or(1),
            engines: p.engines.unwrap_or_default(),
            placements: Reading::Value(p.placements.clone()),
        })
        .collect()
}

fn odd(id: u32, name: &str, slices: u32, max: u32, placements: &[(u32, u32)]) -> GiProfile {
    GiProfile {
        kind: id,
        id: ProfileId(id),
        name: name.into(),
        slices,
        max,
        memory: Bytes::mib(1024),
        sm: slices.saturating_mul(10),
        engines: Engines::default(),
        placements: Reading::Value(
            placements
                .iter()
                .map(|&(start, size)| Placement { start, size })
                .collect(),
        ),
    }
}

#[test]
fn a_driver_that_says_the_same_differs_in_nothing() {
    for board in migdeck::domain::catalog::boards() {
        let live = Board::from_live(&board.products[0], &listing(board));
        assert_eq!(board.differences(&live), Vec::<String>::new());
        assert_eq!(
            (live.axis, live.compute_slices),
            (board.axis, board.compute_slices)
        );
        assert_eq!(live.twin(), Some(board));
        assert_eq!(
            Table::new(&live, true).rows(),
            Table::new(board, true).rows()
        );
    }
}

#[test]
fn each_difference_is_a_sentence() {
    let board = named("a100-40").unwrap();
    let mut listed = listing(board);
    listed.retain(|p| p.id != ProfileId(15));
    listed[0].max = 5;
    listed[0].sm = 13;
    listed[0].memory = Bytes::mib(4992); // 4.88 GiB: other drivers round so, no difference
    listed[1].memory = Bytes::mib(8000);
    listed[2].placements = Reading::Value(vec![Placement { start: 0, size: 2 }]);
    listed[2].engines.jpeg = 3;
    listed[5].name = "7g.41gb".into();
    listed.push(odd(99, "9x.new", 1, 1, &[(7, 1)]));
    let found = board
        .differences(&Board::from_live(A100, &listed))
        .join("\n");
    for part in [
        "the most on one GPU of 1g.5gb (profile 19) is 5 by the driver, 7 in the built-in table",
        "the number of SMs of 1g.5gb (profile 19) is 13",
        "the memory of 1g.5gb+me (profile 20) is 8000 MiB",
        "the set of placements of 2g.10gb (profile 14) is {0}:2 by the driver, {0,2,4}:2",
        "JPG 3",
        "the name of 7g.40gb (profile 0) is 7g.41gb",
        "does not list 1g.10gb (profile 15)",
        "lists 9x.new (profile 99), which the built-in table lacks",
    ] {
        assert!(found.contains(part), "{part}\n in\n{found}");
    }
    assert!(
        !found.contains("the memory of 1g.5gb (profile 19)"),
        "{found}"
    );
}

#[test]
fn a_board_nobody_knows_is_used_as_it_is() {
    // three compute slices on an axis of six, a name from the future, no full-size profile known
    let listed = [
        odd(1, "1g.0gb", 1, 3, &[(0, 2), (2, 2), (4, 2)]),
        odd(2, "2x.new[]", 2, 1, &[(0, 4), (2, 4)]),
    ];
    let board = Board::from_live("NVIDIA Thor", &listed);
    assert_eq!((board.axis, board.compute_slices), (6, 3));
    assert_eq!(board.twin(), None);
    let table = Table::new(&board, true);
    // empty; 3 single, 3 pairs, 1 triple of the small; the large at two places, each alone or with one small
    assert_eq!(table.rows().len(), 1 + 3 + 3 + 1 + 2 + 2);
    let large = board.profile(ProfileId(2)).unwrap();
    let layout = Layout::new(&board, vec![GiPlaced::full(large, 2)]).unwrap();
    let text = print_layout(&board, &layout);
    let again = parse_gpu(&text, &board).unwrap().complete(&board).unwrap();
    assert_eq!(
        again,
        migdeck::domain::layout::GpuLayout::On(layout),
        "{text}"
    );
}

#[test]
fn without_the_right_to_ask_the_built_in_table_tells_placements() {
    let board = named("a100-40").unwrap();
    let mut listed = listing(board);
    for p in &mut listed {
        p.placements = Reading::absent(AbsentCode::NoPermission, "root only");
    }
    let live = Board::from_live(A100, &listed);
    assert_eq!(live.axis, 8);
    assert_eq!(live.profiles[0].provenance.placements, Mark::Derived);
    assert!(board.differences(&live).is_empty());

    let stranger = Board::from_live("NVIDIA X1", &listed);
    assert_eq!(stranger.axis, 0);
    assert_eq!(stranger.profiles[0].provenance.placements, Mark::Unverified);
    let text = parse_gpu("1g.5gb", &stranger)
        .unwrap()
        .complete(&stranger)
        .unwrap_err();
    assert!(!text.is_empty());
    let text = parse_gpu("1g.5gb@0", &stranger)
        .unwrap()
        .complete(&stranger)
        .unwrap_err();
    assert!(text[0].text.contains("is not known"), "{}", text[0]);
    assert_eq!(Layout::default().space(&stranger).holes, []);
}

#[test]
fn compute_profiles_that_a_driver_lists_replace_the_assumed_ones() {
    let board = Board::from_live(A100, &listing(named("a100-40").unwrap()));
    // the newest drivers list two full-size profiles in 7g: 4 and 8
    let listed: Vec<CiProfile> = [(8, 7), (4, 7), (0, 1)]
        .map(|(id, slices)| CiProfile {
            id: ProfileId(id),
            slices,
            max: 7 / slices,
            sm: 14 * slices,
            name: None,
        })
        .to_vec();
    let board = board.with_compute(ProfileId(0), &listed);
    let seven = board.profile(ProfileId(0)).unwrap();
    assert_eq!(seven.full_compute().unwrap().id, ProfileId(4));
    assert_eq!(seven.provenance.compute, Mark::Listed);
    let layout = parse_gpu("7g.40gb[7c#8]", &board)
        .unwrap()
        .complete(&board)
        .unwrap();
    assert_eq!(
        migdeck::domain::notation::print_gpu(&board, &layout),
        "7g.40gb@0[7c#8]"
    );
}

#[test]
fn numbers_out_of_this_world_do_no_harm() {
    let listed = [
        odd(
            1,
            "1g.5gb",
            u32::MAX,
            u32::MAX,
            &[(u32::MAX, u32::MAX), (0, u32::MAX)],
        ),
        odd(2, "", 0, 0, &[(0, 0), (3, 1)]),
    ];
    let board = Board::from_live("?", &listed);
    let table = Table::new(&board, true);
    assert!(table.rows().len() < 16);
    assert!(board.axis < 16);
    let _ = Layout::default().space(&board);
    let many: Vec<_> = (0..200).map(|n| (n, 1)).collect();
    let crowded = Board::from_live("?", &[odd(1, "1g.5gb", 1, 200, &many)]);
    let table = Table::new(&crowded, true);
    assert!(!table.is_complete());
}

fn seen(profile: Reading<ProfileId>, cis: Vec<(u32, Reading<Placement>)>) -> GpuInstance {
    GpuInstance {
        gi: GiId(2),
        profile_id: profile,
        profile: Reading::not_yet(),
        placement: Reading::Value(Placement { start: 4, size: 4 }),
        memory: Reading::not_yet(),
        sm: Reading::not_yet(),
        engines: Reading::not_yet(),
        cis: cis
            .into_iter()
            .enumerate()
            .map(|(n, (profile, placement))| ComputeInstance {
                ci: CiId(n as u32),
                profile_id: Reading::Value(ProfileId(profile)),
                name: Reading::not_yet(),
                placement,
                uuid: Reading::not_yet(),
                device_index: Reading::not_yet(),
                sm: Reading::not_yet(),
                slices: Reading::not_yet(),
            })
            .collect(),
        appeared: None,
    }
}

#[test]
fn what_a_driver_reports_is_a_layout_or_a_reason() {
    let board = named("a100-40").unwrap();
    let at = |start, size| Reading::Value(Placement { start, size });
    let untold = || Reading::absent(AbsentCode::DriverTooOld, "no placement before R525");
    let three = || Reading::Value(ProfileId(9));
    for (cis, printed) in [
        (vec![(2, at(0, 3))], "3g.20gb@4"),
        // an older driver tells no placement; the one that fills has no other
        (vec![(2, untold())], "3g.20gb@4"),
        (vec![], "3g.20gb@4[]"),
        (vec![(0, at(2, 1)), (1, at(0, 2))], "3g.20gb@4[2c@0,1c@2]"),
        (vec![(0, untold()), (0, untold())], "3g.20gb@4[2x1c]"),
    ] {
        let layout = Layout::observed(board, &[seen(three(), cis)]).unwrap();
        assert_eq!(print_layout(board, &layout), printed);
    }
    let hidden = Reading::absent(AbsentCode::NoPermission, "listing needs root");
    let why = Layout::observed(board, &[seen(hidden, vec![])]).unwrap_err();
    assert_eq!(why.code, AbsentCode::NoPermission);
    assert!(
        why.text.contains("GPU instance 2: listing needs root"),
        "{}",
        why.text
    );
}
