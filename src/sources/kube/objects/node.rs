//! Node.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::Names;
use super::parts::{GpuAmounts, Key, Meta, NVIDIA, Str, or_default, time};
use crate::domain::cluster::{Condition, NodeFacts, Taint};
use crate::domain::ids::{BootId, ObjectUid};

const HOST_NAME: &str = "kubernetes.io/hostname";

#[derive(Deserialize)]
pub(super) struct Node<'a> {
    #[serde(borrow)]
    pub(super) metadata: Meta<'a, Labels<'a>>,
    #[serde(borrow, default)]
    spec: Spec<'a>,
    #[serde(borrow, default)]
    status: Status<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Spec<'a> {
    unschedulable: bool,
    #[serde(borrow, deserialize_with = "or_default")]
    taints: Vec<SlimTaint<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SlimTaint<'a> {
    #[serde(borrow)]
    key: Cow<'a, str>,
    #[serde(borrow)]
    value: Cow<'a, str>,
    #[serde(borrow)]
    effect: Cow<'a, str>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Status<'a> {
    #[serde(borrow)]
    node_info: Info<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    addresses: Vec<Address<'a>>,
    #[serde(borrow)]
    capacity: GpuAmounts<'a>,
    #[serde(borrow)]
    allocatable: GpuAmounts<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    conditions: Vec<SlimCondition<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Info<'a> {
    #[serde(borrow, rename = "bootID")]
    boot: Str<'a>,
    #[serde(borrow, rename = "machineID")]
    machine: Str<'a>,
    #[serde(borrow, rename = "kubeletVersion")]
    kubelet: Str<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Address<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    address: Cow<'a, str>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct SlimCondition<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow)]
    reason: Cow<'a, str>,
    #[serde(borrow)]
    message: Cow<'a, str>,
    #[serde(borrow)]
    last_transition_time: Str<'a>,
}

/// Labels under `nvidia.com/`, of some 150, and the host's name.
#[derive(Default)]
pub(super) struct Labels<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Labels<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Labels<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("labels")
            }

            fn visit_unit<E>(self) -> Result<Labels<'de>, E> {
                Ok(Labels::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels<'de>, A::Error> {
                let mut found = Vec::new();
                while let Some(Key(key)) = map.next_key()? {
                    if key.starts_with(NVIDIA) || key == HOST_NAME {
                        let Key(value) = map.next_value()?;
                        found.push((key, value));
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Labels(found))
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl Node<'_> {
    /// What is kept of a node with GPUs.
    pub(super) fn facts(&self, names: &mut Names) -> Option<NodeFacts> {
        let facts = self.all(names);
        (facts.name.is_some() && facts.has_gpus()).then_some(facts)
    }

    /// What is kept of any node.
    pub(super) fn all(&self, names: &mut Names) -> NodeFacts {
        let Self {
            metadata,
            spec,
            status,
        } = self;
        let labels = metadata.labels.as_ref().map_or(&[][..], |l| &l.0);
        let mut addresses = status.addresses.iter();
        let host_name = addresses
            .find(|a| a.kind == "Hostname")
            .map(|a| &a.address)
            .or_else(|| labels.iter().find(|(k, _)| k == HOST_NAME).map(|(_, v)| v));
        NodeFacts {
            uid: metadata.uid.as_deref().map(ObjectUid::new),
            name: names.opt(metadata.name.as_deref()),
            boot_id: status.node_info.boot.as_deref().map(BootId::new),
            machine_id: names.opt(status.node_info.machine.as_deref()),
            host_name: names.opt(host_name.map(AsRef::as_ref)),
            kubelet: names.opt(status.node_info.kubelet.as_deref()),
            labels: labels
                .iter()
                .filter(|(key, _)| key.starts_with(NVIDIA))
                .map(|(key, value)| (names.of(key), names.of(value)))
                .collect(),
            mig_state_written: metadata.managed_fields.mig_state,
            capacity: BTreeMap::from(status.capacity.take(names)),
            allocatable: BTreeMap::from(status.allocatable.take(names)),
            cordoned: spec.unschedulable,
            taints: spec
                .taints
                .iter()
                .map(|taint| Taint {
                    key: names.of(&taint.key),
                    value: names.of(&taint.value),
                    effect: names.of(&taint.effect),
                })
                .collect(),
            conditions: status
                .conditions
                .iter()
                .filter(|c| is_worth_keeping(c))
                .map(|c| Condition {
                    kind: names.of(&c.kind),
                    status: names.of(&c.status),
                    reason: names.of(&c.reason),
                    message: names.of(&c.message),
                    since: time(c.last_transition_time.as_deref()),
                })
                .collect(),
        }
    }
}

/// `Ready`, and what is not as it should be: all other conditions are well when `False`.
fn is_worth_keeping(condition: &SlimCondition<'_>) -> bool {
    condition.kind == "Ready" || condition.status != "False"
}
