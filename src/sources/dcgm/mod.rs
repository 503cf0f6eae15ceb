//! dcgm-exporter: the series it exposes to what migdeck keeps of them. Only the mapping: the text comes over HTTP, through
//! Prometheus, or from a simulated host.

mod labels;
mod rhythm;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::exporter::{Collected, Part};
use crate::domain::ids::{GiId, GpuUuid};
use crate::domain::metric::Metric;
use crate::domain::observation::SourceName;
use crate::domain::text::Text;
use crate::domain::units::Bytes;
use crate::formats::exposition::{Page, Sample, parse};

pub use rhythm::{INTERVAL, Rhythm};

use labels::Through;

/// Ratios, 0 to 1 and in odd cases a little above.
const RATIOS: [(&str, Metric); 5] = [
    ("DCGM_FI_PROF_SM_ACTIVE", Metric::SmActive),
    ("DCGM_FI_PROF_GR_ENGINE_ACTIVE", Metric::GrActive),
    ("DCGM_FI_PROF_SM_OCCUPANCY", Metric::SmOccupancy),
    ("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", Metric::TensorActive),
    ("DCGM_FI_PROF_DRAM_ACTIVE", Metric::DramActive),
];
/// Per cent, and only of a GPU without MIG.
const UTILIZATION: &str = "DCGM_FI_DEV_GPU_UTIL";
const USED: &str = "DCGM_FI_DEV_FB_USED";
const FREE: &str = "DCGM_FI_DEV_FB_FREE";
const RESERVED: &str = "DCGM_FI_DEV_FB_RESERVED";
const TEMPERATURE: &str = "DCGM_FI_DEV_GPU_TEMP";
const POWER: &str = "DCGM_FI_DEV_POWER_USAGE";
const CLOCK: &str = "DCGM_FI_DEV_SM_CLOCK";
const OTHERS: [&str; 7] = [UTILIZATION, USED, FREE, RESERVED, TEMPERATURE, POWER, CLOCK];
/// Grows with every collection, whatever the GPU does.
const ENERGY: &str = "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION";
/// What all its metrics begin with.
const PREFIX: &str = "DCGM_FI_";

/// DCGM has seen 130 % (NVIDIA/DCGM issue 152); ten times all of it is a blank that slipped through.
const MOST: f64 = 10.0;

/// Metrics that are read, for those who ask for each by its name. Those of activity come first.
pub fn metrics() -> impl Iterator<Item = &'static str> {
    RATIOS.into_iter().map(|(name, _)| name).chain(OTHERS)
}

/// Whether a metric tells how busy a part is, so that its age matters.
pub fn is_activity(metric: &str) -> bool {
    RATIOS[..2].iter().any(|(name, _)| *name == metric)
}

/// Where and when something was read.
#[derive(Clone, PartialEq, Debug)]
pub struct Reader {
    /// [`SourceName::Dcgm`] or [`SourceName::Prometheus`].
    pub source: SourceName,
    /// The address, without credentials.
    pub address: Text,
    /// When.
    pub at: Timestamp,
    /// Nothing in it was measured before.
    pub since: Timestamp,
    /// Seconds between two collections.
    pub interval_seconds: f64,
}

/// A page that is not dcgm-exporter's.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Foreign {
    /// It holds nothing.
    #[error("the answer is empty")]
    Empty,
    /// It is not in the format of exporters.
    #[error("the answer is no page of metrics: {0}")]
    NoMetrics(String),
    /// It is another exporter's.
    #[error("the answer has {0} series, and none of DCGM's: it is another exporter's")]
    Other(usize),
}

/// What an exporter's page says.
#[derive(Clone, PartialEq, Debug)]
pub struct Told {
    /// Its series.
    pub samples: Vec<Sample>,
    /// The energy counters added up, which tell one collection from the next; `None`: it does not have them.
    pub energy: Option<f64>,
}

