//! Pod.

use std::borrow::Cow;

use serde::Deserialize;

use super::parts::{GpuAmounts, Meta, Str, or_default, owner, time};
use super::{Names, state};
use crate::domain::cluster::{
    Amounts, ContainerFacts, ContainerKind, DeviceFacts, PodClaim, PodFacts,
};
use crate::domain::ids::ObjectUid;
use crate::domain::owner::by_cluster::is_named_for_mig;
use crate::domain::text::Text;

#[derive(Deserialize)]
pub(super) struct Pod<'a> {
    #[serde(borrow)]
    pub(super) metadata: Meta<'a, Labels<'a>>,
    #[serde(borrow, default)]
    spec: Spec<'a>,
    #[serde(borrow, default)]
    status: Status<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Labels<'a> {
    #[serde(borrow)]
    app: Str<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Spec<'a> {
    #[serde(borrow)]
    node_name: Str<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    containers: Vec<Container<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    init_containers: Vec<Container<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    resource_claims: Vec<Claim<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Container<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    restart_policy: Str<'a>,
    #[serde(borrow)]
    resources: Resources<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Resources<'a> {
    #[serde(borrow)]
    limits: GpuAmounts<'a>,
    #[serde(borrow)]
    requests: GpuAmounts<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Claim<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    resource_claim_name: Str<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Status<'a> {
    #[serde(borrow)]
    phase: Str<'a>,
    #[serde(borrow)]
    reason: Str<'a>,
    #[serde(borrow)]
    start_time: Str<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    conditions: Vec<Condition<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    container_statuses: Vec<ContainerStatus<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    init_container_statuses: Vec<ContainerStatus<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    resource_claim_statuses: Vec<Claim<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Condition<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow)]
    message: Str<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ContainerStatus<'a> {
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
    pub(super) restart_count: u32,
    pub(super) ready: bool,
    pub(super) started: Option<bool>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) state: State<'a>,
    #[serde(borrow, rename = "containerID")]
    id: Str<'a>,
    #[serde(
        borrow,
        deserialize_with = "or_default",
        rename = "allocatedResourcesStatus"
    )]
    allocated: Vec<Allocated<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct State<'a> {
    #[serde(borrow)]
    pub(super) waiting: Option<Ended<'a>>,
    #[serde(borrow)]
    pub(super) terminated: Option<Ended<'a>>,
    pub(super) running: Option<serde::de::IgnoredAny>,
}

/// Why a container waits or has ended.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Ended<'a> {
    #[serde(borrow)]
    pub(super) reason: Cow<'a, str>,
    pub(super) exit_code: i64,
    pub(super) signal: i64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Allocated<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "or_default")]
    resources: Vec<Device<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Device<'a> {
    #[serde(borrow, rename = "resourceID")]
    id: Cow<'a, str>,
    #[serde(borrow)]
    health: Str<'a>,
}

