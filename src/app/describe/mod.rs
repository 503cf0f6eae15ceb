//! A node as the cluster describes it, and beside it what its GPUs are: lines for the screen and for what is copied.
//!
//! Absent is told apart: the API server does not say, this user may not read it, or there is none.

mod facts;
mod labels;
mod resources;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

use super::overview::{Piece, Tone};
use super::{Texts, words};
use crate::domain::cluster::{Cluster, OnNode};
use crate::domain::fleet::{Fleet, Node};
use crate::domain::observation::{Health, SourceName};
use crate::domain::reading::{Absence, AbsentCode, Reading};

/// A line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Line {
    /// Begins a section.
    Head(String),
    /// A label and what it is of.
    Fact(String, Vec<Piece>),
    /// A sentence.
    Note(Piece),
    /// The heads of the table of resources.
    Heads([String; 5]),
    /// A resource: its name, four numbers, and how they compare.
    Resource([String; 5], Piece),
}

/// What all parts need.
struct Sheet<'a> {
    node: &'a Node,
    on_node: &'a OnNode,
    cluster: Option<&'a Cluster>,
    texts: &'a Texts,
    now: Timestamp,
    lines: Vec<Line>,
}

/// All lines of a node.
pub fn lines(fleet: &Fleet, node: &Node, texts: &Texts, now: Timestamp) -> Vec<Line> {
    let cluster = fleet.cluster.as_deref();
    let on_node = match &node.cluster {
        Reading::Value(on_node) => on_node,
        Reading::Absent(why) => return nothing(why, cluster, texts, now),
    };
    let mut sheet = Sheet {
        node,
        on_node,
        cluster,
        texts,
        now,
        lines: Vec::new(),
    };
    sheet.late();
    sheet.state();
    sheet.resources();
    sheet.mig();
    sheet.instances();
    sheet.pods();
    sheet.operands();
    sheet.labels();
    sheet.lines
}

/// Why a cluster says nothing of a host.
fn nothing(why: &Absence, cluster: Option<&Cluster>, texts: &Texts, now: Timestamp) -> Vec<Line> {
    let text = match (why.code, cluster) {
        (AbsentCode::NotYet, None) => texts.get("describe.no_cluster").to_owned(),
        (AbsentCode::NotYet, Some(_)) => texts.get("describe.not_yet").to_owned(),
        _ => texts.say("describe.no_node", &[("why", &why.text)]),
    };
    let mut lines = vec![Line::Note(Piece::new(text, Tone::Faint))];
    let health = cluster.and_then(|c| c.health.as_ref());
    lines.extend(health.and_then(|h| late(h, texts, now)).map(Line::Note));
    lines
}

/// That a cluster does not answer, since when and why; `None`: it does.
pub fn late(health: &Health, texts: &Texts, now: Timestamp) -> Option<Piece> {
    let (key, since, why) = match health {
        Health::Live => return None,
        Health::Late { since, why } => ("health.late", since, why),
        Health::Hung { since, why } => ("health.hung", since, why),
        Health::Down { since, why } => ("health.down", since, &why.text),
    };
    let text = texts.say(
        "describe.late",
        &[
            ("word", &texts.get(key)),
            ("age", &words::age(*since, now)),
            ("why", why),
        ],
    );
    Some(Piece::new(text, Tone::Caution))
}

impl Sheet<'_> {
    fn head(&mut self, key: &str) {
        self.lines.push(Line::Head(self.texts.get(key).to_owned()));
    }

    fn fact(&mut self, key: &str, pieces: Vec<Piece>) {
        let label = if key.is_empty() {
            ""
        } else {
            self.texts.get(key)
        };
        self.lines.push(Line::Fact(label.to_owned(), pieces));
    }

    fn note(&mut self, text: impl Into<String>, tone: Tone) {
        self.lines.push(Line::Note(Piece::new(text, tone)));
    }

    /// `12m (03:02)`: how long it is so.
    fn since(&self, at: Timestamp) -> String {
        let age = words::age(at, self.now);
        self.texts.say("describe.since", &[("age", &age)])
    }

    /// What the cluster tells is old, and since when.
    fn late(&mut self) {
        let mut sources = self.node.sources.iter();
        let own = sources.find(|s| s.source == SourceName::Kubernetes);
        let health = own
            .map(|s| &s.health)
            .or_else(|| self.cluster.and_then(|c| c.health.as_ref()));
        if let Some(piece) = health.and_then(|h| late(h, self.texts, self.now)) {
            self.lines.push(Line::Note(piece));
        }
    }

    /// The right that is missing to read a kind of objects, if one is.
    fn gap(&self, resource: &str) -> Option<String> {
        let gaps = &self.cluster?.gaps;
        let gap = gaps.iter().find(|g| super::gaps::resource(g) == resource)?;
        Some(super::gaps::sentence(gap, self.texts))
    }
}
