//! Signals by which a user or a terminal ends the program.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

use super::CliError;
use crate::wiring::signals::heeded;

/// Interrupt, hang-up of the terminal, quit, and a plain `kill`.
const ENDING: [i32; 4] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT];

/// A flag that the first of these signals sets. The second ends the process, whatever it is stuck in.
///
/// # Errors
/// The system does not let them be caught.
pub fn interruption() -> Result<Arc<AtomicBool>, CliError> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in heeded(&ENDING) {
        signal_hook::flag::register_conditional_default(signal, Arc::clone(&flag))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&flag)))
            .map_err(uncaught)?;
    }
    Ok(flag)
}

/// Has `last` done before one of these signals ends the process.
///
/// # Errors
/// The system does not let them be caught.
pub fn before_the_end(last: impl FnOnce() + Send + 'static) -> Result<(), CliError> {
    let mut signals = Signals::new(heeded(&ENDING)).map_err(uncaught)?;
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            if let Some(signal) = signals.forever().next() {
                last();
                // comes back only where the signal's own effect is not to end a process
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
        })
        .map(drop)
        .map_err(uncaught)
}

fn uncaught(error: io::Error) -> CliError {
    CliError::failed(format!("signals cannot be caught: {error}"))
}
