//! What the labels of a series name. They have changed with the exporter's versions and options, and a scraper adds its
//! own.

use crate::domain::exporter::LabelledPod;
use crate::domain::ids::{GiId, GpuUuid, MigUuid, PciAddress};
use crate::domain::observation::SourceName;
use crate::domain::text::Text;
use crate::formats::exposition::Sample;

/// The first of several labels that is there.
fn first<'a>(sample: &'a Sample, names: &[&str]) -> Option<&'a Text> {
    names.iter().find_map(|name| sample.label(name))
}

/// The GPU and, of an instance, its id. `UUID` is the GPU's also on the series of an instance; `--use-old-namespace`
/// writes it small.
pub(super) fn subject(sample: &Sample) -> Option<(GpuUuid, Option<GiId>)> {
    let uuid = first(sample, &["UUID", "uuid"])?;
    let gi = match sample.label("GPU_I_ID") {
        Some(id) => Some(GiId(id.parse().ok()?)),
        None => None,
    };
    Some((GpuUuid::new(uuid), gi))
}

/// `Hostname` up to dcgm-exporter 4.8.2, then `hostname`.
pub(super) fn host(sample: &Sample) -> Option<Text> {
    first(sample, &["Hostname", "hostname"]).cloned()
}

pub(super) fn index(sample: &Sample) -> Option<u32> {
    sample.label("gpu")?.parse().ok()
}

pub(super) fn pci(sample: &Sample) -> Option<PciAddress> {
    sample.label("pci_bus_id")?.parse().ok()
}

/// How the labels of pods came here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Through {
    /// As the exporter wrote them.
    Plain,
    /// A scraper put its own `pod`, the exporter's, in their place, and theirs under `exported_pod`.
    Renamed,
}

impl Through {
    /// Where any series has the renamed label, the plain one is the scraper's on all: a series of a part that nobody
    /// holds has then only that, and it names the exporter.
    pub(super) fn of(samples: &[Sample], source: SourceName) -> Self {
        let renamed = |s: &Sample| {
            ["exported_pod", "exported_namespace", "exported_container"]
                .iter()
                .any(|name| s.label(name).is_some())
        };
        if source == SourceName::Prometheus && samples.iter().any(renamed) {
            Self::Renamed
        } else {
            Self::Plain
        }
    }

    /// The container that holds the part. Without one the labels are missing, in older versions empty.
    pub(super) fn container(self, sample: &Sample) -> Option<LabelledPod> {
        let names: [&[&str]; 3] = match self {
            Self::Plain => [
                &["pod", "pod_name"],
                &["namespace", "pod_namespace"],
                &["container", "container_name"],
            ],
            Self::Renamed => [
                &["exported_pod", "pod_name"],
                &["exported_namespace", "pod_namespace"],
                &["exported_container", "container_name"],
            ],
        };
        let [pod, namespace, container] = names.map(|names| first(sample, names).cloned());
        let pod = pod?;
        // nobody gives the exporter a device: this is a scraper's label
        if pod.contains("dcgm-exporter") {
            return None;
        }
        Some(LabelledPod {
            namespace,
            pod,
            container,
            device: sample
                .label("dra_mig_device_uuid")
                .map(|uuid| MigUuid::new(uuid)),
        })
    }
}