impl Pod<'_> {
    /// What is kept of a pod that asks for GPUs, has some, or gives them out.
    pub(super) fn facts(&self, names: &mut Names) -> Option<PodFacts> {
        let Self {
            metadata,
            spec,
            status,
        } = self;
        let (requests, containers) = self.containers(names);
        let claims = self.claims(names);
        let labels = metadata.labels.as_ref();
        let app = labels.and_then(|labels| labels.app.as_deref());
        let owner = owner(&metadata.owner_references, names);
        let concerns = !requests.is_empty() || !containers.is_empty() || !claims.is_empty();
        let changes_mig = owner
            .as_ref()
            .is_some_and(|o| o.kind == "DaemonSet" && is_named_for_mig(&o.name));
        if !concerns && !changes_mig && !app.is_some_and(is_operand) {
            return None;
        }
        Some(PodFacts {
            uid: ObjectUid::new(metadata.uid.as_deref()?),
            namespace: names.of(metadata.namespace.as_deref()?),
            // a name of its own, which no other has
            name: Text::new(metadata.name.as_deref()?),
            phase: names.of(status.phase.as_deref().unwrap_or("Unknown")),
            requests,
            node: names.opt(spec.node_name.as_deref()),
            owner,
            app: names.opt(app),
            containers,
            claims,
            created: time(metadata.creation_timestamp.as_deref()),
            started: time(status.start_time.as_deref()),
            deleting: time(metadata.deletion_timestamp.as_deref()),
            reason: names.opt(status.reason.as_deref()),
            state: self.state(names),
            restarts: self.restarts(),
            unschedulable: status
                .conditions
                .iter()
                .find(|c| c.kind == "PodScheduled" && c.status == "False")
                .and_then(|c| names.opt(c.message.as_deref())),
        })
    }

    /// What it asks for, and its containers that ask for some of it or have devices.
    ///
    /// Requests are what the scheduler counts: the sum over containers, and over init containers that keep running; or
    /// what another init container asks for beside those that were started before it, where that is more.
    fn containers(&self, names: &mut Names) -> (Amounts, Box<[ContainerFacts]>) {
        let (mut sum, mut stays, mut most) =
            (Amounts::default(), Amounts::default(), Amounts::default());
        let mut kept = Vec::new();
        let spec = &self.spec;
        let init = spec.init_containers.iter().map(|c| (c, true));
        let main = spec.containers.iter().map(|c| (c, false));
        for (container, init) in init.chain(main) {
            let kind = match (init, container.restart_policy.as_deref()) {
                (true, Some("Always")) => ContainerKind::Sidecar,
                (true, _) => ContainerKind::Init,
                (false, _) => ContainerKind::Main,
            };
            let asked = container.asked(names);
            match kind {
                ContainerKind::Init => most = most.max(&stays.plus(&asked)),
                ContainerKind::Sidecar => stays = stays.plus(&asked),
                ContainerKind::Main => sum = sum.plus(&asked),
            }
            let statuses = if init {
                &self.status.init_container_statuses
            } else {
                &self.status.container_statuses
            };
            let status = statuses.iter().find(|s| s.name == container.name);
            let devices = status.map_or_else(Box::default, |s| devices(s, names));
            if !asked.is_empty() || !devices.is_empty() {
                kept.push(ContainerFacts {
                    name: names.of(&container.name),
                    kind,
                    requests: asked,
                    id: status
                        .and_then(|s| s.id.as_deref())
                        .map(|id| Text::new(id.split_once("://").map_or(id, |(_, id)| id))),
                    devices,
                });
            }
        }
        (sum.plus(&stays).max(&most), kept.into())
    }

    /// What its containers make of the phase, where that is another word.
    fn state(&self, names: &mut Names) -> Option<Text> {
        let sidecar = |status: &ContainerStatus<'_>| {
            let spec = self.spec.init_containers.iter();
            spec.clone()
                .any(|c| c.name == status.name && c.restart_policy.as_deref() == Some("Always"))
        };
        let phase = self.status.phase.as_deref().unwrap_or("Unknown");
        let word = state::word(
            phase,
            self.status.reason.as_deref(),
            &self.status.init_container_statuses,
            self.spec.init_containers.len(),
            &self.status.container_statuses,
            sidecar,
        );
        (word != phase).then(|| names.of(&word))
    }

    fn restarts(&self) -> Option<u32> {
        let status = &self.status;
        let all = status
            .container_statuses
            .iter()
            .chain(&status.init_container_statuses);
        all.map(|s| s.restart_count).reduce(u32::saturating_add)
    }

    fn claims(&self, names: &mut Names) -> Box<[PodClaim]> {
        let made = &self.status.resource_claim_statuses;
        let one = |claim: &Claim<'_>| {
            let status = made.iter().find(|s| s.name == claim.name);
            let named = claim.resource_claim_name.as_deref();
            let named = named.or_else(|| status?.resource_claim_name.as_deref());
            PodClaim {
                name: names.of(&claim.name),
                claim: named.map(Text::new),
            }
        };
        self.spec.resource_claims.iter().map(one).collect()
    }
}

impl Container<'_> {
    /// For extended resources requests equal the limits, which stand in for requests left out.
    fn asked(&self, names: &mut Names) -> Amounts {
        let limits = self.resources.limits.take(names);
        limits.max(&self.resources.requests.take(names))
    }
}

fn devices(status: &ContainerStatus<'_>, names: &mut Names) -> Box<[DeviceFacts]> {
    let concerns = |a: &&Allocated<'_>| {
        a.name.starts_with(super::parts::NVIDIA)
            || (a.name.starts_with("claim:")
                && a.resources.iter().any(|r| super::dra::is_gpus(&r.id)))
    };
    let mut found = Vec::new();
    for allocated in status.allocated.iter().filter(concerns) {
        for device in &allocated.resources {
            let (id, replica) = match device.id.split_once("::") {
                Some((id, n)) => (id, n.parse().ok()),
                None => (&*device.id, None),
            };
            found.push(DeviceFacts {
                resource: names.of(&allocated.name),
                id: Text::new(id),
                replica,
                health: names.of(device.health.as_deref().unwrap_or("Unknown")),
            });
        }
    }
    found.into()
}

/// Software that gives out GPUs or tells of them, by the label `app`.
fn is_operand(app: &str) -> bool {
    app.starts_with("nvidia-") || app == "gpu-feature-discovery" || app.starts_with("hami")
}
