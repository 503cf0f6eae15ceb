//! Hosts that only an exporter tells of: no probe reads them. They are shown with what there is, and why the rest is not.
//!
//! What an exporter tells is put as the records that a probe would have written, so that the same join applies.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::cluster::OnNode;
use crate::domain::exporter::{Collected, Part};
use crate::domain::fleet::Node;
use crate::domain::gpu::{
    ComputeInstance, FastTelemetry, GpuIdentity, GpuInstance, GpuInventory, GpuSample,
    InstanceSample, Listing, MigMode,
};
use crate::domain::ids::{CiId, GpuIndex, GpuUuid};
use crate::domain::metric::Metric;
use crate::domain::observation::{Fact, HostInventory, Observation};
use crate::domain::reading::{Absence, AbsentCode, Reading};
use crate::domain::shared::Shared;
use crate::domain::text::Text;
use crate::domain::units::Bytes;

use super::exported::Source;
use super::facts::Facts;
use super::join;

/// Why nothing more is known of such a host.
const WHY: &str = "no probe reads this host: what is shown is what its exporter tells";

fn unread<T>() -> Reading<T> {
    Reading::absent(AbsentCode::NoSource, WHY)
}

fn told<T>(value: Option<T>) -> Reading<T> {
    value.map_or_else(unread, Reading::Value)
}

/// What to call the host: as its exporter does, else by where that was asked.
pub(super) fn name(collected: &Collected) -> Text {
    let address = || {
        let place = collected.address.split_once("://").map_or("", |(_, r)| r);
        let place = place.split('/').next().unwrap_or_default();
        match place {
            "" => collected.address.clone(),
            place => Text::new(place),
        }
    };
    collected.host.clone().unwrap_or_else(address)
}

/// The host that `sources` alone tell of, the preferred first, and the cluster if it is a node of one.
pub(super) fn node(name: Text, sources: &[Source], cluster: Option<&Shared<OnNode>>) -> Node {
    let mut gpus: BTreeMap<GpuUuid, Vec<&Part>> = BTreeMap::new();
    let first = sources.iter().find(|source| tells(source));
    let collected = first.map_or(&[][..], |source| &source.collected);
    for part in collected.iter().flat_map(|c| &c.parts) {
        gpus.entry(part.gpu.clone()).or_default().push(part);
    }
    let at = collected.iter().filter_map(|c| c.at()).max();
    let at = at.unwrap_or(Timestamp::UNIX_EPOCH);
    let mut facts = Facts::new(name, at);
    let mut tell = |fact| facts.apply(Observation { at, fact });
    let driver = gpus.values().flatten().find_map(|p| p.driver.clone());
    tell(Fact::Host(HostInventory {
        machine: unread(),
        os: unread(),
        kernel: unread(),
        booted: unread(),
        driver: told(driver),
        gpus: unread(),
        stuck: Vec::new(),
    }));
    for (uuid, parts) in &gpus {
        tell(Fact::Gpu(Box::new(inventory(uuid, parts))));
        tell(Fact::Sample(Box::new(sample(uuid, parts))));
    }
    facts.node.driver = unread();
    facts.node.allocations = unread();
    facts.node.cdi = unread();
    if let Some(on_node) = cluster {
        facts.follow(on_node.clone(), None);
    }
    join::node(&facts, sources)
}

/// Whether it has told of any GPU.
pub(super) fn tells(source: &Source) -> bool {
    source.collected.iter().any(|c| !c.parts.is_empty())
}

