//! Which call is under way, and since when, for those who watch a thread that may never come back from it.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

thread_local! {
    /// The watch of the question that this thread is asking.
    static ASKING: RefCell<Option<CallWatch>> = const { RefCell::new(None) };
}

/// A call that took this many times the patience is one of a driver that is wedged, not slow: a GSP time-out costs 45
/// seconds for each call.
const WEDGED: u32 = 10;

/// The calls that a thread makes. Clones tell of the same thread.
#[derive(Clone, Default, Debug)]
pub struct CallWatch {
    calls: Arc<Mutex<Calls>>,
    patience: Option<Duration>,
}

#[derive(Default, Debug)]
struct Calls {
    current: Option<(Made, Instant)>,
    /// A call of the present question has said that it is entered.
    announced: bool,
    /// The slowest late call since it was asked for.
    late: Option<Late>,
    lates: u32,
}

/// A call that was made, and the NVML function.
type Made = (Timestamp, &'static str);

/// A call that came back late.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Late {
    /// When it was made.
    pub since: Timestamp,
    /// The NVML function.
    pub call: &'static str,
    /// How long this one call took.
    pub took: Duration,
}

impl CallWatch {
    /// A watch for which a call that takes `patience` or longer is late.
    pub fn patient(patience: Duration) -> Self {
        Self {
            patience: Some(patience),
            ..Self::default()
        }
    }

    /// When the present call was made, and the NVML function; `None` between questions.
    pub fn current(&self) -> Option<(Timestamp, &'static str)> {
        self.with(|calls| calls.current.map(|(made, _)| made))
    }

    /// The slowest of the calls that came back late since this was last taken.
    pub fn take_late(&self) -> Option<Late> {
        self.with(|calls| {
            calls.lates = 0;
            calls.late.take()
        })
    }

    /// As [`take_late`](Self::take_late), and it stays to be taken.
    pub fn late(&self) -> Option<Late> {
        self.with(|calls| calls.late)
    }

    /// How many calls came back late since one was last taken.
    pub fn lates(&self) -> u32 {
        self.with(|calls| calls.lates)
    }

    /// Whether a late call was so late that more of its kind had better not be made.
    pub fn is_wedged(&self, late: &Late) -> bool {
        self.patience
            .is_some_and(|patience| late.took >= patience * WEDGED)
    }

    /// Runs `question`, whose first call is to `function`; each further call of it that says so ([`entered`]) is
    /// watched by itself.
    pub fn around<T>(&self, function: &'static str, question: impl FnOnce() -> T) -> T {
        ASKING.with_borrow_mut(|asking| *asking = Some(self.clone()));
        self.with(|calls| calls.begin(function, self.patience));
        let result = question();
        self.with(|calls| {
            calls.settle(self.patience);
            calls.announced = false;
        });
        ASKING.with_borrow_mut(|asking| *asking = None);
        result
    }

    fn with<T>(&self, look: impl FnOnce(&mut Calls) -> T) -> T {
        look(&mut self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Calls {
    fn begin(&mut self, function: &'static str, patience: Option<Duration>) {
        self.settle(patience);
        self.current = Some(((Timestamp::now(), function), Instant::now()));
    }

    fn enter(&mut self, function: &'static str, patience: Option<Duration>) {
        let first = !std::mem::replace(&mut self.announced, true);
        // the first call of a question began with it
        if first && self.current.is_some_and(|((_, call), _)| call == function) {
            return;
        }
        self.begin(function, patience);
    }

    fn settle(&mut self, patience: Option<Duration>) {
        let Some(((since, call), begun)) = self.current.take() else {
            return;
        };
        let took = begun.elapsed();
        let is_late = patience.is_some_and(|patience| took >= patience);
        self.lates += u32::from(is_late);
        if is_late && self.late.is_none_or(|late| late.took < took) {
            self.late = Some(Late { since, call, took });
        }
    }
}

/// Says that this thread enters an NVML function: whoever makes several calls for one question says which of them is
/// out. Its end is the next one's beginning, or the answer.
pub fn entered(function: &'static str) {
    ASKING.with_borrow(|asking| {
        if let Some(watch) = asking {
            watch.with(|calls| calls.enter(function, watch.patience));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_of_a_question_is_told_and_timed_by_itself() {
        let watch = CallWatch::patient(Duration::from_millis(20));
        let slow = || {
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_millis(25) {
                std::thread::yield_now();
            }
        };
        let begun = Instant::now();
        watch.around("nvmlFirst", || {
            slow();
            entered("nvmlSecond");
            assert_eq!(watch.current().unwrap().1, "nvmlSecond");
            slow();
        });
        let late = watch.take_late().unwrap();
        assert!(late.took >= Duration::from_millis(25));
        assert!(
            late.took <= begun.elapsed() - Duration::from_millis(25),
            "{late:?}"
        );
        assert_eq!((watch.current(), watch.take_late()), (None, None));
        entered("nvmlThird");
        assert_eq!(watch.current(), None, "no question is asked");
    }
}
