//! ResourceClaim and ResourceSlice of drivers that give out GPUs.

use std::borrow::Cow;

use serde::Deserialize;

use super::Names;
use super::parts::{Meta, NoLabels, Str, or_default};
use crate::domain::cluster::{ClaimFacts, ClaimedDevice, SliceDevice, SliceFacts};
use crate::domain::ids::ObjectUid;
use crate::domain::text::Text;

/// Whether a driver, or a device under its driver's name, is of GPUs.
pub(super) fn is_gpus(driver: &str) -> bool {
    let driver = driver.split('/').next().unwrap_or_default();
    driver == "gpu.nvidia.com" || driver.ends_with(".gpu.nvidia.com")
}

#[derive(Deserialize)]
pub(super) struct Claim<'a> {
    #[serde(borrow)]
    pub(super) metadata: Meta<'a, NoLabels>,
    #[serde(borrow, default)]
    status: ClaimStatus<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ClaimStatus<'a> {
    #[serde(borrow)]
    allocation: Option<Allocation<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    reserved_for: Vec<Reserved<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Allocation<'a> {
    #[serde(borrow)]
    devices: Results<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Results<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    results: Vec<Result<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Result<'a> {
    #[serde(borrow)]
    request: Cow<'a, str>,
    #[serde(borrow)]
    driver: Cow<'a, str>,
    #[serde(borrow)]
    pool: Cow<'a, str>,
    #[serde(borrow)]
    device: Cow<'a, str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Reserved<'a> {
    #[serde(borrow)]
    resource: Cow<'a, str>,
    #[serde(borrow)]
    uid: Cow<'a, str>,
}

impl Claim<'_> {
    /// What is kept of a claim that was given a GPU or a part of one.
    pub(super) fn facts(&self, names: &mut Names) -> Option<ClaimFacts> {
        let results = self.status.allocation.iter();
        let devices: Box<[ClaimedDevice]> = results
            .flat_map(|allocation| &allocation.devices.results)
            .filter(|result| is_gpus(&result.driver))
            .map(|result| ClaimedDevice {
                request: names.of(&result.request),
                driver: names.of(&result.driver),
                pool: names.of(&result.pool),
                device: names.of(&result.device),
            })
            .collect();
        if devices.is_empty() {
            return None;
        }
        let reserved = self.status.reserved_for.iter();
        Some(ClaimFacts {
            uid: ObjectUid::new(self.metadata.uid.as_deref()?),
            namespace: names.of(self.metadata.namespace.as_deref()?),
            name: Text::new(self.metadata.name.as_deref()?),
            reserved_for: reserved
                .filter(|r| r.resource == "pods")
                .map(|r| ObjectUid::new(&r.uid))
                .collect(),
            devices,
        })
    }
}

#[derive(Deserialize)]
pub(super) struct Slice<'a> {
    #[serde(borrow)]
    pub(super) metadata: Meta<'a, NoLabels>,
    #[serde(borrow, default)]
    spec: SliceSpec<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct SliceSpec<'a> {
    #[serde(borrow)]
    driver: Cow<'a, str>,
    #[serde(borrow)]
    node_name: Str<'a>,
    #[serde(borrow)]
    pool: Pool<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    devices: Vec<Device<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Pool<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    generation: u64,
    resource_slice_count: u64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Device<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    attributes: Attributes<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Attributes<'a> {
    #[serde(borrow, rename = "type")]
    kind: Attribute<'a>,
    #[serde(borrow)]
    uuid: Attribute<'a>,
    #[serde(borrow, rename = "parentUUID")]
    parent: Attribute<'a>,
    #[serde(borrow)]
    profile: Attribute<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Attribute<'a> {
    #[serde(borrow)]
    string: Str<'a>,
}

impl Slice<'_> {
    /// What is kept of a slice of a GPU driver.
    pub(super) fn facts(&self, names: &mut Names) -> Option<SliceFacts> {
        let Self { metadata, spec } = self;
        if !is_gpus(&spec.driver) {
            return None;
        }
        let mut text = |attribute: &Attribute<'_>| names.opt(attribute.string.as_deref());
        let devices = spec
            .devices
            .iter()
            .map(|device| SliceDevice {
                name: Text::new(&device.name),
                kind: text(&device.attributes.kind),
                uuid: text(&device.attributes.uuid),
                parent: text(&device.attributes.parent),
                profile: text(&device.attributes.profile),
            })
            .collect();
        Some(SliceFacts {
            uid: ObjectUid::new(metadata.uid.as_deref()?),
            driver: names.of(&spec.driver),
            pool: names.of(&spec.pool.name),
            generation: spec.pool.generation,
            count: spec.pool.resource_slice_count,
            node: names.opt(spec.node_name.as_deref()),
            devices,
        })
    }
}
