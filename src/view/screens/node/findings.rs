//! What is wrong, worst first: what it is, and what to do next.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::overview::worst;
use crate::domain::finding::{Finding, Severity};
use crate::domain::fleet::Node;
use crate::view::fit::{put, width};
use crate::view::{Ctx, Role};

use super::Lines;
use super::plan::{FINDINGS, Plan};

pub(super) fn draw(ctx: &Ctx<'_>, node: &Node, plan: &Plan, lines: &mut Lines, buf: &mut Buffer) {
    let mut area = lines.take(plan.findings);
    let all = worst::of(node);
    if area.height == 0 {
        return;
    }
    if all.is_empty() {
        nothing(ctx, node, area, buf);
        return;
    }
    // the lines that are there, two for a finding with a next step where there are enough
    let shown = all.len().min(FINDINGS).min(area.height.into());
    let mut with_next = usize::from(area.height).saturating_sub(shown);
    for (n, finding) in all.iter().take(shown).enumerate() {
        let more = if n + 1 == shown {
            node.findings.len() - shown
        } else {
            0
        };
        let line = Rect { height: 1, ..area };
        let below = with_next > 0 && finding.next.is_some();
        one(ctx, node, finding, more, !below, line, buf);
        area.y += 1;
        if below && let Some(next) = &finding.next {
            with_next -= 1;
            let text = ctx.say("finding_line.next", &[("command", next)]);
            put(
                buf,
                area.x + 3,
                area.y,
                area.width.saturating_sub(3),
                &text,
                ctx.style(Role::Dim),
            );
            area.y += 1;
        }
    }
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

fn one(
    ctx: &Ctx<'_>,
    node: &Node,
    finding: &Finding,
    more: usize,
    next_beside: bool,
    line: Rect,
    buf: &mut Buffer,
) {
    let role = Role::of_severity(finding.severity);
    let glyph = glyph(ctx, finding.severity);
    let mut end = put(buf, line.x + 1, line.y, 1, glyph, ctx.style(role)) + 1;
    let tail = match more {
        0 => String::new(),
        n => ctx.say("finding_line.more", &[("n", &n)]),
    };
    let tail_width = u16::try_from(width(&tail)).unwrap_or(0);
    let right = line
        .right()
        .saturating_sub(if more > 0 { tail_width + 2 } else { 0 });
    let subject = worst::subject(finding, node);
    if !subject.is_empty() {
        end = put(
            buf,
            end,
            line.y,
            right.saturating_sub(end),
            subject,
            ctx.style(Role::Strong),
        ) + 2;
    }
    let mut text = worst::with_short_times(
        &finding.text,
        ctx.model.now,
        ctx.model.session.offset_seconds,
    );
    // the next step stands on the line where it fits whole
    if next_beside && let Some(next) = &finding.next {
        let with = format!(
            "{text}  {}",
            ctx.say("finding_line.next", &[("command", next)])
        );
        if width(&with) <= usize::from(right.saturating_sub(end)) {
            text = with;
        }
    }
    let style = match finding.severity {
        Severity::Danger => ctx.style(Role::Danger),
        Severity::Caution | Severity::Info => ctx.style(Role::Text),
    };
    put(buf, end, line.y, right.saturating_sub(end), &text, style);
    if more > 0 {
        let x = line.right().saturating_sub(tail_width + 1);
        put(buf, x, line.y, tail_width, &tail, ctx.style(Role::Dim));
    }
}

pub(in crate::view::screens) fn glyph<'a>(ctx: &Ctx<'a>, severity: Severity) -> &'a str {
    match severity {
        Severity::Danger => ctx.glyphs().danger,
        Severity::Caution => ctx.glyphs().caution,
        Severity::Info => ctx.glyphs().info,
    }
}
