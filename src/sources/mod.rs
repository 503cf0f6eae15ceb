//! Facts in: one folder a source. No source knows another; what one needs of another, the caller hands over. `root` is
//! the ground that the host's own sources share, `http` that of those that are asked over it.

pub mod dcgm;
pub mod http;
pub mod kernlog;
pub mod kube;
pub mod nvml;
pub mod owner_signs;
pub mod podresources;
pub mod procfs;
pub mod prometheus;
pub mod root;
pub mod services;
pub mod stream;
