//! GPM: activity between two samples. Hopper and newer.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::c_uint;
use std::mem::size_of;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nvml_sim::driver::GpmSample as Sample;
use nvml_sim::ret::{Result, Ret};
use nvml_wrapper_sys::bindings::{nvmlGpmMetric_t, nvmlGpmSupport_t};

use crate::gpm_names::names;
use crate::handle::{Device, GpmSample};
use crate::layout::GpmMetricsHead;
use crate::memory::{Array, InOut, Out};
use crate::session::Session;

/// `NVML_GPM_METRICS_GET_VERSION` and `NVML_GPM_SUPPORT_VERSION`, which say nothing about the struct's size.
const VERSION: c_uint = 1;

struct Buffers {
    filled: BTreeMap<u32, Option<Sample>>,
    last: u32,
}

static BUFFERS: Mutex<Buffers> = Mutex::new(Buffers {
    filled: BTreeMap::new(),
    last: 0,
});

static STREAMING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

exports! {
    /// Whether the device offers GPM. ARGUMENT_VERSION_MISMATCH for another version of the struct.
    fn nvmlGpmQueryDeviceSupport(device: Device, support: InOut<nvmlGpmSupport_t>) = |nvml| {
        let mut answer = support.get()?;
        if answer.version != VERSION {
            return Err(Ret::ARGUMENT_VERSION_MISMATCH);
        }
        answer.isSupportedDevice = c_uint::from(nvml.gpm_supported(device.find(nvml)?.gpu())?);
        support.set(answer)
    };

    /// A buffer for a sample.
    fn nvmlGpmSampleAlloc(sample: Out<GpmSample>) = |nvml| {
        sample.present()?;
        nvml.enter("nvmlGpmSampleAlloc", None)?;
        let mut buffers = buffers();
        buffers.last = buffers.last.wrapping_add(1);
        let number = buffers.last;
        buffers.filled.insert(number, None);
        sample.set(GpmSample::of(nvml, number))
    };

    /// Frees a buffer. INVALID_ARGUMENT if it is not one.
    fn nvmlGpmSampleFree(sample: GpmSample) = |nvml| {
        nvml.enter("nvmlGpmSampleFree", None)?;
        let number = sample.find(nvml)?;
        buffers().filled.remove(&number).map(drop).ok_or(Ret::INVALID_ARGUMENT)
    };

    /// Samples a GPU or a MIG device.
    fn nvmlGpmSampleGet(device: Device, sample: GpmSample) = |nvml| {
        let number = known(nvml, sample)?;
        let taken = nvml.gpm_sample(device.find(nvml)?)?;
        buffers().filled.insert(number, Some(taken));
        Ok(())
    };

    /// Samples a GPU instance.
    fn nvmlGpmMigSampleGet(device: Device, gi: c_uint, sample: GpmSample) = |nvml| {
        let number = known(nvml, sample)?;
        let taken = nvml.gpm_mig_sample(device.board(nvml)?, gi)?;
        buffers().filled.insert(number, Some(taken));
        Ok(())
    };

    /// Metrics between two samples, each with its own return code. Only the stated number of entries is touched.
    fn nvmlGpmMetricsGet(metrics: InOut<GpmMetricsHead>) = |nvml| {
        let head = metrics.get()?;
        if head.version != VERSION {
            return Err(Ret::ARGUMENT_VERSION_MISMATCH);
        }
        let earlier = taken(nvml, GpmSample::from_raw(head.sample1))?;
        let later = taken(nvml, GpmSample::from_raw(head.sample2))?;
        nvml.enter("nvmlGpmMetricsGet", None)?;
        let entries: Array<nvmlGpmMetric_t> = metrics.array_at(size_of::<GpmMetricsHead>());
        for index in 0..head.num_metrics as usize {
            let mut entry = entries.get(index)?;
            match nvml.gpm_metric(entry.metricId, &earlier, &later) {
                Ok(value) => {
                    entry.value = value;
                    entry.nvmlReturn = Ret::SUCCESS.0;
                }
                Err(Ret(code)) => entry.nvmlReturn = code,
            }
            entry.metricInfo = names(entry.metricId);
            entries.put(index, entry)?;
        }
        Ok(())
    };
}

exports! {
    /// Whether the GPU streams its counters. Simulated sampling is the same with and without.
    fn nvmlGpmQueryIfStreamingEnabled(device: Device, state: Out<c_uint>) = |nvml| {
        let gpu = with_gpm(nvml, device, "nvmlGpmQueryIfStreamingEnabled")?;
        state.set(c_uint::from(streaming().contains(&gpu)))
    };

    /// Turns streaming on or off, as this process sees it.
    fn nvmlGpmSetStreamingEnabled(device: Device, state: c_uint) = |nvml| {
        let gpu = with_gpm(nvml, device, "nvmlGpmSetStreamingEnabled")?;
        match state {
            0 => streaming().remove(&gpu),
            1 => streaming().insert(gpu),
            _ => return Err(Ret::INVALID_ARGUMENT),
        };
        Ok(())
    };
}

/// Drops all buffers: their handles ended with the library's life.
pub(crate) fn forget_all() {
    buffers().filled.clear();
}

fn buffers() -> MutexGuard<'static, Buffers> {
    BUFFERS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn streaming() -> MutexGuard<'static, BTreeSet<u32>> {
    STREAMING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The GPU, where it has GPM. NOT_SUPPORTED elsewhere.
fn with_gpm(nvml: &Session, device: Device, symbol: &'static str) -> Result<u32> {
    let gpu = device.board(nvml)?;
    nvml.enter(symbol, Some(gpu))?;
    if nvml.table().has_gpm() {
        Ok(gpu)
    } else {
        Err(Ret::NOT_SUPPORTED)
    }
}

fn known(nvml: &Session, sample: GpmSample) -> Result<u32> {
    let number = sample.find(nvml)?;
    if buffers().filled.contains_key(&number) {
        Ok(number)
    } else {
        Err(Ret::INVALID_ARGUMENT)
    }
}

fn taken(nvml: &Session, sample: GpmSample) -> Result<Sample> {
    let number = sample.find(nvml)?;
    buffers()
        .filled
        .get(&number)
        .cloned()
        .flatten()
        .ok_or(Ret::INVALID_ARGUMENT)
}
