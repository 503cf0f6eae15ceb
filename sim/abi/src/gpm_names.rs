//! Names and units of GPM metrics, for `nvmlGpmMetric_t.metricInfo`.
//!
//! Ids and meanings are those of `nvmlGpmMetricId_t`; the texts are this simulator's, since the header gives none.

use std::ffi::CStr;
use std::ptr::null_mut;

use nvml_wrapper_sys::bindings::nvmlGpmMetric_t__bindgen_ty_1 as Names;

/// What an id is called; null pointers for an id without a name here.
pub(crate) fn names(id: u32) -> Names {
    let Some((short, long, unit)) = text(id) else {
        return Names {
            shortName: null_mut(),
            longName: null_mut(),
            unit: null_mut(),
        };
    };
    // C's struct has pointers to mutable characters; the header documents them as output, and nobody writes there.
    Names {
        shortName: short.as_ptr().cast_mut(),
        longName: long.as_ptr().cast_mut(),
        unit: unit.as_ptr().cast_mut(),
    }
}

const fn text(id: u32) -> Option<(&'static CStr, &'static CStr, &'static CStr)> {
    Some(match id {
        1 => (c"graphics_util", c"Graphics Utilization", c"%"),
        2 => (c"sm_util", c"SM Utilization", c"%"),
        3 => (c"sm_occupancy", c"SM Occupancy", c"%"),
        4 => (c"integer_util", c"Integer Utilization", c"%"),
        5 => (c"any_tensor_util", c"Any Tensor Utilization", c"%"),
        6 => (c"dfma_tensor_util", c"DFMA Tensor Utilization", c"%"),
        7 => (c"hmma_tensor_util", c"HMMA Tensor Utilization", c"%"),
        9 => (c"imma_tensor_util", c"IMMA Tensor Utilization", c"%"),
        10 => (c"dram_bw_util", c"DRAM Bandwidth Utilization", c"%"),
        11 => (c"fp64_util", c"FP64 Utilization", c"%"),
        12 => (c"fp32_util", c"FP32 Utilization", c"%"),
        13 => (c"fp16_util", c"FP16 Utilization", c"%"),
        20 => (c"pcie_tx_per_sec", c"PCIe Transmitted", c"MiB/s"),
        21 => (c"pcie_rx_per_sec", c"PCIe Received", c"MiB/s"),
        _ => return None,
    })
}
