//! The list of instances, by GPU instance where permitted, else by MIG device handles.

use std::collections::{BTreeMap, HashMap};

use super::super::names;
use super::devices::{Device, Devices, is_gone};
use super::watched::Watched;
use crate::domain::gpu::{CiProfile, ComputeInstance, GiProfile, GpuInstance, Listing};
use crate::domain::ids::{GiId, ProfileId};
use crate::domain::reading::{Absence, AbsentCode, Reading};
use crate::domain::text::Text;
use crate::ports::gpu_api::{ApiError, ApiResult, CiInfo, GiInfo};

/// How often a list is asked for again when an instance went while it was read.
const TRIES: u32 = 3;

/// What was found.
pub(super) struct Listed {
    pub(super) instances: Reading<Vec<GpuInstance>>,
    pub(super) listing: Listing,
}

/// Compute instance profiles by GPU instance profile: fixed as long as the driver is loaded.
pub(super) type CiProfiles = HashMap<ProfileId, Vec<CiProfile>>;

/// Lists the instances of a GPU with MIG on. `devices` have just been looked at.
pub(super) fn list(
    api: &Watched,
    profiles: &Reading<Vec<GiProfile>>,
    devices: &Devices,
    looked: ApiResult<()>,
    known: &mut CiProfiles,
) -> Listed {
    let by_instance = match profiles {
        Reading::Value(profiles) => {
            by_instance(api, profiles, devices, &looked, known).map_err(Absence::from)
        }
        Reading::Absent(why) => Err(why.clone()),
    };
    match (by_instance, looked) {
        (Ok(instances), _) => Listed {
            instances: Reading::Value(instances),
            listing: Listing::ByInstance,
        },
        (Err(why), Ok(())) => Listed {
            instances: Reading::Value(by_device(api, profiles, devices, &why)),
            listing: Listing::ByDevice { why },
        },
        (Err(why), Err(e)) => Listed {
            instances: Reading::Absent(e.into()),
            listing: Listing::ByDevice { why },
        },
    }
}

/// Asks again where an instance went while its list was read.
fn steady<T>(mut ask: impl FnMut() -> ApiResult<T>) -> ApiResult<T> {
    let mut tried = 1;
    loop {
        match ask() {
            Err(e) if is_gone(&e) && tried < TRIES => tried += 1,
            result => return result,
        }
    }
}

fn by_instance(
    api: &Watched,
    profiles: &[GiProfile],
    devices: &Devices,
    looked: &ApiResult<()>,
    known: &mut CiProfiles,
) -> ApiResult<Vec<GpuInstance>> {
    let mut found = Vec::new();
    for profile in profiles {
        for gi in steady(|| api.gpu_instances(profile.id))? {
            let cis = match steady(|| compute_instances(api, gi, known)) {
                Ok(cis) => cis
                    .into_iter()
                    .map(|(ci, of)| compute_instance(gi, &ci, &of, profile, devices, looked))
                    .collect(),
                // It went while we looked: the list of the next beat is without it.
                Err(e) if is_gone(&e) => continue,
                Err(e) => return Err(e),
            };
            found.push(instance(gi, profile, devices, cis));
        }
    }
    found.sort_by_key(|i| (i.placement.value().map(|p| p.start), i.gi));
    Ok(found)
}

fn compute_instances(
    api: &Watched,
    gi: GiInfo,
    known: &mut CiProfiles,
) -> ApiResult<Vec<(CiInfo, CiProfile)>> {
    let profiles = match known.get(&gi.profile) {
        Some(profiles) => profiles,
        None => known.entry(gi.profile).or_insert(api.ci_profiles(gi.gi)?),
    };
    let mut found = Vec::new();
    for profile in profiles {
        let list = api.compute_instances(gi.gi, profile.id)?;
        found.extend(list.into_iter().map(|ci| (ci, profile.clone())));
    }
    found.sort_by_key(|(ci, _)| ci.ci);
    Ok(found)
}

fn instance(
    gi: GiInfo,
    profile: &GiProfile,
    devices: &Devices,
    cis: Vec<ComputeInstance>,
) -> GpuInstance {
    let attributes = devices
        .of_instance(gi.gi)
        .and_then(|d| d.attributes.as_ref().ok());
    GpuInstance {
        gi: gi.gi,
        profile_id: Reading::Value(gi.profile),
        profile: named(&profile.name),
        placement: Reading::Value(gi.placement),
        memory: Reading::Value(attributes.map_or(profile.memory, |a| a.memory)),
        sm: Reading::Value(profile.sm),
        engines: Reading::Value(attributes.map_or(profile.engines, |a| a.engines)),
        cis,
        appeared: None,
    }
}

/// A name, which is empty where the driver gives none and the GPU's memory is not known either.
fn named(name: &Text) -> Reading<Text> {
    if name.is_empty() {
        Reading::absent(
            AbsentCode::DriverTooOld,
            "this driver gives its profiles no names",
        )
    } else {
        Reading::Value(name.clone())
    }
}

