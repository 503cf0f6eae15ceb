//! GPM samples: two a GPU instance, used in turn.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::ffi::{GPM_METRICS, GpmSample, Library};
use crate::domain::ids::GiId;
use crate::ports::gpu_api::{ApiResult, Gpm};

/// `nvml.h` asks for at least this much between two samples.
pub const SHORTEST_WINDOW: Duration = Duration::from_millis(100);

/// Graphics, SM, occupancy, any tensor, DRAM bandwidth (`nvmlGpmMetricId_t`).
const METRICS: [u32; GPM_METRICS] = [1, 2, 3, 5, 10];

type Key = (u32, GiId);

/// The sample before, and room for the next.
struct Pair {
    before: GpmSample,
    taken: Instant,
    spare: Option<GpmSample>,
}

/// The last sample of each instance that was asked for.
#[derive(Default)]
pub(super) struct Samples(Mutex<HashMap<Key, Pair>>);

impl Samples {
    /// Never held during a call: a call may not come back.
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Pair>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn forget(&self, key: Key) {
        let gone = self.lock().remove(&key);
        // Freeing is a call too: after the lock.
        drop(gone);
    }

    /// Takes a sample and gives the metrics since the one before; `None` for the first, and too soon after the last.
    pub(super) fn next(
        &self,
        library: &Arc<Library>,
        key: Key,
        take: impl FnOnce(&mut GpmSample) -> ApiResult<()>,
    ) -> ApiResult<Option<Gpm>> {
        let known = self.lock().remove(&key);
        if let Some(pair) = &known
            && pair.taken.elapsed() < SHORTEST_WINDOW
        {
            self.lock().extend(known.map(|pair| (key, pair)));
            return Ok(None);
        }
        let (before, spare) = match known {
            Some(Pair { before, spare, .. }) => (Some(before), spare),
            None => (None, None),
        };
        let mut sample = match spare {
            Some(sample) => sample,
            None => GpmSample::new(library)?,
        };
        // On an error the earlier sample goes too: the next window must not span the gap.
        take(&mut sample)?;
        let taken = Instant::now();
        let metrics = before
            .as_ref()
            .map(|before| sample.metrics_since(before, METRICS));
        self.lock().insert(
            key,
            Pair {
                before: sample,
                taken,
                spare: before,
            },
        );
        metrics.transpose().map(|found| {
            found.map(|[gr, sm, occupancy, tensor, dram]| Gpm {
                gr,
                sm,
                occupancy,
                tensor,
                dram,
            })
        })
    }
}
