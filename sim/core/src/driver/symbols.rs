//! Which functions a driver version's library exports.
//!
//! Sources: `nvml.h` of CUDA 11.8 (R520), 12.9 (R575) and 13.0 to 13.5 (R580 and later); the versions of NVIDIA's Python
//! bindings for what came between R450 and R525 (create with placement 460; compute-instance placement 525; GPU and
//! compute instance of a process 460; second memory form 510). Marked `?`: inferred, the headers at hand only bound it.

use super::Driver;

/// Functions that came after R450, with the major version of the first driver that has them.
const SINCE: &[(&str, u32)] = &[
    ("nvmlComputeInstanceGetInfo_v2", 455), // ?
    ("nvmlDeviceCreateGpuInstanceWithPlacement", 460),
    ("nvmlDeviceGetAttributes_v2", 455), // ?
    ("nvmlDeviceGetComputeRunningProcesses_v2", 460),
    ("nvmlDeviceGetComputeRunningProcesses_v3", 510),
    ("nvmlDeviceGetCurrentClocksEventReasons", 535), // ?
    ("nvmlDeviceGetGpuInstancePossiblePlacements_v2", 460),
    ("nvmlDeviceGetGpuInstanceProfileInfoByIdV", 580),
    ("nvmlDeviceGetGpuInstanceProfileInfoV", 520),
    ("nvmlDeviceGetGpuMaxPcieLinkGeneration", 515), // ?
    ("nvmlDeviceGetGraphicsRunningProcesses_v2", 460),
    ("nvmlDeviceGetGraphicsRunningProcesses_v3", 510),
    ("nvmlDeviceGetMPSComputeRunningProcesses", 460), // ?
    ("nvmlDeviceGetMPSComputeRunningProcesses_v2", 460), // ?
    ("nvmlDeviceGetMPSComputeRunningProcesses_v3", 510),
    ("nvmlDeviceGetMemoryInfo_v2", 510),
    ("nvmlDeviceGetProcessesUtilizationInfo", 550), // ?
    ("nvmlDeviceGetRowRemapperHistogram", 460),     // ?
    ("nvmlDeviceGetRunningProcessDetailList", 535), // ?
    ("nvmlDeviceGetSupportedClocksEventReasons", 535), // ?
    ("nvmlDeviceGetTemperatureV", 570),             // ?
    ("nvmlEventSetWait_v3", 610),
    ("nvmlGpmMetricsGet", 520),
    ("nvmlGpmMigSampleGet", 525), // ?
    ("nvmlGpmQueryDeviceSupport", 520),
    ("nvmlGpmQueryIfStreamingEnabled", 545), // ?
    ("nvmlGpmSampleAlloc", 520),
    ("nvmlGpmSampleFree", 520),
    ("nvmlGpmSampleGet", 520),
    ("nvmlGpmSetStreamingEnabled", 545), // ?
    ("nvmlGpuInstanceCreateComputeInstanceWithPlacement", 525),
    ("nvmlGpuInstanceGetComputeInstancePossiblePlacements", 525),
    ("nvmlGpuInstanceGetComputeInstanceProfileInfoV", 520),
];

impl Driver {
    /// Whether the library of this driver version exports a function, by its exact name. False: FUNCTION_NOT_FOUND.
    pub fn offers(&self, symbol: &str) -> bool {
        SINCE
            .binary_search_by(|(name, _)| name.cmp(&symbol))
            .map_or(true, |at| SINCE[at].1 <= self.major)
    }

    /// The newest of several forms of a function that the library exports, newest first.
    pub(super) fn newest(&self, forms: &[&'static str]) -> &'static str {
        forms
            .iter()
            .copied()
            .find(|form| self.offers(form))
            .unwrap_or_else(|| forms.last().copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::SINCE;

    #[test]
    fn the_table_is_in_order() {
        assert!(SINCE.is_sorted_by(|a, b| a.0 < b.0));
    }
}
