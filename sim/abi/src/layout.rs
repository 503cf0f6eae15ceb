//! Sizes of the C structs: those of `nvml-wrapper-sys` are checked, those that it lacks are defined.
//!
//! The numbers were measured with a C compiler on x86-64 against NVIDIA's headers 11.8 to 13.5 and are the same in all
//! that have the type.

use std::ffi::{c_char, c_uint, c_ulonglong};
use std::mem::{offset_of, size_of};

use nvml_wrapper_sys::bindings::*;

/// `nvmlPciInfo_t` as far as `nvmlDeviceGetPciInfo_v2` fills it; the caller's struct may be of an older, shorter form.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct PciInfoLegacy {
    /// Domain, bus, device and function with a domain of four digits.
    pub bus_id: [c_char; 16],
    /// PCI domain.
    pub domain: c_uint,
    /// Bus.
    pub bus: c_uint,
    /// Device.
    pub device: c_uint,
    /// Device and vendor id.
    pub pci_device_id: c_uint,
    /// Subsystem id.
    pub pci_subsystem_id: c_uint,
}

/// `nvmlEventData_t` as far as `nvmlEventSetWait` fills it: it was shorter before MIG.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct EventDataLegacy {
    /// The GPU.
    pub device: nvmlDevice_t,
    /// One bit of `nvmlEventType*`.
    pub event_type: c_ulonglong,
    /// For an Xid its number.
    pub event_data: c_ulonglong,
}

/// `nvmlComputeInstanceInfo_t` as far as `nvmlComputeInstanceGetInfo` fills it: without the placement.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct ComputeInstanceInfoLegacy {
    /// Parent GPU.
    pub device: nvmlDevice_t,
    /// Parent GPU instance.
    pub gpu_instance: nvmlGpuInstance_t,
    /// Id in the GPU instance.
    pub id: c_uint,
    /// Profile id.
    pub profile_id: c_uint,
}

/// What every `nvmlGpmMetricsGet_t` begins with. The array that follows it has grown with each header while the version
/// stayed 1, so it is reached entry by entry, never as a whole.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct GpmMetricsHead {
    /// 1.
    pub version: c_uint,
    /// Entries of the array that count.
    pub num_metrics: c_uint,
    /// Earlier sample.
    pub sample1: nvmlGpmSample_t,
    /// Later sample.
    pub sample2: nvmlGpmSample_t,
}

const _: () = {
    assert!(size_of::<nvmlMemory_t>() == 24);
    assert!(size_of::<nvmlMemory_v2_t>() == 40);
    assert!(size_of::<nvmlBAR1Memory_t>() == 24);
    assert!(size_of::<nvmlUtilization_t>() == 8);
    assert!(size_of::<nvmlPciInfo_t>() == 68);
    assert!(size_of::<PciInfoLegacy>() == offset_of!(nvmlPciInfo_t, busId));
    assert!(size_of::<nvmlTemperature_v1_t>() == 12);
    assert!(size_of::<nvmlRowRemapperHistogramValues_t>() == 20);
    assert!(size_of::<nvmlProcessInfo_v1_t>() == 16);
    assert!(size_of::<nvmlProcessInfo_v2_t>() == 24);
    assert!(size_of::<nvmlProcessInfo_t>() == 24);
    assert!(size_of::<nvmlProcessDetail_v1_t>() == 32);
    assert!(size_of::<nvmlProcessDetailList_v1_t>() == 24);
    assert!(size_of::<nvmlProcessUtilizationSample_t>() == 32);
    assert!(size_of::<nvmlProcessUtilizationInfo_v1_t>() == 40);
    assert!(size_of::<nvmlProcessesUtilizationInfo_v1_t>() == 24);
    assert!(size_of::<nvmlDeviceAttributes_t>() == 40);
    assert!(size_of::<nvmlGpuInstancePlacement_t>() == 8);
    assert!(size_of::<nvmlComputeInstancePlacement_t>() == 8);
    assert!(size_of::<nvmlGpuInstanceProfileInfo_t>() == 48);
    assert!(size_of::<nvmlGpuInstanceProfileInfo_v2_t>() == 152);
    assert!(offset_of!(nvmlGpuInstanceProfileInfo_v2_t, name) == 56);
    assert!(size_of::<nvmlGpuInstanceProfileInfo_v3_t>() == 152);
    assert!(offset_of!(nvmlGpuInstanceProfileInfo_v3_t, name) == 48);
    assert!(offset_of!(nvmlGpuInstanceProfileInfo_v3_t, capabilities) == 144);
    assert!(size_of::<nvmlGpuInstanceInfo_t>() == 24);
    assert!(size_of::<nvmlComputeInstanceProfileInfo_t>() == 36);
    assert!(size_of::<nvmlComputeInstanceProfileInfo_v2_t>() == 136);
    assert!(size_of::<nvmlComputeInstanceProfileInfo_v3_t>() == 140);
    assert!(size_of::<nvmlComputeInstanceInfo_t>() == 32);
    assert!(
        size_of::<ComputeInstanceInfoLegacy>() == offset_of!(nvmlComputeInstanceInfo_t, placement)
    );
    assert!(size_of::<nvmlEventData_t>() == 32);
    assert!(size_of::<EventDataLegacy>() == offset_of!(nvmlEventData_t, gpuInstanceId));
    assert!(size_of::<nvmlFieldValue_t>() == 40);
    assert!(size_of::<nvmlGpmMetric_t>() == 40);
    assert!(size_of::<GpmMetricsHead>() == 24);
    assert!(size_of::<GpmMetricsHead>() == offset_of!(nvmlGpmMetricsGet_t, metrics));
    assert!(size_of::<nvmlGpmSupport_t>() == 8);
};
