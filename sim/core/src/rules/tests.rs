use std::collections::{BTreeSet, HashSet};

use super::*;
use crate::tables::{self, Board};

fn board(short: &str) -> &'static Board {
    tables::board(short).unwrap()
}

/// Starts that the driver chooses for profiles in turn, until one does not fit.
fn chosen(short: &str, ids: &[u32]) -> Vec<u32> {
    let mut layout = Vec::new();
    for &id in ids {
        match choose(board(short), 610, &layout, id) {
            Ok(start) => layout.push((id, start)),
            Err(code) => {
                assert_eq!(code, Ret::INSUFFICIENT_RESOURCES);
                break;
            }
        }
    }
    layout.into_iter().map(|(_, start)| start).collect()
}

#[test]
fn the_drivers_own_placement_follows_the_published_transcripts() {
    // H100 80 GB, `-cgi 19,19,19,19,19,19,19`
    assert_eq!(chosen("h100-80", &[19; 7]), [6, 4, 5, 0, 1, 2, 3]);
    // A30, `-cgi 14,14,5`
    assert_eq!(chosen("a30-24", &[14, 14, 5]), [0, 1, 2]);
    // A100 40 GB, MIG User Guide, getting started
    assert_eq!(chosen("a100-40", &[19, 14, 5]), [6, 4, 0]);
    assert_eq!(
        chosen("a100-40", &[14, 19, 19, 19, 19, 19]),
        [4, 6, 0, 1, 2, 3]
    );
    assert_eq!(chosen("a100-40", &[9, 19, 14, 19]), [4, 0, 2, 1]);
    // the guide's "known issue": the 3g does not fit any more
    assert_eq!(chosen("a100-40", &[19, 19, 14, 9]), [6, 4, 0]);
    // A100 40 GB, 570.86.15
    assert_eq!(chosen("a100-40", &[19, 9]), [6, 0]);
    // 2g goes to 4, 0, 2; 3g to 4 before 0
    assert_eq!(chosen("a100-40", &[14, 14, 14]), [4, 0, 2]);
    assert_eq!(chosen("a100-40", &[9, 9]), [4, 0]);
    // RTX PRO 6000 Server Edition, 610.43.02
    assert_eq!(chosen("rtxpro6000-96", &[14; 4]), [0, 3, 6, 9]);
    assert_eq!(chosen("rtxpro6000-96", &[5, 14, 14]), [0, 6, 9]);
}

#[test]
fn old_drivers_choose_among_their_own_profiles() {
    let a100 = board("a100-40");
    assert_eq!(choose(a100, 450, &[], 20), Err(Ret::INVALID_ARGUMENT));
    assert_eq!(choose(a100, 450, &[], 15), Err(Ret::INVALID_ARGUMENT));
    let ids: Vec<u32> = a100.offered(450).map(|row| row.id).collect();
    assert_eq!(ids, [19, 14, 9, 5, 0]);
    assert_eq!(choose(a100, 450, &[], 9), Ok(4));
}

/// All layouts that can be reached, as sorted lists, over the profiles that `take` lets pass.
fn layouts(board: &Board, take: impl Fn(u32) -> bool) -> HashSet<Vec<Placed>> {
    let mut seen = HashSet::from([Vec::new()]);
    let mut open = vec![Vec::new()];
    while let Some(layout) = open.pop() {
        for next in additions(board, &layout, &take) {
            let mut after: Vec<Placed> = layout.clone();
            after.push(next);
            after.sort_unstable();
            if seen.insert(after.clone()) {
                open.push(after);
            }
        }
    }
    seen
}

fn additions(board: &Board, layout: &[Placed], take: &impl Fn(u32) -> bool) -> Vec<Placed> {
    let rows = board.profiles.iter().filter(|row| take(row.id));
    rows.flat_map(|row| row.starts.iter().map(|&start| (row.id, start)))
        .filter(|&new| can_place(board, layout, new).is_ok())
        .collect()
}

#[test]
fn an_a100_has_723_layouts_without_media_extensions() {
    let a100 = board("a100-40");
    let plain = |id| id != 20;
    let all = layouts(a100, plain);
    assert_eq!(all.len(), 723);
    let maximal: Vec<_> = all
        .iter()
        .filter(|layout| additions(a100, layout, &plain).is_empty())
        .collect();
    assert_eq!(maximal.len(), 78);
    let profiles = |layout: &Vec<Placed>| {
        let mut ids: Vec<u32> = layout.iter().map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids
    };
    let multisets: BTreeSet<_> = all.iter().map(profiles).collect();
    assert_eq!(multisets.len(), 78);
    let of_maximal: BTreeSet<_> = maximal.into_iter().map(profiles).collect();
    assert_eq!(of_maximal.len(), 38);
}

