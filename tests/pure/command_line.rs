//! The three subcommands on built-in boards: text for people, documents for programs, exit codes.

use migdeck::cli::style::Style;
use migdeck::cli::which::Subject;
use migdeck::cli::{layouts, profiles, validate};
use serde_json::Value;

const PLAIN: Style = Style {
    colour: false,
    width: 80,
};

fn check(layout: &str, model: &str) -> (String, u8) {
    match Subject::named(model).and_then(|board| validate::on_board(layout, &board, false, PLAIN)) {
        Ok(done) => done,
        Err(e) => (e.to_string(), e.code),
    }
}

fn check_json(layout: &str, model: &str) -> Value {
    let board = Subject::named(model).unwrap();
    serde_json::from_str(&validate::on_board(layout, &board, true, PLAIN).unwrap().0).unwrap()
}

#[test]
fn a_layout_that_fits_is_drawn_where_it_fits() {
    let (text, code) = check("3g.20gb 2x1g.5gb 2g.10gb", "A100-SXM4-40GB");
    assert_eq!(code, 0);
    insta::assert_snapshot!(text, @r"
    a100-40: fits
      2g.10gb@0 1g.5gb@2 1g.5gb@3 3g.20gb@4
      open starts chosen: the larger instances at the lower starts

      0        1        2        3        4        5        6        7
      [2g.10gb         ][1g.5gb ][1g.5gb ][3g.20gb                           ]

      7 of 7 compute slices in use
      nothing more fits
    ");
}

#[test]
fn what_collides_is_told() {
    let (text, code) = check("3g.20gb 3g.20gb 1g.5gb", "a100-40");
    assert_eq!(code, 3);
    insta::assert_snapshot!(text, @r"
    a100-40: does not fit
      2x3g.20gb 1g.5gb
      - 2x3g.20gb and 1g.5gb need 9 memory slices, and a100-40 has 8
      - 1g.5gb cannot start at 0, 1, 2 or 3: 3g.20gb@0 has memory there
      - 1g.5gb cannot start at 4, 5 or 6: 3g.20gb@4 has memory there
    ");
    let (text, _) = check("8x1g.5gb", "a100-40");
    insta::assert_snapshot!(text, @r"
    a100-40: does not fit
      8x1g.5gb
      - 1g.5gb needs 1 compute slice, and none of the 7 of a100-40 is left
      - 1g.5gb is one too many: a100-40 allows 7 of 1g.5gb on one GPU
    ");
    let (text, _) = check("1g.24gb+me.all 1g.24gb", "rtxpro6000-96");
    insta::assert_snapshot!(text, @r"
    rtxpro6000-96: does not fit
      1g.24gb+me.all 1g.24gb
      - 1g.24gb+me.all@0 takes all media engines of the GPU, and 1g.24gb needs some
    ");
}

#[test]
fn waste_is_told() {
    let (text, _) = check("3g.20gb@0 3g.20gb@4", "a100-40");
    assert!(
        text.contains("6 of 7 compute slices in use, 1 lost"),
        "{text}"
    );
    let (text, _) = check("7x1g.5gb", "a100-40");
    assert!(text.contains("1 of 8 memory slices lost"), "{text}");
    let (text, _) = check("3x2g.10gb", "a100-40");
    assert!(
        text.contains("also fits: 1g.5gb at 6, 1g.5gb+me at 6, 1g.10gb at 6"),
        "{text}"
    );
}

#[test]
fn what_cannot_be_read_is_marked_at_its_column() {
    let (text, code) = check("3g.20gb 3g.30gb", "a100-40");
    assert_eq!(code, 2);
    insta::assert_snapshot!(text, @r"
    the layout cannot be read
      column 9: expected a profile of a100-40 (1g.5gb, 1g.5gb+me, 1g.10gb, 2g.10gb, 3g.20gb, 4g.20gb and 7g.40gb), found `3g.30gb`; did you mean 3g.20gb?
          3g.20gb 3g.30gb
                  ^
    ");
    assert_eq!(check("no/such/file", "a100-40").1, 2);
    let (text, code) = check("1g.5gb", "a100-4");
    assert_eq!(code, 2);
    assert!(text.contains("did you mean a100-40?"), "{text}");
}

#[test]
fn a_file_holds_the_layout_of_a_node() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dev.layout");
    let name = path.to_str().unwrap();
    std::fs::write(
        &path,
        "0-1: 7x1g.5gb\n2-3: 3x2g.10gb\n4-5: 2x3g.20gb # as ordered\n6-7: 7g.40gb\n",
    )
    .unwrap();
    assert_eq!(check(name, "a100-40").1, 0);
    let document = check_json(name, "a100-40");
    assert_eq!(document["valid"], true);
    assert_eq!(document["lines"][2]["gpus"], "4-5");
    assert_eq!(document["lines"][2]["layout"], "3g.20gb@0 3g.20gb@4");
    let whole = document["layout"].as_str().unwrap();
    assert_eq!(
        check(whole, "a100-40").1,
        0,
        "what is printed can be validated again"
    );

    std::fs::write(&path, "0: 8x1g.5gb\n1: off\n").unwrap();
    let document = check_json(name, "a100-40");
    assert_eq!(
        (&document["valid"], &document["layout"]),
        (&Value::Bool(false), &Value::Null)
    );
    assert_eq!(document["lines"][1]["valid"], true);
    assert_eq!(check(name, "a100-40").1, 3);

    std::fs::write(&path, "version: v1\nmig-configs:\n  a: []\n").unwrap();
    assert!(check(name, "a100-40").0.contains("mig-parted"));
}

#[test]
fn a_file_with_one_line_without_gpus_is_the_layout_of_a_gpu() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("one.layout");
    let name = path.to_str().unwrap();
    for text in [
        "7x1g.5gb",
        "\n# as ordered\n\n7x1g.5gb  # all seven\n\n",
        "\u{feff}7x1g.5gb\r\n",
    ] {
        std::fs::write(&path, text).unwrap();
        let (out, code) = check(name, "a100-40");
        assert_eq!(code, 0, "{out}");
        assert!(out.starts_with("a100-40: fits"), "{out}");
        assert_eq!(
            check_json(name, "a100-40").get("lines"),
            check_json("7x1g.5gb", "a100-40").get("lines")
        );
    }
    std::fs::write(&path, "# mine\n3g.20gb 9g.99gb\n").unwrap();
    let (out, code) = check(name, "a100-40");
    assert_eq!(code, 2);
    assert!(out.contains("line 2, column 9"), "{out}");
    for text in ["3g.20gb\n7g.40gb\n", "0: 3g.20gb\n7g.40gb\n"] {
        std::fs::write(&path, text).unwrap();
        let (out, code) = check(name, "a100-40");
        assert_eq!(code, 2, "{out}");
        assert!(
            out.contains("each line of a node layout begins with `GPUS:`"),
            "{out}"
        );
    }
    std::fs::write(&path, "# nothing\n").unwrap();
    assert_eq!(check(name, "a100-40").1, 2);
}

#[test]
fn a_number_that_no_gpu_has_is_an_error_at_its_column() {
    for gpus in ["0-99999999999", "0-4000000000", "256"] {
        let (text, code) = check(&format!("{gpus}: 7g.40gb"), "a100-40");
        assert_eq!(code, 2, "{text}");
        assert!(text.contains("column 1: expected GPU indexes"), "{text}");
    }
}

#[test]
fn only_what_is_near_is_suggested() {
    let (text, code) = check("9g.99gb", "a100-40");
    assert_eq!(code, 2);
    assert!(!text.contains("did you mean"), "{text}");
    assert!(text.contains("4g.20gb and 7g.40gb"), "{text}");
    let (text, _) = check("1g.10gb+me", "a100-40");
    assert!(text.contains("did you mean 1g.5gb+me?"), "{text}");
}

#[test]
fn compute_instances_too_many_are_named_as_they_are_written() {
    let (text, code) = check("3g.20gb@0[2x2c]", "a100-40");
    assert_eq!(code, 3);
    assert!(
        text.contains("- 3g.20gb@0 has 2 of 2c, and at most 1 fits"),
        "{text}"
    );
    let (text, _) = check("2g.20gb@0[2x1c#7]", "h100-80");
    assert!(text.contains("has 2 of 1c#7, and at most 1 fits"), "{text}");
}

#[test]
fn attributes_stay_in_a_narrow_drawing() {
    let narrow = Style { width: 60, ..PLAIN };
    let board = Subject::named("rtxpro6000-96").unwrap();
    let drawn = |layout| validate::on_board(layout, &board, false, narrow).unwrap().0;
    let text = drawn("1g.24gb+me.all@0 1g.24gb-me@3 2g.48gb-me@6");
    assert!(
        text.contains("[1g+me.all ][1g.24gb-me][2g.48gb-me"),
        "{text}"
    );
}

#[test]
fn the_list_of_boards_has_every_product_and_pci_id_whole() {
    for width in [80, 100, 120, 200] {
        let style = Style { width, ..PLAIN };
        let text = profiles::of_boards(false, style).unwrap();
        assert!(!text.contains('~'), "{text}");
        assert!(text.lines().all(|l| l.len() <= width), "{width}\n{text}");
        let flat: Vec<_> = text.split_whitespace().collect();
        for board in migdeck::domain::catalog::boards() {
            for pci in &board.pci {
                assert!(flat.contains(&format!("{pci:04x}").as_str()), "{pci:04x}");
            }
            // at 200 columns nothing is broken anywhere
            for product in board.products.iter().filter(|_| width == 200) {
                let product = product.trim_start_matches("NVIDIA ");
                assert!(text.contains(product), "{product}\n{text}");
            }
        }
    }
}

#[test]
fn the_documents_have_the_shapes_of_the_design() {
    let bad = check_json("3g.20gb@0 2g.10gb@2 1g.5gb+me@4 1g.5gb+me@5", "a100-40");
    assert_eq!(bad["schema"], "migdeck/validate/v1");
    assert_eq!(bad["valid"], false);
    assert_eq!(bad["layout"], Value::Null);
    assert_eq!(bad["collisions"][0]["a"], "2g.10gb@2");
    assert_eq!(bad["collisions"][0]["b"], "3g.20gb@0");
    assert_eq!(
        bad["collisions"][1]["b"],
        Value::Null,
        "a capacity has no second thing"
    );

    let board = Subject::named("b300-269").unwrap();
    let document: Value =
        serde_json::from_str(&profiles::of_board(&board, true, PLAIN).unwrap()).unwrap();
    assert_eq!(document["schema"], "migdeck/profiles/v1");
    assert_eq!(document["axis"], 8);
    let first = &document["profiles"][0];
    assert_eq!(first["profile_id"], 19);
    assert_eq!(first["memory"], Value::Null);
    assert_eq!(first["absent"]["memory"]["code"], "no_source");
    assert_eq!(first["absent"]["fits_now"]["code"], "no_source");
    assert_eq!(first["source"], "unverified");
    assert_eq!(first["provenance"]["placements"], "derived");
    assert_eq!(first["resource"], "nvidia.com/mig-1g.34gb");

    let board = Subject::named("a100-40").unwrap();
    let all = layouts::of_board(&board, false, false, true, PLAIN).unwrap();
    let document: Value = serde_json::from_str(&all).unwrap();
    assert_eq!(document["schema"], "migdeck/layouts/v1");
    assert_eq!(document["count"], 723);
    let all = document["layouts"].as_array().unwrap();
    assert_eq!(all.len(), 723);
    assert_eq!(all[0]["instances"].as_array().unwrap().len(), 0);
    assert_eq!(all.iter().filter(|l| l["maximal"] == true).count(), 78);
}

#[test]
fn layouts_and_profiles_read_well() {
    let board = Subject::named("a30-24").unwrap();
    let text = layouts::of_board(&board, true, false, false, PLAIN).unwrap();
    insta::assert_snapshot!(text, @r"
       0   1   2   3
    1  [4g            ]  4/4 max 4g.24gb
    2  [2g    ][2g    ]  4/4 max 2x2g.12gb
    3  [2g    ][1g][1g]  4/4 max 2g.12gb 2x1g.6gb
    4  [1g][1g][2g    ]  4/4 max 2g.12gb 2x1g.6gb
    5  [1g][1g][1g][1g]  4/4 max 4x1g.6gb

    5 layouts of a30-24 to which nothing can be added, of 26, without profiles that
    carry an attribute.
    n/n: compute slices in use. max: nothing can be added. ___ something fits, xxx
    nothing can use it.
    ");
    insta::assert_snapshot!(profiles::of_board(&board, false, PLAIN).unwrap(), @r"
    a30-24  built-in table, 4 memory slices, 4 compute slices

    PROFILE    ID MAX   GiB SM DEC ENC CE JPG OFA PLACEMENTS  FIGURES
    1g.6gb     14   4  5.81 14   1   0  1   0   0 {0,1,2,3}:1 listed
    1g.6gb+me  21   1  5.81 14   1   0  1   1   1 {0,1,2,3}:1 listed
    2g.12gb     5   2 11.69 28   2   0  2   0   0 {0,2}:2     listed
    2g.12gb+me  6   1 11.69 28   2   0  2   1   1 {0,2}:2     listed
    4g.24gb     0   1 23.44 56   4   0  4   1   1 {0}:4       derived

    IN A       COMPUTE INSTANCES (profile id, most, SMs; * fills it)
    1g.6gb     1c #0* x1 14
    1g.6gb+me  1c #0* x1 14
    2g.12gb    1c #0 x2 14, 2c #1* x1 28
    2g.12gb+me 1c #0 x2 14, 2c #1* x1 28
    4g.24gb    1c #0 x4 14, 2c #1 x2 28, 4c #3* x1 56

    Source: nvidia-smi listings of an A30, driver 535.183.01 (-lgip, -lgipp, -lcip);
    NVIDIA's MIG guide gives 1g no decoder, the listings one.
    ");
    let boards = profiles::of_boards(false, PLAIN).unwrap();
    for board in migdeck::domain::catalog::boards() {
        assert!(boards.contains(board.model.as_str()), "{boards}");
    }
}
