//! ```text
//! This screen: node
//!   enter             open what is selected
//!   /                 filter the list
//!
//! Everywhere
//!   esc  left  h      one level back: closes a window, drops the filter, leaves a screen; never
//!                     quits
//! ..
//! Signs in the strip
//!   B                 busy: a process, or an open handle
//! ```
//! Wide windows hold two or three columns of it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::help::{Row, Section, Sign, sections};
use crate::app::{Hits, help};
use crate::view::fit::{left, put, width};
use crate::view::wrap::wrap;
use crate::view::{Ctx, Role};

/// Narrowest column of text.
const NARROWEST: u16 = 64;
/// Columns that keys take where they are few, in narrow columns and in others.
const KEYS: [usize; 2] = [18, 22];
/// From so many columns of text keys have more room.
const WIDE: usize = 64;

/// A line as it is drawn.
enum Line {
    Blank,
    Head(String),
    Row {
        keys: String,
        doc: String,
        sign: Option<Sign>,
    },
}

pub(super) fn draw(ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    let sections = sections(ctx.model);
    let columns = (area.width / NARROWEST).clamp(1, 3);
    let gap = 2;
    let width = (area.width - gap * (columns - 1) - 2) / columns;
    let mut parts = part(&sections, usize::from(columns), width.into());
    if parts.iter().all(Vec::is_empty) {
        parts = vec![vec![Line::Row {
            keys: String::new(),
            doc: ctx.text("help.none").to_owned(),
            sign: None,
        }]];
    }
    let longest = parts.iter().map(Vec::len).max().unwrap_or(0);
    let height = usize::from(area.height);
    let first = ctx
        .model
        .screens
        .top()
        .list
        .offset
        .min(longest.saturating_sub(height));
    hits.height = height;
    hits.first = first;
    for (n, lines) in (0u16..).zip(&parts) {
        let x = area.x + 1 + n * (width + gap);
        for (y, line) in (area.y..area.bottom()).zip(lines.iter().skip(first)) {
            draw_line(ctx, buf, (x, y), width, line);
        }
    }
}

fn draw_line(ctx: &Ctx<'_>, buf: &mut Buffer, (x, y): (u16, u16), columns: u16, line: &Line) {
    match line {
        Line::Blank => {}
        Line::Head(title) => {
            put(buf, x, y, columns, title, ctx.style(Role::Head));
        }
        Line::Row { keys, doc, sign } => {
            let role = sign.map_or(Role::Key, role);
            let keys = left(keys, key_columns(columns.into()).max(width(keys)));
            let end = put(buf, x, y, columns, &format!("  {keys} "), ctx.style(role));
            let room = (x + columns).saturating_sub(end);
            put(buf, end, y, room, doc, ctx.style(Role::Text));
        }
    }
}

/// The sections in columns, so that the longest is as short as it can be; a section stays whole, and their order too.
fn part(sections: &[Section], columns: usize, width: usize) -> Vec<Vec<Line>> {
    let drawn: Vec<Vec<Line>> = sections.iter().map(|s| lines(s, width)).collect();
    // a blank line before each but the first
    let long = |from: usize, to: usize| -> usize {
        let lines: usize = drawn[from..to].iter().map(|s| s.len() + 1).sum();
        lines.saturating_sub(1)
    };
    let n = drawn.len();
    let cuts = match columns {
        1 => vec![],
        2 => (0..=n)
            .map(|a| vec![a])
            .min_by_key(|c| long(0, c[0]).max(long(c[0], n)))
            .unwrap_or_default(),
        _ => (0..=n)
            .flat_map(|a| (a..=n).map(move |b| vec![a, b]))
            .min_by_key(|c| long(0, c[0]).max(long(c[0], c[1])).max(long(c[1], n)))
            .unwrap_or_default(),
    };
    let mut parts: Vec<Vec<Line>> = vec![Vec::new()];
    for (n, section) in drawn.into_iter().enumerate() {
        while parts.len() <= cuts.len() && cuts.get(parts.len() - 1).is_some_and(|c| n >= *c) {
            parts.push(Vec::new());
        }
        if let Some(part) = parts.last_mut() {
            if !part.is_empty() {
                part.push(Line::Blank);
            }
            part.extend(section);
        }
    }
    parts
}

fn key_columns(columns: usize) -> usize {
    KEYS[usize::from(columns >= WIDE)]
}

fn lines(section: &Section, columns: usize) -> Vec<Line> {
    let mut out = vec![Line::Head(section.title.clone())];
    for row in &section.rows {
        out.extend(row_lines(row, columns));
    }
    out
}

fn row_lines(row: &Row, columns: usize) -> Vec<Line> {
    // many keys push their meaning to lines of its own
    let beside = width(&row.keys) <= key_columns(columns);
    let room = columns.saturating_sub(key_columns(columns) + 3);
    let mut out = Vec::new();
    let mut keys = row.keys.clone();
    if !beside {
        out.push(Line::Row {
            keys: std::mem::take(&mut keys),
            doc: String::new(),
            sign: row.sign,
        });
    }
    for doc in wrap(&row.doc, room, 0) {
        out.push(Line::Row {
            keys: std::mem::take(&mut keys),
            doc,
            sign: row.sign,
        });
    }
    out
}

const fn role(sign: Sign) -> Role {
    match sign {
        help::Sign::Busy => Role::Busy,
        help::Sign::Allocated => Role::Allocated,
        help::Sign::Free => Role::Free,
        help::Sign::NoCi => Role::NoCi,
        help::Sign::Sick => Role::Sick,
        help::Sign::Unknown => Role::Unknown,
        help::Sign::Hole => Role::Hole,
        help::Sign::Lost => Role::Lost,
    }
}
