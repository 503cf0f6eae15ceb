//! From one screen to another.

use super::refresh::refresh;
use super::{modal, pages, say};
use crate::app::at::{GpuAt, PodId, RowId, SlotAt};
use crate::app::overview::worst;
use crate::app::rows::slot_of;
use crate::app::{Model, Scope, Screen, at};
use crate::domain::event::Happening;
use crate::domain::finding::Severity;
use crate::domain::finding::subject::{named_gi, runs};
use crate::domain::fleet::{Fleet, SlotState};
use crate::domain::ids::{GiId, PciAddress};
use crate::domain::text::Text;

/// Shows a node.
pub(super) fn to_node(model: &mut Model, node: Text) {
    model.screens.push(Screen::Node(node));
    refresh(model);
}

/// Shows a GPU, with an instance selected: where none is asked for, the one that somebody should look at.
pub(super) fn to_gpu(model: &mut Model, gpu: GpuAt, gi: Option<GiId>) {
    let gi = gi.or_else(|| sore(model.fleet(), &gpu));
    let slot = gi.map(|gi| {
        RowId::Slot(SlotAt {
            gpu: gpu.clone(),
            gi,
        })
    });
    model.screens.push(Screen::Gpu(gpu));
    if slot.is_some() {
        let list = &mut model.screens.top_mut().list;
        list.selected = slot;
        // also where a host of the fleet has told nothing yet
        list.settled = true;
    }
    refresh(model);
}

/// The instance that the worst finding about one on this GPU names; else the first that is sick.
fn sore(fleet: &Fleet, at: &GpuAt) -> Option<GiId> {
    let (node, gpu) = at.find(fleet)?;
    let there = |gi: &GiId| gpu.slots.iter().any(|s| s.instance.gi == *gi);
    let named = worst::of_gpu(node, gpu)
        .filter(|f| f.severity >= Severity::Caution)
        .filter_map(|f| Some((f.severity, named_gi(node, &f.subject).filter(there)?)))
        // the first of the worst
        .reduce(|worst, next| if next.0 > worst.0 { next } else { worst });
    let sick = || gpu.slots.iter().find(|s| s.state == SlotState::Sick);
    named
        .map(|(_, gi)| gi)
        .or_else(|| Some(sick()?.instance.gi))
}

/// The node that the screen or the selected row is about; without either, the only one.
pub(super) fn node_of(model: &Model) -> Option<Text> {
    if let Some(node) = model.screen().scope().node() {
        return Some(node.clone());
    }
    let named = match model.selected() {
        Some(RowId::Node(node)) => Some(node),
        Some(RowId::Gpu(gpu)) => Some(&gpu.node),
        Some(RowId::Slot(slot)) => Some(&slot.gpu.node),
        Some(
            RowId::Xid { node, .. }
            | RowId::Event { node, .. }
            | RowId::Holder { node, .. }
            | RowId::Finding { node, .. },
        ) => Some(node),
        Some(RowId::Pod(pod)) => pod
            .find(model.fleet())
            .and_then(|pod| Some(&pod.node?.name)),
        Some(RowId::Command(_)) | None => None,
    };
    let only = match model.fleet().nodes.as_slice() {
        [one] => Some(&one.name),
        _ => None,
    };
    // a finding about the cluster names none
    named.filter(|name| !name.is_empty()).or(only).cloned()
}

/// Whether only the API server tells of a node: then what it tells is all that there is to open.
fn is_unprobed(model: &Model, name: &Text) -> bool {
    at::node(model.fleet(), name).is_some_and(|node| node.unprobed().is_some())
}

/// Opens what is selected: where it is, or else a window with all that is known of it.
pub(super) fn open(model: &mut Model) {
    let Some(row) = model.selected().cloned() else {
        whole(model);
        return;
    };
    match &row {
        RowId::Node(node) if is_unprobed(model, node) => {
            model.screens.push(Screen::Describe(node.clone()));
            refresh(model);
        }
        RowId::Node(node) => {
            let filter = model.screens.top().list.filter.clone();
            model.screens.push(Screen::Node(node.clone()));
            // what was looked for lies on the node too; it was understood here, so it is there
            let _ = model.screens.top_mut().list.set_filter(&filter);
            refresh(model);
        }
        RowId::Gpu(gpu) => to_gpu(model, gpu.clone(), found(model, gpu)),
        RowId::Slot(slot) if matches!(model.screen(), Screen::Gpu(_)) => {
            if let Some((title, lines)) = pages::slot(model, slot) {
                modal::read(model, title, lines);
            }
        }
        RowId::Slot(slot) => to_gpu(model, slot.gpu.clone(), Some(slot.gi)),
        RowId::Xid { .. } | RowId::Finding { .. } | RowId::Event { .. } | RowId::Holder { .. } => {
            read(model)
        }
        RowId::Pod(pod) => match pod_gpu(model, pod) {
            Some((gpu, gi)) => to_gpu(model, gpu, gi),
            None => read(model),
        },
        RowId::Command(_) => {}
    }
}

/// The GPU and the instance of a pod's first device that is on a GPU that somebody looks at.
fn pod_gpu(model: &Model, pod: &PodId) -> Option<(GpuAt, Option<GiId>)> {
    let pod = pod.find(model.fleet())?;
    let node = pod.node?;
    let held = pod.devices().into_iter().find(|held| held.gpu.is_some())?;
    let at = GpuAt::of(node, held.gpu?);
    Some((at, held.slot.map(|slot| slot.instance.gi)))
}

