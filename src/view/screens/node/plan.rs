//! Which parts of a host there is room for.
//!
//! It depends on the host and the window, not on what is selected: nothing jumps when the selection moves.

use ratatui::layout::Rect;

use crate::domain::fleet::{Gpu, Node};
use crate::domain::slices;
use crate::view::Ctx;

use super::gpus::named;
use super::{findings, header};

/// Findings that are shown at most; the rest is counted.
pub(super) const FINDINGS: usize = 3;
/// Lines of the smallest detail pane: rule, head, two rows.
const DETAIL: u16 = 4;

/// Lines of each part.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Plan {
    /// Owner line.
    pub owner: bool,
    /// Sources line.
    pub sources: bool,
    /// Lines that services have for themselves; 0: they stand behind the sources.
    pub services: u16,
    /// Lines that say what is hidden from this probe, and how to see it.
    pub hidden: u16,
    /// Lines of findings.
    pub findings: u16,
    /// Rows of GPUs.
    pub gpus: u16,
    /// Lines of one of these rows at most: with two, names stand under the slices of those that have any.
    pub lines_a_gpu: u16,
    /// Lines of the detail pane; 0: none.
    pub detail: u16,
    /// The line that says what letters mean.
    pub legend: bool,
}

/// What a host has to show, in lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Wants {
    /// GPUs that are listed.
    gpus: usize,
    /// The first findings with all that they say.
    findings: usize,
    /// The worst finding is one to act on, and what to do next has no room beside it.
    next: bool,
    /// Rows of the GPU with the most on it.
    rows: usize,
    /// What is hidden.
    hidden: usize,
    /// Lines that services would take.
    services: usize,
    /// GPUs with names that would stand under their slices.
    names: usize,
}

impl Plan {
    /// For a node of which so many GPUs are listed.
    pub(super) fn of(ctx: &Ctx<'_>, node: &Node, gpus: usize, area: Rect) -> Self {
        let wants = Wants {
            gpus,
            findings: findings::wanted(ctx, node, area.width),
            next: findings::next_apart(ctx, node, area.width),
            rows: node.gpus.iter().map(detail_rows).max().unwrap_or(0),
            hidden: header::hidden(ctx, node, area.width).len(),
            services: header::services_wanted(ctx, node, area.width),
            names: named(node, area.width),
        };
        Self::fit(area.height, ctx.model.compact, wants)
    }

    fn fit(height: u16, compact: bool, wants: Wants) -> Self {
        let Wants {
            gpus,
            findings,
            rows,
            ..
        } = wants;
        let count = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        let (gpus, rows) = (count(gpus), count(rows));
        let findings = count(findings);
        let mut spare = height;
        let mut take = |wanted: u16| {
            let given = wanted.min(spare);
            spare -= given;
            given
        };
        // what a host is worth: its GPUs with their head, then what is wrong, then who owns it, then how it is known
        let head = take(1);
        let rows_of_gpus = take(gpus.max(1));
        let mut plan = Self {
            gpus: rows_of_gpus * head,
            lines_a_gpu: 1,
            ..Self::default()
        };
        if !compact {
            plan.findings = take(1);
            plan.owner = take(1) == 1;
            plan.sources = take(1) == 1;
            plan.hidden = take(count(wants.hidden.min(1)));
        }
        // what letters mean and what to do next are worth more than the last lines of a detail
        if wants.next && !compact && plan.findings == 1 && spare >= DETAIL + 2 {
            plan.findings += 1;
            spare -= 1;
        }
        plan.legend = spare == 1 || spare > DETAIL;
        spare -= u16::from(plan.legend);
        let wanted = 2 + rows.max(2);
        if spare >= DETAIL {
            plan.detail = wanted.min(spare);
            spare -= plan.detail;
        } else if spare > 0 && !plan.legend {
            plan.legend = true;
            spare -= 1;
        }
        if !compact {
            let more = findings.saturating_sub(plan.findings).min(spare);
            plan.findings += more;
            spare -= more;
            let more = count(wants.hidden).saturating_sub(plan.hidden).min(spare);
            plan.hidden += more;
            spare -= more;
            let lines = count(wants.services);
            if lines > 0 && spare > 1 + lines {
                plan.services = lines;
                spare -= lines;
            }
        }
        let names = count(wants.names).min(plan.gpus);
        if plan.detail > 0 && names > 0 && spare >= names {
            plan.lines_a_gpu = 2;
            spare -= names;
        }
        if plan.detail > 0 {
            plan.detail += spare;
        }
        plan
    }
}

