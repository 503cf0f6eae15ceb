//! A simulated NVIDIA driver that refuses as a real one does.
//!
//! Its rules and tables are its own, so that migdeck's can be compared with them.

pub mod cluster;
pub mod driver;
pub mod exporter;
pub mod hostroot;
pub mod library;
pub mod ret;
pub mod rules;
pub mod scenario;
mod state;
pub mod tables;
mod view;
