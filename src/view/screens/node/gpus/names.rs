//! Who has each slice, in small under the strip.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::occupant;
use crate::domain::fleet::{Gpu, Node};
use crate::domain::placement::Placement;
use crate::domain::reading::Reading;
use crate::domain::slices;
use crate::view::Role;
use crate::view::fit::{cut, put, width};
use crate::view::widgets::strip::{self};

use super::{Gpus, strip_room};

impl Gpus<'_> {
    /// Who has each slice, under it.
    pub(super) fn names(&self, gpu: &Gpu, cell: u16, line: Rect, buf: &mut Buffer) {
        let style = self.ctx.style(Role::Dim);
        if gpu.whole.is_some() {
            let who = occupant::of_whole(self.node, gpu);
            name(&who, line, style, buf);
            return;
        }
        let Reading::Value(known) = slices::slices(gpu) else {
            return;
        };
        for (at, part) in &known.stretches {
            let slices::Part::Slot(n) = part else {
                continue;
            };
            let Some(slot) = gpu.slots.get(*n) else {
                continue;
            };
            let x = line.x + u16::try_from(at.start).unwrap_or(0).saturating_mul(cell);
            let columns = u16::try_from(at.size).unwrap_or(0).saturating_mul(cell);
            let room = Rect {
                x,
                width: columns.min(line.right().saturating_sub(x)),
                ..line
            };
            name(&occupant::of_slot(self.node, gpu, slot), room, style, buf);
        }
    }
}

/// GPUs of a host under whose slices any name would stand in a window of so many columns.
pub(in crate::view::screens::node) fn named(node: &Node, columns: u16) -> usize {
    let axis = node
        .gpus
        .iter()
        .filter_map(|g| slices::axis_of(g).value().copied());
    let cell = strip::cell_for(axis.max().unwrap_or(8), strip_room(columns));
    node.gpus.iter().filter(|g| has_name(node, g, cell)).count()
}

/// Whether any name would stand under a GPU's slices.
pub(super) fn has_name(node: &Node, gpu: &Gpu, cell: u16) -> bool {
    let wide = |at: &Placement| u16::try_from(at.size).unwrap_or(0).saturating_mul(cell) >= 8;
    let taken = |who: occupant::Occupant| {
        matches!(
            who.who,
            occupant::Who::Pod(_) | occupant::Who::Process { .. }
        )
    };
    if gpu.whole.is_some() {
        return taken(occupant::of_whole(node, gpu));
    }
    let known = slices::slices(gpu);
    known.value().is_some_and(|known| {
        known.stretches.iter().any(|(at, part)| match part {
            slices::Part::Slot(n) if wide(at) => gpu
                .slots
                .get(*n)
                .is_some_and(|slot| taken(occupant::of_slot(node, gpu, slot))),
            _ => false,
        })
    })
}

/// A name in a box's columns: without what is the same for all, cut in its middle by the box's end.
fn name(who: &occupant::Occupant, room: Rect, style: ratatui::style::Style, buf: &mut Buffer) {
    use occupant::Who;
    let text = match &who.who {
        Who::Pod(name) => {
            let own = name.rsplit('/').next().unwrap_or(name);
            if width(name) < usize::from(room.width) {
                name.to_string()
            } else {
                own.to_owned()
            }
        }
        Who::Process { pid, command, .. } => command
            .as_ref()
            .map_or_else(|| pid.to_string(), ToString::to_string),
        Who::Nobody | Who::Unknown(_) => return,
    };
    let columns = usize::from(room.width.saturating_sub(2));
    // three letters of a name tell nobody apart
    if columns < 6 {
        return;
    }
    put(
        buf,
        room.x + 1,
        room.y,
        room.width.saturating_sub(1),
        &cut(&text, columns),
        style,
    );
}
