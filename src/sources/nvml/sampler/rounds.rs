//! The round over profiles: what handles and events may miss, seen within ten beats.

use super::devices::is_gone;
use super::watched::Watched;
use crate::domain::gpu::{GiProfile, GpuInstance};
use crate::ports::gpu_api::Code;

/// Beats in which every profile is counted once: of ten beats at most three look at an instance instead.
const BEATS: usize = 7;

/// Whose turn it is.
#[derive(Default)]
pub(super) struct Rounds {
    next_profile: usize,
    next_instance: usize,
}

impl Rounds {
    /// Counts the instances of the next profiles; false if a count is not that of the list. A GPU instance without a
    /// compute instance has no handle: only this sees it come and go where the driver sends no event.
    pub(super) fn counts_agree(
        &mut self,
        api: &Watched,
        profiles: &[GiProfile],
        listed: &[GpuInstance],
    ) -> bool {
        (0..profiles.len().div_ceil(BEATS)).all(|_| {
            let profile = &profiles[self.next_profile % profiles.len()];
            self.next_profile = (self.next_profile + 1) % profiles.len();
            let expected = listed
                .iter()
                .filter(|i| i.profile_id.value() == Some(&profile.id))
                .count();
            match api.gpu_instance_count(profile.id) {
                Ok(count) => count as usize == expected,
                // The right to list is gone: list anew, by handles.
                Err(e) => e.code != Code::NoPermission,
            }
        })
    }

    /// Looks at the next instance; false if it is no more what it was. Two calls.
    pub(super) fn next_is_unchanged(&mut self, api: &Watched, listed: &[GpuInstance]) -> bool {
        let Some(instance) = listed.get(self.next_instance % listed.len().max(1)) else {
            return true;
        };
        self.next_instance = (self.next_instance + 1) % listed.len();
        match api.gpu_instance(instance.gi) {
            Ok(now) => {
                instance.profile_id.value() == Some(&now.profile)
                    && instance.placement.value() == Some(&now.placement)
            }
            Err(e) => !is_gone(&e),
        }
    }
}
