//! Something that happened: when, where, what, how it is known.

use crate::app::at::RowId;
use crate::app::happening::{seen, sentence};
use crate::app::rows::Item;
use crate::domain::event::Event;
use crate::domain::fleet::Node;

use super::Writer;
use super::page::Page;

/// The event that a row stands for.
pub(super) fn find<'a>(node: &'a Node, id: &RowId) -> Option<&'a Event> {
    node.events
        .iter()
        .find(|one| Item::Event(node, one).id() == *id)
}

pub(super) fn write(writer: &Writer<'_>, event: &Event, page: &mut Page) {
    let gpu = match (event.index, &event.gpu) {
        (Some(index), _) => format!("GPU {index}: "),
        (None, Some(uuid)) => format!("{uuid}: "),
        (None, None) => String::new(),
    };
    page.line(&format!(
        "{}  {gpu}{} ({})",
        writer.time(event.at),
        sentence(&writer.texts, &event.what),
        writer.texts.get(seen(event.seen))
    ));
}
