//! Memory and utilisation.

use std::ffi::{c_int, c_uint};

use nvml_sim::ret::{Result, Ret};
use nvml_wrapper_sys::bindings::{
    nvmlBAR1Memory_t, nvmlMemory_t, nvmlMemory_v2_t, nvmlTemperature_v1_t, nvmlUtilization_t,
};

use crate::handle::Device;
use crate::memory::{InOut, Out};
use crate::session::Session;
use crate::version;

/// `NVML_TEMPERATURE_GPU`.
const SENSOR_GPU: c_uint = 0;

/// `NVML_TEMPERATURE_THRESHOLD_COUNT` of the oldest driver here.
const THRESHOLDS: c_uint = 7;

/// A sixth of a second: the least of what the header gives for utilisation samples.
const SAMPLING_PERIOD_US: c_uint = 166_667;

exports! {
    /// Memory in bytes. `used` includes what the driver reserves, so that used and free add up to the total.
    fn nvmlDeviceGetMemoryInfo(device: Device, memory: Out<nvmlMemory_t>) = |nvml| {
        let bytes = nvml.memory(device.find(nvml)?)?;
        memory.set(nvmlMemory_t {
            total: bytes.total,
            free: bytes.free,
            used: bytes.total.saturating_sub(bytes.free),
        })
    };

    /// Memory in bytes with what the driver reserves told apart. ARGUMENT_VERSION_MISMATCH for another version of
    /// the struct.
    fn nvmlDeviceGetMemoryInfo_v2(device: Device, memory: InOut<nvmlMemory_v2_t>) = |nvml| {
        let word = version::word::<nvmlMemory_v2_t>(2);
        version::demand(memory, word, Ret::ARGUMENT_VERSION_MISMATCH)?;
        let bytes = nvml.memory(device.find(nvml)?)?;
        memory.set(nvmlMemory_v2_t {
            version: word,
            total: bytes.total,
            reserved: bytes.reserved,
            free: bytes.free,
            used: bytes.used,
        })
    };

    /// The window of memory that the bus can reach, in bytes.
    fn nvmlDeviceGetBAR1MemoryInfo(device: Device, memory: Out<nvmlBAR1Memory_t>) = |nvml| {
        let bytes = nvml.bar1(device.find(nvml)?)?;
        memory.set(nvmlBAR1Memory_t { bar1Total: bytes.total, bar1Free: bytes.free, bar1Used: bytes.used })
    };

    /// Per cent of time that kernels ran and memory was accessed. NOT_SUPPORTED with MIG on.
    fn nvmlDeviceGetUtilizationRates(device: Device, rates: Out<nvmlUtilization_t>) = |nvml| {
        let (gpu, memory) = nvml.utilization(device.find(nvml)?)?;
        rates.set(nvmlUtilization_t { gpu, memory })
    };

    /// Per cent of time that encoders worked, and the microseconds that this is measured over. No simulated process
    /// uses them. NOT_SUPPORTED with MIG on.
    fn nvmlDeviceGetEncoderUtilization(device: Device, percent: Out<c_uint>, period_us: Out<c_uint>) =
        |nvml| idle(nvml, device, "nvmlDeviceGetEncoderUtilization", percent, period_us);

    /// Per cent of time that decoders worked, and the microseconds that this is measured over. No simulated process
    /// uses them. NOT_SUPPORTED with MIG on.
    fn nvmlDeviceGetDecoderUtilization(device: Device, percent: Out<c_uint>, period_us: Out<c_uint>) =
        |nvml| idle(nvml, device, "nvmlDeviceGetDecoderUtilization", percent, period_us);

    /// Degrees Celsius of the GPU's sensor.
    fn nvmlDeviceGetTemperature(device: Device, sensor: c_uint, temperature: Out<c_uint>) = |nvml| {
        temperature.set(degrees(nvml, device, sensor)?)
    };

    /// Degrees Celsius at which the GPU slows down, shuts down and the like. No board table has them: NOT_SUPPORTED.
    fn nvmlDeviceGetTemperatureThreshold(device: Device, kind: c_uint, temperature: Out<c_uint>) = |nvml| {
        let device = device.find(nvml)?;
        nvml.enter("nvmlDeviceGetTemperatureThreshold", Some(device.gpu()))?;
        temperature.present()?;
        if kind >= THRESHOLDS {
            return Err(Ret::INVALID_ARGUMENT);
        }
        Err(Ret::NOT_SUPPORTED)
    };

    /// Degrees Celsius of the GPU's sensor, in a versioned struct.
    fn nvmlDeviceGetTemperatureV(device: Device, temperature: InOut<nvmlTemperature_v1_t>) = |nvml| {
        let word = version::word::<nvmlTemperature_v1_t>(1);
        version::demand(temperature, word, Ret::ARGUMENT_VERSION_MISMATCH)?;
        let mut reading = temperature.get()?;
        reading.temperature = degrees(nvml, device, reading.sensorType)? as c_int;
        temperature.set(reading)
    };
}

/// Utilisation of engines that nobody uses.
fn idle(
    nvml: &Session,
    device: Device,
    symbol: &'static str,
    percent: Out<c_uint>,
    period_us: Out<c_uint>,
) -> Result<()> {
    let device = device.find(nvml)?;
    nvml.enter(symbol, Some(device.gpu()))?;
    let with_mig = nvml
        .peek()
        .gpus
        .get(device.gpu() as usize)
        .is_none_or(|gpu| gpu.mig);
    if with_mig {
        return Err(Ret::NOT_SUPPORTED);
    }
    period_us.present()?;
    percent.set(0)?;
    period_us.set(SAMPLING_PERIOD_US)
}

fn degrees(nvml: &Session, device: Device, sensor: c_uint) -> Result<c_uint> {
    if sensor != SENSOR_GPU {
        return Err(Ret::INVALID_ARGUMENT);
    }
    nvml.temperature(device.board(nvml)?)
}
