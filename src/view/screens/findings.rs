//! What is wrong or worth knowing, worst first.
//!
//! ```text
//!  1 danger, 2 caution, 1 to know
//!    SEVERITY  WHERE         WHAT
//! >✗ danger    GPU 5         nvmlDeviceGetMemoryInfo, called at .., has not come back
//!  ! caution   GPU 5 gi 2    Xid 94 at ..: contained memory error; restart it
//!  - info      host          as user id 1000 some things cannot be read
//! ── gpu-call-hung  dgx-dev-01 GPU 5 ─────────────────────────────────────────
//!  nvmlDeviceGetMemoryInfo, called at 03:11:57, has not come back; this GPU is
//!  not asked again meanwhile
//!  because      last answer 03:11:57
//!  next         sudo dmesg -T | grep -e 'NVRM:' -e 'blocked for more than'
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::common::{empty, node_cell, node_column, nodes, severity_glyph, severity_word, widest};
use super::listing::{Detail, Listing};
use crate::app::Hits;
use crate::app::overview::worst;
use crate::app::rows::Item;
use crate::app::screen::Scope;
use crate::domain::finding::{Finding, Severity};
use crate::domain::fleet::Node;
use crate::view::widgets::{Cell, Column};
use crate::view::{Ctx, Role};

pub(super) fn draw(ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    let node = node_column(ctx);
    let with_node = node.is_some();
    let words = ["severity.info", "severity.caution", "severity.danger"];
    let severities = 2 + widest(ctx, &words);
    let mut columns = vec![Column::left(ctx.text("head.severity"), severities, 12, 0)];
    columns.extend(node);
    columns.extend([
        Column::left(ctx.text("head.where"), 10, 24, 0),
        Column::left(ctx.text("head.what"), 20, 200, 0),
    ]);
    let cells = |item: &Item<'_>| {
        let Item::Finding(node, finding) = item else {
            return Vec::new();
        };
        let role = Role::of_severity(finding.severity);
        let glyph = severity_glyph(ctx, finding.severity);
        let word = severity_word(ctx, finding.severity);
        let mut cells = vec![Cell::from((format!("{glyph} {word}"), role))];
        cells.extend(with_node.then(|| node_cell(item)));
        cells.push(place(ctx, node, finding).into());
        cells.push(worst::told(ctx.model, &finding.text).into());
        cells
    };
    let detail = |item: &Item<'_>, out: &mut Detail| {
        if let Item::Finding(_, finding) = item {
            tell(ctx, finding, out);
        }
    };
    let listing = Listing {
        columns,
        cells: &cells,
        count: count(ctx),
        notes: Vec::new(),
        empty: empty(ctx, ctx.text("findings.none")),
        detail: Some(&detail),
    };
    listing.draw(ctx, area, buf, hits);
}

fn count(ctx: &Ctx<'_>) -> String {
    let of = |severity| {
        let whole = match ctx.model.screen().scope() {
            Scope::Fleet => ctx.model.fleet().findings.as_slice(),
            _ => &[],
        };
        nodes(ctx)
            .flat_map(|n| &n.findings)
            .chain(whole)
            .filter(|f| f.severity == severity)
            .count()
    };
    let (danger, caution) = (of(Severity::Danger), of(Severity::Caution));
    let info = of(Severity::Info);
    ctx.say(
        "findings.count",
        &[("danger", &danger), ("caution", &caution), ("info", &info)],
    )
}

/// The subject without the host's name, which stands elsewhere.
fn place(ctx: &Ctx<'_>, node: &Node, finding: &Finding) -> String {
    match finding.subject.strip_prefix(node.name.as_str()) {
        Some("") => ctx.text("findings.host").to_owned(),
        Some(rest) => rest.trim_start().to_owned(),
        None => finding.subject.to_string(),
    }
}

fn tell(ctx: &Ctx<'_>, finding: &Finding, out: &mut Detail) {
    out.title = format!("{}  {}", finding.id, finding.subject);
    out.text(&worst::told(ctx.model, &finding.text), Role::Text);
    for (n, line) in finding.evidence.iter().enumerate() {
        let label = if n == 0 {
            ctx.text("findings.because")
        } else {
            ""
        };
        out.line(label, &worst::told(ctx.model, line), Role::Text);
    }
    if let Some(next) = &finding.next {
        let next = worst::told(ctx.model, next);
        out.line(ctx.text("findings.next"), &next, Role::Strong);
    }
}
