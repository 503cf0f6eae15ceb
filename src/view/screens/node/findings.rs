//! What is wrong, worst first: what it is, and what to do next.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::overview::worst::{self, Group};
use crate::app::{Command, hints};
use crate::domain::finding::Severity;
use crate::domain::finding::said::Said;
use crate::domain::fleet::Node;
use crate::view::fit::{at_a_word, put, width};
use crate::view::wrap::wrap;
use crate::view::{Ctx, Role};

use super::Lines;
use super::detail::wrapped;
use super::plan::{FINDINGS, Plan};

/// Columns before a finding's text: its sign between two spaces.
const INDENT: u16 = 3;
/// Lines of what a finding says at most, without what to do next.
const MOST: usize = 4;

pub(super) fn draw(ctx: &Ctx<'_>, node: &Node, plan: &Plan, lines: &mut Lines, buf: &mut Buffer) {
    let area = lines.take(plan.findings);
    if area.height == 0 {
        return;
    }
    listed(ctx, node, 0..shown(node), area, buf);
}

/// Findings, each with its like, that stand above the GPUs: the worst.
pub(super) fn shown(node: &Node) -> usize {
    worst::grouped(node, worst::of(node)).len().min(FINDINGS)
}

/// Lines that the findings above the GPUs would take.
pub(super) fn wanted(ctx: &Ctx<'_>, node: &Node, columns: u16) -> usize {
    let groups = worst::grouped(node, &node.findings);
    let shown = shown(node);
    let tail = tail(ctx, groups.iter().skip(shown).map(|g| g.n).sum(), false);
    let all = groups.iter().take(shown).enumerate();
    all.map(|(n, group)| {
        let reserved = if n + 1 == shown { width(&tail) } else { 0 };
        whole(ctx, group, columns, reserved).len()
    })
    .sum()
}

/// Whether the worst finding is one to act on whose next step does not stand on the same line.
pub(super) fn next_apart(ctx: &Ctx<'_>, node: &Node, columns: u16) -> bool {
    let groups = worst::grouped(node, &node.findings);
    let Some(group) = groups.first() else {
        return false;
    };
    let tail = tail(ctx, groups.iter().skip(1).map(|g| g.n).sum(), false);
    group.finding.severity > Severity::Info
        && group.finding.next.is_some()
        && beside(ctx, group, room(group, columns, width(&tail))).is_none()
}

/// `+3 more: f`, `next step: f`; empty: all is told.
fn tail(ctx: &Ctx<'_>, more: usize, step: bool) -> String {
    let key = hints::told(ctx.model, Command::Findings);
    let key = ("key", &key as &dyn std::fmt::Display);
    let text = match (more, step) {
        (0, false) => return String::new(),
        (0, true) => ctx.say("finding_line.step", &[key]),
        (n, false) => ctx.say("finding_line.more", &[("n", &n), key]),
        (n, true) => ctx.say("finding_line.more_and_step", &[("n", &n), key]),
    };
    format!("  {text}")
}

