//! Scenarios: hosts with GPUs, processes, pods, services and faults, as TOML.

mod check;
pub mod derive;
mod hardware;
mod instance;
mod load;
pub mod model;

#[cfg(test)]
mod tests;

pub use instance::{BadInstance, InstanceSpec};
pub use load::ScenarioError;
pub use model::{Host, Scenario};
