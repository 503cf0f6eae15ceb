//! Which call is under way, and since when, for those who watch a thread that may never come back from it.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

/// The call that a GPU's thread is in. Clones tell of the same thread.
#[derive(Clone, Default, Debug)]
pub struct CallWatch(Arc<Mutex<Option<(Timestamp, &'static str)>>>);

impl CallWatch {
    /// When the present call was made, and the NVML function; `None` between calls.
    pub fn current(&self) -> Option<(Timestamp, &'static str)> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `call`, which is to `function`.
    pub(super) fn around<T>(&self, function: &'static str, call: impl FnOnce() -> T) -> T {
        self.set(Some((Timestamp::now(), function)));
        let result = call();
        self.set(None);
        result
    }

    fn set(&self, state: Option<(Timestamp, &'static str)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}
