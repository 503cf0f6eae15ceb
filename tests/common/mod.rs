//! What tests, screenshots and recordings share: the real program in a terminal of our own.

// each of them uses a part
#![allow(dead_code, unused_imports)]
// helpers outside of test functions fall by panicking as well
#![allow(clippy::unwrap_used, clippy::expect_used)]

pub mod exporter;
pub mod proc;
pub mod prometheus;
pub mod pty;
pub mod shown;
pub mod terminal;
pub mod wire;
