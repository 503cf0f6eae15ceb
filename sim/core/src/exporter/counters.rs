//! The counters of dcgm-exporter's `default-counters.csv`, in the order in which it prints them: by DCGM field id (a Go
//! template walks a map in the order of its keys, and the id is the key's first field).

use super::Entity;

/// A value as the exporter prints it: integers plainly, ratios and watts with six decimals (`%f`).
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Number {
    Whole(u64),
    Real(f64),
}

/// One line of the CSV.
pub(super) struct Counter {
    /// Name of the DCGM field and of the metric.
    pub(super) name: &'static str,
    /// Prometheus type.
    pub(super) kind: &'static str,
    /// Help text.
    pub(super) help: &'static str,
    /// Its value; `None` where DCGM has a blank, which the exporter leaves out.
    pub(super) value: fn(&Entity) -> Option<Number>,
}

/// The field that the defaults comment out.
pub(super) const SM_ACTIVE: &str = "DCGM_FI_PROF_SM_ACTIVE";
/// The field that exporters before version 4 do not have.
pub(super) const FB_RESERVED: &str = "DCGM_FI_DEV_FB_RESERVED";

const GAUGE: &str = "gauge";
const COUNTER: &str = "counter";
const MIB: u64 = 1 << 20;

pub(super) const ALL: &[Counter] = &[
    counter(
        "DCGM_FI_DEV_SM_CLOCK",
        GAUGE,
        "SM clock frequency (in MHz).",
        |e| whole(e.gpu.sm_clock),
    ),
    counter(
        "DCGM_FI_DEV_MEM_CLOCK",
        GAUGE,
        "Memory clock frequency (in MHz).",
        |e| whole(e.gpu.memory_clock),
    ),
    counter(
        "DCGM_FI_DEV_MEMORY_TEMP",
        GAUGE,
        "Memory temperature (in C).",
        |e| whole(e.gpu.memory_celsius),
    ),
    counter(
        "DCGM_FI_DEV_GPU_TEMP",
        GAUGE,
        "GPU temperature (in C).",
        |e| whole(e.gpu.celsius),
    ),
    counter(
        "DCGM_FI_DEV_POWER_USAGE",
        GAUGE,
        "Power draw (in W).",
        |e| Some(Number::Real(e.gpu.watts)),
    ),
    counter(
        "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
        COUNTER,
        "Total energy consumption since boot (in mJ).",
        |e| Some(Number::Whole(e.gpu.energy_mj)),
    ),
    counter(
        "DCGM_FI_DEV_PCIE_REPLAY_COUNTER",
        COUNTER,
        "Total number of PCIe retries.",
        |_| Some(Number::Whole(0)),
    ),
    counter(
        "DCGM_FI_DEV_GPU_UTIL",
        GAUGE,
        "GPU utilization (in %).",
        |e| e.without_mig(100.0 * e.part.sm),
    ),
    counter(
        "DCGM_FI_DEV_MEM_COPY_UTIL",
        GAUGE,
        "Memory utilization (in %).",
        |e| e.without_mig(45.0 * e.part.sm),
    ),
    counter(
        "DCGM_FI_DEV_ENC_UTIL",
        GAUGE,
        "Encoder utilization (in %).",
        |e| e.without_mig(0.0),
    ),
    counter(
        "DCGM_FI_DEV_DEC_UTIL",
        GAUGE,
        "Decoder utilization (in %).",
        |e| e.without_mig(0.0),
    ),
    counter(
        super::XID_ERRORS,
        GAUGE,
        "Value of the last XID error encountered.",
        |e| Some(Number::Whole(e.gpu.xid)),
    ),
    counter(
        "DCGM_FI_DEV_FB_FREE",
        GAUGE,
        "Framebuffer memory free (in MiB).",
        |e| Some(Number::Whole(e.part.memory.free / MIB)),
    ),
    counter(
        "DCGM_FI_DEV_FB_USED",
        GAUGE,
        "Framebuffer memory used (in MiB).",
        |e| Some(Number::Whole(e.part.memory.used / MIB)),
    ),
    counter(
        FB_RESERVED,
        GAUGE,
        "Framebuffer memory reserved (in MiB).",
        |e| Some(Number::Whole(e.part.memory.reserved / MIB)),
    ),
    counter(
        "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS",
        COUNTER,
        "Number of remapped rows for uncorrectable errors",
        |e| whole(e.gpu.remapped?[1]),
    ),
    counter(
        "DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS",
        COUNTER,
        "Number of remapped rows for correctable errors",
        |e| whole(e.gpu.remapped?[0]),
    ),
    counter(
        "DCGM_FI_DEV_ROW_REMAP_FAILURE",
        GAUGE,
        "Whether remapping of rows has failed",
        |e| e.gpu.remapped.map(|_| Number::Whole(0)),
    ),
    counter(
        "DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL",
        GAUGE,
        "Total number of NVLink bandwidth counters for all lanes.",
        |e| {
            // MB/s, both directions; in step with the GPM metrics 60 and 61
            e.gi.is_none()
                .then_some(Number::Whole((2.0 * 40.0 * 100.0 * e.part.sm) as u64))
                .filter(|_| e.linked)
        },
    ),
    counter(
        "DCGM_FI_DEV_VGPU_LICENSE_STATUS",
        GAUGE,
        "vGPU License status",
        |_| Some(Number::Whole(0)),
    ),
    counter(
        "DCGM_FI_PROF_GR_ENGINE_ACTIVE",
        GAUGE,
        "Ratio of time the graphics engine is active.",
        |e| Some(Number::Real(e.part.graphics)),
    ),
    counter(
        SM_ACTIVE,
        GAUGE,
        "The ratio of cycles an SM has at least 1 warp assigned.",
        |e| Some(Number::Real(e.part.sm)),
    ),
    counter(
        "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE",
        GAUGE,
        "Ratio of cycles the tensor (HMMA) pipe is active.",
        |e| Some(Number::Real(e.part.tensor)),
    ),
    counter(
        "DCGM_FI_PROF_DRAM_ACTIVE",
        GAUGE,
        "Ratio of cycles the device memory interface is active sending or receiving data.",
        |e| Some(Number::Real(e.part.dram)),
    ),
    counter(
        "DCGM_FI_PROF_PCIE_TX_BYTES",
        GAUGE,
        "The rate of data transmitted over the PCIe bus - including both protocol headers and data payloads - in bytes per second.",
        |e| e.traffic(12.0),
    ),
    counter(
        "DCGM_FI_PROF_PCIE_RX_BYTES",
        GAUGE,
        "The rate of data received over the PCIe bus - including both protocol headers and data payloads - in bytes per second.",
        |e| e.traffic(30.0),
    ),
];

