use super::*;
use crate::domain::ids::{CiId, GiId, Pid};

/// The kernel's own part of a line as syslog, journalctl or dmesg show it; the sources here give it bare.
fn bare(line: &str) -> &str {
    let shown = Regex::new(
        r"^(?:kern +:\w+ *: [0-9T:,+-]+ |(?:\w{3} +\d+ [0-9:]{8} \S+ )?kernel: |\[\w{3} \w{3} [ \d]\d [0-9:]{8} \d{4}\] )",
    )
    .unwrap();
    &line[shown.find(line).map_or(0, |found| found.end())..]
}

fn an_xid(line: &str) -> Xid {
    match said(bare(line)) {
        Some(Said::Xid(x)) => x,
        other => panic!("{line}: {other:?}"),
    }
}

fn an_sxid(line: &str) -> Sxid {
    match said(line) {
        Some(Said::Sxid(x)) => x,
        other => panic!("{line}: {other:?}"),
    }
}

/// Lines as they were found in public logs: address, code, pid, name, start of the message.
#[test]
fn every_form_that_drivers_print_is_read() {
    type Row = (
        &'static str,
        &'static str,
        u32,
        Option<u32>,
        Option<&'static str>,
        &'static str,
    );
    let rows: &[Row] = &[
        (
            "NVRM: Xid (0000:03:00): 14, Channel 00000001",
            "0000:03:00.0",
            14,
            None,
            None,
            "Channel 00000001",
        ),
        (
            "Nov 22 18:29:55 hostname kernel: [  966.503025] NVRM: Xid (0000:01:00): 31, Ch 0000000b, engmask 00000120, intr 10000000",
            "0000:01:00.0",
            31,
            None,
            None,
            "Ch 0000000b, engmask",
        ),
        (
            "May 13 17:19:01 hyperion kernel: NVRM: Xid (PCI:0000:08:00): 31, Ch 0000003b, intr 10000000. MMU Fault: ENGINE GRAPHICS HUBCLIENT_SCC faulted @ 0x0_04687000.",
            "0000:08:00.0",
            31,
            None,
            None,
            "Ch 0000003b, intr 10000000. MMU Fault",
        ),
        (
            "NVRM: Xid (PCI:0000:0f:00): 64, pid=57530, Row Remapper Error: (0x00000005d28c03a0) - All reserved rows for bank are remapped",
            "0000:0f:00.0",
            64,
            Some(57530),
            None,
            "Row Remapper Error: (",
        ),
        (
            "[Mon Aug  5 03:54:13 2024] NVRM: Xid (PCI:0000:00:07): 31, pid=2512125, name=python3.10, Ch 00000008, intr 00000000. MMU Fault: ENGINE GRAPHICS GPCCLIENT_T1_8 faulted @ 0x73ac_1c000000.",
            "0000:00:07.0",
            31,
            Some(2512125),
            Some("python3.10"),
            "Ch 00000008, intr 00000000.",
        ),
        (
            "[Fri Aug  9 13:32:56 2024] NVRM: Xid (PCI:0000:00:08): 94, pid='<unknown>', name=<unknown>, Contained: SM (0x1). RST: No, D-RST: No",
            "0000:00:08.0",
            94,
            None,
            None,
            "Contained: SM (0x1). RST: No, D-RST: No",
        ),
        (
            "[1231741.378609] NVRM: Xid (PCI:0009:01:00): 43, pid=3188489, name=trigger_xid, channel 0x0b00000a",
            "0009:01:00.0",
            43,
            Some(3188489),
            Some("trigger_xid"),
            "channel 0x0b00000a",
        ),
        (
            "kernel: NVRM: Xid (PCI:0000:dc:00): 45, pid=1818990, name=python3, Ch 00000001 caused by previous Xid 149",
            "0000:dc:00.0",
            45,
            Some(1818990),
            Some("python3"),
            "Ch 00000001 caused by previous Xid 149",
        ),
        (
            "NVRM: Xid (PCI:0000:9b:00): 119, pid=2024380, name=nvidia-smi, Timeout after 6s of waiting for RPC response from GPU4 GSP! Expected function 103 (GSP_RM_ALLOC) (0x2081 0x4).",
            "0000:9b:00.0",
            119,
            Some(2024380),
            Some("nvidia-smi"),
            "Timeout after 6s",
        ),
        (
            "NVRM: Xid (PCI:0000:c6:00): 79, pid=1101234, name=nvc:[driver], GPU has fallen off the bus.",
            "0000:c6:00.0",
            79,
            Some(1101234),
            Some("nvc:[driver]"),
            "GPU has fallen off the bus.",
        ),
        (
            "NVRM: Xid (PCI:0018:01:00): 145, pid=876767, name=ray::WorkerDict, RLW_RXPIPE Nonfatal XC0 i0 Link 13 (0x0409a0c2 0x00000008)",
            "0018:01:00.0",
            145,
            Some(876767),
            Some("ray::WorkerDict"),
            "RLW_RXPIPE Nonfatal",
        ),
        (
            "[171167.621162] NVRM: Xid (PCI:0009:01:00): 154, GPU recovery action changed from 0x0 (None) to 0x4 (Drain and Reset)",
            "0009:01:00.0",
            154,
            None,
            None,
            "GPU recovery action changed",
        ),
        (
            "kern  :warn  : 2025-01-21T04:41:44,283302+00:00 NVRM: Xid (PCI:0000:38:00): 13, pid='<unknown>', name=<unknown>, Graphics SM Global Exception on (GPC 8, TPC 5, SM 1): Multiple Warp Errors",
            "0000:38:00.0",
            13,
            None,
            None,
            "Graphics SM Global Exception on (GPC 8, TPC 5",
        ),
        (
            "NVRM: Xid (PCI:0000:01:00): 45, pid='<unknown>', Ch 00000010",
            "0000:01:00.0",
            45,
            None,
            None,
            "Ch 00000010",
        ),
        (
            "NVRM: Xid (PCI:00010000:4E:00): 48, DBE",
            "10000:4e:00.0",
            48,
            None,
            None,
            "DBE",
        ),
    ];
    for (line, pci, code, pid, name, message) in rows {
        let x = an_xid(line);
        assert_eq!(x.pci, pci.parse().unwrap(), "{line}");
        assert_eq!(x.code, *code, "{line}");
        assert_eq!(x.pid, pid.map(Pid), "{line}");
        assert_eq!(x.name.as_deref(), *name, "{line}");
        assert!(x.message.starts_with(message), "{line}: {}", x.message);
        assert_eq!((x.gi, x.ci), (None, None), "{line}");
    }
}

