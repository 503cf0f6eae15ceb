//! A finding: how bad, what, on what it rests, the next command.

use crate::app::at::RowId;
use crate::app::rows::Item;
use crate::domain::finding::{Finding, Severity};
use crate::domain::fleet::Node;

use super::page::Page;

/// The finding that a row stands for.
pub(super) fn find<'a>(node: &'a Node, id: &RowId) -> Option<&'a Finding> {
    node.findings
        .iter()
        .find(|one| Item::Finding(node, one).id() == *id)
}

/// The finding of the cluster that a row stands for.
pub(super) fn of_cluster<'a>(all: &'a [Finding], id: &RowId) -> Option<&'a Finding> {
    let RowId::Finding { id, subject, .. } = id else {
        return None;
    };
    all.iter()
        .find(|one| (&one.id, &one.subject) == (id, subject))
}

pub(super) fn write(finding: &Finding, page: &mut Page) {
    let severity = match finding.severity {
        Severity::Info => "info",
        Severity::Caution => "caution",
        Severity::Danger => "DANGER",
    };
    page.line(&format!("{severity} {}: {}", finding.id, finding.subject));
    page.line(&format!("  {}", finding.text));
    for (n, line) in finding.evidence.iter().enumerate() {
        page.labelled(if n == 0 { "  because" } else { "" }, line);
    }
    if let Some(next) = &finding.next {
        page.labelled("  next", next);
    }
}
