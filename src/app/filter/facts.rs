//! What there is to ask of a row and of what is on it.

use std::borrow::Cow;

use jiff::Timestamp;

use super::evaluate::Truth;
use super::field::Field;
use super::term::{Property, Unit};
use crate::app::activity;
use crate::app::occupant::{self, Since};
use crate::app::on_slot;
use crate::app::rows::holding;
use crate::app::rows::{Item, concerns, gpu_of, slot_of};
use crate::domain::finding::Severity;
use crate::domain::fleet::{Gpu, Node, PodLink, SlotState};
use crate::domain::ids::Pid;
use crate::domain::metric::Metric;
use crate::domain::observation::{CallState, Health};
use crate::domain::reading::AbsentCode;
use crate::domain::units::Bytes;
use crate::domain::xid_catalog::meaning_of;

mod says;

/// A pod's namespace, if known, and its name or what else is known of it.
type NamedPod<'a> = (Option<Cow<'a, str>>, Cow<'a, str>);

/// One thing that can be asked: a row, or something on it.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    of: Cow<'a, Item<'a>>,
}

impl<'a> Facts<'a> {
    /// The thing itself, then what is on it.
    pub(super) fn of(item: &'a Item<'a>) -> Vec<Self> {
        let mut all = vec![Self {
            of: Cow::Borrowed(item),
        }];
        let mut put = |item| {
            all.push(Self {
                of: Cow::Owned(item),
            });
        };
        match item {
            Item::Node(node) => {
                for gpu in &node.gpus {
                    put(Item::Gpu(node, gpu));
                    gpu.slots.iter().for_each(|s| put(Item::Slot(node, gpu, s)));
                }
            }
            Item::Gpu(node, gpu) => {
                gpu.slots.iter().for_each(|s| put(Item::Slot(node, gpu, s)));
            }
            _ => {}
        }
        all
    }

