//! What a metrics exporter (dcgm-exporter, itself or through Prometheus) tells of the GPUs of one host.
//!
//! An exporter repeats one collection until the next, and its text has no time in it. So each part carries two: when it
//! was read, which is what its age counts from, and before when none of it can have been measured.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{ExporterId, GiId, GpuUuid, MigUuid, PciAddress};
use super::metric::Metric;
use super::observation::{Health, SourceName};
use super::text::Text;
use super::units::Bytes;

/// What one exporter tells of one host. Replaces what the same source told of it before.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Collected {
    /// [`SourceName::Dcgm`] or [`SourceName::Prometheus`].
    pub source: SourceName,
    /// Where it was read: an address without credentials.
    pub address: Text,
    /// What the exporter calls its host: the node's name in Kubernetes, else often the name of the exporter's own pod.
    pub host: Option<Text>,
    /// Seconds between two collections, as far as is known.
    pub interval_seconds: f64,
    /// GPUs and GPU instances. A GPU with instances has mostly only theirs.
    pub parts: Vec<Part>,
}

/// A GPU, or a GPU instance.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Part {
    /// The GPU, or the instance's.
    pub gpu: GpuUuid,
    /// The instance, by NVML's id; `None`: the GPU as a whole.
    pub gi: Option<GiId>,
    /// When it was read for the first time since it changed.
    pub at: Timestamp,
    /// None of it was measured before.
    pub since: Timestamp,
    /// Percentages of the part itself. A metric that the exporter does not tell is not listed.
    pub metrics: Vec<(Metric, f64)>,
    /// Memory in use.
    #[serde(default)]
    pub memory_used: Option<Bytes>,
    /// Memory not in use.
    #[serde(default)]
    pub memory_free: Option<Bytes>,
    /// Memory kept by the driver.
    #[serde(default)]
    pub memory_reserved: Option<Bytes>,
    /// Degrees Celsius, of the GPU.
    #[serde(default)]
    pub temperature_c: Option<u32>,
    /// Milliwatts, of the GPU.
    #[serde(default)]
    pub power_mw: Option<u32>,
    /// SM clock in MHz, of the GPU.
    #[serde(default)]
    pub sm_clock_mhz: Option<u32>,
    /// NVML's index of the GPU.
    #[serde(default)]
    pub index: Option<u32>,
    /// Product name of the GPU.
    #[serde(default)]
    pub model: Option<Text>,
    /// PCI address of the GPU.
    #[serde(default)]
    pub pci: Option<PciAddress>,
    /// Version of the driver.
    #[serde(default)]
    pub driver: Option<Text>,
    /// Profile of the instance as DCGM calls it, which rounds memory in its own way: `7g.79gb`.
    #[serde(default)]
    pub profile: Option<Text>,
    /// The container that the kubelet gave it to; of several compute instances, the last one's.
    #[serde(default)]
    pub container: Option<LabelledPod>,
}

/// A container in the labels of a series.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LabelledPod {
    /// Namespace of the pod.
    pub namespace: Option<Text>,
    /// Name of the pod.
    pub pod: Text,
    /// Name of the container.
    pub container: Option<Text>,
    /// The MIG device that a resource claim names.
    pub device: Option<MigUuid>,
}

/// What is new of an exporter that is read beside a stream.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ExporterNews {
    /// Which: as long as the stream lives no other has its number.
    pub id: ExporterId,
    /// What.
    pub told: ExporterTold,
}

/// What is told of an exporter.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExporterTold {
    /// It is going to be read, or is read elsewhere than before. What it told stays.
    Awaited {
        /// [`SourceName::Dcgm`] or [`SourceName::Prometheus`].
        source: SourceName,
        /// Where it is read.
        address: Text,
        /// The node that it runs on and tells of; `None`: it tells of many.
        node: Option<Text>,
    },
    /// All that it tells now, host by host.
    Collected(Vec<Collected>),
    /// It does not answer, or tells nothing of now.
    Health(Health),
    /// It is not read any more.
    Gone,
}

impl Collected {
    /// The best measure of activity that it has of any part: SM, else GR.
    pub fn activity(&self) -> Option<Metric> {
        [Metric::SmActive, Metric::GrActive]
            .into_iter()
            .find(|wanted| self.has(*wanted))
    }

    /// Whether it tells this metric of any part.
    pub fn has(&self, metric: Metric) -> bool {
        self.parts
            .iter()
            .any(|part| part.metrics.iter().any(|(known, _)| *known == metric))
    }

    /// When the newest part was read.
    pub fn at(&self) -> Option<Timestamp> {
        self.parts.iter().map(|part| part.at).max()
    }
}

/// Whether a profile's name as DCGM gives it can be meant for the driver's: the same but for how memory was rounded.
///
/// DCGM says `7g.79gb` of 7g.80gb, `1g.11gb` of 1g.12gb, `1g.22gb` of 1g.24gb (NVIDIA/dcgm-exporter issues 544 and 713).
/// Names that are not understood may be meant for anything.
pub fn may_be_profile(told: &str, driver: &str) -> bool {
    use super::profile::Profile;
    let (Ok(told), Ok(driver)) = (told.parse::<Profile>(), driver.parse::<Profile>()) else {
        return true;
    };
    // halves of a double memory profile are further apart than any rounding
    let off = told.gb.abs_diff(driver.gb);
    told.slices == driver.slices && off <= 1.max(driver.gb / 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rounded_name_is_the_same_profile_and_another_profile_is_not() {
        for (told, driver) in [
            ("7g.79gb", "7g.80gb"),
            ("1g.11gb", "1g.12gb"),
            ("1g.22gb", "1g.24gb"),
            ("1g.5gb", "1g.5gb"),
            ("1g.10gb", "1g.10gb+me"),
            ("9x.new", "1g.5gb"),
        ] {
            assert!(may_be_profile(told, driver), "{told} {driver}");
        }
        for (told, driver) in [
            ("3g.20gb", "1g.5gb"),
            ("1g.5gb", "1g.10gb"),
            ("1g.20gb", "1g.10gb"),
            ("3g.20gb", "4g.20gb"),
        ] {
            assert!(!may_be_profile(told, driver), "{told} {driver}");
        }
    }
}
