//! The selected host below the list of hosts: its GPUs and what is wrong with it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::Hits;
use crate::app::overview::headline;
use crate::domain::fleet::Node;
use crate::view::fit::put;
use crate::view::screens::common::unanswered;
use crate::view::screens::describe;
use crate::view::widgets::{Cell, Rule};
use crate::view::wrap::wrap;
use crate::view::{Ctx, Role};
use ratatui::widgets::Widget;

use crate::view::screens::node::{Gpus, header, lately, legend, listed, services_wanted};

/// Lines below a dozen hosts that are worth having.
const LEAST: usize = 6;

/// Lines that the selected host's slices may have below the list: rule, head and its GPUs, if the list still has room.
pub(super) fn lines(node: &Node, nodes: usize, area: Rect) -> u16 {
    let gpus = u16::try_from(node.gpus.len().max(1)).unwrap_or(u16::MAX);
    let wanted = gpus.saturating_add(2);
    // a dozen hosts are all seen before the last GPUs of one of them are
    let most = if usize::from(area.height) > nodes.min(12) + LEAST {
        12
    } else {
        6
    };
    let list = u16::try_from(nodes.min(most)).unwrap_or(6) + 1;
    if area.height >= list.saturating_add(wanted.min(5)) {
        area.height
            - list.max(
                (u16::try_from(nodes).unwrap_or(u16::MAX).saturating_add(1))
                    .min(area.height.saturating_sub(wanted)),
            )
    } else {
        0
    }
}

/// A line with a host's name.
fn rule(ctx: &Ctx<'_>, node: &Node, note: &str, area: Rect, buf: &mut Buffer) {
    let mut title = Cell::from((node.name.to_string(), Role::Strong));
    if headline::is_simulated(node) && !ctx.model.session.simulated {
        title = title
            .then("  ", Role::Text)
            .then(ctx.text("app.simulated"), Role::Strong);
    }
    let rule = Rule {
        ctx,
        title: &title,
        note,
    };
    rule.render(area, buf);
}

/// The selected host's GPUs, or why there are none to be seen.
pub(super) fn draw(ctx: &Ctx<'_>, node: &Node, area: Rect, buf: &mut Buffer) {
    if area.height < 3 {
        return;
    }
    // rule and head
    let hidden = (node.gpus.len() + 2).saturating_sub(area.height.into());
    let note = match hidden {
        0 => String::new(),
        n => ctx.say("nodes.more_gpus", &[("n", &n)]),
    };
    rule(ctx, node, &note, area, buf);
    let mut rest = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    if node.gpus.is_empty() && node.unprobed().is_some() {
        describe::within(ctx, node, rest, buf);
        return;
    }
    if node.gpus.is_empty() {
        silent(ctx, node, rest, buf);
        return;
    }
    if rest.height > u16::try_from(node.gpus.len() + 1).unwrap_or(u16::MAX) {
        let last = Rect {
            y: rest.bottom() - 1,
            height: 1,
            ..rest
        };
        legend::draw(ctx, node, last, buf);
        rest.height -= 1;
    }
    let gpus = u16::try_from(node.gpus.len()).unwrap_or(u16::MAX);
    // what an operator wants next has a part of a large window, and other hosts' slices the rest
    let others = others(ctx, node);
    let full = gpus.saturating_mul(2) + 1 + MORE;
    let next = others.first().map_or(0, |n| strips_height(n));
    let lend = if rest.width >= SPLIT && next > 0 && rest.height >= full.saturating_add(next) {
        rest.height - full
    } else {
        0
    };
    rest.height -= lend;
    // names under the slices where more than the worst findings would still have room
    let lines = if rest.height > gpus.saturating_mul(2).saturating_add(3) {
        2
    } else {
        1
    };
    let places: Vec<usize> = (0..node.gpus.len())
        .take(usize::from((rest.height - 1) / lines))
        .collect();
    let used = strips(ctx, node, &places, lines, rest, buf);
    let mut below = Rect {
        y: rest.y + used,
        height: rest.height.saturating_sub(used),
        ..rest
    };
    if below.height > 2 && lines == 1 {
        below.y += 1;
        below.height -= 1;
    }
    let used = more(ctx, node, below, buf);
    // what that leaves is the others' too
    if rest.width >= SPLIT {
        let y = if used > 0 {
            below.y + used + 1
        } else {
            below.y
        };
        let left = Rect {
            y,
            height: (rest.bottom() + lend).saturating_sub(y),
            ..rest
        };
        strips_of(ctx, &others, left, buf);
    }
}

