//! `/proc/<pid>` of the scenario's processes.

use std::collections::BTreeMap;
use std::time::Duration;

use super::tree::Tree;
use super::users;
use crate::rules::ids::capability_minor;
use crate::scenario::derive;
use crate::scenario::model::{Host, Pod, Process};
use crate::view::View;

/// USER_HZ: the unit of times in `/proc/<pid>/stat` (proc(5)).
const TICKS: u64 = 100;

/// Everything under `/proc/<pid>` for those that run now, and `cgroup.procs` of their units.
pub(super) fn write(tree: &mut Tree, view: &View<'_>) {
    let mut units: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for process in view.processes() {
        one(tree, view, process);
        units.entry(&process.unit).or_default().push(process.pid);
    }
    for (n, service) in (0..).zip(&view.host.services) {
        let mut pids = units
            .get(service.unit.as_str())
            .cloned()
            .unwrap_or_default();
        if service.active && pids.is_empty() {
            let unlisted = daemon(view.host, &service.unit, n);
            one(tree, view, &unlisted);
            pids.push(unlisted.pid);
        }
        if !pids.is_empty() {
            let text: String = pids.iter().map(|pid| format!("{pid}\n")).collect();
            tree.file(
                format!("sys/fs/cgroup/system.slice/{}/cgroup.procs", service.unit),
                text,
            );
        }
    }
}

/// The process of an active unit for which the scenario lists none.
fn daemon(host: &Host, unit: &str, n: u32) -> Process {
    let taken = |pid: u32| host.processes.iter().any(|p| p.pid == pid);
    let pid = (600 + 16 * n..).find(|pid| !taken(*pid)).unwrap_or(1);
    Process {
        pid,
        user: "root".into(),
        argv: vec![format!("/usr/bin/{}", unit.trim_end_matches(".service"))],
        age_seconds: host.uptime_seconds.saturating_sub(30),
        unit: unit.into(),
        ..Process::default()
    }
}

fn one(tree: &mut Tree, view: &View<'_>, process: &Process) {
    let root = format!("proc/{}", process.pid);
    let start = start_ticks(view.host, process, view.now);
    let stat = stat(process, start);
    let mut cmdline = Vec::new();
    for argument in &process.argv {
        cmdline.extend_from_slice(argument.as_bytes());
        cmdline.push(0);
    }
    tree.file(format!("{root}/stat"), stat.clone());
    tree.file(format!("{root}/task/{}/stat", process.pid), stat);
    tree.file(format!("{root}/status"), status(process));
    tree.file(format!("{root}/cmdline"), cmdline);
    tree.file(format!("{root}/comm"), format!("{}\n", comm(process)));
    tree.file(
        format!("{root}/cgroup"),
        format!("0::{}\n", cgroup(view.host, process)),
    );
    for (n, target) in open_files(view, process).into_iter().enumerate() {
        tree.link(format!("{root}/fd/{n}"), target);
    }
}

/// The executable's (or script's) base name, cut to the kernel's 15 bytes.
pub(super) fn comm(process: &Process) -> String {
    let base = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let program = process.argv.first().map(String::as_str).unwrap_or_default();
    // a script started by its `#!` line has the script's name
    let script = process.argv.get(1).filter(|a| {
        base(program).starts_with("python") && a.starts_with('/') && a.contains("/bin/")
    });
    let mut name = base(script.map_or(program, String::as_str));
    while name.len() > 15 {
        name.pop();
    }
    name
}

/// Start time in ticks since boot. One that comes and goes started when it last came.
fn start_ticks(host: &Host, process: &Process, now: Duration) -> u64 {
    let first = if process.starts_at > 0.0 {
        ((host.uptime_seconds as f64 + process.starts_at) * TICKS as f64) as u64
    } else {
        host.uptime_seconds.saturating_sub(process.age_seconds) * TICKS
    };
    match process.cycle_seconds.as_slice() {
        [present, absent, ..] if present + absent > 0 => {
            let round = now.as_secs() / (present + absent);
            if round == 0 {
                first
            } else {
                (host.uptime_seconds + round * (present + absent)) * TICKS
            }
        }
        _ => first,
    }
}

fn letter(process: &Process) -> &str {
    if process.state.is_empty() {
        "S"
    } else {
        &process.state
    }
}

