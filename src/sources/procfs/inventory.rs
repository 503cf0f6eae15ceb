//! The host and its GPUs before NVML is initialised, which can take tens of seconds with persistence off.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::super::root::{HostRoot, absence};
use super::capabilities::{DRIVER, field, instances, uuid};
use super::processes::{Known, any_thread_stuck};
use super::scan::Scan;
use crate::domain::ids::{BootId, PciAddress, Pid};
use crate::domain::observation::{HostInventory, ProcGpu};
use crate::domain::process::HostProcess;
use crate::domain::reading::{Absence, AbsentCode, Reading};
use crate::domain::text::Text;

/// Processes whose threads are looked at one by one although their files are hidden.
const MOST_HIDDEN: usize = 256;

/// The host as files tell it.
pub fn host(root: &HostRoot) -> HostInventory {
    HostInventory {
        machine: line(root, "sys/class/dmi/id/product_name"),
        os: os(root),
        kernel: line(root, "proc/sys/kernel/osrelease"),
        booted: booted(root),
        driver: driver(root),
        gpus: gpus(root),
        stuck: stuck(root),
    }
}

/// The host's name: the kernel's, else `/etc/hostname`.
pub fn host_name(root: &HostRoot) -> Option<Text> {
    ["proc/sys/kernel/hostname", "etc/hostname"]
        .into_iter()
        .filter_map(|file| root.line(file).ok())
        .find(|name| !name.is_empty())
        .map(Text::from)
}

/// The boot's id.
pub fn boot_id(root: &HostRoot) -> Option<BootId> {
    root.boot_id().ok().map(|id| BootId::new(&id))
}

/// The machine's id, equal to a node's `status.nodeInfo.machineID`.
pub fn machine_id(root: &HostRoot) -> Option<Text> {
    let id = root.line("etc/machine-id").ok()?;
    (!id.is_empty()).then(|| Text::from(id))
}

fn line(root: &HostRoot, file: &str) -> Reading<Text> {
    match root.line(file) {
        Ok(text) if text.is_empty() => {
            Reading::absent(AbsentCode::Failed, format!("/{file} is empty"))
        }
        Ok(text) => Reading::Value(Text::from(text)),
        Err(e) => Reading::Absent(absence(&e, &format!("/{file}"), "")),
    }
}

fn os(root: &HostRoot) -> Reading<Text> {
    let text = ["etc/os-release", "usr/lib/os-release"]
        .into_iter()
        .find_map(|file| root.read(file).ok());
    let Some(text) = text else {
        return Reading::absent(AbsentCode::NoSource, "/etc/os-release: no such file");
    };
    let value = |key: &str| {
        text.lines().find_map(|line| {
            let value = line.strip_prefix(key)?.strip_prefix('=')?.trim();
            Some(value.trim_matches(['"', '\'']).to_owned())
        })
    };
    match value("PRETTY_NAME").or_else(|| value("NAME")) {
        Some(name) => Reading::Value(Text::from(name)),
        None => Reading::absent(AbsentCode::Failed, "/etc/os-release names no system"),
    }
}

fn booted(root: &HostRoot) -> Reading<Timestamp> {
    match root.boot_time().map(Timestamp::from_second) {
        Ok(Ok(at)) => Reading::Value(at),
        Ok(Err(e)) => Reading::absent(AbsentCode::Failed, format!("btime of /proc/stat: {e}")),
        Err(e) => Reading::Absent(absence(&e, "/proc/stat", "")),
    }
}

/// `/sys/module/nvidia/version`, else the first line of `/proc/driver/nvidia/version`.
fn driver(root: &HostRoot) -> Reading<Text> {
    if let Ok(version) = root.line("sys/module/nvidia/version") {
        return Reading::Value(Text::from(version));
    }
    let file = format!("{DRIVER}/version");
    match root.read(&file) {
        Ok(text) => match text.split_ascii_whitespace().find(|word| is_version(word)) {
            Some(version) => Reading::Value(Text::new(version)),
            None => Reading::absent(AbsentCode::Failed, format!("/{file} has no version")),
        },
        Err(_) => Reading::Absent(no_module()),
    }
}

