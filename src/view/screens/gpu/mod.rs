//! A GPU: a row an instance.
//!
//! ```text
//!  GPU 0  A100-SXM4-40GB  0000:07:00.0  MIG on  answers
//!  GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a70  sn 1565020013640  minor 0  ampere
//!  temperature 54 C  power 231/400 W  SM clock 1410/1410 MHz  P-state P0 ..
//!  slice   0       1       2       3       4       5       6       7
//!  memory  |B 1g 1.2|a 1g 0.0|f 2g      0.0   |e 1g    |________________|xxxxxxxx|
//!  GR%     |B 1g  38|a 1g   0|f 2g        0   |e 1g    |________________|xxxxxxxx|
//!  PLACE GI/CI PROFILE STATE        MEM GiB  % GR% POD or PROCESS        SINCE
//! >0:1   7/0   1g.5gb  B busy       1.2/4.8 25  38 nlp/bert-0               3d
//!  1:1   8/0   1g.5gb  a allocated  0.0/4.8  0   0 jupyter/kim-0      idle 31h
//!  5:2 room, fits 1g.5gb   7:1 lost
//! -- gi 7  1g.5gb at 0:1 ----------------------------------------------------------
//!  pods         nlp/bert-0  container main  pod-resources, checkpoint
//!  processes    1.2 GiB  3d  4242 kim python3 train.py
//!  n/a SM%: GPM needs Hopper or newer; dcgm-exporter has it on Ampere
//! ```
//!
//! From 150 columns on telemetry, curves and reports of the GPU stand in a pane on the right, a line each.

mod curves;
mod detail;
mod facts;
mod header;
mod holes;
mod strip;
mod table;
mod whole;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::at::GpuAt;
use crate::app::{Hits, on_slot, trouble};
use crate::domain::fleet::{Gpu, Node, Slot};
use crate::domain::ids::GiId;
use crate::domain::reading::Reading;
use crate::domain::slices::axis_of;
use crate::domain::xid::XidEvent;
use crate::view::fit::put;
use crate::view::{Ctx, Role};

use crate::view::lines::{self, Line, Lines, one};
use facts::Reasons;
use table::Instances;

/// From this width on there is a pane on the right.
const WIDE: u16 = 150;
/// Its columns.
const PANE: u16 = 66;
/// From this height on there is room for curves of the GPU in a narrow window.
const TALL: u16 = 30;

/// Draws the GPU.
pub fn draw(ctx: &Ctx<'_>, at: &GpuAt, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    let Some((node, gpu)) = at.find(ctx.model.fleet()) else {
        let text = ctx.say("gpu.gone", &[("node", &at.node)]);
        put(
            buf,
            area.x + 1,
            area.y + 1,
            area.width - 1,
            &text,
            ctx.style(Role::Caution),
        );
        return;
    };
    let mut left = Place { area };
    let columns = usize::from(area.width);
    let header = header::lines(ctx, node, gpu, columns);
    let most = if area.height < 18 { 3 } else { area.height / 2 };
    header.draw(ctx, left.take(header.height().min(most)), buf);
    if area.width >= WIDE {
        if sliced(gpu) {
            slices(ctx, gpu, left.take(strip::height(gpu)), buf);
            left.take(1);
        }
        let pane = Rect {
            x: left.area.right() - PANE,
            width: PANE,
            ..left.area
        };
        pane_of(ctx, node, gpu, pane, buf);
        left.area.width -= PANE + 1;
        body(
            ctx,
            node,
            gpu,
            left,
            Form {
                wide: true,
                curved: true,
            },
            buf,
            hits,
        );
        return;
    }
    let packed = facts::packed(ctx, gpu, columns);
    let most = if area.height < 18 { 2 } else { 5 };
    packed.draw(ctx, left.take(packed.height().min(most)), buf);
    if area.height >= TALL {
        let curves = curves::of_gpu(ctx, node, gpu, columns / 3);
        let mut line = Lines::default();
        line.0.push(Line::Curves(curves));
        line.draw(ctx, left.take(1), buf);
    }
    if sliced(gpu) {
        let lines = if area.height < 18 {
            1
        } else {
            strip::height(gpu)
        };
        slices(ctx, gpu, left.take(lines), buf);
    }
    let form = Form {
        wide: false,
        curved: area.height >= TALL,
    };
    body(ctx, node, gpu, left, form, buf, hits);
}

