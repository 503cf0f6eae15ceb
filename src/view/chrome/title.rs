//! The title line: where one is, and whether what is seen there is real, of now, and one's own to change.
//!
//! ```text
//!  dgx-dev-01  8x A100-SXM4-40GB  driver 535.161.08  up 41d       READ-ONLY  SIMULATED  03:12:44
//!  fleet > dgx-dev-01 > GPU 5                                      PAUSED  SIMULATED  03:12:44
//! ```

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::overview::{freshness, headline, owner};
use crate::app::{Hits, Scope, Screen, at, times};
use crate::domain::fleet::Node;
use crate::domain::reading::Reading;
use crate::view::fit::{put, width};
use crate::view::{Ctx, Role};

/// Words at the right end go first to last; what is on the left gives way to them.
pub fn title(ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer, _hits: &mut Hits) {
    buf.set_style(area, ctx.style(Role::Title));
    let screen = ctx.model.screen();
    let node = screen
        .scope()
        .node()
        .and_then(|name| at::node(ctx.model.fleet(), name));
    let mut right = area.right();
    for (word, role) in words_of(ctx, node).into_iter().rev() {
        let wide = u16::try_from(width(&word)).unwrap_or(0);
        let Some(x) = right.checked_sub(wide + 1).filter(|x| *x > area.x + 8) else {
            break;
        };
        put(buf, x, area.y, wide, &word, ctx.style(role));
        right = x.saturating_sub(1);
    }
    let mut x = area.x + 1;
    for (n, (text, role)) in left(ctx, &screen, node).into_iter().enumerate() {
        let gap = if n == 0 { 0 } else { 2 };
        let room = right.saturating_sub(x + gap);
        let wide = u16::try_from(width(&text)).unwrap_or(u16::MAX);
        // a name may be cut, a fact is whole or not there; a shorter one after it may still be
        if room < wide && n > 0 {
            continue;
        }
        x = put(buf, x + gap, area.y, room, &text, ctx.style(role));
    }
}

/// What it is.
fn left(ctx: &Ctx<'_>, screen: &Screen, node: Option<&Node>) -> Vec<(String, Role)> {
    let texts = &ctx.model.texts;
    match (screen, node) {
        (Screen::Node(name), None) => vec![(name.to_string(), Role::Title)],
        (Screen::Node(_), Some(node)) => {
            let models = headline::models(node, texts);
            let facts = [
                models,
                headline::driver(node, texts),
                headline::up(node, ctx.model.now, texts),
            ];
            let mut all = vec![(node.name.to_string(), Role::Title)];
            all.extend(facts.into_iter().flatten().map(|f| (f, Role::Title)));
            all
        }
        (Screen::Fleet, _) => {
            let fleet = ctx.model.fleet();
            let hosts = fleet.nodes.len().max(ctx.model.session.hosts.len());
            let gpus: usize = fleet.nodes.iter().map(|n| n.gpus.len()).sum();
            let mut all = vec![
                ("migdeck".to_owned(), Role::Title),
                (ctx.say("headline.nodes", &[("n", &hosts)]), Role::Title),
            ];
            // hosts that have not told of themselves have no GPUs yet, not none
            let told = |n: &&Arc<Node>| n.stream.beat.is_some() && n.driver != Reading::not_yet();
            let told = fleet.nodes.iter().filter(told).count();
            if told == hosts {
                all.push((ctx.say("headline.gpus", &[("n", &gpus)]), Role::Title));
            } else if gpus > 0 {
                all.push((
                    ctx.say("headline.gpus_so_far", &[("n", &gpus)]),
                    Role::Title,
                ));
            }
            all
        }
        _ => vec![(crumbs(ctx, screen), Role::Title)],
    }
}

/// `dgx-dev-01 > GPU 5 > xids`: what the screen is about, then what it is.
fn crumbs(ctx: &Ctx<'_>, screen: &Screen) -> String {
    let arrow = ctx.glyphs().arrow;
    let name = ctx.model.texts.get(match screen {
        Screen::Fleet => "screen.fleet",
        Screen::Node(_) => "screen.node",
        Screen::Gpu(_) => "screen.gpu",
        Screen::Slices(_) => "screen.slices",
        Screen::Xids(_) => "screen.xids",
        Screen::Events(_) => "screen.events",
        Screen::Holders(_) => "screen.holders",
        Screen::Findings(_) => "screen.findings",
        Screen::Pods(_) => "screen.pods",
        Screen::Help => "screen.help",
        Screen::About => "screen.about",
    });
    let mut parts: Vec<String> = Vec::new();
    match screen.scope() {
        Scope::Fleet => {}
        Scope::Node(node) => parts.push(node.to_string()),
        Scope::Gpu(at) => {
            parts.push(at.node.to_string());
            let gpu = at.find(ctx.model.fleet());
            parts.push(gpu.map_or_else(|| "GPU".to_owned(), |(_, g)| format!("GPU {}", g.index)));
        }
    }
    if !matches!(screen, Screen::Gpu(_)) {
        parts.push(name.to_owned());
    }
    parts.join(&format!(" {arrow} "))
}