    fn node(&self) -> &'a Node {
        self.of.node()
    }

    /// The GPU that it is or is on, whose temperature and power are its own too.
    fn board(&self) -> Option<&'a Gpu> {
        match &*self.of {
            Item::Gpu(_, gpu) | Item::Slot(_, gpu, _) => Some(gpu),
            _ => None,
        }
    }

    /// The state of an instance, or of a GPU that is used as one piece; of a GPU with instances they are asked.
    fn state(&self) -> Option<SlotState> {
        match &*self.of {
            Item::Slot(.., slot) => Some(slot.state),
            Item::Gpu(_, gpu) => gpu.whole.as_ref().map(|w| w.state),
            _ => None,
        }
    }

    /// Whether a property holds; `None` for things that have no such property.
    pub(super) fn is(&self, property: Property) -> Option<Truth> {
        let hardware = matches!(&*self.of, Item::Node(_) | Item::Gpu(..) | Item::Slot(..));
        let state = |wanted| {
            hardware.then(|| {
                self.state()
                    .map_or(Truth::Absent, |s| Truth::of(s == wanted))
            })
        };
        match property {
            Property::Busy => state(SlotState::Busy),
            Property::Allocated | Property::Idle => state(SlotState::Allocated),
            Property::Free => state(SlotState::Free),
            Property::NoCi => state(SlotState::NoCi),
            Property::Sick => state(SlotState::Sick),
            Property::Unknown => state(SlotState::Unknown),
            Property::Pod => self.has_pod(),
            Property::Process => self.has_process(),
            Property::Pending => hardware.then(|| {
                let mig = self.board().and_then(|g| g.inventory.value()?.mig.value());
                mig.map_or(Truth::Absent, |m| Truth::of(m.current != m.pending))
            }),
            Property::Hung => match &*self.of {
                Item::Node(node) => Some(Truth::of(
                    node.sources
                        .iter()
                        .any(|s| matches!(s.health, Health::Hung { .. })),
                )),
                Item::Gpu(_, gpu) | Item::Slot(_, gpu, _) => {
                    Some(Truth::of(matches!(gpu.calls, CallState::Hung { .. })))
                }
                _ => None,
            },
        }
    }

    fn has_pod(&self) -> Option<Truth> {
        let node = self.node();
        let among = |pods: &[PodLink]| {
            let untold = node
                .allocations
                .reason()
                .is_some_and(|why| why.code != AbsentCode::NoSource);
            match pods {
                [] if untold => Truth::Absent,
                pods => Truth::of(!pods.is_empty()),
            }
        };
        Some(match &*self.of {
            Item::Slot(.., slot) => among(&slot.pods),
            Item::Gpu(_, gpu) => match &gpu.whole {
                Some(whole) => among(&whole.pods),
                None => Truth::Absent,
            },
            Item::Node(_) => Truth::Absent,
            Item::Xid(node, xid) => {
                let slot = gpu_of(node, xid).and_then(|g| slot_of(node, g, xid));
                slot.map_or(Truth::Absent, |s| among(&s.pods))
            }
            Item::Holder(_, holding) => match holding.process {
                Some(process) => Truth::of(process.pod.is_some()),
                None => Truth::Absent,
            },
            Item::Event(..) | Item::Finding(..) => return None,
        })
    }

    fn has_process(&self) -> Option<Truth> {
        let told = |gpu: &Gpu, any: bool| {
            if any {
                Truth::Yes
            } else if gpu.processes.value().is_some() {
                Truth::No
            } else {
                Truth::Absent
            }
        };
        Some(match &*self.of {
            Item::Slot(_, gpu, slot) => told(
                gpu,
                on_slot::processes(gpu, &slot.instance).next().is_some(),
            ),
            Item::Gpu(_, gpu) if gpu.slots.is_empty() => {
                told(gpu, gpu.processes.value().is_some_and(|p| !p.is_empty()))
            }
            Item::Gpu(..) | Item::Node(_) => Truth::Absent,
            Item::Holder(_, holding) => Truth::of(holding.pid.is_some()),
            Item::Xid(_, xid) => Truth::of(xid.pid.is_some()),
            Item::Event(..) | Item::Finding(..) => return None,
        })
    }

    /// Seconds of being idle, and whether it was seen to begin.
    pub(super) fn idle(&self) -> Option<(f64, bool)> {
        let Item::Slot(node, _, slot) = &*self.of else {
            return None;
        };
        let idle = slot.idle?;
        Some((seconds(idle.since, node.at), idle.exact))
    }

    /// Values of a field in its base unit: per cent, bytes (where `unit` is one of sizes), seconds. Empty: absent.
    pub(super) fn numbers(&self, field: Field, unit: Unit) -> Vec<f64> {
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
            Field::Age => one(self.since().map(|since| seconds(since, node.at))),
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
            Item::Slot(..) | Item::Event(..) | Item::Holder(..) => None,
        }
    }

    fn counts(&self, field: Field) -> Vec<u32> {
        match field {
            Field::Gpu => self.gpus(),
            Field::Gi => self.gis(),
            Field::Ci => self.cis(),
            Field::Pid => self.pids().iter().map(|p| p.0).collect(),
            Field::Xid => self.xids(),
            _ => Vec::new(),
        }
    }

    fn gpus(&self) -> Vec<u32> {
        match &*self.of {
            Item::Gpu(_, gpu) | Item::Slot(_, gpu, _) => vec![gpu.index],
            Item::Xid(node, xid) => gpu_of(node, xid).map(|g| g.index).into_iter().collect(),
            Item::Event(_, event) => event.index.into_iter().collect(),
            Item::Holder(node, holding) => holding.gpus(node).into_iter().collect(),
            Item::Finding(node, finding) if finding.subject != node.name => node
                .gpus
                .iter()
                .map(|g| g.index)
                .filter(|index| concerns(node, *index, &finding.subject))
                .collect(),
            Item::Finding(..) | Item::Node(_) => Vec::new(),
        }
    }

    fn gis(&self) -> Vec<u32> {
        use crate::domain::event::Happening as H;
        match &*self.of {
            Item::Slot(.., slot) => vec![slot.instance.gi.0],
            Item::Xid(_, xid) => xid.gi.iter().map(|gi| gi.0).collect(),
            Item::Event(_, event) => match &event.what {
                H::InstanceAppeared { gi, .. }
                | H::InstanceVanished { gi, .. }
                | H::InstanceUnlisted { gi, .. }
                | H::ComputeChanged { gi, .. } => vec![gi.0],
                _ => Vec::new(),
            },
            Item::Holder(_, holding) => holding
                .records
                .iter()
                .filter_map(|h| Some(h.gi?.0))
                .collect(),
            Item::Finding(_, finding) => {
                let gi = finding.subject.split_once(" gi ").map(|(_, gi)| gi);
                gi.and_then(|gi| gi.parse().ok()).into_iter().collect()
            }
            Item::Gpu(..) | Item::Node(_) => Vec::new(),
        }
    }

    fn cis(&self) -> Vec<u32> {
        match &*self.of {
            Item::Slot(.., slot) => slot.instance.cis.iter().map(|c| c.ci.0).collect(),
            Item::Xid(_, xid) => xid.ci.iter().map(|ci| ci.0).collect(),
            Item::Holder(_, holding) => holding
                .records
                .iter()
                .filter_map(|h| Some(h.ci?.0))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn pids(&self) -> Vec<Pid> {
        match &*self.of {
            Item::Slot(node, gpu, slot) => {
                let mut pids: Vec<Pid> = on_slot::processes(gpu, &slot.instance)
                    .map(|p| p.pid)
                    .collect();
                pids.extend(on_slot::openers(node, gpu, slot));
                pids
            }
            // those of instances are asked there
            Item::Gpu(_, gpu) => {
                let all = gpu.processes.value().into_iter().flatten();
                all.filter(|p| p.gi.is_none()).map(|p| p.pid).collect()
            }
            Item::Xid(_, xid) => xid.pid.into_iter().collect(),
            Item::Holder(_, holding) => holding.pid.into_iter().collect(),
            Item::Node(_) | Item::Event(..) | Item::Finding(..) => Vec::new(),
        }
    }

    fn xids(&self) -> Vec<u32> {
        match &*self.of {
            Item::Xid(_, xid) => vec![xid.code],
            Item::Node(node) => node.xids.iter().map(|x| x.code).collect(),
            Item::Gpu(node, gpu) => {
                let own = |x: &&crate::domain::xid::XidEvent| x.pci.is_some() && x.pci == gpu.pci();
                node.xids.iter().filter(own).map(|x| x.code).collect()
            }
            Item::Slot(node, gpu, slot) => node
                .xids
                .iter()
                .filter(|x| x.pci.is_some() && x.pci == gpu.pci())
                .filter(|x| {
                    slot_of(node, gpu, x).is_some_and(|s| s.instance.gi == slot.instance.gi)
                })
                .map(|x| x.code)
                .collect(),
            Item::Finding(_, finding) => number_after(&finding.text, "Xid ").into_iter().collect(),
            Item::Event(..) | Item::Holder(..) => Vec::new(),
        }
    }

    /// Names of a field; `None`: absent. An empty list is known to be empty.
    pub(super) fn names(&self, field: Field) -> Option<Vec<Cow<'a, str>>> {
        let node = self.node();
        let some = |name: &'a str| Some(vec![Cow::Borrowed(name)]);
        match field {
            Field::Node => some(&node.name),
            Field::Profile => match &*self.of {
                Item::Slot(.., slot) => some(slot.instance.profile.value()?),
                _ => None,
            },
            Field::State => {
                let state = self.state()?;
                some(says::state(state))
            }
            Field::Namespace => {
                let pods = self.pods()?;
                Some(
                    pods.into_iter()
                        .filter_map(|(namespace, _)| namespace)
                        .collect(),
                )
            }
            Field::Pod => Some(self.pods()?.into_iter().map(|(_, name)| name).collect()),
            Field::User => self.processes(|p| p.user.value().map(|u| u.as_str())),
            Field::Command => match &*self.of {
                Item::Holder(_, holding) if holding.module.is_some() => some(holding.module?),
                Item::Xid(_, xid) => some(xid.name.as_ref()?),
                _ => self.processes(|p| Some(&p.command)),
            },
            Field::Unit => self.processes(|p| p.unit.as_ref().map(|u| u.as_str())),
            Field::Uuid => match &*self.of {
                Item::Slot(_, gpu, slot) => {
                    let cis = slot.instance.cis.iter();
                    let mut all: Vec<Cow<'_, str>> = cis
                        .filter_map(|c| c.uuid.value())
                        .map(|u| Cow::Borrowed(u.as_str()))
                        .collect();
                    all.extend(gpu.uuid().map(|u| Cow::Borrowed(u.as_str())));
                    (!all.is_empty()).then_some(all)
                }
                _ => some(self.of.gpu()?.uuid()?.as_str()),
            },
            Field::Model => some(says::model(self.of.gpu()?)?),
            Field::How => match &*self.of {
                Item::Holder(_, holding) => some(holding.how.word()),
                _ => None,
            },
            Field::Rule => match &*self.of {
                Item::Finding(_, finding) => some(&finding.id),
                _ => None,
            },
            Field::Gpu | Field::Gi | Field::Ci | Field::Pid | Field::Xid => {
                let counts = self.counts(field);
                (!counts.is_empty())
                    .then(|| counts.iter().map(|n| Cow::Owned(n.to_string())).collect())
            }
            _ => None,
        }
    }

    /// Namespace, if known, and `namespace/name` or what else is known of each pod.
    fn pods(&self) -> Option<Vec<NamedPod<'a>>> {
        let named = |pods: &'a [PodLink]| -> Vec<NamedPod<'a>> {
            pods.iter()
                .map(|p| {
                    let namespace = p.namespace.as_ref().map(|n| Cow::Borrowed(n.as_str()));
                    let name = match &p.name {
                        Some(name) => Cow::Borrowed(name.as_str()),
                        None => Cow::Owned(occupant::pod_name(p).to_string()),
                    };
                    (namespace, name)
                })
                .collect()
        };
        if self.has_pod()? == Truth::Absent {
            return None;
        }
        match &*self.of {
            Item::Slot(.., slot) => Some(named(&slot.pods)),
            Item::Gpu(_, gpu) => Some(named(&gpu.whole.as_ref()?.pods)),
            Item::Xid(node, xid) => Some(named(&slot_of(node, gpu_of(node, xid)?, xid)?.pods)),
            Item::Holder(node, holding) => {
                let Some(uid) = &holding.process?.pod else {
                    return Some(Vec::new());
                };
                let full = holding::pod_of(node, uid);
                Some(vec![match full.split_once('/') {
                    Some((namespace, name)) => (
                        Some(Cow::Owned(namespace.to_owned())),
                        Cow::Owned(name.to_owned()),
                    ),
                    None => (None, Cow::Owned(full)),
                }])
            }
            _ => None,
        }
    }

    /// Something of each process; those that /proc does not show have none.
    fn processes(
        &self,
        of: impl Fn(&'a crate::domain::process::HostProcess) -> Option<&'a str>,
    ) -> Option<Vec<Cow<'a, str>>> {
        if self.has_process()? == Truth::Absent {
            return None;
        }
        let node = self.node();
        let shown = self
            .pids()
            .into_iter()
            .filter_map(|pid| on_slot::host_process(node, pid));
        Some(shown.filter_map(of).map(Cow::Borrowed).collect())
    }
}

fn seconds(since: Timestamp, now: Timestamp) -> f64 {
    now.duration_since(since).as_secs_f64().max(0.0)
}

/// The number that stands after a word.
fn number_after(text: &str, word: &str) -> Option<u32> {
    let (_, rest) = text.split_once(word)?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    rest[..end].parse().ok()
}
