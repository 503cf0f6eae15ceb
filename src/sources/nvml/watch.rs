//! Which call is under way, and since when, for those who watch a thread that may never come back from it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// When a call was made, and the NVML function.
type Made = (Timestamp, &'static str);

/// The call that a GPU's thread is in. Clones tell of the same thread.
#[derive(Clone, Default, Debug)]
pub struct CallWatch {
    calls: Arc<Mutex<Calls>>,
    patience: Option<Duration>,
}

#[derive(Default, Debug)]
struct Calls {
    current: Option<Made>,
    late: Option<Made>,
}

impl CallWatch {
    /// A watch for which a call that takes longer than `patience` is late: the beat that made it asks no more.
    pub fn patient(patience: Duration) -> Self {
        Self {
            patience: Some(patience),
            ..Self::default()
        }
    }

    /// When the present call was made, and the NVML function; `None` between calls.
    pub fn current(&self) -> Option<(Timestamp, &'static str)> {
        self.with(|calls| calls.current)
    }

    /// The last call that came back late, told once.
    pub fn take_late(&self) -> Option<(Timestamp, &'static str)> {
        self.with(|calls| calls.late.take())
    }

    /// Runs `call`, which is to `function`; true with its result if it came back late.
    pub(super) fn around<T>(&self, function: &'static str, call: impl FnOnce() -> T) -> (T, bool) {
        let made = (Timestamp::now(), function);
        let begun = Instant::now();
        self.with(|calls| calls.current = Some(made));
        let result = call();
        let late = self.patience.is_some_and(|p| begun.elapsed() >= p);
        self.with(|calls| {
            calls.current = None;
            if late {
                calls.late = Some(made);
            }
        });
        (result, late)
    }

    fn with<T>(&self, look: impl FnOnce(&mut Calls) -> T) -> T {
        look(&mut self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
