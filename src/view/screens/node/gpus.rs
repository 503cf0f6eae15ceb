//! A row a GPU: its slices at their places, memory, activity, heat, use, and the most important word on it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::app::activity;
use crate::app::hits::Target;
use crate::app::list::offset;
use crate::app::overview::freshness;
use crate::app::rows::Item;
use crate::app::{Command, Hits, hints};
use crate::domain::fleet::{Gpu, Node, Slot};
use crate::domain::ids::GiId;
use crate::domain::reading::Reading;
use crate::domain::slices;
use crate::view::fit::put;
use crate::view::screens::common::unanswered;
use crate::view::widgets::strip::{self, Strip};
use crate::view::widgets::{Cell, Table};
use crate::view::{Ctx, Role};

mod cells;
mod names;

pub(super) use names::named;

use super::Lines;
use super::detail::wrapped;
use super::plan::Plan;

/// What an absent value looks like; the reason is told on the GPU's own screen.
const NA: &str = "n/a";

/// Columns of a curve, and the seconds that each stands for: a minute.
const CURVE: u16 = 12;
const CURVE_STEP: f64 = 5.0;
/// Position of the curve among the columns.
const CURVE_AT: usize = 8;

/// Columns that the notes have at most.
const NOTE: u16 = 90;

/// GPUs of a host as a table.
pub(in crate::view::screens) struct Gpus<'a> {
    /// The picture's needs.
    pub ctx: &'a Ctx<'a>,
    /// The host.
    pub node: &'a Node,
    /// Positions among its GPUs, those that are drawn.
    pub places: &'a [usize],
    /// Position of the first of them in the list.
    pub first: usize,
    /// The selected one, by its position in the list.
    pub selected: Option<usize>,
    /// Whether one, by its position in the list, is marked.
    pub marked: &'a dyn Fn(usize) -> bool,
    /// Lines of a row at most: with two, names stand under the slices of those that have any.
    pub lines: u16,
    /// Columns that the table has.
    pub room: u16,
}

pub(super) fn draw(
    ctx: &Ctx<'_>,
    node: &Node,
    plan: &Plan,
    lines: &mut Lines,
    buf: &mut Buffer,
    hits: &mut Hits,
) {
    let list = &ctx.model.screens.top().list;
    let all = &list.rows.places;
    if all.is_empty() {
        let area = lines.take(plan.gpus + 2);
        none(ctx, node, area, buf);
        return;
    }
    let height = usize::from(plan.gpus);
    let first = offset(list.offset, list.at, height, all.len());
    let places: Vec<usize> = all
        .iter()
        .skip(first)
        .take(height)
        .map(|p| p.item as usize)
        .collect();
    hits.height = height;
    hits.first = first;
    let ids: Vec<_> = all
        .iter()
        .map(|p| crate::app::rows::id(&ctx.model.screen(), ctx.model.fleet(), *p))
        .collect();
    let marked = |n: usize| {
        ids.get(n)
            .and_then(Option::as_ref)
            .is_some_and(|id| list.marks.contains(id))
    };
    let table = Gpus {
        ctx,
        node,
        places: &places,
        first,
        selected: Some(list.at),
        marked: &marked,
        lines: plan.lines_a_gpu,
        room: lines.area.width,
    };
    let area = lines.take(table.height());
    table.draw(area, buf, hits);
}

/// Why there is no GPU to be shown: not read yet, none there, or all filtered out.
fn none(ctx: &Ctx<'_>, node: &Node, area: Rect, buf: &mut Buffer) {
    let filtered = ctx.model.screens.top().list.rows.unfiltered;
    let text = if filtered > 0 {
        let key = hints::told(ctx.model, Command::Back);
        ctx.say("gpus.filtered", &[("n", &filtered), ("key", &key)])
    } else if let Some(why) = node.unprobed() {
        ctx.say("gpus.none_because", &[("why", &why.text)])
    } else if (node.stream.beat.is_none() && node.host.is_none())
        || node.driver == Reading::not_yet()
    {
        // /proc may know nothing of what NVML is about to tell
        if freshness::of(node, ctx.model.now).is_old() {
            unanswered(ctx, node)
        } else {
            ctx.text("app.waiting").to_owned()
        }
    } else {
        let found = node.host.as_ref().map(|h| &h.gpus);
        match found {
            Some(Reading::Absent(why)) => ctx.say("gpus.none_because", &[("why", &why.text)]),
            _ => ctx.text("gpus.none").to_owned(),
        }
    };
    let top = area.y + u16::from(area.height > 1);
    let lines = wrapped(&text, area.width.saturating_sub(2).into());
    for (y, line) in (top..area.bottom()).zip(lines) {
        put(
            buf,
            area.x + 1,
            y,
            area.width,
            &line,
            ctx.style(Role::Strong),
        );
    }
}

