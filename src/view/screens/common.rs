//! Cells and sentences that several lists have.

use jiff::Timestamp;

use crate::app::overview::freshness::{self, Freshness};
use crate::app::rows::Item;
use crate::app::screen::Scope;
use crate::app::{happening, times, words};
use crate::domain::event::Happening;
use crate::domain::finding::Severity;
use crate::domain::fleet::Node;
use crate::domain::observation::{Health, SourceName};
use crate::view::fit::width;
use crate::view::widgets::{Cell, Column};
use crate::view::{Ctx, Role};

/// Hosts that the screen is about.
pub(super) fn nodes<'a>(ctx: &Ctx<'a>) -> impl Iterator<Item = &'a Node> {
    let scope = ctx.model.screen().scope();
    let all = ctx.model.fleet().nodes.iter().map(|n| &**n);
    all.filter(move |n| scope.node().is_none_or(|name| n.name == *name))
}

/// Whether rows of several hosts may stand in one list.
pub(super) fn several(ctx: &Ctx<'_>) -> bool {
    ctx.model.screen().scope() == Scope::Fleet && ctx.model.fleet().nodes.len() > 1
}

/// The column of hosts, where there are several.
pub(super) fn node_column(ctx: &Ctx<'_>) -> Option<Column> {
    several(ctx).then(|| Column::left(ctx.text("head.node"), 10, 20, 0))
}

/// The widest of some words, as the least that a column of them is worth having in.
pub(super) fn widest(ctx: &Ctx<'_>, keys: &[&str]) -> u16 {
    let all = keys.iter().map(|k| width(ctx.model.texts.get(k)));
    u16::try_from(all.max().unwrap_or(0)).unwrap_or(u16::MAX)
}

/// Its cell.
pub(super) fn node_cell(item: &Item<'_>) -> Cell {
    item.node().name.to_string().into()
}

/// Hosts that have not yet been looked at, by name: a list that is empty may be so because of that.
pub(super) fn unread(ctx: &Ctx<'_>) -> Vec<String> {
    nodes(ctx)
        .filter(|n| n.stream.beat.is_none())
        .map(|n| n.name.to_string())
        .collect()
}

/// Notes on hosts that have not yet been looked at, and on a source that does not tell now.
pub(super) fn source_notes(ctx: &Ctx<'_>, source: SourceName, key: &str) -> Vec<(String, Role)> {
    let mut notes = Vec::new();
    for node in nodes(ctx) {
        let health = node.sources.iter().find(|s| s.source == source);
        let (why, role) = match health.map(|s| &s.health) {
            Some(Health::Down { why, .. }) => (why.text.to_string(), Role::Caution),
            Some(Health::Late { since, why } | Health::Hung { since, why }) => {
                let age = words::age(*since, ctx.model.now);
                let since = ctx.say("list.since", &[("why", why), ("age", &age)]);
                (since, Role::Caution)
            }
            Some(Health::Live) => continue,
            None if node.stream.beat.is_none() => (ctx.text("list.not_yet").to_owned(), Role::Dim),
            None => continue,
        };
        let text = ctx.model.texts.say(key, &[("why", &why)]);
        notes.push((on(ctx, node, &text), role));
    }
    notes
}

/// A sentence about a host, with its name where there are several.
pub(super) fn on(ctx: &Ctx<'_>, node: &Node, text: &str) -> String {
    if several(ctx) {
        format!("{}: {text}", node.name)
    } else {
        text.to_owned()
    }
}

/// What stands in place of the GPUs of a host that has told of none: it is awaited, or why nothing comes, and since when.
pub(super) fn unanswered(ctx: &Ctx<'_>, node: &Node) -> String {
    let (now, texts) = (ctx.model.now, &ctx.model.texts);
    match freshness::of(node, now) {
        Freshness::Connecting => ctx.text("app.waiting").to_owned(),
        fresh => match fresh.why() {
            Some(why) => format!("{}: {why}", fresh.word(texts, now).text),
            None => ctx.text("gpus.none").to_owned(),
        },
    }
}

/// What stands in place of rows: nobody has looked yet, or there are none.
pub(super) fn empty(ctx: &Ctx<'_>, none: &str) -> String {
    let unread = unread(ctx);
    if ctx.model.fleet().nodes.is_empty() {
        return ctx.text("app.waiting").to_owned();
    }
    if unread.is_empty() {
        none.to_owned()
    } else {
        ctx.say("list.unread", &[("nodes", &unread.join(", "))])
    }
}

/// The time where the user is: of today `03:02:11`, else `11-23 03:02`.
pub(super) fn when(ctx: &Ctx<'_>, at: Timestamp) -> String {
    times::when(at, ctx.model.now, ctx.model.session.offset_seconds)
}

/// What happened, with the times in it as the user has them.
pub(super) fn happened(ctx: &Ctx<'_>, what: &Happening) -> String {
    let said = happening::sentence(&ctx.model.texts, what);
    times::in_sentence(&said, ctx.model.now, ctx.model.session.offset_seconds)
}

/// `03:02:11 (9m ago)`.
pub(super) fn when_and_age(ctx: &Ctx<'_>, at: Timestamp) -> String {
    let age = words::age(at, ctx.model.now);
    ctx.say("list.when", &[("time", &when(ctx, at)), ("age", &age)])
}

/// A severity in one character.
pub(super) const fn severity_glyph(ctx: &Ctx<'_>, severity: Severity) -> &'static str {
    let glyphs = &ctx.skin.glyphs;
    match severity {
        Severity::Info => glyphs.info,
        Severity::Caution => glyphs.caution,
        Severity::Danger => glyphs.danger,
    }
}

/// A severity in a word.
pub(super) fn severity_word<'a>(ctx: &Ctx<'a>, severity: Severity) -> &'a str {
    ctx.model.texts.get(severity_key(severity))
}

const fn severity_key(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "severity.info",
        Severity::Caution => "severity.caution",
        Severity::Danger => "severity.danger",
    }
}
