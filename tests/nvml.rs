//! What NVML tells and how the sampler reads it: through the simulator's core, and through its C library as the real
//! one would be loaded.

mod nvml {
    pub mod bench;
    pub mod budget;
    pub mod changes;
    pub mod faults;
}