#[test]
fn every_reachable_layout_keeps_the_budgets_on_every_board() {
    for board in tables::boards() {
        for layout in layouts(board, |id| {
            board.profile(id).unwrap().slices > 1 || id == 21
        }) {
            let mut taken = vec![false; board.axis as usize];
            let mut slices = 0;
            for (id, start) in layout {
                let row = board.profile(id).unwrap();
                slices += row.slices;
                for slice in &mut taken[start as usize..(start + row.size) as usize] {
                    assert!(!*slice, "{}: two on one slice", board.short);
                    *slice = true;
                }
            }
            assert!(slices <= board.slices, "{}", board.short);
        }
    }
}

#[test]
fn refusals_say_whether_the_board_or_the_layout_is_against_it() {
    let a100 = board("a100-40");
    let refused = |layout: &[Placed], new| can_place(a100, layout, new).unwrap_err();
    assert_eq!(refused(&[], (1, 0)), Ret::INVALID_ARGUMENT);
    assert_eq!(refused(&[], (9, 2)), Ret::INVALID_ARGUMENT);
    assert_eq!(refused(&[(9, 0)], (19, 3)), Ret::INSUFFICIENT_RESOURCES);
    // room in memory, no compute slice left
    let full = [(5, 0), (19, 4), (19, 5), (19, 6)];
    assert!(can_place(a100, &full[..3], (19, 6)).is_ok());
    assert_eq!(remaining(a100, &full, 19), Ok(0));
    // the second +me
    assert_eq!(refused(&[(20, 0)], (20, 1)), Ret::INSUFFICIENT_RESOURCES);
    // on A30 two kinds of +me share the one engine
    let a30 = board("a30-24");
    assert_eq!(
        can_place(a30, &[(21, 0)], (6, 2)),
        Err(Ret::INSUFFICIENT_RESOURCES)
    );
    assert!(can_place(a30, &[(21, 0)], (5, 2)).is_ok());
}

#[test]
fn all_media_engines_leave_room_only_for_instances_without_any() {
    let rtx = board("rtxpro6000-96");
    for row in rtx.profiles {
        let fits = can_place(rtx, &[(65, 0)], (row.id, row.starts[row.starts.len() - 1])).is_ok();
        let before = can_place(rtx, &[(row.id, 0)], (65, 9)).is_ok();
        let expected = [66, 67].contains(&row.id);
        assert_eq!((fits, before), (expected, expected), "{}", row.name);
    }
}

#[test]
fn seven_compute_slices_are_all_there_are() {
    let a100 = board("a100-40");
    let layout = [(15, 0), (15, 2), (15, 4)];
    assert_eq!(remaining(a100, &layout, 15), Ok(1));
    assert_eq!(remaining(a100, &layout, 19), Ok(1));
    assert_eq!(remaining(a100, &[], 19), Ok(7));
    assert_eq!(remaining(a100, &[], 14), Ok(3));
    assert_eq!(remaining(a100, &[(9, 0), (9, 4)], 19), Ok(0));
    assert_eq!(remaining(a100, &[], 2), Err(Ret::INVALID_ARGUMENT));
}

#[test]
fn gi_ids_come_from_the_pools_of_the_kernel_module() {
    for board in tables::boards() {
        for mirrored in [false, true] {
            for row in board.profiles {
                let ids: BTreeSet<u32> = row
                    .starts
                    .iter()
                    .map(|&start| ids::gi_id(board, row, start, mirrored))
                    .collect();
                assert_eq!(ids.len(), row.starts.len(), "{} {}", board.short, row.name);
                let pool = match board.axis / row.size {
                    1 => 0..=0,
                    2 => 1..=2,
                    4 => 3..=6,
                    _ => 7..=14,
                };
                assert!(
                    ids.iter().all(|id| pool.contains(id)),
                    "{} {ids:?}",
                    row.name
                );
            }
        }
    }
    let a100 = board("a100-40");
    let id = |profile, start| ids::gi_id(a100, a100.profile(profile).unwrap(), start, false);
    assert_eq!([id(19, 0), id(19, 6)], [7, 13]);
    assert_eq!([id(14, 0), id(14, 2), id(14, 4)], [3, 4, 5]);
    assert_eq!([id(9, 0), id(9, 4), id(5, 0), id(0, 0)], [1, 2, 1, 0]);
    // DCGM issue 138: the same placement, another host's GPU
    assert_eq!(ids::gi_id(a100, a100.profile(14).unwrap(), 0, true), 5);
}

#[test]
fn two_instances_of_a_layout_never_share_an_id() {
    for short in ["a30-24", "a100-40", "rtxpro6000-96"] {
        let board = board(short);
        let some = |id: u32| !kind::is_gfx(board.profile(id).unwrap().kind) && id != 67 && id != 66;
        for layout in layouts(board, some) {
            for mirrored in [false, true] {
                let ids: BTreeSet<u32> = layout
                    .iter()
                    .map(|&(id, start)| {
                        ids::gi_id(board, board.profile(id).unwrap(), start, mirrored)
                    })
                    .collect();
                assert_eq!(ids.len(), layout.len(), "{short} {layout:?}");
            }
        }
    }
}

