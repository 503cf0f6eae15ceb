//! One GPU's memory slices to scale, with each instance at its true placement.
//!
//! ```text
//! |B87|B 4|a 0|B71|f  |B22|f  |xxx|     seven of 1g.5gb, slice 7 lost
//! |B 2g 45|a 2g  0|f 2g   |_______|     three of 2g.10gb, room at 6
//! |B 3g.20gb   87%|a 3g.20gb    0%|
//! |? CALL STUCK 47s, answered 03:11|     no boxes: what is known is said
//! ```
//!
//! A box says the state in a letter, then what there is room for: the profile, with what tells profiles of one size
//! apart, and a number. Where the theme has colours the used share of a box is filled with another one, so that a row
//! reads like a level; where it has none, a fence stands between the boxes, and letters and numbers tell all.

mod label;
mod sentence;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::widgets::Widget;

use crate::domain::fleet::{Gpu, Slot, SlotState};
use crate::domain::gpu::{FastTelemetry, Listing};
use crate::domain::ids::GiId;
use crate::domain::metric::Metric;
use crate::domain::reading::{AbsentCode, Reading};
use crate::domain::slices::{Part, slices};
use crate::domain::units::Bytes;
use crate::view::fit::{left, put};
use crate::view::{Ctx, Role};

pub use label::letter;

/// What the number in a box and its fill tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StripContent {
    /// The metric, per cent.
    Activity,
    /// Memory in use, GiB; the fill is its share of the instance's memory.
    Memory,
    /// No number: profile and state; the fill is memory.
    Profile,
}

/// One GPU's memory slices to scale. Height 1; width [`width`].
#[derive(Clone, Copy)]
pub struct Strip<'a> {
    /// The picture's needs.
    pub ctx: &'a Ctx<'a>,
    /// The GPU.
    pub gpu: &'a Gpu,
    /// Columns of a memory slice, the same for all GPUs of a table: [`cell_for`].
    pub cell: u16,
    /// What [`StripContent::Activity`] shows.
    pub metric: Metric,
    /// What the numbers tell.
    pub content: StripContent,
    /// The instance that is selected.
    pub selected: Option<GiId>,
    /// Whether an instance is to be seen: what a filter leaves out is drawn faintly, with nothing but its letter.
    pub matched: &'a dyn Fn(GiId) -> bool,
}

/// Columns a slice so that `axis` slices fit in `room`: 2 to 16, 4 where it can be.
pub fn cell_for(axis: u32, room: u16) -> u16 {
    let axis = u16::try_from(axis.max(1)).unwrap_or(u16::MAX);
    (room.saturating_sub(1) / axis).clamp(2, 16)
}

/// Columns of a whole strip: its slices, and the fence at its right end.
pub fn width(axis: u32, cell: u16) -> u16 {
    u16::try_from(axis)
        .unwrap_or(u16::MAX)
        .saturating_mul(cell)
        .saturating_add(1)
}

/// What goes into one box.
struct Content {
    state: SlotState,
    name: String,
    /// 0..1
    share: Option<f64>,
    /// From the longest to the shortest, without the empty one.
    numbers: Vec<String>,
    dimmed: bool,
    selected: bool,
}

/// What is drawn beside each other.
enum Piece {
    Box(Content),
    /// The same mark again and again.
    Run(&'static str, Role),
}

impl Widget for &Strip<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let line = Rect { height: 1, ..area };
        // a selected row that is reversed would turn the levels round
        let mut upright = Style::new().remove_modifier(Modifier::REVERSED);
        if self.ctx.style(Role::BusyRest).bg.is_none() {
            // and its ground may be too near to the colours of the states
            upright.bg = Some(Color::Reset);
        }
        buf.set_style(line, upright);
        if let Some(sentence) = sentence::instead_of_boxes(self.ctx, self.gpu) {
            self.say(&sentence.variants, sentence.role, line, buf);
            return;
        }
        if self.gpu.whole.is_some() {
            self.whole(line, buf);
            return;
        }
        match slices(self.gpu) {
            Reading::Value(known) if !self.by_device() => {
                if self.gpu.slots.is_empty() {
                    let text = self.ctx.text("strip.empty").to_owned();
                    let room = Rect {
                        width: line.width.min(width(known.axis, self.cell)),
                        ..line
                    };
                    self.say(&[text], Role::Caution, room, buf);
                    return;
                }
                let pieces: Vec<_> = known
                    .stretches
                    .iter()
                    .map(|(at, part)| (self.columns(at.size), self.piece(*part)))
                    .collect();
                self.row(&pieces, line, buf);
            }
            _ => self.unplaced(line, buf),
        }
    }
}

