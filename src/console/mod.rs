//! The console: terminal, loop, effects.

mod run;

pub use run::{Options, run};
