//! Layouts as they are written, and as they come back.

use migdeck::domain::catalog::{Board, BoardProfile, boards, named};
use migdeck::domain::ids::{GpuIndex, GpuUuid, ProfileId};
use migdeck::domain::layout::{CiPlaced, GiPlaced, GpuLayout, Layout};
use migdeck::domain::layouts::Table;
use migdeck::domain::notation::{
    GpuSelector, parse_gpu, parse_node, print_gpu, print_layout, print_selectors, print_sketch,
    selectors,
};
use migdeck::domain::sketch::{Sketch, Wanted};
use proptest::prelude::*;

fn a100() -> &'static Board {
    named("a100-40").unwrap()
}

fn read(text: &str, board: &Board) -> GpuLayout {
    parse_gpu(text, board)
        .unwrap_or_else(|e| panic!("{text}: {e}"))
        .complete(board)
        .unwrap_or_else(|e| panic!("{text}: {e:?}"))
}

/// What `text` becomes once it has been read, completed and written.
fn canonical(text: &str, board: &Board) -> String {
    print_gpu(board, &read(text, board))
}

#[test]
fn the_design_s_examples_are_read() {
    for (text, printed) in [
        (
            "3g.20gb@4 2g.10gb@0 1g.5gb@2 1g.5gb@3",
            "2g.10gb@0 1g.5gb@2 1g.5gb@3 3g.20gb@4",
        ),
        (
            "7x1g.5gb",
            "1g.5gb@0 1g.5gb@1 1g.5gb@2 1g.5gb@3 1g.5gb@4 1g.5gb@5 1g.5gb@6",
        ),
        ("3g.20gb@0[1c,2c]", "3g.20gb@0[1c,2c]"),
        ("3g.20gb@0[]", "3g.20gb@0[]"),
        ("  off ", "off"),
        ("empty", "empty"),
        ("2x3g.20gb[3x1c]", "3g.20gb@0[3x1c] 3g.20gb@4[3x1c]"),
        ("MIG\u{a0}3g.20gb", ""),
        ("7g.40gb[1c@0,2c@1,3c@3]", "7g.40gb@0[1c@0,2c@1,3c@3]"),
        ("7g.40gb[ 1c , 2c ]", "7g.40gb@0[1c,2c]"),
        ("3g.20gb[3g.20gb]", "3g.20gb@0"),
        ("3g.20gb[1c.3g.20gb,2c.3g.20gb]", "3g.20gb@0[1c,2c]"),
        ("3g.20gb[3c]", "3g.20gb@0"),
        (
            "1g.5gb+me 6x1g.5gb",
            "1g.5gb+me@0 1g.5gb@1 1g.5gb@2 1g.5gb@3 1g.5gb@4 1g.5gb@5 1g.5gb@6",
        ),
    ] {
        if printed.is_empty() {
            assert!(parse_gpu(text, a100()).is_err(), "{text}");
        } else {
            let got = canonical(text, a100());
            // which of the equal slices the +me takes is the table's choice; that it comes back is what counts
            if text.contains("+me") {
                assert_eq!(canonical(&got, a100()), got);
            } else {
                assert_eq!(got, printed, "{text}");
            }
        }
    }
}

#[test]
fn the_examples_of_the_manual_are_legal() {
    let manual = include_str!("../../docs/notation.md");
    let mut block = None;
    let mut read_in_all = 0;
    let mut node = String::new();
    for line in manual.lines() {
        match (line.strip_prefix("```"), block) {
            (Some(""), Some("node")) => {
                let lines = parse_node(&node).unwrap_or_else(|e| panic!("{e:?}"));
                for line in &lines {
                    line.sketch(a100()).unwrap().complete(a100()).unwrap();
                }
                read_in_all += lines.len();
                block = None;
            }
            (Some(""), _) => block = None,
            (Some(word), _) => block = Some(word),
            (None, Some("node")) => node += &format!("{line}\n"),
            (None, Some(model)) => {
                let board = named(model).unwrap();
                let printed = canonical(line, board);
                assert_eq!(canonical(&printed, board), printed);
                read_in_all += 1;
            }
            (None, None) => {}
        }
    }
    assert_eq!(read_in_all, 18);
}

