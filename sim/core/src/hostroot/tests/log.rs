//! The kernel log.

use super::*;

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
