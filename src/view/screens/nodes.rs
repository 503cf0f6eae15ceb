//! Several hosts: a row a host, and below it the slices of the selected one.
//!
//! ```text
//!  NODE         NEWS     K8S       B  a  f PODS  SLICES           FIND WORST
//! >dgx-dev-01   live     Ready    17  5  7 22+2  1g 10/14  2g 5/6    2 ! GPU 5 gi 2: Xid ..
//!  dgx-prod-01  late 12s cordoned 14  1  1 4     3g 16/16            1 ! ssh: timed out
//!  dgx-edge-03  k8s only Ready     -  3  4 3+1   1g 3/7              0 ok
//!  dgx-lab-02   connecting
//! ── dgx-dev-01 ──────────────────────────────────────────────────────────────────────────────────
//! G memory slices 0..7 ..
//! ```

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::list::offset;
use crate::app::overview::freshness::{self, Freshness};
use crate::app::overview::tally::{self, Tally};
use crate::app::overview::{headline, owner, standing, worst};
use crate::app::{Command, Hits, at, hints, occupant};
use crate::domain::finding::Severity;
use crate::domain::fleet::{Node, SlotState};
use crate::view::fit::{put, width};
use crate::view::widgets::strip::letter;
use crate::view::widgets::{Cell, Column, Table};
use crate::view::{Ctx, Role};

mod preview;

use super::node::role;

pub(super) fn draw(ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    let fleet = ctx.model.fleet();
    let list = &ctx.model.screens.top().list;
    let all: Vec<&Node> = list
        .rows
        .places
        .iter()
        .filter_map(|p| fleet.nodes.get(p.node as usize))
        .map(|n| &**n)
        .collect();
    if all.is_empty() {
        nobody(ctx, area, buf);
        return;
    }
    let area = notes(ctx, area, buf);
    let selected = all.get(list.at).copied();
    let preview = selected.map_or(0, |n| preview::lines(n, all.len(), area));
    let height = usize::from((area.height - preview).saturating_sub(1));
    let first = offset(list.offset, list.at, height, all.len());
    hits.height = height;
    hits.first = first;
    let visible: Vec<&Node> = all.iter().copied().skip(first).take(height).collect();
    let lines = u16::try_from(visible.len() + 1).unwrap_or(area.height);
    table(
        ctx,
        &visible,
        first,
        Rect {
            height: lines.min(area.height),
            ..area
        },
        buf,
        hits,
    );
    if let Some(node) = selected
        && preview > 0
    {
        let below = Rect {
            y: area.y + lines,
            height: area.height.saturating_sub(lines),
            ..area
        };
        preview::draw(ctx, node, below, buf);
    }
}

/// What the cluster does not tell, below all else; what is left of the area comes back.
fn notes(ctx: &Ctx<'_>, mut area: Rect, buf: &mut Buffer) -> Rect {
    let key = hints::told(ctx.model, Command::About);
    let model = ctx.model;
    for note in standing::notes(model.fleet(), model.now, &model.texts, &key) {
        if area.height < 6 {
            break;
        }
        area.height -= 1;
        let style = ctx.style(role(note.tone));
        put(
            buf,
            area.x + 1,
            area.bottom(),
            area.width - 1,
            &note.text,
            style,
        );
    }
    area
}

/// Hosts that are expected while none has spoken, or that a filter hides.
fn nobody(ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
    let hidden = ctx.model.screens.top().list.rows.unfiltered;
    let mut lines = Vec::new();
    if hidden > 0 {
        let key = hints::told(ctx.model, Command::Back);
        lines.push(ctx.say("nodes.filtered", &[("n", &hidden), ("key", &key)]));
    } else {
        lines.push(ctx.text("app.waiting").to_owned());
        for host in &ctx.model.session.hosts {
            lines.push(format!("  {host}  {}", ctx.text("fresh.connecting")));
        }
    }
    for (y, text) in (area.y + 1..area.bottom()).zip(lines) {
        put(
            buf,
            area.x + 1,
            y,
            area.width.saturating_sub(1),
            &text,
            ctx.style(Role::Dim),
        );
    }
}

