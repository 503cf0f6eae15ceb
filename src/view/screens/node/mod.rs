//! A host: what it is, who owns its layout, what is wrong, and a row a GPU with its slices.
//!
//! ```text
//! OWNER    daemon set  kube-system/mig-init  re-applies dev-v3  NVML apply off
//! SOURCES  kubelet down 2m: no socket  live nvml procfs kernlog  FM DCGM CDI ok
//! ! GPU 5 gi 2  Xid 94 at 03:02: contained memory error; restart the application
//! G slices 0..7                         MEM GiB GR%  C   W USE NOTE
//! 0 |B 9|B 4|a  |B 7|f  |B 2|f  |xxx| 11.2/39.3  38 54 231 5/7 idle 31h
//! 2 |B 2g  45|a 2g   0|f 2g    |____|  4.4/39.3  19 49 180 2/3 1g.5gb@6 fits
//! 7 |! CALL STUCK 47s, answered 03:11|      n/a n/a  -   -   ? CALL STUCK 47s
//! -- GPU 2  0000:4e:00.0  ..e15ae54a  sn 1565020013641  minor 2  MIG on -------
//! PLACE GI/CI PROFILE STATE       MEM GiB GR% POD or PROCESS    EVIDENCE   SINCE
//! 0:2   3/0   2g.10gb B busy      4.4/9.6  66 svc/ocr-5c9-q2    checkpoint    3d
//! 6:1   -     -       _ room                  1g.5gb@6
//! B busy  a allocated idle  f free  e GI without CI  ! sick  ____ fits  xxxx lost
//! ```

mod detail;
mod findings;
mod gpus;
mod header;
mod lately;
pub(super) mod legend;
mod plan;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::{Hits, Screen, at};
use crate::domain::fleet::Node;
use crate::view::fit::put;
use crate::view::{Ctx, Role};

pub(super) use findings::{glyph, listed};
pub(super) use gpus::Gpus;
pub(super) use header::{role, services_wanted};
pub(super) use lately::draw as lately;
use plan::Plan;

pub(super) fn draw(ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    let Screen::Node(name) = ctx.model.screen() else {
        return;
    };
    let Some(node) = at::node(ctx.model.fleet(), &name) else {
        let text = ctx.text("app.waiting");
        put(buf, area.x, area.y, area.width, text, ctx.style(Role::Dim));
        return;
    };
    let shown: Vec<u32> = ctx
        .model
        .screens
        .top()
        .list
        .rows
        .places
        .iter()
        .map(|p| p.item)
        .collect();
    let plan = Plan::of(ctx, node, shown.len(), area);
    let mut lines = Lines { area, next: area.y };
    header::draw(ctx, node, &plan, &mut lines, buf);
    findings::draw(ctx, node, &plan, &mut lines, buf);
    gpus::draw(ctx, node, &plan, &mut lines, buf, hits);
    if let Some(gpu) = selected(ctx, node) {
        detail::draw(ctx, node, gpu, &plan, &mut lines, buf);
    } else if node.gpus.is_empty() && plan.detail > 2 {
        let mut rest = lines.take(plan.detail);
        rest.y += 1;
        rest.height = rest.height.saturating_sub(1);
        if node.unprobed().is_some() {
            super::describe::within(ctx, node, rest, buf);
        } else {
            lately::draw(ctx, node, findings::shown(node), rest, buf);
        }
    }
    if plan.legend {
        let last = Rect {
            y: area.bottom() - 1,
            height: 1,
            ..area
        };
        legend::draw(ctx, node, last, buf);
    }
}

/// The selected GPU of the list.
fn selected<'a>(ctx: &Ctx<'_>, node: &'a Node) -> Option<&'a crate::domain::fleet::Gpu> {
    let list = &ctx.model.screens.top().list;
    let place = list.rows.places.get(list.at)?;
    node.gpus.get(place.item as usize)
}

/// The lines of a screen, given away from the top.
pub(super) struct Lines {
    area: Rect,
    next: u16,
}

/// Owner, sources and services of a host, where another screen has room for them; the lines used come back.
pub(super) fn header(ctx: &Ctx<'_>, node: &Node, area: Rect, buf: &mut Buffer) -> u16 {
    let plan = Plan {
        owner: true,
        sources: true,
        services: area.height.saturating_sub(2),
        ..Plan::default()
    };
    let mut lines = Lines { area, next: area.y };
    header::draw(ctx, node, &plan, &mut lines, buf);
    lines.next - area.y
}

impl Lines {
    /// The next `height` lines, fewer where there are no more.
    pub(super) fn take(&mut self, height: u16) -> Rect {
        let height = height.min(self.area.bottom().saturating_sub(self.next));
        let lines = Rect {
            y: self.next,
            height,
            ..self.area
        };
        self.next += height;
        lines
    }
}

#[cfg(test)]
mod tests;
