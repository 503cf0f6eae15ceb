//! migdeck: a terminal console for the people who run NVIDIA GPUs on their own premises.
//!
//! The rooms below stand on floors: each may import only from the floors beneath it. `docs/architecture.md` draws
//! them, `tests/floors.rs` holds them.

pub mod app;
pub mod cli;
pub mod config;
pub mod console;
pub mod domain;
pub mod formats;
pub mod ports;
pub mod probe;
pub mod sources;
pub mod store;
pub mod view;
pub mod wiring;