/// Rows that the detail pane of a GPU has to show: compute instances, GPU instances without any, and gaps.
fn detail_rows(gpu: &Gpu) -> usize {
    let instances: usize = gpu.slots.iter().map(|s| s.instance.cis.len().max(1)).sum();
    let gaps = slices::slices(gpu).value().map_or(0, |known| {
        let is_gap = |(_, part): &&(_, _)| matches!(part, slices::Part::Hole | slices::Part::Lost);
        known.stretches.iter().filter(is_gap).count()
    });
    if instances == 0 { 3 } else { instances + gaps }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wants(gpus: usize, findings: usize, rows: usize) -> Wants {
        Wants {
            gpus,
            findings,
            next: false,
            rows,
            hidden: 0,
            services: 1,
            names: gpus,
        }
    }

    #[test]
    fn what_is_hidden_is_said_also_where_there_is_little_room() {
        let few = Wants {
            hidden: 3,
            ..wants(8, 3, 8)
        };
        assert_eq!(Plan::fit(22, false, few).hidden, 1);
        assert_eq!(Plan::fit(40, false, few).hidden, 3);
    }

    #[test]
    fn no_line_is_left_free_for_names_that_nobody_has() {
        let none = Wants {
            names: 0,
            services: 0,
            ..wants(4, 1, 2)
        };
        let plan = Plan::fit(38, false, none);
        assert_eq!((plan.lines_a_gpu, plan.services), (1, 0));
    }

    #[test]
    fn at_eighty_by_twenty_four_all_parts_of_a_full_dgx_are_there() {
        // 22 lines between title and foot: 8 GPUs of 7 slices, one of them lost
        let plan = Plan::fit(22, false, wants(8, 3, 8));
        assert!(plan.owner && plan.sources);
        assert_eq!((plan.gpus, plan.lines_a_gpu), (8, 1));
        assert_eq!(plan.findings, 1);
        assert_eq!(plan.detail, 9);
        assert!(plan.legend);
    }

    #[test]
    fn what_to_do_next_about_the_worst_has_a_line_before_the_detail_is_whole() {
        let act = Wants {
            next: true,
            ..wants(8, 3, 8)
        };
        let plan = Plan::fit(22, false, act);
        assert_eq!((plan.findings, plan.detail, plan.legend), (2, 8, true));
        // of the smallest window it takes nothing that counts
        let plan = Plan::fit(13, false, act);
        assert_eq!((plan.gpus, plan.findings, plan.legend), (8, 1, true));
    }

    #[test]
    fn the_smallest_window_keeps_every_gpu() {
        let plan = Plan::fit(13, false, wants(8, 3, 7));
        assert_eq!((plan.gpus, plan.detail, plan.findings), (8, 0, 1));
        assert!(plan.owner && plan.sources && plan.legend);
        // and sixteen of them push the rest out
        let plan = Plan::fit(13, false, wants(16, 3, 7));
        assert_eq!((plan.gpus, plan.findings, plan.owner), (12, 0, false));
    }

    #[test]
    fn room_goes_to_next_steps_then_to_names_then_to_the_detail() {
        let plan = Plan::fit(38, false, wants(8, 6, 7));
        assert_eq!((plan.findings, plan.lines_a_gpu), (6, 2));
        assert!(plan.services == 1 && plan.legend);
        let used = 1 + 2 + 1 + 16 + 6 + 1 + plan.detail;
        assert_eq!(used, 38);
    }

    #[test]
    fn compact_leaves_the_list() {
        let plan = Plan::fit(22, true, wants(8, 5, 7));
        assert_eq!((plan.findings, plan.owner, plan.sources), (0, false, false));
        assert_eq!(plan.gpus, 8);
    }
}