#[test]
fn an_instance_is_named_in_decimal() {
    let x = an_xid(
        "NVRM: Xid (PCI:0000:01:00 GPU-I:05): 94, pid=7194, Contained: CE User Channel (0x9). RST: No, D-RST: No",
    );
    assert_eq!((x.gi, x.ci), (Some(GiId(5)), None));
    assert_eq!((x.pid, x.name), (Some(Pid(7194)), None));
    let x = an_xid(
        "NVRM: Xid (PCI:0000:01:00 GPU-I:13 GPU-CI:02): 13, pid=1, name=a, Graphics Exception",
    );
    assert_eq!((x.gi, x.ci), (Some(GiId(13)), Some(CiId(2))));
}

#[test]
fn a_name_may_hold_what_looks_like_the_end_of_it() {
    for (text, name, message) in [
        (
            "name=sh, Ch 00000008, intr 00000000.",
            "sh",
            "Ch 00000008, intr 00000000.",
        ),
        (
            "name=a, b, Ch 00000008, intr 0.",
            "a, b",
            "Ch 00000008, intr 0.",
        ),
        ("name=x, Ch 1, Ch 00000008", "x, Ch 1", "Ch 00000008"),
        (
            "name=my prog: [x], channel 0x2",
            "my prog: [x]",
            "channel 0x2",
        ),
        (
            "name=python3, something new, and more",
            "python3",
            "something new, and more",
        ),
        ("name=only", "only", ""),
    ] {
        let x = an_xid(&format!("NVRM: Xid (PCI:0000:01:00): 31, pid=5, {text}"));
        assert_eq!(x.name.as_deref(), Some(name), "{text}");
        assert_eq!(x.message, message, "{text}");
    }
}

