//! A list as a table: a head line and the rows there is room for.
//!
//! ```text
//!  PLACE GI/CI PROFILE  STATE         MEM GiB   SM%
//!  0:2   3/0   2g.10gb  B busy       4.4/9.6     66
//! >2:2   4/0   2g.10gb  a allocated  0.0/9.6      0
//! *4:2   5/0   2g.10gb  f free       0.0/9.6      0
//! ```
//!
//! The first column on the left is the gutter: pointer and mark. Columns are one space apart, two where there is room.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::app::Hits;
use crate::app::hits::{Region, Target};
use crate::view::fit::{put, width};
use crate::view::{Ctx, Role};

/// On which side the spaces are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// Its head.
    pub head: String,
    /// Fewest columns of the terminal it is worth having in.
    pub min: u16,
    /// Most that it is given. What it takes between the two follows the visible rows.
    pub max: u16,
    /// Alignment of head and cells.
    pub align: Align,
    /// 0 is never dropped; of the others the highest goes first where width lacks.
    pub priority: u8,
    /// Whether what stands in it is never cut: half a number is another number.
    pub whole: bool,
}

impl Column {
    /// A column of text.
    pub fn left(head: impl Into<String>, min: u16, max: u16, priority: u8) -> Self {
        Self {
            head: head.into(),
            min,
            max,
            align: Align::Left,
            priority,
            whole: false,
        }
    }

    /// A column of numbers: it is never narrower than the longest of them.
    pub fn right(head: impl Into<String>, min: u16, max: u16, priority: u8) -> Self {
        Self {
            align: Align::Right,
            ..Self::left(head, min, max, priority).whole()
        }
    }

    /// The same, of which no cell is ever cut.
    #[must_use]
    pub fn whole(self) -> Self {
        Self {
            whole: true,
            ..self
        }
    }
}

/// What stands in a row under a column: pieces of text, each with its meaning.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Cell(pub Vec<(String, Role)>);

impl Cell {
    /// The same, with more behind it.
    #[must_use]
    pub fn then(mut self, text: impl Into<String>, role: Role) -> Self {
        self.0.push((text.into(), role));
        self
    }

    fn width(&self) -> usize {
        self.0.iter().map(|(text, _)| width(text)).sum()
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self(vec![(text.to_owned(), Role::Text)])
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self(vec![(text, Role::Text)])
    }
}

impl From<(String, Role)> for Cell {
    fn from(piece: (String, Role)) -> Self {
        Self(vec![piece])
    }
}

impl From<(&str, Role)> for Cell {
    fn from((text, role): (&str, Role)) -> Self {
        Self(vec![(text.to_owned(), role)])
    }
}

impl From<Vec<(String, Role)>> for Cell {
    fn from(pieces: Vec<(String, Role)>) -> Self {
        Self(pieces)
    }
}

/// Where a column lies, from the left edge of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// First column of the terminal.
    pub x: u16,
    /// How many.
    pub width: u16,
}

/// A list as a table.
#[derive(Clone, Copy)]
pub struct Table<'a> {
    /// The picture's needs.
    pub ctx: &'a Ctx<'a>,
    /// Columns. Every row has a cell for each.
    pub columns: &'a [Column],
    /// The visible rows only.
    pub rows: &'a [Vec<Cell>],
    /// Position of the first of them among all rows.
    pub first: usize,
    /// The selected one, by its position among all rows.
    pub selected: Option<usize>,
    /// Whether a row, by its position among all rows, is marked.
    pub marked: &'a dyn Fn(usize) -> bool,
}

