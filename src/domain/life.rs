//! One life of a GPU instance: ids, UUIDs and places come back, an instance does not.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::gpu::GpuInstance;
use super::ids::ProfileId;
use super::placement::Placement;

/// What tells an instance from the next one under the same id. Every fact about an instance is void for the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Life {
    /// Its profile, where that may be read.
    pub profile: Option<ProfileId>,
    /// Its place, where that may be read.
    pub placement: Option<Placement>,
    /// When the probe saw it appear; `None`: it was there at the probe's first look.
    pub appeared: Option<Timestamp>,
}

impl Life {
    /// The life of this instance.
    pub fn of(instance: &GpuInstance) -> Self {
        Self {
            profile: instance.profile_id.value().copied(),
            placement: instance.placement.value().copied(),
            appeared: instance.appeared,
        }
    }

    /// Whether `later`, seen under the same id, is still this instance.
    ///
    /// A probe that was started again has seen nothing appear; one that has seen it appear at another time has seen
    /// another instance. What may not be read any more contradicts nothing.
    pub fn goes_on_as(&self, later: &Self) -> bool {
        fn agree<T: PartialEq>(a: Option<T>, b: Option<T>) -> bool {
            a.is_none() || b.is_none() || a == b
        }
        agree(self.profile, later.profile)
            && agree(self.placement, later.placement)
            && (later.appeared.is_none() || later.appeared == self.appeared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(profile: u32, start: u32, appeared: Option<&str>) -> Life {
        Life {
            profile: Some(ProfileId(profile)),
            placement: Some(Placement { start, size: 1 }),
            appeared: appeared.map(|at| at.parse().unwrap()),
        }
    }

    #[test]
    fn another_profile_place_or_birth_is_another_life() {
        let first = life(19, 0, None);
        assert!(first.goes_on_as(&first));
        assert!(!first.goes_on_as(&life(14, 0, None)));
        assert!(!first.goes_on_as(&life(19, 1, None)));
        let born = life(19, 0, Some("2026-01-02T03:00:00Z"));
        assert!(!first.goes_on_as(&born), "made again while watched");
        assert!(born.goes_on_as(&born));
        assert!(born.goes_on_as(&first), "a probe that was started again");
        let again = life(19, 0, Some("2026-01-02T04:00:00Z"));
        assert!(!born.goes_on_as(&again));
        let hidden = Life {
            profile: None,
            placement: None,
            appeared: None,
        };
        assert!(first.goes_on_as(&hidden) && hidden.goes_on_as(&first));
    }
}