/// Draws some of a host's findings, each with as many lines as there are for it; the lines used come back.
pub(in crate::view::screens) fn listed(
    ctx: &Ctx<'_>,
    node: &Node,
    range: std::ops::Range<usize>,
    area: Rect,
    buf: &mut Buffer,
) -> u16 {
    if area.height == 0 {
        return 0;
    }
    if node.findings.is_empty() {
        nothing(ctx, node, area, buf);
        return 1;
    }
    let all = worst::grouped(node, &node.findings);
    let last = range.end.min(all.len());
    let last = range.start + holds(ctx, all.get(range.start..last).unwrap_or_default(), area);
    let groups = all.get(range.start..last).unwrap_or_default();
    let more: usize = all.iter().skip(last).map(|g| g.n).sum();
    let mut spare = usize::from(area.height).saturating_sub(groups.len());
    let mut y = area.y;
    for (n, group) in groups.iter().enumerate() {
        let more = if n + 1 == groups.len() { more } else { 0 };
        let tail = row_tail(ctx, group, more, spare, area.width);
        let full = whole(ctx, group, area.width, width(&tail));
        let extra = full.len() - 1;
        let line = Rect {
            y,
            height: 1,
            ..area
        };
        let (lines, given) = if extra <= spare {
            (full, extra)
        } else {
            // what to do next is worth more than the end of a sentence
            let next = next_lines(ctx, group, area.width);
            let fits = !next.is_empty() && spare > 0;
            let text = one_line(ctx, group, !fits, room(group, area.width, width(&tail)));
            let mut lines = vec![(text, Role::Text)];
            if fits {
                lines.extend(capped(next, spare));
            }
            let given = lines.len() - 1;
            (lines, given)
        };
        spare -= given;
        first(ctx, group, &lines[0].0, &tail, line, buf);
        y += 1;
        for (text, role) in &lines[1..] {
            let room = area.width.saturating_sub(INDENT);
            put(buf, area.x + INDENT, y, room, text, ctx.style(*role));
            y += 1;
        }
    }
    y - area.y
}

/// How many of them there is room for: what to do next about one to act on comes before the next one.
fn holds(ctx: &Ctx<'_>, groups: &[Group<'_>], area: Rect) -> usize {
    let mut used = 0;
    for (n, group) in groups.iter().enumerate() {
        let apart = group.finding.severity > Severity::Info
            && group.finding.next.is_some()
            && beside(ctx, group, room(group, area.width, 0)).is_none();
        used += 1 + usize::from(apart);
        if used > usize::from(area.height) {
            return n.max(1);
        }
    }
    groups.len()
}

/// What stands at the right end of a finding's first line: how many more there are, and where to find what to do next
/// if that is told neither behind the text nor below it.
fn row_tail(ctx: &Ctx<'_>, group: &Group<'_>, more: usize, spare: usize, columns: u16) -> String {
    let plain = tail(ctx, more, false);
    let hidden = spare == 0
        && group.finding.next.is_some()
        && beside(ctx, group, room(group, columns, width(&plain))).is_none();
    if hidden { tail(ctx, more, true) } else { plain }
}

/// As many of the lines as there is room for; where some are missing the last one is marked as cut.
fn capped(mut lines: Vec<(String, Role)>, room: usize) -> Vec<(String, Role)> {
    if lines.len() > room {
        lines.truncate(room);
        if let Some((last, _)) = lines.last_mut() {
            last.push_str(" ~");
        }
    }
    lines
}

/// What to do next, wrapped: a command that is cut cannot be typed.
fn next_lines(ctx: &Ctx<'_>, group: &Group<'_>, columns: u16) -> Vec<(String, Role)> {
    let Some(next) = &group.finding.next else {
        return Vec::new();
    };
    // room for the mark of a cut
    let columns = usize::from(columns.saturating_sub(INDENT + 3));
    let lines = wrap(&next_line(ctx, next), columns, 2);
    lines.into_iter().map(|line| (line, Role::Dim)).collect()
}

/// Columns that a finding's first line has for its text.
fn room(group: &Group<'_>, columns: u16, reserved: usize) -> usize {
    let subject = match width(&group.subject) {
        0 => 0,
        wide => wide + 2,
    };
    usize::from(columns.saturating_sub(INDENT + 1)).saturating_sub(subject + reserved)
}

fn said(ctx: &Ctx<'_>, group: &Group<'_>) -> String {
    worst::told(ctx.model, &group.finding.text)
}