fn table(
    ctx: &Ctx<'_>,
    nodes: &[&Node],
    first: usize,
    area: Rect,
    buf: &mut Buffer,
    hits: &mut Hits,
) {
    let text = |key| ctx.text(key);
    let wide = area.width >= 110;
    // letters as in the strips below, words where there is room for them
    let count = |state, key: &'static str| {
        if wide {
            let head = text(key);
            let columns = u16::try_from(width(head)).unwrap_or(5);
            Column::right(head, columns, columns, 0)
        } else {
            Column::right(letter(state), 2, 3, 0)
        }
    };
    let longest_of = |all: &mut dyn Iterator<Item = usize>, least: u16, most: u16| {
        u16::try_from(all.max().unwrap_or(0))
            .unwrap_or(most)
            .clamp(least, most)
    };
    let longest = nodes.iter().map(|n| width(&n.name)).max().unwrap_or(0);
    let name = u16::try_from(longest).unwrap_or(u16::MAX).clamp(6, 20);
    // what profiles and the worst share is what the other columns leave
    let profiles = if area.width < 150 {
        if wide { 26 } else { 17 }
    } else {
        let all = nodes
            .iter()
            .map(|n| width(&in_use(&Tally::of(n), usize::MAX)));
        let least = width(text("nodes.profiles")).max(24);
        longest_of(
            &mut all.into_iter(),
            u16::try_from(least).unwrap_or(24),
            (area.width - 98) / 2,
        )
    };
    let rows: Vec<Vec<Cell>> = nodes.iter().map(|n| cells(ctx, n, profiles)).collect();
    let words = nodes.iter().map(|n| freshness::of(n, ctx.model.now));
    let words = words.map(|f| width(&f.word(&ctx.model.texts, ctx.model.now).text));
    let fresh = u16::try_from(words.max().unwrap_or(0))
        .unwrap_or(12)
        .clamp(4, 12);
    // without a cluster nobody asks how a node stands in it
    let in_cluster =
        ctx.model.fleet().cluster.is_some() || nodes.iter().any(|n| n.cluster.value().is_some());
    let stands = nodes
        .iter()
        .map(|n| standing::word(n, ctx.model.now, &ctx.model.texts));
    let stands = longest_of(&mut stands.map(|p| width(&p.text)), 4, 17);
    let pods = nodes.iter().any(|n| standing::pods(n).is_some());
    // a column that is not wanted here goes before all others
    let only = |wanted: bool, column: Column| match wanted {
        true => column,
        false => Column {
            min: 200,
            priority: 9,
            ..column
        },
    };
    let owners = nodes
        .iter()
        .map(|n| width(&owner::short(n, &ctx.model.texts)));
    let owner = longest_of(&mut owners.into_iter(), 5, if wide { 14 } else { 10 });
    let models = nodes
        .iter()
        .filter_map(|n| headline::models(n, &ctx.model.texts));
    let model = longest_of(&mut models.map(|m| width(&m)), 8, 19);
    let columns = [
        Column::left(text("nodes.name"), name, 30, 0),
        Column::left(text("nodes.fresh"), fresh, 12, 0),
        only(
            in_cluster,
            Column::left(text("nodes.k8s"), stands, stands, 1),
        ),
        only(wide, Column::left(text("nodes.model"), model, 26, 5)),
        count(SlotState::Busy, "nodes.busy_head"),
        count(SlotState::Allocated, "nodes.allocated_head"),
        count(SlotState::Free, "nodes.free_head"),
        if wide {
            Column::right(text("nodes.other_head"), 4, 5, 0)
        } else {
            Column::right(text("nodes.other"), 3, 3, 0)
        },
        only(pods, Column::right(text("nodes.pods"), 4, 7, 1)),
        Column::right(
            text(if wide {
                "nodes.idle_head"
            } else {
                "nodes.idle"
            }),
            if wide { 8 } else { 5 },
            9,
            7,
        ),
        Column::left(text("nodes.profiles"), profiles, profiles, 2),
        Column::left(text("nodes.owner"), owner, 20, 6),
        only(
            area.width >= 140,
            Column::left(text("headline.driver_head"), 10, 12, 8),
        ),
        Column::right(text("nodes.findings"), 4, 5, 4),
        Column::left(text("nodes.worst"), 14, 80, 3),
    ];
    let list = &ctx.model.screens.top().list;
    let marked = |n: usize| {
        let fleet = ctx.model.fleet();
        let place = list.rows.places.get(n);
        let node = place.and_then(|p| fleet.nodes.get(p.node as usize));
        node.is_some_and(|n| list.marks.contains(&at::RowId::Node(n.name.clone())))
    };
    Table {
        ctx,
        columns: &columns,
        rows: &rows,
        first,
        selected: Some(list.at),
        marked: &marked,
    }
    .draw(area, buf, hits);
}

