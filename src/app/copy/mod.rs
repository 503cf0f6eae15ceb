//! What `y` copies: the selected or marked things as plain text for a chat or a ticket.
//!
//! The text is English whatever the console speaks, 80 columns wide and drawn with ASCII only (names stay as they are):
//! it goes where nobody chose the font. It says when it was read and of what it is, and SIMULATED where it is.

mod events;
mod findings;
mod gpu;
mod holders;
mod instances;
mod node;
pub mod page;
mod pods;
mod slot;
mod xids;

use jiff::Timestamp;
use jiff::tz::Offset;

use crate::domain::fleet::Node;
use crate::domain::observation::Health;

use super::at::{self, GpuAt, RowId, SlotAt};
use super::screen::Screen;
use super::texts::Language;
use super::{Model, Texts, rows, telemetry, words};
use page::Page;

/// Text to be copied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Copied {
    /// Name for a file, without folder and ending: `migdeck-dgx-dev-01-gpu5-20261124T031200Z`.
    pub name: String,
    /// The text.
    pub text: String,
}

/// What one thing adds to the page.
struct Part {
    /// What it is, for the file's name: `dgx-dev-01-gpu5`.
    name: String,
    /// Its node, for the page's head.
    node: Option<crate::domain::text::Text>,
    /// Its lines.
    page: Page,
}

/// The marked things of the screen on top in their order, or else the selected one, or else what the screen is about;
/// `None`: there is nothing to copy.
pub fn text(model: &Model) -> Option<Copied> {
    let parts: Vec<Part> = ids(model).iter().filter_map(|id| part(model, id)).collect();
    let name = match parts.as_slice() {
        [] => return None,
        [one] => one.name.clone(),
        [first, ..] => format!("{}-and-{}-more", first.name, parts.len() - 1),
    };
    let mut page = Page::default();
    let mut headed = None;
    for part in parts {
        if headed.as_ref() != Some(&part.node) {
            page.gap();
            head(model, part.node.as_ref(), &mut page);
            headed = Some(part.node);
        }
        page.gap();
        page.append(part.page);
    }
    Some(Copied {
        name: format!("migdeck-{}-{}", file_name(&name), stamp(model.now)),
        text: page.into_text(),
    })
}

/// Columns of a window in a terminal of 80.
const WINDOW: usize = 70;

/// Everything that is known of an instance and of its GPU's telemetry, to be read in a window: why values are absent too.
pub fn slot_lines(model: &Model, at: &SlotAt) -> Option<Vec<String>> {
    let (node, gpu, slot) = at.find(model.fleet())?;
    let mut page = Page::of_width(WINDOW);
    slot::write(&Writer::new(model), node, gpu, slot, &mut page);
    page.gap();
    for fact in telemetry::facts(gpu, &model.texts) {
        page.labelled(model.texts.get(fact.key), &fact.long);
    }
    Some(page.into_text().lines().map(str::to_owned).collect())
}

/// Everything that is known of a GPU, to be read in a window.
pub fn gpu_lines(model: &Model, at: &GpuAt) -> Option<Vec<String>> {
    let (node, gpu) = at.find(model.fleet())?;
    let mut page = Page::of_width(WINDOW);
    gpu::write(&Writer::new(model), node, gpu, &mut page);
    Some(page.into_text().lines().map(str::to_owned).collect())
}

fn ids(model: &Model) -> Vec<RowId> {
    let screen = model.screen();
    let list = &model.screens.top().list;
    if !list.marks.is_empty() {
        return list
            .rows
            .places
            .iter()
            .filter_map(|place| rows::id(&screen, model.fleet(), *place))
            .filter(|id| list.marks.contains(id))
            .collect();
    }
    if let Some(selected) = &list.selected {
        return vec![selected.clone()];
    }
    match screen {
        Screen::Node(node) => vec![RowId::Node(node)],
        Screen::Gpu(gpu) => vec![RowId::Gpu(gpu)],
        Screen::Fleet
        | Screen::Slices(_)
        | Screen::Xids(_)
        | Screen::Events(_)
        | Screen::Holders(_)
        | Screen::Findings(_)
        | Screen::Pods(_)
        | Screen::Help
        | Screen::About => Vec::new(),
    }
}

