//! The library's life: how often it was initialised, and the driver behind it.
//!
//! The simulated driver is opened at the first `nvmlInit` and kept until the process ends, as a real driver outlives the
//! programs that use it; the count of initialisations decides whether calls are answered.

use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nvml_sim::driver::Driver;
use nvml_sim::ret::{Result, Ret};
use nvml_wrapper_sys::bindings::nvmlReturn_t;

use crate::calls;

/// The driver as one call sees it.
pub(crate) struct Session {
    driver: Arc<Driver>,
    life: u16,
}

struct Library {
    driver: Option<Arc<Driver>>,
    /// `nvmlInit` calls not yet answered by an `nvmlShutdown`.
    uses: u64,
    /// How often the count has gone from none to one.
    life: u16,
}

static LIBRARY: Mutex<Library> = Mutex::new(Library {
    driver: None,
    uses: 0,
    life: 0,
});

impl Session {
    /// Number of this life of the library; handles of another one are refused.
    pub(crate) fn life(&self) -> u16 {
        self.life
    }
}

impl Deref for Session {
    type Target = Driver;

    fn deref(&self) -> &Driver {
        &self.driver
    }
}

/// Runs the body of an exported function, never under a lock: a call that hangs must not keep others from coming in.
pub(crate) fn call(
    symbol: &'static str,
    body: impl FnOnce(&Session) -> Result<()>,
) -> nvmlReturn_t {
    guard(|| {
        let session = current()?;
        if !session.offers(symbol) {
            return Err(Ret::FUNCTION_NOT_FOUND);
        }
        let answer = body(&session);
        calls::report_now_and_then(&session);
        answer
    })
}

/// Counts an initialisation, opening the driver at the first.
pub(crate) fn start() -> nvmlReturn_t {
    guard(|| {
        // The driver's own part may hang by a fault, so the lock is not held over it.
        let driver = driver()?;
        driver.init()?;
        let mut library = library();
        if library.uses == 0 {
            library.life = library.life.wrapping_add(1);
        }
        library.uses += 1;
        Ok(())
    })
}

/// Takes an initialisation back. UNINITIALIZED if there is none.
pub(crate) fn end() -> nvmlReturn_t {
    guard(|| {
        let session = current()?;
        session.shutdown()?;
        let mut library = library();
        library.uses = library.uses.saturating_sub(1);
        if library.uses == 0 {
            drop(library);
            crate::gpm::forget_all();
            crate::events::forget_all();
            calls::report(&session);
        }
        Ok(())
    })
}

fn current() -> Result<Session> {
    let library = library();
    match &library.driver {
        Some(driver) if library.uses > 0 => Ok(Session {
            driver: Arc::clone(driver),
            life: library.life,
        }),
        _ => Err(Ret::UNINITIALIZED),
    }
}

fn driver() -> Result<Arc<Driver>> {
    let mut library = library();
    if let Some(driver) = &library.driver {
        return Ok(Arc::clone(driver));
    }
    let driver = Driver::from_env().map_err(|error| {
        eprintln!("simulated NVML: {error}");
        Ret::DRIVER_NOT_LOADED
    })?;
    let driver = Arc::new(driver);
    library.driver = Some(Arc::clone(&driver));
    Ok(driver)
}

fn library() -> MutexGuard<'static, Library> {
    LIBRARY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A panic must not unwind into C; it becomes `NVML_ERROR_UNKNOWN`.
pub(crate) fn guard(body: impl FnOnce() -> Result<()>) -> nvmlReturn_t {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => Ret::SUCCESS.0,
        Ok(Err(Ret(code))) => code,
        Err(_) => Ret::UNKNOWN.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_unknown_error() {
        assert_eq!(guard(|| panic!("on purpose")), Ret::UNKNOWN.0);
        assert_eq!(guard(|| Err(Ret::IN_USE)), Ret::IN_USE.0);
        assert_eq!(guard(|| Ok(())), 0);
    }
}
