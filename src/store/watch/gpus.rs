//! GPUs, modes and instances that come and go, and calls that do not come back.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::event::{Event, Happening, Seen};
use crate::domain::fleet::{Gpu, Node};
use crate::domain::observation::CallState;
use crate::domain::placement::Placement;
use crate::store::memory::{Inventory, KnownGpu, KnownInstance};

use super::Watch;
use super::record::Record;

impl Watch {
    pub(super) fn gpus(&mut self, node: &Node) {
        for gpu in node.gpus.iter().filter_map(KnownGpu::of) {
            self.gpu(gpu, node.at);
        }
        let nameless = node.gpus.iter().filter(|gpu| gpu.uuid().is_none());
        self.nameless.extend(nameless.filter_map(Gpu::pci));
        // until a whole round is told, a GPU may just not have been named yet
        if node.stream.beat.is_none() || node.driver.value().is_none() {
            return;
        }
        let there = |known: &KnownGpu| {
            let is_it = |gpu: &Gpu| match gpu.uuid() {
                Some(uuid) => *uuid == known.uuid && KnownGpu::of(gpu).is_some(),
                None => gpu.pci().is_some() && gpu.pci() == known.pci,
            };
            node.gpus.iter().any(is_it)
        };
        let (stay, gone): (Vec<_>, Vec<_>) = std::mem::take(&mut self.known.gpus)
            .into_iter()
            .partition(there);
        self.known.gpus = stay;
        for gpu in gone {
            let seen = self.seen(&gpu);
            self.unwatched.remove(&gpu.uuid);
            self.record
                .push(of(&gpu, node.at, Happening::GpuVanished, seen));
            self.inventory_changed = true;
        }
    }

    fn gpu(&mut self, now: KnownGpu, at: Timestamp) {
        let known = self.known.gpus.iter().position(|g| g.uuid == now.uuid);
        let Some(known) = known.and_then(|n| self.known.gpus.get_mut(n)) else {
            let nameless = now.pci.is_some_and(|pci| self.nameless.remove(&pci));
            if self.settled && !nameless {
                self.record
                    .push(of(&now, at, Happening::GpuAppeared, Seen::Watched));
            }
            self.inventory_changed = true;
            self.known.gpus.push(now);
            return;
        };
        let seen = if self.unwatched.contains(&now.uuid) {
            Seen::Between
        } else {
            Seen::Watched
        };
        for what in differences(known, &now, at) {
            let event = Event { seen, ..what };
            self.record.push(event);
        }
        // what cannot be read now is still known
        let told = now.instances.is_some();
        let merged = KnownGpu {
            pci: now.pci.or(known.pci),
            mode: now.mode.or(known.mode),
            by_device: if told { now.by_device } else { known.by_device },
            instances: now.instances.or_else(|| known.instances.take()),
            uuid: now.uuid,
            index: now.index,
        };
        if *known != merged {
            self.inventory_changed = true;
            *known = merged;
        }
        if told {
            let uuid = known.uuid.clone();
            self.unwatched.remove(&uuid);
        }
    }

    fn seen(&self, gpu: &KnownGpu) -> Seen {
        if self.unwatched.contains(&gpu.uuid) {
            Seen::Between
        } else {
            Seen::Watched
        }
    }

    /// What an earlier console knew last: what is otherwise now has changed since.
    pub(super) fn between(&mut self, logged: Inventory) {
        let Some(at) = self.at else {
            self.unwatched = logged.gpus.iter().map(|g| g.uuid.clone()).collect();
            self.known = logged;
            return;
        };
        let mut events = Vec::new();
        for gpu in &self.known.gpus {
            match logged.gpus.iter().find(|g| g.uuid == gpu.uuid) {
                Some(before) => events.extend(differences(before, gpu, at)),
                None if logged.gpus.is_empty() => {}
                None => events.push(of(gpu, at, Happening::GpuAppeared, Seen::Between)),
            }
        }
        for event in events {
            let seen = Seen::Between;
            self.record.push(Event { seen, ..event });
        }
        for before in logged.gpus {
            match self.known.gpus.iter_mut().find(|g| g.uuid == before.uuid) {
                Some(known) if known.instances.is_some() => {}
                // not told yet: the first that is told is compared
                Some(known) => {
                    known.mode = known.mode.or(before.mode);
                    known.instances = before.instances;
                    known.by_device = before.by_device;
                    self.unwatched.insert(before.uuid);
                }
                None => {
                    self.unwatched.insert(before.uuid.clone());
                    self.known.gpus.push(before);
                }
            }
        }
    }
}

