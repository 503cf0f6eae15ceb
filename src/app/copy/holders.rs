//! A holder: who it is, what it holds and how.

use crate::app::at::RowId;
use crate::app::rows::holding::{Holding, How};
use crate::domain::fleet::Node;

use super::Writer;
use super::page::Page;

/// The holder that a row stands for.
pub(super) fn find<'a>(node: &'a Node, id: &RowId) -> Option<Holding<'a>> {
    let RowId::Holder { pid, module, .. } = id else {
        return None;
    };
    let mut all = node.holders.iter();
    let n = all.position(|h| h.pid == *pid && h.module == *module)?;
    Holding::at(node, n)
}

pub(super) fn write(writer: &Writer<'_>, node: &Node, holding: &Holding<'_>, page: &mut Page) {
    match (holding.pid, holding.module) {
        (Some(pid), _) => page.line(&format!("process {pid} holds {}", holding.places(node))),
        (None, Some(module)) => {
            page.line(&format!(
                "kernel module {module} holds {}",
                holding.places(node)
            ));
        }
        (None, None) => page.line(&format!("somebody holds {}", holding.places(node))),
    }
    if let Some(process) = holding.process {
        page.labelled("command", &process.command);
        let user = process.user.value().map_or("n/a", |u| u.as_str());
        page.labelled("user", user);
        let unit = holding.unit(node);
        if !unit.is_empty() {
            page.labelled("unit or pod", &unit);
        }
        if let Some(at) = process.started.value() {
            page.labelled("started", &writer.time(*at));
        }
        if process.uninterruptible {
            page.labelled("state", writer.texts.get("holders.stuck"));
        }
    }
    let how = match holding.how {
        How::Works => "holders.means_works",
        How::Unknown => "holders.means_unknown",
        How::Opens => "holders.means_opens",
        How::Module => "holders.means_module",
    };
    page.labelled("how", writer.texts.get(how));
}
