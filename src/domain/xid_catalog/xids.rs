//! The table of Xids.

use super::Fault::{
    Application, ApplicationOrDriver, Configuration, Driver, Hardware, HardwareOrDriver, Link,
    Symptom, Unclear,
};
use super::Loss::{Degraded, Nothing, Process, Unusable};
use super::Scope::{Gpu, Instance};
use super::{Fault, Loss, Meaning, Scope};

// NVIDIA's words for immediate actions, said to an operator
const IGNORE: &str = "nothing now";
const RESTART_APP: &str = "restart the application";
const RESET_GPU: &str = "drain the GPU, then reset the GPU (takes every instance with it)";
const RESTART_HOST: &str = "drain the node, then restart the host";
const SUPPORT_FIRST: &str = "ask NVIDIA support";
const NVLINK_WORKFLOW: &str =
    "drain the node; a GPU reset or a restart of the host clears the link";
const BY_RECOVERY_ACTION: &str =
    "do what an Xid 154 beside it says; without one restart the application";
const NONE_GIVEN: &str = "NVIDIA gives no action; read the GPU's recovery action";

const SUPPORT: &str = "if it repeats, ask NVIDIA support";
const CHECK_APP: &str = "check the application (compute-sanitizer, cuda-gdb)";
const DIAGNOSE: &str =
    "if it repeats on this GPU, run the field diagnostics; if on several, check the application";
const SOFTWARE: &str = "check driver and firmware versions";
const LINK_SIGNAL: &str = "check the link's signal: GPU, switch and peer";

const fn row(
    name: &'static str,
    (fault, severity, scope): (Fault, Loss, Scope),
    action: &'static str,
    investigate: &'static str,
) -> Meaning {
    Meaning {
        name,
        fault,
        severity,
        scope,
        action,
        investigate,
    }
}

