//! The simulated driver behind the C interface of `libnvidia-ml.so.1`.
//!
//! Programs load this library in the place of NVIDIA's and meet the rules of [`nvml_sim::driver::Driver`]. This crate
//! adds nothing to those rules: it checks pointers, buffer sizes and struct versions as `nvml.h` documents them, turns
//! handles into numbers and back, and keeps a panic from crossing into C. A function that is not implemented is not
//! exported, so that a caller finds it missing instead of being lied to.
//!
//! `NVML_SIM_SCENARIO` and `NVML_SIM_STATE` are read at the first successful `nvmlInit`; `NVML_SIM_CALLS` see [`calls`].
//! No thread is ever started here, and nothing is undone at unload: the library stays mapped (`-z nodelete`).

#[macro_use]
mod export;

mod layout;
mod memory;
mod version;

mod handle;
mod session;

mod calls;
mod clocks;
mod compute_instance;
mod compute_profile;
mod device;
mod error_string;
mod events;
mod fields;
mod gpm;
mod gpm_names;
mod gpu_instance;
mod gpu_profile;
mod health;
mod identity;
mod init;
mod links;
mod mig_device;
mod mig_mode;
mod power;
mod process_loads;
mod processes;
mod settings;
mod system;
mod utilization;
