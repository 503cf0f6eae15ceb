//! What NVML tells and how it is read: through the simulator's core, and through its C library as the real one is met by
//! programs, ours and others, in processes of their own.

// a test says what is wrong by panicking, in its helpers too
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod nvml {
    mod agreement;
    pub mod bench;
    mod budget;
    mod changes;
    mod faults;
    mod library;
    mod python;
    mod reader;
}