#[test]
fn a_switchs_line_has_word_and_port() {
    let x = an_sxid(
        "[6781753.400584] nvidia-nvswitch1: SXid (PCI:0000:06:00.0): 20034, Fatal, Link 48 LTSSM Fault Up",
    );
    assert_eq!(x.pci.to_string(), "0000:06:00.0");
    assert_eq!(
        (x.code, x.word.as_deref(), x.link),
        (20034, Some("Fatal"), Some(48))
    );
    assert_eq!(x.message, "LTSSM Fault Up");
    let x = an_sxid(
        "nvidia-nvswitch4: SXid (PCI:0000:c6:00.0): 19084, Non-fatal, Link 29 AN1 Heartbeat Timeout Error (First)",
    );
    assert_eq!((x.word.as_deref(), x.link), (Some("Non-fatal"), Some(29)));
    let x = an_sxid(
        "nvidia-nvswitch0: SXid (PCI:0000:c4:00.0): 10003, Fatal, Unhandled interrupt, instance=0, chiplet=2",
    );
    assert_eq!((x.word.as_deref(), x.link), (Some("Fatal"), None));
    assert_eq!(x.message, "Unhandled interrupt, instance=0, chiplet=2");
    let x =
        an_sxid("nvidia-nvswitch1: SXid (PCI:0000:84:00.0): 12028, Data {0x000001c0, 0x00bd5c8a}");
    assert_eq!((x.word, x.link), (None, None));
    let x = an_sxid(
        "nvidia-nvswitch1: SXid (PCI:0000:84:00.0): 12028, Severity 5 Engine instance 01 Sub-engine instance 00",
    );
    assert_eq!(x.word, None);
}

#[test]
fn a_gpu_off_the_bus_is_known_also_without_an_xid() {
    let pci: PciAddress = "0000:18:00.0".parse().unwrap();
    assert_eq!(
        said("NVRM: GPU 0000:18:00.0: GPU has fallen off the bus."),
        Some(Said::OffBus(pci))
    );
    assert_eq!(
        said("NVRM: The NVIDIA GPU 0000:18:00.0"),
        Some(Said::ProbeOf(pci))
    );
    assert_eq!(
        said("NVRM: fallen off the bus and is not responding to commands."),
        Some(Said::ProbeOffBus)
    );
}

#[test]
fn other_lines_are_no_concern() {
    for line in [
        "usb 1-1: new high-speed USB device",
        "NVRM: GPU 0000:13:00.0: RmInitAdapter failed! (0x26:0x56:1463)",
        "NVRM: API mismatch: the client has the version 535.54.03, but",
        "NVRM: GPU at PCI:0000:4e:00: GPU-08279800-1cbe-a71d-f3e6-8f67e15ae54a",
        "NVRM: Xid (PCI:zz): what",
        "Xid (PCI:0000:01:00): 31, not the driver's line",
        "sshd says NVRM: Xid (PCI:0000:07:00): 79, fake",
        "[sshd] NVRM: Xid (PCI:0000:07:00): 79, fake",
        "a nvidia-nvswitch0: SXid (PCI:0000:06:00.0): 20034, Fatal, Link 48 fake",
        "x NVRM: GPU 0000:18:00.0: GPU has fallen off the bus.",
    ] {
        assert_eq!(said(line), None, "{line}");
    }
    assert_eq!(
        said("NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  580.82.07  Release Build"),
        Some(Said::DriverLoaded(Some("580.82.07".to_owned())))
    );
    assert_eq!(
        said("NVRM: loading NVIDIA UNIX x86_64 Kernel Module"),
        Some(Said::DriverLoaded(None))
    );
}
