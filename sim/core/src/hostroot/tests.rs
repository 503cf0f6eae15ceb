//! The fake host, read as programs read a real one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;
use crate::scenario::{Scenario, derive};

fn open(spec: &str) -> Driver {
    let scenario = Scenario::load(spec).unwrap();
    Driver::open(&scenario, &scenario.hosts[0].name, None).unwrap()
}

struct Root {
    dir: tempfile::TempDir,
    driver: Driver,
}

impl Root {
    fn of(spec: &str) -> Self {
        let root = Self {
            dir: tempfile::tempdir_in(place()).unwrap(),
            driver: open(spec),
        };
        root.write();
        root
    }

    fn write(&self) {
        write(self.dir.path(), &self.driver).unwrap();
    }

    /// As it would be `seconds` after the start.
    fn write_at(&self, seconds: u64) {
        let mut view = View::of(&self.driver);
        view.now = Duration::from_secs(seconds);
        tree(&view).write(self.dir.path()).unwrap();
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    #[track_caller]
    fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap_or_else(|e| panic!("{relative}: {e}"))
    }

    fn open_files(&self, pid: u32) -> Vec<String> {
        let mut links: Vec<(u32, String)> = fs::read_dir(self.path(&format!("proc/{pid}/fd")))
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                let n = path.file_name().unwrap().to_str().unwrap().parse().unwrap();
                (n, fs::read_link(path).unwrap().to_str().unwrap().to_owned())
            })
            .collect();
        links.sort();
        links.into_iter().map(|(_, target)| target).collect()
    }
}

fn everything(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                all.push(entry.path());
            }
        }
    }
    all.sort();
    all
}

#[test]
fn every_built_in_host_can_be_written_twice() {
    for name in Scenario::builtin_names() {
        let scenario = Scenario::load(name).unwrap();
        for host in &scenario.hosts {
            let driver = Driver::open(&scenario, &host.name, None)
                .unwrap_or_else(|e| panic!("{}: {e}", host.name));
            let dir = tempfile::tempdir_in(place()).unwrap();
            write(dir.path(), &driver).unwrap();
            let first = everything(dir.path());
            write(dir.path(), &driver).unwrap();
            assert_eq!(everything(dir.path()), first, "{}", host.name);
            for process in &host.processes {
                let cmdline =
                    fs::read(dir.path().join(format!("proc/{}/cmdline", process.pid))).unwrap();
                let arguments: Vec<&[u8]> = cmdline
                    .strip_suffix(&[0])
                    .unwrap()
                    .split(|b| *b == 0)
                    .collect();
                assert_eq!(
                    arguments.len(),
                    process.argv.len(),
                    "{} pid {}",
                    host.name,
                    process.pid
                );
            }
        }
    }
}

#[test]
fn minors_run_from_3_to_4322() {
    let root = Root::of("bank#dgx-dev-01");
    let text = root.read("proc/driver/nvidia-caps/mig-minors");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[..4],
        [
            "config 1",
            "monitor 2",
            "gpu0/gi0/access 3",
            "gpu0/gi0/ci0/access 4"
        ]
    );
    assert_eq!(lines.last(), Some(&"gpu31/gi14/ci7/access 4322"));
    assert_eq!(lines.len(), 4322);
    assert_eq!(
        root.read("proc/driver/nvidia/capabilities/mig/config"),
        "DeviceFileMinor: 1\nDeviceFileMode: 256\nDeviceFileModify: 1\n"
    );
    assert!(
        root.read("proc/driver/nvidia/capabilities/mig/monitor")
            .starts_with("DeviceFileMinor: 2\nDeviceFileMode: 292\n")
    );
}

