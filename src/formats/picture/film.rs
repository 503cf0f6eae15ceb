//! Several grids after each other as one SVG that plays: what a README shows of a session.
//!
//! A line that is the same in several pictures is there once, and is shown whenever one of them is.

use std::fmt::Write;
use std::time::Duration;

use super::svg::{Styles, document, row, short};
use super::{Cell, Grid};

/// The grids as an SVG document, each shown for its time, again and again. Where scripts of the viewer are still, the
/// first one is seen. Empty text where there is no grid.
pub fn film(grids: &[(Grid, Duration)]) -> String {
    let Some((first, _)) = grids.first() else {
        return String::new();
    };
    let stage = Grid {
        width: grids.iter().map(|(g, _)| g.width).max().unwrap_or(0),
        height: grids.iter().map(|(g, _)| g.height).max().unwrap_or(0),
        cells: Vec::new(),
        ..first.clone()
    };
    let total: f64 = grids.iter().map(|(_, d)| d.as_secs_f64()).sum();
    let mut begins = 0.0;
    let mut starts = Vec::new();
    for (_, lasts) in grids {
        starts.push(if total > 0.0 { begins / total } else { 0.0 });
        begins += lasts.as_secs_f64();
    }
    let mut styles = Styles::default();
    let mut body = String::new();
    for y in 0..stage.height {
        let mut seen: Vec<(&[Cell], Vec<bool>)> = Vec::new();
        for (n, (grid, _)) in grids.iter().enumerate() {
            let line = grid.line(y);
            let at = match seen.iter().position(|(known, _)| *known == line) {
                Some(at) => at,
                None => {
                    seen.push((line, vec![false; grids.len()]));
                    seen.len() - 1
                }
            };
            if let Some(shown) = seen.get_mut(at).and_then(|(_, when)| when.get_mut(n)) {
                *shown = true;
            }
        }
        for (line, when) in &seen {
            let mut drawn = String::new();
            row(&stage, line, y, &mut styles, &mut drawn);
            if drawn.is_empty() {
                continue;
            }
            if when.iter().all(|shown| *shown) {
                body.push_str(&drawn);
                continue;
            }
            let hidden = if when.first() == Some(&true) {
                ""
            } else {
                " visibility=\"hidden\""
            };
            let _ = writeln!(body, "<g{hidden}>{}", timing(when, &starts, total));
            body.push_str(&drawn);
            body.push_str("</g>\n");
        }
    }
    document(&stage, &styles, &body)
}

/// When a line is seen.
fn timing(when: &[bool], starts: &[f64], total: f64) -> String {
    let mut values: Vec<&str> = Vec::new();
    let mut times: Vec<String> = Vec::new();
    let mut last = None;
    for (shown, start) in when.iter().zip(starts) {
        if last != Some(*shown) {
            values.push(if *shown { "visible" } else { "hidden" });
            times.push(format!("{start:.4}"));
            last = Some(*shown);
        }
    }
    format!(
        "<animate attributeName=\"visibility\" calcMode=\"discrete\" dur=\"{}s\" repeatCount=\"indefinite\" values=\"{}\" keyTimes=\"{}\"/>",
        short(total),
        values.join(";"),
        times.join(";")
    )
}
