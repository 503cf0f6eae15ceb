//! Pods that have GPUs or slices, and those that wait for some.
//!
//! ```text
//!  23 pods, 2 wait
//!  POD                   STATE   DEVICE            NODE       EVIDENCE    RESTARTS  AGE
//! >team-a/train-1        Pending waits             -                                 4m
//!  svc/ocr-5c9-q2        Running GPU 2 2g.10gb@0   dgx-dev-01 pod-status         0   3d
//!  svc/llm-0             Running GPU 1             dgx-dev-01 checkpoint            31h
//! ── team-a/train-1 ──────────────────────────────────────────────────
//!  scheduler    0/3 nodes are available: 3 Insufficient nvidia.com/mig-3g.20gb.
//!  slices       dgx-prod-01: 16x 3g.20gb, all taken
//!  layout       dgx-lab-02 GPU 5: 3g.20gb@4 fits beside what is there
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::common::{nodes, widest};
use super::listing::{Detail, Listing};
use crate::app::rows::{Item, Place};
use crate::app::words::age;
use crate::app::{Hits, Scope, pods};
use crate::domain::cluster::PodFacts;
use crate::domain::observation::Health;
use crate::domain::pods::KnownPod;
use crate::domain::reading::AbsentCode;
use crate::view::widgets::{Cell, Column};
use crate::view::{Ctx, Role};

pub(super) fn draw(ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    let states = widest(ctx, &["head.state"]).max(10);
    let restarts = widest(ctx, &["head.restarts"]).max(3);
    let columns = vec![
        Column::left(ctx.text("head.pod"), 18, 48, 0),
        Column::left(ctx.text("head.state"), states, 18, 0),
        Column::left(ctx.text("head.device"), 16, 30, 0),
        Column::left(ctx.text("head.node"), 10, 20, 1),
        Column::left(ctx.text("head.asks"), 12, 24, 5),
        Column::left(ctx.text("head.evidence"), 10, 14, 3),
        Column::right(ctx.text("head.restarts"), restarts, restarts, 4),
        Column::right(ctx.text("head.age"), 4, 5, 2),
    ];
    let cells = |item: &Item<'_>| match item {
        Item::Pod(pod) => row(ctx, pod),
        _ => Vec::new(),
    };
    let detail = |item: &Item<'_>, out: &mut Detail| {
        if let Item::Pod(pod) = item {
            tell(ctx, pod, out);
        }
    };
    let listing = Listing {
        columns,
        cells: &cells,
        count: count(ctx),
        notes: notes(ctx),
        empty: empty(ctx),
        detail: Some(&detail),
    };
    listing.draw(ctx, area, buf, hits);
}

/// `23 pods, 2 of them wait`, of one namespace where one is chosen.
fn count(ctx: &Ctx<'_>) -> String {
    let rows = &ctx.model.screens.top().list.rows;
    let waiting = rows.places.iter().filter(|p| p.node == Place::NOWHERE);
    let mut text = ctx.say("pods.count", &[("rows", &rows.unfiltered)]);
    let waiting = waiting.count();
    if waiting > 0 {
        text.push_str(&format!(
            ", {}",
            ctx.say("pods.waiting", &[("n", &waiting)])
        ));
    }
    if let Some(namespace) = &ctx.model.namespace {
        let of = ctx.say("pods.of_namespace", &[("namespace", namespace)]);
        text.push_str(&format!(", {of}"));
    }
    text
}

/// What the API server does not tell, and why.
fn notes(ctx: &Ctx<'_>) -> Vec<(String, Role)> {
    let mut notes = Vec::new();
    let Some(cluster) = &ctx.model.fleet().cluster else {
        return notes;
    };
    match &cluster.health {
        Some(Health::Late { since, why } | Health::Hung { since, why }) => {
            let age = age(*since, ctx.model.now);
            let text = ctx.say("pods.late", &[("age", &age), ("why", why)]);
            notes.push((text, Role::Caution));
        }
        Some(Health::Down { why, .. }) => {
            notes.push((ctx.say("pods.down", &[("why", &why.text)]), Role::Caution));
        }
        Some(Health::Live) | None => {}
    }
    for gap in &cluster.gaps {
        if gap.permission.contains(" pods") {
            let args: [(&str, &dyn std::fmt::Display); 1] = [("permission", &gap.permission)];
            notes.push((ctx.say("pods.gap", &args), Role::Caution));
        }
    }
    notes
}

/// Nobody tells of pods, or there are none.
fn empty(ctx: &Ctx<'_>) -> String {
    if ctx.model.fleet().nodes.is_empty() && ctx.model.fleet().cluster.is_none() {
        return ctx.text("app.waiting").to_owned();
    }
    let told = nodes(ctx).any(|n| n.cluster.value().is_some());
    let kubelet = nodes(ctx).any(|n| n.allocations.value().is_some());
    let of_fleet = ctx.model.screen().scope() == Scope::Fleet;
    let cluster = of_fleet
        && ctx
            .model
            .fleet()
            .cluster
            .as_ref()
            .is_some_and(|c| c.health == Some(Health::Live));
    if told || cluster {
        return ctx.text("pods.none").to_owned();
    }
    if kubelet {
        return ctx.text("pods.none_kubelet").to_owned();
    }
    let waits = |n: &crate::domain::fleet::Node| {
        n.allocations
            .reason()
            .is_some_and(|why| why.code == AbsentCode::NotYet)
    };
    if nodes(ctx).all(waits) {
        return ctx.text("app.waiting").to_owned();
    }
    ctx.text("pods.nobody_tells").to_owned()
}

