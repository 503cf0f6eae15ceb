//! The slices at their true places: the numbers of the axis, memory per instance, activity per instance.
//!
//! ```text
//!  slice   0      1      2      3      4      5      6      7
//!  memory  |B 1g 4.2|a 1g 0|f 1g ....
//!  GR%     |B 1g  66|a 1g 0|f 1g ....
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::app::activity;
use crate::domain::fleet::Gpu;
use crate::domain::ids::GiId;
use crate::view::fit::{put, width};
use crate::view::widgets::{Strip, StripContent, strip};
use crate::view::{Ctx, Role};

/// Columns of the labels before it.
const LABEL: u16 = 9;

/// What the strip needs beside the GPU.
pub struct Parts<'a> {
    /// Memory slices of the axis.
    pub axis: u32,
    /// The selected instance.
    pub selected: Option<GiId>,
    /// Whether a filter has found an instance.
    pub matched: &'a dyn Fn(GiId) -> bool,
}

/// Lines that it takes where there is room: one less where nothing tells how busy any instance is.
pub fn height(gpu: &Gpu) -> u16 {
    if has_activity(gpu) { 3 } else { 2 }
}

fn has_activity(gpu: &Gpu) -> bool {
    let metric = activity::column(gpu);
    gpu.slots
        .iter()
        .any(|s| activity::of(s, metric).value().is_some())
}

/// Draws it: 3 lines, or 2 without the axis, or 1 with memory only.
pub fn draw(ctx: &Ctx<'_>, gpu: &Gpu, parts: &Parts<'_>, area: Rect, buf: &mut Buffer) {
    let cell = strip::cell_for(parts.axis, area.width.saturating_sub(LABEL + 1));
    let metric = activity::column(gpu);
    let mut lines = vec![(ctx.text("gpu.memory_line"), StripContent::Memory)];
    if has_activity(gpu) && area.height > 1 {
        lines.push((
            ctx.model.texts.get(activity::head(metric)),
            StripContent::Activity,
        ));
    }
    let mut y = area.y;
    if usize::from(area.height) > lines.len() {
        let label = format!(" {}", ctx.text("gpu.axis"));
        put(buf, area.x, y, LABEL, &label, ctx.style(Role::Dim));
        for n in 0..parts.axis {
            let x = area.x + LABEL + u16::try_from(n).unwrap_or(0) * cell;
            put(
                buf,
                x + 1,
                y,
                cell.saturating_sub(1),
                &n.to_string(),
                ctx.style(Role::Dim),
            );
        }
        y += 1;
    }
    for (label, content) in lines {
        if y >= area.bottom() {
            return;
        }
        debug_assert!(width(label) < usize::from(LABEL));
        put(
            buf,
            area.x,
            y,
            LABEL,
            &format!(" {label}"),
            ctx.style(Role::Dim),
        );
        let at = Rect {
            x: area.x + LABEL,
            y,
            width: strip::width(parts.axis, cell).min(area.width.saturating_sub(LABEL)),
            height: 1,
        };
        Strip {
            ctx,
            gpu,
            cell,
            metric,
            content,
            selected: parts.selected,
            matched: parts.matched,
        }
        .render(at, buf);
        y += 1;
    }
}
