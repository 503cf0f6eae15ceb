use std::time::Duration;

use super::*;

fn grid(lines: &[&str]) -> Grid {
    let width = 12;
    let mut cells = Vec::new();
    for line in lines {
        let mut row: Vec<Cell> = Vec::new();
        for c in line.chars() {
            let wide = unicode_width::UnicodeWidthChar::width(c) == Some(2);
            row.push(Cell {
                symbol: c.to_string(),
                wide,
                ..Cell::default()
            });
            if wide {
                row.push(Cell::default());
            }
        }
        row.resize(
            width,
            Cell {
                symbol: " ".to_owned(),
                ..Cell::default()
            },
        );
        cells.extend(row);
    }
    Grid {
        width: 12,
        height: u16::try_from(lines.len()).unwrap(),
        cells,
        ink: Rgb(200, 200, 200),
        paper: Rgb(0, 0, 0),
    }
}

/// Left edges of the texts, in columns.
fn columns(svg: &str) -> Vec<(f64, String)> {
    svg.lines()
        .filter_map(|l| l.strip_prefix("<text x=\""))
        .map(|l| {
            let (x, rest) = l.split_once('"').unwrap();
            let text = rest.split_once('>').unwrap().1.replace("</text>", "");
            let x: f64 = x.parse().unwrap();
            (
                ((x - svg::MARGIN) / svg::CELL.0 * 100.0).round() / 100.0,
                text,
            )
        })
        .collect()
}

#[test]
fn wide_characters_stand_on_their_columns() {
    let drawn = svg(&grid(&["a한글b <&"]));
    assert_eq!(
        columns(&drawn),
        [
            (0.0, "a".to_owned()),
            (1.0, "한".to_owned()),
            (3.0, "글".to_owned()),
            (5.0, "b &lt;&amp;".to_owned()),
        ]
    );
}

#[test]
fn a_line_of_boxes_is_one_rectangle() {
    let drawn = svg(&grid(&["────"]));
    assert_eq!(drawn.matches("M10 ").count(), 1, "{drawn}");
    assert_eq!(drawn.matches("<path").count(), 1, "{drawn}");
    assert!(columns(&drawn).is_empty());
    let width = svg::short(4.0 * svg::CELL.0);
    assert!(drawn.contains(&format!("h{width}v")), "{drawn}");
}

#[test]
fn reverse_changes_ink_and_paper() {
    let mut grid = grid(&["x"]);
    grid.cells[0].reverse = true;
    let drawn = svg(&grid);
    assert!(drawn.contains("<path fill=\"#c8c8c8\""), "{drawn}");
    assert!(drawn.contains(".c0{fill:#000000}"), "{drawn}");
}

#[test]
fn text_has_no_second_cell_of_wide_characters() {
    assert_eq!(grid(&["a한b", "", "x"]).text(), "a한b\n\nx\n");
}

#[test]
fn what_does_not_change_is_in_a_film_once() {
    let second = Duration::from_secs(1);
    let drawn = film(&[
        (grid(&["same", "one"]), second),
        (grid(&["same", "two"]), second),
        (grid(&["same", "one"]), second * 2),
    ]);
    assert_eq!(drawn.matches(">same<").count(), 1);
    assert_eq!(drawn.matches(">one<").count(), 1);
    assert!(
        drawn.contains("dur=\"4s\" repeatCount=\"indefinite\" values=\"visible;hidden;visible\" keyTimes=\"0.0000;0.2500;0.5000\""),
        "{drawn}"
    );
    assert_eq!(film(&[]), "");
}

#[test]
fn control_characters_do_not_break_the_document() {
    let mut grid = grid(&["x"]);
    grid.cells[0].symbol = "\u{1b}\u{7}".to_owned();
    assert!(svg(&grid).contains(">??<"));
}
