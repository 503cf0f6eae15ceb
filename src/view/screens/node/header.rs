//! Who owns the layout, and how facts come in.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::overview::{self, Piece, Tone, freshness, owner, services, sources, standing};
use crate::app::{Command, hints};
use crate::domain::fleet::Node;
use crate::view::fit::{at_a_word, put, width};
use crate::view::{Ctx, Role};

use super::Lines;
use super::detail::wrapped;
use super::plan::Plan;

pub(super) fn draw(ctx: &Ctx<'_>, node: &Node, plan: &Plan, lines: &mut Lines, buf: &mut Buffer) {
    let heads = HEADS.map(|k| ctx.text(k));
    let indent = indent(ctx);
    let lines_width = lines.area.width;
    let mut line = |head: &str, what: &[Piece], buf: &mut Buffer| {
        let at = lines.take(1);
        if at.height == 0 {
            return;
        }
        put(buf, at.x + 1, at.y, at.width, head, ctx.style(Role::Head));
        let indent = u16::try_from(indent + 1).unwrap_or(0).min(at.width);
        let rest = Rect {
            x: at.x + indent,
            width: at.width - indent,
            ..at
        };
        pieces(ctx, rest, what, buf);
    };
    if plan.owner {
        let what = owner::line(node, &ctx.model.texts);
        line(heads[0], &what, buf);
    }
    if plan.sources {
        let mut what = stream(ctx, node);
        what.extend(sources::line(node, ctx.model.now, &ctx.model.texts));
        let key = hints::told(ctx.model, Command::About);
        let gaps = standing::gaps(ctx.model.fleet(), &ctx.model.texts, &key);
        what.extend(gaps.filter(|_| node.cluster.value().is_some()));
        if plan.services == 0 {
            let room = usize::from(lines_width).saturating_sub(indent + 1);
            let mut services = services::line(node, &ctx.model.texts);
            // what has no room in the one line is what is as it should be
            services.sort_by_key(|piece| std::cmp::Reverse(piece.tone.max(Tone::Stale)));
            what = beside(ctx, what, services, room);
        }
        line(heads[1], &what, buf);
    }
    if plan.hidden > 0 {
        let all = hidden(ctx, node, lines_width);
        let head = ctx.text("hidden.head");
        let shown = usize::from(plan.hidden);
        for (n, text) in all.iter().take(shown).enumerate() {
            let cut = n + 1 == shown && shown < all.len();
            let text = if cut {
                format!("{text} ~")
            } else {
                text.clone()
            };
            let head = if n == 0 { head } else { "" };
            line(head, &[Piece::new(text, Tone::Caution)], buf);
        }
    }
    if plan.services > 0 {
        let room = usize::from(lines_width).saturating_sub(indent + 1);
        let shown = usize::from(plan.services);
        for (n, what) in service_lines(ctx, node, room)
            .iter()
            .take(shown)
            .enumerate()
        {
            line(if n == 0 { heads[2] } else { "" }, what, buf);
        }
    }
}

/// Lines that services take in a window of so many columns.
pub(in crate::view::screens) fn services_wanted(ctx: &Ctx<'_>, node: &Node, columns: u16) -> usize {
    let room = usize::from(columns).saturating_sub(indent(ctx) + 1);
    service_lines(ctx, node, room).len()
}

/// Services in lines of at most so many columns, broken between names.
fn service_lines(ctx: &Ctx<'_>, node: &Node, room: usize) -> Vec<Vec<Piece>> {
    let mut lines: Vec<Vec<Piece>> = Vec::new();
    let mut used = 0;
    for piece in services::line(node, &ctx.model.texts) {
        for (n, word) in piece.text.split(' ').enumerate() {
            let gap = if n == 0 { 2 } else { 1 };
            let wide = width(word);
            match lines.last_mut() {
                Some(line) if used + gap + wide <= room => {
                    used += gap + wide;
                    match line.last_mut() {
                        Some(last) if n > 0 && last.tone == piece.tone => {
                            last.text.push(' ');
                            last.text.push_str(word);
                        }
                        _ => line.push(Piece::new(word, piece.tone)),
                    }
                }
                _ => {
                    used = wide;
                    lines.push(vec![Piece::new(word, piece.tone)]);
                }
            }
        }
    }
    lines
}