/// Everything that a finding says; the last line is what to do next, or what it rests on where nothing is to be done.
fn whole(ctx: &Ctx<'_>, group: &Group<'_>, columns: u16, reserved: usize) -> Vec<(String, Role)> {
    let text = said(ctx, group);
    // the first line is shorter by what it concerns
    let first = room(group, columns, reserved);
    let rest = usize::from(columns.saturating_sub(INDENT + 1));
    let lines = [wrapped(&text, first).into_iter().next().unwrap_or_default()];
    let after = text[lines[0].len().min(text.len())..].trim_start();
    let mut lines: Vec<_> = lines.into_iter().map(|l| (l, Role::Text)).collect();
    if !after.is_empty() {
        let rest = wrapped(after, rest.saturating_sub(2)).into_iter();
        lines.extend(capped(rest.map(|l| (l, Role::Text)).collect(), MOST - 1));
    }
    match &group.finding.next {
        Some(_) => lines.extend(next_lines(ctx, group, columns)),
        None => {
            let why = group.finding.evidence.iter().take(2);
            lines.extend(why.map(|w| (worst::told(ctx.model, w), Role::Dim)));
        }
    }
    lines
}

/// `next: sudo dmesg`.
pub(super) fn next_line(ctx: &Ctx<'_>, next: &Said) -> String {
    ctx.say(
        "finding_line.next",
        &[("command", &worst::told(ctx.model, next))],
    )
}

/// What a finding says on a line of its own; what to do next behind it where that fits whole.
fn one_line(ctx: &Ctx<'_>, group: &Group<'_>, with_next: bool, room: usize) -> String {
    let both = with_next.then(|| beside(ctx, group, room)).flatten();
    both.unwrap_or_else(|| said(ctx, group))
}

/// What a finding says with what to do next behind it, where that fits whole.
fn beside(ctx: &Ctx<'_>, group: &Group<'_>, room: usize) -> Option<String> {
    let next = next_line(ctx, group.finding.next.as_ref()?);
    let both = format!("{}  {next}", said(ctx, group));
    (width(&both) <= room).then_some(both)
}

/// Nothing is wrong, or nobody has looked yet.
fn nothing(ctx: &Ctx<'_>, node: &Node, area: Rect, buf: &mut Buffer) {
    let (glyph, role, key) = match node.stream.beat {
        Some(_) => (ctx.glyphs().ok, Role::Ok, "finding_line.none"),
        None => (ctx.glyphs().dot, Role::Dim, "finding_line.not_yet"),
    };
    let end = put(buf, area.x + 1, area.y, 1, glyph, ctx.style(role));
    let room = area.right().saturating_sub(end + 1);
    put(
        buf,
        end + 1,
        area.y,
        room,
        ctx.text(key),
        ctx.style(Role::Dim),
    );
}

/// Sign, subject and text of a finding; at the right how many more there are.
fn first(ctx: &Ctx<'_>, group: &Group<'_>, text: &str, tail: &str, line: Rect, buf: &mut Buffer) {
    let severity = group.finding.severity;
    let role = Role::of_severity(severity);
    let glyph = glyph(ctx, severity);
    let mut end = put(buf, line.x + 1, line.y, 1, glyph, ctx.style(role)) + 1;
    let reserved = u16::try_from(width(tail)).unwrap_or(0);
    let right = line.right().saturating_sub(reserved + 1);
    if !group.subject.is_empty() {
        let room = right.saturating_sub(end);
        let style = ctx.style(Role::Strong);
        end = put(buf, end, line.y, room, &group.subject, style) + 2;
    }
    let style = match severity {
        Severity::Danger => ctx.style(Role::Danger),
        Severity::Caution | Severity::Info => ctx.style(Role::Text),
    };
    let room = right.saturating_sub(end);
    put(buf, end, line.y, room, &at_a_word(text, room.into()), style);
    if reserved > 0 {
        let x = line.right().saturating_sub(reserved + 1);
        put(buf, x, line.y, reserved, tail, ctx.style(Role::Dim));
    }
}

pub(in crate::view::screens) fn glyph<'a>(ctx: &Ctx<'a>, severity: Severity) -> &'a str {
    match severity {
        Severity::Danger => ctx.glyphs().danger,
        Severity::Caution => ctx.glyphs().caution,
        Severity::Info => ctx.glyphs().info,
    }
}
