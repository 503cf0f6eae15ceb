//! What rows are compared by.

use std::cmp::{Ordering, Reverse};

use super::Column;
use crate::app::activity;
use crate::app::occupant::{self, Since, Who};
use crate::app::rows::Item;
use crate::domain::finding::Severity;
use crate::domain::fleet::{Gpu, Slot, SlotState};
use crate::domain::units::Bytes;
use crate::domain::xid_catalog::meaning_of;

/// Absent first asks whether there is a key at all: that is never reversed.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Placed {
    pub(super) absent: bool,
    pub(super) key: Way,
}

/// All keys of one sort are of one way.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    Up(Key),
    Down(Reverse<Key>),
}

/// What rows are compared by.
#[derive(PartialEq, Debug)]
pub(super) enum Key {
    Number(f64),
    Words(String),
    Path(String, f64, f64),
    Absent,
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Words(a), Self::Words(b)) => a.cmp(b),
            (Self::Path(a, x, p), Self::Path(b, y, q)) => {
                a.cmp(b).then(x.total_cmp(y)).then(p.total_cmp(q))
            }
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl Key {
    const fn rank(&self) -> u8 {
        match self {
            Self::Number(_) => 0,
            Self::Words(_) => 1,
            Self::Path(..) => 2,
            Self::Absent => 3,
        }
    }

    fn number(value: Option<f64>) -> Self {
        value.map_or(Self::Absent, Self::Number)
    }

    fn words(value: Option<&str>) -> Self {
        match value {
            Some(text) if !text.is_empty() => Self::Words(text.to_lowercase()),
            _ => Self::Absent,
        }
    }
}

pub(super) fn key(column: Column, item: &Item<'_>) -> Key {
    match column {
        Column::Restarts => Key::number(match item {
            Item::Pod(pod) => pod.facts.and_then(|f| f.restarts).map(f64::from),
            _ => None,
        }),
        Column::Node => Key::words(Some(&item.node().name)),
        Column::Gpu => gpu_place(item),
        Column::Place => Key::number(slot(item).and_then(start)),
        Column::Profile => match item {
            Item::Slot(.., slot) => Key::words(slot.instance.profile.value().map(|p| p.as_str())),
            _ => Key::Absent,
        },
        Column::State if let Item::Pod(pod) = item => {
            Key::words(pod.facts.map(|f| f.status().as_str()))
        }
        Column::State => Key::number(state(item).map(|s| f64::from(rank(s)))),
        Column::Memory => Key::number(memory_percent(item)),
        Column::Activity => Key::number(busyness(item)),
        Column::Temperature => {
            let fast = gpu(item).and_then(|g| g.fast.as_ref());
            Key::number(
                fast.and_then(|f| f.temperature_c.value())
                    .map(|t| f64::from(*t)),
            )
        }
        Column::Power => {
            let fast = gpu(item).and_then(|g| g.fast.as_ref());
            Key::number(fast.and_then(|f| f.power_mw.value()).map(|t| f64::from(*t)))
        }
        Column::Busy => Key::number(count(item, SlotState::Busy)),
        Column::Idle => idle(item),
        Column::Who => who(item),
        Column::Since => since(item),
        Column::Time => Key::number(match item {
            Item::Xid(_, xid) => Some(xid.at.as_microsecond() as f64),
            Item::Event(_, event) => Some(event.at.as_microsecond() as f64),
            _ => None,
        }),
        Column::Code => match item {
            Item::Xid(_, xid) => Key::Number(f64::from(xid.code)),
            _ => Key::Absent,
        },
        Column::Severity => Key::number(severity(item).map(|s| f64::from(s as u8))),
        Column::Findings => match item {
            Item::Node(node) => {
                let worst = |s| node.findings.iter().filter(|f| f.severity == s).count() as f64;
                Key::Number(worst(Severity::Danger) * 1e6 + worst(Severity::Caution) * 1e3)
            }
            _ => Key::Absent,
        },
        Column::How => match item {
            Item::Holder(_, holding) => Key::Number(f64::from(holding.how as u8)),
            _ => Key::Absent,
        },
        Column::Pid => Key::number(match item {
            Item::Holder(_, holding) => holding.pid.map(|p| f64::from(p.0)),
            Item::Xid(_, xid) => xid.pid.map(|p| f64::from(p.0)),
            _ => None,
        }),
        Column::User => match item {
            Item::Holder(_, holding) => {
                let user = holding.process.and_then(|p| p.user.value());
                Key::words(user.map(|u| u.as_str()))
            }
            _ => Key::Absent,
        },
        Column::Command => match item {
            Item::Holder(_, holding) => Key::words(
                holding
                    .process
                    .map(|p| occupant::program(&p.command))
                    .or(holding.module.map(|m| m.as_str())),
            ),
            _ => Key::Absent,
        },
        Column::Rule => match item {
            Item::Finding(_, finding) => Key::words(Some(&finding.id)),
            _ => Key::Absent,
        },
    }
}

fn slot<'a>(item: &Item<'a>) -> Option<&'a Slot> {
    match item {
        Item::Slot(.., slot) => Some(slot),
        _ => None,
    }
}

fn gpu<'a>(item: &Item<'a>) -> Option<&'a Gpu> {
    item.gpu()
}

fn start(slot: &Slot) -> Option<f64> {
    slot.instance.placement.value().map(|p| f64::from(p.start))
}

