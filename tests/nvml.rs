//! What NVML tells and how the sampler reads it: through the simulator's core, and through its C library as the real
//! one would be loaded.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests are not in test functions

mod nvml {
    pub mod bench;
    pub mod budget;
    pub mod changes;
    pub mod faults;
}
