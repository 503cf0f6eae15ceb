//! What exporters tell of one host, beside what its probe tells.
//!
//! Joined by the GPU's UUID and the instance's id. What was measured before an instance was made is void: it may be its
//! predecessor's. So is a series whose profile is another one than the driver's.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::exporter::{Collected, LabelledPod, Part, may_be_profile};
use crate::domain::fleet::Exporter;
use crate::domain::gpu::{GpuInstance, InstanceSample};
use crate::domain::ids::{GiId, GpuUuid};
use crate::domain::metric::{Denominator, Measured, Metric};
use crate::domain::observation::{Health, SourceName, SourceState};
use crate::domain::reading::{Absence, AbsentCode, Reading};
use crate::domain::text::Text;

/// One exporter as far as it concerns one host.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Source {
    pub(super) state: SourceState,
    pub(super) address: Text,
    /// False: it has not answered yet.
    pub(super) answered: bool,
    /// What it tells of the host's GPUs; it may tell of others too.
    pub(super) collected: Vec<Arc<Collected>>,
}

/// All of them, the preferred first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exported<'a>(pub(super) &'a [Source]);

/// Metrics that NVML tells on Hopper and newer, and an exporter elsewhere.
const METRICS: [Metric; 5] = [
    Metric::SmActive,
    Metric::GrActive,
    Metric::SmOccupancy,
    Metric::TensorActive,
    Metric::DramActive,
];

/// What is said of it as the source of a value.
fn name(source: SourceName) -> &'static str {
    match source {
        SourceName::Prometheus => "prometheus",
        _ => "dcgm-exporter",
    }
}

fn counter(metric: Metric) -> &'static str {
    match metric {
        Metric::SmActive => "DCGM_FI_PROF_SM_ACTIVE",
        _ => "DCGM_FI_PROF_GR_ENGINE_ACTIVE",
    }
}

impl<'a> Exported<'a> {
    /// What is to be shown of them as sources.
    pub(super) fn shown(self) -> Vec<Exporter> {
        let shown = |source: &Source| Exporter {
            source: source.state.source,
            address: source.address.clone(),
            at: source.collected.iter().filter_map(|c| c.at()).max(),
            activity: source.collected.iter().find_map(|c| c.activity()),
        };
        self.0.iter().map(shown).collect()
    }