impl Strip<'_> {
    fn by_device(&self) -> bool {
        let inventory = self.gpu.inventory.value();
        inventory.is_some_and(|i| matches!(i.listing, Listing::ByDevice { .. }))
    }

    fn columns(&self, slices: u32) -> u16 {
        u16::try_from(slices)
            .unwrap_or(u16::MAX)
            .saturating_mul(self.cell)
    }

    fn piece(&self, part: Part) -> Piece {
        let glyphs = self.ctx.glyphs();
        match part {
            Part::Slot(n) => match self.gpu.slots.get(n) {
                Some(slot) => Piece::Box(self.content(slot)),
                None => Piece::Run(glyphs.untold, Role::Dim),
            },
            Part::Hole => Piece::Run(glyphs.hole, Role::Hole),
            Part::Lost => Piece::Run(glyphs.lost, Role::Lost),
            Part::Untold => Piece::Run(glyphs.untold, Role::Dim),
        }
    }

    fn content(&self, slot: &Slot) -> Content {
        let gi = slot.instance.gi;
        let sample = slot.sample.as_ref();
        let memory = sample.map(|s| (&s.memory_used, &s.memory_total));
        let activity = sample.and_then(|s| {
            let found = s
                .metrics
                .iter()
                .find(|(metric, _)| *metric == self.metric)?;
            found.1.value().map(|m| m.percent)
        });
        let (share, numbers) = match self.content {
            StripContent::Activity => (
                activity.map(|p| p / 100.0),
                label::percent(activity, slot.state),
            ),
            StripContent::Memory => (share(memory), label::memory(memory, slot.state)),
            StripContent::Profile => (share(memory), Vec::new()),
        };
        let name = match &slot.instance.profile {
            Reading::Value(name) => name.as_str().to_owned(),
            Reading::Absent(_) => "?".to_owned(),
        };
        Content {
            state: slot.state,
            name,
            share,
            numbers,
            dimmed: !(self.matched)(gi),
            selected: self.selected == Some(gi),
        }
    }

    /// A GPU that is used as one piece: a box from end to end.
    fn whole(&self, line: Rect, buf: &mut Buffer) {
        let Some(whole) = &self.gpu.whole else { return };
        let fast = self.gpu.fast.as_ref();
        let utilisation = fast.and_then(|f| f.utilization.value().map(|p| f64::from(*p)));
        let memory = fast.map(|f: &FastTelemetry| (&f.memory_used, &f.memory_total));
        let (share, numbers) = match self.content {
            StripContent::Activity => (
                utilisation.map(|p| p / 100.0),
                label::percent(utilisation, SlotState::Busy),
            ),
            StripContent::Memory => (share(memory), label::memory(memory, SlotState::Busy)),
            StripContent::Profile => (share(memory), Vec::new()),
        };
        let no_mig = self.gpu.inventory.value().is_some_and(|i| {
            let why = i.mig.reason();
            why.is_some_and(|w| w.code == AbsentCode::NotSupported)
        });
        let key = if no_mig {
            "strip.no_mig"
        } else {
            "strip.mig_off"
        };
        let content = Content {
            state: whole.state,
            name: self.ctx.text(key).to_owned(),
            share,
            numbers,
            dimmed: false,
            selected: false,
        };
        let columns = match slices(self.gpu) {
            Reading::Value(known) => width(known.axis, self.cell),
            Reading::Absent(_) => line.width,
        };
        let columns = columns.min(line.width).saturating_sub(1);
        self.row(&[(columns, Piece::Box(content))], line, buf);
    }

    /// Instances in their order, without their places: boxes of one width, and the fact said where there is room.
    fn unplaced(&self, line: Rect, buf: &mut Buffer) {
        let count = u16::try_from(self.gpu.slots.len()).unwrap_or(u16::MAX);
        if count == 0 {
            let text = self.ctx.text("strip.none_listed").to_owned();
            self.say(&[text], Role::Unknown, line, buf);
            return;
        }
        let said = self.ctx.text("strip.unplaced");
        let columns = (line.width.saturating_sub(1) / count).clamp(2, self.cell.max(8));
        let boxes: Vec<_> = self
            .gpu
            .slots
            .iter()
            .map(|slot| (columns, Piece::Box(self.content(slot))))
            .collect();
        let end = self.row(&boxes, line, buf);
        let room = line.right().saturating_sub(end + 1);
        // half a sentence would be worse than none; the note beside the strip says it too
        if crate::view::fit::width(said) <= usize::from(room) {
            put(
                buf,
                end + 1,
                line.y,
                room,
                said,
                self.ctx.style(Role::Unknown),
            );
        }
    }

    /// Draws pieces from the left; the column after the last comes back.
    fn row(&self, pieces: &[(u16, Piece)], line: Rect, buf: &mut Buffer) -> u16 {
        let mut x = line.x;
        let mut before: Option<&Content> = None;
        for (columns, piece) in pieces {
            let room = line.right().saturating_sub(x);
            let at = Rect {
                x,
                width: (*columns).min(room),
                ..line
            };
            if at.width == 0 {
                return x;
            }
            let now = match piece {
                Piece::Box(content) => {
                    self.fill(content, at, buf);
                    Some(content)
                }
                Piece::Run(mark, role) => {
                    let marks = mark.repeat(at.width.saturating_sub(1).into());
                    put(buf, x + 1, line.y, at.width, &marks, self.ctx.style(*role));
                    None
                }
            };
            self.edge(x, line.y, before, now, buf);
            before = now;
            x = at.right();
        }
        if x < line.right() {
            self.edge(x, line.y, before, None, buf);
            if self.ctx.style(Role::BusyRest).bg.is_none() && !before.is_some_and(|c| c.selected) {
                let fence = self.ctx.style(Role::Rule);
                put(buf, x, line.y, 1, self.ctx.glyphs().fence, fence);
            }
            x += 1;
        }
        x
    }

    /// What stands between two pieces.
    fn edge(
        &self,
        x: u16,
        y: u16,
        before: Option<&Content>,
        now: Option<&Content>,
        buf: &mut Buffer,
    ) {
        let glyphs = self.ctx.glyphs();
        let strong = self.ctx.style(Role::Pointer);
        if now.is_some_and(|c| c.selected) {
            put(buf, x, y, 1, ">", strong);
        } else if before.is_some_and(|c| c.selected) {
            put(buf, x, y, 1, "<", strong);
        } else if let Some(colour) = now.and_then(|c| self.styles(c).0.bg) {
            // half a column without colour tells neighbours apart
            put(buf, x, y, 1, glyphs.edge, Style::new().fg(colour));
        } else if now.is_some() || before.is_some_and(|c| self.styles(c).0.bg.is_none()) {
            put(buf, x, y, 1, glyphs.fence, self.ctx.style(Role::Rule));
        }
    }

    /// The styles of a box: where it begins, its used and its unused part.
    fn styles(&self, content: &Content) -> (Style, Style, Style) {
        if content.dimmed {
            let dim = self.ctx.style(Role::Dim);
            return (dim, dim, dim);
        }
        let (fill, rest) = Role::of_level(content.state);
        let (fill, rest) = (self.ctx.style(fill), self.ctx.style(rest));
        let begins = if content.share.is_some_and(|s| s > 0.0) {
            fill
        } else {
            rest
        };
        (begins, fill, rest)
    }

    fn fill(&self, content: &Content, at: Rect, buf: &mut Buffer) {
        let inner = Rect {
            x: at.x + 1,
            width: at.width - 1,
            ..at
        };
        if inner.width == 0 {
            return;
        }
        let (_, fill, rest) = self.styles(content);
        let text = if content.dimmed {
            letter(content.state).to_owned()
        } else {
            label::fit(content.state, &content.name, &content.numbers, inner.width)
        };
        let text = left(&text, inner.width.into());
        put(buf, inner.x, inner.y, inner.width, &text, rest);
        let used = Rect {
            width: used(content.share, inner.width),
            ..inner
        };
        buf.set_style(used, fill);
        let first = Rect { width: 1, ..inner };
        let mut letter = Style::new().add_modifier(Modifier::BOLD);
        if rest.bg.is_none() && used.width == 0 && !content.dimmed {
            letter = self.ctx.style(Role::of_state(content.state)).patch(letter);
        }
        buf.set_style(first, letter);
    }

    /// A sentence in place of boxes: the first variant that fits whole, else as much of the last as there is room for.
    fn say(&self, variants: &[String], role: Role, line: Rect, buf: &mut Buffer) {
        let room = line.width.saturating_sub(2);
        let fitting = variants
            .iter()
            .find(|v| crate::view::fit::width(v) <= usize::from(room))
            .or(variants.last());
        let Some(text) = fitting else { return };
        let fence = self.ctx.style(Role::Rule);
        put(buf, line.x, line.y, 1, self.ctx.glyphs().fence, fence);
        let style = self.ctx.style(role);
        put(buf, line.x + 1, line.y, room, text, style);
        if line.width > 1 {
            let last = line.right() - 1;
            put(buf, last, line.y, 1, self.ctx.glyphs().fence, fence);
        }
    }
}

/// Columns of `room` that are used; something is never nothing.
fn used(share: Option<f64>, room: u16) -> u16 {
    let Some(share) = share.filter(|s| *s > 0.0) else {
        return 0;
    };
    let columns = (share.min(1.0) * f64::from(room)).round() as u16;
    columns.max(1).min(room)
}

fn share(memory: Option<(&Reading<Bytes>, &Reading<Bytes>)>) -> Option<f64> {
    let (used, total) = memory?;
    let (used, total) = (used.value()?, total.value()?);
    let used = if used.to_gib() < label::LEAST_GIB {
        0.0
    } else {
        used.0 as f64
    };
    (total.0 > 0).then(|| used / total.0 as f64)
}

#[cfg(test)]
mod tests;