/// `535.161.08`: two or three groups of digits.
fn is_version(word: &str) -> bool {
    let groups: Vec<&str> = word.split('.').collect();
    matches!(groups.len(), 2 | 3)
        && groups
            .iter()
            .all(|g| !g.is_empty() && g.bytes().all(|b| b.is_ascii_digit()))
}

fn no_module() -> Absence {
    Absence::new(
        AbsentCode::NoSource,
        "the NVIDIA kernel module is not loaded (/proc/driver/nvidia is not there); `lsmod | grep nvidia` and the kernel log tell more",
    )
}

fn gpus(root: &HostRoot) -> Reading<Vec<ProcGpu>> {
    let folder = format!("{DRIVER}/gpus");
    let names = match root.names(&folder) {
        Ok(names) => names,
        Err(_) if !root.has(DRIVER) => return Reading::Absent(no_module()),
        Err(e) => return Reading::Absent(absence(&e, &format!("/{folder}"), "")),
    };
    let mut gpus: Vec<ProcGpu> = names
        .iter()
        .filter_map(|name| Some(gpu(root, name, name.parse().ok()?)))
        .collect();
    gpus.sort_by_key(|g| g.pci);
    Reading::Value(gpus)
}

fn gpu(root: &HostRoot, folder: &str, pci: PciAddress) -> ProcGpu {
    let file = format!("{DRIVER}/gpus/{folder}/information");
    let text = match root.read(&file) {
        Ok(text) => text,
        Err(e) => {
            let why = absence(&e, &format!("/{file}"), "");
            return ProcGpu {
                pci,
                name: Reading::Absent(why.clone()),
                uuid: Reading::Absent(why.clone()),
                minor: Reading::Absent(why),
                instances: Vec::new(),
            };
        }
    };
    let missing = |name: &str| Absence::new(AbsentCode::Failed, format!("/{file} has no `{name}`"));
    let minor: Reading<u32> = field(&text, "Device Minor")
        .and_then(|v| v.parse().ok())
        .ok_or_else(|| missing("Device Minor"))
        .into();
    ProcGpu {
        pci,
        name: field(&text, "Model")
            .map(Text::new)
            .ok_or_else(|| missing("Model"))
            .into(),
        uuid: uuid(&text)
            .ok_or_else(|| {
                Absence::new(
                    AbsentCode::NotYet,
                    "the kernel module knows the UUID only after the GPU was initialised",
                )
            })
            .into(),
        instances: minor
            .value()
            .map_or_else(Vec::new, |&minor| instances(root, minor)),
        minor,
    }
}

