//! From what was configured to sources that run.

pub mod sim;