/// Why nothing is seen of a host, and what can be done.
fn silent(ctx: &Ctx<'_>, node: &Node, area: Rect, buf: &mut Buffer) {
    let text = unanswered(ctx, node);
    let columns = area.width.saturating_sub(2);
    let mut y = area.y;
    for line in wrap(&text, columns.into(), 0) {
        if y < area.bottom() {
            put(buf, area.x + 1, y, columns, &line, ctx.style(Role::Dim));
            y += 1;
        }
    }
    if node.findings.is_empty() || y + 1 >= area.bottom() {
        return;
    }
    let rest = Rect {
        y: y + 1,
        height: area.bottom() - y - 1,
        ..area
    };
    listed(ctx, node, 0..usize::from(rest.height), rest, buf);
}

/// Other hosts' slices, as many hosts as there is room for.
fn strips_of(ctx: &Ctx<'_>, others: &[&Node], mut area: Rect, buf: &mut Buffer) {
    for other in others {
        let wanted = strips_height(other);
        if wanted > area.height {
            break;
        }
        let line = Rect { height: 1, ..area };
        rule(ctx, other, "", line, buf);
        let places: Vec<usize> = (0..other.gpus.len()).collect();
        let at = Rect {
            y: area.y + 1,
            height: wanted - 1,
            ..area
        };
        strips(ctx, other, &places, 1, at, buf);
        area.y += wanted;
        area.height -= wanted;
    }
}

/// Lines for what an operator wants next, in a window that has room for other hosts' slices too.
const MORE: u16 = 11;

/// Hosts below the selected one in the list, then those above it, as far as their GPUs are known.
fn others<'a>(ctx: &Ctx<'a>, node: &Node) -> Vec<&'a Node> {
    let list = &ctx.model.screens.top().list;
    let fleet = ctx.model.fleet();
    let (before, after) = list
        .rows
        .places
        .split_at(list.at.min(list.rows.places.len()));
    let all = after.iter().chain(before);
    all.filter_map(|p| fleet.nodes.get(p.node as usize))
        .map(|n| &**n)
        .filter(|n| n.name != node.name && !n.gpus.is_empty())
        .collect()
}

/// Lines of a host's rule, head and GPUs.
fn strips_height(node: &Node) -> u16 {
    u16::try_from(node.gpus.len()).unwrap_or(u16::MAX - 2) + 2
}

/// Draws GPUs with their head; the lines used come back.
fn strips(
    ctx: &Ctx<'_>,
    node: &Node,
    places: &[usize],
    lines: u16,
    area: Rect,
    buf: &mut Buffer,
) -> u16 {
    let gpus = Gpus {
        ctx,
        node,
        places,
        first: 0,
        selected: None,
        marked: &|_| false,
        lines,
        room: area.width,
    };
    // a click there would name a row of the list above
    gpus.draw(area, buf, &mut Hits::default());
    gpus.height()
}

/// Columns from which findings and the host's day stand beside each other.
const SPLIT: u16 = 140;

/// What the free lines below the slices tell of the selected host: what is wrong and what to do, who owns it and how it
/// is known, then what has happened there. The lines used come back.
fn more(ctx: &Ctx<'_>, node: &Node, area: Rect, buf: &mut Buffer) -> u16 {
    if area.height == 0 {
        return 0;
    }
    if area.width >= SPLIT && area.height >= 6 {
        let half = area.width / 2;
        let used = findings_and_owner(
            ctx,
            node,
            false,
            Rect {
                width: half - 1,
                ..area
            },
            buf,
        );
        let right = Rect {
            x: area.x + half,
            width: area.width - half,
            ..area
        };
        return lately(ctx, node, usize::MAX, right, buf).max(used);
    }
    let mut used = findings_and_owner(ctx, node, true, area, buf);
    if area.height >= used + 4 {
        let rest = Rect {
            y: area.y + used + 1,
            height: area.height - used - 1,
            ..area
        };
        used += 1 + lately(ctx, node, usize::MAX, rest, buf);
    }
    used
}

/// Lines from which findings leave a half to what has happened, where both stand below each other.
const TALL: u16 = 14;

fn findings_and_owner(
    ctx: &Ctx<'_>,
    node: &Node,
    over_events: bool,
    area: Rect,
    buf: &mut Buffer,
) -> u16 {
    let services = services_wanted(ctx, node, area.width);
    let reserved = 2 + u16::try_from(services).unwrap_or(1);
    let reserved = if area.height >= 2 + reserved {
        reserved
    } else {
        0
    };
    let room = Rect {
        height: if over_events && area.height >= TALL {
            area.height / 2
        } else {
            area.height - reserved
        },
        ..area
    };
    let mut used = listed(ctx, node, 0..usize::from(room.height), room, buf);
    if reserved > 0 {
        let rest = Rect {
            y: area.y + used,
            height: area.height - used,
            ..area
        };
        used += header(ctx, node, rest, buf);
    }
    used
}
