//! From what was configured to what runs.

pub mod demo;
pub mod headless;
pub mod hosts;
pub mod live;
pub mod scratch;
pub mod signals;
pub mod sim;
