//! What the list screens have in common.
//!
//! ```text
//!  3 of 14 reports · filter xid=94                             sorted by time
//! ! what must be said of the list as a whole
//!  TIME      AGE GPU XID MEANING                               table
//! >03:02:11   9m 5   94  contained memory error
//! ── what is selected ──────────────────────────────────────── detail
//!  one line a fact
//! ```

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::app::hints::shortest;
use crate::app::list::offset;
use crate::app::rows::{Item, item};
use crate::app::{Command, Hits};
use crate::domain::text::in_ascii;
use crate::view::fit::{put, width};
use crate::view::widgets::{Cell, Column, Rule, Table};
use crate::view::wrap::wrap;
use crate::view::{Ctx, Role};

/// Columns of a label in the detail.
const LABEL: usize = 12;

/// Fewest lines of a detail that are worth the rows they cost.
const LEAST: u16 = 5;

/// Tells of a row.
type Tell<'a> = dyn Fn(&Item<'_>, &mut Detail) + 'a;

/// A list with what belongs to it.
pub(super) struct Listing<'a> {
    /// Columns of the table.
    pub columns: Vec<Column>,
    /// Cells of a row.
    pub cells: &'a dyn Fn(&Item<'_>) -> Vec<Cell>,
    /// How many rows there are, in words: `14 reports since boot`.
    pub count: String,
    /// What must be said of the list as a whole, above it.
    pub notes: Vec<(String, Role)>,
    /// What stands in place of the rows where there are none at all.
    pub empty: String,
    /// What is told of the selected row below the list; without it the rows have all the room.
    pub detail: Option<&'a Tell<'a>>,
}

/// What is told of the selected row.
#[derive(Debug, Default)]
pub(super) struct Detail {
    /// Beside the line that sets it apart.
    pub title: String,
    columns: usize,
    /// What is not ASCII has to be spelled out.
    ascii: bool,
    lines: Vec<Vec<(String, Role)>>,
}

impl Detail {
    /// A label, and a text wrapped beside it.
    pub(super) fn line(&mut self, label: &str, text: &str, role: Role) {
        let text = &self.written(text);
        let room = self.columns.saturating_sub(LABEL + 2).max(10);
        for (n, line) in wrap(text, room, 0).into_iter().enumerate() {
            let label = if n == 0 { label } else { "" };
            self.lines.push(vec![
                (
                    format!(" {} ", crate::view::fit::left(label, LABEL)),
                    Role::Dim,
                ),
                (line, role),
            ]);
        }
    }

    fn written<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.ascii && !text.is_ascii() {
            in_ascii(text).into()
        } else {
            text.into()
        }
    }

    /// A text of its own, wrapped.
    pub(super) fn text(&mut self, text: &str, role: Role) {
        let text = &self.written(text);
        for line in wrap(text, self.columns.saturating_sub(1).max(10), 0) {
            self.lines.push(vec![(format!(" {line}"), role)]);
        }
    }
}

