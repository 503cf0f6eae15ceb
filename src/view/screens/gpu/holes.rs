//! What is between the instances: room, with what fits there, and what nothing can use.
//!
//! ```text
//!  5:2 room, fits 1g.5gb@5,6  7:1 lost: no compute slice or placement left for it
//! ```

use std::cmp::Reverse;

use crate::domain::fleet::Gpu;
use crate::domain::placement::Placement;
use crate::domain::reading::Reading;
use crate::domain::slices::{Free, Part, free, slices};
use crate::view::{Ctx, Role};

use crate::view::lines::{Lines, flow, one};

/// One piece a stretch.
pub fn lines(ctx: &Ctx<'_>, gpu: &Gpu, columns: usize) -> Lines {
    let mut out = Lines::default();
    let (Reading::Value(known), Reading::Value(free)) = (slices(gpu), free(gpu)) else {
        return out;
    };
    let items = known
        .stretches
        .iter()
        .filter_map(|(at, part)| {
            let place: [(&str, &dyn std::fmt::Display); 2] =
                [("start", &at.start), ("size", &at.size)];
            match part {
                Part::Slot(_) | Part::Untold => None,
                Part::Hole => {
                    let [start, size] = place;
                    let names = fits(*at, &free);
                    let text = ctx.say("gpu.hole", &[start, size, ("profiles", &names)]);
                    Some(one(text, Role::Hole))
                }
                Part::Lost => Some(one(ctx.say("gpu.lost", &place), Role::Lost)),
            }
        })
        .collect();
    for line in flow(items, columns, 1) {
        out.push(line);
    }
    out
}

/// `2g.10gb@4 1g.5gb@4,5`: the largest first. Profiles with attributes are the same slices once more and left out.
fn fits(hole: Placement, free: &[Free]) -> String {
    let mut fitting: Vec<(u32, String)> = free
        .iter()
        .filter(|f| !f.profile.contains(['+', '-']))
        .filter_map(|f| {
            let starts: Vec<String> = f
                .starts
                .iter()
                .filter(|start| (hole.start..hole.end()).contains(start))
                .map(ToString::to_string)
                .collect();
            let name = format!("{}@{}", f.profile, starts.join(","));
            (!starts.is_empty()).then_some((f.size, name))
        })
        .collect();
    fitting.sort_by_key(|(size, _)| Reverse(*size));
    let names: Vec<String> = fitting.into_iter().map(|(_, name)| name).collect();
    names.join(" ")
}
