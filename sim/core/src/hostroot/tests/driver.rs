//! What the driver shows: its entries in /proc, minors, device nodes.

use super::*;

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
fn a_host_without_the_driver_has_no_trace_of_it() {
    let root = Root::of("faults#no-library");
    assert!(!root.path("proc/driver/nvidia").exists());
    assert!(!root.path("dev/nvidiactl").exists());
    assert!(root.path("proc/stat").exists());
}