/// Whether there is a strip to draw: MIG is on, or nobody says that it is not.
fn sliced(gpu: &Gpu) -> bool {
    gpu.whole.is_none() && gpu.inventory.value().is_some()
}

/// What stands elsewhere on the screen.
#[derive(Clone, Copy)]
struct Form {
    /// There is a pane on the right.
    wide: bool,
    /// Curves of the GPU have their place.
    curved: bool,
}

/// What of an area is not drawn on yet.
struct Place {
    area: Rect,
}

impl Place {
    /// The uppermost lines of it.
    fn take(&mut self, lines: u16) -> Rect {
        let lines = lines.min(self.area.height);
        let taken = Rect {
            height: lines,
            ..self.area
        };
        self.area.y += lines;
        self.area.height -= lines;
        taken
    }

    /// The lowest lines of it.
    fn take_below(&mut self, lines: u16) -> Rect {
        let lines = lines.min(self.area.height);
        self.area.height -= lines;
        Rect {
            y: self.area.bottom(),
            height: lines,
            ..self.area
        }
    }
}

fn slices(ctx: &Ctx<'_>, gpu: &Gpu, area: Rect, buf: &mut Buffer) {
    let axis = axis_of(gpu).value().copied().unwrap_or(8);
    let listed = listed(ctx, gpu);
    let matched = |gi: GiId| listed.iter().any(|s| s.instance.gi == gi);
    let parts = strip::Parts {
        axis,
        selected: selected(ctx, gpu).map(|s| s.instance.gi),
        matched: &matched,
    };
    strip::draw(ctx, gpu, &parts, area, buf);
}

/// Instances in the order of the list, without those that its filter leaves out.
fn listed<'a>(ctx: &Ctx<'_>, gpu: &'a Gpu) -> Vec<&'a Slot> {
    let places = &ctx.model.screens.top().list.rows.places;
    places
        .iter()
        .filter_map(|place| gpu.slots.get(place.slot as usize))
        .collect()
}

fn selected<'a>(ctx: &Ctx<'_>, gpu: &'a Gpu) -> Option<&'a Slot> {
    let at = ctx.model.screens.top().list.at;
    listed(ctx, gpu).get(at).copied()
}

/// Table, holes, detail and reasons, or the form of a whole GPU.
fn body(
    ctx: &Ctx<'_>,
    node: &Node,
    gpu: &Gpu,
    mut left: Place,
    Form { wide, curved }: Form,
    buf: &mut Buffer,
    hits: &mut Hits,
) {
    let columns = usize::from(left.area.width);
    let mut reasons = Reasons::default();
    reasons.of_gpu(ctx, gpu, wide);
    let slots = listed(ctx, gpu);
    if slots.is_empty() {
        let room = left.area.height.saturating_sub(1);
        let mut lines = detail::fitting(room, |named| match &gpu.whole {
            Some(_) => whole::lines(ctx, node, gpu, columns, named),
            None => nothing(ctx, node, gpu, columns, wide, named),
        });
        if !wide && !curved && gpu.whole.is_some() {
            curves::while_room(ctx, node, gpu, columns, room, &mut lines);
        }
        below(ctx, &reasons, lines.height(), &mut left, buf);
        lines.draw(ctx, left.area, buf);
        return;
    }
    let table = Instances::new(ctx, node, gpu, &slots, wide, &mut reasons);
    let small = left.area.height < 10;
    let room = if small {
        left.area.height
    } else {
        // a line of holes, a rule, two lines of detail, the names of what is absent
        left.area.height.saturating_sub(5).max(4)
    };
    table.draw(left.take(table.height().min(room)), buf, hits);
    let holes = holes::lines(ctx, gpu, columns);
    // the strip shows them too
    if left.area.height > 6 {
        holes.draw(ctx, left.take(holes.height().min(2)), buf);
    }
    let Some(slot) = selected(ctx, gpu) else {
        return;
    };
    let room = left.area.height.saturating_sub(1);
    let mut detail = detail::fitting(room, |named| {
        detail::lines(ctx, node, gpu, slot, columns, named)
    });
    let many = slots.len() > 1;
    if many && usize::from(left.area.height) > detail.0.len() + slots.len() + 8 {
        curves::of_all(ctx, node, gpu, &slots, columns, &mut detail);
    }
    if !wide && !curved {
        curves::while_room(ctx, node, gpu, columns, room, &mut detail);
    }
    below(ctx, &reasons, detail.height(), &mut left, buf);
    detail.draw(ctx, left.area, buf);
}

