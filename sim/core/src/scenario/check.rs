//! Whether a scenario agrees with itself.

use std::collections::BTreeSet;

use super::hardware;
use super::instance::InstanceSpec;
use super::load::ScenarioError;
use super::model::{Claim, Container, Gpu, Host, LastWork, Pod, Process, Scenario};

/// First contradiction, named by host and field.
pub(super) fn check(scenario: &Scenario) -> Result<(), ScenarioError> {
    if scenario.hosts.is_empty() {
        return Err(ScenarioError::new(format!(
            "scenario '{}' has no hosts",
            scenario.name
        )));
    }
    let mut waiting = BTreeSet::new();
    for pod in &scenario.pods {
        if !waiting.insert((&pod.namespace, &pod.name)) {
            return Err(ScenarioError::new(format!(
                "pods '{}/{}': the pod is listed twice",
                pod.namespace, pod.name
            )));
        }
    }
    let mut names = BTreeSet::new();
    for host in &scenario.hosts {
        if !names.insert(&host.name) {
            return Err(ScenarioError::new(format!(
                "two hosts are called '{}'",
                host.name
            )));
        }
        check_host(host).map_err(|(field, what)| {
            ScenarioError::new(format!("host '{}': {field}: {what}", host.name))
        })?;
    }
    Ok(())
}

/// Field and what is wrong with it.
pub(super) type Wrong = (String, String);

fn check_host(host: &Host) -> Result<(), Wrong> {
    let mut slots = Vec::new();
    for (i, gpu) in host.gpus.iter().enumerate() {
        slots.push(instances(i, gpu)?);
    }
    let mut pids = BTreeSet::new();
    for (n, process) in host.processes.iter().enumerate() {
        let field = format!("processes[{n}] (pid {})", process.pid);
        if process.pid == 0 || !pids.insert(process.pid) {
            return Err((field, "pids are positive and each is used once".into()));
        }
        check_process(host, &slots, process).map_err(|what| (field, what))?;
    }
    if host.watched_seconds > host.uptime_seconds {
        let field = "watched_seconds".to_owned();
        return Err((field, "it has not been up for so long".into()));
    }
    for (n, last) in host.last_work.iter().enumerate() {
        check_last_work(host, &slots, last).map_err(|what| (format!("last_work[{n}]"), what))?;
    }
    let mut pods = BTreeSet::new();
    for pod in &host.pods {
        let field = format!("pods '{}/{}'", pod.namespace, pod.name);
        if !pods.insert((&pod.namespace, &pod.name)) {
            return Err((field, "the pod is listed twice".into()));
        }
        for container in &pod.containers {
            check_devices(host, &slots, container)
                .map_err(|what| (format!("{field}: container '{}'", container.name), what))?;
        }
        for claim in &pod.claims {
            check_claim(host, &slots, pod, claim)
                .map_err(|what| (format!("{field}: claim '{}'", claim.name), what))?;
        }
    }
    check_strategy(host)?;
    for (n, line) in host.kernel_log.iter().enumerate() {
        if let Some(event) = &line.event {
            in_range(host, event.gpu).map_err(|what| (format!("kernel_log[{n}].event"), what))?;
        }
    }
    for (n, fault) in host.faults.iter().enumerate() {
        if let Some(gpu) = fault.gpu {
            in_range(host, gpu).map_err(|what| (format!("faults[{n}]"), what))?;
        }
    }
    hardware::check(host)
}

fn instances(i: usize, gpu: &Gpu) -> Result<Vec<InstanceSpec>, Wrong> {
    if !gpu.mig && !gpu.instances.is_empty() {
        return Err((
            format!("gpus[{i}]"),
            "it has instances while MIG is off".into(),
        ));
    }
    gpu.instances
        .iter()
        .enumerate()
        .map(|(n, text)| {
            text.parse()
                .map_err(|e| (format!("gpus[{i}].instances[{n}]"), format!("{e}")))
        })
        .collect()
}

fn check_last_work(
    host: &Host,
    slots: &[Vec<InstanceSpec>],
    last: &LastWork,
) -> Result<(), String> {
    find(slots, last.gpu, last.at)?;
    let works = |p: &&Process| (p.gpu, p.at) == (Some(last.gpu), Some(last.at));
    if let Some(process) = host.processes.iter().find(works) {
        return Err(format!("process {} works there still", process.pid));
    }
    if last.seconds_ago > host.watched_seconds {
        return Err("nobody watched so long ago: see watched_seconds".into());
    }
    Ok(())
}

fn check_process(
    host: &Host,
    slots: &[Vec<InstanceSpec>],
    process: &Process,
) -> Result<(), String> {
    for gpu in process.gpu.iter().chain(&process.holds) {
        in_range(host, *gpu)?;
    }
    if let (Some(gpu), Some(at)) = (process.gpu, process.at) {
        let slot = find(slots, gpu, at)?;
        let cis = slot.cis.as_ref().map_or(1, Vec::len);
        if process.ci as usize >= cis {
            return Err(format!(
                "GPU {gpu}, instance at {at} has {cis} compute instance(s), not number {}",
                process.ci
            ));
        }
    }
    if !process.unit.is_empty() && !host.services.iter().any(|s| s.unit == process.unit) {
        return Err(format!("there is no service '{}'", process.unit));
    }
    if process.pod.is_empty() {
        return Ok(());
    }
    let pod = host
        .pods
        .iter()
        .find(|p| format!("{}/{}", p.namespace, p.name) == process.pod)
        .ok_or_else(|| format!("there is no pod '{}'", process.pod))?;
    if pod.containers.iter().any(|c| c.name == process.container) {
        Ok(())
    } else {
        Err(format!(
            "pod '{}' has no container '{}'",
            process.pod, process.container
        ))
    }
}

