//! Since when nobody has worked on an instance: never longer than somebody watched.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::domain::fleet::{Gpu, Idle, Node, Slot, SlotState};
use crate::domain::ids::{GiId, GpuUuid};
use crate::domain::life::Life;
use crate::store::memory::Work;

/// In a longer hole between two looks a job may have run unseen, and nothing is said of the time before it. The console
/// that is started again within it goes on where the last one ended.
const HOLE: SignedDuration = SignedDuration::from_secs(60);

/// Work on the instances of a node.
#[derive(Debug, Default)]
pub(super) struct Workers(BTreeMap<(GpuUuid, GiId), Work>);

impl Workers {
    /// Takes in who works now, and says of each instance since when nobody does.
    pub(super) fn look(&mut self, node: &mut Node) {
        let mut known = std::mem::take(&mut self.0);
        for gpu in &mut node.gpus {
            let (Some(uuid), Some(at)) = (gpu.uuid().cloned(), gpu.sampled) else {
                continue;
            };
            let told = processes_are_told(gpu);
            let busy: Vec<bool> = gpu.slots.iter().map(|s| is_busy(gpu, s)).collect();
            for (slot, busy) in gpu.slots.iter_mut().zip(busy) {
                let key = (uuid.clone(), slot.instance.gi);
                let before = known.remove(&key);
                let sight = if busy {
                    Sight::Busy
                } else if told {
                    Sight::Idle
                } else {
                    Sight::Nothing
                };
                let (work, idle) = follow(before, &key, slot, sight, at);
                slot.idle = idle;
                self.0.extend(work.map(|work| (key, work)));
            }
            if gpu.inventory.value().is_some() {
                // listed no more: an id that comes back is another instance
                known.retain(|(of, _), _| *of != uuid);
            }
        }
        // GPUs that told nothing this time
        self.0.append(&mut known);
    }

    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// Takes in what an earlier console saw.
    pub(super) fn remember(&mut self, logged: Vec<Work>) {
        for old in logged {
            let key = (old.gpu.clone(), old.gi);
            match self.0.get_mut(&key) {
                None => {
                    self.0.insert(key, old);
                }
                Some(now) => {
                    let hole = now.since.duration_since(old.seen);
                    if old.life.goes_on_as(&now.life) && hole <= HOLE && old.since < now.since {
                        now.since = old.since;
                        now.busy = now.busy.or(old.busy);
                    }
                }
            }
        }
    }

    pub(super) fn all(&self) -> Vec<Work> {
        self.0.values().cloned().collect()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sight {
    Busy,
    Idle,
    /// Who works there could not be read.
    Nothing,
}

fn follow(
    before: Option<Work>,
    (gpu, gi): &(GpuUuid, GiId),
    slot: &Slot,
    sight: Sight,
    at: Timestamp,
) -> (Option<Work>, Option<Idle>) {
    let life = Life::of(&slot.instance);
    let before = before.filter(|work| work.life.goes_on_as(&life));
    if sight == Sight::Nothing {
        return (before, None);
    }
    let before = before.filter(|work| at.duration_since(work.seen) <= HOLE);
    let (since, busy) = match &before {
        Some(work) => (work.since, work.busy),
        // before it was there nobody worked on it
        None => (life.appeared.filter(|t| *t <= at).unwrap_or(at), None),
    };
    let busy = if sight == Sight::Busy { Some(at) } else { busy };
    let idle = (sight == Sight::Idle).then(|| Idle {
        since: busy.unwrap_or(since),
        exact: busy.is_some(),
    });
    let work = Work {
        gpu: gpu.clone(),
        gi: *gi,
        life,
        since,
        seen: at,
        busy,
    };
    (Some(work), idle)
}

fn is_busy(gpu: &Gpu, slot: &Slot) -> bool {
    let gi = Some(slot.instance.gi);
    let mut processes = gpu.processes.value().into_iter().flatten();
    slot.state == SlotState::Busy || processes.any(|p| p.gi == gi)
}

/// Whether a process that is not in the list is not there: drivers before R460 do not say on which instance one is.
fn processes_are_told(gpu: &Gpu) -> bool {
    let list = gpu.processes.value();
    list.is_some_and(|all| all.iter().all(|process| process.gi.is_some()))
}