#[test]
fn a_process_holds_the_nodes_of_its_instance() {
    // GPU 4 of this host has minor 6 and two instances of three compute instances each
    let root = Root::of("bank#dgx-mix-01");
    let gpu = &root.driver.peek().gpus[4];
    let gi = gpu.instances.iter().find(|g| g.start == 4).unwrap();
    let entry = format!("proc/driver/nvidia/capabilities/gpu6/mig/gi{}", gi.gi);
    let minor = |file: &str| {
        let text = root.read(&format!("{entry}/{file}"));
        let number = text
            .lines()
            .next()
            .unwrap()
            .strip_prefix("DeviceFileMinor: ")
            .unwrap()
            .to_owned();
        format!("/dev/nvidia-caps/nvidia-cap{number}")
    };
    let open = root.open_files(31901);
    for node in [
        "/dev/nvidiactl".to_owned(),
        "/dev/nvidia6".to_owned(),
        minor("access"),
        minor("ci2/access"),
    ] {
        assert!(open.contains(&node), "{node} is not among {open:?}");
        assert!(root.path(&node[1..]).exists(), "{node}");
    }
    assert!(!open.contains(&minor("ci0/access")));
    assert!(
        root.read("proc/driver/nvidia/gpus/0000:87:00.0/information")
            .contains("Device Minor: \t 6\n")
    );
}

#[test]
fn entries_follow_the_layout() {
    let root = Root::of("bank#dgx-dev-01");
    let free = |root: &Root| {
        root.driver.peek().gpus[0]
            .instances
            .iter()
            .find(|g| g.start == 6)
            .cloned()
    };
    let gi = free(&root).unwrap();
    let entry = format!("proc/driver/nvidia/capabilities/gpu0/mig/gi{}", gi.gi);
    let node = format!("dev/nvidia-caps/nvidia-cap{}", gi.cis[0].capability_minor);
    let uuid = &gi.cis[0].uuid;
    assert!(root.path(&entry).exists() && root.path(&node).exists());
    assert!(root.read("run/cdi/nvidia.yaml").contains(uuid.as_str()));

    root.driver.init().unwrap();
    root.driver.destroy_ci(0, gi.gi, gi.cis[0].ci).unwrap();
    root.write();
    assert!(root.path(&format!("{entry}/access")).exists());
    assert!(!root.path(&format!("{entry}/ci0")).exists() && !root.path(&node).exists());
    assert!(!root.read("run/cdi/nvidia.yaml").contains(uuid.as_str()));
    let checkpoint = root.read("var/lib/kubelet/device-plugins/kubelet_internal_checkpoint");
    assert!(!checkpoint.contains(uuid.as_str()));

    root.driver.destroy_gi(0, gi.gi).unwrap();
    root.write();
    assert!(!root.path(&entry).exists());
    assert_eq!(free(&root), None);
}

#[test]
fn after_a_driver_reload_nobody_works_any_more() {
    let root = Root::of("bank#dgx-prod-01");
    assert!(root.path("proc/14210").exists());
    root.driver.restart();
    root.write();
    assert!(!root.path("proc/14210").exists());
    assert!(root.path("proc/3522/comm").exists());
    assert!(
        !root
            .path("proc/driver/nvidia/capabilities/gpu0/mig/gi1")
            .exists()
    );
    assert!(
        root.path("proc/driver/nvidia/capabilities/gpu0/mig")
            .exists()
    );
}

#[test]
fn one_that_comes_and_goes_is_away_in_time() {
    // present 900 s, absent 300 s
    let root = Root::of("bank#dgx-dev-01");
    let pid = root
        .driver
        .host()
        .processes
        .iter()
        .find(|p| !p.cycle_seconds.is_empty())
        .unwrap()
        .pid;
    let start = |root: &Root| -> u64 {
        let stat = root.read(&format!("proc/{pid}/stat"));
        let after_name = stat.rsplit_once(") ").unwrap().1;
        // the state is field 3, the start field 22
        after_name.split(' ').nth(22 - 3).unwrap().parse().unwrap()
    };
    let first = start(&root);
    root.write_at(899);
    assert_eq!(start(&root), first);
    root.write_at(900);
    assert!(!root.path(&format!("proc/{pid}")).exists());
    root.write_at(1200);
    let uptime = root.driver.host().uptime_seconds;
    assert_eq!(start(&root), (uptime + 1200) * 100);
}