fn compute_instance(
    gi: GiInfo,
    ci: &CiInfo,
    of: &CiProfile,
    within: &GiProfile,
    devices: &Devices,
    looked: &ApiResult<()>,
) -> ComputeInstance {
    let device = devices.find(gi.gi, ci.ci);
    let attributes = device.and_then(|d| d.attributes.as_ref().ok());
    let no_device = || match looked {
        Err(e) => Absence::from(*e),
        Ok(()) => Absence::new(
            AbsentCode::Failed,
            "nvmlDeviceGetMigDeviceHandleByIndex: no MIG device for this compute instance",
        ),
    };
    let name = match &of.name {
        Some(name) => Reading::Value(name.clone()),
        None => named(&within.name)
            .map(|name| names::of_compute_instance(of.slices, within.slices, name)),
    };
    ComputeInstance {
        ci: ci.ci,
        profile_id: Reading::Value(ci.profile),
        name,
        placement: ci.placement.map_or_else(
            || {
                Reading::absent(
                    AbsentCode::DriverTooOld,
                    "nvmlComputeInstanceGetInfo_v2: not offered by this driver's library, which tells no placement of \
                     compute instances",
                )
            },
            Reading::Value,
        ),
        uuid: device.map_or_else(|| Reading::Absent(no_device()), |d| d.uuid.clone()),
        device_index: device.map_or_else(|| Reading::Absent(no_device()), |d| Reading::Value(d.slot)),
        sm: Reading::Value(attributes.map_or(of.sm, |a| a.sm)),
        slices: Reading::Value(attributes.map_or(of.slices, |a| a.ci_slices)),
    }
}

/// What the handles alone tell: everything but ids of profiles and placements, and nothing of a GPU instance without
/// a compute instance.
fn by_device(
    api: &Watched,
    profiles: &Reading<Vec<GiProfile>>,
    devices: &Devices,
    why: &Absence,
) -> Vec<GpuInstance> {
    let mut by_gi: BTreeMap<GiId, Vec<&Device>> = BTreeMap::new();
    for device in devices.all() {
        by_gi.entry(device.gi).or_default().push(device);
    }
    by_gi
        .into_iter()
        .map(|(gi, mut of)| {
            of.sort_by_key(|d| d.ci);
            let cis: Vec<ComputeInstance> = of
                .iter()
                .map(|device| from_device(api, device, why))
                .collect();
            let profile = cis[0].name.map(names::of_gpu_instance);
            let attributes = of[0].attributes.clone();
            GpuInstance {
                gi,
                profile_id: Reading::Absent(why.clone()),
                sm: whole_sm(profiles, &profile, &of[0].attributes),
                profile,
                placement: Reading::Absent(why.clone()),
                memory: attributes.clone().map(|a| a.memory).into(),
                engines: attributes.map(|a| a.engines).into(),
                cis,
                appeared: None,
            }
        })
        .collect()
}

/// SMs of the whole instance: the profile's by its name, or the compute instance's if that fills it.
fn whole_sm(
    profiles: &Reading<Vec<GiProfile>>,
    name: &Reading<Text>,
    attributes: &ApiResult<crate::ports::gpu_api::MigAttributes>,
) -> Reading<u32> {
    let of_that_name = profiles
        .value()
        .zip(name.value())
        .and_then(|(all, name)| all.iter().find(|p| p.name == *name));
    match (of_that_name, attributes) {
        (Some(profile), _) => Reading::Value(profile.sm),
        (None, Ok(a)) if a.ci_slices == a.gi_slices => Reading::Value(a.sm),
        (None, Ok(_)) => Reading::absent(
            AbsentCode::NotSupported,
            "MIG devices tell the SMs of their compute instances only, and none fills its GPU instance",
        ),
        (None, Err(e)) => Reading::Absent((*e).into()),
    }
}

fn from_device(api: &Watched, device: &Device, why: &Absence) -> ComputeInstance {
    let name = match api.mig_name(device.slot) {
        Ok(name) => names::of_mig_device(&name).map_or_else(
            || {
                Reading::absent(
                    AbsentCode::Failed,
                    format!("nvmlDeviceGetName: no profile in `{name}`"),
                )
            },
            Reading::Value,
        ),
        Err(e) => Reading::Absent(e.into()),
    };
    let attributes = &device.attributes;
    let told = |of: fn(&crate::ports::gpu_api::MigAttributes) -> u32| {
        attributes
            .as_ref()
            .map(of)
            .map_err(|e: &ApiError| *e)
            .into()
    };
    ComputeInstance {
        ci: device.ci,
        profile_id: Reading::Absent(why.clone()),
        name,
        placement: Reading::Absent(why.clone()),
        uuid: device.uuid.clone(),
        device_index: Reading::Value(device.slot),
        sm: told(|a| a.sm),
        slices: told(|a| a.ci_slices),
    }
}