/// An event of a GPU.
fn of(gpu: &KnownGpu, at: Timestamp, what: Happening, seen: Seen) -> Event {
    Event {
        n: 0,
        at,
        gpu: Some(gpu.uuid.clone()),
        index: Some(gpu.index),
        what,
        seen,
    }
}

/// What has changed on one GPU, as seen by a watch. Of what could not be read before or now, nothing is said.
fn differences(before: &KnownGpu, now: &KnownGpu, at: Timestamp) -> Vec<Event> {
    let mut found = Vec::new();
    if let (Some(was), Some(is)) = (before.mode, now.mode)
        && was != is
    {
        let mode = Happening::ModeChanged {
            current: is.current,
            pending: is.pending,
        };
        found.push(of(now, at, mode, Seen::Watched));
    }
    let (Some(was), Some(is)) = (&before.instances, &now.instances) else {
        return found;
    };
    // two kinds of lists do not hold the same instances
    if before.by_device != now.by_device {
        return found;
    }
    let same = |a: &KnownInstance, b: &KnownInstance| a.gi == b.gi && a.life.goes_on_as(&b.life);
    for old in was
        .iter()
        .filter(|old| !is.iter().any(|new| same(old, new)))
    {
        let (gi, profile, placement) = (old.gi, old.profile.clone(), placement(old));
        let gone = if now.by_device {
            Happening::InstanceUnlisted {
                gi,
                profile,
                placement,
            }
        } else {
            Happening::InstanceVanished {
                gi,
                profile,
                placement,
            }
        };
        found.push(of(now, at, gone, Seen::Watched));
    }
    for new in is {
        match was.iter().find(|old| same(old, new)) {
            None => {
                let what = Happening::InstanceAppeared {
                    gi: new.gi,
                    profile: new.profile.clone(),
                    placement: placement(new),
                };
                // the probe knows better when
                let at = new.life.appeared.filter(|t| *t <= at).unwrap_or(at);
                found.push(of(now, at, what, Seen::Watched));
            }
            Some(old) if old.cis != new.cis => {
                let what = Happening::ComputeChanged {
                    gi: new.gi,
                    before: old.cis,
                    after: new.cis,
                };
                found.push(of(now, at, what, Seen::Watched));
            }
            Some(_) => {}
        }
    }
    found
}

fn placement(instance: &KnownInstance) -> Option<Placement> {
    instance.life.placement
}

/// Whether calls to GPUs come back.
#[derive(Debug, Default)]
pub(super) struct Calls(BTreeMap<u32, Trouble>);

/// What has been told of a GPU's trouble; a retry that hangs again is the same trouble.
#[derive(Clone, Copy, Default, Debug)]
struct Trouble {
    hung: bool,
    failing: bool,
}

impl Calls {
    pub(super) fn look(&mut self, node: &Node, record: &mut Record) {
        for gpu in &node.gpus {
            let told = self.0.entry(gpu.index).or_default();
            let (at, what) = match &gpu.calls {
                CallState::Hung { since, call } if !told.hung => {
                    told.hung = true;
                    let call = call.clone();
                    (*since, Happening::CallHung { call })
                }
                CallState::Resting { since, why, .. } | CallState::Failing { since, why }
                    if !told.failing && !told.hung =>
                {
                    told.failing = true;
                    let why = why.text.clone();
                    (*since, Happening::CallsFail { why })
                }
                CallState::Answering | CallState::Slow { .. } if told.hung || told.failing => {
                    // a probe that has just begun has not asked it yet
                    if gpu.sampled.is_none() {
                        continue;
                    }
                    *told = Trouble::default();
                    (node.at, Happening::CallsAnswer)
                }
                _ => continue,
            };
            record.push(Event {
                n: 0,
                at,
                gpu: gpu.uuid().cloned(),
                index: Some(gpu.index),
                what,
                seen: Seen::Watched,
            });
        }
    }
}