fn row(ctx: &Ctx<'_>, pod: &KnownPod<'_>) -> Vec<Cell> {
    let texts = &ctx.model.texts;
    let na = || Cell::from((ctx.text("list.na"), Role::Dim));
    let devices = pod.devices();
    let device: Cell = match devices.as_slice() {
        [] => (pods::no_device(pod, texts), waiting(pod)).into(),
        [first, more @ ..] => {
            let role = if first.gpu.is_some() {
                Role::Text
            } else {
                Role::Caution
            };
            let cell = Cell::from((pods::place(first, texts), role));
            match more.len() {
                0 => cell,
                n => cell.then(format!(" +{n}"), Role::Dim),
            }
        }
    };
    // the best; all of it is told below
    let evidence = devices.first().and_then(|held| held.evidence().first());
    let node = pod.node.map_or("-", |n| n.name.as_str());
    vec![
        pods::name(pod).into(),
        pod.facts
            .map_or_else(na, |f| (f.status().as_str(), state(f)).into()),
        device,
        node.into(),
        pod.facts
            .map_or_else(na, |f| (pods::asks(f), Role::Dim).into()),
        (evidence.map_or("", |e| e.as_str()), Role::Dim).into(),
        pod.facts
            .and_then(|f| f.restarts)
            .map_or_else(Cell::default, |n| {
                let role = if n > 0 { Role::Caution } else { Role::Dim };
                (n.to_string(), role).into()
            }),
        pod.facts
            .and_then(|f| f.created)
            .map_or_else(Cell::default, |at| age(at, ctx.model.now).into()),
    ]
}

fn waiting(pod: &KnownPod<'_>) -> Role {
    if pod.waits() {
        Role::Caution
    } else {
        Role::Dim
    }
}

fn state(facts: &PodFacts) -> Role {
    match facts.status().as_str() {
        "Running" => Role::Text,
        _ if facts.phase == "Failed" => Role::Danger,
        _ if pods::is_sore(facts) => Role::Caution,
        _ => Role::Dim,
    }
}

fn tell(ctx: &Ctx<'_>, pod: &KnownPod<'_>, out: &mut Detail) {
    let model = ctx.model;
    out.title = pods::name(pod);
    for line in pods::lines(pod, model.fleet(), &model.texts, model.now) {
        let role = if line.caution {
            Role::Caution
        } else {
            Role::Text
        };
        out.line(ctx.text(line.label), &line.text, role);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{cluster, model_of, node, on_node, pod_facts};
    use crate::app::{Message, Screen, update};
    use crate::domain::reading::Reading;
    use crate::view::fixture::{Drawn, line, lines};

    #[test]
    fn state_device_and_evidence_are_told_and_absent_is_not_empty() {
        let mut a = node("a");
        let mut crashes = pod_facts("nlp/bert-0", Some("a"), "nvidia.com/mig-1g.5gb", None);
        crashes.state = Some("CrashLoopBackOff".into());
        crashes.restarts = Some(7);
        a.cluster = Reading::Value(on_node("a", &[], vec![crashes]));
        let waits = pod_facts("team/train-1", None, "nvidia.com/mig-3g.20gb", None);
        let mut model = model_of(vec![a], cluster(vec![waits]));
        model.screens.push(Screen::Pods(Scope::Fleet));
        let news = model.shown.clone();
        update(&mut model, Message::Snapshot(news));
        let drawn = Drawn::of(&model, (110, 30), draw);
        drawn.line("4 pods, 1 waits for a node");
        let row = drawn.line(" nlp/bert-0 ");
        for part in [
            "CrashLoopBackOff",
            "GPU 0 1g.5gb@0",
            " a ",
            "mig-1g.5gb",
            "pod-resources",
            " 7 ",
            "60m",
        ] {
            assert!(row.replace("1h", "60m").contains(part), "{part}: {row}");
        }
        // no API server tells of it: its state is not known
        let untold = drawn.line(" train/llm-0 ");
        assert!(untold.contains("n/a"), "{untold}");
        let waits = drawn.line("team/train-1 ");
        assert!(
            waits.contains("Pending") && waits.contains("waits"),
            "{waits}"
        );
        // at 80 columns what it waits for has room below
        let page = lines(&model, 80, 24);
        line(&page, "a GPU 2: 3g.20gb@0 fits");
    }

    #[test]
    fn without_anybody_who_tells_no_list_is_empty() {
        let mut a = node("a");
        a.gpus.clear();
        a.allocations = Reading::absent(AbsentCode::NoSource, "no kubelet");
        let mut model = crate::app::fixture::model(vec![a]);
        model.screens.push(Screen::Pods(Scope::Fleet));
        let news = model.shown.clone();
        update(&mut model, Message::Snapshot(news));
        line(
            &lines(&model, 100, 24),
            "no API server is read, and no kubelet",
        );
    }
}