impl Gpus<'_> {
    pub(in crate::view::screens) fn draw(&self, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
        let (axis, cell) = self.axis_and_cell();
        let metric = activity::column(self.node);
        let columns = self.columns(axis, cell, metric, area.width);
        let rows = |note: usize| -> Vec<Vec<Cell>> {
            let gpus = self.places.iter().filter_map(|n| self.node.gpus.get(*n));
            gpus.map(|gpu| self.cells(gpu, metric, note)).collect()
        };
        // the note has what the others leave, whatever it says: columns stay where they are when news come
        let mut wide = rows(0);
        for row in &mut wide {
            if let Some(note) = row.last_mut() {
                *note = " ".repeat(NOTE.into()).into();
            }
        }
        let mut table = Table {
            ctx: self.ctx,
            columns: &columns,
            rows: &wide,
            first: self.first,
            selected: self.selected,
            marked: self.marked,
        };
        let room = table
            .spans(area.width)
            .last()
            .copied()
            .flatten()
            .map_or(0, |s| s.width);
        let mut settled = columns.clone();
        if let Some(note) = settled.last_mut() {
            (note.min, note.max) = (room, room);
        }
        let fitting = rows(room.into());
        table.columns = &settled;
        table.rows = &fitting;
        let spans = table.spans(area.width);
        if self.lines < 2 {
            table.draw(area, buf, hits);
        } else {
            self.spread(&table, &self.heights(), area, buf, hits);
        }
        let Some(Some(span)) = spans.get(1) else {
            return;
        };
        let content = self.content(metric);
        let mut next = area.y + 1;
        for (n, height) in self.places.iter().zip(self.heights()) {
            let y = next;
            next += height;
            if y >= area.bottom() {
                break;
            }
            let Some(gpu) = self.node.gpus.get(*n) else {
                continue;
            };
            let line = Rect {
                x: area.x + span.x,
                y,
                width: span.width,
                height: 1,
            };
            Strip {
                ctx: self.ctx,
                gpu,
                cell,
                metric,
                content,
                selected: None,
                matched: &self.matched(gpu),
            }
            .render(line, buf);
            if let Some(Some(curve)) = spans.get(CURVE_AT) {
                let at = Rect {
                    x: area.x + curve.x,
                    width: curve.width,
                    ..line
                };
                self.curve(gpu, metric, at, buf);
            }
            if height > 1 && y + 1 < area.bottom() {
                let below = Rect { y: y + 1, ..line };
                self.names(gpu, cell, below, buf);
            }
        }
    }

    /// Slices of the longest axis, and columns of one of them.
    fn axis_and_cell(&self) -> (u32, u16) {
        let axes = self.node.gpus.iter();
        let axis = axes
            .filter_map(|g| slices::axis_of(g).value().copied())
            .max()
            .unwrap_or(8);
        (axis, strip::cell_for(axis, strip_room(self.room)))
    }

    /// Lines of each row: a line that nobody's name stands on would be a hole.
    fn heights(&self) -> Vec<u16> {
        let (_, cell) = self.axis_and_cell();
        let gpus = self.places.iter().map(|n| self.node.gpus.get(*n));
        gpus.map(|gpu| match gpu {
            Some(gpu) if self.lines > 1 && names::has_name(self.node, gpu, cell) => 2,
            _ => 1,
        })
        .collect()
    }

    /// Lines that all of it takes, with the head.
    pub(in crate::view::screens) fn height(&self) -> u16 {
        1 + self.heights().iter().sum::<u16>()
    }

    /// Which instances a filter leaves to be seen: those that match it; all of a GPU that matches as a whole only.
    fn matched(&self, gpu: &Gpu) -> impl Fn(GiId) -> bool + use<> {
        let filter = &self.ctx.model.screens.top().list.parsed;
        let of_slot = |s: &&Slot| filter.matches_slot(self.node, gpu, s);
        let mut seen: Vec<GiId> = gpu
            .slots
            .iter()
            .filter(of_slot)
            .map(|s| s.instance.gi)
            .collect();
        if seen.is_empty()
            && (filter.matches(&Item::Gpu(self.node, gpu))
                || filter.matches(&Item::Node(self.node)))
            && !self.any_matches()
        {
            seen = gpu.slots.iter().map(|s| s.instance.gi).collect();
        }
        move |gi| seen.contains(&gi)
    }

    /// Whether the filter matches any instance of the host: then those that it does not are drawn faintly.
    fn any_matches(&self) -> bool {
        let filter = &self.ctx.model.screens.top().list.parsed;
        let gpus = self.node.gpus.iter();
        gpus.flat_map(|g| g.slots.iter().map(move |s| (g, s)))
            .any(|(gpu, slot)| filter.matches_slot(self.node, gpu, slot))
    }

    /// A table whose rows have so many lines each.
    fn spread(
        &self,
        table: &Table<'_>,
        heights: &[u16],
        area: Rect,
        buf: &mut Buffer,
        hits: &mut Hits,
    ) {
        let rows = table.rows;
        // heads and widths come from the whole; each row is drawn as a table of its own whose head is drawn over
        let mut at = Hits::default();
        table.draw(Rect { height: 1, ..area }, buf, &mut at);
        let mut narrow = Buffer::empty(Rect {
            x: area.x,
            y: 0,
            width: area.width,
            height: Table::height(rows.len()),
        });
        narrow.set_style(narrow.area, self.ctx.style(Role::Text));
        table.draw(narrow.area, &mut narrow, &mut Hits::default());
        let mut next = area.y + 1;
        for (n, height) in (0..u16::try_from(rows.len()).unwrap_or(0)).zip(heights) {
            let y = next;
            next += height;
            if y >= area.bottom() {
                break;
            }
            for x in area.x..area.right() {
                buf[(x, y)] = narrow[(x, n + 1)].clone();
            }
            hits.regions.push(crate::app::hits::Region {
                x: area.x,
                y,
                width: area.width,
                height: (*height).min(area.bottom() - y),
                target: Target::Row(self.first + usize::from(n)),
            });
        }
    }
}

/// Columns that the strips may have: what a table of numbers and a note leave, and wider windows give more.
fn strip_room(width: u16) -> u16 {
    match width {
        0..72 => 25,
        72..100 => 33,
        100..150 => 49,
        150..190 => 65,
        _ => 81,
    }
}