const fn counter(
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    value: fn(&Entity) -> Option<Number>,
) -> Counter {
    Counter {
        name,
        kind,
        help,
        value,
    }
}

fn whole(value: u32) -> Option<Number> {
    Some(Number::Whole(u64::from(value)))
}

impl Entity {
    /// Utilisation counters do not exist under MIG (nvml.h; NVIDIA/dcgm-exporter issue 430).
    fn without_mig(&self, percent: f64) -> Option<Number> {
        (!self.mig).then(|| Number::Whole(percent.round() as u64))
    }

    /// PCI Express traffic is the GPU's, not an instance's: MiB/s at each per cent of activity, as bytes a second.
    fn traffic(&self, share: f64) -> Option<Number> {
        self.gi
            .is_none()
            .then_some(Number::Whole((100.0 * self.part.sm * share) as u64 * MIB))
    }
}

/// The exporter's text for an Xid, for those that the scenarios know and the common ones; its own table has all.
pub(super) fn xid_text(code: u64) -> &'static str {
    match code {
        0 => "No Error",
        13 => "Graphics Engine Exception",
        31 => "GPU memory page fault",
        43 => "GPU stopped processing",
        48 => "Double Bit ECC Error",
        63 => "ECC page retirement or row remapping recording event",
        64 => "ECC page retirement or row remapper recording failure",
        74 => "NVLINK Error",
        79 => "GPU has fallen off the bus",
        94 => "Contained ECC error",
        95 => "Uncontained ECC error",
        119 => "GSP RPC Timeout",
        120 => "GSP Error",
        _ => "Unknown Error",
    }
}
