//! Events of all GPUs through one set.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::ffi::{Device, Event, EventSet, Library};
use super::real::attributed;
use crate::domain::ids::{CiId, GiId};
use crate::ports::gpu_api::{ApiError, ApiResult, Code, GpuEvent};

/// `nvmlEventTypeXidCriticalError`.
pub const XID: u64 = 0x8;
/// `nvmlEventMigConfigChange`.
pub const MIG_CONFIG_CHANGE: u64 = 0x100;

/// The set, made at the first wait, and whose GPUs' events it brings.
struct Registered {
    set: EventSet,
    gpus: Vec<(Device, u32)>,
}

#[derive(Default)]
pub(super) struct Events(Mutex<Option<Registered>>);

impl Events {
    /// Waits for one event. Only one thread waits at a time.
    pub(super) fn wait(
        &self,
        library: &Arc<Library>,
        timeout: Duration,
        gpu: impl Fn(u32) -> ApiResult<Device>,
    ) -> ApiResult<Option<GpuEvent>> {
        let mut registered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let registered = match &mut *registered {
            Some(registered) => registered,
            none => none.insert(register(library, gpu)?),
        };
        let milliseconds = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
        match registered.set.wait(milliseconds) {
            Err(e) if e.code == Code::Timeout => Ok(None),
            Err(e) => Err(e),
            Ok(event) => Ok(registered
                .gpus
                .iter()
                .find(|(d, _)| *d == event.device)
                .and_then(|&(_, i)| named(&event, i))),
        }
    }
}

/// A GPU that cannot be registered goes without events: the sampler's rounds see its changes, later.
fn register(
    library: &Arc<Library>,
    gpu: impl Fn(u32) -> ApiResult<Device>,
) -> ApiResult<Registered> {
    let set = EventSet::new(library)?;
    let mut gpus = Vec::new();
    let mut refused = None;
    for index in 0..library.count()? {
        let registered = gpu(index).and_then(|device| {
            let kinds = library.supported_events(device)? & (XID | MIG_CONFIG_CHANGE);
            if kinds == 0 {
                return Err(ApiError {
                    code: Code::NotSupported,
                    function: "nvmlDeviceRegisterEvents",
                });
            }
            set.register(device, kinds).map(|()| device)
        });
        match registered {
            Ok(device) => gpus.push((device, index)),
            Err(e) => refused = Some(e),
        }
    }
    match refused {
        Some(e) if gpus.is_empty() => Err(e),
        _ => Ok(Registered { set, gpus }),
    }
}

fn named(event: &Event, gpu: u32) -> Option<GpuEvent> {
    match event.kind {
        MIG_CONFIG_CHANGE => Some(GpuEvent::MigConfigChange { gpu }),
        XID => Some(GpuEvent::Xid {
            gpu,
            code: event.data,
            gi: attributed(event.gi).map(GiId),
            ci: attributed(event.ci).map(CiId),
        }),
        _ => None,
    }
}