#[test]
fn names_of_other_drivers_are_understood() {
    let a100_80 = named("a100-80").unwrap();
    assert_eq!(canonical("7g.79gb", a100_80), "7g.80gb@0");
    let gb200 = named("gb200-186").unwrap();
    assert_eq!(canonical("1g.23gb@3", gb200), "1g.24gb@3");
}

#[test]
fn two_compute_profiles_of_one_name_are_told_apart_by_id() {
    let h100 = named("h100-80").unwrap();
    let cis = |text: &str| {
        let GpuLayout::On(layout) = read(text, h100) else {
            panic!("{text} is not off")
        };
        let ids: Vec<u32> = layout.instances()[0]
            .cis
            .iter()
            .map(|c| c.profile.0)
            .collect();
        assert_eq!(
            read(&print_layout(h100, &layout), h100),
            GpuLayout::On(layout)
        );
        ids
    };
    assert_eq!(cis("2g.20gb@0[1c,1c]"), [0, 0]);
    assert_eq!(cis("2g.20gb@0[1c#7]"), [7]);
    assert_eq!(cis("2g.20gb@0"), [1]);
    // the double-memory 1g is filled by profile 7, whose name is the instance's own
    assert_eq!(cis("1g.20gb@0"), [7]);
    assert_eq!(canonical("2g.20gb[1c#7]", h100), "2g.20gb@0[1c#7]");
    let both = parse_gpu("2g.20gb[1c,1c#7]", h100).unwrap();
    let text = both.complete(h100).unwrap_err()[0].to_string();
    assert!(text.contains("42 SMs"), "{text}");
}

#[test]
fn errors_point_at_the_column_and_say_what_was_expected() {
    for (text, column, expected) in [
        ("", 1, "a layout"),
        ("   ", 4, "a layout"),
        ("3g.20gb 3g.30gb", 9, "did you mean 3g.20gb?"),
        ("3g", 1, "did you mean 3g.20gb?"),
        ("3g.20gb@", 9, "3g.20gb can start at 0 or 4"),
        ("3g.20gb@x", 9, "the first memory slice"),
        ("3g.20gb@99999999999", 9, "the first memory slice"),
        ("2x3g.20gb@0", 10, "write each instance with its own start"),
        ("0x1g.5gb", 1, "a count from 1 to 128"),
        ("999x1g.5gb", 1, "a count from 1 to 128"),
        ("3g.20gb@0[1c", 13, "or `]`"),
        ("3g.20gb@0[1c 2c]", 14, "or `]`"),
        ("3g.20gb@0[9c]", 11, "(1c, 2c and 3c)"),
        ("3g.20gb@0[1c.4g.20gb]", 13, "`.3g.20gb`"),
        ("3g.20gb@0[1c#3]", 14, "profile of that size: 0"),
        ("3g.20gb@0]", 10, "a blank"),
        ("off 1g.5gb", 5, "nothing after `off`"),
        ("1c.3g.20gb", 1, "3g.20gb[1c]"),
        ("한글 1g.5gb", 1, "found `한글`"),
        ("1g.5gb@0 한 1g.5gb", 10, "found `한`"),
        ("\u{1b}[31m", 1, "found `\\u{1b}[31m`"),
    ] {
        let error = parse_gpu(text, a100()).unwrap_err();
        assert_eq!(error.column, column, "{text}: {error}");
        assert!(error.to_string().contains(expected), "{text}: {error}");
    }
}

