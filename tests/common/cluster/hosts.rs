//! As many hosts as a cluster is to have: a scenario's first ones, or all of them and copies of one.

use nvml_sim::scenario::derive;
use nvml_sim::scenario::model::{Host, Pod, Scenario};

/// The host that is copied where there is one of that name; else the last one of a cluster.
const COPIED: &str = "dgx-prod-01";

/// Leaves `nodes` hosts in a scenario.
///
/// # Errors
/// None of its hosts is in a cluster.
pub fn resize(scenario: &mut Scenario, nodes: Option<usize>) -> Result<(), String> {
    scenario.hosts.retain(|h| h.node.is_some());
    let named = scenario.hosts.iter().find(|h| h.name == COPIED);
    let Some(copied) = named.or(scenario.hosts.last()).cloned() else {
        return Err(format!(
            "no host of scenario '{}' is in a cluster",
            scenario.name
        ));
    };
    let nodes = nodes.unwrap_or(scenario.hosts.len());
    scenario.hosts.truncate(nodes);
    let stem = copied.name.trim_end_matches(|c: char| c.is_ascii_digit());
    let mut number = 2;
    while scenario.hosts.len() < nodes {
        let name = format!("{stem}{number:02}");
        if scenario.hosts.iter().all(|h| h.name != name) {
            scenario.hosts.push(copy(&copied, name, number));
        }
        number += 1;
    }
    Ok(())
}

/// Another host of the kind. What the scenario gives, other than by the host's name, would be there twice.
fn copy(of: &Host, name: String, number: usize) -> Host {
    let mut host = of.clone();
    host.name = name;
    for gpu in &mut host.gpus {
        gpu.uuid.clear();
        gpu.serial.clear();
        gpu.mig_uuids.clear();
    }
    for pod in &mut host.pods {
        let before = format!("{}/{}", pod.namespace, pod.name);
        pod.name = name_of(pod, &host.name, number);
        pod.uid.clear();
        let after = format!("{}/{}", pod.namespace, pod.name);
        for process in host.processes.iter_mut().filter(|p| p.pod == before) {
            process.pod.clone_from(&after);
        }
    }
    host
}

/// The next ordinal of a stateful set, else another ending, as controllers give them.
fn name_of(pod: &Pod, host: &str, number: usize) -> String {
    let (stem, _) = pod.name.rsplit_once('-').unwrap_or((&pod.name, ""));
    if pod.owner.starts_with("StatefulSet/") {
        return format!("{stem}-{}", number - 1);
    }
    let own = Pod {
        name: format!("{}@{host}", pod.name),
        uid: String::new(),
        ..pod.clone()
    };
    format!("{stem}-{}", &derive::pod_uid(&own)[..5])
}