#[test]
fn capability_minors_are_those_of_the_kernel_module() {
    assert_eq!(ids::capability_minor(0, 0, None), 3);
    assert_eq!(ids::capability_minor(0, 0, Some(0)), 4);
    assert_eq!(ids::capability_minor(31, 14, Some(7)), 4322);
}

#[test]
fn uuids_are_version_5_and_depend_on_chip_gpu_instance_and_engine() {
    let a100 = board("a100-40");
    let uuid = ids::mig_uuid(a100, "GPU-1", 3, 0);
    assert_eq!(uuid, ids::mig_uuid(a100, "GPU-1", 3, 0));
    assert_eq!(uuid.as_bytes()[14], b'5');
    assert!(b"89ab".contains(&uuid.as_bytes()[19]));
    let others = [
        ids::mig_uuid(board("a30-24"), "GPU-1", 3, 0),
        ids::mig_uuid(a100, "GPU-2", 3, 0),
        ids::mig_uuid(a100, "GPU-1", 4, 0),
        ids::mig_uuid(a100, "GPU-1", 3, 1),
    ];
    assert!(!others.contains(&uuid));
}

mod compute_profiles {
    use super::*;
    use crate::tables::{ci_profiles, full_ci};

    /// id, max, SM, in order of id
    fn listed(short: &str, profile: u32) -> Vec<(u32, u32, u32)> {
        let board = board(short);
        ci_profiles(board, board.profile(profile).unwrap())
            .iter()
            .map(|row| (row.id, row.max, row.sm))
            .collect()
    }

    #[test]
    fn are_those_of_the_published_listings() {
        assert_eq!(listed("a30-24", 5), [(0, 2, 14), (1, 1, 28)]);
        assert_eq!(listed("a30-24", 14), [(0, 1, 14)]);
        assert_eq!(listed("a100-40", 9), [(0, 3, 14), (1, 1, 28), (2, 1, 42)]);
        assert_eq!(listed("a100-40", 5), [(0, 4, 14), (1, 2, 28), (3, 1, 56)]);
        // go-nvml issue 146
        assert_eq!(listed("h100-80", 14), [(0, 2, 16), (1, 1, 32), (7, 1, 26)]);
        assert_eq!(
            listed("a100-40", 0),
            [(0, 7, 14), (1, 3, 28), (2, 2, 42), (3, 1, 56), (4, 1, 98)]
        );
    }

    #[test]
    fn every_gpu_instance_has_exactly_one_full_one() {
        for board in tables::boards() {
            for row in board.profiles {
                let full: Vec<_> = ci_profiles(board, row)
                    .into_iter()
                    .filter(|ci| ci.sm == row.sm)
                    .collect();
                assert_eq!(full.len(), 1, "{} {}", board.short, row.name);
                assert_eq!(full_ci(board, row), Some(full[0]));
                assert_eq!(compute::can_place(board, row, &[], (full[0].id, 0)), Ok(()));
            }
        }
        // GH200: `-cgi 15 -C` created compute-instance profile 7
        let gh200 = board("gh200-96");
        assert_eq!(full_ci(gh200, gh200.profile(15).unwrap()).unwrap().id, 7);
    }

    #[test]
    fn fill_a_gpu_instance_as_the_guide_does() {
        let a100 = board("a100-40");
        let mut cis = Vec::new();
        // 1c, 2c and 3c in one 7g: MIG User Guide
        for id in [0, 1, 2] {
            cis.push((
                id,
                compute::choose(a100, a100.profile(0).unwrap(), &cis, id).unwrap(),
            ));
        }
        let half = a100.profile(9).unwrap();
        assert_eq!(compute::remaining(a100, half, &[], 0), Ok(3));
        assert_eq!(compute::remaining(a100, half, &[(1, 0)], 0), Ok(1));
        assert_eq!(
            compute::can_place(a100, half, &[(2, 0)], (0, 0)),
            Err(Ret::INSUFFICIENT_RESOURCES)
        );
        assert_eq!(
            compute::can_place(a100, half, &[], (0, 3)),
            Err(Ret::INVALID_ARGUMENT)
        );
        assert_eq!(
            compute::can_place(a100, half, &[], (4, 0)),
            Err(Ret::NOT_SUPPORTED)
        );
        // 26 of 32 SMs are gone: no 16 left
        let h100 = board("h100-80");
        let two = h100.profile(14).unwrap();
        assert_eq!(
            compute::can_place(h100, two, &[(7, 0)], (0, 1)),
            Err(Ret::INSUFFICIENT_RESOURCES)
        );
    }
}