fn cells(ctx: &Ctx<'_>, node: &Node, room: u16) -> Vec<Cell> {
    let texts = &ctx.model.texts;
    let now = ctx.model.now;
    let fresh = freshness::of(node, now);
    let word = fresh.word(texts, now);
    let told = node.cluster.value().filter(|_| node.unprobed().is_some());
    let known = !node.gpus.is_empty() || told.is_some();
    // nobody looks at its processes
    let seen = told.is_none();
    let tally = match told {
        Some(on_node) => Tally::advertised(on_node),
        None => Tally::of(node),
    };
    let old = fresh.is_old();
    let number = |n: usize, role: Role, known: bool| -> Cell {
        match (known, n) {
            (false, _) => ("-", Role::Dim).into(),
            (true, 0) => ("0", Role::Dim).into(),
            (true, n) => (n.to_string(), if old { Role::Stale } else { role }).into(),
        }
    };
    let other = tally.no_ci + tally.sick + tally.unknown + tally.dark;
    let stands = standing::word(node, now, texts);
    let bad = worst_count(node);
    vec![
        (node.name.to_string(), Role::Strong).into(),
        (word.text, role(word.tone)).into(),
        (stands.text, role(stands.tone)).into(),
        headline::models(node, texts).map_or_else(|| Cell::from(("-", Role::Dim)), |m| m.into()),
        number(tally.busy, Role::Busy, known && seen),
        number(tally.allocated, Role::Allocated, known),
        number(tally.free, Role::Free, known),
        number(other, Role::Caution, known && seen),
        pods_cell(ctx, node),
        match tally.longest_idle {
            Some(idle) => occupant::idle_age(idle, now).into(),
            None => ("-", Role::Dim).into(),
        },
        in_use(&tally, room.into()).into(),
        owner::short(node, texts).into(),
        match headline::version(node) {
            Some(version) => version.to_string().into(),
            None => ("-", Role::Dim).into(),
        },
        match (bad, node.findings.first()) {
            // nobody has looked yet
            (_, None) if matches!(fresh, Freshness::Connecting | Freshness::Reading) => {
                ("-", Role::Dim).into()
            }
            (0, _) | (_, None) => ("0", Role::Dim).into(),
            (n, Some(first)) => (n.to_string(), Role::of_severity(first.severity)).into(),
        },
        worst_cell(ctx, node, &fresh),
    ]
}

/// Findings that somebody should look at.
fn worst_count(node: &Node) -> usize {
    let bad = node.findings.iter();
    bad.filter(|f| f.severity >= Severity::Caution).count()
}

/// `22+2`: pods with GPUs there, and how many wait for what the node has.
fn pods_cell(ctx: &Ctx<'_>, node: &Node) -> Cell {
    let Some(pods) = standing::pods(node) else {
        return ("-", Role::Dim).into();
    };
    let role = if pods == 0 { Role::Dim } else { Role::Text };
    let cell = Cell::from((pods.to_string(), role));
    match standing::waiting(ctx.model.fleet(), node) {
        None | Some(0) => cell,
        Some(n) => cell.then(format!("+{n}"), Role::Caution),
    }
}