/// Reads a page.
///
/// # Errors
/// It is not dcgm-exporter's.
pub fn read(page: &[u8]) -> Result<Told, Foreign> {
    let wanted = |name: &str| {
        name == ENERGY
            || OTHERS.contains(&name)
            || RATIOS.iter().any(|(known, _)| *known == name)
            // of an exporter with a counters file of its own: to know it by
            || name.starts_with(PREFIX)
    };
    let Page {
        mut samples,
        series,
        problems,
        wrong,
        ..
    } = parse(page, wanted);
    // a few bad lines lose themselves; where most are bad nothing is to be believed
    if let Some(problem) = problems.first().filter(|_| wrong > series) {
        return Err(Foreign::NoMetrics(problem.to_string()));
    }
    if samples.is_empty() {
        return Err(match series {
            0 => Foreign::Empty,
            _ => Foreign::Other(series),
        });
    }
    let energy = samples.iter().filter(|s| &*s.name == ENERGY);
    let energy: Option<f64> = energy.map(|s| s.value).reduce(|a, b| a + b);
    samples.shrink_to_fit();
    Ok(Told { samples, energy })
}

/// Those of one host, GPU by GPU.
type Parts = BTreeMap<(GpuUuid, Option<GiId>), Part>;

/// What the series say, host by host in the order of their names. Series without a GPU's UUID say nothing.
pub fn collected(samples: &[Sample], reader: &Reader) -> Vec<Collected> {
    let through = Through::of(samples, reader.source);
    let mut hosts: BTreeMap<Option<Text>, Parts> = BTreeMap::new();
    for sample in samples {
        let Some(subject) = labels::subject(sample) else {
            continue;
        };
        let parts = hosts.entry(labels::host(sample)).or_default();
        let part = parts.entry(subject.clone()).or_insert_with(|| Part {
            gpu: subject.0,
            gi: subject.1,
            at: reader.at,
            since: reader.since,
            metrics: Vec::new(),
            memory_used: None,
            memory_free: None,
            memory_reserved: None,
            temperature_c: None,
            power_mw: None,
            sm_clock_mhz: None,
            index: labels::index(sample),
            model: sample.label("modelName").cloned(),
            pci: labels::pci(sample),
            driver: sample.label("DCGM_FI_DRIVER_VERSION").cloned(),
            profile: sample.label("GPU_I_PROFILE").cloned(),
            container: None,
        });
        if part.container.is_none() {
            part.container = through.container(sample);
        }
        measure(part, sample, reader);
    }
    let collected = |(host, parts): (_, Parts)| Collected {
        source: reader.source,
        address: reader.address.clone(),
        host,
        interval_seconds: reader.interval_seconds,
        parts: parts.into_values().collect(),
    };
    hosts.into_iter().map(collected).collect()
}

fn measure(part: &mut Part, sample: &Sample, reader: &Reader) {
    let value = sample.value;
    // what DCGM does not know is left out by the exporter, and in old versions a very large number
    if !value.is_finite() || value < 0.0 {
        return;
    }
    let name = &*sample.name;
    if let Some((_, metric)) = RATIOS.into_iter().find(|(known, _)| *known == name) {
        if value <= MOST && part.metrics.iter().all(|(known, _)| *known != metric) {
            // six decimals of a ratio, and no more of a percentage than that
            part.metrics.push((metric, (value * 1e6).round() / 1e4));
            if is_activity(name) {
                date(part, sample, reader);
            }
        }
        return;
    }
    let whole = |most: f64| (value <= most).then_some(value.round() as u32);
    match name {
        // under MIG it is absent or means nothing (NVIDIA/dcgm-exporter issue 430)
        UTILIZATION if part.gi.is_none() && value <= 100.0 => {
            part.metrics.push((Metric::GpuUtilization, value));
        }
        USED => part.memory_used = mebibytes(value),
        FREE => part.memory_free = mebibytes(value),
        RESERVED => part.memory_reserved = mebibytes(value),
        TEMPERATURE => part.temperature_c = whole(300.0),
        POWER => part.power_mw = (value <= 100_000.0).then_some((value * 1000.0).round() as u32),
        CLOCK => part.sm_clock_mhz = whole(100_000.0),
        _ => {}
    }
}

/// A series that has its own time, as through Prometheus, is as old as that says.
fn date(part: &mut Part, sample: &Sample, reader: &Reader) {
    let own = sample
        .at_ms
        .and_then(|ms| Timestamp::from_millisecond(ms).ok());
    if let Some(at) = own.filter(|at| *at <= reader.at) {
        let before = reader.at.duration_since(reader.since);
        part.at = at;
        part.since = at.checked_sub(before).unwrap_or(reader.since);
    }
}

/// No GPU has so much memory: DCGM's blanks begin at 2^31.
fn mebibytes(value: f64) -> Option<Bytes> {
    (value < f64::from(1_u32 << 30)).then(|| Bytes::mib(value.round() as u64))
}
