//! What has a name: hosts, profiles, pods, users, commands.

use std::borrow::Cow;

use super::{Facts, says};
use crate::app::filter::evaluate::Truth;
use crate::app::filter::field::Field;
use crate::app::occupant;
use crate::app::on_slot;
use crate::app::rows::{Item, gpu_of, holding, slot_of};
use crate::domain::fleet::PodLink;
use crate::domain::pods::{Held, KnownPod};

/// A pod's namespace, if known, and its name or what else is known of it.
type NamedPod<'a> = (Option<Cow<'a, str>>, Cow<'a, str>);

/// Something of each device of a pod; absent where it has none.
fn held<'a>(
    pod: &KnownPod<'a>,
    of: impl Fn(&Held<'a>) -> Option<&'a str>,
) -> Option<Vec<Cow<'a, str>>> {
    let names: Vec<Cow<'a, str>> = pod
        .devices()
        .iter()
        .filter_map(of)
        .map(Cow::Borrowed)
        .collect();
    (!names.is_empty()).then_some(names)
}

impl<'a> Facts<'a> {
    /// Names of a field; `None`: absent. An empty list is known to be empty.
    pub(in crate::app::filter) fn names(&self, field: Field) -> Option<Vec<Cow<'a, str>>> {
        let node = self.node();
        let some = |name: &'a str| Some(vec![Cow::Borrowed(name)]);
        match field {
            Field::Node => match &*self.of {
                // it waits for one
                Item::Pod(pod) => some(&pod.node?.name),
                _ => some(&node.name),
            },
            Field::Profile => match &*self.of {
                Item::Slot(.., slot) => some(slot.instance.profile.value()?),
                Item::Pod(pod) => held(pod, |held| match (held.slot, held.told) {
                    (Some(slot), _) => slot.instance.profile.value().map(|p| p.as_str()),
                    (None, told) => told?.profile.as_ref().map(|p| p.as_str()),
                }),
                _ => None,
            },
            Field::State => {
                if let Item::Pod(pod) = &*self.of {
                    return some(pod.facts?.status());
                }
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
                Item::Pod(pod) => held(pod, |held| match (held.slot, held.told) {
                    (_, Some(told)) => Some(told.id.as_str()),
                    (Some(slot), None) => {
                        let uuid = slot.instance.cis.first()?.uuid.value();
                        uuid.map(|u| u.as_str())
                    }
                    (None, None) => held.gpu?.uuid().map(|u| u.as_str()),
                }),
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
            Item::Pod(pod) => {
                let namespace = pod.namespace().map(|n| Cow::Borrowed(n.as_str()));
                let name = match pod.name() {
                    Some(name) => Cow::Borrowed(name.as_str()),
                    None => Cow::Owned(crate::app::pods::name(pod)),
                };
                Some(vec![(namespace, name)])
            }
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
