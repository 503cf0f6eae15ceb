//! What can be more or less: memory, activity, times, severity.

use jiff::Timestamp;

use super::Facts;
use crate::app::activity;
use crate::app::filter::field::Field;
use crate::app::filter::term::Unit;
use crate::app::occupant::{self, Since};
use crate::app::rows::{Item, concerns};
use crate::domain::finding::Severity;
use crate::domain::metric::Metric;
use crate::domain::units::Bytes;
use crate::domain::xid_catalog::meaning_of;

impl Facts<'_> {
    /// Seconds of being idle, and whether it was seen to begin.
    pub(in crate::app::filter) fn idle(&self) -> Option<(f64, bool)> {
        let Item::Slot(node, _, slot) = &*self.of else {
            return None;
        };
        let idle = slot.idle?;
        Some((seconds(idle.since, node.at), idle.exact))
    }

    /// Values of a field in its base unit: per cent, bytes (where `unit` is one of sizes), seconds. Empty: absent.
    pub(in crate::app::filter) fn numbers(&self, field: Field, unit: Unit) -> Vec<f64> {
        let node = self.node();
        let one = |value: Option<f64>| value.into_iter().collect();
        match field {
            Field::Mem => one(self.memory(unit)),
            Field::Sm => one(self.activity(Metric::SmActive)),
            Field::Gr => one(self.activity(Metric::GrActive)),
            Field::Util => one(match &*self.of {
                Item::Slot(.., slot) => activity::of(slot, Metric::SmActive).value(),
                Item::Gpu(_, gpu) if gpu.slots.is_empty() => {
                    activity::of_gpu(gpu, Metric::GpuUtilization).value()
                }
                _ => None,
            }),
            Field::Temp => {
                let fast = self.board().and_then(|g| g.fast.as_ref());
                one(fast
                    .and_then(|f| f.temperature_c.value())
                    .map(|t| f64::from(*t)))
            }
            Field::Power => {
                let fast = self.board().and_then(|g| g.fast.as_ref());
                one(fast
                    .and_then(|f| f.power_mw.value())
                    .map(|p| f64::from(*p) / 1000.0))
            }
            Field::Idle => one(self.idle().map(|(seconds, _)| seconds)),
            Field::Age => {
                let now = match &*self.of {
                    Item::Pod(pod) => pod.at,
                    _ => node.at,
                };
                one(self.since().map(|since| seconds(since, now)))
            }
            Field::Severity => one(self.severity().map(|s| f64::from(s as u8))),
            Field::Gpu | Field::Gi | Field::Ci | Field::Pid | Field::Xid => {
                self.counts(field).into_iter().map(f64::from).collect()
            }
            _ => Vec::new(),
        }
    }

    fn memory(&self, unit: Unit) -> Option<f64> {
        let (used, total): (&Bytes, Option<&Bytes>) = match &*self.of {
            Item::Slot(.., slot) => {
                let sample = slot.sample.as_ref()?;
                (sample.memory_used.value()?, sample.memory_total.value())
            }
            Item::Gpu(_, gpu) => {
                let fast = gpu.fast.as_ref()?;
                (fast.memory_used.value()?, fast.memory_total.value())
            }
            _ => return None,
        };
        match unit {
            Unit::Percent => {
                let total = total.filter(|t| t.0 > 0)?;
                Some(100.0 * used.0 as f64 / total.0 as f64)
            }
            _ => Some(used.0 as f64),
        }
    }

    /// Of this metric and no other.
    fn activity(&self, metric: Metric) -> Option<f64> {
        let Item::Slot(.., slot) = &*self.of else {
            return None;
        };
        let found = activity::of(slot, metric);
        if found.other_kind {
            None
        } else {
            found.value()
        }
    }

    fn since(&self) -> Option<Timestamp> {
        match &*self.of {
            Item::Node(node) => node.host.as_ref()?.booted.value().copied(),
            Item::Gpu(node, gpu) => match occupant::of_whole(node, gpu).since? {
                Since::Started(at) | Since::Appeared(at) => Some(at),
                Since::Idle(_) => None,
            },
            Item::Slot(node, gpu, slot) => match occupant::of_slot(node, gpu, slot).since {
                Some(Since::Started(at) | Since::Appeared(at)) => Some(at),
                // how long nobody works on it is asked by another name
                Some(Since::Idle(_)) | None => slot.instance.appeared,
            },
            Item::Xid(_, xid) => Some(xid.at),
            Item::Event(_, event) => Some(event.at),
            Item::Holder(_, holding) => holding.process?.started.value().copied(),
            Item::Pod(pod) => pod.facts?.created,
            Item::Finding(..) => None,
        }
    }

    fn severity(&self) -> Option<Severity> {
        match &*self.of {
            Item::Finding(_, finding) => Some(finding.severity),
            Item::Xid(_, xid) => meaning_of(xid).map(|m| m.severity.severity()),
            Item::Node(node) => node.findings.iter().map(|f| f.severity).max(),
            Item::Gpu(node, gpu) => node
                .findings
                .iter()
                .filter(|f| f.subject != node.name && concerns(node, gpu.index, &f.subject))
                .map(|f| f.severity)
                .max(),
            Item::Slot(..) | Item::Event(..) | Item::Holder(..) | Item::Pod(_) => None,
        }
    }
}

fn seconds(since: Timestamp, now: Timestamp) -> f64 {
    now.duration_since(since).as_secs_f64().max(0.0)
}