#[test]
fn start_times_agree_with_uptime_and_age() {
    let root = Root::of("bank#dgx-dev-01");
    let process = root
        .driver
        .host()
        .processes
        .iter()
        .find(|p| p.pid == 48213)
        .unwrap();
    let stat = root.read("proc/48213/stat");
    assert!(stat.starts_with("48213 (python3) S "), "{stat}");
    let fields: Vec<&str> = stat
        .trim_end()
        .rsplit_once(") ")
        .unwrap()
        .1
        .split(' ')
        .collect();
    assert_eq!(fields.len(), 52 - 2);
    let start: u64 = fields[22 - 3].parse().unwrap();
    let booted_for: f64 = root
        .read("proc/uptime")
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let age = booted_for - start as f64 / 100.0;
    assert!((age - process.age_seconds as f64).abs() < 30.0, "{age}");
    assert_eq!(
        root.read("proc/sys/kernel/random/boot_id").trim(),
        derive::boot_id(root.driver.host())
    );
}

#[test]
fn cgroups_have_the_form_of_each_host() {
    let of = |spec: &str, pid: u32| Root::of(spec).read(&format!("proc/{pid}/cgroup"));
    let dev = of("bank#dgx-dev-01", 48213);
    assert!(
        dev.starts_with("0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod"),
        "{dev}"
    );
    assert!(
        dev.contains(".slice/cri-containerd-") && dev.ends_with(".scope\n"),
        "{dev}"
    );
    let guaranteed = of("bank#dgx-dev-01", 43502);
    assert!(
        guaranteed.starts_with("0::/kubepods.slice/kubepods-pod"),
        "{guaranteed}"
    );
    let prod = of("bank#dgx-prod-01", 14210);
    assert!(
        prod.starts_with("0::/kubepods/burstable/pod") && prod.contains('-'),
        "{prod}"
    );
    let mix = of("bank#dgx-mix-01", 3405);
    assert!(
        mix.contains("kubepods-besteffort-pod") && mix.contains(".slice/crio-"),
        "{mix}"
    );
    assert_eq!(
        of("bank#dgx-mix-01", 1688),
        "0::/system.slice/nvidia-fabricmanager.service\n"
    );
    assert!(of("bank#dgx-mix-01", 31250).starts_with("0::/user.slice/user-1003.slice/session-"));
}

#[test]
fn the_kernel_log_introduces_a_gpu_before_its_first_xid() {
    let root = Root::of("bank#dgx-dev-01");
    let log = root.read("dev/kmsg");
    let xids: Vec<&str> = log.lines().filter(|l| l.contains("Xid")).collect();
    assert_eq!(xids.len(), 1);
    assert!(xids[0].ends_with(";NVRM: Xid (PCI:0000:90:00): 94, pid=48213, name=python3, Contained: SM (0x1). RST: No, D-RST: No"));
    let host = root.driver.host();
    let before = format!("NVRM: GPU at PCI:0000:90:00: {}", derive::gpu_uuid(host, 5));
    let place = |text: &str| {
        log.find(text)
            .unwrap_or_else(|| panic!("no {text} in {log}"))
    };
    assert!(place(&before) < place("Xid (PCI"));
    assert!(place("NVRM: loading NVIDIA UNIX x86_64 Kernel Module  535.161.08") < place(&before));
    let records: Vec<(u64, u64)> = log
        .lines()
        .map(|line| {
            let mut head = line.split_once(';').unwrap().0.split(',').skip(1);
            (
                head.next().unwrap().parse().unwrap(),
                head.next().unwrap().parse().unwrap(),
            )
        })
        .collect();
    assert!(
        records
            .windows(2)
            .all(|w| w[0].0 + 1 == w[1].0 && w[0].1 <= w[1].1)
    );
}

#[test]
fn records_to_come_are_added_when_their_time_has_come() {
    let root = Root::of("faults#xid79");
    root.write_at(4);
    let before = root.read("dev/kmsg");
    assert!(!before.contains("Xid"));
    root.write_at(6);
    let after = root.read("dev/kmsg");
    assert!(after.starts_with(&before));
    assert!(after.contains(
        "NVRM: Xid (PCI:0000:4e:00): 79, pid=30100, name=python3, GPU has fallen off the bus."
    ));
}

#[test]
fn newlines_within_a_record_are_escaped() {
    let log = Root::of("faults#mismatch").read("dev/kmsg");
    assert!(
        log.contains(
            r"API mismatch: the client has the version 550.54.15, but\x0aNVRM: this kernel module"
        ),
        "{log}"
    );
}