/// Processes in uninterruptible sleep: the main thread of any, each thread of those that have GPU nodes open or might.
fn stuck(root: &HostRoot) -> Vec<HostProcess> {
    let scan = Scan::walk(root);
    let mut by_thread: BTreeSet<Pid> = scan.pids();
    by_thread.extend(scan.hidden.iter().take(MOST_HIDDEN));
    let known = Known::read(root);
    root.pids()
        .unwrap_or_default()
        .into_iter()
        .filter_map(|pid| {
            let stat = root.stat(pid).ok()?;
            let stuck = stat.state == 'D'
                || (by_thread.contains(&pid) && any_thread_stuck(root, pid, &stat));
            stuck.then(|| known.process(pid, stat)).flatten()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn put(root: &HostRoot, path: &str, text: &str) {
        let file = root.path(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn fresh() -> (tempfile::TempDir, HostRoot) {
        let dir = tempfile::tempdir().unwrap();
        let root = HostRoot::new(dir.path());
        fs::create_dir_all(root.path("proc")).unwrap();
        (dir, root)
    }

    #[test]
    fn gpus_and_instances_are_known_without_nvml() {
        let (_dir, root) = fresh();
        put(
            &root,
            "proc/driver/nvidia/gpus/0000:4e:00.0/information",
            "Model: \t\t NVIDIA A100-SXM4-40GB\nGPU UUID: \t GPU-08279800-1cbe-a71d-f3e6-8f67e15ae54a\nVideo BIOS: \t 92.00.45.00.03\nBus Location: \t 0000:4e:00.0\nDevice Minor: \t 2\nGPU Excluded:\t No\n",
        );
        put(
            &root,
            "proc/driver/nvidia/gpus/0000:07:00.0/information",
            "Model: \t\t NVIDIA A100-SXM4-40GB\nGPU UUID: \t GPU-????????-????-????-????-????????????\nDevice Minor: \t 0\n",
        );
        for file in [
            "gi10/ci0/access",
            "gi10/ci1/access",
            "gi10/access",
            "gi2/access",
        ] {
            put(
                &root,
                &format!("proc/driver/nvidia/capabilities/gpu2/mig/{file}"),
                "DeviceFileMinor: 9\n",
            );
        }
        put(
            &root,
            "proc/driver/nvidia/version",
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.161.08  Sat Feb 24 22:26:14 UTC 2024\nGCC version:  gcc version 11.4.0\n",
        );
        let host = host(&root);
        assert_eq!(host.driver.value().unwrap(), "535.161.08");
        let gpus = host.gpus.value().unwrap();
        assert_eq!(gpus.len(), 2);
        assert_eq!(gpus[0].pci.to_string(), "0000:07:00.0");
        assert_eq!(gpus[0].uuid.reason().unwrap().code, AbsentCode::NotYet);
        assert!(gpus[0].instances.is_empty());
        assert_eq!(gpus[1].minor.value(), Some(&2));
        assert_eq!(gpus[1].instances, [(2, vec![]), (10, vec![0, 1])]);
    }

    #[test]
    fn the_machine_is_named() {
        let (_dir, root) = fresh();
        put(
            &root,
            "sys/class/dmi/id/product_name",
            "DGXA100 920-23687-2530-000\n",
        );
        put(
            &root,
            "etc/os-release",
            "NAME=\"Ubuntu\"\nPRETTY_NAME=\"Ubuntu 20.04.6 LTS\"\n",
        );
        put(&root, "proc/sys/kernel/osrelease", "5.4.0-169-generic\n");
        put(&root, "proc/sys/kernel/hostname", "dgx-dev-01\n");
        put(&root, "proc/stat", "btime 1700000000\n");
        let host = host(&root);
        assert_eq!(host.machine.value().unwrap(), "DGXA100 920-23687-2530-000");
        assert_eq!(host.os.value().unwrap(), "Ubuntu 20.04.6 LTS");
        assert_eq!(host.kernel.value().unwrap(), "5.4.0-169-generic");
        assert_eq!(host.booted.value().unwrap().as_second(), 1_700_000_000);
        assert_eq!(host_name(&root).unwrap(), "dgx-dev-01");
    }

    #[test]
    fn a_host_without_the_module_says_so() {
        let (_dir, root) = fresh();
        let host = host(&root);
        for why in [host.gpus.reason().unwrap(), host.driver.reason().unwrap()] {
            assert_eq!(why.code, AbsentCode::NoSource);
            assert!(why.text.contains("not loaded"), "{}", why.text);
        }
        assert_eq!(host.machine.reason().unwrap().code, AbsentCode::NoSource);
        assert_eq!(host_name(&root), None);
    }

    #[test]
    fn stuck_processes_are_listed_whatever_they_do() {
        let (_dir, root) = fresh();
        let stat = |state: char, threads: u32| {
            format!("9 (x) {state} 1 7 7 0 -1 0 1 2 3 4 5 6 7 8 20 0 {threads} 0 100 0 0")
        };
        for (pid, state) in [(5, 'S'), (6, 'D'), (7, 'I')] {
            put(&root, &format!("proc/{pid}/stat"), &stat(state, 1));
            put(&root, &format!("proc/{pid}/cmdline"), "nvidia-smi\0");
        }
        // a process with a GPU open whose worker thread hangs
        put(&root, "proc/8/stat", &stat('S', 2));
        put(&root, "proc/8/cmdline", "python3\0");
        put(&root, "proc/8/task/81/stat", &stat('D', 2));
        fs::create_dir_all(root.path("proc/8/fd")).unwrap();
        std::os::unix::fs::symlink("/dev/nvidia0", root.path("proc/8/fd/3")).unwrap();
        let pids: Vec<u32> = host(&root).stuck.iter().map(|p| p.pid.0).collect();
        assert_eq!(pids, [6, 8]);
    }
}
