//! Event.

use std::borrow::Cow;

use serde::Deserialize;

use super::Names;
use super::parts::{Meta, NoLabels, Str, or_default, time};
use crate::domain::cluster::PodEvent;
use crate::domain::ids::ObjectUid;
use crate::domain::text::Text;

/// Characters of a message that are kept: some hold a whole template.
const MESSAGE: usize = 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event<'a> {
    #[serde(borrow)]
    pub(super) metadata: Meta<'a, NoLabels>,
    #[serde(borrow, default)]
    involved_object: Involved<'a>,
    #[serde(borrow, default)]
    reason: Str<'a>,
    #[serde(borrow, default)]
    message: Str<'a>,
    #[serde(borrow, default, rename = "type")]
    kind: Str<'a>,
    #[serde(default, deserialize_with = "or_default")]
    count: u32,
    #[serde(borrow, default)]
    first_timestamp: Str<'a>,
    #[serde(borrow, default)]
    last_timestamp: Str<'a>,
    #[serde(borrow, default)]
    event_time: Str<'a>,
    #[serde(borrow, default)]
    series: Option<Series<'a>>,
    #[serde(borrow, default, deserialize_with = "or_default")]
    source: Source<'a>,
    #[serde(borrow, default)]
    reporting_component: Str<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Involved<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    namespace: Str<'a>,
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    uid: Str<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Series<'a> {
    count: u32,
    #[serde(borrow)]
    last_observed_time: Str<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Source<'a> {
    #[serde(borrow)]
    component: Str<'a>,
}

impl Event<'_> {
    /// What is kept of an event about a pod. There are two generations of them: one counts, the other has series.
    pub(super) fn facts(&self, names: &mut Names) -> Option<PodEvent> {
        let of = &self.involved_object;
        if of.kind != "Pod" {
            return None;
        }
        let series = self.series.as_ref();
        let at = time(self.event_time.as_deref());
        let first = time(self.first_timestamp.as_deref()).or(at);
        let last = series.and_then(|s| time(s.last_observed_time.as_deref()));
        let last = last
            .or_else(|| time(self.last_timestamp.as_deref()))
            .or(at)
            .or_else(|| time(self.metadata.creation_timestamp.as_deref()));
        let message = self.message.as_deref().unwrap_or_default();
        let message = match message.char_indices().nth(MESSAGE) {
            Some((end, _)) => Text::from(format!("{}..", &message[..end])),
            None => Text::new(message),
        };
        let source = self.source.component.as_deref();
        let from = source.filter(|component| !component.is_empty());
        Some(PodEvent {
            uid: ObjectUid::new(self.metadata.uid.as_deref()?),
            pod: ObjectUid::new(of.uid.as_deref()?),
            namespace: names.of(of.namespace.as_deref()?),
            name: Text::new(of.name.as_deref()?),
            kind: names.of(self.kind.as_deref().unwrap_or("Normal")),
            reason: names.of(self.reason.as_deref().unwrap_or_default()),
            message,
            count: series.map_or(self.count, |s| s.count).max(1),
            first,
            last,
            from: names.opt(from.or(self.reporting_component.as_deref())),
        })
    }
}
