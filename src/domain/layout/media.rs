//! Media engines that cannot be shared.
//!
//! A board has one set of JPEG and optical flow engines for a `+me` instance, so there is at most one such instance, of
//! whichever size. `+me.all` takes all media engines: it "prevents allocating every other profile that has media
//! engines", which are all but `-me` (`nvml.h` on `NVML_GPU_INSTANCE_PROFILE_*_ALL_ME`).

use super::{Collision, GiPlaced, Newcomer, Rule, label};
use crate::domain::catalog::{Board, BoardProfile};
use crate::domain::profile::Attribute;

/// Whether no two instances of these profiles can be on one GPU for their media engines.
pub(in crate::domain) fn exclusive(a: &BoardProfile, b: &BoardProfile) -> bool {
    let has = |p: &BoardProfile, attribute| p.name.attributes().has(attribute);
    let both_extended = has(a, Attribute::Media) && has(b, Attribute::Media);
    let all_taken = has(a, Attribute::AllMedia) && b.has_media()
        || has(b, Attribute::AllMedia) && a.has_media();
    both_extended || all_taken
}

/// Instances whose media engines `new` cannot have beside them, with their profiles.
pub(super) fn in_the_way<'a>(
    board: &'a Board,
    placed: &'a [GiPlaced],
    new: &'a Newcomer<'_>,
) -> impl Iterator<Item = (&'a GiPlaced, &'a BoardProfile)> {
    placed
        .iter()
        .filter_map(|other| Some((other, board.profile(other.profile)?)))
        // two of one profile are the count's affair
        .filter(|(_, theirs)| theirs.id != new.profile.id && exclusive(new.profile, theirs))
}

pub(super) fn exclusivity(
    board: &Board,
    placed: &[GiPlaced],
    new: &Newcomer<'_>,
    found: &mut Vec<Collision>,
) {
    let profile = new.profile;
    for (other, theirs) in in_the_way(board, placed, new) {
        let (a, b) = (new.called.clone(), label(board, other));
        let all = |p: &BoardProfile| p.name.attributes().has(Attribute::AllMedia);
        let text = if all(theirs) {
            format!("{b} takes all media engines of the GPU, and {a} needs some")
        } else if all(profile) {
            format!("{a} takes all media engines of the GPU, and {b} has some")
        } else {
            format!("{a} and {b} both need the media extensions, which one instance can have")
        };
        found.push(Collision::between(Rule::Media, a, b, text));
    }
}
