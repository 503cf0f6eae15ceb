//! `/dev/kmsg`: the kernel's records since boot, those to come included once their time has come.

use std::fmt::Write;
use std::time::Duration;

use super::nvidia::module_name;
use crate::scenario::derive;
use crate::scenario::model::Host;
use crate::view::View;

struct Line {
    /// Microseconds since boot.
    at: u64,
    level: u8,
    text: String,
}

/// Records `PRIO,SEQ,USEC,-;TEXT` (Documentation/ABI/testing/dev-kmsg), one a line. More time only adds to the end.
pub(super) fn records(view: &View<'_>) -> String {
    let mut text = String::new();
    for (sequence, line) in lines(view.host, view.uptime()).iter().enumerate() {
        let _ = writeln!(
            text,
            "{},{sequence},{},-;{}",
            line.level,
            line.at,
            escaped(&line.text)
        );
    }
    text
}

/// How many records there are at a time since boot.
pub(super) fn due(host: &Host, uptime: Duration) -> usize {
    lines(host, uptime).len()
}

fn lines(host: &Host, uptime: Duration) -> Vec<Line> {
    let mut lines = boot(host);
    scenario(host, &mut lines);
    let now = u64::try_from(uptime.as_micros()).unwrap_or(u64::MAX);
    lines.retain(|line| line.at <= now);
    // stable: lines of the same time stay in the order in which they were printed
    lines.sort_by_key(|line| line.at);
    lines
}

/// The kernel writes what is not printable ASCII, and the backslash, as `\xNN`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if (0x20..0x7f).contains(&byte) && byte != b'\\' {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// Boot, with the driver's load where there is one, and a few strangers.
fn boot(host: &Host) -> Vec<Line> {
    let line = |at: f64, level: u8, text: String| Line {
        at: (at * 1e6) as u64,
        level,
        text,
    };
    let mut lines = vec![
        line(
            0.0,
            5,
            format!(
                "Linux version {} (buildd@lcy02) (gcc 11.4.0) #1 SMP",
                host.system.kernel
            ),
        ),
        line(
            0.0,
            6,
            format!(
                "Command line: BOOT_IMAGE=/boot/vmlinuz-{} root=/dev/md0 ro iommu=pt",
                host.system.kernel
            ),
        ),
        line(0.9, 6, format!("DMI: {}", host.machine)),
        line(
            6.318,
            6,
            "EXT4-fs (md0): mounted filesystem with ordered data mode. Opts: (null)".into(),
        ),
        line(
            9.204,
            6,
            "mlx5_core 0000:0c:00.0: firmware version: 28.39.2048".into(),
        ),
    ];
    if host.library {
        lines.extend([
            line(11.027, 4, "nvidia: loading out-of-tree module taints kernel.".into()),
            line(11.031, 4, "nvidia: module license 'NVIDIA' taints kernel.".into()),
            line(11.210, 6, "nvidia-nvlink: Nvlink Core is being initialized, major device number 508".into()),
            line(11.702, 4, format!("NVRM: loading {}  {}", module_name(&host.driver), host.driver)),
            line(12.115, 6, format!("nvidia-modeset: Loading NVIDIA Kernel Mode Setting Driver for UNIX platforms  {}", host.driver)),
            line(12.406, 6, "[drm] [nvidia-drm] [GPU ID 0x00000700] Loading driver".into()),
            line(31.880, 6, "nvidia-uvm: Loaded the UVM driver, major device number 506.".into()),
        ]);
    }
    lines.push(line(
        38.551,
        6,
        "IPv6: ADDRCONF(NETDEV_CHANGE): ens3: link becomes ready".into(),
    ));
    if host.uptime_seconds > 7200 {
        lines.push(line(6127.442, 6, "perf: interrupt took too long (2512 > 2500), lowering kernel.perf_event_max_sample_rate to 79500".into()));
    }
    lines
}

/// The scenario's lines. Before the first Xid of a GPU the driver prints which GPU that is, and its serial.
fn scenario(host: &Host, lines: &mut Vec<Line>) {
    let mut own: Vec<_> = host.kernel_log.iter().collect();
    own.sort_by(|a, b| a.at.total_cmp(&b.at));
    let mut introduced = Vec::new();
    for entry in own {
        let at = ((host.uptime_seconds as f64 + entry.at).max(0.0) * 1e6) as u64;
        if let Some(gpu) = entry.event.as_ref().map(|e| e.gpu as usize)
            && !introduced.contains(&gpu)
        {
            introduced.push(gpu);
            let pci = derive::pci(host, gpu);
            let place = pci.trim_end_matches(".0");
            for text in [
                format!("NVRM: GPU at PCI:{place}: {}", derive::gpu_uuid(host, gpu)),
                format!(
                    "NVRM: GPU Board Serial Number: {}",
                    derive::serial(host, gpu)
                ),
            ] {
                lines.push(Line {
                    at,
                    level: entry.level,
                    text,
                });
            }
        }
        lines.push(Line {
            at,
            level: entry.level,
            text: entry.text.clone(),
        });
    }
}
