//! What dcgm-exporter on the host would answer at `/metrics`: its exposition format with the simulator's truth.

mod counters;
pub mod http;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use counters::{Counter, Number};

use crate::cluster::{dra, resources};
use crate::driver::{Driver, OfGpu, OfPart};
use crate::scenario::derive;
use crate::view::View;

/// Time between two collections (`--collect-interval`, 30000 ms). In between the answer stays the same.
pub const INTERVAL: Duration = Duration::from_secs(30);

const XID_ERRORS: &str = "DCGM_FI_DEV_XID_ERRORS";

/// Labels that one series has and another has not, in the order of their names.
type Labels = BTreeMap<&'static str, String>;

/// What the exporter has series of: a GPU without instances, or a GPU instance.
struct Entity {
    /// Labels that are always there, without the host's.
    identity: String,
    /// GPU-instance id.
    gi: Option<u32>,
    /// MIG mode of the GPU.
    mig: bool,
    /// The board has NVLinks.
    linked: bool,
    gpu: OfGpu,
    part: OfPart,
    holder: Labels,
}

/// Whether an exporter runs on the host: without one there is nobody to ask, however much [`text`] would say.
pub fn runs(driver: &Driver) -> bool {
    driver.host().library && version(driver).is_some()
}

/// The exposition text of the last collection; empty on a host without the NVIDIA library.
///
/// A GPU with GPU instances has only their series (device option `f`). Power, temperature, clocks and the last Xid of
/// the GPU are repeated on each of them; what DCGM cannot say of an instance is left out, never 0. The instances are
/// those of now; a real exporter is paused during a change and lists those that it finds at its start. Faults of the
/// driver do not reach it.
pub fn text(driver: &Driver) -> String {
    text_every(driver, INTERVAL)
}

/// The same of an exporter that collects every `interval` (`--collect-interval`).
pub fn text_every(driver: &Driver, interval: Duration) -> String {
    if !driver.host().library {
        return String::new();
    }
    let view = View::of(driver);
    let version = version(driver).unwrap_or(NEWEST);
    let interval = interval.max(Duration::from_millis(1));
    let rounds = view.now.as_secs_f64() / interval.as_secs_f64();
    let at = interval.mul_f64(rounds.floor());
    let entities = entities(driver, &view, version, (at, interval));
    let host = tail(&view, version);
    let sm_active = view
        .host
        .node
        .as_ref()
        .is_some_and(|n| n.exporter_sm_active);
    let mut text = String::new();
    for counter in counters::ALL {
        let enabled = match counter.name {
            counters::SM_ACTIVE => sm_active,
            counters::FB_RESERVED => version >= RESERVED,
            _ => true,
        };
        if enabled {
            print(&mut text, counter, &entities, &host);
        }
    }
    text
}

/// Version of the exporter, from the second half of its image's tag: `4.2.3-4.1.3-ubuntu22.04` is 4.1.3.
type Version = (u32, u32, u32);

/// From here on: label `hostname` instead of `Hostname`, DRA through resource.k8s.io/v1 (PRs 655 and 664, between 4.6.0
/// and 4.8.3).
const NEWEST: Version = (4, 8, 3);
/// From here on: DCGM_FI_DEV_FB_RESERVED in the default counters. Inferred.
const RESERVED: Version = (4, 0, 0);

fn version(driver: &Driver) -> Option<Version> {
    let containers = driver.host().pods.iter().flat_map(|p| &p.containers);
    let tag = containers
        .filter(|c| c.waiting.is_empty())
        .find_map(|c| c.image.split_once("dcgm-exporter:"))?
        .1;
    let mut parts = tag.split('-').nth(1)?.split('.').map(str::parse);
    let mut next = || parts.next()?.ok();
    Some((next()?, next()?, next()?))
}

/// One counter: nothing at all, not even its help, where no series has a value.
fn print(text: &mut String, counter: &Counter, entities: &[Entity], host: &str) {
    let mut series = entities
        .iter()
        .filter_map(|e| Some((e, (counter.value)(e)?)))
        .peekable();
    if series.peek().is_none() {
        return;
    }
    let Counter {
        name, kind, help, ..
    } = counter;
    // writing to a text cannot fail
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    for (entity, number) in series {
        let _ = write!(text, "{name}{{{}{host}", entity.identity);
        let mut attributes = entity.holder.clone();
        if *name == XID_ERRORS {
            attributes.insert("err_code", entity.gpu.xid.to_string());
            attributes.insert("err_msg", counters::xid_text(entity.gpu.xid).to_owned());
        }
        for (label, value) in attributes {
            let _ = write!(text, ",{label}=\"{value}\"");
        }
        let _ = match number {
            Number::Whole(value) => writeln!(text, "}} {value}"),
            Number::Real(value) => writeln!(text, "}} {value:.6}"),
        };
    }
}

