//! A GPU that is used as one piece: its use, who has it, its processes.

use crate::app::{occupant, on_slot, telemetry};
use crate::domain::fleet::{Gpu, Node};
use crate::domain::process::GpuProcess;
use crate::domain::xid::XidEvent;
use crate::view::widgets::strip;
use crate::view::{Ctx, Role};

use super::{detail, table};
use crate::view::lines::{Lines, one};

/// What stands in place of strip and table.
pub fn lines(ctx: &Ctx<'_>, node: &Node, gpu: &Gpu, columns: usize, named: usize) -> Lines {
    let mut out = Lines::default();
    out.rule(ctx, one(ctx.text("gpu.whole"), Role::Strong), columns);
    if let Some(whole) = &gpu.whole {
        let word = ctx.text(table::state_key(whole.state));
        let stale = telemetry::stale_since(gpu).is_some();
        let state = if stale {
            (ctx.say("gpu.was", &[("state", &word)]), Role::Stale)
        } else {
            (
                format!("{} {word}", strip::letter(whole.state)),
                Role::of_state(whole.state),
            )
        };
        let who = occupant::of_whole(node, gpu);
        let evidence = who.evidence.as_ref().map_or("", |e| e.as_str());
        let pieces = vec![
            state,
            (format!("  {}", who.cell()), Role::Strong),
            (format!("  {evidence}"), Role::Dim),
        ];
        out.labelled(ctx.text("gpu.whole_use"), pieces, columns);
    }
    let reports: Vec<&XidEvent> = crate::app::trouble::of_gpu(node, gpu).collect();
    if !reports.is_empty() {
        detail::xids(ctx, &reports, columns, named, &mut out);
    }
    let processes: Vec<&GpuProcess> = gpu.processes.value().into_iter().flatten().collect();
    detail::processes(ctx, node, &gpu.processes, &processes, columns, &mut out);
    let openers = on_slot::device_openers(node, gpu);
    detail::holders(ctx, node, &openers, columns, named, &mut out);
    if reports.is_empty() {
        let none = one(ctx.text("gpu.no_xid_gpu"), Role::Dim);
        out.labelled(ctx.text("gpu.xids"), none, columns);
    }
    out
}