#[test]
fn a_node_is_lines_with_comments() {
    let text = "# the bank's development server\n\
                0, 1: 7x1g.5gb\n\
                \n\
                2-3 : 3x2g.10gb   # pairs\r\n\
                ..e15ae54a: 2g.10gb[1c#0]\n\
                GPU-71086aca-c858-d1e0-aae1-275bed1008b9: off\n";
    let lines = parse_node(text).unwrap();
    let gpus: Vec<_> = lines.iter().map(|l| print_selectors(&l.gpus)).collect();
    assert_eq!(
        gpus,
        [
            "0,1",
            "2-3",
            "..e15ae54a",
            "GPU-71086aca-c858-d1e0-aae1-275bed1008b9"
        ]
    );
    assert_eq!(
        lines.iter().map(|l| l.line).collect::<Vec<_>>(),
        [2, 4, 5, 6]
    );
    let sketches: Vec<_> = lines
        .iter()
        .map(|l| print_sketch(a100(), &l.sketch(a100()).unwrap()))
        .collect();
    assert_eq!(sketches, ["7x1g.5gb", "3x2g.10gb", "2g.10gb[1c]", "off"]);

    let uuid = GpuUuid::new("GPU-08279800-1cbe-a71d-f3e6-8f67e15ae54a");
    assert!(lines[2].gpus[0].selects(GpuIndex(7), &uuid));
    assert!(!lines[1].gpus[0].selects(GpuIndex(7), &uuid));
    assert!(lines[1].gpus[0].selects(GpuIndex(3), &uuid));
}

#[test]
fn every_bad_line_of_a_node_is_told() {
    let text = "0: 7x1g.5gb\n8-1: off\n1-2,0: off\nx: off\n3:\n4 off\n12345: off\n";
    let errors = parse_node(text).unwrap_err();
    let lines: Vec<_> = errors.iter().map(|e| (e.line.unwrap(), e.column)).collect();
    assert_eq!(lines, [(2, 1), (3, 5), (4, 1), (5, 3), (6, 3), (7, 1)]);
    assert!(errors[0].to_string().contains("did you mean 1-8?"));
    assert!(errors[1].to_string().contains("GPU 0 is on line 1"));
    assert!(parse_node("# nothing\n").is_err());

    let lines = parse_node("0-7:  7x1g.6gb").unwrap();
    let error = lines[0].sketch(a100()).unwrap_err();
    assert_eq!((error.line, error.column), (Some(1), 9));
}

#[test]
fn a_number_in_front_of_a_layout_is_never_taken_for_a_uuid() {
    for gpus in [
        "0-99999999999",
        "0-4000000000",
        "0-256",
        "256",
        "0-400000000000",
        "12345678",
        "99999999999999999999",
    ] {
        let errors = parse_node(&format!("1, {gpus}: off")).unwrap_err();
        let error = errors[0].to_string();
        assert_eq!(errors[0].column, 4, "{error}");
        assert!(error.contains("GPU indexes from 0 to 255"), "{error}");
    }
    let hint = parse_node("12345678: off").unwrap_err()[0].to_string();
    assert!(hint.contains("..12345678"), "{hint}");
    for gpus in [
        "0-",
        "-1",
        "0-1-2",
        "abc",
        "abcdefgh",
        "ab-60cb61c8",
        "GPU-71086aca",
        "71086aca-c858-d1e0-aae1-275bed1008b9-0000",
    ] {
        assert!(parse_node(&format!("{gpus}: off")).is_err(), "{gpus}");
    }
    for gpus in [
        "255",
        "0-255",
        "..12345678",
        "60cb61c8",
        "e1-275bed1008b9",
        "-275bed1008b9",
        "71086aca-c858-d1e0-aae1-275bed1008b9",
        "GPU-71086aca-c858-d1e0-aae1-275bed1008b9",
    ] {
        assert!(parse_node(&format!("{gpus}: off")).is_ok(), "{gpus}");
    }
}

