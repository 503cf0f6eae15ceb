//! The opaque handles of the C interface: numbers in the shape of pointers, never followed.
//!
//! A handle says what it stands for and in which life of the library it was given out; the driver is asked each time
//! whether that still exists. As the header warns, a handle can come to stand for a later instance with the same ids.
//! Handles of an earlier life (before the last `nvmlShutdown`) are refused.
//!
//! The upper 16 bits make the number an address that no x86-64 process has, so a caller that follows it crashes at once.

use std::ffi::{c_uint, c_void};

use nvml_sim::driver::DeviceRef;
use nvml_sim::ret::{Result, Ret};

use crate::session::Session;

const MARK: u64 = 0x4d49 << 48;

/// What a handle stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
enum Kind {
    Gpu = 1,
    MigDevice = 2,
    GpuInstance = 3,
    ComputeInstance = 4,
    GpmSample = 5,
    EventSet = 6,
}

/// `mark:16 kind:4 life:12 payload:32`.
fn encode(kind: Kind, life: u16, payload: u32) -> *mut c_void {
    let number = MARK | (kind as u64) << 44 | u64::from(life & 0xfff) << 32 | u64::from(payload);
    std::ptr::without_provenance_mut(number as usize)
}

/// The payload, if it is a handle of this kind and life.
fn decode(handle: *mut c_void, kind: Kind, life: u16) -> Option<u32> {
    let payload = handle.addr() as u32;
    (encode(kind, life, payload).addr() == handle.addr()).then_some(payload)
}

fn pack(gpu: u32, gi: u32, ci: u32) -> u32 {
    (gpu & 0xffff) << 16 | (gi & 0xff) << 8 | ci & 0xff
}

fn unpack(payload: u32) -> (u32, u32, u32) {
    (payload >> 16, payload >> 8 & 0xff, payload & 0xff)
}

macro_rules! handle {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        #[repr(transparent)]
        pub struct $name(*mut c_void);
    };
}

handle!(
    /// `nvmlDevice_t`: a GPU or a MIG device.
    Device
);
handle!(
    /// `nvmlGpuInstance_t`.
    GpuInstance
);
handle!(
    /// `nvmlComputeInstance_t`.
    ComputeInstance
);
handle!(
    /// `nvmlGpmSample_t`: a buffer that holds a sample.
    GpmSample
);
handle!(
    /// `nvmlEventSet_t`.
    EventSet
);

impl Device {
    /// As the type of another binding of the same C pointer.
    pub(crate) fn cast<T>(self) -> *mut T {
        self.0.cast()
    }

    /// The handle of a device.
    pub(crate) fn of(nvml: &Session, device: DeviceRef) -> Self {
        Self(match device {
            DeviceRef::Gpu(gpu) => encode(Kind::Gpu, nvml.life(), pack(gpu, 0, 0)),
            DeviceRef::Mig { gpu, gi, ci } => {
                encode(Kind::MigDevice, nvml.life(), pack(gpu, gi, ci))
            }
        })
    }

    /// The handle of a GPU.
    pub(crate) fn gpu(nvml: &Session, gpu: u32) -> Self {
        Self::of(nvml, DeviceRef::Gpu(gpu))
    }

    /// What it stands for. INVALID_ARGUMENT if it is no device handle of this life of the library.
    pub(crate) fn find(self, nvml: &Session) -> Result<DeviceRef> {
        if let Some(payload) = decode(self.0, Kind::Gpu, nvml.life()) {
            return Ok(DeviceRef::Gpu(unpack(payload).0));
        }
        let payload = decode(self.0, Kind::MigDevice, nvml.life()).ok_or(Ret::INVALID_ARGUMENT)?;
        let (gpu, gi, ci) = unpack(payload);
        Ok(DeviceRef::Mig { gpu, gi, ci })
    }

