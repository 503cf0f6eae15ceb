//! Event sets.

use std::collections::BTreeMap;
use std::ffi::{c_uint, c_ulonglong};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nvml_sim::driver::{DeviceRef, Event, EventCursor};
use nvml_sim::ret::{Result, Ret};
use nvml_wrapper_sys::bindings::nvmlEventData_t;

use crate::handle::{Device, EventSet};
use crate::layout::EventDataLegacy;
use crate::memory::Out;
use crate::session::Session;

struct Set {
    /// GPU and event types, as they were registered.
    registered: Mutex<Vec<(u32, u64)>>,
    /// Held while a wait is under way.
    cursor: Mutex<EventCursor>,
}

struct Sets {
    open: BTreeMap<u32, Arc<Set>>,
    last: u32,
}

static SETS: Mutex<Sets> = Mutex::new(Sets {
    open: BTreeMap::new(),
    last: 0,
});

exports! {
    /// An empty set.
    fn nvmlEventSetCreate(set: Out<EventSet>) = |nvml| {
        set.present()?;
        nvml.enter("nvmlEventSetCreate", None)?;
        let fresh = Set { registered: Mutex::new(Vec::new()), cursor: Mutex::new(nvml.event_cursor()) };
        let mut sets = lock(&SETS);
        sets.last = sets.last.wrapping_add(1);
        let number = sets.last;
        sets.open.insert(number, Arc::new(fresh));
        set.set(EventSet::of(nvml, number))
    };

    /// Adds events of a GPU to a set; those before this call are not seen. NOT_SUPPORTED for a MIG device and for
    /// event types that the GPU does not have.
    fn nvmlDeviceRegisterEvents(device: Device, types: c_ulonglong, set: EventSet) = |nvml| {
        let set = open(nvml, set)?;
        let DeviceRef::Gpu(gpu) = device.find(nvml)? else {
            return Err(Ret::NOT_SUPPORTED);
        };
        nvml.enter("nvmlDeviceRegisterEvents", Some(gpu))?;
        if types & !nvml.supported_events(gpu)? != 0 {
            return Err(Ret::NOT_SUPPORTED);
        }
        let mut registered = lock(&set.registered);
        if registered.is_empty() && let Ok(mut cursor) = set.cursor.try_lock() {
            *cursor = nvml.event_cursor();
        }
        registered.push((gpu, types));
        Ok(())
    };

    /// The event types that a GPU has.
    fn nvmlDeviceGetSupportedEventTypes(device: Device, types: Out<c_ulonglong>) =
        |nvml| types.set(nvml.supported_events(device.board(nvml)?)?);

    /// Waits for an event in the first form, which has no instance ids. TIMEOUT without one.
    fn nvmlEventSetWait(set: EventSet, data: Out<EventDataLegacy>, timeout_ms: c_uint) = |nvml| {
        data.present()?;
        let event = wait(nvml, set, timeout_ms)?;
        data.set(EventDataLegacy {
            device: Device::gpu(nvml, event.gpu).cast(),
            event_type: event.kind,
            event_data: event.data,
        })
    };

    /// Waits for an event. TIMEOUT without one.
    fn nvmlEventSetWait_v2(set: EventSet, data: Out<nvmlEventData_t>, timeout_ms: c_uint) = |nvml| {
        data.present()?;
        let event = wait(nvml, set, timeout_ms)?;
        data.set(nvmlEventData_t {
            device: Device::gpu(nvml, event.gpu).cast(),
            eventType: event.kind,
            eventData: event.data,
            gpuInstanceId: event.gi.unwrap_or(c_uint::MAX),
            computeInstanceId: event.ci.unwrap_or(c_uint::MAX),
        })
    };

    /// Frees a set. INVALID_ARGUMENT if it is not one.
    fn nvmlEventSetFree(set: EventSet) = |nvml| {
        nvml.enter("nvmlEventSetFree", None)?;
        let number = set.find(nvml)?;
        lock(&SETS).open.remove(&number).map(drop).ok_or(Ret::INVALID_ARGUMENT)
    };
}

/// Drops all sets: their handles ended with the library's life.
pub(crate) fn forget_all() {
    lock(&SETS).open.clear();
}

fn wait(nvml: &Session, set: EventSet, timeout_ms: c_uint) -> Result<Event> {
    let set = open(nvml, set)?;
    let registered = lock(&set.registered).clone();
    let mut cursor = lock(&set.cursor);
    nvml.next_event(
        &mut cursor,
        &registered,
        Duration::from_millis(timeout_ms.into()),
    )
}

fn open(nvml: &Session, set: EventSet) -> Result<Arc<Set>> {
    let number = set.find(nvml)?;
    lock(&SETS)
        .open
        .get(&number)
        .cloned()
        .ok_or(Ret::INVALID_ARGUMENT)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
