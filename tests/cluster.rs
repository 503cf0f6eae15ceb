//! A real Kubernetes control plane with simulated GPU nodes.

// helpers outside of test functions fall by panicking as well
#![allow(clippy::unwrap_used, clippy::expect_used)]

// each binary uses a part
#[allow(dead_code)]
#[path = "common"]
mod common {
    pub mod cluster;
    pub mod proc;
    pub mod prometheus;
    pub mod pty;
    pub mod shown;
    pub mod terminal;
    pub mod wire;
}

mod cluster {
    pub mod agent;
    pub mod allocation;
    pub mod asked;
    pub mod bank;
    pub mod command;
    pub mod control_plane;
    pub mod documented;
    pub mod drift;
    pub mod endpoints;
    pub mod gaps;
    pub mod guarded;
    pub mod remote;
    pub mod shared;
    pub mod situations;
    pub mod source;
    pub mod taped;
    pub mod trouble;
    pub mod watched;
    pub mod ways;
}
