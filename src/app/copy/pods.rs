//! A pod: what it has and how that is known, or what it waits for.

use crate::app::pods;
use crate::domain::pods::KnownPod;

use super::Writer;
use super::page::Page;

pub(super) fn write(writer: &Writer<'_>, pod: &KnownPod<'_>, page: &mut Page) {
    page.line(&format!("pod {}", pods::name(pod)));
    for line in pods::lines(pod, writer.model.fleet(), &writer.texts, writer.now()) {
        page.labelled(writer.texts.get(line.label), &line.text);
    }
}
