//! A board as its driver lists it.

use super::{Board, BoardProfile, CiShape, Mark, Origin, Provenance, find};
use crate::domain::gpu::{CiProfile, GiProfile};
use crate::domain::ids::ProfileId;
use crate::domain::profile::ProfileName;
use crate::domain::text::Text;

impl Board {
    /// From the profiles that a driver lists. `name` is the product name, by which the built-in table is found that
    /// fills what this driver does not tell: placements without the right to ask for them, and the compute instance
    /// profiles (which NVML tells only of GPU instances that exist; see [`Board::with_compute`]).
    ///
    /// Nothing is taken over from a built-in profile unless id, slices and name agree.
    pub fn from_live(name: &str, profiles: &[GiProfile]) -> Self {
        let twin = find(name);
        let profiles = profiles
            .iter()
            .map(|listed| of_listed(listed, twin))
            .collect();
        Self {
            products: vec![Text::new(name)],
            ..Self::of_profiles(Text::new(name), profiles, Origin::Driver)
        }
    }

    /// With the compute instance profiles that the driver lists for a GPU instance of profile `gi`.
    #[must_use]
    pub fn with_compute(mut self, gi: ProfileId, listed: &[CiProfile]) -> Self {
        if let Some(profile) = self.profiles.iter_mut().find(|p| p.id == gi)
            && !listed.is_empty()
        {
            profile.compute = listed
                .iter()
                .map(|ci| CiShape {
                    id: ci.id,
                    slices: ci.slices,
                    max: ci.max,
                    sm: Some(ci.sm),
                })
                .collect();
            profile.compute.sort_by_key(|c| c.id);
            profile.provenance.compute = Mark::Listed;
        }
        self
    }

    /// The built-in board of the same product.
    pub fn twin(&self) -> Option<&'static Self> {
        self.products.iter().find_map(|p| find(p))
    }
}

fn of_listed(listed: &GiProfile, twin: Option<&Board>) -> BoardProfile {
    let name = ProfileName::from(listed.name.as_str());
    let known = twin
        .and_then(|board| board.profile(listed.id))
        .filter(|p| p.slices == listed.slices && (p.name == name || p.also.contains(&name)));
    let (mut placements, placed, why) = match (&listed.placements.value(), known) {
        (Some(placements), _) => (placements.to_vec(), Mark::Listed, String::new()),
        (None, Some(known)) => (
            known.placements.clone(),
            Mark::Derived,
            "; it does not tell placements to this user, those are from the built-in table"
                .to_owned(),
        ),
        (None, None) => (
            Vec::new(),
            Mark::Unverified,
            "; it does not tell placements to this user, and no built-in table has them".to_owned(),
        ),
    };
    placements.retain(|p| p.is_plausible());
    placements.sort_unstable();
    placements.dedup();
    BoardProfile {
        id: listed.id,
        kind: listed.kind,
        also: known.map(|k| k.also.clone()).unwrap_or_default(),
        name,
        slices: listed.slices,
        max: listed.max,
        memory: Some(listed.memory),
        sm: Some(listed.sm),
        engines: Some(listed.engines),
        placements,
        compute: known.map_or_else(|| plain_compute(listed), |k| k.compute.clone()),
        provenance: Provenance {
            memory: Mark::Listed,
            sm: Mark::Listed,
            engines: Mark::Listed,
            placements: placed,
            compute: Mark::Derived,
            source: Text::from(format!("as the driver lists it{why}")),
        },
    }
}

/// What every board so far offers: single slices, and the instance as a whole.
fn plain_compute(listed: &GiProfile) -> Vec<CiShape> {
    // NVML_COMPUTE_INSTANCE_PROFILE_n_SLICE by n; sizes without a constant have no whole-instance profile known here
    let whole = match listed.slices {
        1 => Some(0),
        2 => Some(1),
        3 => Some(2),
        4 => Some(3),
        6 => Some(6),
        7 => Some(4),
        8 => Some(5),
        _ => None,
    };
    let single = (listed.slices > 1).then_some(CiShape {
        id: ProfileId(0),
        slices: 1,
        max: listed.slices,
        sm: None,
    });
    let whole = whole.map(|id| CiShape {
        id: ProfileId(id),
        slices: listed.slices,
        max: 1,
        sm: Some(listed.sm),
    });
    single.into_iter().chain(whole).collect()
}