/// Whether it is of now, one's own, and real; and the time.
fn words_of(ctx: &Ctx<'_>, node: Option<&Node>) -> Vec<(String, Role)> {
    let model = ctx.model;
    let mut out = Vec::new();
    if model.frozen.is_some() {
        // the clock stands: it tells since when
        out.push((ctx.text("app.paused").to_owned(), Role::Caution));
    }
    if let Some(tape) = &model.playback {
        let key = if tape.ended {
            "headline.tape_ended"
        } else if tape.paused {
            "headline.tape_paused"
        } else {
            "headline.tape"
        };
        out.push((ctx.say(key, &[("speed", &tape.speed)]), Role::Caution));
    }
    if model.session.saved.is_some() {
        out.push((ctx.text("headline.saved").to_owned(), Role::Caution));
    }
    if let Some(node) = node {
        let fresh = freshness::of(node, model.now);
        if fresh.is_old() && model.playback.is_none() && model.session.saved.is_none() {
            let word = fresh.word(&model.texts, model.now);
            out.push((shouted(&word.text), Role::Caution));
        }
        let told = node.stream.beat.is_some();
        if told && owner::is_owned(node) {
            out.push((ctx.text("headline.read_only").to_owned(), Role::ReadOnly));
        }
    }
    let any_simulated = || {
        let nodes = &model.fleet().nodes;
        !nodes.is_empty() && nodes.iter().any(|n| headline::is_simulated(n))
    };
    if model.session.simulated || node.map_or_else(any_simulated, headline::is_simulated) {
        out.push((ctx.text("app.simulated").to_owned(), Role::Simulated));
    }
    out.push((
        times::clock(model.now, model.session.offset_seconds),
        Role::Title,
    ));
    out
}

/// `late 12s` as `LATE 12s`.
fn shouted(word: &str) -> String {
    match word.split_once(' ') {
        Some((first, rest)) => format!("{} {rest}", first.to_uppercase()),
        None => word.to_uppercase(),
    }
}

#[cfg(test)]
mod tests {
    use crate::app::fixture::{ago, model, node, now};
    use crate::app::model::Frozen;
    use crate::view::fixture::lines;

    #[test]
    fn the_host_comes_first_and_the_words_always_fit() {
        let mut model = model(vec![node("dgx-a")]);
        let top = lines(&model, 120, 24).remove(0);
        for what in [
            " dgx-a  4x A100-SXM4-40GB  driver 535.161.08  up 41d",
            "READ-ONLY",
            "SIMULATED",
            "03:04:05",
        ] {
            assert!(top.contains(what), "{top}");
        }
        // where the driver has no room, how long the host is up has it
        let top = lines(&model, 72, 24).remove(0);
        assert!(top.contains("up 41d") && !top.contains("driver"), "{top}");
        model.frozen = Some(Frozen {
            since: ago(12),
            newest: model.shown.clone(),
        });
        let top = lines(&model, 60, 24).remove(0);
        for what in ["dgx-a", "PAUSED", "READ-ONLY", "SIMULATED", "03:04:05"] {
            assert!(top.contains(what), "{top}");
        }
    }

    #[test]
    fn every_screen_of_a_host_says_who_owns_its_layout() {
        use crate::app::{Scope, Screen};
        let mut model = model(vec![node("dgx-a")]);
        let scope = Scope::Node("dgx-a".into());
        for screen in [
            Screen::Holders(scope.clone()),
            Screen::Xids(scope.clone()),
            Screen::Findings(scope),
        ] {
            model.screens.push(screen);
            let top = lines(&model, 80, 24).remove(0);
            assert!(top.contains("READ-ONLY"), "{top}");
        }
    }

    #[test]
    fn an_old_picture_says_so() {
        let mut old = node("dgx-a");
        old.at = ago(47);
        let top = lines(&model(vec![old]), 80, 24).remove(0);
        assert!(top.contains("LATE 47s"), "{top}");
        assert_eq!(now(), model(vec![]).now);
    }
}