/// Services behind the sources: those that have room, and of the rest how many there are.
fn beside(ctx: &Ctx<'_>, mut line: Vec<Piece>, services: Vec<Piece>, room: usize) -> Vec<Piece> {
    let mut used: usize = line.iter().map(|p| width(&p.text) + 2).sum();
    for (n, piece) in services.iter().enumerate() {
        let last = n + 1 == services.len();
        let wide = width(&piece.text);
        if used + wide + if last { 0 } else { 4 } <= room {
            used += wide + 2;
            line.push(piece.clone());
            continue;
        }
        // as many of its names as leave room to say how many more there are
        let names: Vec<&str> = piece.text.split(' ').collect();
        let all: usize = services
            .iter()
            .skip(n + 1)
            .map(|p| p.text.split(' ').count())
            .sum();
        for kept in (0..names.len()).rev() {
            let more = ctx.say("services.more", &[("n", &(names.len() - kept + all))]);
            let mut some: Vec<&str> = names.iter().take(kept).copied().collect();
            // a word such as `ok` alone names nothing
            if kept < 2 {
                some.clear();
            }
            some.push(&more);
            let text = some.join(" ");
            if kept > 1 && used + width(&text) <= room {
                line.push(Piece::new(text, piece.tone));
                break;
            }
        }
        break;
    }
    line
}

/// Heads of the lines.
const HEADS: [&str; 4] = ["owner.head", "sources.head", "services.head", "hidden.head"];

fn indent(ctx: &Ctx<'_>) -> usize {
    let heads = HEADS.map(|k| width(ctx.text(k)));
    heads.into_iter().max().unwrap_or(0) + 2
}

/// What cannot be seen and how it could be, in lines for a window of so many columns.
pub(super) fn hidden(ctx: &Ctx<'_>, node: &Node, columns: u16) -> Vec<String> {
    let model = ctx.model;
    let key = hints::told(model, Command::About);
    let advice = model.session.advice.is_some();
    let said = overview::hidden::sentence(node, &model.texts, advice, &key);
    let room = usize::from(columns).saturating_sub(indent(ctx) + 4);
    said.map(|s| wrapped(&s, room)).unwrap_or_default()
}

/// What is to be said where the probe itself is silent or has let go.
fn stream(ctx: &Ctx<'_>, node: &Node) -> Vec<Piece> {
    use freshness::Freshness;
    let fresh = freshness::of(node, ctx.model.now);
    let word = fresh.word(&ctx.model.texts, ctx.model.now);
    match &fresh {
        Freshness::Released(why) => {
            let text = ctx.say("sources.released", &[("why", why)]);
            vec![Piece::new(text, Tone::Caution)]
        }
        // a stream that says so itself is among the sources
        Freshness::Late { why: None, .. } => {
            let text = ctx.say("sources.silent", &[("word", &word.text)]);
            vec![Piece::new(text, Tone::Caution)]
        }
        _ => Vec::new(),
    }
}

/// Pieces of a line, two columns apart; what does not fit whole is cut behind a word, what has no room is left out.
fn pieces(ctx: &Ctx<'_>, area: Rect, pieces: &[Piece], buf: &mut Buffer) -> u16 {
    let mut x = area.x;
    for (n, piece) in pieces.iter().enumerate() {
        let gap = if n == 0 { 0 } else { 2 };
        let room = area.right().saturating_sub(x + gap);
        if room < 4 {
            // there is more
            put(buf, x + gap, area.y, room, "~", ctx.style(Role::Dim));
            break;
        }
        let text = at_a_word(&piece.text, room.into());
        x = put(
            buf,
            x + gap,
            area.y,
            room,
            &text,
            ctx.style(role(piece.tone)),
        );
    }
    x
}

/// What a tone looks like.
pub(in crate::view::screens) const fn role(tone: Tone) -> Role {
    match tone {
        Tone::Faint => Role::Dim,
        Tone::Plain => Role::Text,
        Tone::Strong => Role::Strong,
        Tone::Ok => Role::Ok,
        Tone::Info => Role::Info,
        Tone::Stale => Role::Stale,
        Tone::Caution => Role::Caution,
        Tone::Danger => Role::Danger,
    }
}
