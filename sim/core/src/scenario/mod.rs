//! Scenarios: hosts with GPUs, processes, pods, services and faults, as TOML.

pub mod model;
