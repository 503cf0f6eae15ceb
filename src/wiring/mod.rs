//! From what was configured to what runs.

mod backoff;
pub mod cluster;
pub mod demo;
pub mod exporters;
pub mod headless;
pub mod hosts;
mod links;
pub mod live;
pub mod scratch;
pub mod signals;
pub mod sim;
pub mod state_dir;
