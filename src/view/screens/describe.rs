//! A node as the cluster describes it, and beside it what its GPUs are; it scrolls.
//!
//! ```text
//!  state          Ready  since 41d  kubelet v1.27.11
//!  taints         none
//!  RESOURCE     CAPACITY ALLOCATABLE REQUESTED NVML
//!  mig-1g.5gb         14          14         9   14  as here
//!  mig-3g.20gb         4           4         4    3  DIFFERS: 1 more than here
//!  MIG
//!  strategy       mixed  mig.capable true
//!  mig.config     all-balanced
//!  its state      success  written 3h ago
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::describe::{self, Line as Said};
use crate::app::overview::Piece;
use crate::app::{Hits, at};
use crate::domain::fleet::Node;
use crate::domain::text::Text;
use crate::view::fit::{put, width};
use crate::view::lines::{Lines, Pieces};
use crate::view::{Ctx, Role};

use super::node::role;

/// Columns of labels, at most: those of GPU feature discovery are long.
const LABEL: usize = 34;
/// Columns of labels, at least.
const LEAST: usize = 15;

pub(super) fn draw(ctx: &Ctx<'_>, name: &Text, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    let Some(node) = at::node(ctx.model.fleet(), name) else {
        let text = ctx.text("app.waiting");
        put(buf, area.x, area.y, area.width, text, ctx.style(Role::Dim));
        return;
    };
    let said = describe::lines(ctx.model.fleet(), node, &ctx.model.texts, ctx.model.now);
    laid(ctx, &said, area.width.into()).scrolled(ctx, area, buf, hits);
}

/// As much of it as there is room for, where a host has nothing else to show.
pub(super) fn within(ctx: &Ctx<'_>, node: &Node, area: Rect, buf: &mut Buffer) {
    let said = describe::lines(ctx.model.fleet(), node, &ctx.model.texts, ctx.model.now);
    laid(ctx, &said, area.width.into()).draw(ctx, area, buf);
}

fn laid(ctx: &Ctx<'_>, said: &[Said], columns: usize) -> Lines {
    let mut out = Lines::default();
    let widths = widths(said);
    // labels of one section stand in one column, which is as wide as the section needs
    let mut label = LEAST;
    for (n, line) in said.iter().enumerate() {
        match line {
            Said::Head(text) => {
                out.rule(ctx, vec![(text.clone(), Role::Head)], columns);
                label = label_width(&said[n + 1..]);
            }
            Said::Fact(name, pieces) => fact(&mut out, name, pieces, label, columns),
            Said::Note(piece) => {
                let text = vec![(format!(" {}", piece.text), role(piece.tone))];
                out.wrapped(text, columns, 1);
            }
            Said::Heads(cells) => {
                let text = row(cells, &widths);
                out.push(vec![(text, Role::Head)]);
            }
            Said::Resource(cells, verdict) => {
                let text = row(cells, &widths);
                let indent = width(&text) + 2;
                let mut pieces = vec![(text, Role::Text)];
                if !verdict.text.is_empty() {
                    pieces.push((format!("  {}", verdict.text), role(verdict.tone)));
                }
                out.wrapped(pieces, columns, indent.min(columns / 2));
            }
        }
    }
    out
}

fn fact(out: &mut Lines, name: &str, pieces: &[Piece], label: usize, columns: usize) {
    let fill = label.saturating_sub(width(name) + 1).max(1);
    let mut line: Pieces = vec![(format!(" {name}{}", " ".repeat(fill)), Role::Dim)];
    for (n, piece) in pieces.iter().enumerate() {
        let gap = if n == 0 { "" } else { "  " };
        line.push((format!("{gap}{}", piece.text), role(piece.tone)));
    }
    out.wrapped(line, columns, label);
}

/// Columns of the labels of a section.
fn label_width(rest: &[Said]) -> usize {
    let section = rest.iter().take_while(|l| !matches!(l, Said::Head(_)));
    let labels = section.filter_map(|line| match line {
        Said::Fact(name, _) => Some(width(name) + 3),
        _ => None,
    });
    labels.max().unwrap_or(0).clamp(LEAST, LABEL)
}

/// Columns of the table of resources: as wide as its widest cell.
fn widths(said: &[Said]) -> [usize; 5] {
    let mut widths = [0; 5];
    for line in said {
        if let Said::Heads(cells) | Said::Resource(cells, _) = line {
            for (wide, cell) in widths.iter_mut().zip(cells) {
                *wide = (*wide).max(width(cell));
            }
        }
    }
    widths
}

fn row(cells: &[String; 5], widths: &[usize; 5]) -> String {
    let mut text = String::new();
    for (n, (cell, wide)) in cells.iter().zip(widths).enumerate() {
        let fill = " ".repeat(wide.saturating_sub(width(cell)));
        text.push(' ');
        match n {
            0 => text.extend([cell.as_str(), fill.as_str()]),
            _ => text.extend([fill.as_str(), cell.as_str()]),
        }
    }
    text
}
