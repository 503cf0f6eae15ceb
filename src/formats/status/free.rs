//! Where one more instance would fit on a GPU as it is now.

use crate::domain::fleet::Gpu as DomainGpu;
use crate::domain::slices;

use super::super::absent::Absent;
use super::Free;

/// Starts by profile, or the reason why they are not known.
pub(super) fn of(gpu: &DomainGpu, absent: &mut Absent) -> Option<Vec<Free>> {
    absent.take_as("free", &slices::free(gpu), |free| {
        free.iter()
            .map(|f| Free {
                profile: f.profile.clone(),
                profile_id: f.id.0,
                size: f.size,
                starts: f.starts.clone(),
            })
            .collect()
    })
}