/// The first instance of a GPU that the filter has found: who looks for a pod is led to its slice.
fn found(model: &Model, at: &GpuAt) -> Option<GiId> {
    let filter = &model.screens.top().list.parsed;
    let (node, gpu) = at.find(model.fleet())?;
    let slot = gpu.slots.iter().find(|s| filter.highlights(node, gpu, s))?;
    Some(slot.instance.gi)
}

/// A GPU without instances to select: all that is known of it, why values are absent too.
fn whole(model: &mut Model) {
    let Screen::Gpu(at) = model.screen() else {
        return;
    };
    if let Some((title, lines)) = pages::gpu(model, &at) {
        modal::read(model, title, lines);
    }
}

fn read(model: &mut Model) {
    if let Some(page) = pages::selected(model) {
        let leads = leads(model);
        modal::read_of(model, page, leads);
    }
}

/// The GPU and the instance that the selected report, finding or event is about, if they are there.
fn leads(model: &Model) -> Option<(GpuAt, Option<GiId>)> {
    let fleet = model.fleet();
    match model.selected()? {
        RowId::Xid { node, pci, .. } => {
            let at = gpu_at(fleet, node, *pci)?;
            let gi = pages::xid(model).and_then(|(_, xid)| {
                let (node, gpu) = at.find(fleet)?;
                Some(slot_of(node, gpu, xid)?.instance.gi)
            });
            Some((at, gi))
        }
        RowId::Finding { node, subject, .. } => concerns(fleet, node, subject),
        RowId::Event { .. } => event_gpu(model),
        _ => None,
    }
}

fn gpu_at(fleet: &Fleet, node: &Text, pci: Option<PciAddress>) -> Option<GpuAt> {
    let node = at::node(fleet, node)?;
    let gpu = node.gpus.iter().find(|g| g.pci() == pci && pci.is_some())?;
    Some(GpuAt::of(node, gpu))
}

/// What a finding's subject names: `dgx-dev-01 GPU 5 gi 2`, `dgx-dev-01 GPU 5`; of several GPUs the first.
fn concerns(fleet: &Fleet, node: &Text, subject: &str) -> Option<(GpuAt, Option<GiId>)> {
    let node = at::node(fleet, node)?;
    let (index, _) = runs(node, subject).into_iter().next()?;
    let gpu = node.gpus.iter().find(|g| g.index == index)?;
    Some((GpuAt::of(node, gpu), named_gi(node, subject)))
}

/// The screen of the next GPU or node (`by` 1) or the one before (`by` -1), around the end.
///
/// A window over the screen closes: it would tell of the GPU that has been left.
pub(super) fn sibling(model: &mut Model, by: isize) {
    let fleet = model.fleet().clone();
    let screen = model.screen();
    let Some(scope) = sibling_scope(&fleet, &screen.scope(), by) else {
        say(model, "notice.no_sibling");
        return;
    };
    model.modal = None;
    let next = match (screen, scope) {
        (Screen::Node(_), Scope::Node(node)) => Screen::Node(node),
        (Screen::Describe(_), Scope::Node(node)) => Screen::Describe(node),
        (Screen::Gpu(_), Scope::Gpu(gpu)) => Screen::Gpu(gpu),
        (Screen::Slices(_), scope) => Screen::Slices(scope),
        (Screen::Xids(_), scope) => Screen::Xids(scope),
        (Screen::Events(_), scope) => Screen::Events(scope),
        (Screen::Holders(_), scope) => Screen::Holders(scope),
        (Screen::Pods(_), scope) => Screen::Pods(scope),
        (Screen::Findings(_), scope) => Screen::Findings(scope),
        _ => return,
    };
    model.screens.replace(next);
    refresh(model);
}

fn sibling_scope(fleet: &Fleet, scope: &Scope, by: isize) -> Option<Scope> {
    let turned = |at: usize, of: usize| {
        let of = isize::try_from(of).ok()?;
        let at = isize::try_from(at).ok()?;
        (of > 1).then(|| (at + by).rem_euclid(of).unsigned_abs())
    };
    match scope {
        Scope::Fleet => None,
        Scope::Node(name) => {
            let at = fleet.nodes.iter().position(|n| n.name == *name)?;
            let node = fleet.nodes.get(turned(at, fleet.nodes.len())?)?;
            Some(Scope::Node(node.name.clone()))
        }
        Scope::Gpu(gpu) => {
            let (node, this) = gpu.find(fleet)?;
            let at = node.gpus.iter().position(|g| g.index == this.index)?;
            let next = node.gpus.get(turned(at, node.gpus.len())?)?;
            Some(Scope::Gpu(GpuAt::of(node, next)))
        }
    }
}

/// The GPU that the selected event concerns, if it is there, and the instance that has appeared or changed.
fn event_gpu(model: &Model) -> Option<(GpuAt, Option<GiId>)> {
    let (node, event) = pages::event(model)?;
    let uuid = event.gpu.as_ref()?;
    let gpu = node.gpus.iter().find(|g| g.uuid() == Some(uuid))?;
    let gi = match &event.what {
        Happening::InstanceAppeared { gi, .. } | Happening::ComputeChanged { gi, .. } => Some(*gi),
        _ => None,
    };
    Some((GpuAt::of(node, gpu), gi))
}
