//! A node as the cluster describes it, beside what its GPUs are.

use crate::app::describe::{self, Line};
use crate::domain::fleet::Node;

use super::Writer;
use super::page::{Page, width};

pub(super) fn write(writer: &Writer<'_>, node: &Node, page: &mut Page) {
    let fleet = writer.model.fleet();
    let lines = describe::lines(fleet, node, &writer.texts, writer.now());
    let name = lines.iter().filter_map(|line| match line {
        Line::Resource(cells, _) => Some(width(&cells[0])),
        _ => None,
    });
    let name = name.max().unwrap_or(0).max(10);
    let row = |cells: &[String; 5], last: &str| {
        let numbers: Vec<String> = cells[1..].iter().map(|c| format!("{c:>11}")).collect();
        format!("{:<name$}{}  {last}", cells[0], numbers.join(""))
    };
    for line in &lines {
        match line {
            Line::Head(text) => page.head(text),
            Line::Fact(label, pieces) => {
                let said: Vec<&str> = pieces.iter().map(|p| p.text.as_str()).collect();
                page.labelled(&format!("{label} "), &said.join("  "));
            }
            Line::Note(piece) => page.line(&piece.text),
            Line::Heads(cells) => {
                page.gap();
                page.line(row(cells, "").trim_end());
            }
            Line::Resource(cells, verdict) => page.line(row(cells, &verdict.text).trim_end()),
        }
    }
}
