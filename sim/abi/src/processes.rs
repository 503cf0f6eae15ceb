//! Processes on a device, in the three forms that the list has had.

use std::ffi::{c_uint, c_ulonglong};

use nvml_sim::driver::{Proc, ProcKind};
use nvml_sim::ret::{Result, Ret};
use nvml_sim::tables::Architecture;
use nvml_wrapper_sys::bindings::{
    nvmlProcessDetail_v1_t, nvmlProcessDetailList_v1_t, nvmlProcessInfo_t, nvmlProcessInfo_v1_t,
    nvmlProcessInfo_v2_t,
};

use crate::handle::Device;
use crate::memory::{Array, InOut, fill};
use crate::session::Session;
use crate::version;

/// `NVML_VALUE_NOT_AVAILABLE`, and the id of no instance.
const NOT_AVAILABLE: c_ulonglong = c_ulonglong::MAX;
const NO_INSTANCE: c_uint = c_uint::MAX;

const DETAIL_LIST: &str = "nvmlDeviceGetRunningProcessDetailList";

macro_rules! lists {
    ($($(#[$doc:meta])* $symbol:ident($kind:ident) -> $form:ident as $entry:ty;)+) => {
        exports! {$(
            $(#[$doc])*
            fn $symbol(device: Device, count: InOut<c_uint>, processes: Array<$entry>) = |nvml| {
                let found = nvml.processes(device.find(nvml)?, ProcKind::$kind, stringify!($symbol))?;
                fill(processes, count, found.iter().map($form).collect())
            };
        )+}
    };
}

lists! {
    /// Processes with a compute context; entries without instance ids.
    nvmlDeviceGetComputeRunningProcesses(Compute) -> v1 as nvmlProcessInfo_v1_t;
    /// Processes with a compute context.
    nvmlDeviceGetComputeRunningProcesses_v2(Compute) -> v2 as nvmlProcessInfo_v2_t;
    /// Processes with a compute context.
    nvmlDeviceGetComputeRunningProcesses_v3(Compute) -> v3 as nvmlProcessInfo_t;
    /// Processes with a graphics context; entries without instance ids.
    nvmlDeviceGetGraphicsRunningProcesses(Graphics) -> v1 as nvmlProcessInfo_v1_t;
    /// Processes with a graphics context.
    nvmlDeviceGetGraphicsRunningProcesses_v2(Graphics) -> v2 as nvmlProcessInfo_v2_t;
    /// Processes with a graphics context.
    nvmlDeviceGetGraphicsRunningProcesses_v3(Graphics) -> v3 as nvmlProcessInfo_t;
    /// Clients of a multi-process service; entries without instance ids.
    nvmlDeviceGetMPSComputeRunningProcesses(Mps) -> v1 as nvmlProcessInfo_v1_t;
    /// Clients of a multi-process service.
    nvmlDeviceGetMPSComputeRunningProcesses_v2(Mps) -> v2 as nvmlProcessInfo_v2_t;
    /// Clients of a multi-process service.
    nvmlDeviceGetMPSComputeRunningProcesses_v3(Mps) -> v3 as nvmlProcessInfo_t;
}

exports! {
    /// Processes of one kind with the protected memory that they use. Hopper and newer.
    fn nvmlDeviceGetRunningProcessDetailList(device: Device, list: InOut<nvmlProcessDetailList_v1_t>) = |nvml| {
        version::demand(list, version::word::<nvmlProcessDetailList_v1_t>(1), Ret::INVALID_ARGUMENT)?;
        let mut asked = list.get()?;
        let kind = match asked.mode {
            0 => ProcKind::Compute,
            1 => ProcKind::Graphics,
            2 => ProcKind::Mps,
            _ => return Err(Ret::INVALID_ARGUMENT),
        };
        let found = detailed(nvml, device, kind)?;
        let room = asked.numProcArrayEntries as usize;
        asked.numProcArrayEntries = found.len() as c_uint;
        list.set(asked)?;
        if found.len() > room {
            return Err(Ret::INSUFFICIENT_SIZE);
        }
        if found.is_empty() { Ok(()) } else { Array::from(asked.procArray).set(found.iter().map(detail)) }
    };
}

fn v1(process: &Proc) -> nvmlProcessInfo_v1_t {
    nvmlProcessInfo_v1_t {
        pid: process.pid,
        usedGpuMemory: process.memory.unwrap_or(NOT_AVAILABLE),
    }
}

fn v2(process: &Proc) -> nvmlProcessInfo_v2_t {
    nvmlProcessInfo_v2_t {
        pid: process.pid,
        usedGpuMemory: process.memory.unwrap_or(NOT_AVAILABLE),
        gpuInstanceId: process.gi.unwrap_or(NO_INSTANCE),
        computeInstanceId: process.ci.unwrap_or(NO_INSTANCE),
    }
}

fn v3(process: &Proc) -> nvmlProcessInfo_t {
    nvmlProcessInfo_t {
        pid: process.pid,
        usedGpuMemory: process.memory.unwrap_or(NOT_AVAILABLE),
        gpuInstanceId: process.gi.unwrap_or(NO_INSTANCE),
        computeInstanceId: process.ci.unwrap_or(NO_INSTANCE),
    }
}

fn detail(process: &Proc) -> nvmlProcessDetail_v1_t {
    nvmlProcessDetail_v1_t {
        pid: process.pid,
        usedGpuMemory: process.memory.unwrap_or(NOT_AVAILABLE),
        gpuInstanceId: process.gi.unwrap_or(NO_INSTANCE),
        computeInstanceId: process.ci.unwrap_or(NO_INSTANCE),
        usedGpuCcProtectedMemory: NOT_AVAILABLE,
    }
}

fn detailed(nvml: &Session, device: Device, kind: ProcKind) -> Result<Vec<Proc>> {
    let device = device.find(nvml)?;
    if nvml.table().architecture < Architecture::Hopper {
        nvml.enter(DETAIL_LIST, Some(device.gpu()))?;
        return Err(Ret::NOT_SUPPORTED);
    }
    nvml.processes(device, kind, DETAIL_LIST)
}
