//! NVML as programs meet it: through the simulated library, in processes of their own.

// a test says what is wrong by panicking, in its helpers too
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod nvml {
    mod python;
}