/// Reasons of what is absent, at the bottom: whole where there is room beside `wanted` lines, else the names alone.
fn below(ctx: &Ctx<'_>, reasons: &Reasons, wanted: u16, left: &mut Place, buf: &mut Buffer) {
    let whole = reasons.lines(ctx, left.area.width.into());
    let spare = left.area.height.saturating_sub(wanted);
    let lines = if whole.height() <= spare.max(1) {
        whole
    } else {
        reasons.names(ctx)
    };
    let area = left.take_below(lines.height());
    lines.draw(ctx, area, buf);
}

/// Why there is no instance to show.
fn nothing(
    ctx: &Ctx<'_>,
    node: &Node,
    gpu: &Gpu,
    columns: usize,
    wide: bool,
    named: usize,
) -> Lines {
    let mut out = Lines::default();
    let instances = gpu.inventory.value().map(|i| &i.instances);
    let (text, role) = match instances {
        _ if !gpu.slots.is_empty() => (ctx.text("gpu.empty_filter").to_owned(), Role::Text),
        Some(Reading::Value(_)) => (ctx.text("gpu.empty").to_owned(), Role::Caution),
        Some(Reading::Absent(why)) => (
            ctx.say("gpu.instances_na", &[("why", &why.text)]),
            Role::Dim,
        ),
        None => match gpu.inventory.reason() {
            Some(why) => (
                ctx.say("gpu.instances_na", &[("why", &why.text)]),
                Role::Dim,
            ),
            None => return out,
        },
    };
    out.say(&format!(" {text}"), role, columns, 2);
    for line in holes::lines(ctx, gpu, columns).0 {
        out.0.push(line);
    }
    if wide {
        // the pane on the right has the rest
        return out;
    }
    let reports: Vec<&XidEvent> = trouble::of_gpu(node, gpu).collect();
    if !reports.is_empty() {
        detail::xids(ctx, &reports, columns, named, &mut out);
    }
    let openers = on_slot::device_openers(node, gpu);
    detail::holders(ctx, node, &openers, columns, named, &mut out);
    out
}

/// The pane on the right: telemetry a line each, curves, reports and holders of the GPU as a whole.
fn pane_of(ctx: &Ctx<'_>, node: &Node, gpu: &Gpu, area: Rect, buf: &mut Buffer) {
    for y in area.top()..area.bottom() {
        put(buf, area.x, y, 1, ctx.glyphs().bar, ctx.style(Role::Rule));
    }
    let area = Rect {
        x: area.x + 1,
        width: area.width - 1,
        ..area
    };
    let columns = usize::from(area.width);
    detail::fitting(area.height, |named| {
        pane_lines(ctx, node, gpu, columns, named)
    })
    .draw(ctx, area, buf);
}

fn pane_lines(ctx: &Ctx<'_>, node: &Node, gpu: &Gpu, columns: usize, named: usize) -> Lines {
    let mut out = facts::listed(ctx, gpu, columns);
    out.push(Vec::new());
    let wide = columns.saturating_sub(lines::LABEL + 10);
    for curve in curves::of_gpu(ctx, node, gpu, wide) {
        out.0.push(Line::Curve(curve));
    }
    out.push(Vec::new());
    if gpu.whole.is_none() {
        let reports: Vec<&XidEvent> = trouble::of_gpu(node, gpu).collect();
        if reports.is_empty() {
            let none = one(ctx.text("gpu.no_xid_gpu"), Role::Dim);
            out.labelled(ctx.text("gpu.xids"), none, columns);
        } else {
            detail::xids(ctx, &reports, columns, named, &mut out);
        }
        let openers = on_slot::device_openers(node, gpu);
        detail::holders(ctx, node, &openers, columns, named, &mut out);
    }
    out
}

#[cfg(test)]
mod tests;
