use std::collections::BTreeSet;

use super::*;

/// `getMigMemorySizeGB` of NVIDIA/go-nvlib: eighths of the GPU's memory, rounded up, of its size in whole GB.
fn named_gb(board: &Board, mib: u64) -> u64 {
    let eighths = (mib * 8).div_ceil(board.memory_mib);
    let gb = board.memory_mib.div_ceil(1024);
    (eighths as f64 / 8.0 * gb as f64).round() as u64
}

#[test]
fn names_state_slices_and_memory_by_nvidias_rule() {
    for board in boards() {
        for row in board.profiles {
            let gb = named_gb(board, row.mib);
            // production boards of the GB200 do not agree with each other either (NVIDIA/mig-parted issue 227)
            let gb = if board.short == "gb200-186" && gb == 23 {
                24
            } else {
                gb
            };
            let expected = format!("{}g.{gb}gb", row.slices);
            let (name, attribute) = row.name.split_at(expected.len());
            assert_eq!(name, expected, "{}", board.short);
            let expected = match row.kind {
                kind if kind::is_me(kind) => "+me",
                kind if kind::is_all_me(kind) => "+me.all",
                kind if kind::is_gfx(kind) => "+gfx",
                kind::SLICE_1_NO_ME | kind::SLICE_2_NO_ME => "-me",
                _ => "",
            };
            assert_eq!(attribute, expected, "{} {name}", board.short);
        }
    }
}

#[test]
fn every_board_is_whole() {
    let mut shorts = BTreeSet::new();
    for board in boards() {
        assert!(shorts.insert(board.short));
        assert_eq!(self::board(board.short), Some(board));
        let (mut ids, mut kinds) = (BTreeSet::new(), BTreeSet::new());
        for row in board.profiles {
            let name = format!("{} {}", board.short, row.name);
            assert!(ids.insert(row.id) && kinds.insert(row.kind), "{name}");
            assert!(row.mib > 0 && row.mib < board.memory_mib, "{name}");
            assert!(row.sm > 0 && row.sm <= board.sm, "{name}");
            assert!(
                row.starts
                    .iter()
                    .all(|start| start + row.size <= board.axis),
                "{name}"
            );
            // as many as fit side by side, unless media engines or compute slices limit them
            assert!(row.max as usize <= row.starts.len(), "{name}");
        }
    }
    let known = [
        "a30-24",
        "a100-40",
        "a100-80",
        "h100-80",
        "h100-pcie-80",
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
    ];
    assert_eq!(shorts, BTreeSet::from(known));
}

#[test]
fn generations_differ_in_gpm_and_in_how_mig_is_switched() {
    for (short, later) in [
        ("a100-40", false),
        ("h100-80", true),
        ("rtxpro6000-96", true),
    ] {
        let board = board(short).unwrap();
        assert_eq!(
            (board.has_gpm(), board.resetless()),
            (later, later),
            "{short}"
        );
    }
}
