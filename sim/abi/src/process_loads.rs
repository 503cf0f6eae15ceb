//! How busy single processes keep a GPU. NOT_SUPPORTED with MIG on.

use std::ffi::{c_uint, c_ulonglong};
use std::time::SystemTime;

use nvml_sim::driver::ProcLoad;
use nvml_sim::ret::{Result, Ret};
use nvml_wrapper_sys::bindings::{
    nvmlProcessUtilizationInfo_v1_t, nvmlProcessUtilizationSample_t,
    nvmlProcessesUtilizationInfo_v1_t,
};

use crate::handle::Device;
use crate::memory::{Array, InOut, fill};
use crate::session::Session;
use crate::version;

exports! {
    /// Processes with some utilisation since a time in microseconds. A null array asks for their number.
    fn nvmlDeviceGetProcessUtilization(
        device: Device,
        samples: Array<nvmlProcessUtilizationSample_t>,
        count: InOut<c_uint>,
        since_us: c_ulonglong,
    ) = |nvml| {
        let (at, loads) = loads(nvml, device, since_us, "nvmlDeviceGetProcessUtilization")?;
        if samples.is_null() {
            count.set(0)?;
        }
        fill(samples, count, loads.iter().map(|load| nvmlProcessUtilizationSample_t {
            pid: load.pid,
            timeStamp: at,
            smUtil: load.sm,
            memUtil: load.memory,
            encUtil: 0,
            decUtil: 0,
        }).collect())
    };

    /// Processes with some utilisation since a time in microseconds, in a versioned struct.
    fn nvmlDeviceGetProcessesUtilizationInfo(device: Device, list: InOut<nvmlProcessesUtilizationInfo_v1_t>) = |nvml| {
        let word = version::word::<nvmlProcessesUtilizationInfo_v1_t>(1);
        version::demand(list, word, Ret::ARGUMENT_VERSION_MISMATCH)?;
        let mut asked = list.get()?;
        let (at, loads) = loads(nvml, device, asked.lastSeenTimeStamp, "nvmlDeviceGetProcessesUtilizationInfo")?;
        let room = if asked.procUtilArray.is_null() { 0 } else { asked.processSamplesCount as usize };
        asked.processSamplesCount = loads.len() as c_uint;
        list.set(asked)?;
        if loads.len() > room {
            return Err(Ret::INSUFFICIENT_SIZE);
        }
        Array::from(asked.procUtilArray).set(loads.iter().map(|load| nvmlProcessUtilizationInfo_v1_t {
            timeStamp: at,
            pid: load.pid,
            smUtil: load.sm,
            memUtil: load.memory,
            encUtil: 0,
            decUtil: 0,
            jpgUtil: 0,
            ofaUtil: 0,
        }))
    };
}

/// Time of the sample in microseconds of Unix time, and the loads. NOT_FOUND where nothing is newer than `since_us`.
fn loads(
    nvml: &Session,
    device: Device,
    since_us: u64,
    symbol: &'static str,
) -> Result<(u64, Vec<ProcLoad>)> {
    let loads = nvml.process_loads(device.find(nvml)?, symbol)?;
    let at = nvml.epoch() + nvml.now();
    let at = at
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_micros() as u64;
    if at > since_us {
        Ok((at, loads))
    } else {
        Err(Ret::NOT_FOUND)
    }
}