/// Ranges of codes with one meaning, sorted, without overlap (a test holds both).
#[rustfmt::skip]
static ROWS: &[(u32, u32, Meaning)] = &[
    (8, 8, row("GPU stopped processing (idle time-out)", (ApplicationOrDriver, Process, Instance), RESTART_APP, SUPPORT)),
    (13, 13, row("graphics engine exception (out of bounds, illegal instruction)", (Application, Process, Instance), RESTART_APP, "if it repeats on the same GPC and TPC, run the field diagnostics; else check the application")),
    (31, 31, row("GPU memory page fault", (ApplicationOrDriver, Process, Instance), RESTART_APP, DIAGNOSE)),
    (32, 32, row("invalid or corrupted push buffer", (HardwareOrDriver, Process, Instance), RESTART_APP, "check the application and the PCIe link's quality")),
    (37, 37, row("driver firmware error", (Driver, Nothing, Instance), IGNORE, CHECK_APP)),
    (38, 38, row("driver firmware error", (Driver, Nothing, Instance), IGNORE, SUPPORT)),
    (39, 41, row("copy engine exception", (ApplicationOrDriver, Process, Instance), RESTART_APP, SUPPORT)),
    (43, 43, row("GPU stopped processing, application killed; the GPU is healthy", (Application, Nothing, Instance), IGNORE, SUPPORT)),
    (44, 44, row("graphics fault during context switch", (HardwareOrDriver, Process, Instance), IGNORE, SUPPORT)),
    (45, 45, row("preemptive cleanup (Ctrl-C, kill, reset or an earlier Xid)", (Symptom, Nothing, Instance), "follow the other Xid; alone: see whether the fabric manager runs", "look for the first Xid of the same time")),
    (46, 46, row("GPU time-out", (HardwareOrDriver, Unusable, Gpu), RESET_GPU, SUPPORT)),
    (48, 48, row("double-bit ECC error", (Hardware, Unusable, Gpu), "drain the GPU, then reset it; a 94 of the same time says that it was contained", "with 63 or 64 the field diagnostics; check the SRAM threshold flag")),
    (54, 54, row("auxiliary power is not connected", (Hardware, Unusable, Gpu), "check the power cables", SUPPORT)),
    (56, 56, row("display engine error (unused on A100 and newer)", (HardwareOrDriver, Degraded, Gpu), SUPPORT_FIRST, SUPPORT)),
    (57, 57, row("error programming the memory interface (unused on A100 and newer)", (HardwareOrDriver, Degraded, Gpu), SUPPORT_FIRST, SUPPORT)),
    (58, 58, row("unstable memory interface (unused on A100 and newer)", (HardwareOrDriver, Degraded, Gpu), SUPPORT_FIRST, SUPPORT)),
    (60, 60, row("video processor exception", (ApplicationOrDriver, Process, Instance), RESTART_APP, SOFTWARE)),
    (61, 61, row("internal microcontroller breakpoint (unused on A100 and newer)", (HardwareOrDriver, Degraded, Gpu), SUPPORT_FIRST, SUPPORT)),
    (62, 62, row("internal microcontroller halt", (HardwareOrDriver, Unusable, Gpu), RESET_GPU, SUPPORT)),
    (63, 63, row("row remapped, or page retired", (Hardware, Nothing, Scope::None), "nothing now; active after the next reset", "watch the number of remapped rows")),
    (64, 64, row("row remapping or page retirement failed", (Hardware, Unusable, Gpu), RESET_GPU, "the remap failure flag is a reason to return the board")),
    (65, 65, row("video encoder 1 exception (unused on A100 and newer)", (HardwareOrDriver, Degraded, Instance), SUPPORT_FIRST, SUPPORT)),
    (66, 66, row("illegal access by the driver", (Driver, Nothing, Instance), IGNORE, SOFTWARE)),
    (67, 67, row("illegal access by the driver", (Driver, Nothing, Instance), IGNORE, SUPPORT)),
    (68, 68, row("video decoder 0 exception", (ApplicationOrDriver, Process, Instance), RESTART_APP, SUPPORT)),
    (69, 69, row("graphics engine class error", (Application, Process, Instance), RESTART_APP, CHECK_APP)),
    (70, 72, row("copy engine exception", (ApplicationOrDriver, Process, Instance), RESTART_APP, SUPPORT)),
    (73, 73, row("video encoder 2 exception (unused on A100 and newer)", (HardwareOrDriver, Degraded, Instance), SUPPORT_FIRST, SUPPORT)),
    (74, 74, row("NVLink error", (Link, Unusable, Gpu), NVLINK_WORKFLOW, "decode the line's seven registers: GPU, switch or peer; ask NVIDIA support")),
    (75, 77, row("copy engine exception", (ApplicationOrDriver, Process, Instance), RESTART_APP, SUPPORT)),
    (78, 78, row("vGPU start error", (Driver, Process, Instance), "bring host and guest drivers to versions that fit", SOFTWARE)),
    (79, 79, row("GPU has fallen off the bus", (HardwareOrDriver, Unusable, Gpu), RESTART_HOST, "check PCIe, power and cooling; ask NVIDIA support")),
    (80, 80, row("push buffer checksum mismatch", (HardwareOrDriver, Process, Instance), RESTART_APP, "check the application and the PCIe link's quality")),
    (82, 82, row("JPEG engine exception", (ApplicationOrDriver, Process, Instance), RESTART_APP, SUPPORT)),
    (83, 84, row("video decoder exception", (ApplicationOrDriver, Process, Instance), RESTART_APP, SUPPORT)),
    (85, 85, row("copy engine exception", (ApplicationOrDriver, Process, Instance), RESTART_APP, SUPPORT)),
    (86, 86, row("optical flow engine exception", (ApplicationOrDriver, Process, Instance), RESTART_APP, SUPPORT)),
    (88, 89, row("video decoder exception", (ApplicationOrDriver, Process, Instance), RESTART_APP, SUPPORT)),
    (92, 92, row("high rate of single-bit ECC errors", (Hardware, Degraded, Scope::None), IGNORE, SUPPORT)),
    (93, 93, row("InfoROM wear limit reached (A100)", (Configuration, Nothing, Scope::None), IGNORE, "the nvflash limit can be cleared")),
    (94, 94, row("contained memory error", (Hardware, Process, Instance), "restart the application; reset the GPU when convenient (read RST and D-RST in the line)", "follow the 63 or 45 beside it")),
    (95, 95, row("uncontained memory error", (Hardware, Unusable, Gpu), "drain the GPU and reset it before anything is started on it", SUPPORT)),
    (96, 98, row("video decoder exception", (ApplicationOrDriver, Process, Instance), RESTART_APP, SUPPORT)),
    (99, 105, row("JPEG engine exception", (ApplicationOrDriver, Process, Instance), RESTART_APP, SUPPORT)),
    (108, 108, row("NVLink privilege error (illegal peer access)", (Application, Process, Instance), IGNORE, CHECK_APP)),
    (109, 109, row("context switch time-out", (HardwareOrDriver, Unusable, Gpu), RESET_GPU, SUPPORT)),
    (110, 110, row("security fault", (Hardware, Unusable, Gpu), RESET_GPU, "cold reset; undo hardware changes; ask NVIDIA support")),
    (119, 119, row("GSP time-out: calls to the driver hang", (HardwareOrDriver, Unusable, Gpu), "drain the node, reset the GPU; power cycle the host if it returns", SOFTWARE)),
    (120, 120, row("GSP error: calls to the driver hang", (HardwareOrDriver, Unusable, Gpu), "drain the node, reset the GPU; power cycle the host if it returns", SOFTWARE)),
    (121, 121, row("corrected error of the link between CPU and GPU", (Link, Nothing, Scope::None), "nothing now; reset in the next window", SUPPORT)),
    (122, 125, row("SPI or InfoROM error", (HardwareOrDriver, Degraded, Gpu), SUPPORT_FIRST, SUPPORT)),
    (126, 135, row("copy engine exception", (ApplicationOrDriver, Process, Instance), RESTART_APP, SUPPORT)),
    (136, 136, row("NVLink training failed", (Link, Unusable, Gpu), RESET_GPU, LINK_SIGNAL)),
    (137, 137, row("NVLink privilege error (illegal peer access)", (Application, Process, Instance), IGNORE, CHECK_APP)),
    (139, 139, row("optical flow engine exception", (ApplicationOrDriver, Process, Instance), RESTART_APP, SUPPORT)),
    (140, 140, row("unrecovered ECC error", (HardwareOrDriver, Unusable, Gpu), RESET_GPU, SUPPORT)),
    (141, 141, row("CUDA fast path error", (Driver, Nothing, Instance), IGNORE, SUPPORT)),
    (142, 142, row("video encoder 3 exception", (ApplicationOrDriver, Process, Instance), SUPPORT_FIRST, SUPPORT)),
    (143, 143, row("GPU initialisation error", (HardwareOrDriver, Unusable, Gpu), RESET_GPU, SUPPORT)),
    (144, 150, row("NVLink 5 error; how bad, the line's sub-code says", (Link, Degraded, Gpu), BY_RECOVERY_ACTION, LINK_SIGNAL)),
    (151, 151, row("key rotation failed (confidential computing)", (Driver, Process, Instance), "restart the virtual machine", SOFTWARE)),
    (154, 154, row("GPU recovery action changed", (Symptom, Degraded, Gpu), "do what the line says", "look for the Xid that caused it")),
    (155, 155, row("NVLink error defined by software (also a link taken down on purpose)", (Driver, Unusable, Gpu), RESET_GPU, "ask who took the link down")),
    (156, 156, row("part of the GPU is being retired", (Hardware, Degraded, Gpu), RESET_GPU, SUPPORT)),
    (157, 157, row("part of the GPU could not be retired", (Hardware, Degraded, Scope::None), IGNORE, SUPPORT)),
    (158, 158, row("GPU fatal time-out", (HardwareOrDriver, Unusable, Gpu), RESET_GPU, SUPPORT)),
    (159, 159, row("CHI error of the link between CPU and GPU", (Symptom, Process, Instance), "reset the GPU if UVM or vGPU is in use, else nothing", SUPPORT)),
    (160, 160, row("memory channel is being retired", (Hardware, Degraded, Scope::None), IGNORE, "the line may ask for a restart of the host")),
    (161, 161, row("memory channel could not be retired", (Hardware, Degraded, Scope::None), IGNORE, "the line may ask for a restart of the host")),
    (162, 165, row("power-smoothing circuit: wear", (Hardware, Nothing, Scope::None), NONE_GIVEN, SUPPORT)),
    (166, 166, row("NVLink encryption error", (HardwareOrDriver, Degraded, Instance), NONE_GIVEN, SUPPORT)),
    (167, 167, row("fatal PCIe time-out", (Hardware, Unusable, Gpu), NONE_GIVEN, SUPPORT)),
    (168, 168, row("memory reduced", (Hardware, Degraded, Scope::None), NONE_GIVEN, SUPPORT)),
    (169, 169, row("security processor halt", (HardwareOrDriver, Unusable, Gpu), NONE_GIVEN, SUPPORT)),
    (170, 170, row("security error", (HardwareOrDriver, Degraded, Instance), NONE_GIVEN, SUPPORT)),
    (171, 171, row("uncorrectable memory error (detail of 48)", (Hardware, Unusable, Gpu), "as for the 48 beside it", SUPPORT)),
    (172, 172, row("uncorrectable SRAM error (detail of 48)", (Hardware, Unusable, Gpu), "as for the 48 beside it", "check the SRAM threshold flag")),
    (173, 173, row("fatal error of the link between CPU and GPU", (Link, Unusable, Gpu), NONE_GIVEN, SUPPORT)),
    (174, 174, row("channel killed silently", (Unclear, Process, Instance), NONE_GIVEN, SUPPORT)),
    (175, 175, row("memory subsystem error, cause of a GSP time-out", (HardwareOrDriver, Unusable, Gpu), NONE_GIVEN, SUPPORT)),
    (176, 176, row("correctable PCIe fault", (Link, Nothing, Scope::None), NONE_GIVEN, SUPPORT)),
];

pub(super) fn meaning(code: u32) -> Option<&'static Meaning> {
    let at = ROWS.partition_point(|(_, last, _)| *last < code);
    let (first, _, meaning) = ROWS.get(at)?;
    (*first <= code).then_some(meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_do_not_overlap() {
        for pair in ROWS.windows(2) {
            assert!(pair[0].1 < pair[1].0, "{:?}", pair[1].0);
        }
        assert!(ROWS.iter().all(|(first, last, _)| first <= last));
    }
}
