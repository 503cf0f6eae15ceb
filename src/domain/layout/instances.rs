//! Compute instances stay inside their GPU instance: its profiles, its compute slices, its SMs.

use super::{Collision, Newcomer, Rule, list};
use crate::domain::catalog::{BoardProfile, CiShape};
use crate::domain::placement::Placement;

pub(super) fn check(new: &Newcomer<'_>, found: &mut Vec<Collision>) {
    let (profile, gi, here) = (new.profile, new.gi, &new.called);
    let mut shapes: Vec<(&CiShape, Option<u32>)> = Vec::with_capacity(gi.cis.len());
    for ci in &gi.cis {
        match profile.compute_profile(ci.profile) {
            Some(shape) => shapes.push((shape, ci.start)),
            None => found.push(Collision::alone(
                Rule::Compute,
                here.clone(),
                format!(
                    "{here} has no compute instance profile {}; it has {}",
                    ci.profile,
                    list(
                        profile
                            .compute
                            .iter()
                            .map(|c| format!("{}c#{}", c.slices, c.id))
                    )
                ),
            )),
        }
    }
    capacity(profile, here, &shapes, found);
    most(profile, here, &shapes, found);
    places(profile, here, &shapes, found);
}

fn capacity(
    profile: &BoardProfile,
    here: &str,
    shapes: &[(&CiShape, Option<u32>)],
    found: &mut Vec<Collision>,
) {
    let slices: u32 = shapes
        .iter()
        .map(|(c, _)| c.slices)
        .fold(0, u32::saturating_add);
    if slices > profile.slices {
        found.push(Collision::alone(
            Rule::Compute,
            here.to_owned(),
            format!(
                "the compute instances of {here} need {slices} compute slices, and it has {}",
                profile.slices
            ),
        ));
        return;
    }
    // profile 7 of Hopper's 2g takes 26 of 32 SMs in one slice: no second one fits beside it
    let sm: Option<u32> = shapes.iter().map(|(c, _)| c.sm).sum();
    if let (Some(sm), Some(of)) = (sm, profile.sm)
        && sm > of
    {
        found.push(Collision::alone(
            Rule::Compute,
            here.to_owned(),
            format!("the compute instances of {here} need {sm} SMs, and it has {of}"),
        ));
    }
}

fn most(
    profile: &BoardProfile,
    here: &str,
    shapes: &[(&CiShape, Option<u32>)],
    found: &mut Vec<Collision>,
) {
    for shape in &profile.compute {
        let there = shapes.iter().filter(|(c, _)| c.id == shape.id).count();
        if u32::try_from(there).is_ok_and(|n| n <= shape.max) {
            continue;
        }
        let called = profile.compute_name(shape);
        found.push(Collision::alone(
            Rule::Compute,
            here.to_owned(),
            format!(
                "{here} has {there} of {called}, and at most {} {}",
                shape.max,
                if shape.max == 1 { "fits" } else { "fit" }
            ),
        ));
    }
}

fn places(
    profile: &BoardProfile,
    here: &str,
    shapes: &[(&CiShape, Option<u32>)],
    found: &mut Vec<Collision>,
) {
    let called = |p: &Placement| format!("{}c@{} of {here}", p.size, p.start);
    let mut placed: Vec<Placement> = Vec::with_capacity(shapes.len());
    for (shape, start) in shapes {
        let Some(start) = *start else { continue };
        let new = Placement {
            start,
            size: shape.slices,
        };
        if new.end() > profile.slices {
            found.push(Collision::alone(
                Rule::Compute,
                called(&new),
                format!(
                    "{} ends at compute slice {}, and {here} has {}",
                    called(&new),
                    new.end(),
                    profile.slices
                ),
            ));
        }
        for other in placed.iter().filter(|o| o.overlaps(new)) {
            let (a, b) = (called(&new), called(other));
            let text = format!(
                "{a} and {b} both need compute slice {}",
                new.start.max(other.start)
            );
            found.push(Collision::between(Rule::Compute, a, b, text));
        }
        placed.push(new);
    }
}
