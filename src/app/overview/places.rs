//! What lies on a GPU's slices, a row each: compute instances, GPU instances without any, and what is between them.

use crate::app::activity::{self, Activity};
use crate::app::occupant::{self, Occupant};
use crate::domain::fleet::{Gpu, Node, Slot, SlotState};
use crate::domain::gpu::ComputeInstance;
use crate::domain::metric::Metric;
use crate::domain::of_ci;
use crate::domain::placement::Placement;
use crate::domain::slices::{self, Part};

/// A row.
#[derive(Clone, PartialEq, Debug)]
pub enum Place<'a> {
    /// A compute instance, or a GPU instance that has none.
    Instance(Box<Instance<'a>>),
    /// The GPU as one piece.
    Whole(SlotState, Occupant),
    /// Room, and the largest profile that fits with where it fits.
    Hole(Placement, Option<String>),
    /// Slices that nothing can use.
    Lost(Placement),
}

/// A compute instance in its GPU instance.
#[derive(Clone, PartialEq, Debug)]
pub struct Instance<'a> {
    /// The GPU instance.
    pub slot: &'a Slot,
    /// The compute instance; `None`: there is none.
    pub ci: Option<&'a ComputeInstance>,
    /// Whether it is the GPU instance's first: place, memory and activity, which are the GPU instance's, stand there.
    pub first: bool,
    /// What somebody does with it.
    pub state: SlotState,
    /// How busy the GPU instance is.
    pub activity: Activity,
    /// Who has it.
    pub occupant: Occupant,
}

/// The rows of a GPU in the order of their places.
pub fn of<'a>(node: &Node, gpu: &'a Gpu, metric: Metric) -> Vec<Place<'a>> {
    if let Some(whole) = &gpu.whole {
        return vec![Place::Whole(whole.state, occupant::of_whole(node, gpu))];
    }
    let mut rows = Vec::new();
    if let Some(known) = slices::slices(gpu).value() {
        for (at, part) in &known.stretches {
            match part {
                Part::Slot(n) => {
                    if let Some(slot) = gpu.slots.get(*n) {
                        instance(node, gpu, slot, metric, &mut rows);
                    }
                }
                // of an empty GPU the page has more to say than that all fits
                Part::Hole if !gpu.slots.is_empty() => rows.push(Place::Hole(*at, fits(gpu, *at))),
                Part::Lost if !gpu.slots.is_empty() => rows.push(Place::Lost(*at)),
                Part::Hole | Part::Lost | Part::Untold => {}
            }
        }
    } else {
        for slot in &gpu.slots {
            instance(node, gpu, slot, metric, &mut rows);
        }
    }
    rows
}

fn instance<'a>(
    node: &Node,
    gpu: &'a Gpu,
    slot: &'a Slot,
    metric: Metric,
    rows: &mut Vec<Place<'a>>,
) {
    let activity = activity::of(slot, metric);
    if slot.instance.cis.is_empty() {
        rows.push(Place::Instance(Box::new(Instance {
            slot,
            ci: None,
            first: true,
            state: slot.state,
            activity,
            occupant: occupant::of_slot(node, gpu, slot),
        })));
        return;
    }
    for (n, ci) in slot.instance.cis.iter().enumerate() {
        rows.push(Place::Instance(Box::new(Instance {
            slot,
            ci: Some(ci),
            first: n == 0,
            state: of_ci::state(gpu, node, slot, ci.ci),
            activity: activity.clone(),
            occupant: occupant::of_ci(node, gpu, slot, ci.ci),
        })));
    }
}

/// The largest profile without attributes that fits into a hole, as `1g.5gb@6`.
fn fits(gpu: &Gpu, hole: Placement) -> Option<String> {
    let free = slices::free(gpu);
    free.value()?
        .iter()
        .filter(|f| !f.profile.contains(['+', '-']))
        .filter_map(|f| {
            let start = f
                .starts
                .iter()
                .find(|s| **s >= hole.start && **s + f.size <= hole.end())?;
            Some((f.size, format!("{}@{start}", f.profile)))
        })
        .max_by_key(|(size, _)| *size)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    fn said(gpu: usize) -> Vec<String> {
        let node = fixture::node("a");
        of(&node, &node.gpus[gpu], Metric::GrActive)
            .iter()
            .map(|row| match row {
                Place::Instance(i) => format!(
                    "{}/{} {:?} {}",
                    i.slot.instance.gi,
                    i.ci.map_or("-".into(), |c| c.ci.to_string()),
                    i.state,
                    i.occupant.cell()
                ),
                Place::Whole(state, who) => format!("whole {state:?} {}", who.cell()),
                Place::Hole(at, what) => format!("{at} {what:?}"),
                Place::Lost(at) => format!("{at} lost"),
            })
            .collect()
    }

    #[test]
    fn every_place_has_a_row() {
        assert_eq!(
            said(0),
            [
                "7/0 Busy nlp/bert-0",
                "8/0 Allocated jupyter/한글-노트북",
                "3/0 Free -",
                "9/- NoCi -",
                "5:2 Some(\"1g.5gb@5\")",
                "7:1 lost"
            ]
        );
        assert_eq!(said(1), ["whole Allocated train/llm-0"]);
        assert_eq!(said(2), [] as [&str; 0]);
        assert_eq!(said(3), [] as [&str; 0]);
    }
}
