//! Who gives GPUs away and who changes them: kubelet, owners, services.

use super::*;

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