fn entities(
    driver: &Driver,
    view: &View<'_>,
    version: Version,
    (at, window): (Duration, Duration),
) -> Vec<Entity> {
    let holders = holders(view, version);
    let mut all = Vec::new();
    for gpu in &view.layout.gpus {
        let Ok(of_gpu) = driver.collected_gpu(gpu.index, at) else {
            continue;
        };
        let identity = identity(driver, gpu.index, &gpu.uuid);
        let mut add = |gi: Option<u32>, identity: String, holder: Option<&Labels>| {
            if let Ok(part) = driver.collected_part(gpu.index, gi, at, window) {
                all.push(Entity {
                    identity,
                    gi,
                    mig: gpu.mig,
                    linked: view.board.nvlinks > 0,
                    gpu: of_gpu,
                    part,
                    holder: holder.cloned().unwrap_or_default(),
                });
            }
        };
        if gpu.instances.is_empty() {
            add(None, identity, holders.get(&gpu.uuid));
            continue;
        }
        for gi in &gpu.instances {
            let profile = profile(&gi.name);
            // the granularity is the GPU instance: of several compute instances the last one's pod wins
            let holder = gi.cis.iter().rev().find_map(|ci| holders.get(&ci.uuid));
            let id = gi.gi;
            let identity = format!("{identity},GPU_I_PROFILE=\"{profile}\",GPU_I_ID=\"{id}\"");
            add(Some(id), identity, holder);
        }
    }
    all
}

/// DCGM's name of a profile: it calls `7g.80gb` `7g.79gb` (NVIDIA/dcgm-exporter issues 544 and 713).
fn profile(name: &str) -> &str {
    if name == "7g.80gb" { "7g.79gb" } else { name }
}

/// `device` holds the index, not the minor (gpu_collector.go, toMetric).
fn identity(driver: &Driver, gpu: u32, uuid: &str) -> String {
    let pci = derive::pci(driver.host(), gpu as usize).to_uppercase();
    let model = driver.product();
    format!(
        "gpu=\"{gpu}\",UUID=\"{uuid}\",pci_bus_id=\"0000{pci}\",device=\"nvidia{gpu}\",modelName=\"{model}\""
    )
}

/// The labels of the host that follow those of the device.
fn tail(view: &View<'_>, version: Version) -> String {
    let label = if version >= NEWEST {
        "hostname"
    } else {
        "Hostname"
    };
    let (name, driver) = (&view.host.name, &view.host.driver);
    format!(",{label}=\"{name}\",DCGM_FI_DRIVER_VERSION=\"{driver}\"")
}

/// Labels of the containers that the kubelet gave devices to, by device id. None outside a cluster.
fn holders(view: &View<'_>, version: Version) -> BTreeMap<String, Labels> {
    let mut all = BTreeMap::new();
    if view.host.node.is_none() {
        return all;
    }
    for pod in &view.host.pods {
        let labels = |container: &str| {
            Labels::from([
                ("container", container.to_owned()),
                ("namespace", pod.namespace.clone()),
                ("pod", pod.name.clone()),
            ])
        };
        for container in &pod.containers {
            for id in resources::given(view, container)
                .into_iter()
                .flat_map(|g| g.1)
            {
                all.insert(id, labels(&container.name));
            }
        }
        for claim in pod.claims.iter().filter(|_| version >= NEWEST) {
            let Some(device) = dra::device(view, &claim.device) else {
                continue;
            };
            let mut labels = labels(&claim.container);
            labels.insert("dra_claim_name", dra::claim_name(pod, claim));
            labels.insert("dra_device_name", device.name);
            if let Some(profile) = device.profile {
                labels.insert("dra_mig_device_uuid", device.uuid.clone());
                labels.insert("dra_mig_profile", profile);
            }
            all.insert(device.uuid, labels);
        }
    }
    all
}