#[test]
fn the_checkpoint_names_the_devices_of_pods() {
    let root = Root::of("bank#dgx-prod-01");
    let text = root.read("var/lib/kubelet/device-plugins/kubelet_internal_checkpoint");
    let checkpoint: serde_json::Value = serde_json::from_str(&text).unwrap();
    let host = root.driver.host();
    let pod = host
        .pods
        .iter()
        .find(|p| p.name.starts_with("fraud-detect"))
        .unwrap();
    let entries = checkpoint["Data"]["PodDeviceEntries"].as_array().unwrap();
    let entry = entries
        .iter()
        .find(|e| e["PodUID"] == derive::pod_uid(pod))
        .unwrap();
    assert_eq!(entry["ResourceName"], "nvidia.com/gpu");
    let want: Vec<String> = root.driver.peek().gpus[4..6]
        .iter()
        .flat_map(|g| {
            [0, 4].map(|start| {
                g.instances.iter().find(|i| i.start == start).unwrap().cis[0]
                    .uuid
                    .clone()
            })
        })
        .collect();
    assert_eq!(entry["DeviceIDs"]["-1"], serde_json::json!(want));
    let registered = &checkpoint["Data"]["RegisteredDevices"];
    assert_eq!(registered["nvidia.com/gpu"].as_array().unwrap().len(), 16);
    assert_eq!(registered["nvidia.com/mig-1g.5gb"], serde_json::json!([]));
    assert!(checkpoint["Checksum"].is_u64());
}

#[test]
fn owners_can_be_seen_on_the_host_itself() {
    let dev = Root::of("bank#dgx-dev-01");
    assert!(
        dev.read("proc/3410/cmdline")
            .contains("/opt/mig-init/apply.sh\0--layout\0dev-v3")
    );
    assert!(
        dev.read("opt/mig-init/apply.sh")
            .contains("nvidia-smi mig -i \"$gpu\" -cgi 9,9 -C")
    );
    let logs: Vec<String> = fs::read_dir(dev.path("var/log/pods"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        logs.iter()
            .any(|l| l.starts_with("kube-system_mig-init-d8x4p_")),
        "{logs:?}"
    );

    let prod = Root::of("bank#dgx-prod-01");
    assert_eq!(prod.read("proc/3522/comm"), "nvidia-mig-mana\n");

    let mix = Root::of("bank#dgx-mix-01");
    assert!(
        everything(&mix.path("proc"))
            .iter()
            .all(|p| !p.ends_with("comm") || !fs::read_to_string(p).unwrap().contains("mig-"))
    );
    let host = mix.driver.host();
    let plugin = host
        .pods
        .iter()
        .find(|p| p.name.starts_with("nvidia-device-plugin"))
        .unwrap();
    let log = mix.read(&format!(
        "var/log/pods/kube-system_{}_{}/nvidia-device-plugin-ctr/2417.log",
        plugin.name,
        derive::pod_uid(plugin)
    ));
    assert!(
        log.contains("does not match any resource patterns"),
        "{log}"
    );
}

#[test]
fn services_are_seen_by_links_and_cgroups() {
    let root = Root::of("bank#dgx-prod-01");
    let pids = root.read("sys/fs/cgroup/system.slice/nvidia-fabricmanager.service/cgroup.procs");
    assert_eq!(pids, "1688\n");
    let link = fs::read_link(
        root.path("etc/systemd/system/multi-user.target.wants/nvidia-fabricmanager.service"),
    )
    .unwrap();
    assert!(
        root.path(link.strip_prefix("/").unwrap().to_str().unwrap())
            .is_file()
    );
    assert!(
        root.read("var/lib/dpkg/status")
            .contains("Package: nvidia-fabricmanager-535\n")
    );
}

#[test]
fn a_host_without_the_driver_has_no_trace_of_it() {
    let root = Root::of("faults#no-library");
    assert!(!root.path("proc/driver/nvidia").exists());
    assert!(!root.path("dev/nvidiactl").exists());
    assert!(root.path("proc/stat").exists());
}