fn check_devices(
    host: &Host,
    slots: &[Vec<InstanceSpec>],
    container: &Container,
) -> Result<(), String> {
    for (resource, devices) in &container.devices {
        for device in devices {
            check_slot(host, slots, device).map_err(|what| format!("{resource}: {what}"))?;
        }
    }
    Ok(())
}

fn check_slot(host: &Host, slots: &[Vec<InstanceSpec>], slot: &[u32]) -> Result<(), String> {
    match slot {
        [gpu] => in_range(host, *gpu),
        [gpu, at] => find(slots, *gpu, *at).map(|_| ()),
        other => Err(format!("{other:?} is neither [gpu] nor [gpu, start]")),
    }
}

fn check_claim(
    host: &Host,
    slots: &[Vec<InstanceSpec>],
    pod: &Pod,
    claim: &Claim,
) -> Result<(), String> {
    if !host.node.as_ref().is_some_and(|node| node.dra) {
        return Err("the host's node does not use DRA (node.dra)".into());
    }
    if !pod.containers.iter().any(|c| c.name == claim.container) {
        return Err(format!("the pod has no container '{}'", claim.container));
    }
    check_slot(host, slots, &claim.device)
}

fn check_strategy(host: &Host) -> Result<(), Wrong> {
    match &host.node {
        Some(node) if !["", "none", "single", "mixed"].contains(&node.strategy.as_str()) => Err((
            "node.strategy".into(),
            format!("'{}' is none of none, single, mixed", node.strategy),
        )),
        _ => Ok(()),
    }
}

fn in_range(host: &Host, gpu: u32) -> Result<(), String> {
    if (gpu as usize) < host.gpus.len() {
        Ok(())
    } else {
        Err(format!(
            "there is no GPU {gpu}; the host has {}",
            host.gpus.len()
        ))
    }
}

fn find(slots: &[Vec<InstanceSpec>], gpu: u32, at: u32) -> Result<&InstanceSpec, String> {
    slots
        .get(gpu as usize)
        .ok_or_else(|| format!("there is no GPU {gpu}; the host has {}", slots.len()))?
        .iter()
        .find(|s| s.start == at)
        .ok_or_else(|| format!("GPU {gpu} has no instance that starts at {at}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str =
        "name = 'x'\n[[hosts]]\nname = 'h'\nboard = 'a30-24'\ndriver = '535.1'\ncuda = '12.2'\n";

    #[track_caller]
    fn refused(rest: &str, words: &[&str]) {
        let why = Scenario::parse(&format!("{HOST}{rest}"))
            .unwrap_err()
            .to_string();
        for word in words {
            assert!(why.contains(word), "'{word}' is missing in: {why}");
        }
    }

    #[test]
    fn contradictions_are_named_by_host_and_field() {
        refused(
            "gpus = [{ instances = ['14@0'] }]",
            &["host 'h'", "gpus[0]", "MIG is off"],
        );
        refused(
            "gpus = [{ mig = true, instances = ['14-0'] }]",
            &["gpus[0].instances[0]", "PROFILE-ID@START"],
        );
        refused(
            "gpus = [{ mig = true, instances = ['14@0'] }]\nprocesses = [{ pid = 7, gpu = 0, at = 1 }]",
            &["pid 7", "no instance that starts at 1"],
        );
        refused(
            "gpus = [{ mig = true, instances = ['5@0[0]'] }]\nprocesses = [{ pid = 7, gpu = 0, at = 0, ci = 1 }]",
            &["1 compute instance(s)"],
        );
        refused(
            "gpus = [{}]\nprocesses = [{ pid = 7, holds = [1] }]",
            &["no GPU 1"],
        );
        refused(
            "gpus = [{}]\nprocesses = [{ pid = 7, pod = 'a/b' }]",
            &["no pod 'a/b'"],
        );
        refused(
            "gpus = [{}]\nprocesses = [{ pid = 7, unit = 'a.service' }]",
            &["no service 'a.service'"],
        );
        refused(
            "gpus = [{}]\nprocesses = [{ pid = 7 }, { pid = 7 }]",
            &["used once"],
        );
        refused(
            "gpus = [{}]\nnode = { strategy = 'both' }",
            &["node.strategy", "'both'"],
        );
        refused(
            "gpus = [{}]\npods = [{ name = 'p', claims = [{ name = 'c', device = [0] }] }]",
            &["pods '/p'", "claim 'c'", "node.dra"],
        );
        refused(
            "gpus = [{}]\nnode = { dra = true }\npods = [{ name = 'p', containers = [{ name = 'c' }], claims = [{ container = 'c', device = [1] }] }]",
            &["no GPU 1"],
        );
        refused(
            "uptime_seconds = 9\nwatched_seconds = 10\ngpus = [{}]",
            &["watched_seconds", "not been up"],
        );
        let watched = "watched_seconds = 60\ngpus = [{ mig = true, instances = ['14@0'] }]\n";
        for (rest, words) in [
            (
                "last_work = [{ gpu = 0, at = 1, seconds_ago = 5 }]",
                ["last_work[0]", "starts at 1"],
            ),
            (
                "last_work = [{ gpu = 0, at = 0, seconds_ago = 61 }]",
                ["last_work[0]", "nobody watched"],
            ),
            (
                "last_work = [{ gpu = 0, at = 0, seconds_ago = 5 }]\nprocesses = [{ pid = 7, gpu = 0, at = 0 }]",
                ["last_work[0]", "process 7 works there"],
            ),
        ] {
            refused(&format!("{watched}{rest}"), &words);
        }
        refused(
            "gpus = [{}]\nfaults = [{ gpu = 3 }]",
            &["faults[0]", "no GPU 3"],
        );
    }
}
