//! The programs of pods that the scenario does not know: each works on its pod's devices, as such programs do.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Pod;
use nvml_sim::driver::{Driver, Snapshot};
use nvml_sim::scenario::model::Process;
use sha2::{Digest as _, Sha256};

use super::devices::DeviceManager;

/// Pids of programs that were begun, by their pod's UID.
pub type Begun = BTreeMap<String, Vec<u32>>;

/// Begins the programs of pods that have devices and had no program, and ends those whose pod is not there any more.
pub fn follow(driver: &Driver, manager: &DeviceManager, live: &[&Pod], begun: &mut Begun) {
    let uid = |pod: &Pod| pod.metadata.uid.clone().unwrap_or_default();
    let gone: Vec<String> = begun
        .keys()
        .filter(|known| live.iter().all(|p| uid(p) != **known))
        .cloned()
        .collect();
    for pod in gone {
        driver.end(&begun.remove(&pod).unwrap_or_default());
    }
    let layout = driver.peek();
    for pod in live {
        let uid = uid(pod);
        let known = driver.host().pods.iter().any(|p| p.uid == uid) || begun.contains_key(&uid);
        if known || !super::runs(pod) {
            continue;
        }
        let containers = pod.spec.iter().flat_map(|s| &s.containers);
        let mut pids = Vec::new();
        for container in containers {
            let given = manager.of(&(uid.clone(), container.name.clone()));
            for id in given.into_iter().flat_map(BTreeMap::values).flatten() {
                if let Some(process) = program(&layout, pod, &container.name, id) {
                    pids.push(process.pid);
                    driver.begin(process);
                }
            }
        }
        if !pids.is_empty() {
            begun.insert(uid, pids);
        }
    }
}

/// A program on one device; `None`: there is no such device.
fn program(layout: &Snapshot, pod: &Pod, container: &str, id: &str) -> Option<Process> {
    let meta = &pod.metadata;
    let hash = Sha256::digest(format!("{:?}/{container}/{id}", meta.uid));
    let (gpu, at, ci, room) = layout.gpus.iter().find_map(|gpu| {
        if gpu.uuid == id {
            return Some((gpu.index, None, 0, 40_000));
        }
        gpu.instances.iter().find_map(|gi| {
            let ci = gi.cis.iter().position(|ci| ci.uuid == id)?;
            Some((gpu.index, Some(gi.start), ci, gi.memory_mib))
        })
    })?;
    let (namespace, name) = (meta.namespace.as_deref()?, meta.name.as_deref()?);
    Some(Process {
        // above those of scenarios
        pid: 100_000 + u32::from(hash[0]) * 256 + u32::from(hash[1]),
        user: "root".into(),
        argv: vec!["python3".into(), "main.py".into()],
        pod: format!("{namespace}/{name}"),
        container: container.to_owned(),
        gpu: Some(gpu),
        at,
        ci: u32::try_from(ci).ok()?,
        memory_mib: room * (25 + u64::from(hash[2]) % 50) / 100,
        load: 20.0 + f64::from(hash[3] % 70),
        control: true,
        ..Process::default()
    })
}