impl Listing<'_> {
    pub(super) fn draw(&self, ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
        let list = &ctx.model.screens.top().list;
        let rows = list.rows.places.len();
        let filtered = !list.parsed.is_empty();
        let mut area = area;
        let summary = (!ctx.model.compact || filtered || list.sort.is_some()).then(|| line(area));
        if summary.is_some() {
            area = below(area, 1);
        }
        for (text, role) in &self.notes {
            for one in wrap(text, usize::from(area.width).saturating_sub(1), 2) {
                put(
                    buf,
                    area.x + 1,
                    area.y,
                    area.width - 1,
                    &one,
                    ctx.style(*role),
                );
                area = below(area, 1);
            }
        }
        let under = self.detail_height(area, rows);
        let table = Rect {
            height: area.height - under,
            ..area
        };
        self.table(ctx, table, buf, hits);
        if let Some(summary) = summary {
            let window = (rows > hits.height).then(|| window(ctx, hits, rows));
            self.summary(ctx, window, summary, buf);
        }
        let selected = list.rows.places.get(list.at);
        let shown = selected.and_then(|p| item(&ctx.model.screen(), ctx.model.fleet(), *p));
        if let (Some(tell), Some(shown)) = (self.detail, shown)
            && under > 0
        {
            let mut detail = Detail {
                columns: usize::from(area.width),
                ascii: ctx.glyphs().ascii,
                ..Detail::default()
            };
            tell(&shown, &mut detail);
            detail.draw(ctx, below(area, table.height), buf);
        }
    }

    /// Lines of the detail, its rule counted: what the rows leave, and of a long list two fifths.
    fn detail_height(&self, area: Rect, rows: usize) -> u16 {
        if self.detail.is_none() || rows == 0 {
            return 0;
        }
        let left = area.height.saturating_sub(Table::height(rows));
        let share = (area.height * 2 / 5).min(16);
        match left.max(share) {
            enough if enough > LEAST => enough,
            _ => 0,
        }
    }

    fn summary(&self, ctx: &Ctx<'_>, window: Option<String>, area: Rect, buf: &mut Buffer) {
        let list = &ctx.model.screens.top().list;
        let mut x = area.x + 1;
        let mut say = |text: &str, role: Role| {
            x = put(
                buf,
                x,
                area.y,
                area.right().saturating_sub(x),
                text,
                ctx.style(role),
            );
        };
        if list.parsed.is_empty() {
            say(&self.count, Role::Dim);
        } else {
            let args: [(&str, &dyn std::fmt::Display); 2] =
                [("shown", &list.rows.places.len()), ("all", &self.count)];
            say(&ctx.say("list.shown_of", &args), Role::Text);
            say("   ", Role::Text);
            say(ctx.text("list.filter"), Role::Dim);
            say(" ", Role::Text);
            say(&list.filter, Role::Matched);
        }
        if let Some(window) = window {
            say("   ", Role::Text);
            say(&window, Role::Dim);
        }
        if !list.marks.is_empty() {
            say("   ", Role::Text);
            say(
                &ctx.say("list.marked", &[("marked", &list.marks.len())]),
                Role::Marked,
            );
        }
        if let Some(sort) = list.sort {
            let way = if sort.is_largest_first() {
                "list.largest_first"
            } else {
                "list.smallest_first"
            };
            let column = ctx.model.texts.get(sort.column.key());
            let text = ctx.say(
                "list.sorted",
                &[("column", &column), ("way", &ctx.text(way))],
            );
            let columns = u16::try_from(width(&text)).unwrap_or(u16::MAX);
            if columns + 2 < area.right().saturating_sub(x) {
                let x = area.right() - columns - 1;
                put(buf, x, area.y, columns, &text, ctx.style(Role::Dim));
            }
        }
    }

    fn table(&self, ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
        let list = &ctx.model.screens.top().list;
        let places = &list.rows.places;
        if places.is_empty() {
            let text = if list.parsed.is_empty() || list.rows.unfiltered == 0 {
                self.empty.clone()
            } else {
                ctx.say(
                    "filter.none",
                    &[("filter", &list.filter), ("rows", &list.rows.unfiltered)],
                )
            };
            let lines = wrap(&text, usize::from(area.width).saturating_sub(4), 0);
            for (y, line) in (area.y + 1..area.bottom()).zip(lines) {
                put(
                    buf,
                    area.x + 2,
                    y,
                    area.width - 2,
                    &line,
                    ctx.style(Role::Text),
                );
            }
            return;
        }
        let height = usize::from(area.height.saturating_sub(1));
        let first = offset(list.offset, list.at, height, places.len());
        hits.height = height;
        hits.first = first;
        let (screen, fleet) = (ctx.model.screen(), ctx.model.fleet());
        let shown: Vec<Item<'_>> = places
            .iter()
            .skip(first)
            .take(height)
            .filter_map(|p| item(&screen, fleet, *p))
            .collect();
        let cells: Vec<Vec<Cell>> = shown.iter().map(|i| (self.cells)(i)).collect();
        let marked = |n: usize| {
            !list.marks.is_empty()
                && n.checked_sub(first)
                    .and_then(|n| shown.get(n))
                    .is_some_and(|i| list.marks.contains(&i.id()))
        };
        let table = Table {
            ctx,
            columns: &self.columns,
            rows: &cells,
            first,
            selected: Some(list.at),
            marked: &marked,
        };
        table.draw(area, buf, hits);
    }
}

impl Detail {
    fn draw(&self, ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        let title = if self.title.is_empty() {
            Cell::default()
        } else {
            (self.title.as_str(), Role::Strong).into()
        };
        let rule = Rule {
            ctx,
            title: &title,
            note: "",
        };
        rule.render(line(area), buf);
        let room = usize::from(area.height.saturating_sub(1));
        let cut = self.lines.len() > room;
        for (n, (y, line)) in (area.y + 1..area.bottom()).zip(&self.lines).enumerate() {
            if cut && n + 1 == room {
                let text = more(ctx);
                put(
                    buf,
                    area.x + 1,
                    y,
                    area.width - 1,
                    &text,
                    ctx.style(Role::Dim),
                );
                break;
            }
            let mut x = area.x;
            for (text, role) in line {
                x = put(
                    buf,
                    x,
                    y,
                    area.right().saturating_sub(x),
                    text,
                    ctx.style(*role),
                );
            }
        }
    }
}

/// Which rows are in view, where not all are.
fn window(ctx: &Ctx<'_>, hits: &Hits, rows: usize) -> String {
    let (first, last) = (hits.first + 1, (hits.first + hits.height).min(rows));
    ctx.say("list.window", &[("first", &first), ("last", &last)])
}

/// There is more than can be shown, and the key that shows all of it.
fn more(ctx: &Ctx<'_>) -> String {
    match shortest(ctx.model, &ctx.model.screen_layers(), Command::Open) {
        Some(key) => ctx.say("list.more", &[("key", &key)]),
        None => ctx.text("list.more_by_name").to_owned(),
    }
}

fn line(area: Rect) -> Rect {
    Rect {
        height: area.height.min(1),
        ..area
    }
}

/// The area without its first lines.
fn below(area: Rect, lines: u16) -> Rect {
    let lines = lines.min(area.height);
    Rect {
        y: area.y + lines,
        height: area.height - lines,
        ..area
    }
}
