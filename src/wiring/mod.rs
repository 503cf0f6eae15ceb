//! From what was configured to what runs.

pub mod sim;