/// `1g 10/14  2g 5/6`: in use, of all, as many profiles as have room; with the memory where two differ in it only.
fn in_use(tally: &Tally, room: usize) -> String {
    let short = |profile: &str| profile.split('.').next().unwrap_or(profile).to_owned();
    let same = |of: &str| tally.profiles.keys().filter(|p| short(p) == of).count();
    let all = tally.profiles.iter().map(|(profile, (used, total))| {
        let name = match short(profile) {
            name if profile != tally::WHOLE && same(&name) == 1 => name,
            _ => profile.clone(),
        };
        format!("{name} {used}/{total}")
    });
    let mut text = String::new();
    let mut all = all.peekable();
    while let Some(one) = all.next() {
        let gap = match text.is_empty() {
            true => 0,
            // where there is little room one space does
            false if room < 20 => 1,
            false => 2,
        };
        let cut = if all.peek().is_some() { 1 } else { 0 };
        if !text.is_empty() && width(&text) + gap + width(&one) + cut > room {
            text.push('~');
            break;
        }
        let _ = write!(text, "{:gap$}{one}", "");
    }
    text
}

/// Why nothing is known of it now; else what is wrong there.
fn worst_cell(ctx: &Ctx<'_>, node: &Node, fresh: &Freshness) -> Cell {
    if let Some(why) = fresh.why() {
        return (why.to_string(), Role::Caution).into();
    }
    if matches!(fresh, Freshness::Connecting | Freshness::Reading) && node.findings.is_empty() {
        return ("", Role::Dim).into();
    }
    let Some(finding) = worst::of(node).first() else {
        return (ctx.glyphs().ok, Role::Ok).into();
    };
    let glyph = super::node::glyph(ctx, finding.severity);
    let mut text = worst::subject(finding, node).to_owned();
    if !text.is_empty() {
        text.push_str(": ");
    }
    text.push_str(&worst::told(ctx.model, &finding.text));
    Cell::from((format!("{glyph} "), Role::of_severity(finding.severity))).then(text, Role::Text)
}

#[cfg(test)]
mod tests {
    use crate::app::fixture::{
        ago, cluster, gpu, in_cluster, instance, model, node, node_facts, now, pod_facts, slot,
    };
    use crate::domain::fleet::{Node, SlotState};
    use crate::domain::observation::{Health, SourceName, SourceState};
    use crate::domain::reading::{Absence, AbsentCode, Reading};
    use crate::view::fixture::{line, lines};

    fn press(model: &mut crate::app::Model, key: &str) {
        let key = key.parse().unwrap();
        crate::app::update(model, crate::app::Message::Key(key));
    }

    fn four() -> Vec<Node> {
        let mut down = Node::new("c-down".into(), now());
        down.sources = vec![SourceState {
            source: SourceName::Stream,
            health: Health::Down {
                since: ago(180),
                why: Absence::new(AbsentCode::Failed, "ssh: timed out"),
            },
        }];
        let mut late = node("b-late");
        late.at = ago(12);
        vec![node("a-live"), late, down, Node::new("d-new".into(), now())]
    }

    #[test]
    fn each_kind_of_silence_has_its_own_words() {
        let page = lines(&model(four()), 80, 24);
        assert!(line(&page, "a-live").contains("live"));
        assert!(line(&page, "b-late").contains("late 12s"));
        let down = line(&page, "c-down");
        assert!(
            down.contains("down 3m") && down.contains("ssh: timed"),
            "{down}"
        );
        assert!(line(&page, "d-new").contains("connecting"));
    }

    #[test]
    fn a_host_that_has_told_nothing_has_no_numbers() {
        let page = lines(&model(four()), 80, 24);
        let row = line(&page, "d-new");
        assert!(!row.contains(char::is_numeric), "{row}");
    }

    /// A node that only the API server tells of.
    fn k8s_only(name: &str) -> Node {
        let mut node = Node::new(name.into(), now());
        node.driver = Reading::absent(AbsentCode::NoSource, "no probe reads this host");
        let ocr = pod_facts("ocr", Some(name), "nvidia.com/mig-1g.5gb", None);
        in_cluster(node, node_facts(name), vec![ocr])
    }

    #[test]
    fn a_node_without_a_probe_is_as_readable_as_one_with() {
        let mut model = model(vec![
            in_cluster(node("a-live"), node_facts("a-live"), vec![]),
            k8s_only("b-edge"),
        ]);
        let page = lines(&model, 80, 24);
        let row = line(&page, "b-edge").to_owned();
        for what in ["k8s only", "Ready", "1g 1/2", "GPU 0/1"] {
            assert!(row.contains(what), "{what}: {row}");
        }
        assert!(line(&page, "a-live").contains("Ready"));
        line(&lines(&model, 140, 24), "4x A100-SXM4-40GB");
        // and what the cluster says of it stands below
        press(&mut model, "down");
        let page = lines(&model, 80, 24);
        line(&page, "mig-1g.5gb");
        line(&page, "REQUESTED");
    }

