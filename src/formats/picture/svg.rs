//! A grid as SVG.
//!
//! Every run of cells of one style stands at its own place and is given its own length, and each wide character is a run
//! of its own, so that nothing drifts whatever font the viewer has. Box lines and blocks are rectangles.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::shapes::{Shape, shapes};
use super::{Cell, Grid, Rgb};

/// Size of the font in pixels.
const FONT: f64 = 14.0;
/// Columns are as wide as those of DejaVu Sans Mono (1233 of 2048 units), lines high enough that letters do not touch.
pub(super) const CELL: (f64, f64) = (FONT * 1233.0 / 2048.0, 18.0);
/// Where letters stand in a line, from its top.
const BASE: f64 = 13.5;
/// Paper around the cells.
pub(super) const MARGIN: f64 = 10.0;

/// The grid as an SVG document.
pub fn svg(grid: &Grid) -> String {
    let mut styles = Styles::default();
    let mut body = String::new();
    for y in 0..grid.height {
        row(grid, grid.line(y), y, &mut styles, &mut body);
    }
    document(grid, &styles, &body)
}

/// A document around rows.
pub(super) fn document(grid: &Grid, styles: &Styles, body: &str) -> String {
    let width = f64::from(grid.width) * CELL.0 + 2.0 * MARGIN;
    let height = f64::from(grid.height) * CELL.1 + 2.0 * MARGIN;
    let (width, height) = (short(width.ceil()), short(height.ceil()));
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" xml:space=\"preserve\">"
    );
    let _ = writeln!(
        out,
        "<style>text{{font:{FONT}px 'DejaVu Sans Mono','Noto Sans Mono CJK KR',monospace;white-space:pre}}path{{shape-rendering:crispEdges}}{}</style>",
        styles.css()
    );
    let _ = writeln!(
        out,
        "<rect width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"{}\"/>",
        grid.paper.hex()
    );
    out.push_str(body);
    out.push_str("</svg>\n");
    out
}

/// The looks of text, each with a short name.
#[derive(Default)]
pub(super) struct Styles(BTreeMap<(Rgb, bool, bool, bool), usize>);

impl Styles {
    fn name(&mut self, fg: Rgb, cell: &Cell) -> String {
        let next = self.0.len();
        let key = (fg, cell.bold, cell.italic, cell.underline);
        format!("c{}", self.0.entry(key).or_insert(next))
    }

    fn css(&self) -> String {
        let mut out = String::new();
        for ((fg, bold, italic, underline), n) in &self.0 {
            let _ = write!(out, ".c{n}{{fill:{}", fg.hex());
            for (has, css) in [
                (*bold, ";font-weight:bold"),
                (*italic, ";font-style:italic"),
                (*underline, ";text-decoration:underline"),
            ] {
                if has {
                    out.push_str(css);
                }
            }
            out.push('}');
        }
        out
    }
}

/// One line of cells.
pub(super) fn row(grid: &Grid, cells: &[Cell], y: u16, styles: &mut Styles, out: &mut String) {
    let top = MARGIN + f64::from(y) * CELL.1;
    let mut boxes = Boxes::default();
    for (x, cell) in (0u16..).zip(cells) {
        let (_, bg) = grid.colours(cell);
        if let Some(bg) = bg {
            let ground = Shape {
                x: 0.0,
                y: 0.0,
                width: 1.0,
                height: 1.0,
                shade: 1.0,
            };
            boxes.add(x, bg, ground);
        }
    }
    boxes.write(top, out);
    let mut boxes = Boxes::default();
    for (x, cell) in (0u16..).zip(cells) {
        let (fg, bg) = grid.colours(cell);
        for shape in shapes(&cell.symbol).into_iter().flatten() {
            let fg = fg.towards(bg.unwrap_or(grid.paper), 1.0 - shape.shade);
            boxes.add(x, fg, shape);
        }
    }
    boxes.write(top, out);
    let mut x = 0;
    while let Some(cell) = cells.get(x) {
        let drawn = !cell.underline && cell.symbol.trim().is_empty();
        if drawn || shapes(&cell.symbol).is_some() {
            x += 1;
            continue;
        }
        let (fg, _) = grid.colours(cell);
        let same = |other: &&Cell| {
            let alike = (other.bold, other.italic, other.underline)
                == (cell.bold, cell.italic, cell.underline);
            alike
                && grid.colours(other).0 == fg
                && !other.wide
                && !other.symbol.is_empty()
                && shapes(&other.symbol).is_none()
        };
        let (run, columns) = if cell.wide {
            (1, 2)
        } else {
            let run = cells.iter().skip(x).take_while(same).count().max(1);
            (run, run)
        };
        let text: String = cells
            .iter()
            .skip(x)
            .take(run)
            .map(|c| c.symbol.as_str())
            .collect();
        // spaces at the end are not seen, but for a line under them
        let (text, columns) = if cell.underline || cell.wide {
            (text.as_str(), columns)
        } else {
            let seen = text.trim_end();
            (
                seen,
                columns - (text.chars().count() - seen.chars().count()).min(columns - 1),
            )
        };
        let left = MARGIN + x as f64 * CELL.0;
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{}\" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\" class=\"{}\">{}</text>",
            short(left),
            short(top + BASE),
            short(columns as f64 * CELL.0),
            styles.name(fg, cell),
            escaped(text)
        );
        x += run;
    }
}

/// Rectangles of a line by colour; neighbours that go on in each other are one.
#[derive(Default)]
struct Boxes(BTreeMap<Rgb, Vec<(f64, Shape)>>);

impl Boxes {
    fn add(&mut self, x: u16, colour: Rgb, shape: Shape) {
        let from = f64::from(x) + shape.x;
        let boxes = self.0.entry(colour).or_default();
        let goes_on = boxes.iter_mut().rev().take(4).find(|(left, last)| {
            (left + last.width - from).abs() < 1e-9
                && (last.y, last.height) == (shape.y, shape.height)
        });
        match goes_on {
            Some((_, last)) => last.width += shape.width,
            None => boxes.push((from, shape)),
        }
    }

    fn write(&self, top: f64, out: &mut String) {
        for (colour, boxes) in &self.0 {
            let _ = write!(out, "<path fill=\"{}\" d=\"", colour.hex());
            for (from, shape) in boxes {
                let width = shape.width * CELL.0;
                let _ = write!(
                    out,
                    "M{} {}h{}v{}h{}z",
                    short(MARGIN + from * CELL.0),
                    short(top + shape.y * CELL.1),
                    short(width),
                    short(shape.height * CELL.1),
                    short(-width)
                );
            }
            out.push_str("\"/>\n");
        }
    }
}

/// A number with at most two digits behind the point.
pub(super) fn short(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Text in XML. What XML cannot hold is left out as `?`.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('?'),
            c => out.push(c),
        }
    }
    out
}