fn inventory(uuid: &GpuUuid, parts: &[&Part]) -> GpuInventory {
    let any = |what: fn(&Part) -> Option<Text>| parts.iter().find_map(|p| what(p));
    let instances: Vec<GpuInstance> = parts.iter().filter_map(|p| instance(p)).collect();
    // under MIG there is no utilisation
    let utilized = parts
        .iter()
        .any(|p| p.metrics.iter().any(|(m, _)| *m == Metric::GpuUtilization));
    let mode = |on| MigMode {
        current: on,
        pending: on,
    };
    GpuInventory {
        identity: GpuIdentity {
            index: GpuIndex(parts.iter().find_map(|p| p.index).unwrap_or_default()),
            uuid: uuid.clone(),
            name: told(any(|p| p.model.clone())),
            pci: told(parts.iter().find_map(|p| p.pci)),
            pci_device_id: unread(),
            serial: unread(),
            minor: unread(),
            architecture: unread(),
        },
        mig: match (instances.is_empty(), utilized) {
            (false, _) => Reading::Value(mode(true)),
            (true, true) => Reading::Value(mode(false)),
            (true, false) => unread(),
        },
        persistence: unread(),
        profiles: unread(),
        instances: Reading::Value(instances),
        listing: Listing::ByDevice {
            why: Absence::new(AbsentCode::NoSource, WHY),
        },
    }
}

/// An exporter tells of GPU instances and not of the compute instances in them: one is taken to be there, of which
/// nothing is known.
fn instance(part: &Part) -> Option<GpuInstance> {
    Some(GpuInstance {
        gi: part.gi?,
        profile_id: unread(),
        profile: told(part.profile.clone()),
        placement: unread(),
        memory: told(memory(part)),
        sm: unread(),
        engines: unread(),
        cis: vec![ComputeInstance {
            ci: CiId(0),
            profile_id: unread(),
            name: told(part.profile.clone()),
            placement: unread(),
            uuid: unread(),
            device_index: unread(),
            sm: unread(),
            slices: unread(),
        }],
        appeared: None,
    })
}

/// All of its memory. Before version 4 exporters do not tell what the driver keeps of it.
fn memory(part: &Part) -> Option<Bytes> {
    let reserved = part.memory_reserved.map_or(0, |b| b.0);
    Some(Bytes(part.memory_used?.0 + part.memory_free?.0 + reserved))
}

fn sample(uuid: &GpuUuid, parts: &[&Part]) -> GpuSample {
    let whole = parts.iter().find(|p| p.gi.is_none());
    let any = |what: fn(&Part) -> Option<u32>| told(parts.iter().find_map(|p| what(p)));
    let utilization = whole.and_then(|p| {
        let found = p.metrics.iter().find(|(m, _)| *m == Metric::GpuUtilization);
        found.map(|(_, percent)| percent.round() as u32)
    });
    let instances = parts.iter().filter_map(|part| {
        Some(InstanceSample {
            gi: part.gi?,
            memory_total: told(memory(part)),
            memory_used: told(part.memory_used),
            metrics: Vec::new(),
        })
    });
    GpuSample {
        gpu: uuid.clone(),
        fast: FastTelemetry {
            memory_total: told(whole.and_then(|p| memory(p))),
            memory_used: told(whole.and_then(|p| p.memory_used)),
            temperature_c: any(|p| p.temperature_c),
            power_mw: any(|p| p.power_mw),
            sm_clock_mhz: any(|p| p.sm_clock_mhz),
            memory_clock_mhz: unread(),
            pstate: unread(),
            throttle: unread(),
            utilization: told(utilization),
            memory_utilization: unread(),
        },
        slow: None,
        instances: instances.collect(),
        processes: unread(),
    }
}

/// Nodes of the hosts that nobody else tells of, by name; a name that is `taken` is not given twice.
pub(super) fn nodes(unknown: Vec<Source>, taken: impl Fn(&Text) -> bool) -> Vec<Arc<Node>> {
    let mut hosts: BTreeMap<Text, Source> = BTreeMap::new();
    for source in unknown {
        for collected in &source.collected {
            let name = name(collected);
            if taken(&name) {
                continue;
            }
            let host = hosts.entry(name).or_insert_with(|| Source {
                collected: Vec::new(),
                ..source.clone()
            });
            // of two that tell of one host the first is preferred
            if host.address == source.address {
                host.collected.push(Arc::clone(collected));
            }
        }
    }
    hosts
        .into_iter()
        .map(|(name, source)| Arc::new(node(name, &[source], None)))
        .collect()
}