#[test]
fn neighbouring_gpus_are_written_as_a_range() {
    let gpus = [4, 0, 1, 7, 6, 2].map(GpuIndex);
    assert_eq!(print_selectors(&selectors(gpus)), "0-2,4,6-7");
    assert_eq!(selectors([]), Vec::<GpuSelector>::new());
}

/// A legal choice of compute instances: full, none, or as many single slices as `n` says.
fn compute(profile: &BoardProfile, kind: u8, n: u32, placed: bool) -> Vec<CiPlaced> {
    let full = GiPlaced::full(profile, 0).cis;
    match kind % 4 {
        0 => full,
        1 => Vec::new(),
        2 => {
            let Some(one) = profile.compute_profile(ProfileId(0)) else {
                return full;
            };
            (0..one.max.min(profile.slices).min(n + 1))
                .map(|start| CiPlaced {
                    profile: one.id,
                    start: placed.then_some(start),
                })
                .collect()
        }
        // any one profile alone is legal
        _ => {
            let shape = profile.compute[n as usize % profile.compute.len()];
            vec![CiPlaced {
                profile: shape.id,
                start: placed.then_some(profile.slices - shape.slices),
            }]
        }
    }
}

fn any_legal_layout() -> impl Strategy<Value = (&'static Board, Layout)> {
    let cis = proptest::collection::vec((any::<u8>(), 0..8u32, any::<bool>()), 8);
    (0..boards().len(), any::<prop::sample::Index>(), cis).prop_map(|(board, row, cis)| {
        let board = &boards()[board];
        let table = Table::new(board, true);
        let set = row.get(table.rows()).set;
        let placed = table
            .layout(board, set)
            .instances()
            .iter()
            .zip(cis)
            .map(|(gi, (kind, n, placed))| GiPlaced {
                cis: compute(board.profile(gi.profile).unwrap(), kind, n, placed),
                ..gi.clone()
            })
            .collect();
        let layout = Layout::new(board, placed).unwrap_or_else(|e| panic!("{e:?}"));
        (board, layout)
    })
}

proptest! {
    #[test]
    fn what_is_printed_comes_back((board, layout) in any_legal_layout()) {
        let text = print_layout(board, &layout);
        let again = read(&text, board);
        prop_assert_eq!(&again, &GpuLayout::On(layout.clone()), "{}", text);
        prop_assert_eq!(print_gpu(board, &again), text);
    }

    #[test]
    fn what_is_asked_for_comes_back((board, layout) in any_legal_layout()) {
        let open: Vec<Wanted> = layout
            .instances()
            .iter()
            .map(|gi| Wanted { profile: gi.profile, start: None, cis: Some(gi.cis.clone()) })
            .collect();
        let text = print_sketch(board, &Sketch::On(open));
        let again = parse_gpu(&text, board).map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?;
        // there is a completion, since there is one layout with these instances
        let completed = again.complete(board);
        prop_assert!(completed.is_ok(), "{}: {:?}", text, completed);
        prop_assert_eq!(print_sketch(board, &again), text);
    }

    #[test]
    fn no_text_makes_the_parser_fall(text in "\\PC{0,40}", board in 0..boards().len()) {
        let board = &boards()[board];
        if let Ok(sketch) = parse_gpu(&text, board) {
            let _ = sketch.complete(board);
        }
        let _ = parse_node(&text);
    }

    #[test]
    fn no_layout_like_text_makes_the_parser_fall(
        text in "[0-9]{0,3}x?[1-9]?c?\\.?[1-7]g\\.(5|10|20|40)gb(\\+me)?(@[0-9]{1,10})?(\\[[1-4]c(#[0-9])?(@[0-9])?,?\\]?)?( off|#|:)?"
    ) {
        if let Ok(sketch) = parse_gpu(&text, a100())
            && let Ok(layout) = sketch.complete(a100())
        {
            prop_assert_eq!(read(&print_gpu(a100(), &layout), a100()), layout);
        }
    }
}
