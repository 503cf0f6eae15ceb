//! The node's labels: what GPU feature discovery derives, and the scenario's.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use super::resources::{fits_single, is_part};
use crate::driver::{CiSnapshot, GiSnapshot};
use crate::scenario::model::Node;
use crate::tables::Architecture;
use crate::view::View;

/// Seconds between two rounds of GPU feature discovery (GFD_SLEEP_INTERVAL).
const ROUND: u64 = 60;

type Labels = BTreeMap<String, String>;

/// All labels by full key. The scenario's come first as long as the layout is the scenario's: they were written for it.
pub(super) fn labels(view: &View<'_>, node: &Node) -> Labels {
    let mut labels = Labels::from([
        ("kubernetes.io/arch".into(), "amd64".into()),
        ("kubernetes.io/os".into(), "linux".into()),
        ("kubernetes.io/hostname".into(), view.host.name.clone()),
    ]);
    let mut derived = Labels::new();
    if view.host.library {
        common(view, &mut derived);
        match node.strategy.as_str() {
            "single" => single(view, &mut derived),
            "mixed" => mixed(view, &mut derived),
            _ => {}
        }
    }
    let derived: Labels = derived
        .into_iter()
        .map(|(k, v)| (format!("nvidia.com/{k}"), v))
        .collect();
    for (key, value) in &node.labels {
        let key = if key.contains('/') {
            key.clone()
        } else {
            format!("nvidia.com/{key}")
        };
        if view.is_as_at_start() || !derived.contains_key(&key) {
            labels.insert(key, value.clone());
        }
    }
    for (key, value) in derived {
        labels.entry(key).or_insert(value);
    }
    labels
}

fn common(view: &View<'_>, labels: &mut Labels) {
    let mut put = |key: &str, value: String| {
        labels.insert(key.to_owned(), value);
    };
    let host = view.host;
    let mut driver = host.driver.split('.');
    for (new, old) in [("major", "major"), ("minor", "minor"), ("revision", "rev")] {
        let part = driver.next().unwrap_or_default();
        put(&format!("cuda.driver-version.{new}"), part.to_owned());
        put(&format!("cuda.driver.{old}"), part.to_owned());
    }
    put("cuda.driver-version.full", host.driver.clone());
    let mut cuda = host.cuda.split('.');
    for part in ["major", "minor"] {
        let value = cuda.next().unwrap_or("0");
        put(&format!("cuda.runtime-version.{part}"), value.to_owned());
        put(&format!("cuda.runtime.{part}"), value.to_owned());
    }
    put("cuda.runtime-version.full", host.cuda.clone());
    let written = (view.epoch + view.now)
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_secs();
    put("gfd.timestamp", (written / ROUND * ROUND).to_string());
    let (major, minor) = view.board.compute_capability;
    put("gpu.compute.major", major.to_string());
    put("gpu.compute.minor", minor.to_string());
    let family = match view.board.architecture {
        Architecture::Ampere => "ampere",
        Architecture::Hopper => "hopper",
        Architecture::Blackwell => "blackwell",
    };
    put("gpu.family", family.to_owned());
    if !host.machine.is_empty() {
        put("gpu.machine", value(&host.machine));
    }
    put("gpu.product", product(view));
    put("gpu.count", host.gpus.len().to_string());
    // none is left to give whole once every GPU has MIG on
    let any_whole = view.layout.gpus.iter().any(|g| !g.mig);
    put("gpu.replicas", u32::from(any_whole).to_string());
    put("gpu.memory", view.board.memory_mib.to_string());
    put("gpu.sharing-strategy", "none".into());
    put("gpu.mode", "compute".into());
    put("mig.capable", "true".into());
    put("mps.capable", "false".into());
}

fn single(view: &View<'_>, labels: &mut Labels) {
    labels.insert("mig.strategy".into(), "single".into());
    let gpus = &view.layout.gpus;
    if gpus.iter().all(|g| !g.mig) {
        return;
    }
    let valid = fits_single(view);
    let devices: Vec<_> = gpus.iter().flat_map(View::devices).collect();
    match devices.first() {
        Some((gi, ci)) if valid => {
            device(labels, "gpu", view, gi, ci, devices.len());
        }
        _ => {
            labels.insert(
                "gpu.product".into(),
                format!("{}-MIG-INVALID", product(view)),
            );
            for key in ["gpu.count", "gpu.replicas", "gpu.memory"] {
                labels.insert(key.into(), "0".into());
            }
        }
    }
}

fn mixed(view: &View<'_>, labels: &mut Labels) {
    labels.insert("mig.strategy".into(), "mixed".into());
    let mut kinds: BTreeMap<String, (GiSnapshot, CiSnapshot, usize)> = BTreeMap::new();
    for (gi, ci) in view
        .layout
        .gpus
        .iter()
        .filter(|g| g.mig)
        .flat_map(View::devices)
    {
        // parts of an instance have no resource, hence no labels
        if !is_part(&ci.name) {
            kinds
                .entry(ci.name.replace('+', "."))
                .or_insert_with(|| (gi.clone(), ci.clone(), 0))
                .2 += 1;
        }
    }
    for (name, (gi, ci, count)) in kinds {
        device(labels, &format!("mig-{name}"), view, &gi, &ci, count);
    }
}

/// The labels of one kind of MIG device.
fn device(
    labels: &mut Labels,
    prefix: &str,
    view: &View<'_>,
    gi: &GiSnapshot,
    ci: &CiSnapshot,
    count: usize,
) {
    let Some(row) = view.board.profile(gi.profile) else {
        return;
    };
    let engines = row.engines;
    for (key, value) in [
        (
            "product",
            format!("{}-MIG-{}", product(view), ci.name.replace('+', ".")),
        ),
        ("count", count.to_string()),
        ("replicas", "1".into()),
        ("sharing-strategy", "none".into()),
        ("memory", gi.memory_mib.to_string()),
        ("multiprocessors", ci.sm.to_string()),
        ("slices.gi", row.slices.to_string()),
        ("slices.ci", ci.size.to_string()),
        ("engines.copy", engines.ce.to_string()),
        ("engines.decoder", engines.dec.to_string()),
        ("engines.encoder", engines.enc.to_string()),
        ("engines.jpeg", engines.jpg.to_string()),
        ("engines.ofa", engines.ofa.to_string()),
    ] {
        labels.insert(format!("{prefix}.{key}"), value);
    }
}

fn product(view: &View<'_>) -> String {
    let name = if view.host.product.is_empty() {
        view.board.product
    } else {
        &view.host.product
    };
    value(name)
}

/// A text as a label value: blanks become `-` (gpu-feature-discovery, internal/lm).
fn value(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join("-")
}
