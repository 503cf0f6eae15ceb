//! The guided tour: from stop to stop.

use super::refresh::refresh;
use crate::app::at::{GpuAt, RowId, SlotAt};
use crate::app::screen::{Scope, Screen};
use crate::app::tour::{STOPS, Stop};
use crate::app::{Command, Model};
use crate::domain::fleet::{Fleet, Gpu, Node, Slot, SlotState};

pub(super) fn run(model: &mut Model, command: Command) {
    let Some(tour) = &mut model.tour else {
        return;
    };
    match command {
        Command::TourNext if tour.step + 1 < STOPS.len() => tour.step += 1,
        Command::TourPrevious if tour.step > 0 => tour.step -= 1,
        // after the last stop, too
        Command::TourNext | Command::TourEnd => {
            model.tour = None;
            return;
        }
        _ => return,
    }
    tour.there = false;
    aim(model);
}

/// Shows the stop's screen, once the hosts have told of what it shows.
pub(super) fn aim(model: &mut Model) {
    let Some(stop) = model.tour.as_ref().filter(|t| !t.there).map(|t| t.stop()) else {
        return;
    };
    let fleet = model.fleet().clone();
    let Some((screen, row, filter)) = target(&fleet, stop) else {
        return;
    };
    model.modal = None;
    model.screens.jump(screen);
    let list = &mut model.screens.top_mut().list;
    // the tour has no filter that is wrong
    let _ = list.set_filter(filter);
    if row.is_some() {
        list.settled = true;
        list.selected = row;
    }
    refresh(model);
    if let Some(tour) = &mut model.tour {
        tour.there = true;
    }
}

type Target = (Screen, Option<RowId>, &'static str);

fn target(fleet: &Fleet, stop: Stop) -> Option<Target> {
    let slots = || {
        fleet.nodes.iter().flat_map(|n| {
            let gpus = n.gpus.iter();
            gpus.flat_map(move |g| g.slots.iter().map(move |s| (&**n, g, s)))
        })
    };
    let gpu_screen = |(node, gpu, slot): (&Node, &Gpu, &Slot)| {
        let at = GpuAt::of(node, gpu);
        let row = RowId::Slot(SlotAt {
            gpu: at.clone(),
            gi: slot.instance.gi,
        });
        (Screen::Gpu(at), Some(row), "")
    };
    let everywhere = |screen: fn(Scope) -> Screen| Some((screen(Scope::Fleet), None, ""));
    match stop {
        Stop::Fleet => (!fleet.nodes.is_empty()).then_some((Screen::Fleet, None, "")),
        Stop::Node => {
            let node = fleet.nodes.iter().find(|n| !n.gpus.is_empty())?;
            Some((Screen::Node(node.name.clone()), None, ""))
        }
        Stop::Busiest => slots()
            .filter(|(_, _, s)| s.state == SlotState::Busy)
            .max_by_key(|(_, _, s)| used(s))
            .map(gpu_screen),
        Stop::Sick => slots()
            .find(|(_, _, s)| s.state == SlotState::Sick)
            .map(gpu_screen),
        Stop::Xids => everywhere(Screen::Xids),
        Stop::Holders => everywhere(Screen::Holders),
        Stop::Findings => everywhere(Screen::Findings),
        Stop::Idle => Some((Screen::Slices(Scope::Fleet), None, "allocated")),
        Stop::Help => Some((Screen::Help, None, "")),
    }
}

/// Memory in use, in thousandths of the instance's.
fn used(slot: &Slot) -> u64 {
    let Some(sample) = &slot.sample else {
        return 0;
    };
    match (sample.memory_used.value(), sample.memory_total.value()) {
        (Some(used), Some(total)) => used.0.saturating_mul(1000) / total.0.max(1),
        _ => 0,
    }
}
