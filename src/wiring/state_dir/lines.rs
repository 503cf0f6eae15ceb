//! Records of the log.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::event::Event;
use crate::domain::ids::BootId;
use crate::store::memory::{Chapter, Inventory, Work};

/// Version of the lines and files here. Those of another are passed over.
pub(super) const VERSION: u32 = 1;

/// A line of the log.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Line {
    v: u32,
    /// When it was written, by the host's clock.
    at: Timestamp,
    /// The boot that it belongs to.
    pub(super) boot: Option<BootId>,
    #[serde(flatten)]
    pub(super) what: Logged,
}

/// What a line says.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", content = "what", rename_all = "snake_case")]
pub(super) enum Logged {
    Event(Event),
    Inventory(Inventory),
    #[serde(other)]
    Unknown,
}

/// The last sight of work on a host.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct SightFile {
    pub(super) v: u32,
    pub(super) boot: Option<BootId>,
    pub(super) work: Vec<Work>,
}

impl Line {
    /// The lines of a chapter.
    pub(super) fn of(chapter: &Chapter) -> impl Iterator<Item = Self> {
        let line = |at, what| Self {
            v: VERSION,
            at,
            boot: chapter.boot.clone(),
            what,
        };
        let events = chapter.events.iter().cloned();
        let inventory = chapter.inventory.clone();
        events
            .map(move |event| line(event.at, Logged::Event(event)))
            .chain(inventory.map(|i| Self {
                v: VERSION,
                at: chapter.at,
                boot: chapter.boot.clone(),
                what: Logged::Inventory(i),
            }))
    }

    pub(super) fn is_inventory(&self) -> bool {
        matches!(self.what, Logged::Inventory(_))
    }

    /// With its newline. What cannot be written as JSON is nothing.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }
}

/// The lines of a log that can be read.
pub(super) fn read(path: &Path) -> Vec<Line> {
    let Ok(bytes) = std::fs::read(path) else {
        return Vec::new();
    };
    bytes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Line>(line).ok())
        .filter(|line| line.v == VERSION)
        .collect()
}