    fn live(self) -> impl Iterator<Item = &'a Source> {
        let live = |source: &&Source| source.state.health == Health::Live;
        self.0.iter().filter(live)
    }

    /// What a live exporter tells of a GPU, or of an instance of it.
    fn parts(
        self,
        gpu: &GpuUuid,
        gi: Option<GiId>,
    ) -> impl Iterator<Item = (&'a Source, &'a Part)> {
        self.live().flat_map(move |source| {
            let parts = source.collected.iter().flat_map(|c| &c.parts);
            parts
                .filter(move |part| part.gi == gi && part.gpu == *gpu)
                .map(move |part| (source, part))
        })
    }

    /// Adds what exporters tell of an instance to what NVML told, which comes first. `why` there is no memory, where
    /// NVML told nothing at all.
    pub(super) fn complete(
        self,
        sample: Option<&InstanceSample>,
        gpu: &GpuUuid,
        instance: &GpuInstance,
        why: impl FnOnce() -> Absence,
    ) -> Option<InstanceSample> {
        if self.0.is_empty() || instance.cis.is_empty() {
            return sample.cloned();
        }
        let told: Vec<_> = METRICS
            .into_iter()
            .filter(|metric| lacks(sample, *metric))
            .filter_map(|metric| Some((metric, self.reading(metric, gpu, instance)?)))
            .collect();
        let some = told.iter().any(|(_, reading)| reading.value().is_some());
        let mut complete = match sample {
            Some(sample) => sample.clone(),
            // reasons alone do not make a sample
            None if !some => return None,
            None => {
                let why = why();
                InstanceSample {
                    gi: instance.gi,
                    memory_total: instance.memory.clone(),
                    memory_used: Reading::Absent(why),
                    metrics: Vec::new(),
                }
            }
        };
        for (metric, reading) in told {
            match complete.metrics.iter_mut().find(|(m, _)| *m == metric) {
                Some((_, known)) => *known = reading,
                None => complete.metrics.push((metric, reading)),
            }
        }
        Some(complete)
    }

    /// What they tell of a GPU as a whole.
    pub(super) fn of_gpu(self, gpu: &GpuUuid) -> Vec<(Metric, Measured)> {
        let mut all: Vec<(Metric, Measured)> = Vec::new();
        for (source, part) in self.parts(gpu, None) {
            for (metric, percent) in &part.metrics {
                if *metric != Metric::GpuUtilization && all.iter().all(|(m, _)| m != metric) {
                    let measured = measured(*percent, Denominator::Gpu, source, part);
                    all.push((*metric, measured));
                }
            }
        }
        all
    }

    /// A metric of an instance, or why there is none; `None`: it is not worth saying.
    fn reading(
        self,
        metric: Metric,
        gpu: &GpuUuid,
        instance: &GpuInstance,
    ) -> Option<Reading<Measured>> {
        let mut void = None;
        let mut lacking = None;
        for (source, part) in self.parts(gpu, Some(instance.gi)) {
            if let Some(why) = voided(part, instance, source) {
                void.get_or_insert(why);
                continue;
            }
            match part.metrics.iter().find(|(m, _)| *m == metric) {
                Some((_, percent)) => {
                    let measured = measured(*percent, Denominator::Instance, source, part);
                    return Some(Reading::Value(measured));
                }
                None => {
                    lacking.get_or_insert((source, part));
                }
            }
        }
        if !matches!(metric, Metric::SmActive | Metric::GrActive) {
            return None;
        }
        let why = void.or_else(|| lacking.map(|(s, part)| lacks_counter(metric, s, part)));
        let why = why.or_else(|| self.silent())?;
        Some(Reading::Absent(why))
    }

    /// Why no exporter tells of an instance: of the first that was asked.
    fn silent(self) -> Option<Absence> {
        let source = self.0.first()?;
        let (name, at) = (name(source.state.source), &source.address);
        Some(match &source.state.health {
            Health::Live => Absence::new(
                AbsentCode::NoSource,
                format!(
                    "{name} at {at} has no series of this instance: an exporter lists instances when it starts"
                ),
            ),
            Health::Down { why, .. } => {
                Absence::new(AbsentCode::Failed, format!("{name} at {at}: {}", why.text))
            }
            Health::Late { .. } | Health::Hung { .. } if !source.answered => Absence::new(
                AbsentCode::NotYet,
                format!("{name} at {at} has not answered yet"),
            ),
            Health::Late { since, why } | Health::Hung { since, why } => Absence::new(
                AbsentCode::Failed,
                format!("{name} at {at} tells nothing of now since {since:.0}: {why}"),
            ),
        })
    }

    /// Containers that the labels name on an instance or, without `gi`, on a GPU.
    pub(super) fn labels(
        self,
        gpu: &GpuUuid,
        instance: Option<&GpuInstance>,
    ) -> Vec<(&'a LabelledPod, SourceName)> {
        let mut all = Vec::new();
        for (source, part) in self.parts(gpu, instance.map(|i| i.gi)) {
            let void = instance.is_some_and(|i| voided(part, i, source).is_some());
            let Some(container) = part.container.as_ref().filter(|_| !void) else {
                continue;
            };
            // exporters up to 4.8.2 put a claim's labels on every instance of its GPU
            let elsewhere = container.device.as_ref().is_some_and(|device| {
                instance.is_some_and(|i| i.cis.iter().all(|ci| ci.uuid.value() != Some(device)))
            });
            if !elsewhere {
                all.push((container, source.state.source));
            }
        }
        all
    }
}

/// Whether NVML has no value of a metric, and for no reason that will pass by itself.
fn lacks(sample: Option<&InstanceSample>, metric: Metric) -> bool {
    let known = sample.and_then(|s| s.metrics.iter().find(|(m, _)| *m == metric));
    match known {
        Some((_, Reading::Value(_))) => false,
        Some((_, Reading::Absent(why))) => why.code != AbsentCode::NotYet,
        None => true,
    }
}

fn measured(percent: f64, of: Denominator, source: &Source, part: &Part) -> Measured {
    Measured {
        percent,
        of,
        source: Text::from(name(source.state.source)),
        at: part.at,
    }
}

/// Why a series is not of the instance that has its id now.
fn voided(part: &Part, instance: &GpuInstance, source: &Source) -> Option<Absence> {
    let name = name(source.state.source);
    let older = |appeared: Timestamp| part.since < appeared;
    if instance.appeared.is_some_and(older) {
        return Some(Absence::new(
            AbsentCode::NoSource,
            format!("what {name} tells may have been measured before this instance was made"),
        ));
    }
    if let (Some(told), Some(profile)) = (&part.profile, instance.profile.value())
        && !may_be_profile(told, profile)
    {
        return Some(Absence::new(
            AbsentCode::NoSource,
            format!(
                "{name} tells of this instance as {told}, and it is a {profile}: an exporter lists instances when it starts"
            ),
        ));
    }
    None
}

fn lacks_counter(metric: Metric, source: &Source, part: &Part) -> Absence {
    let (name, at, counter) = (name(source.state.source), &source.address, counter(metric));
    let either = part
        .metrics
        .iter()
        .any(|(m, _)| matches!(m, Metric::SmActive | Metric::GrActive));
    let text = if either {
        format!("{name} at {at} does not tell {counter}: its counters file leaves it out")
    } else {
        format!(
            "{name} at {at} tells neither DCGM_FI_PROF_SM_ACTIVE nor DCGM_FI_PROF_GR_ENGINE_ACTIVE: its counters file \
             leaves them out, or another profiler has the GPU"
        )
    };
    Absence::new(AbsentCode::NoSource, text)
}
