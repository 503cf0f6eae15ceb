//! A new snapshot.

use std::collections::BTreeSet;

use super::refresh::refresh;
use super::tour;
use crate::app::{Effect, Model, Snapshot};
use crate::domain::finding::Severity;
use crate::domain::fleet::Fleet;
use crate::domain::text::Text;

/// Takes the news in: shown at once, or kept while the screen is frozen.
pub(super) fn take(model: &mut Model, snapshot: Snapshot) -> Vec<Effect> {
    let before = match &model.frozen {
        Some(frozen) => &frozen.newest.fleet,
        None => &model.shown.fleet,
    };
    let rings = model.session.bell && worse(before, &snapshot.fleet);
    match &mut model.frozen {
        Some(frozen) => frozen.newest = snapshot,
        None => {
            model.shown = snapshot;
            refresh(model);
            tour::aim(model);
        }
    }
    if rings {
        vec![Effect::Bell]
    } else {
        Vec::new()
    }
}

/// Whether there is a finding of severity danger that was not there before. What a node's first round finds is no news:
/// it was so before anybody looked.
fn worse(before: &Fleet, after: &Fleet) -> bool {
    let watched: BTreeSet<&Text> = before
        .nodes
        .iter()
        .filter(|n| n.stream.beat.is_some())
        .map(|n| &n.name)
        .collect();
    let known = dangers(before);
    dangers(after)
        .iter()
        .any(|danger| watched.contains(danger.0) && !known.contains(danger))
}

fn dangers(fleet: &Fleet) -> BTreeSet<(&Text, &Text, &Text)> {
    fleet
        .nodes
        .iter()
        .flat_map(|node| node.findings.iter().map(move |f| (node, f)))
        .filter(|(_, f)| f.severity == Severity::Danger)
        .map(|(node, f)| (&node.name, &f.id, &f.subject))
        .collect()
}
