//! Which functions a driver version's library exports.
//!
//! Source: the first release of NVIDIA's Python bindings (nvidia-ml-py 11.450 to 13.615, one for most driver branches)
//! that calls a function, and `nvml.h` of CUDA 11.8 (R520), between the bindings of R515 and R525. A function may be
//! older than the bindings that first call it.

use super::Driver;

/// Functions that came after R450, with the major version of the first driver that has them.
const SINCE: &[(&str, u32)] = &[
    ("nvmlComputeInstanceGetInfo_v2", 460),
    ("nvmlDeviceCreateGpuInstanceWithPlacement", 460),
    ("nvmlDeviceGetComputeRunningProcesses_v2", 460),
    ("nvmlDeviceGetComputeRunningProcesses_v3", 510),
    ("nvmlDeviceGetCurrentClocksEventReasons", 535),
    ("nvmlDeviceGetGpuInstancePossiblePlacements_v2", 470),
    ("nvmlDeviceGetGpuInstanceProfileInfoByIdV", 580),
    ("nvmlDeviceGetGpuInstanceProfileInfoV", 510),
    ("nvmlDeviceGetGpuMaxPcieLinkGeneration", 525),
    ("nvmlDeviceGetGraphicsRunningProcesses_v2", 460),
    ("nvmlDeviceGetGraphicsRunningProcesses_v3", 510),
    // the bindings call only _v2 and later: the first form is not younger
    ("nvmlDeviceGetMPSComputeRunningProcesses", 470),
    ("nvmlDeviceGetMPSComputeRunningProcesses_v2", 470),
    ("nvmlDeviceGetMPSComputeRunningProcesses_v3", 510),
    ("nvmlDeviceGetMemoryInfo_v2", 510),
    ("nvmlDeviceGetProcessesUtilizationInfo", 550),
    ("nvmlDeviceGetRunningProcessDetailList", 535),
    ("nvmlDeviceGetSupportedClocksEventReasons", 535),
    ("nvmlDeviceGetTemperatureV", 570),
    ("nvmlEventSetWait_v3", 615),
    ("nvmlGpmMetricsGet", 520),
    ("nvmlGpmMigSampleGet", 525),
    ("nvmlGpmQueryDeviceSupport", 520),
    ("nvmlGpmQueryIfStreamingEnabled", 535),
    ("nvmlGpmSampleAlloc", 520),
    ("nvmlGpmSampleFree", 520),
    ("nvmlGpmSampleGet", 520),
    ("nvmlGpmSetStreamingEnabled", 535),
    ("nvmlGpuInstanceCreateComputeInstanceWithPlacement", 525),
    ("nvmlGpuInstanceGetComputeInstancePossiblePlacements", 525),
    ("nvmlGpuInstanceGetComputeInstanceProfileInfoV", 510),
];

/// Names of all functions that the simulated library exports, whatever the driver version.
pub(crate) fn exported() -> impl Iterator<Item = &'static str> {
    // sim/abi's tests compare this list with the library
    include_str!("../../exports.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

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