impl Table<'_> {
    /// Lines that it takes with `rows` rows: one more for the head.
    pub fn height(rows: usize) -> u16 {
        u16::try_from(rows)
            .unwrap_or(u16::MAX - 1)
            .saturating_add(1)
    }

    /// Where each column lies in a table of `width`; `None`: dropped. For what a cell cannot hold, such as a strip:
    /// leave the cell empty and draw over it.
    pub fn spans(&self, width: u16) -> Vec<Option<Span>> {
        let all = 0..self.columns.len();
        let natural: Vec<u16> = all.clone().map(|n| self.natural(n)).collect();
        let least: Vec<u16> = all.map(|n| self.least(n)).collect();
        spans(self.columns, &least, &natural, width)
    }

    /// Widest cell of a column.
    fn widest(&self, n: usize) -> u16 {
        let cells = self.rows.iter().filter_map(|row| row.get(n));
        u16::try_from(cells.map(Cell::width).max().unwrap_or(0)).unwrap_or(u16::MAX)
    }

    /// Width that a column must have to be there.
    fn least(&self, n: usize) -> u16 {
        self.columns.get(n).map_or(0, |column| {
            if column.whole {
                column.min.max(self.widest(n))
            } else {
                column.min
            }
        })
    }

    /// Width that a column would like to have.
    fn natural(&self, n: usize) -> u16 {
        let Some(column) = self.columns.get(n) else {
            return 0;
        };
        let head = u16::try_from(width(&column.head)).unwrap_or(u16::MAX);
        let widest = self.widest(n).max(head);
        widest
            .clamp(column.min, column.max.max(column.min))
            .max(self.least(n))
    }

    /// Draws head and rows, and says where the rows are.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let spans = self.spans(area.width);
        let head = self.ctx.style(Role::Head);
        buf.set_style(Rect { height: 1, ..area }, head);
        for (column, span) in self.columns.iter().zip(&spans) {
            if let Some(span) = span {
                let pad = pad(column.align, width(&column.head), span.width);
                put(
                    buf,
                    area.x + span.x + pad,
                    area.y,
                    span.width - pad,
                    &column.head,
                    head,
                );
            }
        }
        for (y, (n, row)) in (area.y + 1..area.bottom()).zip(self.rows.iter().enumerate()) {
            let line = Rect {
                y,
                height: 1,
                ..area
            };
            self.row(self.first + n, row, &spans, line, buf);
            hits.regions.push(Region {
                x: line.x,
                y,
                width: line.width,
                height: 1,
                target: Target::Row(self.first + n),
            });
        }
    }

    fn row(&self, n: usize, row: &[Cell], spans: &[Option<Span>], line: Rect, buf: &mut Buffer) {
        let glyphs = self.ctx.glyphs();
        let selected = self.selected == Some(n);
        let (glyph, role) = match (selected, (self.marked)(n)) {
            (true, true) => (glyphs.pointed_mark, Role::Marked),
            (true, false) => (glyphs.pointer, Role::Pointer),
            (false, true) => (glyphs.mark, Role::Marked),
            (false, false) => (" ", Role::Text),
        };
        if selected {
            buf.set_style(line, self.ctx.style(Role::Selected));
        }
        put(buf, line.x, line.y, 1, glyph, self.ctx.style(role));
        for ((column, span), cell) in self.columns.iter().zip(spans).zip(row) {
            let Some(span) = span else { continue };
            let pad = pad(column.align, cell.width(), span.width);
            let mut x = line.x + span.x + pad;
            let end = line.x + span.x + span.width;
            for (n, (text, role)) in cell.0.iter().enumerate() {
                let room = end.saturating_sub(x);
                // where the cell is cut, the cut is seen although a piece ends there
                let rest: usize = cell.0.iter().skip(n + 1).map(|(t, _)| width(t)).sum();
                let style = self.ctx.over(*role, selected);
                if rest > 0 && width(text) >= usize::from(room) {
                    let whole: String = [text.as_str(), "~"].concat();
                    put(buf, x, line.y, room, &whole, style);
                    break;
                }
                x = put(buf, x, line.y, room, text, style);
            }
        }
    }
}

impl Widget for &Table<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        self.draw(area, buf, &mut Hits::default());
    }
}

fn pad(align: Align, content: usize, width: u16) -> u16 {
    match align {
        Align::Left => 0,
        Align::Right => width.saturating_sub(u16::try_from(content).unwrap_or(width)),
    }
}

/// Columns that stay, and where.
fn spans(columns: &[Column], least: &[u16], natural: &[u16], width: u16) -> Vec<Option<Span>> {
    let room = width.saturating_sub(1);
    let mut kept: Vec<usize> = (0..columns.len()).collect();
    let sum = |kept: &[usize], of: &dyn Fn(usize) -> u16, gap: u16| -> u32 {
        let gaps = u32::from(gap) * u32::try_from(kept.len().saturating_sub(1)).unwrap_or(0);
        gaps + kept.iter().map(|n| u32::from(of(*n))).sum::<u32>()
    };
    let least = |n: usize| least.get(n).copied().unwrap_or(0);
    let wanted = |n: usize| natural.get(n).copied().unwrap_or(0);
    while sum(&kept, &least, 1) > u32::from(room) {
        let worst = kept
            .iter()
            .copied()
            .filter(|n| columns.get(*n).is_some_and(|c| c.priority > 0))
            .max_by_key(|n| columns.get(*n).map(|c| c.priority));
        let Some(worst) = worst else { break };
        kept.retain(|n| *n != worst);
    }
    let gap = if sum(&kept, &wanted, 2) <= u32::from(room) {
        2
    } else {
        1
    };
    let mut widths: Vec<u16> = (0..columns.len()).map(least).collect();
    let mut spare = u32::from(room).saturating_sub(sum(&kept, &least, gap));
    let mut by_need = kept.clone();
    by_need.sort_by_key(|n| columns.get(*n).map(|c| c.priority));
    for n in by_need {
        if let Some(has) = widths.get_mut(n) {
            let more = u32::from(wanted(n).saturating_sub(*has)).min(spare);
            *has += u16::try_from(more).unwrap_or(0);
            spare -= more;
        }
    }
    let mut out = vec![None; columns.len()];
    let mut x = 1;
    for n in kept {
        let has = widths.get(n).copied().unwrap_or(0);
        let has = has.min(width.saturating_sub(x));
        if let Some(place) = out.get_mut(n) {
            *place = Some(Span { x, width: has });
        }
        x = x.saturating_add(has + gap).min(width);
    }
    out
}

#[cfg(test)]
mod tests;
