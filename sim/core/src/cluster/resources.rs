//! Which devices the device plugin advertises, and which it gave to whom.

use std::collections::{BTreeMap, BTreeSet};

use crate::scenario::model::Container;
use crate::view::View;

/// Resource name of whole GPUs, and of MIG devices in strategy `single`.
pub(crate) const GPU: &str = "nvidia.com/gpu";

/// Resources with the ids of their devices, by the present layout. Empty when the plugin does not run, or stops because
/// the layout breaks its strategy (k8s-device-plugin, internal/rm).
pub(crate) fn advertised(view: &View<'_>) -> BTreeMap<String, Vec<String>> {
    match &view.host.node {
        Some(node) if node.plugin => match node.strategy.as_str() {
            "single" => single(view),
            "mixed" => mixed(view),
            _ => whole(view, |_| true),
        }
        .unwrap_or_default(),
        _ => BTreeMap::new(),
    }
}

/// What a container was given, by resource.
pub(crate) fn given(view: &View<'_>, container: &Container) -> Vec<(String, Vec<String>)> {
    let mut given: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (resource, slots) in &container.devices {
        let ids = slots.iter().filter_map(|slot| view.given_device(slot));
        given.entry(resource.clone()).or_default().extend(ids);
    }
    for (resource, ids) in &container.ids {
        let all = given.entry(resource.clone()).or_default();
        all.extend(ids.iter().cloned());
    }
    given.into_iter().collect()
}

/// Profile name as it stands in a resource name: `1g.10gb+me` is `1g.10gb.me`.
pub(crate) fn resource_name(profile: &str) -> String {
    format!("nvidia.com/mig-{}", profile.replace('+', "."))
}

/// Whether a MIG device is a part of a GPU instance: `1c.3g.20gb`.
pub(crate) fn is_part(name: &str) -> bool {
    name.split('.')
        .next()
        .is_some_and(|first| first.ends_with('c'))
}

/// Whether the layout is one that strategy `single` can advertise.
pub(crate) fn fits_single(view: &View<'_>) -> bool {
    single(view).is_some()
}

type Resources = BTreeMap<String, Vec<String>>;

fn whole(view: &View<'_>, wanted: impl Fn(bool) -> bool) -> Option<Resources> {
    let ids: Vec<String> = view
        .layout
        .gpus
        .iter()
        .filter(|g| wanted(g.mig))
        .map(|g| g.uuid.clone())
        .collect();
    Some(if ids.is_empty() {
        BTreeMap::new()
    } else {
        BTreeMap::from([(GPU.to_owned(), ids)])
    })
}

/// All GPUs alike in mode, every GPU with devices, all devices of one type: else the plugin stops.
fn single(view: &View<'_>) -> Option<Resources> {
    let gpus = &view.layout.gpus;
    if gpus.iter().all(|g| !g.mig) {
        return whole(view, |_| true);
    }
    let mut names = BTreeSet::new();
    let mut ids = Vec::new();
    for gpu in gpus {
        let devices = View::devices(gpu);
        if !gpu.mig || devices.is_empty() {
            return None;
        }
        for (_, ci) in devices {
            names.insert(ci.name.clone());
            ids.push(ci.uuid.clone());
        }
    }
    // a part of an instance matches no resource pattern in this strategy either
    (names.len() == 1 && !names.iter().any(|n| is_part(n)))
        .then(|| BTreeMap::from([(GPU.to_owned(), ids)]))
}

/// A resource for each profile; one part of an instance anywhere stops the whole plugin.
fn mixed(view: &View<'_>) -> Option<Resources> {
    let mut resources = whole(view, |mig| !mig)?;
    for (_, ci) in view
        .layout
        .gpus
        .iter()
        .filter(|g| g.mig)
        .flat_map(View::devices)
    {
        if is_part(&ci.name) {
            return None;
        }
        resources
            .entry(resource_name(&ci.name))
            .or_default()
            .push(ci.uuid.clone());
    }
    Some(resources)
}