/// The 52 fields of proc_pid_stat(5); those that nobody reads are zero.
fn stat(process: &Process, start: u64) -> String {
    let pid = process.pid;
    let threads = if process.gpu.is_some() { 24 } else { 6 };
    let utime = process.age_seconds / 40 * TICKS;
    let stime = process.age_seconds / 200 * TICKS;
    let rss_pages = 40_000;
    let mut text = format!(
        "{pid} ({}) {} 1 {pid} {pid} 0 -1 4194560 18211 0 12 0 {utime} {stime} 0 0 20 0 {threads} 0 {start} 21474836480 {rss_pages} 18446744073709551615",
        comm(process),
        letter(process),
    );
    // fields 26 to 52
    for _ in 26..=52 {
        text.push_str(" 0");
    }
    text.push('\n');
    text
}

fn status(process: &Process) -> String {
    let state = match letter(process) {
        "R" => "R (running)",
        "D" => "D (disk sleep)",
        "Z" => "Z (zombie)",
        "T" => "T (stopped)",
        _ => "S (sleeping)",
    };
    let uid = users::uid(&process.user);
    let pid = process.pid;
    let inside = if process.pod.is_empty() {
        String::new()
    } else {
        format!(
            "\t{}",
            1 + derive::pick(&["pid in container", &process.pod, &pid.to_string()], 400)
        )
    };
    format!(
        "Name:\t{}\nUmask:\t0022\nState:\t{state}\nTgid:\t{pid}\nNgid:\t0\nPid:\t{pid}\nPPid:\t1\nTracerPid:\t0\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t{uid}\t{uid}\t{uid}\t{uid}\nFDSize:\t64\nGroups:\t\nNStgid:\t{pid}{inside}\nNSpid:\t{pid}{inside}\nVmRSS:\t  160000 kB\nThreads:\t{}\n",
        comm(process),
        if process.gpu.is_some() { 24 } else { 6 },
    )
}

/// The process's cgroup (version 2): a unit's, a container's or a login session's.
pub(super) fn cgroup(host: &Host, process: &Process) -> String {
    if !process.unit.is_empty() {
        return format!("/system.slice/{}", process.unit);
    }
    if let Some(pod) = host
        .pods
        .iter()
        .find(|p| format!("{}/{}", p.namespace, p.name) == process.pod)
    {
        return container_cgroup(host, pod, &process.container);
    }
    let uid = users::uid(&process.user);
    let session = 1 + derive::pick(&["session", &process.pid.to_string()], 900);
    format!("/user.slice/user-{uid}.slice/session-{session}.scope")
}

/// The path of a container by cgroup driver and runtime, as the kubelet and the runtimes build it.
fn container_cgroup(host: &Host, pod: &Pod, container: &str) -> String {
    let uid = derive::pod_uid(pod);
    let id = derive::container_id(pod, container);
    let class = if pod.qos == "guaranteed" {
        ""
    } else {
        pod.qos.as_str()
    };
    if host.system.cgroup == "cgroupfs" {
        let class = if class.is_empty() {
            String::new()
        } else {
            format!("/{class}")
        };
        return format!("/kubepods{class}/pod{uid}/{id}");
    }
    let scope = match host.system.runtime.split("://").next() {
        Some("cri-o") => "crio",
        Some("docker") => "docker",
        _ => "cri-containerd",
    };
    let uid = uid.replace('-', "_");
    if class.is_empty() {
        format!("/kubepods.slice/kubepods-pod{uid}.slice/{scope}-{id}.scope")
    } else {
        format!(
            "/kubepods.slice/kubepods-{class}.slice/kubepods-{class}-pod{uid}.slice/{scope}-{id}.scope"
        )
    }
}

/// Targets of `fd/N` in order.
fn open_files(view: &View<'_>, process: &Process) -> Vec<String> {
    let mut open = vec![
        "/dev/null".to_owned(),
        format!("pipe:[{}]", 40_000 + process.pid),
        format!("pipe:[{}]", 40_001 + process.pid),
    ];
    if !view.host.library {
        return open;
    }
    if process.control || process.gpu.is_some() {
        open.push("/dev/nvidiactl".to_owned());
    }
    for gpu in &process.holds {
        open.push(format!(
            "/dev/nvidia{}",
            derive::minor(view.host, *gpu as usize)
        ));
    }
    let Some(gpu) = process.gpu else { return open };
    let minor = derive::minor(view.host, gpu as usize);
    open.push("/dev/nvidia-uvm".to_owned());
    // the driver opens the node once for control and once for each channel group
    open.push(format!("/dev/nvidia{minor}"));
    open.push(format!("/dev/nvidia{minor}"));
    if let Some((gi, ci)) = view.instance_of(process) {
        for minor in [
            capability_minor(minor, gi, None),
            capability_minor(minor, gi, Some(ci)),
        ] {
            open.push(format!("/dev/nvidia-caps/nvidia-cap{minor}"));
        }
    }
    open
}