fn part(model: &Model, id: &RowId) -> Option<Part> {
    let writer = Writer::new(model);
    let mut page = Page::default();
    let (name, node) = match id {
        RowId::Node(name) => {
            let node = at::node(model.fleet(), name)?;
            node::write(&writer, node, &mut page);
            (node.name.to_string(), &node.name)
        }
        RowId::Gpu(at) => {
            let (node, gpu) = at.find(model.fleet())?;
            gpu::write(&writer, node, gpu, &mut page);
            (format!("{}-gpu{}", node.name, gpu.index), &node.name)
        }
        RowId::Slot(at) => {
            let (node, gpu, slot) = at.find(model.fleet())?;
            slot::write(&writer, node, gpu, slot, &mut page);
            let name = format!("{}-gpu{}-gi{}", node.name, gpu.index, slot.instance.gi);
            (name, &node.name)
        }
        RowId::Xid { node, .. } => {
            let node = at::node(model.fleet(), node)?;
            let xid = xids::find(node, id)?;
            xids::write(&writer, node, xid, &mut page);
            let name = xids::name(xid).to_lowercase().replace(' ', "");
            (format!("{}-{name}", node.name), &node.name)
        }
        RowId::Event { node, .. } => {
            let node = at::node(model.fleet(), node)?;
            events::write(&writer, events::find(node, id)?, &mut page);
            (format!("{}-event", node.name), &node.name)
        }
        RowId::Holder { node, .. } => {
            let node = at::node(model.fleet(), node)?;
            let holding = holders::find(node, id)?;
            holders::write(&writer, node, &holding, &mut page);
            (format!("{}-holder", node.name), &node.name)
        }
        RowId::Finding { node, .. } if node.is_empty() => {
            let finding = findings::of_cluster(&model.fleet().findings, id)?;
            findings::write(finding, &mut page);
            (format!("cluster-{}", finding.id), node)
        }
        RowId::Finding { node, .. } => {
            let node = at::node(model.fleet(), node)?;
            let finding = findings::find(node, id)?;
            findings::write(finding, &mut page);
            (format!("{}-{}", node.name, finding.id), &node.name)
        }
        RowId::Pod(id) => {
            let pod = id.find(model.fleet())?;
            pods::write(&writer, &pod, &mut page);
            let name = format!("pod-{}", crate::app::pods::name(&pod).replace('/', "-"));
            return Some(Part {
                name,
                node: pod.node.map(|n| n.name.clone()),
                page,
            });
        }
        RowId::Command(_) => return None,
    };
    Some(Part {
        name,
        node: Some(node.clone()),
        page,
    })
}

/// What every part needs to write itself.
struct Writer<'a> {
    model: &'a Model,
    /// English.
    texts: Texts,
}

impl<'a> Writer<'a> {
    fn new(model: &'a Model) -> Self {
        Self {
            model,
            texts: Texts::of(Language::English),
        }
    }

    fn now(&self) -> Timestamp {
        self.model.now
    }

    /// `2026-11-24 03:02:11 UTC (9m ago)`.
    fn time(&self, at: Timestamp) -> String {
        format!("{} UTC ({} ago)", utc(at), words::age(at, self.now()))
    }
}

/// Who wrote this, when, of which host; how old the facts are.
fn head(model: &Model, node: Option<&crate::domain::text::Text>, page: &mut Page) {
    let known = node.and_then(|name| at::node(model.fleet(), name));
    let simulated = model.session.simulated
        || known.is_some_and(|n| n.hello.as_ref().is_some_and(|h| h.simulated));
    let mut title = format!("migdeck {}", model.session.version);
    if let Some(name) = node {
        title.push_str(&format!("   host {name}"));
    }
    if simulated {
        title.push_str("   SIMULATED: no real hardware");
    }
    page.line(&title);
    page.line(&clock(model.now, model.session.offset_seconds));
    if let Some(file) = &model.session.saved {
        page.line(&format!("from the saved file {file}"));
    }
    if let Some(node) = known {
        freshness(model, node, page);
    }
}

fn freshness(model: &Model, node: &Node, page: &mut Page) {
    for source in &node.sources {
        let (word, since, why) = match &source.health {
            Health::Live => continue,
            Health::Late { since, why } => ("late", since, why),
            Health::Hung { since, why } => ("HUNG", since, why),
            Health::Down { since, why } => ("down", since, &why.text),
        };
        page.line(&format!(
            "source {} {word} for {}: {why}",
            source.source.as_str(),
            words::age(*since, model.now)
        ));
    }
}

/// `2026-11-24 03:12:44 UTC = 2026-11-24 12:12:44 +09:00`.
fn clock(at: Timestamp, offset_seconds: i32) -> String {
    let utc = format!("{} UTC", utc(at));
    match Offset::from_seconds(offset_seconds) {
        Ok(offset) if offset_seconds != 0 => {
            let local = offset.to_datetime(at).strftime("%Y-%m-%d %H:%M:%S");
            let sign = if offset_seconds < 0 { '-' } else { '+' };
            let minutes = offset_seconds.unsigned_abs() / 60;
            format!(
                "{utc} = {local} {sign}{:02}:{:02}",
                minutes / 60,
                minutes % 60
            )
        }
        _ => utc,
    }
}

fn utc(at: Timestamp) -> String {
    Offset::UTC
        .to_datetime(at)
        .strftime("%Y-%m-%d %H:%M:%S")
        .to_string()
}

/// `20261124T031200Z`.
fn stamp(at: Timestamp) -> String {
    Offset::UTC
        .to_datetime(at)
        .strftime("%Y%m%dT%H%M%SZ")
        .to_string()
}

/// Without anything that a file name had better not have: host names come from outside.
fn file_name(name: &str) -> String {
    let clean: String = name
        .chars()
        .map(|c| match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' => c,
            _ => '-',
        })
        .take(80)
        .collect();
    clean.trim_start_matches('.').to_owned()
}

#[cfg(test)]
mod tests;