/// Node, GPU, slice: the way from the largest to the smallest.
fn gpu_place(item: &Item<'_>) -> Key {
    let node = item.node();
    let index = match item {
        Item::Holder(_, holding) => holding.gpus(node).first().copied(),
        Item::Finding(_, finding) => node.gpus.iter().map(|g| g.index).find(|g| {
            finding.subject != node.name && crate::app::rows::concerns(node, *g, &finding.subject)
        }),
        _ => item.gpu().map(|g| g.index),
    };
    match index {
        Some(index) => Key::Path(
            node.name.to_lowercase(),
            f64::from(index),
            match item {
                Item::Pod(pod) => pod.devices().first().and_then(|h| start(h.slot?)),
                _ => slot(item).and_then(start),
            }
            .unwrap_or(-1.0),
        ),
        None => Key::Absent,
    }
}

fn state(item: &Item<'_>) -> Option<SlotState> {
    match item {
        Item::Slot(.., slot) => Some(slot.state),
        Item::Gpu(_, gpu) => gpu.whole.as_ref().map(|w| w.state),
        _ => None,
    }
}

/// What needs attention first.
const fn rank(state: SlotState) -> u8 {
    match state {
        SlotState::Sick => 0,
        SlotState::Unknown => 1,
        SlotState::NoCi => 2,
        SlotState::Busy => 3,
        SlotState::Allocated => 4,
        SlotState::Free => 5,
    }
}

fn share(used: Option<&Bytes>, total: Option<&Bytes>) -> Option<f64> {
    match (used, total) {
        (Some(used), Some(total)) if total.0 > 0 => Some(100.0 * used.0 as f64 / total.0 as f64),
        _ => None,
    }
}

/// Memory in use, per cent.
pub fn memory_percent(item: &Item<'_>) -> Option<f64> {
    let of_gpu = |gpu: &Gpu| {
        let fast = gpu.fast.as_ref()?;
        share(fast.memory_used.value(), fast.memory_total.value())
    };
    match item {
        Item::Slot(.., slot) => {
            let sample = slot.sample.as_ref()?;
            share(sample.memory_used.value(), sample.memory_total.value())
        }
        Item::Gpu(_, gpu) => of_gpu(gpu),
        Item::Node(node) => mean(node.gpus.iter().map(of_gpu)),
        _ => None,
    }
}

fn busyness(item: &Item<'_>) -> Option<f64> {
    match item {
        Item::Slot(node, _, slot) => activity::of(slot, activity::column(*node)).value(),
        Item::Gpu(node, gpu) => activity::of_gpu(gpu, activity::column(*node)).value(),
        Item::Node(node) => {
            let metric = activity::column(*node);
            mean(
                node.gpus
                    .iter()
                    .map(|g| activity::of_gpu(g, metric).value()),
            )
        }
        _ => None,
    }
}

/// Of those that have a value.
fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let (mut sum, mut n) = (0.0, 0);
    for value in values.flatten() {
        sum += value;
        n += 1;
    }
    (n > 0).then(|| sum / f64::from(n))
}

fn count(item: &Item<'_>, state: SlotState) -> Option<f64> {
    let of_gpu = |gpu: &Gpu| {
        let whole = gpu.whole.as_ref().is_some_and(|w| w.state == state);
        gpu.slots.iter().filter(|s| s.state == state).count() + usize::from(whole)
    };
    match item {
        Item::Node(node) => Some(node.gpus.iter().map(of_gpu).sum::<usize>() as f64),
        Item::Gpu(_, gpu) => Some(of_gpu(gpu) as f64),
        _ => None,
    }
}

/// The longest idle first, which is the earliest start: of hosts and GPUs their longest idle instance.
fn idle(item: &Item<'_>) -> Key {
    let of_slot = |slot: &Slot| slot.idle.map(|i| -(i.since.as_second() as f64));
    let of_gpu = |gpu: &Gpu| gpu.slots.iter().filter_map(of_slot).max_by(f64::total_cmp);
    Key::number(match item {
        Item::Slot(.., slot) => of_slot(slot),
        Item::Gpu(_, gpu) => of_gpu(gpu),
        Item::Node(node) => node.gpus.iter().filter_map(of_gpu).max_by(f64::total_cmp),
        _ => None,
    })
}

fn who(item: &Item<'_>) -> Key {
    let found = match item {
        Item::Slot(node, gpu, slot) => occupant::of_slot(node, gpu, slot),
        Item::Gpu(node, gpu) => occupant::of_whole(node, gpu),
        Item::Pod(pod) => return Key::words(Some(&crate::app::pods::name(pod))),
        _ => return Key::Absent,
    };
    match found.who {
        Who::Pod(_) | Who::Process { .. } => Key::words(Some(&found.cell())),
        Who::Nobody | Who::Unknown(_) => Key::Absent,
    }
}

/// The oldest first.
fn since(item: &Item<'_>) -> Key {
    let at = match item {
        Item::Slot(node, gpu, slot) => occupant::of_slot(node, gpu, slot).since.map(time),
        Item::Gpu(node, gpu) => occupant::of_whole(node, gpu).since.map(time),
        Item::Holder(_, holding) => holding.process.and_then(|p| p.started.value().copied()),
        Item::Pod(pod) => pod.facts.and_then(|f| f.created),
        _ => None,
    };
    Key::number(at.map(|at| -(at.as_second() as f64)))
}

const fn time(since: Since) -> jiff::Timestamp {
    match since {
        Since::Started(at) | Since::Appeared(at) => at,
        Since::Idle(idle) => idle.since,
    }
}

fn severity(item: &Item<'_>) -> Option<Severity> {
    match item {
        Item::Finding(_, finding) => Some(finding.severity),
        Item::Xid(_, xid) => meaning_of(xid).map(|m| m.severity.severity()),
        _ => None,
    }
}
