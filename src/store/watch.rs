//! What has changed between one look at a node and the next.
//!
//! A look compares with what was last *known*: a probe that is started again tells everything anew, and what it has not
//! told yet is no change. The first look at a host is where it starts from, not fifty-six new instances.

mod gpus;
mod idle;
mod record;
mod sources;

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::domain::event::{Event, Happening, Seen};
use crate::domain::fleet::Node;
use crate::domain::ids::{BootId, GpuUuid, PciAddress};
use crate::domain::owner::Owner;
use crate::domain::text::Text;

use super::facts::Facts;
use super::memory::{Chapter, Inventory, Memory, Work};
use idle::Workers;
use record::Record;
use sources::Sources;

/// What a node looked like, and what has happened to it since.
#[derive(Debug, Default)]
pub(super) struct Watch {
    known: Inventory,
    /// GPUs of which what is known was not seen by this watch, or before a hole in it.
    unwatched: BTreeSet<GpuUuid>,
    /// Places of GPUs that had no name when they were seen: one whose first call hangs.
    nameless: BTreeSet<PciAddress>,
    /// A whole round has been told: what is new from here on has appeared.
    settled: bool,
    hellos: u32,
    boot: Option<BootId>,
    at: Option<Timestamp>,
    record: Record,
    calls: gpus::Calls,
    sources: Sources,
    owner: Option<Text>,
    paused: bool,
    workers: Workers,
    /// The inventory differs from what was last written down.
    inventory_changed: bool,
}

impl Watch {
    /// Takes in what a node looks like now, and adds to it what has changed and who is idle.
    pub(super) fn look(&mut self, node: &mut Node, facts: &Facts) {
        self.begin(node, facts);
        self.host(node, facts);
        self.gpus(node);
        self.calls.look(node, &mut self.record);
        self.sources.look(node, &mut self.record);
        if facts.signs.is_some() {
            self.owner(&node.owner, node.at);
        }
        self.pause(node);
        self.workers.look(node);
        if node.stream.beat.is_some() && node.driver.value().is_some() {
            self.settled = true;
        }
        node.events.clone_from(self.record.events());
    }

    /// Takes in a node of which nothing has changed but what is measured.
    pub(super) fn glance(&mut self, node: &mut Node) {
        self.at = Some(node.at);
        self.workers.look(node);
    }

    /// A probe that begins was not there before: what differs from then happened unseen.
    fn begin(&mut self, node: &Node, facts: &Facts) {
        self.at = Some(node.at);
        if facts.hellos != self.hellos {
            self.hellos = facts.hellos;
            self.unwatched = self.known.gpus.iter().map(|g| g.uuid.clone()).collect();
            self.settled = false;
        }
        let boot = node.hello.as_ref().and_then(|h| h.boot.as_ref());
        if boot.is_some() && boot != self.boot.as_ref() {
            self.workers.forget();
            self.boot = boot.cloned();
        }
    }

    fn host(&mut self, node: &Node, facts: &Facts) {
        let booted = node.host.as_ref().and_then(|h| h.booted.value());
        if let Some(at) = booted {
            self.record.of_host(*at, Happening::Booted);
        }
        for load in &facts.loads {
            let version = load.version.clone();
            self.record
                .of_host(load.at, Happening::DriverLoaded { version });
        }
    }

    fn owner(&mut self, owner: &Owner, at: Timestamp) {
        let now = Text::from(format!("{} {}", owner.kind.as_str(), owner.name.as_str()).trim());
        let before = self.owner.replace(now.clone());
        if let Some(before) = before.filter(|before| *before != now) {
            let after = now;
            self.record.push(event(
                at,
                Happening::OwnerChanged { before, after },
                Seen::Watched,
            ));
        }
    }

    fn pause(&mut self, node: &Node) {
        match (&node.paused, self.paused) {
            (Some(why), false) => {
                let why = why.clone();
                let paused = Happening::Paused { why };
                self.record.push(event(node.at, paused, Seen::Watched));
            }
            (None, true) => {
                let resumed = Happening::Resumed;
                self.record.push(event(node.at, resumed, Seen::Watched));
            }
            _ => return,
        }
        self.paused = node.paused.is_some();
    }

    /// Takes in what an earlier console has written down.
    pub(super) fn remember(&mut self, memory: Memory) {
        self.record.logged(memory.events);
        if let Some(inventory) = memory.inventory {
            self.between(inventory);
        }
        self.workers.remember(memory.work);
    }

    /// What is to be written down; `None`: nothing new.
    pub(super) fn chapter(&mut self, node: &Node) -> Option<Chapter> {
        let inventory = std::mem::take(&mut self.inventory_changed).then(|| self.known.clone());
        let events = self.record.unwritten();
        if inventory.is_none() && events.is_empty() {
            return None;
        }
        Some(Chapter {
            host: node.name.clone(),
            boot: self.boot.clone(),
            simulated: node.hello.as_ref().is_some_and(|h| h.simulated),
            at: node.at,
            events,
            inventory,
        })
    }

    /// Who was last seen at work.
    pub(super) fn work(&self) -> Vec<Work> {
        self.workers.all()
    }
}

/// An event of the whole host.
fn event(at: Timestamp, what: Happening, seen: Seen) -> Event {
    Event {
        n: 0,
        at,
        gpu: None,
        index: None,
        what,
        seen,
    }
}
