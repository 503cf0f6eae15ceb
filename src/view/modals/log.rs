//! What a container writes, its last lines in view.
//!
//! ```text
//! ┌ nlp/bert-0  main (1/2)  follows ─────────────────────────────────────┐
//! │ step 1041 loss 0.231                                                 │
//! │ step 1042 loss 0.229                                                 │
//! └──────────────────────────────────────────────── 982-1000/1000 ───────┘
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::Hits;
use crate::app::hits::Window as ShownWindow;
use crate::app::log::{LogState, LogView};
use crate::domain::text::in_ascii;
use crate::view::fit::{put, width};
use crate::view::widgets::Window;
use crate::view::wrap::wrap;
use crate::view::{Ctx, Role};

pub(super) fn draw(ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer, hits: &mut Hits, log: &LogView) {
    let title = title(ctx, log);
    let window = Window {
        ctx,
        title: &title,
        width: area.width.saturating_sub(4),
        height: area.height.saturating_sub(2),
    };
    let inside = window.draw(area, buf, hits);
    let height = usize::from(inside.height);
    let columns = usize::from(inside.width);
    if log.lines.is_empty() {
        hits.window = Some(ShownWindow { first: 0, height });
        let (text, role) = nothing(ctx, log);
        for (y, line) in (inside.top()..inside.bottom()).zip(wrap(&text, columns, 0)) {
            put(buf, inside.x, y, inside.width, &line, ctx.style(role));
        }
        return;
    }
    let (first, shown) = page(ctx, log, columns, height);
    hits.window = Some(ShownWindow { first, height });
    let style = ctx.style(Role::Window);
    for (y, line) in (inside.top()..inside.bottom()).zip(&shown) {
        put(buf, inside.x, y, inside.width, line, style);
    }
    let mut foot = format!(" {}/{} ", first + 1, log.lines.len());
    if log.dropped > 0 {
        foot.push_str(&ctx.say("log.dropped", &[("n", &log.dropped)]));
        foot.push(' ');
    }
    let wide = u16::try_from(width(&foot)).unwrap_or(0);
    let x = inside.right().saturating_sub(wide);
    put(buf, x, inside.bottom(), wide, &foot, ctx.style(Role::Dim));
}

/// Whose log, of which container of how many, and how it goes on.
fn title(ctx: &Ctx<'_>, log: &LogView) -> String {
    let mut title = format!("{}/{}", log.pod.namespace, log.pod.name);
    if let Some(container) = &log.container {
        title.push_str(&format!("  {container}"));
        let at = log.containers.iter().position(|c| c == container);
        if let (Some(at), 2..) = (at, log.containers.len()) {
            title.push_str(&format!(" ({}/{})", at + 1, log.containers.len()));
        }
    }
    if log.previous {
        title.push_str(&format!("  {}", ctx.text("log.previous")));
    }
    let state = match (&log.state, log.follow) {
        (LogState::Asked, _) => ctx.text("log.asked"),
        (LogState::Goes, true) => ctx.text("log.follows"),
        (LogState::Goes, false) => ctx.text("log.stands"),
        (LogState::Ended, _) => ctx.text("log.ended"),
        // the words have no room here: they stand in place of lines or below the last one
        (LogState::Failed(_), _) => ctx.text("log.failed"),
    };
    format!("{title}  {state}")
}

/// What stands in place of lines.
fn nothing(ctx: &Ctx<'_>, log: &LogView) -> (String, Role) {
    match &log.state {
        LogState::Asked => (ctx.text("pods.asking").to_owned(), Role::Dim),
        LogState::Goes => (ctx.text("log.silent").to_owned(), Role::Dim),
        LogState::Ended => (ctx.text("log.empty").to_owned(), Role::Dim),
        LogState::Failed(why) => (why.to_string(), Role::Caution),
    }
}

