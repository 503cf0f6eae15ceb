//! Who owns the layout, and how facts come in.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::overview::{self, Piece, Tone, freshness, owner, services, sources};
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
        if !plan.services {
            what.extend(services::line(node, &ctx.model.texts));
            // what has no room in the one line is what is as it should be
            what.sort_by_key(|piece| std::cmp::Reverse(piece.tone.max(Tone::Stale)));
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
    if plan.services {
        let what = services::line(node, &ctx.model.texts);
        line(heads[2], &what, buf);
    }
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
