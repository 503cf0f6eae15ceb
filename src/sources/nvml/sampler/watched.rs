//! The port as one GPU's sampler uses it: each call watched and counted, and none made to a GPU that is lost.

use std::cell::Cell;
use std::sync::Arc;

use super::super::watch::CallWatch;
use crate::domain::gpu::{CiProfile, GiProfile, GpuIdentity, MigMode, RecoveryAction};
use crate::domain::ids::{GiId, MigUuid, ProfileId};
use crate::domain::process::{GpuProcess, ProcessKind};
use crate::ports::gpu_api::{
    ApiError, ApiResult, CiInfo, Clock, Code, GiInfo, Gpm, GpuApi, Memory, MigAttributes,
    MigDevice, Pcie, RemappedRows,
};

/// So many late calls in a beat are no hiccup.
const SLOW: u32 = 3;

/// One GPU behind the port.
pub(super) struct Watched {
    api: Arc<dyn GpuApi>,
    gpu: u32,
    watch: CallWatch,
    spent: Cell<u32>,
    lost: Cell<Option<ApiError>>,
}

/// Methods of the port, with the NVML function that a watcher sees and the number of calls they make.
macro_rules! asked {
    ($($name:ident($($arg:ident: $t:ty),*) -> $out:ty = $function:literal, $cost:literal;)*) => {
        $(pub(super) fn $name(&self, $($arg: $t),*) -> ApiResult<$out> {
            self.ask($function, $cost, |api, gpu| api.$name(gpu $(, $arg)*))
        })*
    };
}

impl Watched {
    pub(super) fn new(api: Arc<dyn GpuApi>, gpu: u32, watch: CallWatch) -> Self {
        Self {
            api,
            gpu,
            watch,
            spent: Cell::new(0),
            lost: Cell::new(None),
        }
    }

    /// A new beat: nothing spent, and the GPU is asked again.
    pub(super) fn begin(&self) {
        self.spent.set(0);
        self.lost.set(None);
    }

    /// Whether calls of this beat come back late, one after the other.
    pub(super) fn is_slow(&self) -> bool {
        self.watch.lates() >= SLOW
    }

    /// Calls made in this beat.
    pub(super) fn spent(&self) -> u32 {
        self.spent.get()
    }

    /// The error of this beat that concerns the GPU as a whole. Calls after it are answered with it, unasked: each
    /// would take its time to say the same.
    pub(super) fn lost(&self) -> Option<ApiError> {
        self.lost.get()
    }

    pub(super) fn gpm_forget(&self, gi: GiId) {
        self.api.gpm_forget(self.gpu, gi);
    }

    fn ask<T>(
        &self,
        function: &'static str,
        cost: u32,
        call: impl FnOnce(&dyn GpuApi, u32) -> ApiResult<T>,
    ) -> ApiResult<T> {
        if let Some(lost) = self.lost.get() {
            return Err(lost);
        }
        self.spent.set(self.spent.get() + cost);
        let result = self.watch.around(function, || call(&*self.api, self.gpu));
        if let Err(e) = &result
            && concerns_whole_gpu(e.code)
        {
            self.lost.set(Some(*e));
        } else if let Some(late) = self.watch.late()
            && self.watch.is_wedged(&late)
        {
            self.lost.set(Some(ApiError {
                code: Code::Timeout,
                function: late.call,
            }));
        }
        result
    }

    asked! {
        identity() -> GpuIdentity = "nvmlDeviceGetHandleByIndex_v2", 7;
        mig_mode() -> MigMode = "nvmlDeviceGetMigMode", 1;
        persistence() -> bool = "nvmlDeviceGetPersistenceMode", 1;
        gi_profiles() -> Vec<GiProfile> = "nvmlDeviceGetGpuInstanceProfileInfoV", 20;
        gpu_instances(profile: ProfileId) -> Vec<GiInfo> = "nvmlDeviceGetGpuInstances", 2;
        gpu_instance_count(profile: ProfileId) -> u32 = "nvmlDeviceGetGpuInstances", 1;
        gpu_instance(gi: GiId) -> GiInfo = "nvmlDeviceGetGpuInstanceById", 2;
        ci_profiles(gi: GiId) -> Vec<CiProfile> = "nvmlGpuInstanceGetComputeInstanceProfileInfoV", 9;
        compute_instances(gi: GiId, profile: ProfileId) -> Vec<CiInfo> = "nvmlGpuInstanceGetComputeInstances", 3;
        max_mig_devices() -> u32 = "nvmlDeviceGetMaxMigDeviceCount", 1;
        mig_handle(slot: u32) -> u64 = "nvmlDeviceGetMigDeviceHandleByIndex", 1;
        mig_device(slot: u32) -> MigDevice = "nvmlDeviceGetGpuInstanceId", 2;
        mig_uuid(slot: u32) -> MigUuid = "nvmlDeviceGetUUID", 1;
        mig_attributes(slot: u32) -> MigAttributes = "nvmlDeviceGetAttributes_v2", 1;
        mig_name(slot: u32) -> String = "nvmlDeviceGetName", 1;
        mig_memory(slot: u32) -> Memory = "nvmlDeviceGetMemoryInfo_v2", 1;
        memory() -> Memory = "nvmlDeviceGetMemoryInfo_v2", 1;
        temperature() -> u32 = "nvmlDeviceGetTemperature", 1;
        power() -> u32 = "nvmlDeviceGetPowerUsage", 1;
        power_limit() -> u32 = "nvmlDeviceGetEnforcedPowerLimit", 1;
        clock(clock: Clock) -> u32 = "nvmlDeviceGetClockInfo", 1;
        pstate() -> u32 = "nvmlDeviceGetPerformanceState", 1;
        throttle() -> u64 = "nvmlDeviceGetCurrentClocksEventReasons", 1;
        utilization() -> (u32, u32) = "nvmlDeviceGetUtilizationRates", 1;
        processes(kind: ProcessKind) -> Vec<GpuProcess> = "nvmlDeviceGetComputeRunningProcesses_v3", 1;
        pcie(what: Pcie) -> u32 = "nvmlDeviceGetCurrPcieLinkWidth", 1;
        nvlink(link: u32) -> bool = "nvmlDeviceGetNvLinkState", 1;
        ecc_mode() -> (bool, bool) = "nvmlDeviceGetEccMode", 1;
        ecc_errors(uncorrected: bool) -> u64 = "nvmlDeviceGetTotalEccErrors", 1;
        remapped_rows() -> RemappedRows = "nvmlDeviceGetRemappedRows", 1;
        remap_histogram() -> [u32; 5] = "nvmlDeviceGetRowRemapperHistogram", 1;
        recovery() -> RecoveryAction = "nvmlDeviceGetFieldValues", 1;
        gpm_supported() -> bool = "nvmlGpmQueryDeviceSupport", 1;
        gpm(gi: GiId) -> Option<Gpm> = "nvmlGpmMigSampleGet", 2;
    }
}

/// Whether an error is about the GPU or the driver, not about the question.
fn concerns_whole_gpu(code: Code) -> bool {
    matches!(
        code,
        Code::GpuIsLost
            | Code::ResetRequired
            | Code::Uninitialized
            | Code::DriverNotLoaded
            | Code::LibRmVersionMismatch
            | Code::GpuNotFound
    )
}