    #[test]
    fn twelve_hosts_of_eight_gpus_are_all_seen_in_a_small_window() {
        let host = |n: u32| {
            let name = format!("dgx-prod-{n:02}");
            let mut node = node(&name);
            node.gpus = (0..8)
                .map(|g| {
                    gpu(
                        g,
                        true,
                        vec![slot(instance(1, "1g.5gb", 0, 1), SlotState::Busy, vec![])],
                    )
                })
                .collect();
            let pods = vec![pod_facts("ocr", Some(&name), "nvidia.com/mig-1g.5gb", None)];
            in_cluster(node, node_facts(&name), pods)
        };
        let mut model = model((1..=12).map(host).collect());
        let mut snapshot = model.shown.clone();
        let fleet = std::sync::Arc::make_mut(&mut snapshot.fleet);
        fleet.cluster = Some(cluster(vec![pod_facts(
            "late",
            None,
            "nvidia.com/mig-1g.5gb",
            None,
        )]));
        fleet.generation += 1;
        crate::app::update(&mut model, crate::app::Message::Snapshot(snapshot));
        let page = lines(&model, 80, 24);
        for n in 1..=12 {
            let row = line(&page, &format!("dgx-prod-{n:02} ")).to_owned();
            for what in ["live", "Ready", " 8 ", "1+1", "1g 8/8"] {
                assert!(row.contains(what), "{what}: {row}");
            }
        }
        line(&page, "1 more GPU");
    }

    #[test]
    fn a_late_cluster_and_what_may_not_be_read_stand_below_and_in_the_title() {
        let mut model = model(four());
        let mut snapshot = model.shown.clone();
        let fleet = std::sync::Arc::make_mut(&mut snapshot.fleet);
        let mut told = (*cluster(Vec::new())).clone();
        told.health = Some(Health::Late {
            since: ago(12),
            why: "connection refused".into(),
        });
        told.gaps = vec![crate::domain::cluster::news::Gap {
            permission: "list resourcequotas in all namespaces".into(),
            misses: "quotas".into(),
            reason: None,
        }];
        fleet.cluster = Some(crate::domain::shared::Shared::new(told));
        fleet.generation += 1;
        crate::app::update(&mut model, crate::app::Message::Snapshot(snapshot));
        let page = lines(&model, 80, 24);
        assert!(page[0].contains("k8s LATE 12s"), "{}", page[0]);
        line(&page, "k8s late 12s: connection refused");
        line(&page, "k8s rights missing (A): list resourcequotas");
        // also where one looks at a host
        press(&mut model, "enter");
        assert!(lines(&model, 80, 24)[0].contains("k8s LATE 12s"));
    }

    #[test]
    fn the_slices_of_the_selected_host_are_seen_below() {
        let page = lines(&model(four()), 80, 24);
        let rule = page.iter().position(|l| l.contains("─ a-live ─")).unwrap();
        let strips = &page[rule..];
        line(strips, "CALL STUCK 47s");
        line(strips, "B busy");
    }

    #[test]
    fn what_is_wrong_on_the_selected_host_is_told_where_there_is_room() {
        let page = lines(&model(four()), 120, 40);
        line(&page, "next: ");
        line(&page, "XIDS AND EVENTS");
        assert!(line(&page, "BUSY").contains("ALLOC"));
        // and at any size nothing breaks
        for (width, height) in [(60, 15), (80, 24), (160, 45), (200, 60), (300, 100)] {
            lines(&model(four()), width, height);
        }
    }

    #[test]
    fn before_any_host_has_spoken_those_expected_are_named() {
        let mut model = model(Vec::new());
        model.session.hosts = vec!["dgx-a".into(), "dgx-b".into()];
        let page = lines(&model, 80, 24);
        line(&page, "waiting for the first answer");
        assert!(line(&page, "dgx-b").contains("connecting"));
    }
}