    /// Index of the GPU that it stands for. INVALID_ARGUMENT for a MIG device: what is asked of a whole board has no
    /// answer for a part of it.
    pub(crate) fn board(self, nvml: &Session) -> Result<c_uint> {
        match self.find(nvml)? {
            DeviceRef::Gpu(gpu) => Ok(gpu),
            DeviceRef::Mig { .. } => Err(Ret::INVALID_ARGUMENT),
        }
    }
}

impl GpuInstance {
    /// As the type of another binding of the same C pointer.
    pub(crate) fn cast<T>(self) -> *mut T {
        self.0.cast()
    }

    /// The handle of a GPU instance.
    pub(crate) fn of(nvml: &Session, gpu: u32, gi: u32) -> Self {
        Self(encode(Kind::GpuInstance, nvml.life(), pack(gpu, gi, 0)))
    }

    /// GPU and GPU instance id. INVALID_ARGUMENT if it is no such handle.
    pub(crate) fn find(self, nvml: &Session) -> Result<(u32, u32)> {
        let payload =
            decode(self.0, Kind::GpuInstance, nvml.life()).ok_or(Ret::INVALID_ARGUMENT)?;
        let (gpu, gi, _) = unpack(payload);
        Ok((gpu, gi))
    }
}

impl ComputeInstance {
    /// The handle of a compute instance.
    pub(crate) fn of(nvml: &Session, gpu: u32, gi: u32, ci: u32) -> Self {
        Self(encode(
            Kind::ComputeInstance,
            nvml.life(),
            pack(gpu, gi, ci),
        ))
    }

    /// GPU, GPU instance id and compute instance id. INVALID_ARGUMENT if it is no such handle.
    pub(crate) fn find(self, nvml: &Session) -> Result<(u32, u32, u32)> {
        let payload =
            decode(self.0, Kind::ComputeInstance, nvml.life()).ok_or(Ret::INVALID_ARGUMENT)?;
        Ok(unpack(payload))
    }
}

impl GpmSample {
    /// The handle of a sample buffer.
    pub(crate) fn of(nvml: &Session, number: u32) -> Self {
        Self(encode(Kind::GpmSample, nvml.life(), number))
    }

    /// The handle as a struct of the caller carries it.
    pub(crate) fn from_raw<T>(pointer: *mut T) -> Self {
        Self(pointer.cast())
    }

    /// Number of the buffer. INVALID_ARGUMENT if it is no such handle.
    pub(crate) fn find(self, nvml: &Session) -> Result<u32> {
        decode(self.0, Kind::GpmSample, nvml.life()).ok_or(Ret::INVALID_ARGUMENT)
    }
}

impl EventSet {
    /// The handle of an event set.
    pub(crate) fn of(nvml: &Session, number: u32) -> Self {
        Self(encode(Kind::EventSet, nvml.life(), number))
    }

    /// Number of the set. INVALID_ARGUMENT if it is no such handle.
    pub(crate) fn find(self, nvml: &Session) -> Result<u32> {
        decode(self.0, Kind::EventSet, nvml.life()).ok_or(Ret::INVALID_ARGUMENT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_tells_its_kind_its_life_and_its_ids() {
        let handle = encode(Kind::MigDevice, 3, pack(7, 14, 2));
        assert_eq!(
            decode(handle, Kind::MigDevice, 3).map(unpack),
            Some((7, 14, 2))
        );
        assert_eq!(decode(handle, Kind::GpuInstance, 3), None);
        assert_eq!(decode(handle, Kind::MigDevice, 4), None);
        assert_eq!(decode(std::ptr::null_mut(), Kind::Gpu, 0), None);
    }

    #[test]
    fn no_handle_is_null_or_an_address_that_a_process_can_have() {
        for payload in [0, 1, u32::MAX] {
            let address = encode(Kind::Gpu, 0, payload).addr();
            assert_ne!(address >> 47, 0, "not in user space");
            assert_ne!(address >> 47, (1 << 17) - 1, "not in kernel space");
        }
    }
}
