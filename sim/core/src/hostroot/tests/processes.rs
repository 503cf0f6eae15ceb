//! Processes: when they started, when they are away, in which cgroup.

use super::*;

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