/// The first line in view, and what is seen from there on, wrapped. The end fills the window.
fn page(ctx: &Ctx<'_>, log: &LogView, columns: usize, height: usize) -> (usize, Vec<String>) {
    let ascii = ctx.glyphs().ascii;
    let rows = |line: &str| {
        let spelled = if ascii {
            in_ascii(line)
        } else {
            line.to_owned()
        };
        match wrap(&spelled, columns, 2) {
            none if none.is_empty() => vec![String::new()],
            rows => rows,
        }
    };
    let trouble = match &log.state {
        LogState::Failed(why) => wrap(&format!("-- {why}"), columns, 3),
        _ => Vec::new(),
    };
    // the last lines that fill the window, from the end
    let mut tail = trouble;
    let mut last = log.lines.len();
    while tail.len() < height && last > 0 {
        last -= 1;
        let mut above = rows(&log.lines[last]);
        above.append(&mut tail);
        tail = above;
    }
    if log.follow || log.offset >= last {
        let over = tail.len().saturating_sub(height);
        return (last, tail.split_off(over));
    }
    let from = log.lines.iter().skip(log.offset).take(height);
    let mut shown: Vec<String> = from.flat_map(|line| rows(line)).collect();
    shown.truncate(height);
    (log.offset, shown)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::app::fixture::{cluster, model_of, node, on_node, pod_facts};
    use crate::app::key::sequence;
    use crate::app::{Effect, Message, Modal, Model, update};
    use crate::domain::cluster::asked::{Answer, LogPart, Question};
    use crate::domain::reading::{Absence, AbsentCode, Reading};
    use crate::domain::text::Text;
    use crate::view::fixture::line;

    fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
        let keys = sequence(keys).unwrap().into_iter();
        keys.flat_map(|key| update(model, Message::Key(key)))
            .collect()
    }

    fn log() -> (Model, u64) {
        let mut a = node("a");
        let bert = pod_facts("nlp/bert-0", Some("a"), "nvidia.com/mig-1g.5gb", None);
        a.cluster = Reading::Value(on_node("a", &[], vec![bert]));
        let mut model = model_of(vec![a], cluster(vec![]));
        let effects = press(&mut model, "w g L");
        let [Effect::Ask { id, pod, question }] = effects.as_slice() else {
            panic!("{effects:?}");
        };
        assert_eq!(pod.name, "bert-0");
        let container = Some(Text::new("main"));
        assert_eq!(
            *question,
            Question::Log {
                container,
                previous: false
            }
        );
        (model, *id)
    }

    fn tell(model: &mut Model, id: u64, part: LogPart) {
        let answer = Answer::Log(part);
        update(model, Message::Answer { id, answer });
    }

    fn drawn(model: &mut Model) -> Vec<String> {
        let area = ratatui::layout::Rect::new(0, 0, 80, 24);
        let mut buf = ratatui::buffer::Buffer::empty(area);
        let hits = crate::view::view(model, &crate::view::fixture::skin(false), area, &mut buf);
        update(model, Message::Drawn(hits));
        crate::view::fixture::text(&buf)
    }

    #[test]
    fn the_end_of_a_log_is_followed_until_somebody_looks_back() {
        let (mut model, id) = log();
        line(&drawn(&mut model), "asking the API server");
        let containers = vec!["main".into(), "proxy".into()];
        tell(
            &mut model,
            id,
            LogPart::Begun {
                container: "main".into(),
                containers,
            },
        );
        line(&drawn(&mut model), "nlp/bert-0  main (1/2)");
        let many = |from: usize, to: usize| {
            let lines = (from..to)
                .map(|n| Text::from(format!("step {n}.")))
                .collect();
            LogPart::Lines(Arc::new(lines))
        };
        tell(&mut model, id, many(0, 100));
        let page = drawn(&mut model);
        line(&page, "step 99.");
        assert!(!page.iter().any(|l| l.contains("step 0.")));
        // a page up stays where it is while more comes
        press(&mut model, "page-up");
        let before = drawn(&mut model);
        line(&before, "stands");
        tell(&mut model, id, many(100, 103));
        let after = drawn(&mut model);
        assert_eq!(before[3..20], after[3..20]);
        press(&mut model, "G");
        line(&drawn(&mut model), "step 102.");
        // another container is another question, and the one before is forgotten
        let effects = press(&mut model, "c");
        assert!(
            matches!(&effects[..], [Effect::Ask { question: Question::Log { container: Some(c), .. }, .. }, Effect::Forget(old)] if *c == "proxy" && *old == id),
            "{effects:?}"
        );
        // what comes for the old one changes nothing
        tell(&mut model, id, many(0, 1));
        line(&drawn(&mut model), "asking the API server");
        let effects = press(&mut model, "esc");
        assert!(matches!(&effects[..], [Effect::Forget(_)]), "{effects:?}");
        assert_eq!(model.modal, None);
    }

    #[test]
    fn a_missing_permission_is_a_sentence() {
        let (mut model, id) = log();
        let why = Absence::new(
            AbsentCode::NoPermission,
            "not allowed: get pods/log in namespace nlp",
        );
        update(
            &mut model,
            Message::Answer {
                id,
                answer: Answer::Refused(why),
            },
        );
        line(
            &drawn(&mut model),
            "not allowed: get pods/log in namespace nlp",
        );
        assert!(matches!(model.modal, Some(Modal::Log(_))));
    }
}
